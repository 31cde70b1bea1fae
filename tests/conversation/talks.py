"""Talks of a few turns that can be read and counted by hand."""

from __future__ import annotations

from collections.abc import Sequence

from convo.codebook import Code, TurnCode, TurnFlag
from convo.conversation.glossary import Glossary, Term
from convo.conversation.talk import Talk, talk
from convo.conversation.word_lists import parse_word_lists
from convo.resources import resource
from convo.transcript import Phase, PhaseSpan, Role, Segmentation, Turn

PHONICS = Glossary(
    version="1", name="phonics", terms={"sound": Term(), "end sound": Term(broader="sound")}
)
LISTS = parse_word_lists(resource("configs/measures.toml").read_text(encoding="utf-8"))
Line = tuple[Role | None, str, Phase, Code, tuple[TurnFlag, ...]]


def turns_of(lines: Sequence[Line], step: float | None = None) -> list[Turn]:
    """One turn a line; with ``step`` it starts every so many seconds and lasts three quarters."""
    return [
        Turn(
            number,
            role or "SPEAKER_09",
            text,
            None if step is None else (number - 1) * step,
            None if step is None else (number - 0.25) * step,
            role,
        )
        for number, (role, text, *_) in enumerate(lines, 1)
    ]


def codes_of(lines: Sequence[Line]) -> list[TurnCode]:
    return [
        TurnCode(number, code, 0.9, flags=flags)
        for number, (*_, code, flags) in enumerate(lines, 1)
    ]


def phases_of(labels: Sequence[Phase], samples: Sequence[Sequence[Phase]] = ()) -> Segmentation:
    spans = tuple(PhaseSpan(label, n, n) for n, label in enumerate(labels, 1))
    return Segmentation(spans, (), (), "by hand", samples=tuple(map(tuple, samples)))


def talk_of(lines: Sequence[Line], step: float | None = None) -> Talk:
    labels = [phase for _, _, phase, _, _ in lines]
    return talk(turns_of(lines, step), codes_of(lines), phases_of(labels), PHONICS, LISTS)
