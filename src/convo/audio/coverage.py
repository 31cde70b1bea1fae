"""Speech that the diariser heard and that got no words is found, decoded again, and reported.

Whatever the engine: a decoder that skips one turn moves the share of words by points, silently.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from convo.audio.engines import SAMPLE_RATE, DecodeSettings, Engine, Samples, load_engines
from convo.audio.hearing import listen
from convo.audio.models import check_whisper
from convo.audio.parallel import share_out
from convo.audio.words import Decoded, Progress, WordsOptions, decode_stretch, make_room
from convo.transcript import Coverage, Diarization, RemovedText, Transcription, Word

Span = tuple[float, float]

# Word times are off by a few tenths of a second, and people breathe between words.
_REACH_S = 0.3
# What is heard around a hole lets the decoder start and end in whole words. It may skip a turn
# again, and it is sensitive to where it starts: what is still a hole is tried with other margins.
_MARGINS_S = (0.4, 0.1, 1.0)
# A word of the second decoding this close to the same word of the first is that word.
_SAME_WORD_S = 0.8
_BEAM_SIZE = 5


def cover(
    samples: Samples,
    transcription: Transcription,
    diarization: Diarization,
    options: WordsOptions,
    progress: Progress | None = None,
) -> tuple[Transcription, Coverage]:
    """Decode again what was said without getting words, and say what is still without.

    Holes are stretches of diarised speech of at least ``options.hole_s`` without a word. Each is
    decoded alone, with nothing before it, up to three times; new words are inserted in order, a
    word that both decodings found is kept once. A session whose ``wordless_share`` is above
    ``options.max_wordless_share`` must not count as done.

    ``progress`` is called with the seconds of the recording that are checked, of all attempts.

    Raises:
        ModelError: the weights are missing, altered or unreadable.
    """
    speech = merged((s.start, s.end) for s in diarization.segments)
    speech_s = _total(speech)
    report = progress or (lambda _seconds: None)
    found = holes(speech, transcription.words, options.hole_s)
    if found:
        transcription = _refilled(samples, transcription, speech, options, report)
    report(len(samples) / SAMPLE_RATE)
    wordless = holes(speech, transcription.words, options.hole_s)
    return transcription, Coverage(
        speech_seconds=round(float(speech_s), 3),
        wordless_seconds=round(_total(wordless), 3),
        redecoded_seconds=round(_total(found), 3),
        wordless=tuple(wordless),
    )


def merged(spans: Iterable[Span]) -> list[Span]:
    """The union of ``spans``, in order, without overlaps.

    >>> merged([(3, 4), (0, 1), (0.5, 2)])
    [(0, 2), (3, 4)]
    """
    union: list[Span] = []
    for start, end in sorted(spans):
        if union and start <= union[-1][1]:
            union[-1] = (union[-1][0], max(end, union[-1][1]))
        elif end > start:
            union.append((start, end))
    return union


def holes(speech: Sequence[Span], words: Sequence[Word], shortest_s: float) -> list[Span]:
    """Stretches of ``speech`` (ordered, disjoint) without a word, at least ``shortest_s`` long.

    >>> holes([(0.0, 10.0)], [Word("so", 1.0, 1.5)], 2.0)
    [(1.8, 10.0)]
    """
    covered = merged((word.start - _REACH_S, word.end + _REACH_S) for word in words)
    edges = [float("-inf"), *(edge for span in covered for edge in span), float("inf")]
    gaps = list(pairwise(edges))[::2]
    found: list[Span] = []
    first = 0
    for start, end in speech:
        while first < len(gaps) - 1 and gaps[first][1] <= start:
            first += 1
        for gap in gaps[first:]:
            if gap[0] >= end:
                break
            hole = round(float(max(start, gap[0])), 3), round(float(min(end, gap[1])), 3)
            if hole[1] - hole[0] >= shortest_s:
                found.append(hole)
    return found


def _total(spans: Iterable[Span]) -> float:
    return sum(end - start for start, end in spans)


def _refilled(
    samples: Samples,
    transcription: Transcription,
    speech: Sequence[Span],
    options: WordsOptions,
    progress: Progress,
) -> Transcription:
    weights = check_whisper(options.model, options.engine)
    engines = load_engines(weights, options.cpu_threads, options.cpu_precision)
    settings = DecodeSettings(
        transcription.language,
        max(options.beam_size, _BEAM_SIZE),
        condition_on_previous_text=False,
        prompt=None,
    )
    hearing = listen(samples)
    duration = len(samples) / SAMPLE_RATE
    words, removed = list(transcription.words), list(transcription.removed)
    for attempt, margin in enumerate(_MARGINS_S):
        found = holes(speech, words, options.hole_s)

        def decode(engine: Engine, hole: Span, margin: float = margin) -> Decoded:
            stretch = max(hole[0] - margin, 0.0), min(hole[1] + margin, duration)
            return decode_stretch(engine, samples, stretch, hearing, settings, _unheeded)

        for hole, (new, lost) in zip(found, share_out(decode, found, engines), strict=True):
            words = inserted(words, new, hole)
            removed += (text for text in lost if not _known(text, removed))
        progress(duration * (attempt + 1) / len(_MARGINS_S))
    removed.sort(key=lambda text: text.start)
    make_room(duration)
    return replace(transcription, words=tuple(words), removed=tuple(removed))


def _unheeded(_seconds: float) -> None:
    """Progress within a hole is not worth a word."""


def _known(text: RemovedText, removed: Sequence[RemovedText]) -> bool:
    """Whether an earlier attempt invented the same at about the same place."""
    return any(old.text == text.text and abs(old.start - text.start) < 1 for old in removed)


def _lies_in(word: Word, hole: Span) -> bool:
    return hole[0] - _REACH_S <= (word.start + word.end) / 2 <= hole[1] + _REACH_S


def inserted(words: Sequence[Word], new: Sequence[Word], hole: Span) -> list[Word]:
    """``words`` with those of ``new`` that lie in the hole: in order, none twice, none crossing."""
    before = [word for word in words if (word.start + word.end) / 2 < sum(hole) / 2]
    after = list(words[len(before) :])
    fresh = [word for word in new if _lies_in(word, hole)]
    while fresh and before and _same(before[-1], fresh[0]):
        fresh = fresh[1:]
    while fresh and after and _same(fresh[-1], after[0]):
        fresh = fresh[:-1]
    floor = before[-1].end if before else 0.0
    ceiling = after[0].start if after else float("inf")
    fitting = [
        replace(word, start=max(word.start, floor), end=min(word.end, ceiling))
        for word in fresh
        if word.end > floor and word.start < ceiling
    ]
    return [*before, *fitting, *after]


def _same(one: Word, other: Word) -> bool:
    """Whether two decodings heard the same word at the same place."""
    near = max(one.start, other.start) - min(one.end, other.end) <= _SAME_WORD_S
    return near and _bare(one.text) == _bare(other.text)


def _bare(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.lower())
