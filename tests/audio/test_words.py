"""Words at the door: laws for any decoder, and real speech through both engines."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from meeteval.wer import wer

from convo.audio.engines import SAMPLE_RATE, DecodedSegment, DecodedWord, Samples
from convo.audio.hearing import FRAME_S, Hearing, pieces
from convo.audio.recording import read_samples
from convo.audio.tidy import tidy
from convo.audio.words import WordsOptions, check_language, transcribe
from convo.errors import ConfigError, ModelError
from convo.resources import resource
from convo.transcript import Transcription

DURATION = 60.0
DEMO = "data/samples/demo-2"


def hearing_of(speech: Any) -> Hearing:
    frames = np.asarray(speech, np.float32)
    return Hearing(frames, np.zeros_like(frames))


ALL_SPEECH = hearing_of(np.ones(round(DURATION / FRAME_S)))


def segment(*words: tuple[str, float, float]) -> DecodedSegment:
    decoded = tuple(DecodedWord(text, start, end, 0.9) for text, start, end in words)
    return DecodedSegment(decoded, -0.2, 0.1, 1.2, 0.0)


# -- languages -------------------------------------------------------------------------------------


def test_languages_are_those_of_whisper() -> None:
    from whisper.tokenizer import LANGUAGES, TO_LANGUAGE_CODE

    assert {check_language(code) for code in LANGUAGES} == set(LANGUAGES)
    assert {name: check_language(name) for name in TO_LANGUAGE_CODE} == TO_LANGUAGE_CODE


@pytest.mark.parametrize(
    ("wrong", "remedy"),
    [
        ("englsh", "did you mean 'english'"),
        ("qqqqq", "give a code such as en"),
        ("", "give a code"),
    ],
)
def test_a_wrong_language_names_the_remedy(wrong: str, remedy: str) -> None:
    with pytest.raises(ConfigError, match=remedy):
        transcribe(np.zeros(SAMPLE_RATE, np.float32), WordsOptions(language=wrong))


def test_an_english_model_refuses_another_language() -> None:
    with pytest.raises(ConfigError, match=r"tiny\.en knows only English"):
        transcribe(
            np.zeros(SAMPLE_RATE, np.float32), WordsOptions(model="tiny.en", language="German")
        )


def test_damaged_weights_are_one_sentence(tmp_path: Any) -> None:
    (tmp_path / "model.bin").write_bytes(b"not a model")
    with pytest.raises(ModelError, match="faster-whisper cannot load"):
        transcribe(np.zeros(SAMPLE_RATE, np.float32), WordsOptions(model=str(tmp_path)))


def test_english_is_asked_for_its_fillers_unless_told_otherwise() -> None:
    assert "um" in (WordsOptions().settings("en").prompt or "").lower()
    assert WordsOptions().settings("de").prompt is None
    assert WordsOptions(prompt="").settings("en").prompt is None
    assert WordsOptions(prompt="Wir.").settings("de").prompt == "Wir."


# -- tidy ------------------------------------------------------------------------------------------

times = st.floats(-1, DURATION + 1, allow_nan=False)
tokens = st.tuples(
    st.sampled_from([" so", " I", "'m", " well,", "-phase", " -", "%", "...", " 10"]), times, times
)


@settings(deadline=None)
@given(st.lists(st.lists(tokens, min_size=1, max_size=8), max_size=6))
def test_any_decoder_gives_ordered_words_and_loses_no_letter(
    given_segments: list[list[tuple[str, float, float]]],
) -> None:
    segments = [segment(*words) for words in given_segments]
    words = tidy(segments, "en", ALL_SPEECH, DURATION)
    assert all(0 <= word.start <= word.end <= DURATION for word in words)
    assert all(one.end <= other.start for one, other in pairwise(words))
    assert all(
        isinstance(word.start, float) and word.start == round(word.start, 3) for word in words
    )
    letters = [c for s in segments for word in s.words for c in word.text if c.isalnum()]
    assert [c for word in words for c in word.text if c.isalnum()] == letters
    assert all(
        word.text == word.text.strip() and any(map(str.isalnum, word.text)) for word in words
    )


def test_tokens_between_spaces_are_one_word_with_its_punctuation() -> None:
    decoded = segment(
        (" The", 1, 1.2), (" age", 1.2, 1.5), ("-phase", 1.5, 1.9),
        (" chart", 1.9, 2.3), (".", 2, 2),
    )  # fmt: skip
    words = tidy([decoded], "en", ALL_SPEECH, DURATION)
    assert [(w.text, w.start, w.end) for w in words] == [
        ("The", 1, 1.2), ("age-phase", 1.2, 1.9), ("chart.", 1.9, 2.3)
    ]  # fmt: skip


def test_chinese_keeps_its_tokens() -> None:
    words = tidy([segment(("你", 1, 1.2), ("好", 1.2, 1.5), ("。", 1.5, 1.5))], "zh", ALL_SPEECH, 9)
    assert [word.text for word in words] == ["你", "好。"]


def test_a_word_without_length_gets_some_and_crosses_nobody() -> None:
    decoded = segment((" one", 1.0, 1.4), (" two", 1.4, 1.4), (" three", 1.4, 1.9))
    one, two, three = tidy([decoded], "en", ALL_SPEECH, DURATION)
    assert two.end - two.start >= 0.1
    assert one.end <= two.start and two.end <= three.start


def test_a_word_over_seconds_of_silence_shrinks_to_where_speech_is_heard() -> None:
    speech = np.zeros(round(20 / FRAME_S))
    speech[round(6 / FRAME_S) : round(6.4 / FRAME_S)] = 1
    decoded = segment((" Right.", 1.0, 6.5), (" So", 6.5, 6.7))
    right, so = tidy([decoded], "en", hearing_of(speech), 20)
    assert right.start == pytest.approx(6, abs=FRAME_S) and right.end <= so.start
    assert right.end - right.start < 0.5


def test_a_word_of_seconds_within_speech_shrinks_towards_its_sentence() -> None:
    decoded = segment((" Well", 2.0, 6.0), (" then", 6.0, 6.3), (" goodbye.", 6.3, 9.3))
    well, then, goodbye = tidy([decoded], "en", ALL_SPEECH, DURATION)
    assert well.end == then.start and well.end - well.start < 0.6
    assert goodbye.start == then.end and goodbye.end - goodbye.start < 1


# -- pieces ----------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 2**32 - 1), st.integers(100, 2000))
def test_pieces_hold_all_speech_once(seed: int, seconds: int) -> None:
    rng = np.random.default_rng(seed)
    talk = np.repeat(rng.random(seconds // 10 + 1) < rng.random(), round(10 / FRAME_S))
    hearing = hearing_of(talk[: round(seconds / FRAME_S)])
    found = pieces(hearing, seconds, 120.0)
    assert all(start < end <= seconds and end - start <= 120 for start, end in found)
    assert all(one[1] <= other[0] for one, other in pairwise(found))
    spoken = np.flatnonzero(hearing.speech) * FRAME_S
    within = [(start <= spoken) & (spoken <= end) for start, end in found]
    assert np.any([np.zeros(spoken.shape, bool), *within], axis=0).all()


def test_the_cut_lies_in_the_pause() -> None:
    speech = np.ones(round(200 / FRAME_S))
    speech[round(95 / FRAME_S) : round(97 / FRAME_S)] = 0
    (_, cut), _ = pieces(hearing_of(speech), 200, 120)
    assert 95 < cut < 97


# -- real speech -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def minute() -> Samples:
    return read_samples(resource(f"{DEMO}/recording.m4a"))[: 60 * SAMPLE_RATE]


@pytest.fixture(scope="module")
def decoded(minute: Samples) -> Transcription:
    return transcribe(minute, WordsOptions(engine="faster-whisper"))


def plain(text: str) -> str:
    return " ".join("".join(c for c in word if c.isalnum()) for word in text.lower().split())


def difference(one: Transcription, other: Transcription) -> float:
    texts = (plain(" ".join(word.text for word in each.words)) for each in (one, other))
    return float(wer.siso_word_error_rate(*texts).error_rate)


@pytest.mark.slow
def test_a_minute_of_talk_is_recognised(decoded: Transcription) -> None:
    turns = json.loads(resource(f"{DEMO}/turns.json").read_text(encoding="utf-8"))["turns"]
    said = plain(" ".join(turn["text"] for turn in turns if turn["end"] < 59))
    heard = plain(" ".join(word.text for word in decoded.words if word.end < 59))
    assert wer.siso_word_error_rate(said, heard).error_rate < 0.12
    assert decoded.removed == ()
    assert (decoded.engine, decoded.model) == ("faster-whisper", "base")
    assert all(0.0 < word.end - word.start < 2 for word in decoded.words)
    # words lie where their turns are
    first = {turn["text"].split()[0]: turn["start"] for turn in turns if turn["end"] < 59}
    starts = {word.text: word.start for word in decoded.words}
    near = [abs(starts[text] - start) < 1 for text, start in first.items() if text in starts]
    assert sum(near) >= 0.5 * len(near) > 1


@pytest.mark.slow
def test_language_is_detected_like_given(minute: Samples, decoded: Transcription) -> None:
    assert decoded.language == "en"
    assert decoded.language_probability is not None and decoded.language_probability > 0.8
    given_language = transcribe(minute, WordsOptions(engine="faster-whisper", language="English"))
    assert given_language.language_probability is None
    assert given_language.words == decoded.words  # and decoding is repeatable


@pytest.mark.slow
def test_both_engines_agree(minute: Samples) -> None:
    # To the end of a turn: what is cut off in a word is left out by one engine and made up by the
    # other, until speech without words is decoded again.
    clip = minute[: 26 * SAMPLE_RATE]
    ours_all = transcribe(clip, WordsOptions(engine="faster-whisper", language="en"))
    other = transcribe(clip, WordsOptions(engine="openai-whisper", language="en"))
    assert other.engine == "openai-whisper"
    assert difference(ours_all, other) < 0.15
    ours = {word.text: word.start for word in ours_all.words}
    apart = [abs(ours[word.text] - word.start) for word in other.words if word.text in ours]
    assert float(np.median(apart)) < 0.3


@pytest.mark.slow
def test_pieces_read_like_the_whole(minute: Samples, decoded: Transcription) -> None:
    twice = np.concatenate([minute, minute])
    done: list[float] = []
    options = WordsOptions(engine="faster-whisper", language="en", piece_s=60)
    long = transcribe(twice, options, done.append)
    assert abs(len(long.words) / (2 * len(decoded.words)) - 1) < 0.1
    assert max(word.end for word in long.words) > 110
    assert done == sorted(done) and done[-1] == pytest.approx(120, abs=1)


def test_the_small_model_hears_twenty_seconds(minute: Samples) -> None:
    found = transcribe(minute[: 20 * SAMPLE_RATE], WordsOptions(model="tiny.en"))
    assert 20 < len(found.words) < 90
    assert (found.language, found.language_probability) == ("en", 1.0)
