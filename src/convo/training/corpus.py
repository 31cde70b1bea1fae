"""Marked sessions to learn from, and how they are roughened to be like a recogniser's text."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from convo.codebook import CODES, Code
from convo.errors import EvaluationError
from convo.evaluation.cases import TalkCase, read_cases
from convo.transcript import Phase, Role, Turn

PHASES = tuple(Phase)
NO_CODE = -1

_LISTENING = (
    "Mm-hmm.", "Yeah.", "Okay.", "Right.", "Mm.", "Uh-huh.", "Sure.", "Okay. Yeah.", "Yep.", "Mhm."
)  # fmt: skip
_LISTENING_MORE = (
    *_LISTENING, "Yeah, yeah.", "Right, right.", "Wow.", "I see.", "Got it.", "Oh, okay."
)  # fmt: skip
_NOISES = (
    "[laughs]", "[chuckles]", "[laughter]", "[crosstalk]", "[inaudible]", "[unintelligible]",
    "[pause]"
)  # fmt: skip
_FILLERS = ("um", "uh", "you know", "like", "I mean", "sort of", "well", "so", "erm", "kind of")
_OTHER = {Role.COACH: Role.COACHEE, Role.COACHEE: Role.COACH}


@dataclass(frozen=True, slots=True)
class Lesson:
    """One turn: what is said, the phase by every reading, the code (its place in ``CODES``)."""

    turn: Turn
    phases: tuple[int, ...]
    code: int = NO_CODE


@dataclass(frozen=True, slots=True)
class MarkedSession:
    """One session to learn from."""

    case_id: str
    lessons: tuple[Lesson, ...]

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The turns alone."""
        return tuple(lesson.turn for lesson in self.lessons)


def marked_sessions(folder: Path) -> list[MarkedSession]:
    """All sessions of ``folder``: one folder each, with ``turns.json`` and ``phases-*.csv``.

    Raises:
        EvaluationError: nothing is marked there, or a file cannot be read.
    """
    found = [_session(case) for case in read_cases(folder).talk]
    if not found:
        raise EvaluationError(f"{folder} holds no marked session: give a folder of such folders")
    return found


def _session(case: TalkCase) -> MarkedSession:
    readings = [[PHASES.index(phase) for phase in labels] for labels in case.readings.values()]
    codes = [NO_CODE] * len(case.turns)
    for turn, expert in case.codes.items():
        if expert.code is not None:
            codes[turn - 1] = CODES.index(expert.code)
    rows = zip(case.turns, zip(*readings, strict=True), codes, strict=True)
    return MarkedSession(case.case_id, tuple(Lesson(*row) for row in rows))


def roughened(session: MarkedSession, dice: random.Random) -> tuple[Lesson, ...]:
    """The session as another recording of it might come out, each change in some sessions only.

    Cut to a stretch; listening words thrown into long turns; turns of two speakers run together;
    roles mistaken or unknown; punctuation lost; words lost, doubled, filled up; written down word
    by word, with stutters and turns that go on after a listening word.
    """
    lessons = list(session.lessons)
    if dice.random() < 0.25 and len(lessons) > 50:
        size = dice.randint(40, len(lessons))
        start = dice.choice([0, len(lessons) - size, dice.randint(0, len(lessons) - size)])
        lessons = lessons[start : start + size]
    if dice.random() < 0.35:
        lessons = _interrupted(lessons, dice.choice([0.2, 0.5, 0.8]), dice)
    if dice.random() < 0.3:
        lessons = _merged(lessons, dice.choice([0.03, 0.08]), dice)
    if dice.random() < 0.25:
        lessons = [_mistaken(one) if dice.random() < 0.06 else one for one in lessons]
    if dice.random() < 0.05:
        lessons = [replace(one, turn=one.turn.played_by(None)) for one in lessons]
    bare = dice.random() < 0.3
    lessons = [_saying(one, _noisy(one.turn.text, bare, dice)) for one in lessons]
    return tuple(_word_by_word(lessons, dice) if dice.random() < 0.35 else lessons)


def _interrupted(lessons: Sequence[Lesson], rate: float, dice: random.Random) -> list[Lesson]:
    """Listening words of the other person inside long turns."""
    result: list[Lesson] = []
    for lesson in lessons:
        words = lesson.turn.text.split()
        other = _OTHER.get(lesson.turn.role) if lesson.turn.role else None
        if len(words) <= 25 or other is None or dice.random() >= rate:
            result.append(lesson)
            continue
        cut = dice.randint(8, len(words) - 8)
        listening = replace(lesson.turn, text=dice.choice(_LISTENING), role=other)
        result += [
            replace(_saying(lesson, " ".join(words[:cut])), code=NO_CODE),
            Lesson(listening, lesson.phases, CODES.index(Code.BCK)),
            _saying(lesson, " ".join(words[cut:])),
        ]
    return result


def _word_by_word(lessons: Sequence[Lesson], dice: random.Random) -> list[Lesson]:
    """As careful transcribers write: stutters, noises, dashes where a turn is cut and goes on."""
    result: list[Lesson] = []
    rate, dash = dice.choice([0.4, 0.8]), dice.choice(["-", "--", "\u2014", ""])
    for lesson in lessons:
        said = " ".join(_stuttered(lesson.turn.text.split(), dice)) or lesson.turn.text
        lesson, words = _saying(lesson, said), said.split()
        other = _OTHER.get(lesson.turn.role) if lesson.turn.role else None
        if len(words) < 14 or other is None or dice.random() > rate:
            result.append(lesson)
            continue
        pieces = _pieces(words, dice)
        for place, piece in enumerate(pieces):
            begun, ended = place == 0, place == len(pieces) - 1
            text = ("" if begun else dash) + " ".join(piece) + ("" if ended else dash)
            one = _saying(lesson, text)
            result.append(one if ended else replace(one, code=NO_CODE))
            if not ended:
                heard = replace(lesson.turn, text=dice.choice(_LISTENING_MORE), role=other)
                result.append(Lesson(heard, lesson.phases, CODES.index(Code.BCK)))
    return result


def _stuttered(words: Sequence[str], dice: random.Random) -> list[str]:
    result = []
    for word in words:
        chance, core = dice.random(), word.rstrip(".,?!")
        if chance < 0.03 and core.isalpha() and len(core) < 6:
            word = dice.choice([f"{core}-{word}", f"{core}- {word}", f"{core}-{core}-{word}"])
        elif chance < 0.045:
            word = f"{dice.choice(['um', 'uh'])}, {word}"
        result.append(word)
    if result and dice.random() < 0.06:
        result.insert(dice.randint(0, len(result)), dice.choice(_NOISES))
    return result


def _pieces(words: Sequence[str], dice: random.Random) -> list[Sequence[str]]:
    """Words in pieces of 6 to 28, the last of at least 5."""
    pieces, begin = [], 0
    while begin < len(words):
        size = dice.randint(6, 28)
        end = len(words) if len(words) - begin - size < 5 else begin + size
        pieces.append(words[begin:end])
        begin = end
    return pieces


def _merged(lessons: Sequence[Lesson], rate: float, dice: random.Random) -> list[Lesson]:
    """Turns run together with the turn before, as a lost change of speaker leaves them."""
    result: list[Lesson] = []
    for lesson in lessons:
        if result and dice.random() < rate and result[-1].phases == lesson.phases:
            joined = _saying(result[-1], f"{result[-1].turn.text} {lesson.turn.text}")
            result[-1] = replace(joined, code=NO_CODE)
        else:
            result.append(lesson)
    return result


def _noisy(text: str, bare: bool, dice: random.Random) -> str:
    if bare:
        text = re.sub(r"[^\w\s']", " ", re.sub(r"\[[^\]]*\]", " ", text)).lower()
    words: list[str] = []
    for word in text.split():
        if dice.random() < 0.02:
            continue
        if dice.random() < 0.02:
            words.append(dice.choice(_FILLERS))
        words += [word] * (2 if dice.random() < 0.01 else 1)
    return " ".join(words) or text


def _saying(lesson: Lesson, text: str) -> Lesson:
    return replace(lesson, turn=replace(lesson.turn, text=text))


def _mistaken(lesson: Lesson) -> Lesson:
    """The turn given to the other of the two."""
    role = lesson.turn.role
    return (
        lesson
        if role is None
        else replace(lesson, turn=lesson.turn.played_by(_OTHER.get(role, role)))
    )
