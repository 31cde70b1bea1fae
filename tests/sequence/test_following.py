"""From session to session, and in the store."""

import datetime
from dataclasses import replace

from convo.between import Activity
from convo.database.artefacts import read_conversation, write_conversation
from convo.outcome import rebuild_store
from convo.reservation import store
from convo.sequence.following import note_follow_ups, steps
from convo.transcript import Role
from tests.database.conversations import make_conversation

ONE = Activity(1, 3, 2, "client", "do", Role.COACHEE, "experiment", "self", True, 3, "keen", True)


def session(number, **given):
    made = make_conversation(name=f"{number}.m4a", number=number, **given)
    day = datetime.date(2026, 1, number)
    return replace(made, session=replace(made.session, date=day), activities=(ONE,))


def test_a_step_goes_to_the_next_session_by_date_of_the_same_two():
    first, second, third = session(1), session(2), session(3)
    other = session(2, coach="Somebody else")
    found = [(s.earlier, s.later) for s in steps([third, other, first, second])]
    assert found == [(first, second), (second, third)]


def test_a_session_that_comes_in_between_changes_the_steps():
    assert [s.later.session.number for s in steps([session(1), session(3)])] == [3]


def test_every_activity_of_the_earlier_session_gets_an_answer():
    (step,) = steps([session(1), session(2)])
    assert [one.activity for one in step.follow_ups] == [1]


def test_activities_are_kept_and_asked_for(tmp_path):
    made = [session(1), session(2)]
    for one in made:
        folder = write_conversation(tmp_path / "artefacts", one)
        assert read_conversation(folder).activities == one.activities
    rebuild_store(tmp_path)
    rows = store(tmp_path).query("select session, term, led, set_turn, rushed from v_activity").rows
    assert sorted(rows) == [(n, "experiment", "client", 2, True) for n in (1, 2)]
    asked = "select set_in_session, session, activity, spoken, status from v_followup"
    (step,) = steps(made)
    (one,) = step.follow_ups
    assert store(tmp_path).query(asked).rows == ((1, 2, 1, one.spoken, one.status),)
    note_follow_ups(tmp_path)  # again: nothing is told twice
    assert len(store(tmp_path).query(asked).rows) == 1
