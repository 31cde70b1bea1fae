"""The progression report: phases by sessions, then the contribution row."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from itertools import permutations
from pathlib import Path

import pytest
from factory import OPEN, conversation, flagged, sample, segmentation
from page_reader import PageReader

from convo.errors import SessionError, StoreError
from convo.report import (
    progression_headings,
    progression_report,
    progression_rows,
    write_progression_report,
)
from convo.report.files import progressions_of
from convo.transcript import Conversation, Role, Segmentation, Session, Turn


def of_words(number: int, coach: int, coachee: int) -> Conversation:
    turns = (
        Turn(1, "SPEAKER_00", "so " * coach, 0.0, 60.0, Role.COACH),
        Turn(2, "SPEAKER_01", "yes " * coachee, 60.0, 160.0, Role.COACHEE),
    )
    session = Session("Hannah", "Maeve", number, date(2025, 9, number))
    return conversation(turns, segmentation(turns, [(OPEN, 1)]), session)


FIXTURE = [of_words(1, 370, 630), of_words(2, 580, 420), of_words(3, 360, 640)]


def test_last_row_is_the_contribution_in_whole_numbers() -> None:
    last = progression_rows(FIXTURE)[-1]
    assert last.label == "% contribution"
    assert last.cells == ("37/63", "58/42", "36/64")


def test_the_page_prints_the_rows_in_order() -> None:
    sessions = [sample(number) for number in (1, 2, 3)]
    page = progression_report(sessions)
    printed = [
        re.findall(r'class="pair[^"]*">([^<]+)<', row)
        for row in re.findall(r'<tr[^>]*role="row">.*?</tr>', page, re.DOTALL)[1:]
    ]
    assert printed == [list(row.cells) for row in progression_rows(sessions)]


def test_sessions_are_ordered_by_date_then_number() -> None:
    same_day = replace(FIXTURE[2], session=replace(FIXTURE[2].session, date=date(2025, 9, 2)))
    for order in permutations([*FIXTURE[:2], same_day]):
        assert progression_headings(order) == ("Session 1", "Session 2", "Session 3")
        assert progression_rows(order) == progression_rows([*FIXTURE[:2], same_day])


def test_absent_and_withheld_are_words_not_figures() -> None:
    rows = {row.label: row.cells for row in progression_rows([sample(n) for n in (1, 2, 3)])}
    assert rows["Frame"] == ("withheld", "withheld", "–")
    text = PageReader(progression_report([sample(3)])).text
    assert "– not found in this session" in text


@pytest.mark.parametrize("count", [1, 2, 3, 12])
def test_any_number_of_sessions_makes_a_sound_page(count: int) -> None:
    made = [
        replace(sample(1 + n % 3), session=Session("Hannah", "Maeve", n + 1, date(2025, 1, n + 1)))
        for n in range(count)
    ]
    page = progression_report(made)
    reader = PageReader(page)
    assert not reader.mismatched and not reader.open
    assert len(reader.having("h1")) == 1
    assert all("scope" in cell for cell in reader.having("th"))
    assert all(a["aria-label"] for _, a in reader.elements if a.get("role") == "img")
    assert not reader.having("script")
    assert not set("↑↓→↗↘▲▼") & set(reader.text)


def test_other_programmes_get_a_caution() -> None:
    other = replace(sample(2), session=replace(sample(2).session, programme="Heads"))
    assert "more than one programme" in PageReader(progression_report([sample(1), other])).text
    assert "more than one" not in PageReader(progression_report([sample(1), sample(2)])).text


def test_sessions_without_roles_or_turns_have_no_share() -> None:
    bare = replace(sample(1), shares=(), turns=(), segmentation=Segmentation((), (), (), ""))
    assert {cell for row in progression_rows([bare]) for cell in row.cells} == {"–"}
    assert "no words of coach and coachee" in PageReader(progression_report([bare])).text


def test_only_one_coachee_at_a_time() -> None:
    other = replace(sample(2), session=replace(sample(2).session, coachee="Ines"))
    with pytest.raises(SessionError, match="not Hannah, Ines"):
        progression_report([sample(1), other])
    with pytest.raises(SessionError, match="no session"):
        progression_rows([])


def test_written_reports_are_found_and_names_stay_apart(tmp_path: Path) -> None:
    write_progression_report(tmp_path, [flagged(1)])
    alike = replace(sample(1), session=replace(sample(1).session, coachee="hannah"))
    write_progression_report(tmp_path, [alike])
    (tmp_path / "notes.html").write_text("<title>mine</title>", encoding="utf-8")
    for coachee in ("Hannah", "hannah"):
        assert [found.coachee for found in progressions_of(tmp_path, coachee)] == [coachee]
    assert not list(tmp_path.glob(".*"))


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(StoreError, match="cannot write"):
        write_progression_report(tmp_path / "file", [sample(1)])
