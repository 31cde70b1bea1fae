"""One recording against its reference: words, speakers, shares, speaking times."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from convo.evaluation.cases import ROLES
from convo.evaluation.normalizer import normalise
from convo.transcript import Role, Share, SpeakerSegment, Turn, count_words

UNATTRIBUTED = "(unattributed)"
_FILLER = re.compile(r"\b(?:u+h*m+|u+h+|e+r+m*|h+m+|m+h*m+|a+h+)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ErrorRate:
    """``errors`` in ``length`` (words, or seconds). Counts add; rates are never averaged.

    >>> (ErrorRate(1, 2) + ErrorRate(0, 8)).rate
    0.1
    >>> ErrorRate(3, 0).rate is None
    True
    """

    errors: float = 0
    length: float = 0

    @property
    def rate(self) -> float | None:
        """At least 0, may exceed 1; None for an empty reference."""
        return self.errors / self.length if self.length else None

    def __add__(self, other: ErrorRate) -> ErrorRate:
        return ErrorRate(self.errors + other.errors, self.length + other.length)


def texts_by_speaker(said: Iterable[tuple[str | None, str]]) -> dict[str, str]:
    """All text of each speaker."""
    texts: dict[str, list[str]] = {}
    for speaker, text in said:
        texts.setdefault(UNATTRIBUTED if speaker is None else speaker, []).append(text)
    return {speaker: " ".join(parts) for speaker, parts in texts.items()}


def word_errors(reference: str, hypothesis: str) -> ErrorRate:
    """Word errors after normalising both sides.

    An empty reference has no rate, but every word of the hypothesis is an error that pooling keeps.

    >>> word_errors("It's twenty-two!", "it is 23")
    ErrorRate(errors=1, length=3)
    >>> word_errors("[noise]", "Thank you.")
    ErrorRate(errors=2, length=0)
    """
    from meeteval.wer.wer.siso import siso_word_error_rate

    counted = siso_word_error_rate(normalise(reference), normalise(hypothesis))
    return ErrorRate(counted.errors, counted.length)


def speaker_errors(
    reference: Mapping[str, str], hypothesis: Mapping[str, str]
) -> tuple[ErrorRate, dict[str, str]]:
    """cpWER, and the speaker mapping (reference to hypothesis) with the fewest errors.

    >>> speaker_errors({"D": "Any pain?", "P": "no none"}, {"x": "No, none.", "y": "any rain"})
    (ErrorRate(errors=1, length=4), {'D': 'y', 'P': 'x'})
    """
    from meeteval.wer.wer.cp import cp_word_error_rate

    sides = [{s: normalise(text) for s, text in side.items()} for side in (reference, hypothesis)]
    said, heard = ({s: text for s, text in side.items() if text} for side in sides)
    if not said or not heard:
        words = [sum(len(text.split()) for text in side.values()) for side in (said, heard)]
        return ErrorRate(sum(words), words[0]), {}
    counted = cp_word_error_rate(said, heard, reference_sort=False, hypothesis_sort=False)
    mapping = {a: b for a, b in counted.assignment if a is not None and b is not None}
    return ErrorRate(counted.errors, counted.length), mapping


def share_error(
    reference: Mapping[str, str], hypothesis: Mapping[str, str], mapping: Mapping[str, str]
) -> float | None:
    """Error of a speaker's share of the words, in points, under ``mapping``.

    With two speakers both have the same error; with more, that of the speaker who is furthest off.
    None when either side has no attributed words.

    >>> share_error({"D": "one two", "P": "three four"}, {"x": "one", "y": "a b c"},
    ...             {"D": "x", "P": "y"})
    25.0
    """
    counted = _counted(reference)
    aside = {mapping.get(speaker) for speaker in reference if speaker not in counted}
    said = {speaker: count_words(reference[speaker]) for speaker in counted}
    heard = {
        speaker: count_words(text)
        for speaker, text in hypothesis.items()
        if speaker != UNATTRIBUTED and speaker not in aside
    }
    all_said, all_heard = sum(said.values()), sum(heard.values())
    if not all_said or not all_heard:
        return None
    found = {speaker: heard.get(mapping.get(speaker, UNATTRIBUTED), 0) for speaker in said}
    return max(100 * abs(said[s] / all_said - found[s] / all_heard) for s in said)


def without_fillers(texts: Mapping[str, str]) -> dict[str, str]:
    """The texts without hesitations, which many references write down for one speaker only.

    >>> without_fillers({"D": "Um, so, uh any pain?"})
    {'D': ', so,  any pain?'}
    """
    return {speaker: _FILLER.sub("", text) for speaker, text in texts.items()}


def _counted(speakers: Iterable[str]) -> tuple[str, ...]:
    """Coach and coachee where the speakers are named by role, otherwise everybody."""
    names = tuple(speakers)
    pair = tuple(s for s in names if ROLES.get(s) in (Role.COACH, Role.COACHEE))
    return pair or names


def role_share_error(turns: Sequence[Turn], shares: Sequence[Share]) -> float | None:
    """Error, in points, of the share that the pipeline gives to the coachee in the whole session.

    None when the reference has no roles or the pipeline gave no share.
    """
    texts = texts_by_speaker((turn.speaker, turn.text) for turn in turns)
    said = {role: count_words(texts.get(role.upper(), "")) for role in (Role.COACH, Role.COACHEE)}
    given = [s for s in shares if s.phase is None and s.role is Role.COACHEE and s.total]
    if not given or not sum(said.values()):
        return None
    return 100 * abs(given[0].words / given[0].total - said[Role.COACHEE] / sum(said.values()))


def diarization_errors(
    reference: Sequence[SpeakerSegment], hypothesis: Sequence[SpeakerSegment]
) -> ErrorRate:
    """Seconds missed, falsely heard, or given to the wrong speaker: no collar, overlap scored."""
    from pyannote.core import Annotation, Segment, Timeline
    from pyannote.metrics.diarization import DiarizationErrorRate

    def annotation(segments: Sequence[SpeakerSegment]) -> Annotation:
        marked = Annotation()
        for track, segment in enumerate(segments):
            if segment.duration > 0:
                marked[Segment(segment.start, segment.end), track] = segment.speaker
        return marked

    everything = Timeline([Segment(0, max(s.end for s in (*reference, *hypothesis)))])
    metric = DiarizationErrorRate(collar=0.0, skip_overlap=False)
    parts = metric(annotation(reference), annotation(hypothesis), uem=everything, detailed=True)
    wrong = parts["missed detection"] + parts["false alarm"] + parts["confusion"]
    return ErrorRate(float(wrong), float(parts["total"]))
