"""What Whisper is known to invent: text where nobody speaks, and phrases that repeat for ever.

Judged by what is heard, not by a list of suspicious words: "Thank you." is said in many sessions.
What is taken out is returned with the reason, never lost silently.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from convo.audio.engines import DecodedSegment
from convo.audio.hearing import FAINT, Hearing
from convo.audio.tidy import plausible_seconds
from convo.transcript import RemovedText, Word

# Seconds in which speech is heard, as a part of the seconds that the text takes to say. Measured on
# 700 segments of real talk: faint speech at least 0.58, clear speech at least 0.19 (a "Mm-hmm."
# of which the decoder was sure); the decoder's inventions lie under sounds that have hardly any.
_LEAST_FAINT_PART = 0.2
_LEAST_CLEAR_PART = 0.3
_CLEAR = 0.35
# Word times of Whisper are off by a few tenths of a second.
_REACH_S = 0.3
_DOUBTFUL_LOG_PROBABILITY = -0.8
_DOUBTFUL_NO_SPEECH = 0.6
# How often a phrase of so many words may be said in a row; people do say "no, no, no, no".
_MOST_REPEATS = {1: 7, 2: 5, 3: 4}
_MOST_REPEATS_OF_LONGER = 3
_LONGEST_LOOP_WORDS = 30


def unheard(
    segments: Iterable[DecodedSegment], hearing: Hearing
) -> tuple[list[DecodedSegment], list[RemovedText]]:
    """Split off the segments under which no speech is heard.

    A segment goes when its text takes far longer to say than anything like speech is heard, or when
    little clear speech is heard and the decoder itself doubts (low probability of the text, or
    high probability of no speech).
    """
    kept: list[DecodedSegment] = []
    removed: list[RemovedText] = []
    for segment in segments:
        reason = _doubt(segment, hearing)
        if reason is None:
            kept.append(segment)
        else:
            removed.append(
                RemovedText(segment.text, round(segment.start, 3), round(segment.end, 3), reason)
            )
    return kept, removed


def _doubt(segment: DecodedSegment, hearing: Hearing) -> str | None:
    start, end = segment.start - _REACH_S, segment.end + _REACH_S
    needed = sum(plausible_seconds(word.text) for word in segment.words)
    if hearing.seconds_above(FAINT, start, end) < _LEAST_FAINT_PART * needed:
        return "no speech is heard there"
    doubtful = (
        segment.average_log_probability < _DOUBTFUL_LOG_PROBABILITY
        or segment.no_speech_probability > _DOUBTFUL_NO_SPEECH
    )
    if doubtful and hearing.seconds_above(_CLEAR, start, end) < _LEAST_CLEAR_PART * needed:
        return "hardly any speech is heard there and the decoder is unsure"
    return None


def unlooped(words: Sequence[Word]) -> tuple[list[Word], list[RemovedText]]:
    """Keep the first of a phrase that repeats without end, within a segment or across segments.

    >>> said = [Word(text, i / 2, i / 2 + 0.4) for i, text in enumerate("no no no yes".split())]
    >>> unlooped(said) == (said, [])
    True
    """
    spoken = [_bare(word.text) for word in words]
    kept: list[Word] = []
    removed: list[RemovedText] = []
    place = 0
    while place < len(words):
        length, repeats = _loop_at(spoken, place)
        kept.extend(words[place : place + length])
        if repeats > 1:
            removed.append(_removed(words[place + length : place + length * repeats]))
        place += length * repeats
    return kept, removed


def _loop_at(spoken: Sequence[str], place: int) -> tuple[int, int]:
    """(words of the phrase, times it is said) if a loop starts here, else (1, 1)."""
    for length in range(1, _LONGEST_LOOP_WORDS + 1):
        phrase = spoken[place : place + length]
        repeats = 1
        while spoken[place + repeats * length : place + (repeats + 1) * length] == phrase:
            repeats += 1
            if len(phrase) < length:
                break
        if repeats > _MOST_REPEATS.get(length, _MOST_REPEATS_OF_LONGER):
            return length, repeats
    return 1, 1


def _removed(words: Sequence[Word]) -> RemovedText:
    text = " ".join(word.text for word in words)
    return RemovedText(text, words[0].start, words[-1].end, "the same words over and over")


def _bare(text: str) -> str:
    return "".join(filter(str.isalnum, text.lower()))
