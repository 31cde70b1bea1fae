"""The table over the sessions in words, in HTML and on a terminal."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest
from factory import FRAME, LOOK, OPEN, PLAN, conversation, sample, segmentation
from page_reader import PageReader
from told import read

from convo.cli.tables import show_table, table_json
from convo.conversation.statements import Moment, Statement
from convo.database.artefacts import write_conversation
from convo.report.files import session_file_name
from convo.report.method import agreements
from convo.report.progression import progression_report, progression_rows
from convo.report.session import session_report
from convo.report.strands import strands
from convo.report.table3 import line_of, table_of
from convo.report.wording import around
from convo.resources import resource
from convo.sequence.engagement import EngagementPath, SessionRow, paths, save_cell
from convo.transcript import Conversation, Phase, Role, Session, Turn

CODE = re.compile(r"\b(?:ASK|RFL|INF|SUG|CHL|AFF|DES|EVA|REA|COM|BCK|FRM|BLD|INI|TRN|ISA)\b")


@pytest.fixture(scope="module")
def sessions():
    return [read(sample(number)) for number in (1, 2, 3)]


def told(tmp_path, found):
    return paths(tmp_path, found)


def test_every_fact_quotes_its_turn_and_links_to_it(tmp_path, sessions):
    (path,) = told(tmp_path, sessions)
    page = progression_report(sessions, paths=[path])
    for row in path.rows:
        file = session_file_name(row.conversation.session, row.conversation.recording.short_id)
        for one in row.statements:
            if one.is_fact:
                assert one.text in PageReader(page).text
                assert f'href="{file}#t{one.turns[0]}"' in page
    assert not CODE.search(PageReader(page).text)
    assert not set("↑↓→↗↘▲▼") & set(PageReader(page).text)


def test_the_cells_of_one_session_stand_in_its_report(tmp_path, sessions):
    row = told(tmp_path, sessions)[0].rows[1]
    page = session_report(row.conversation, row)
    reader = PageReader(page)
    assert not reader.mismatched and not reader.open
    assert row.statements[0].text in reader.text
    told_apart = reader.text[: reader.text.index("How this was made")]
    assert "Moments to look at" in told_apart and not CODE.search(told_apart)
    assert "What the two did" not in PageReader(session_report(row.conversation)).text


@pytest.mark.parametrize("count", [1, 2, 5])
def test_any_number_of_sessions_makes_a_sound_table(tmp_path, sessions, count):
    made = [
        replace(
            sessions[n % 3],
            session=Session("Hannah", "Maeve", n + 1, date(2025, 1, n + 1)),
            recording=replace(sessions[n % 3].recording, recording_id=f"{n + 1:02x}" * 32),
        )
        for n in range(count)
    ]
    found = told(tmp_path, made)
    page = progression_report(made, paths=found)
    reader = PageReader(page)
    assert not reader.mismatched and not reader.open
    assert all(len(row.cells) == count for row in table_of(found[0]).rows)
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_absent_and_switched_off_phases_say_so(tmp_path, sessions):
    without = replace(sessions[2].segmentation, without=(Phase.ORIENTATION,))
    spans = segmentation(sessions[0].turns, [(LOOK, 1), (PLAN, 20)])
    absent = read(sessions[0], phases=spans)
    off = read(
        sessions[2],
        phases=replace(segmentation(sessions[2].turns, [(LOOK, 1)]), without=without.without),
    )
    rows = {row.key: row for row in table_of(told(tmp_path, [absent, off])[0]).rows}
    assert [cell.missing for cell in rows["scrutiny"].cells] == ["", ""]
    assert rows["co-construction"].cells[1].missing == "not found in this session"
    assert "orientation" not in rows  # in no session
    third = told(tmp_path, [sessions[1], off])[0]
    cells = {row.key: row.cells for row in table_of(third).rows}["orientation"]
    assert [cell.missing for cell in cells] == ["", "not looked for in this session"]


def test_sessions_read_before_turns_had_codes_say_so(tmp_path, sessions):
    bare = replace(sessions[0], codes=(), measures=())
    (cell,) = table_of(told(tmp_path, [bare])[0]).rows[0].cells
    assert "process this recording again" in cell.missing
    assert strands([SessionRow(bare)])  # shares are there all the same


def test_the_papers_last_row_whole_numbers_that_sum_to_100():
    fixture = [of_words(1, 370, 630), of_words(2, 580, 420), of_words(3, 360, 640)]
    assert progression_rows(fixture)[-1].cells == ("37/63", "58/42", "36/64")


def of_words(number: int, coach: int, coachee: int) -> Conversation:
    turns = (
        Turn(1, "SPEAKER_00", "so " * coach, 0.0, 60.0, Role.COACH),
        Turn(2, "SPEAKER_01", "yes " * coachee, 60.0, 160.0, Role.COACHEE),
    )
    session = Session("Hannah", "Maeve", number, date(2025, 9, number))
    return conversation(turns, segmentation(turns, [(OPEN, 1)]), session)


def test_confirmed_moments_are_counted_and_the_others_are_candidates(sessions):
    moments = tuple(Moment("COM", (n,), 1.0 * n, 2.0 * n, n == 3 or None) for n in (1, 2, 3, 4, 5))
    one = Statement(Phase.FRAME, "commitments", "C", "The coachee may", moments=moments)
    line = line_of(sessions[0], one)
    assert line.tally == "1 confirmed by a person, 4 candidates more"
    assert len(line.groups) == 3 and line.rest == 2
    assert 3 in [group[0].turn for group in line.groups]
    mine = replace(one, phase=PLAN)
    drawn = {strand.name: strand for strand in strands([SessionRow(sessions[0], (mine,))])}
    strand = drawn["From tentative to committed"]
    assert "4 moments of “I could” and “I will” above are candidates" in strand.note
    assert "session 1: 1." in dict(strand.charts)["“I will”, confirmed by a person"].description


def test_peoples_own_words_stand_in_their_cell_with_name_and_day(tmp_path, sessions):
    write_conversation(tmp_path / "artefacts", sessions[0])
    save_cell(tmp_path, sessions[0], FRAME, "We <laughed> first.", "Maeve")
    save_cell(tmp_path, sessions[0], None, "The whole of it.", "Hannah")
    found = told(tmp_path, sessions[:1])
    text = PageReader(progression_report(sessions[:1], paths=found)).text
    assert "We <laughed> first." in text and "written by Maeve" in text
    assert "The whole of it." in text


def test_two_coaches_make_two_tables(tmp_path, sessions):
    other = replace(sessions[1], session=replace(sessions[1].session, coach="Ines"))
    found = told(tmp_path, [sessions[0], other])
    text = PageReader(progression_report([sessions[0], other], paths=found)).text
    assert text.count("What the two did, phase by phase") == 2
    assert "With Ines" in text and "Side by side" not in text


def test_the_terminal_shows_facts_with_turns_and_json_has_them_all(tmp_path, sessions, capsys):
    (path,) = told(tmp_path, sessions)
    show_table(path, named=False)
    shown = capsys.readouterr().out
    assert re.search(
        r"The coach asks the first question, an open one: “.*” \(turn 3, 0:\d\d\)", shown
    )
    assert not CODE.search(shown)
    rows = table_json([path])
    assert len(rows) == sum(len(row.statements) for row in path.rows)
    assert all(row["turns"] for row in rows)


def test_without_a_path_there_is_nothing_to_tell():
    page = progression_report([sample(1)])
    assert "What the two did" not in page and "Side by side" not in page
    assert EngagementPath  # the reports know paths by their shape alone


def test_quotes_hold_the_words_that_they_are_about():
    text = "One thing and another. " * 6 + "Then the end sound comes."
    assert "end sound" in around(text, "end sound", 60)
    assert around("Short.", "other", 60) == "Short."


def test_the_method_card_has_the_figures_that_the_project_keeps():
    page = resource("docs/functions.md").read_text(encoding="utf-8")
    kept = {one.what: (one.value, one.people) for one in agreements()}
    for code, what in (("ASK", "A turn asks something"), ("OPEN", "The question is an open one")):
        value, people = re.search(rf"\| {code} \| (\S+) \| (\S+) \|", page).groups()
        assert kept[what] == (value, people)
    assert "stays a list of moments" in PageReader(session_report(sample(1))).text
