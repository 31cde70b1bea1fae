"""Which session a recording is: nothing guessed wins over what is kept, nothing is doubled."""

import datetime
from pathlib import Path

import pytest

from convo.errors import SessionError
from convo.sessions import (
    KnownSession,
    SessionRequest,
    find_coachee,
    find_session,
    guess_date,
    resolve_session,
)
from convo.transcript import Recording, Session

DAY = datetime.date(2026, 1, 13)
FILE = Path("2026-01-13 Review.m4a")


def recording(letter: str) -> Recording:
    return Recording(letter * 64, f"{letter}.m4a", 60.0, 1, 16_000, "m4a", 1)


def kept(letter: str, number: int, coachee: str = "Hannah") -> KnownSession:
    session = Session(coachee, "Maeve", number, DAY, "")
    return KnownSession(session, letter * 64, f"{letter}.m4a")


def test_new_recording_gets_the_next_number_the_usual_coach_and_the_date_of_its_name():
    session = resolve_session(
        SessionRequest(coachee="Hannah"), recording("c"), FILE, [kept("a", 1), kept("b", 2)]
    )
    assert session == Session("Hannah", "Maeve", 3, DAY, "")


def test_unnamed_recordings_do_not_end_up_in_one_sequence():
    one = resolve_session(SessionRequest(), recording("a"), FILE, [])
    two = resolve_session(SessionRequest(), recording("b"), FILE.with_name("2026-01-14.m4a"), [])
    assert one.coachee != two.coachee


def test_a_known_recording_keeps_its_session():
    assert resolve_session(SessionRequest(), recording("a"), FILE, [kept("a", 4)]).number == 4


@pytest.mark.parametrize(
    ("request_", "option"),
    [
        (SessionRequest(coachee="Tom"), "--coachee"),
        (SessionRequest(coach="Tom"), "--coach"),
        (SessionRequest(number=9), "--session"),
        (SessionRequest(date=datetime.date(2020, 1, 1)), "--date"),
        (SessionRequest(programme="x"), "--programme"),
    ],
)
def test_a_known_recording_is_not_quietly_another_session(request_, option):
    with pytest.raises(SessionError, match=f"already kept as session 4 of Hannah.*{option}"):
        resolve_session(request_, recording("a"), FILE, [kept("a", 4)])


def test_a_correction_changes_only_what_it_names():
    request = SessionRequest(coachee="Tom", correct=True)
    session = resolve_session(request, recording("a"), FILE, [kept("a", 4)])
    assert session == Session("Tom", "Maeve", 4, DAY, "")


@pytest.mark.parametrize("correct", [False, True])
def test_a_taken_session_is_refused_with_the_recording_that_has_it(correct):
    known = [kept("a", 1), *([kept("b", 2)] if correct else [])]
    request = SessionRequest(coachee="Hannah", coach="Maeve", number=1, correct=correct)
    with pytest.raises(SessionError, match=r"session 1 of Hannah is already the recording a\.m4a"):
        resolve_session(request, recording("b"), FILE, known)


def test_unknown_coachee_is_named_with_the_close_match():
    with pytest.raises(SessionError, match=r"'Hanna'.*did you mean 'Hannah'"):
        find_coachee("Hanna", [kept("a", 1)])


def test_date_without_one_in_the_name_is_the_day_the_file_changed(tmp_path):
    file = tmp_path / "session.m4a"
    file.touch()
    assert guess_date(file) == datetime.date.today()


def test_an_impossible_date_in_a_name_is_no_date(tmp_path):
    file = tmp_path / "2026-02-31 talk.m4a"
    file.touch()
    assert guess_date(file) == datetime.date.today()


@pytest.mark.parametrize(
    ("asked", "letter"),
    [
        (("Tom",), "d"),
        (("Hannah", 2), "b"),
        (("Hannah", 1, "Ada"), "c"),
        (("Hannah", None, "Ada", "reading"), "c"),
    ],
)
def test_one_session_is_found_by_as_little_as_tells_it_apart(asked, letter):
    assert find_session(_known(), *asked).recording_id[0] == letter


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (("Hanah", 1), "did you mean 'Hannah'"),
        (
            ("Hannah", 1),
            r"several sessions of Hannah fit .*session 1 with Ada in reading, "
            r"session 1 with Maeve\): name one with --session, and --coach or --programme",
        ),
        (("Hannah", 7), "no session of Hannah fit .*session 1 with Ada in reading, .*session 2"),
    ],
)
def test_a_session_that_is_not_one_is_told_with_those_there_are(asked, sentence):
    with pytest.raises(SessionError, match=sentence):
        find_session(_known(), *asked)


def _known():
    ada = KnownSession(Session("Hannah", "Ada", 1, DAY, "reading"), "c" * 64, "c.m4a")
    return [kept("a", 1), kept("b", 2), ada, kept("d", 1, "Tom")]
