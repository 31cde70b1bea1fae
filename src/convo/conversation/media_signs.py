"""Where a recording is perhaps played: suggested for a person to look at, never decided.

Three signs: somebody announces it, voices other than the two are heard, or one voice speaks to a
class and nobody answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from convo.conversation.cues import is_question, plain
from convo.conversation.media import is_played
from convo.conversation.word_lists import MediaSigns
from convo.transcript import Role, Turn

SOON_TURNS = 4
"""A recording that is announced begins at once and is looked for in so many turns."""
LEAST_WORDS = 8
"""Fewer words of other voices are somebody at the door."""
BURST_WORDS = 25
"""So much in one turn, with words of a classroom in it, is not said to one person."""
_ANSWER_WORDS = 4
_PAIR = (Role.COACH, Role.COACHEE)


@dataclass(frozen=True, slots=True)
class MediaHint:
    """Turns ``first`` to ``last`` (numbers) may be played; ``start`` and ``end`` in seconds.

    ``signs`` say in words what speaks for it.
    """

    first: int
    last: int
    start: float | None
    end: float | None
    signs: tuple[str, ...]


def media_hints(turns: Sequence[Turn], signs: MediaSigns) -> tuple[MediaHint, ...]:
    """Stretches in which a recording is perhaps played, in order; those that are marked are none.

    Without roles no voice is another one.
    """
    found = sorted(
        (*_announced(turns, signs), *_other_voices(turns), *_bursts(turns, signs)),
        key=lambda hint: (hint.first, hint.last),
    )
    merged: list[MediaHint] = []
    for hint in found:
        if merged and hint.first <= merged[-1].last + 1:
            hint = _joined(merged.pop(), hint)
        merged.append(hint)
    return tuple(merged)


def _announced(turns: Sequence[Turn], signs: MediaSigns) -> Iterator[MediaHint]:
    said = re.compile(signs.announced)
    for place, turn in enumerate(turns):
        found = said.search(plain(turn.text))
        soon = turns[place + 1 : place + 1 + SOON_TURNS]
        if found is None or is_played(turn) or not soon or any(map(is_played, soon)):
            continue
        talk = next((n for n, one in enumerate(soon) if n and is_question(one.text)), len(soon))
        yield _hint(soon[: max(1, talk)], f"“{found[0]}” is said just before")


def _other_voices(turns: Sequence[Turn]) -> Iterator[MediaHint]:
    if not any(turn.role in _PAIR for turn in turns):
        return
    run: list[Turn] = []
    for turn in (*turns, None):
        if turn and turn.speaker and turn.role not in _PAIR and not is_played(turn):
            run.append(turn)
            continue
        if sum(one.word_count for one in run) >= LEAST_WORDS:
            yield _hint(run, "other voices are heard")
        run = []


def _bursts(turns: Sequence[Turn], signs: MediaSigns) -> Iterator[MediaHint]:
    """Long turns with words of a classroom in them that nobody answers."""
    said = re.compile(signs.classroom)
    for place, turn in enumerate(turns):
        if is_played(turn) or turn.word_count < BURST_WORDS:
            continue
        after = turns[place + 1] if place + 1 < len(turns) else None
        answered = after is not None and after.word_count >= _ANSWER_WORDS
        if not answered and len(set(said.findall(plain(turn.text)))) > 1:
            yield _hint([turn], "one voice speaks as to a class and nobody answers")


def _hint(turns: Sequence[Turn], sign: str) -> MediaHint:
    first, last = turns[0], turns[-1]
    return MediaHint(first.number, last.number, first.start, last.end, (sign,))


def _joined(one: MediaHint, other: MediaHint) -> MediaHint:
    later = other if other.last >= one.last else one
    signs = tuple(dict.fromkeys((*one.signs, *other.signs)))
    return replace(one, last=later.last, end=later.end, signs=signs)
