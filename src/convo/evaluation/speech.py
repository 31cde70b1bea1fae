"""Words and speakers against a reference: WER, cpWER, word share, DER.

Rules:

* Errors of several recordings are added, never averaged; share errors are averaged over recordings.
* WER joins all words of either side; cpWER joins the words of each speaker and takes the best
  mapping of speakers. Words without a speaker are a stream of their own there, so withholding a
  speaker is never cheaper than naming the wrong one.
* Shares count words by :func:`convo.transcript.count_words`, on both sides, under the speaker
  mapping of cpWER. In coaching talk only COACH and COACHEE count.
* A recording whose recognition fails stays in the table, with the reason, and its group has no
  figures.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from convo.evaluation.cases import Cases, SpeechCase
from convo.evaluation.comparison import (
    UNATTRIBUTED,
    ErrorRate,
    diarization_errors,
    role_share_error,
    share_error,
    speaker_errors,
    texts_by_speaker,
    without_fillers,
    word_errors,
)
from convo.transcript import Diarization, Share, Word, count_words

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SpeechResult:
    """What the pipeline makes of one recording: attributed words and who speaks when.

    ``shares`` are those of coach and coachee, if roles were assigned.
    """

    words: tuple[Word, ...]
    diarization: Diarization
    shares: tuple[Share, ...] = ()


Recognise = Callable[[Path], SpeechResult]
OnCase = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class SpeechRow:
    """The scores of one recording; ``failure`` says why there are none.

    ``share_error_points`` is that under the best speaker mapping, ``share_error_no_fillers`` the
    same with "um" and the like left out on both sides; ``role_share_error_points`` is that of the
    share the pipeline gives to the coachee, by role. ``der`` needs exact speaker times.
    """

    case_id: str
    kind: str = ""
    wer: ErrorRate | None = None
    cpwer: ErrorRate | None = None
    share_error_points: float | None = None
    role_share_error_points: float | None = None
    der: ErrorRate | None = None
    unattributed: int = 0
    failure: str | None = None
    share_error_no_fillers: float | None = None


@dataclass(frozen=True, slots=True)
class SpeechFigures:
    """Figures over recordings. All are None as soon as one of the recordings failed."""

    cases: int
    failed: int
    wer: float | None = None
    cpwer: float | None = None
    share_error_points: float | None = None
    share_error_worst: float | None = None
    role_share_error_points: float | None = None
    role_share_error_worst: float | None = None
    der: float | None = None
    share_error_no_fillers: float | None = None


@dataclass(frozen=True, slots=True)
class SpeechScore:
    """One row a speech case, and one a talk case that has a recording (``recorded``)."""

    rows: tuple[SpeechRow, ...] = ()
    recorded: tuple[SpeechRow, ...] = ()

    @property
    def failed(self) -> int:
        """Recordings that could not be recognised."""
        return sum(row.failure is not None for row in (*self.rows, *self.recorded))

    def kinds(self) -> Mapping[str, SpeechFigures]:
        """The pooled figures of each kind of speech case."""
        ordered = sorted(self.rows, key=attrgetter("kind"))
        return {kind: pooled(tuple(rows)) for kind, rows in groupby(ordered, attrgetter("kind"))}


def score_speech(cases: Cases, recognise: Recognise, on_case: OnCase | None = None) -> SpeechScore:
    """Run ``recognise`` on every recording and score what comes back.

    ``on_case`` hears the name of each case before it starts.
    """

    def rows(group: Iterable[SpeechCase]) -> tuple[SpeechRow, ...]:
        return tuple(_score(case, recognise, on_case) for case in group)

    return SpeechScore(rows(cases.speech), rows(cases.recorded_talk))


def _score(case: SpeechCase, recognise: Recognise, on_case: OnCase | None) -> SpeechRow:
    """The row of one case; whatever breaks becomes a failed row, so that the others go on."""
    if on_case is not None:
        on_case(case.case_id)
    try:
        return score_recording(case, recognise(case.recording))
    except Exception as error:
        _log.debug("case %s failed", case.case_id, exc_info=True)
        reason = f"{type(error).__name__}: {error}"
        return SpeechRow(case.case_id, case.kind, failure=reason)


def score_recording(case: SpeechCase, result: SpeechResult) -> SpeechRow:
    """Compare one recognised recording with its reference."""
    exact, heard = case.segments, result.diarization.segments
    reference = texts_by_speaker((turn.speaker, turn.text) for turn in case.turns)
    hypothesis = texts_by_speaker((word.speaker, word.text) for word in result.words)
    cpwer, mapping = speaker_errors(reference, hypothesis)
    return SpeechRow(
        case.case_id,
        case.kind,
        wer=word_errors(
            " ".join(turn.text for turn in case.turns),
            " ".join(word.text for word in result.words),
        ),
        cpwer=cpwer,
        share_error_points=share_error(reference, hypothesis, mapping),
        share_error_no_fillers=share_error(
            without_fillers(reference), without_fillers(hypothesis), mapping
        ),
        role_share_error_points=role_share_error(case.turns, result.shares),
        der=None if exact is None else diarization_errors(exact, heard),
        unattributed=count_words(hypothesis.get(UNATTRIBUTED, "")),
    )


def pooled(rows: Sequence[SpeechRow]) -> SpeechFigures:
    """The figures over ``rows``: errors added, share errors averaged and the worst of them."""
    failed = sum(row.failure is not None for row in rows)
    if failed or not rows:
        return SpeechFigures(len(rows), failed)
    spoken = [row for row in rows if row.wer and row.wer.length]
    shares = _all_or_none(spoken, "share_error_points")
    roles = _all_or_none(rows, "role_share_error_points")
    return SpeechFigures(
        len(rows),
        failed,
        wer=_sum(row.wer for row in rows),
        cpwer=_sum(row.cpwer for row in rows),
        share_error_points=_mean(shares),
        share_error_worst=max(shares, default=None),
        share_error_no_fillers=_mean(_all_or_none(spoken, "share_error_no_fillers")),
        role_share_error_points=_mean(roles),
        role_share_error_worst=max(roles, default=None),
        der=_sum(row.der for row in rows),
    )


def _all_or_none(rows: Sequence[SpeechRow], figure: str) -> list[float]:
    """The figure of every row, or nothing if one row lacks it: a gap must not flatter the mean."""
    values = [getattr(row, figure) for row in rows]
    return [] if None in values else values


def _sum(rates: Iterable[ErrorRate | None]) -> float | None:
    return sum((rate for rate in rates if rate is not None), ErrorRate()).rate


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
