"""People's words in cells, and programmes' records: nothing is lost, the last one counts."""

from __future__ import annotations

from datetime import date

import pytest

from convo.database.artefacts import write_conversation
from convo.database.notes import Engagement, cells, engagement_of, notes_in, save_cell
from convo.database.programme_records import all_programmes, keep_programme, record_on, versions
from convo.errors import ConfigError, StoreError
from convo.programme import parse_programme
from convo.resources import resource
from convo.transcript import Phase
from tests.database.conversations import make_conversation

EXAMPLE = resource("configs/programme.toml").read_text(encoding="utf-8")
SAID = 'name = "x"\nsince = 2025-09-01\nobject = "y"\n'
MADE = make_conversation()
ID, WHOSE = MADE.recording.recording_id, engagement_of(MADE.session)


@pytest.fixture
def data(tmp_path):
    write_conversation(tmp_path / "artefacts", MADE)
    return tmp_path


def test_the_last_text_of_a_cell_counts_and_all_are_kept(data):
    save_cell(data, WHOSE, ID, Phase.SCRUTINY, "First.", "Maeve")
    save_cell(data, WHOSE, ID, Phase.SCRUTINY, " She saw it. 看到了 ", "Hannah")
    save_cell(data, WHOSE, ID, None, "A good talk.", "Hannah")
    found = cells(data, ID)
    assert {phase: note.text for phase, note in found.items()} == {
        Phase.SCRUTINY: "She saw it. 看到了",
        None: "A good talk.",
    }
    assert found[Phase.SCRUTINY].who == "Hannah"
    assert len(notes_in(data / "artefacts" / ID[:16])) == 3
    save_cell(data, WHOSE, ID, Phase.SCRUTINY, "", "Maeve")
    assert set(cells(data, ID)) == {None}


def test_cells_of_recordings_that_are_not_kept_are_refused(data):
    for name in ("f" * 64, "../../etc/passwd/x", ""):
        with pytest.raises(StoreError, match="no recording that is kept"):
            save_cell(data, WHOSE, name, None, "Hm.")
    with pytest.raises(StoreError, match="too many for one cell"):
        save_cell(data, WHOSE, ID, None, "so " * 10_000)


def test_a_torn_line_is_dropped_and_a_damaged_one_is_named(data):
    save_cell(data, WHOSE, ID, None, "One.", "Maeve")
    path = data / "artefacts" / ID[:16] / "notes.jsonl"
    path.write_bytes(path.read_bytes() + b'{"phase": "scru')
    assert cells(data, ID)[None].text == "One."
    save_cell(data, WHOSE, ID, None, "Two.", "Maeve")
    assert [note.text for note in notes_in(path.parent)] == ["One.", "Two."]
    path.write_bytes(b'{"phase": "dinner"}\n')
    with pytest.raises(StoreError, match="damaged line"):
        cells(data, ID)


def test_an_engagement_is_two_people_in_a_programme():
    assert Engagement(MADE.session.coachee, MADE.session.coach, MADE.session.programme) == WHOSE


def test_versions_of_a_record_by_the_day_from_which_they_hold(tmp_path):
    first = parse_programme(EXAMPLE)
    later = first.model_copy(update={"since": date(2026, 1, 5), "tools": "Video and recall."})
    for record in (later, first, first):
        keep_programme(tmp_path, record)
    kept = versions(tmp_path, first.name)
    assert [one.record for one in kept] == [first, later]
    assert record_on(kept, date(2025, 12, 1)) == first
    assert record_on(kept, date(2026, 1, 5)) == later
    assert record_on(kept, date(2020, 1, 1)) == first
    assert record_on((), date(2026, 1, 5)) is None
    assert set(all_programmes(tmp_path)) == {first.name}
    assert versions(tmp_path, "another") == ()
    again = first.model_copy(update={"rules": "None."})
    keep_programme(tmp_path, again)  # the same day: what was handed over last counts
    assert versions(tmp_path, first.name)[0].record == again


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('name = "x"\nsince = 2025-09-01\nobject = ""', "object.*it is empty"),
        ('name = "x"\nobject = "y"', "since is missing"),
        (SAID + 'toolz = "z"', "did you mean 'tools'"),
        (SAID + '[[evidence]]\nabout = "tool"\nquote = "q"', "did you mean 'tools'"),
    ],
)
def test_a_mistake_in_a_record_is_named(text, sentence):
    with pytest.raises(ConfigError, match=sentence):
        parse_programme(text)
