"""The marked sessions keep the rules of the codebook, and roughening keeps what it must."""

import random
from itertools import groupby
from pathlib import Path

import pytest

from convo.codebook import CODES
from convo.errors import EvaluationError
from convo.resources import resource
from convo.training.corpus import PHASES, MarkedSession, marked_sessions, roughened


@pytest.fixture(scope="module")
def sessions() -> list[MarkedSession]:
    return marked_sessions(resource("data/training"))


def test_every_session_is_marked_whole(sessions: list[MarkedSession]) -> None:
    assert len(sessions) > 200
    for session in sessions:
        readings = {len(lesson.phases) for lesson in session.lessons}
        assert len(readings) == 1, session.case_id
        assert all(0 <= p < len(PHASES) for lesson in session.lessons for p in lesson.phases)


def test_no_span_is_shorter_than_the_codebook_allows(sessions: list[MarkedSession]) -> None:
    """A1: four turns or a hundred words, frame at the ends aside. Writers and readers may err
    (an interruption of two or three turns is frame by section 2.5): few may."""
    short = total = 0
    for session in sessions:
        for reading in range(len(session.lessons[0].phases)):
            spans = [list(g) for _, g in groupby(session.lessons, lambda x, r=reading: x.phases[r])]
            total += len(spans)
            for span in spans[1:-1]:
                words = sum(lesson.turn.word_count for lesson in span)
                short += len(span) < 4 and words < 100
    assert short / total < 0.03


def test_two_readings_agree(sessions: list[MarkedSession]) -> None:
    pairs = [x.phases for s in sessions for x in s.lessons if len(x.phases) == 2]
    assert len(pairs) > 20_000
    assert sum(a == b for a, b in pairs) / len(pairs) > 0.9


def test_some_turns_have_codes(sessions: list[MarkedSession]) -> None:
    found = {lesson.code for session in sessions for lesson in session.lessons}
    assert found == {-1, *range(len(CODES))}


def test_roughening_changes_words_and_keeps_phases(sessions: list[MarkedSession]) -> None:
    dice = random.Random(0)
    changed = 0
    for session in sessions[:40]:
        known = {tuple(lesson.phases) for lesson in session.lessons}
        rough = roughened(session, dice)
        assert {lesson.phases for lesson in rough} <= known
        assert all(lesson.turn.text for lesson in rough)
        order = [k for k, _ in groupby(lesson.phases for lesson in rough)]
        whole = [k for k, _ in groupby(lesson.phases for lesson in session.lessons)]
        assert any(whole[i : i + len(order)] == order for i in range(len(whole)))
        changed += [x.turn.text for x in rough] != [x.turn.text for x in session.lessons]
    assert changed > 30


def test_the_same_dice_give_the_same_session(sessions: list[MarkedSession]) -> None:
    assert roughened(sessions[3], random.Random(5)) == roughened(sessions[3], random.Random(5))


def test_a_folder_without_marked_sessions_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError):
        marked_sessions(tmp_path)
