"""The question that opens a phase, its first answer, and how long people wait."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from convo.codebook import Code, Flag
from convo.conversation.talk import PAIR, Talk
from convo.transcript import Role


@dataclass(frozen=True, slots=True)
class Answer:
    """What the coachee says to a question of the coach, up to the coach's next turn of content.

    ``places`` are the coachee's turns; ``latency_s`` the seconds from the end of the question to
    the first word, below 0 where the two overlap, None without times.
    """

    asked: int
    places: tuple[int, ...]
    latency_s: float | None


def questions(talk: Talk) -> tuple[int, ...]:
    """The places where coach or coachee ask."""
    return tuple(
        place
        for place, one in enumerate(talk.codes)
        if one.code is Code.ASK and talk.turns[place].role in PAIR
    )


def answer(talk: Talk, asked: int) -> Answer | None:
    """The answer to the coach's question at ``asked``; None if the coachee says nothing to it."""
    if talk.turns[asked].role is not Role.COACH:
        return None
    places: list[int] = []
    for place in range(asked + 1, len(talk.turns)):
        role = talk.turns[place].role
        if role is Role.COACHEE:
            places.append(place)
        elif role is Role.COACH and not talk.listening[place]:
            break
    if not places:
        return None
    end, start = talk.turns[asked].end, talk.turns[places[0]].start
    latency = None if end is None or start is None else round(start - end, 3)
    return Answer(asked, tuple(places), latency)


def wait_s(talk: Talk, asked: int) -> float | None:
    """Seconds from the end of a question until anybody speaks again, at least 0."""
    if asked + 1 >= len(talk.turns):
        return None
    end, start = talk.turns[asked].end, talk.turns[asked + 1].start
    return None if end is None or start is None else round(max(0.0, start - end), 3)


def is_open(talk: Talk, asked: int) -> bool:
    """Whether the question at ``asked`` cannot be answered by yes, no or one item."""
    return talk.codes[asked].flag(Flag.OPEN) is not None


COUNTS: Mapping[str, Callable[[Talk, int], int]] = {
    "first_answer_words": lambda talk, place: talk.turns[place].word_count,
    "first_answer_sentences": lambda talk, place: talk.lists.sentences(talk.turns[place].text),
    "first_answer_terms": lambda talk, place: len(talk.terms[place]),
    "first_answer_names": lambda talk, place: len(talk.names[place]),
    "first_answer_numbers": lambda talk, place: talk.lists.count("number", talk.said[place]),
    "first_answer_moments": lambda talk, place: talk.lists.count("moment", talk.said[place]),
}
"""What is counted in the turns of an answer: words, terms of the glossary, names, and so on."""
LATENCY = "first_answer_latency_s"
METRICS = (LATENCY, *COUNTS)
"""What :func:`first_answer` gives."""


def first_answer(talk: Talk, found: Answer, metric: str) -> float | None:
    """One of :data:`METRICS`; None for the latency where there are no times."""
    if metric == LATENCY:
        return found.latency_s
    return float(sum(COUNTS[metric](talk, place) for place in found.places))
