"""Suggestions of what may be played."""

from __future__ import annotations

import pytest

from convo.conversation.media import MEDIA
from convo.conversation.media_signs import media_hints
from convo.transcript import Role, Turn
from tests.conversation.talks import LISTS

COACH, COACHEE = Role.COACH, Role.COACHEE
CLASS = (
    "Right, everybody, sit down on the carpet please, eyes on me, hands up who can tell me what "
    "the first sound is, well done everyone, and now with your partners say it again."
)


def hints(*lines, times=True):
    turns = [
        Turn(n, str(who), text, n * 10.0 if times else None, n * 10.0 + 9 if times else None, role)
        for n, (who, text) in enumerate(lines, 1)
        for role in [who if who in (COACH, COACHEE) else None]
    ]
    return media_hints(turns, LISTS.media)


@pytest.mark.parametrize(
    ("lines", "turns", "signs"),
    [
        (
            [
                (COACH, "Okay, let's watch the clip."),
                (COACHEE, CLASS),
                (COACH, "What did you see?"),
            ],
            [(2, 2)],
            ["let's watch"],
        ),
        (
            [(COACH, "So."), ("A", "Is it the end sound then, miss?"), ("B", "It is!")],
            [(2, 3)],
            ["other voices"],
        ),
        (
            [(COACH, "So."), (COACHEE, CLASS), (COACHEE, "There."), (COACH, "Hm.")],
            [(2, 2)],
            ["as to a class"],
        ),
        ([(COACH, "So."), ("A", "Sorry!"), (COACHEE, "No problem at all.")], [], []),
        ([(COACH, "Let's watch it."), (MEDIA, CLASS), (COACH, "So?")], [], []),  # marked already
        ([(COACH, "What did they do?"), (COACHEE, "They sat down on the carpet.")], [], []),
        ([], [], []),
    ],
)
def test_what_may_be_played_and_why(lines, turns, signs):
    found = hints(*lines)
    assert [(hint.first, hint.last) for hint in found] == turns
    for hint, sign in zip(found, signs, strict=True):
        assert sign in hint.signs[0]
        assert (hint.start, hint.end) == (hint.first * 10.0, hint.last * 10.0 + 9)


def test_hints_that_touch_are_one_and_no_times_stay_unknown():
    lines = [
        (COACH, "Let's watch it."),
        ("A", "Is it the end sound, miss? I can hear it."),
        (COACHEE, "Yes."),
    ]
    (hint,) = hints(*lines, times=False)
    assert len(hint.signs) == 2
    assert (hint.first, hint.start, hint.end) == (2, None, None)
