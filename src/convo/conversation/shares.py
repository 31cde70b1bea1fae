"""How much each role contributes: words and speaking seconds, per session and phase.

Counts are exact given the transcript; percentages carry the uncertainty of what was counted: which
turns happened to be said, and where the phases lie.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import median

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from convo.conversation.cues import is_backchannel
from convo.errors import TranscriptError
from convo.options import Options
from convo.transcript import Phase, Role, Segmentation, Share, SpeakerSegment, Turn

_PAIR = (Role.COACH, Role.COACHEE)


class SharesOptions(Options):
    """When a share is shown, with a caution, or not at all.

    ``resamples`` bootstrap samples of turns, drawn with ``seed``, give an interval that holds
    ``interval`` of them. Above ``caution_unattributed`` of the words belonging to nobody a share
    carries a caution, above ``withhold_unattributed`` it is withheld. A phase share is also
    withheld when the uncertain boundaries alone move it by more than ``widest_interval`` or it
    rests on fewer than ``fewest_words`` words: it would say more about them than about the talk.
    """

    resamples: int = Field(default=400, ge=20)
    seed: int = 20
    interval: float = Field(default=0.9, gt=0, lt=1)
    caution_unattributed: float = Field(default=0.05, ge=0, le=1)
    withhold_unattributed: float = Field(default=0.15, ge=0, le=1)
    widest_interval: float = Field(default=0.20, gt=0, le=1)
    fewest_words: int = Field(default=150, ge=0)


def largest_remainder(counts: Sequence[int]) -> tuple[int, ...]:
    """Whole percentages that sum to 100, nearest to the exact ones; zeros when nothing is counted.

    Of equal remainders the first gets the point.

    >>> largest_remainder([370, 630]), largest_remainder([1, 1, 1]), largest_remainder([0, 0])
    ((37, 63), (34, 33, 33), (0, 0))
    """
    if any(count < 0 for count in counts):
        raise TranscriptError(f"counts {list(counts)} must not be negative: count words again")
    total = sum(counts)
    if total == 0:
        return tuple(0 for _ in counts)
    whole = [100 * count // total for count in counts]
    order = sorted(range(len(counts)), key=lambda place: -(100 * counts[place] % total))
    for place in order[: 100 - sum(whole)]:
        whole[place] += 1
    return tuple(whole)


def shares(
    turns: Sequence[Turn],
    segmentation: Segmentation,
    segments: Sequence[SpeakerSegment] = (),
    roles: Mapping[str, Role] | None = None,
    options: SharesOptions | None = None,
) -> tuple[Share, ...]:
    """One share per role for the session (``phase=None``) and for every phase that occurs.

    Words are counted by :func:`~convo.transcript.count_words` in the turns whose role is coach or
    coachee. Seconds are the speakers' ``segments``, given their ``roles``, within the clock time of
    the phase; overlap counts for both. They are None without segments or, for a phase, without
    turn times.

    Raises:
        TranscriptError: the segmentation belongs to other turns.
    """
    options = options or SharesOptions()
    labels = segmentation.labels()
    if len(labels) != len(turns):
        raise TranscriptError(
            f"the phases cover {len(labels)} turns, the transcript has {len(turns)}: "
            "segment these turns again"
        )
    counted = _Counted(turns, labels, segmentation.samples, options)
    heard = _Heard(turns, segments, roles or {})
    rows: list[Share] = []
    for phase in (None, *(phase for phase in Phase if phase in labels)):
        interval = counted.interval(phase, resample=True)
        placing = counted.interval(phase, resample=False)
        rows += [_share(counted, heard, phase, role, interval, placing) for role in _PAIR]
    return tuple(rows)


class _Counted:
    """The words of every turn, once for all rows."""

    def __init__(
        self,
        turns: Sequence[Turn],
        labels: Sequence[Phase],
        samples: Sequence[Sequence[Phase]],
        options: SharesOptions,
    ) -> None:
        self.turns = turns
        self.options = options
        self.phases: NDArray[np.str_] = np.array([label.value for label in labels], dtype=np.str_)
        self.samples = [np.array([p.value for p in row], dtype=np.str_) for row in samples]
        self.words = np.array([turn.word_count for turn in turns], dtype=np.int64)
        self.of = {
            role: np.array([turn.role == role for turn in turns], dtype=np.bool_) for role in _PAIR
        }
        previous = (None, *turns[:-1])
        listening = [is_backchannel(*both) for both in zip(turns, previous, strict=False)]
        self.lively = ~np.array(listening, dtype=np.bool_)
        self.nobody = np.array([turn.speaker is None for turn in turns], dtype=np.bool_)

    def inside(self, phase: Phase | None) -> NDArray[np.bool_]:
        """Which turns belong to ``phase``."""
        if phase is None:
            return np.ones(len(self.turns), dtype=np.bool_)
        return np.asarray(self.phases == phase.value)

    def interval(self, phase: Phase | None, resample: bool) -> tuple[float, float] | None:
        """The interval of the coach's share over phase samples and, if asked, resampled turns.

        Turns are resampled role by role: turns alternate, so how many each takes is no chance.
        """
        dice = np.random.default_rng(self.options.seed)
        drawn = []
        for number in range(self.options.resamples):
            inside = self._sampled(phase, number)
            said = [self.words[inside & self.of[role]] for role in _PAIR]
            if resample:
                said = [
                    dice.choice(words, size=words.size) if words.size else words for words in said
                ]
            coach, coachee = (int(words.sum()) for words in said)
            if coach + coachee:
                drawn.append(coach / (coach + coachee))
        if not drawn:
            return None
        tail = (1 - self.options.interval) / 2
        low, high = np.quantile(drawn, [tail, 1 - tail])
        point = self._point(phase)
        return min(float(low), point), max(float(high), point)

    def _sampled(self, phase: Phase | None, number: int) -> NDArray[np.bool_]:
        """The turns of the phase in the phase samples, taken in rotation."""
        if phase is None or not self.samples:
            return self.inside(phase)
        return np.asarray(self.samples[number % len(self.samples)] == phase.value)

    def _point(self, phase: Phase | None) -> float:
        coach, coachee = (
            int(self.words[self.inside(phase) & self.of[role]].sum()) for role in _PAIR
        )
        return coach / max(coach + coachee, 1)


class _Heard:
    """Speaking seconds by role, clipped to the clock time of phases."""

    def __init__(
        self, turns: Sequence[Turn], segments: Sequence[SpeakerSegment], roles: Mapping[str, Role]
    ) -> None:
        self.turns = turns
        self.by_role = {
            role: _merged((s.start, s.end) for s in segments if roles.get(s.speaker) == role)
            for role in _PAIR
        }
        self.any = any(roles.get(segment.speaker) in _PAIR for segment in segments)

    def seconds(self, phase: NDArray[np.bool_] | None, role: Role) -> float | None:
        """Seconds ``role`` speaks, in the whole session or in the turns marked by ``phase``."""
        if not self.any:
            return None
        spoken = self.by_role[role]
        if phase is None:
            return round(sum(end - start for start, end in spoken), 3)
        clock = self._clock(phase)
        if clock is None:
            return None
        overlaps = (min(e, b) - max(s, a) for s, e in spoken for a, b in clock)
        return round(sum(max(0.0, overlap) for overlap in overlaps), 3)

    def _clock(self, phase: NDArray[np.bool_]) -> list[tuple[float, float]] | None:
        """The stretches of clock time of the phase: each lasts until the next turn begins."""
        starts = [turn.start for turn in self.turns]
        stretches: list[tuple[float, float]] = []
        for place in np.flatnonzero(phase):
            start = starts[place]
            follower = starts[place + 1] if place + 1 < len(starts) else float("inf")
            if start is None or follower is None:
                return None
            stretches.append((start if place else 0.0, follower))
        return _merged(stretches)


def _merged(stretches: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """The same time without overlaps: one voice cannot speak twice at once."""
    merged: list[tuple[float, float]] = []
    for start, end in sorted(stretches):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _share(
    counted: _Counted,
    heard: _Heard,
    phase: Phase | None,
    role: Role,
    interval: tuple[float, float] | None,
    placing: tuple[float, float] | None,
) -> Share:
    """The row of one role; ``interval`` is that of the coach's share."""
    inside = counted.inside(phase)
    mine = inside & counted.of[role]
    words = {one: int(counted.words[inside & counted.of[one]].sum()) for one in _PAIR}
    lively = inside & counted.lively
    content = {one: int(counted.words[lively & counted.of[one]].sum()) for one in _PAIR}
    percents = dict(zip(_PAIR, largest_remainder([words[one] for one in _PAIR]), strict=True))
    total = sum(words.values())
    nobody = int(counted.words[inside & counted.nobody].sum())
    withheld, caution = _judged(phase, total, nobody, placing, counted.options)
    if interval and role is Role.COACHEE:
        interval = (1 - interval[1], 1 - interval[0])
    lengths = [int(count) for count in counted.words[mine]]
    seconds = {one: heard.seconds(None if phase is None else inside, one) for one in _PAIR}
    heard_all = [value for value in seconds.values() if value is not None]
    shown = interval if interval and not withheld else (None, None)
    return Share(
        phase=phase,
        role=role,
        words=words[role],
        total=total,
        percent=None if withheld else percents[role],
        low=shown[0],
        high=shown[1],
        seconds=seconds[role],
        total_seconds=round(sum(heard_all), 3) if len(heard_all) == len(_PAIR) else None,
        turns=len(lengths),
        median_turn_words=float(median(lengths)) if lengths else None,
        longest_turn_words=max(lengths, default=None),
        words_without_backchannels=content[role],
        total_without_backchannels=sum(content.values()),
        unattributed=nobody,
        withheld=withheld,
        caution=caution,
    )


def _judged(
    phase: Phase | None,
    total: int,
    nobody: int,
    placing: tuple[float, float] | None,
    options: SharesOptions,
) -> tuple[bool, str | None]:
    """Whether the share is withheld, and what a reader must know.

    ``placing`` is the interval that comes from the uncertain boundaries alone.
    """
    if total == 0:
        return True, "neither coach nor coachee has words here"
    lost = nobody / (total + nobody)
    if lost > options.withhold_unattributed:
        return True, f"{lost:.0%} of the words belong to no speaker"
    if phase is not None and total < options.fewest_words:
        return True, f"only {total} words, fewer than {options.fewest_words}"
    if phase is not None and placing and placing[1] - placing[0] > options.widest_interval:
        points = round(100 * (placing[1] - placing[0]))
        return True, f"the uncertain boundaries alone move it by {points} points"
    if lost > options.caution_unattributed:
        return False, f"{lost:.0%} of the words belong to no speaker"
    return False, None
