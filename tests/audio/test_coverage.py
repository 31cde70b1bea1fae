"""No turn goes missing silently: holes are found, decoded again, or reported."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convo.audio.coverage import cover, holes, inserted, merged
from convo.audio.engines import SAMPLE_RATE
from convo.audio.recording import read_samples
from convo.audio.words import WordsOptions, transcribe
from convo.resources import resource
from convo.transcript import Diarization, SpeakerSegment, Transcription, Word

OPTIONS = WordsOptions(language="en", model="tiny.en")

tenths = st.integers(0, 300).map(lambda number: number / 10)
spans = st.lists(
    st.tuples(tenths, tenths).map(lambda pair: (min(pair), max(pair))), max_size=12
)  # fmt: skip


def heard(*segments: tuple[float, float]) -> Diarization:
    spoken = tuple(SpeakerSegment(start, end, "SPEAKER_00") for start, end in segments)
    return Diarization(spoken, spoken, {}, "bundled")


@settings(deadline=None)
@given(spans)
def test_merging_covers_the_same_tenths(given_spans: list[tuple[float, float]]) -> None:
    union = merged(given_spans)
    middles = np.arange(0.05, 30, 0.1)

    def covered(some: list[tuple[float, float]]) -> list[bool]:
        return [any(start < middle < end for start, end in some) for middle in middles]

    assert covered(union) == covered(given_spans)
    assert all(one[1] < other[0] for one, other in pairwise(union))


@settings(deadline=None)
@given(spans, spans)
def test_holes_are_what_a_clock_would_count(
    speech: list[tuple[float, float]], said: list[tuple[float, float]]
) -> None:
    """Against a brute-force clock of 50 ms ticks, with holes of every length."""
    words = [Word("so", start, end) for start, end in said]
    found = holes(merged(speech), words, 0.01)
    ticks = np.arange(0.025, 30, 0.05)
    for tick in ticks:
        spoken = any(start < tick < end for start, end in speech)
        near = any(start - 0.3 < tick < end + 0.3 for start, end in said)
        assert any(start < tick < end for start, end in found) is (spoken and not near)


word_lists = st.lists(st.tuples(st.sampled_from("abc"), tenths), max_size=15).map(
    lambda pairs: [
        Word(text, start, start + 0.1)
        for (text, start) in sorted(
            dict((s, (t, s)) for t, s in pairs).values(), key=lambda p: p[1]
        )
    ]
)


@settings(deadline=None)
@given(word_lists, word_lists, tenths)
def test_insertion_keeps_every_old_word_in_order(
    old: list[Word], new: list[Word], start: float
) -> None:
    hole = (start, start + 5)
    words = [w for w in old if w.end <= hole[0] or w.start >= hole[1]]
    both = inserted(words, new, hole)
    assert [word for word in both if word in words] == words
    assert all(one.start <= other.start for one, other in pairwise(both))
    assert all(one.end <= other.start + 1e-9 or one in new for one, other in pairwise(both))


def test_a_word_that_both_decodings_heard_is_kept_once() -> None:
    words = [Word("Yes,", 1.0, 1.3), Word("Fine.", 6.0, 6.4)]
    new = [
        Word("yes", 1.2, 1.5), Word("we", 2.0, 2.2), Word("did", 2.3, 2.6), Word("fine", 5.5, 5.9),
    ]  # fmt: skip
    texts = [word.text for word in inserted(words, new, (1.6, 5.7))]
    assert texts == ["Yes,", "we", "did", "Fine."]


def test_words_everywhere_need_no_model() -> None:
    words = tuple(Word("so", i / 2, i / 2 + 0.4) for i in range(20))
    before = Transcription(words, "en", None, "faster-whisper", "no-such-model")
    options = WordsOptions(model="no-such-model")  # would raise if it were looked for
    after, coverage = cover(np.zeros(160_000, np.float32), before, heard((0, 10)), options)
    assert after == before
    assert (coverage.speech_seconds, coverage.wordless_seconds, coverage.wordless) == (10, 0, ())
    assert coverage.wordless_share == 0


def test_no_speech_has_no_share() -> None:
    before = Transcription((), "en", None, "faster-whisper", "base")
    _, coverage = cover(np.zeros(16_000, np.float32), before, heard(), OPTIONS)
    assert coverage.wordless_share is None


def test_what_stays_without_words_is_reported() -> None:
    """A hum that a diariser took for speech: nothing is invented, the whole of it is reported."""
    time = np.arange(8 * SAMPLE_RATE) / SAMPLE_RATE
    hum = (0.1 * np.sin(2 * np.pi * 100 * time)).astype(np.float32)
    before = Transcription((), "en", None, "faster-whisper", "tiny.en")
    after, coverage = cover(hum, before, heard((1, 7)), OPTIONS)
    assert after.words == ()
    assert coverage.wordless == ((1.0, 7.0),)
    assert coverage.wordless_share == 1.0 > OPTIONS.max_wordless_share


@pytest.mark.slow
def test_a_turn_that_the_decoder_dropped_comes_back() -> None:
    samples = read_samples(resource("data/samples/demo-2/recording.m4a"))[: 50 * SAMPLE_RATE]
    options = WordsOptions(language="en")
    whole = transcribe(samples, options)
    speech = heard(*merged((w.start - 0.4, w.end + 0.4) for w in whole.words if w.start > 0.4))
    # Three whole turns, from pause to pause.
    kept = tuple(word for word in whole.words if not 14.6 < word.start < 26.4)
    dropped = [word.text.strip(".,?!").lower() for word in whole.words if word not in kept]
    done: list[float] = []
    after, coverage = cover(samples, replace(whole, words=kept), speech, options, done.append)
    back = [word.text.strip(".,?!").lower() for word in after.words if word not in kept]
    assert len(dropped) > 15
    assert abs(len(back) - len(dropped)) <= 0.15 * len(dropped)
    assert len(set(back) & set(dropped)) >= 0.85 * len(set(dropped))
    assert coverage.redecoded_seconds > 8 and coverage.wordless_seconds == 0
    assert all(one.end <= other.start for one, other in pairwise(after.words))
    assert done == sorted(done)
    assert done[-1] == pytest.approx(50)
