"""Scores of activities: matching against brute force, and laws of the figures."""

from itertools import permutations
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convo.between import Activity, FollowUp
from convo.errors import EvaluationError
from convo.evaluation import Cases, TalkCase, score_activities, to_json
from convo.evaluation.activities import Counts, matches, overlap
from convo.evaluation.agreed import Agreed, MarkedActivity, MarkedFollowUp, read_agreed
from convo.evaluation.agreed_report import activities_table
from convo.transcript import Phase, Role, Turn

SPANS = st.lists(
    st.tuples(st.integers(1, 12), st.integers(0, 5)).map(lambda s: (s[0], s[0] + s[1])), max_size=5
)


def most_pairs(one, other):
    """As many overlapping pairs as any way of pairing gives."""
    if len(one) > len(other):
        one, other = other, one
    ways = permutations(other, len(one))
    return max(sum(overlap(a, b) > 0 for a, b in zip(one, way, strict=True)) for way in ways)


@given(SPANS, SPANS)
def test_no_other_way_of_pairing_has_more_pairs(one, other):
    found = matches(one, other)
    assert len(found) == most_pairs(one, other)
    assert len({a for a, _ in found}) == len({b for _, b in found}) == len(found)
    assert all(overlap(one[a], other[b]) > 0 for a, b in found)


@given(SPANS)
def test_a_reader_agrees_with_themselves(spans):
    found = matches(spans, spans)
    assert len(found) == len(spans)
    assert [spans[a] for a, _ in found] == [spans[b] for _, b in found]


def marked(isa_id, start, end, led="coach", kind="do"):
    return MarkedActivity(isa_id, start, end, end, led, kind)


def case(name, number, activities, follow_ups=()):
    said = tuple(Turn(n, "COACH", "So?", role=Role.COACH) for n in range(1, 31))
    readings = {"1": tuple(activities), "2": tuple(activities)}
    agreed = Agreed("kind and A and B", number, readings, {"1": tuple(follow_ups)})
    return TalkCase(name, said, {"1": (Phase.SCRUTINY,) * 30}, agreed=agreed)


FIRST = case("a-1", 1, [marked("1", 2, 5), marked("2", 8, 12, "client", "reflect")])
SECOND = case("a-2", 2, [], [MarkedFollowUp("1", True, 3), MarkedFollowUp("a-1:2", False)])
CASES = Cases(None, talk=(FIRST, SECOND))


def finder(*activities):
    return SimpleNamespace(
        version="t", find=lambda turns: activities if turns is FIRST.turns else ()
    )


def says(spoken):
    return lambda activities, earlier, later: [FollowUp(1, spoken)]


def test_a_finder_that_finds_what_readers_mark_is_perfect():
    found = finder(Activity(2, 5, 5, "coach", "do"), Activity(8, 12, 9, "client", "reflect"))
    score = score_activities(CASES, found, says(True))
    figures = to_json(None, None, activities=score)["talk"]["activities"]
    assert [figures[name] for name in ("f1", "led", "type", "close_f1")] == [1.0] * 4
    assert figures["readers"]["f1"] == 1.0
    assert (figures["followup"], figures["followups"]["always"]) == (0.5, 0.5)


def test_half_found_and_one_too_many():
    found = finder(Activity(5, 7, 7, "client", "do"), Activity(20, 22, 21, "coach", "do"))
    score = score_activities(CASES, found, says(False))
    assert score.mean("f1") == pytest.approx(2 * 1 / 4)
    assert (score.mean("led_agreement"), score.mean("type_agreement")) == (0.0, 1.0)
    assert score.mean("close_f1") == 0.0


def test_what_was_not_found_is_not_spoken_about():
    score = score_activities(CASES, finder(), says(True))
    assert (score.follow_ups.right, score.follow_ups.total) == (1, 2)
    assert (score.from_found.right, score.from_found.total) == (1, 2)
    assert score.mean("led_agreement") is None


def test_a_failure_leaves_no_figures_but_its_reason():
    def broken(turns):
        raise ValueError("no")

    score = score_activities(CASES, SimpleNamespace(version="t", find=broken), says(True))
    assert (score.failed, score.mean("f1")) == (2, None)
    assert activities_table(score).notes[0] == "a-1 failed: ValueError: no"


def test_nothing_on_either_side_is_no_figure():
    assert Counts().f1 is None


def test_the_table_has_a_row_a_session_and_a_cell_a_column():
    table = activities_table(score_activities(CASES, finder(), says(True)))
    assert len(table.rows) == 2 + table.totals
    assert {len(row) for row in table.rows} == {len(table.columns)}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("1,3,2,3,coach,do", "turn 3 to 2"),
        ("1,3,9,3,coach,do", "turns 1 to 5"),
        ("1,x,2,3,coach,do", "start_turn='x'"),
    ],
)
def test_a_fault_in_a_reading_is_named(tmp_path, line, message):
    text = f"isa_id,start_turn,end_turn,set_turn,led,type\n{line}\n"
    (tmp_path / "activities-1.csv").write_text(text)
    with pytest.raises(EvaluationError, match=message):
        read_agreed(tmp_path, {}, 5)


def test_a_missing_column_is_named(tmp_path):
    (tmp_path / "followups-1.csv").write_text("isa_of\n1\n")
    with pytest.raises(EvaluationError, match="no column reviewed"):
        read_agreed(tmp_path, {}, 5)
