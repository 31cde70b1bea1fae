from __future__ import annotations

import json

import numpy as np
import pytest

from convo.audio.recording import read_samples
from convo.audio.segments import SAMPLE_RATE
from convo.audio.voices import (
    DIMENSION,
    embed,
    features,
    load_voice_model,
    quickened,
    read_voice_model,
    refine,
    speaker_voices,
)
from convo.conversation.attribution import AttributionOptions, attribute_words
from convo.conversation.voices import similarity
from convo.resources import resource
from convo.transcript import Diarization, SpeakerSegment, Word

NAMES = {"COACH": "SPEAKER_00", "COACHEE": "SPEAKER_01"}


def session(name: str, seconds: float) -> tuple[np.ndarray, list[SpeakerSegment]]:
    folder = resource(f"data/samples/{name}")
    turns = json.loads((folder / "turns.json").read_text(encoding="utf-8"))["turns"]
    found = [
        SpeakerSegment(turn["start"], turn["end"], NAMES[turn["speaker"]])
        for turn in turns
        if turn["end"] < seconds
    ]
    return read_samples(folder / "recording.m4a")[: round(seconds * SAMPLE_RATE)], found


def test_features_in_blocks_are_those_of_the_whole() -> None:
    """The recording is cut into minutes; a frame must not notice."""
    import torch
    from torchaudio.compliance import kaldi

    sound = np.random.default_rng(0).normal(size=61 * SAMPLE_RATE).astype(np.float32)
    wave = torch.from_numpy(sound)[None]
    whole = kaldi.fbank(wave, num_mel_bins=80, sample_frequency=SAMPLE_RATE, dither=0).numpy()
    found = features(sound)
    assert found.shape == whole.shape
    assert np.allclose(found, whole, atol=0.01)


@pytest.mark.parametrize("frames", [20, 333, 1500])
def test_the_quickened_network_finds_the_same_voice(frames: int) -> None:
    import torch

    network = read_voice_model()
    sound = torch.from_numpy(np.random.default_rng(0).normal(size=(1, frames, 80))).float()
    with torch.inference_mode():
        assert torch.allclose(quickened(network)(sound), network(sound), atol=1e-4)


@pytest.mark.parametrize("samples", [0, 1, 399])
def test_no_frame_fits_no_features(samples: int) -> None:
    assert features(np.zeros(samples, dtype=np.float32)).shape == (0, 80)


def test_pieces_have_unit_vectors_and_too_short_ones_have_none() -> None:
    random = np.random.default_rng(0)
    pieces = [random.normal(size=(frames, 80)).astype(np.float32) for frames in (19, 20, 333, 2000)]
    seen: list[tuple[int, int]] = []
    vectors = embed(pieces, progress=lambda done, total: seen.append((done, total)))
    assert vectors.shape == (4, DIMENSION)
    assert not vectors[0].any()
    assert np.allclose(np.linalg.norm(vectors[1:], axis=1), 1, atol=1e-5)
    assert seen[-1][0] == seen[-1][1]
    assert embed([]).shape == (0, DIMENSION)
    assert load_voice_model() is load_voice_model()


def test_a_voice_is_like_itself_in_another_session() -> None:
    first = speaker_voices(*session("demo-1", 45))
    second = speaker_voices(*session("demo-2", 45))
    for speaker, other in (("SPEAKER_00", "SPEAKER_01"), ("SPEAKER_01", "SPEAKER_00")):
        same = similarity(first[speaker], second[speaker])
        assert same > 0.6
        assert same > similarity(first[speaker], second[other]) + 0.2


@pytest.mark.slow
def test_answers_that_the_diariser_missed_are_found() -> None:
    """Two turns of the coachee are given to the coach, and the sound gives them back."""
    samples, truth = session("demo-1", 90)
    words = [
        Word(word, round(turn.start + k * step, 3), round(turn.start + (k + 0.9) * step, 3))
        for turn in truth
        for text in ["so it is said."]
        for step in [turn.duration / 4]
        for k, word in enumerate(text.split())
    ]
    missed = [turn for turn in truth if turn.speaker == "SPEAKER_01" and turn.duration < 4][:2]
    assert len(missed) == 2
    floor = tuple(
        SpeakerSegment(turn.start, turn.end, "SPEAKER_00") if turn in missed else turn
        for turn in truth
    )
    wrong = Diarization(floor, floor, {}, "bundled")
    options = AttributionOptions(pause_s=5)
    right = [word.speaker for word in attribute_words(words, truth, options)]
    before = [word.speaker for word in attribute_words(words, floor, options)]
    refined = refine(samples, words, wrong, options)
    after = [word.speaker for word in attribute_words(words, refined.exclusive, options)]
    assert sum(one != other for one, other in zip(before, right, strict=True)) == 8
    assert after == right
    seconds = {name: sum(s.duration for s in truth if s.speaker == name) for name in NAMES.values()}
    for name, spoken in seconds.items():
        found = sum(s.duration for s in refined.segments if s.speaker == name)
        assert found == pytest.approx(spoken, abs=1)


def test_nothing_is_refined_where_there_is_nothing_to_compare() -> None:
    silence = np.zeros(SAMPLE_RATE, dtype=np.float32)
    one = (SpeakerSegment(0, 1, "SPEAKER_00"),)
    two = (*one, SpeakerSegment(1, 2, "SPEAKER_01"))
    words = [Word("so", 0, 1), Word("well", 1, 2)]
    for found in (
        Diarization((), (), {}, "bundled"),
        Diarization(one, one, {}, "bundled"),
        Diarization(two, two, {}, "channels"),
    ):
        assert refine(silence, words, found) is found
    kept = Diarization(two, two, {}, "bundled")
    assert refine(silence, words, kept, AttributionOptions(reassign=False)) is kept
    assert refine(silence, [], kept) is kept
