"""The table of turns: what a person gets, and what becomes of what they hand back."""

import csv
import dataclasses
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convo.corrections.turn_table import read_phases, turn_table
from convo.errors import SessionError
from convo.transcript import Phase
from tests.database.conversations import confirmed, make_conversation

OWN = {Phase.SCRUTINY: "Looking closely", Phase.FRAME: "=Around"}
MADE = make_conversation()


def with_texts(texts):
    turns = tuple(
        dataclasses.replace(turn, text=text) for turn, text in zip(MADE.turns, texts, strict=False)
    )
    phases = MADE.segmentation
    return dataclasses.replace(MADE, turns=(*turns, *MADE.turns[len(turns) :]), segmentation=phases)


def written(tmp_path, text, encoding="utf-8-sig"):
    path = tmp_path / "turns.csv"
    path.write_bytes(text.encode(encoding))
    return path


def rows_of(conversation):
    return list(csv.DictReader(io.StringIO(turn_table(conversation), newline="")))


def table_of(rows, delimiter=","):
    sink = io.StringIO()
    writer = csv.DictWriter(sink, rows[0], delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return sink.getvalue()


def handed_back(tmp_path, changes, conversation=MADE, delimiter=","):
    rows = rows_of(conversation)
    for turn, change in changes.items():
        rows[turn - 1] |= {"phase": change} if isinstance(change, str) else change
    path = written(tmp_path, table_of(rows, delimiter))
    return read_phases(path, conversation.turns, conversation.segmentation)


def test_a_row_a_turn_with_time_speaker_and_the_phase_that_counts():
    rows = rows_of(confirmed(MADE))
    assert [int(row["turn"]) for row in rows] == [turn.number for turn in MADE.turns]
    assert (rows[0]["start"], rows[0]["speaker"]) == ("0:00:00", "Maeve")
    assert [row["text"] for row in rows] == [turn.text for turn in MADE.turns]
    assert [row["phase"] for row in rows] == list(confirmed(MADE).segmentation.labels())
    assert rows[6]["phase"] != MADE.segmentation.labels()[6]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=20), st.booleans())
def test_whatever_was_said_comes_back_unharmed_and_confirmed(tmp_path_factory, texts, own):
    made = with_texts(texts)
    if own:
        phases = dataclasses.replace(made.segmentation, names=OWN)
        made = dataclasses.replace(made, segmentation=phases)
    path = written(tmp_path_factory.getbasetemp(), turn_table(made))
    assert read_phases(path, made.turns, made.segmentation) == made.segmentation.labels()
    assert not any(
        cell.startswith(("=", "+", "-", "@")) for row in rows_of(made) for cell in row.values()
    )


@pytest.mark.parametrize(
    ("name", "phase"),
    [
        ("orientation", Phase.ORIENTATION),
        (" Co-Construction ", Phase.CO_CONSTRUCTION),
        ("Shared scrutiny", Phase.SCRUTINY),
        ("o", Phase.ORIENTATION),
        ("S", Phase.SCRUTINY),
        ("C", Phase.CO_CONSTRUCTION),
        ("F", Phase.FRAME),
        ("looking CLOSELY", Phase.SCRUTINY),
    ],
)
def test_a_phase_may_have_any_of_its_names(tmp_path, name, phase):
    named = dataclasses.replace(MADE.segmentation, names=OWN)
    made = dataclasses.replace(MADE, segmentation=named)
    assert handed_back(tmp_path, {9: name}, made)[8] is phase


def test_what_is_left_empty_is_as_the_machine_has_it(tmp_path):
    before = confirmed(MADE)
    found = handed_back(tmp_path, {7: "", 9: "F"}, before)
    assert found[6] is MADE.segmentation.labels()[6] is not before.segmentation.labels()[6]
    assert found[8] is Phase.FRAME


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_any_spreadsheet_in_any_country_will_do(tmp_path, delimiter):
    assert handed_back(tmp_path, {9: "F"}, delimiter=delimiter)[8] is Phase.FRAME


def test_sorted_rows_empty_rows_more_columns_and_a_mangled_short_turn_do_no_harm(tmp_path):
    rows = [row | {"my notes": "?"} for row in reversed(rows_of(with_texts(["12:30"])))]
    rows[-1]["text"] = "12:30:00"
    rows.append(dict.fromkeys(rows[0], ""))
    path = written(tmp_path, table_of(rows))
    made = with_texts(["12:30"])
    assert read_phases(path, made.turns, made.segmentation) == made.segmentation.labels()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({9: "scrutny"}, r"turn 9 of turns.csv has the phase 'scrutny': did you mean 'scrutiny'\?"),
        ({9: "X"}, "has the phase 'X': known are co-construction, frame, orientation, scrutiny"),
        ({9: {"turn": "99"}}, "turn 99 of turns.csv is not in this session, which has turns 1 to"),
        ({9: {"turn": "0"}}, "turn 0 of turns.csv is not in this session"),
        ({9: {"turn": "nine"}}, "line 10 of turns.csv has the turn 'nine', no number"),
        ({9: {"turn": "8", "text": MADE.turns[7].text}}, "turn 8 of turns.csv is there twice"),
        (
            {4: {"text": "Nobody in this session has ever said that."}},
            "turn 4 of turns.csv reads 'Nobody in this session .*' where this session has "
            "'The start of the lesson.*another session.*`convo turns`",
        ),
    ],
)
def test_a_mistake_is_one_sentence_with_the_value_and_the_remedy(tmp_path, changes, sentence):
    with pytest.raises(SessionError, match=sentence) as error:
        handed_back(tmp_path, changes)
    assert ": " in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", r"has no column turn or phase or text \(it has none\)"),
        (b"turn,start,text\r\n1,0:00,Hi\r\n", r"has no column phase \(it has turn, start, text\)"),
        (b"turn,phase,text\r\n,,\r\n", "has no turns"),
        ("turn,phase,text\n1,F,Zoë\n".encode("latin-1"), "save it from the spreadsheet as"),
        (b"PK\x03\x04\xff\xfe spreadsheet", "no CSV in UTF-8"),
        (b'turn,phase,text\n1,F,"' + b"x" * 200_000, "is no table"),
    ],
)
def test_what_is_no_table_of_turns_says_so(tmp_path, content, sentence):
    path = tmp_path / "turns.csv"
    path.write_bytes(content)
    with pytest.raises(SessionError, match=sentence):
        read_phases(path, MADE.turns, MADE.segmentation)


def test_a_missing_row_is_not_taken_for_agreement(tmp_path):
    rows = rows_of(MADE)
    path = written(tmp_path, table_of(rows[:4] + rows[6:]))
    with pytest.raises(SessionError, match=r"no row for turn 5 \(2 of \d+ are missing\): keep"):
        read_phases(path, MADE.turns, MADE.segmentation)
    with pytest.raises(SessionError, match=r"cannot read .*none.csv"):
        read_phases(tmp_path / "none.csv", MADE.turns, MADE.segmentation)
