"""The session report against the conversation it was made from."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from factory import PLAN, flagged, long_session, sample, shares
from page_reader import PageReader

from convo.cli.tables import show_progression
from convo.conversation.shares import shares as counted
from convo.database.artefacts import read_conversation, write_conversation
from convo.database.store import Store
from convo.report import (
    progression_report,
    progression_rows,
    session_report,
    write_session_report,
)
from convo.report.files import find_report, reports_of
from convo.transcript import Conversation, Phase, Role, RoleAssignment, Segmentation

UNSETTLED = RoleAssignment({}, 0.5, "talk")
NO_PHASES = Segmentation((), (), (), "cues")


def without_times(made: Conversation) -> Conversation:
    return replace(made, turns=tuple(replace(t, start=None, end=None) for t in made.turns))


def without_roles(made: Conversation) -> Conversation:
    turns = tuple(t.played_by(None) for t in made.turns)
    return replace(made, turns=turns, roles=UNSETTLED, shares=())


def with_third_voice(made: Conversation) -> Conversation:
    speakers = {5: "SPEAKER_02", 8: None, 9: None}
    turns = tuple(
        replace(t, speaker=speakers[t.number], role=None) if t.number in speakers else t
        for t in made.turns
    )
    return replace(made, turns=turns, shares=shares(turns, made.segmentation))


def one_voice(made: Conversation) -> Conversation:
    turns = tuple(replace(t, speaker="SPEAKER_00", role=Role.COACH) for t in made.turns)
    return replace(made, turns=turns, shares=shares(turns, made.segmentation))


def without_turns(made: Conversation) -> Conversation:
    return replace(made, turns=(), shares=(), segmentation=NO_PHASES, roles=UNSETTLED, review=())


def without_phases(made: Conversation) -> Conversation:
    return replace(made, segmentation=NO_PHASES, shares=made.shares[:2], review=())


STATES: list[Callable[[Conversation], Conversation]] = [
    lambda made: made,
    without_times,
    without_roles,
    with_third_voice,
    one_voice,
    without_turns,
    without_phases,
]


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("make", [sample, flagged])
def test_every_state_makes_a_sound_page(
    make: Callable[[int], Conversation], state: Callable[[Conversation], Conversation]
) -> None:
    page = session_report(state(make(1)))
    reader = PageReader(page)
    assert not reader.mismatched and not reader.open
    assert len(reader.having("h1")) == 1
    assert all("scope" in cell for cell in reader.having("th"))
    assert "None" not in reader.text and "undefined" not in reader.text


def test_headings_go_down_one_level_at_a_time() -> None:
    reader = PageReader(session_report(flagged(2)))
    levels = [int(tag[1]) for tag, _ in reader.elements if re.fullmatch(r"h\d", tag)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_every_picture_is_told_in_words_and_as_a_table() -> None:
    page = session_report(sample(1))
    reader = PageReader(page)
    pictures = [a for _, a in reader.elements if a.get("role") == "img"]
    assert len(pictures) == 2
    assert all(len(a["aria-label"]) > 40 for a in pictures)
    assert all(a.get("aria-hidden") == "true" for a in reader.having("svg"))
    for figure in re.findall(r"<figure>.*?</figure>", page, re.DOTALL):
        assert "<table>" in figure


def test_nothing_is_fetched_and_nothing_runs() -> None:
    page = session_report(flagged(2))
    reader = PageReader(page)
    for tag, attributes in reader.elements:
        assert tag not in {"script", "link", "iframe", "object", "embed", "img"}
        assert not any(name.startswith("on") for name in attributes)
        for name in ("href", "src", "xlink:href", "action", "srcset"):
            assert attributes.get(name, "#").startswith("#")
    addresses = set(re.findall(r"https?://[^\"' )]+", page))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert set(re.findall(r"url\((?!#)", page)) == set() and "@import" not in page


def test_ids_are_unique_and_every_reference_has_its_target() -> None:
    page = session_report(flagged(2))
    reader = PageReader(page)
    ids = [a["id"] for _, a in reader.elements if "id" in a]
    assert len(ids) == len(set(ids))
    used = {a["href"][1:] for a in reader.having("a")} | set(re.findall(r"url\(#([^)]+)\)", page))
    used |= {a["aria-labelledby"] for _, a in reader.elements if "aria-labelledby" in a}
    assert used <= set(ids)
    assert {f"t{turn.number}" for turn in sample(2).turns} <= set(ids)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_printed_per_cents_are_those_of_the_shares(number: int) -> None:
    made = sample(number)
    page = session_report(made)
    shown = re.findall(r"<b>(\d+)&nbsp;%</b>", page)
    assert [int(percent) for percent in shown] == [s.percent for s in made.shares[:2]]
    rows = re.findall(r'<tr><th scope="row">([^<]+)</th>\s*<td>[\d,]+</td><td>(\d+)&nbsp;%', page)
    told = {(s.phase or "whole"): s.percent for s in made.shares if s.role is Role.COACH}
    expected = [percent for percent in told.values() if percent is not None]
    assert [int(percent) for _, percent in rows] == expected


def test_a_withheld_share_says_why_and_shows_no_figure() -> None:
    made = sample(1)
    page = session_report(made)
    withheld = [s for s in made.shares if s.withheld]
    assert withheld
    for share in withheld:
        assert share.caution is not None and share.caution in page
    assert page.count('<td colspan="3">withheld</td>') == len(withheld) / 2


def test_borders_are_told_as_windows_on_the_clock() -> None:
    made = sample(1)
    boundary = next(b for b in made.segmentation.boundaries if b.after is PLAN)
    earliest, latest = (made.turns[n - 1].start for n in (boundary.earliest, boundary.latest))
    assert earliest is not None and latest is not None
    words = "between {}:{:02} and {}:{:02}".format(
        *divmod(int(earliest), 60), *divmod(int(latest), 60)
    )
    assert f"begins {words}" in session_report(made)


def test_review_says_what_to_do() -> None:
    text = PageReader(session_report(flagged(2))).text
    assert 'convo process "demo-2.m4a" --coach-is SPEAKER_01' in text
    for reason in flagged(2).review:
        assert text.count(reason) == 1


def test_nothing_to_look_at_is_not_mentioned() -> None:
    made = sample(3)
    calm = replace(made, review=(), segmentation=replace(made.segmentation, review=()))
    assert "What needs a look" not in PageReader(session_report(calm)).text


def test_unknown_roles_are_called_speakers_and_get_no_share() -> None:
    text = PageReader(session_report(without_roles(sample(1)))).text
    assert "Speaker 1" in text and "Speaker 2" in text
    assert "Shares of coach and coachee are not shown" in text
    assert "% Maeve" not in text


def test_words_of_nobody_and_of_a_third_person_are_beside() -> None:
    made = with_third_voice(sample(1))
    text = PageReader(session_report(made)).text
    assert f"{made.shares[0].unattributed} words (" in text
    assert "Speaker 3" in text and "Unattributed" in text


@pytest.mark.parametrize(
    "name",
    ['<script>alert("x")</script>', 'O\'Brien & "Sons"', "محمد الأحمد", "王小明", "x" * 300],
)
def test_whatever_people_are_called_or_say_stays_text(name: str) -> None:
    made = sample(1)
    first = replace(made.turns[0], text=f"{name} said <img src=x onerror=alert(1)> {{{{ 7*7 }}}}")
    session = replace(made.session, coachee=name, coach=name, programme=name)
    page = session_report(
        replace(
            made,
            session=session,
            turns=(first, *made.turns[1:]),
            recording=replace(made.recording, name=name + ".m4a"),
            provenance={name: name},
            review=(name,),
        )
    )
    reader = PageReader(page)
    assert not reader.mismatched and not reader.open
    assert not reader.having("script") and not reader.having("img")
    assert " ".join(name.split()) in reader.text and "{{ 7*7 }}" in reader.text


def test_two_hours_are_drawn_quickly_and_stay_small() -> None:
    made = long_session()
    session_report(sample(1))
    began = time.process_time()
    page = session_report(made)
    assert time.process_time() - began < 3
    assert len(page.encode()) < 3_000_000


def test_no_verdicts() -> None:
    for made in (sample(1), flagged(2), without_roles(sample(3))):
        quiet = replace(made, turns=tuple(replace(t, text="so what then") for t in made.turns))
        text = PageReader(session_report(quiet)).text.lower()
        for word in ("score", "norm", "target", "rank", "effective", "good", "bad ", "homework"):
            assert word not in text
        assert not set("↑↓→↗↘▲▼✓✗✔✘👍") & set(text)


def test_the_same_conversation_makes_the_same_page() -> None:
    assert session_report(sample(2)) == session_report(sample(2))


def test_written_files_replace_each_other_and_are_found(tmp_path: Path) -> None:
    made = sample(1)
    path = write_session_report(tmp_path, made)
    assert path == write_session_report(tmp_path, made)
    assert [p.name for p in tmp_path.iterdir()] == ["hannah-session-01-01010101.html"]
    (found,) = reports_of(tmp_path, made.recording.short_id)
    assert (found.path, found.kind, found.coachee) == (path, "session", "Hannah")
    assert find_report(tmp_path, path.stem) == found


OWN = {Phase.SCRUTINY: "Looking <closely>", Phase.CO_CONSTRUCTION: "Next steps"}
USUAL = ("Shared scrutiny", "Co-construction", "co-construction")


def with_own_names(made: Conversation) -> Conversation:
    review = ("the change to co-construction at turn 17 is uncertain (31% within three turns)",)
    phases = replace(made.segmentation, names=OWN, review=review)
    return replace(made, segmentation=phases, review=review)


def test_people_read_the_names_of_the_programme(capsys: pytest.CaptureFixture[str]) -> None:
    made = with_own_names(sample(3))
    show_progression([made])
    table = capsys.readouterr().out
    session, progression = session_report(made), progression_report([made])
    for told in (PageReader(session).text, PageReader(progression).text, table):
        assert "Looking <closely>" in told and "Next steps" in told and "Orientation" in told
        assert not [name for name in USUAL if name in told]
    for page in (session, progression):
        assert "Looking <closely>" not in page  # what a programme wrote is escaped
        assert "the change to Next steps at turn 17 is uncertain" in page


def test_what_is_kept_has_the_usual_names(tmp_path: Path) -> None:
    made = with_own_names(sample(3))
    made = replace(made, shares=counted(made.turns, made.segmentation))
    folder = write_conversation(tmp_path / "artefacts", made)
    store = Store(tmp_path / "convo.duckdb")
    store.load(folder)
    rows = store.query("select distinct phase from phase_span order by phase").rows
    assert [row[0] for row in rows] == ["co-construction", "orientation", "scrutiny"]
    (reason,) = store.query("select reason from review where about = 'phases'").rows
    assert "co-construction" in reason[0]
    assert [row.key for row in progression_rows([made])][1:3] == list(USUAL[:2])
    assert read_conversation(folder).segmentation == made.segmentation


def test_the_latest_session_names_the_rows() -> None:
    labels = [row.label for row in progression_rows([sample(1), with_own_names(sample(3))])]
    assert labels[1:3] == list(OWN.values())
    labels = [row.label for row in progression_rows([with_own_names(sample(1)), sample(3)])]
    assert labels[1:3] == list(USUAL[:2])


def test_a_session_without_clear_phases_says_so_where_they_are_drawn() -> None:
    made = sample(3)
    plain = PageReader(session_report(made)).text
    assert "No clear phases" not in plain
    review = ("no clear phases: on average a turn has … of only 31%", *made.segmentation.review)
    unclear = replace(made, segmentation=replace(made.segmentation, review=review))
    told = PageReader(session_report(unclear)).text
    assert told.count("No clear phases were found in this session.") == 1
    assert told.index("No clear phases were") < told.index("The phases are a provisional")
    assert told.count(review[0]) == 1
    assert "Shared scrutiny" in told  # the best guess stays
