"""The guard takes out what nobody said, and nothing else.

Sounds without speech go through the real base model; real speech must come through untouched.
"""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convo.audio.engines import (
    SAMPLE_RATE,
    DecodedSegment,
    DecodedWord,
    DecodeSettings,
    Samples,
    load_engines,
)
from convo.audio.guard import unheard, unlooped
from convo.audio.hearing import FRAME_S, Hearing, listen
from convo.audio.models import check_whisper
from convo.audio.recording import read_samples
from convo.audio.words import WordsOptions, decode_stretch, transcribe
from convo.resources import resource
from convo.transcript import Word

SECONDS = 12


def noise(level: float, pink: bool = False) -> Samples:
    spectrum = np.fft.rfft(np.random.default_rng(1).standard_normal(SECONDS * SAMPLE_RATE))
    if pink:
        spectrum /= np.sqrt(np.maximum(np.arange(len(spectrum)), 1))
    sound = np.fft.irfft(spectrum)
    return (level * sound / sound.std()).astype(np.float32)


def chords() -> Samples:
    """Two seconds a chord, four harmonics, a vibrato melody on top: music-like."""
    rng = np.random.default_rng(2)
    time = np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE
    bars = []
    for bar in range(SECONDS // 2):
        chord = ((220.0, 277.2, 329.6), (174.6, 220.0, 261.6), (196.0, 246.9, 293.7))[bar % 3]
        tones = [np.sin(2 * np.pi * f * h * time) / h for f in chord for h in (1, 2, 3, 4)]
        melody = np.sin(2 * np.pi * rng.choice([440, 494, 523, 587, 659]) * time)
        vibrato = 1 + 0.3 * np.sin(2 * np.pi * 5 * time)
        bars.append((0.5 * np.sum(tones, axis=0) + melody * vibrato) * np.exp(-1.2 * time))
    sound = np.concatenate(bars)
    return (0.3 * sound / np.abs(sound).max()).astype(np.float32)


SOUNDS: dict[str, Callable[[], Samples]] = {
    "digital silence": lambda: np.zeros(SECONDS * SAMPLE_RATE, np.float32),
    "near silence": lambda: noise(1e-4),
    "white noise": lambda: noise(0.1),
    "pink noise": lambda: noise(0.05, pink=True),
    "chords": chords,
}


@pytest.mark.slow
@pytest.mark.parametrize("name", SOUNDS)
def test_sounds_without_speech_have_no_words(name: str) -> None:
    """Decoded on purpose by the real base model: :func:`transcribe` skips long silences."""
    samples = SOUNDS[name]()
    engine = load_engines(check_whisper("base", "faster-whisper"), 0, "int8")[0]
    settings = DecodeSettings("en", 5, condition_on_previous_text=True, prompt=None)
    words, removed = decode_stretch(
        engine, samples, (0, SECONDS), listen(samples), settings, lambda _seconds: None
    )
    assert [word.text for word in words] == []
    if name == "digital silence":  # else all of this would prove nothing
        assert {text.reason for text in removed} == {"no speech is heard there"}


def test_silence_is_not_even_decoded_and_has_no_language() -> None:
    found = transcribe(SOUNDS["digital silence"](), WordsOptions(model="tiny.en"))
    assert (found.words, found.removed, found.language_probability) == ((), (), None)


@pytest.mark.slow
@pytest.mark.parametrize("gain_db", [0, -40])
def test_all_real_speech_is_heard(gain_db: float) -> None:
    """Every turn of a real recording counts as speech, also from a distant microphone."""
    folder = resource("data/samples/demo-2")
    samples = read_samples(folder / "recording.m4a") * np.float32(10 ** (gain_db / 20))
    hearing = listen(samples)
    turns = json.loads((folder / "turns.json").read_text(encoding="utf-8"))["turns"]
    said = [segment(turn["text"], turn["start"], turn["end"], log=-5, silence=1) for turn in turns]
    assert unheard(said, hearing) == (said, [])


def segment(text: str, start: float, end: float, log: float, silence: float) -> DecodedSegment:
    return DecodedSegment((DecodedWord(" " + text, start, end, 0.5),), log, silence, 1.0, 0.0)


def heard(*peaks: float) -> Hearing:
    """One second for each peak of P(speech)."""
    frames = np.repeat(np.array(peaks, np.float32), round(1 / FRAME_S))
    return Hearing(frames, np.zeros_like(frames))


@pytest.mark.parametrize(
    ("peak", "log", "silence", "stays"),
    [
        (0.0, -0.1, 0.0, False),  # nothing is heard: a sure decoder does not help
        (0.2, -0.1, 0.1, True),  # a faint word of which the decoder is sure
        (0.2, -1.5, 0.1, False),
        (0.2, -0.1, 0.9, False),
        (0.9, -2.0, 0.9, True),  # speech is heard: a mumbled word stays
    ],
)
def test_both_ear_and_decoder_are_asked(
    peak: float, log: float, silence: float, stays: bool
) -> None:
    thanks = segment("Thank you.", 1.2, 1.8, log, silence)
    kept, removed = unheard([thanks], heard(0, peak, 0))
    assert bool(kept) is stays
    assert [text.text for text in removed] == ([] if stays else ["Thank you."])


def spoken(text: str) -> list[Word]:
    return [Word(token, i / 4, i / 4 + 0.2) for i, token in enumerate(text.split())]


@pytest.mark.parametrize("phrase", ["so", "I mean", "thank you very much", "a b c d e f g h i"])
def test_a_phrase_without_end_is_kept_once(phrase: str) -> None:
    words = spoken(f"yes {' '.join([phrase] * 30)} and then")
    kept, removed = unlooped(words)
    assert " ".join(word.text for word in kept) == f"yes {phrase} and then"
    assert len(removed) == 1 and removed[0].text.split() == (phrase.split() * 29)


@pytest.mark.parametrize(
    "said",
    [
        "No, no, no, no, no.",
        "very very very good, very very very good",
        "What is it? What is it? What is it?",
        "and and and I I I think I think I think so",
    ],
)
def test_what_people_do_say_stays(said: str) -> None:
    assert unlooped(spoken(said)) == (spoken(said), [])


@given(st.lists(st.sampled_from(["a", "b", "c,"]), max_size=60))
def test_nothing_is_lost_and_order_stays(texts: list[str]) -> None:
    words = [Word(text, i / 4, i / 4 + 0.2) for i, text in enumerate(texts)]
    kept, removed = unlooped(words)
    assert len(kept) + sum(len(text.text.split()) for text in removed) == len(words)
    assert [word for word in words if word in kept] == kept
