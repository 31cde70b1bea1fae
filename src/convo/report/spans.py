"""Phases on the clock: where each begins, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass

from convo.report.timeline import Stretch
from convo.report.wording import clock, phase_names
from convo.transcript import Boundary, Conversation, Phase, PhaseSpan, Turn


@dataclass(frozen=True, slots=True)
class Axis:
    """Where each turn lies: in seconds when every turn has times, else in words so far."""

    timed: bool
    start: dict[int, float]
    end: dict[int, float]
    length: float

    def at(self, number: int) -> float:
        """Where turn ``number`` starts, or the nearest turn there is."""
        return self.start[min(max(number, min(self.start)), max(self.start))]

    def place(self, number: int) -> str:
        """Turn ``number`` as a reader finds it."""
        return clock(self.at(number)) if self.timed else f"turn {number}"

    def between(self, first: int, last: int) -> tuple[float, float]:
        """Where turn ``first`` starts and where turn ``last`` ends."""
        return self.start[first], max(self.end[last], self.start[first])


def axis_of(conversation: Conversation) -> Axis:
    """The axis of a conversation; one turn without times makes it count words."""
    turns = conversation.turns
    times = {t.number: (t.start, t.end) for t in turns if t.start is not None and t.end is not None}
    if turns and len(times) == len(turns):
        ends = {number: end for number, (_, end) in times.items()}
        length = max(conversation.recording.duration, *ends.values())
        return Axis(True, {n: start for n, (start, _) in times.items()}, ends, length)
    return _word_axis(turns)


def _word_axis(turns: tuple[Turn, ...]) -> Axis:
    start: dict[int, float] = {}
    end: dict[int, float] = {}
    words = 0
    for turn in turns:
        start[turn.number] = words
        words += turn.word_count
        end[turn.number] = words
    return Axis(False, start, end, words)


def phase_of_turns(conversation: Conversation) -> dict[int, Phase]:
    """The phase of each turn by number; turns outside every span have none."""
    return {
        number: span.phase
        for span in conversation.segmentation.spans
        for number in range(span.start_turn, span.end_turn + 1)
    }


def certainty_of_turns(conversation: Conversation) -> dict[int, float]:
    """P(the phase shown) of each turn, where the method gave one."""
    rows = conversation.segmentation.probabilities
    if len(rows) != len(conversation.turns):
        return {}
    phases = phase_of_turns(conversation)
    return {
        turn.number: row.get(phases[turn.number], 0.0)
        for turn, row in zip(conversation.turns, rows, strict=True)
        if turn.number in phases
    }


@dataclass(frozen=True, slots=True)
class SpanView:
    """One stretch of a phase as headings and tables show it."""

    key: str
    name: str
    first: int
    last: int
    begins: str
    cycle: int
    change: str
    evidence: tuple[int, ...]


def span_views(conversation: Conversation, axis: Axis) -> tuple[SpanView, ...]:
    """Every span in order, with the window of the change that opens it."""
    changes = {boundary.turn: boundary for boundary in conversation.segmentation.boundaries}
    names = phase_names(conversation)
    return tuple(
        _span_view(span, names[span.phase], changes.get(span.start_turn), axis)
        for span in conversation.segmentation.spans
    )


def _span_view(span: PhaseSpan, name: str, boundary: Boundary | None, axis: Axis) -> SpanView:
    return SpanView(
        key=span.phase.value,
        name=name,
        first=span.start_turn,
        last=span.end_turn,
        begins=axis.place(span.start_turn),
        cycle=span.cycle,
        change=change_words(boundary, axis) if boundary else "",
        evidence=boundary.evidence if boundary else (),
    )


def change_words(boundary: Boundary, axis: Axis) -> str:
    """Where a change lies, as a window wherever there is one: "between 12:10 and 15:40"."""
    earliest, latest = axis.place(boundary.earliest), axis.place(boundary.latest)
    if earliest == latest:
        return f"at {earliest}"
    return f"between {earliest} and {latest}"


def bands(conversation: Conversation, axis: Axis) -> list[tuple[float, float]]:
    """The windows in which the changes lie, on the axis; none where a person placed them."""
    return [
        (axis.at(boundary.earliest), axis.at(boundary.latest))
        for boundary in conversation.segmentation.boundaries
        if boundary.probability is not None
    ]


def phase_stretches(conversation: Conversation, axis: Axis) -> list[Stretch]:
    """The ribbon of phases, without gaps: each span reaches to the next one's start."""
    spans = conversation.segmentation.spans
    if not spans:
        return []
    names = phase_names(conversation)
    starts = [axis.at(span.start_turn) for span in spans]
    ends = [*starts[1:], axis.end.get(spans[-1].end_turn, axis.length)]
    return [
        Stretch(start, max(end, start), span.phase, names[span.phase])
        for span, start, end in zip(spans, starts, ends, strict=True)
    ]
