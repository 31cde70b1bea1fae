from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from convo.audio.recording import read_samples
from convo.audio.segments import SAMPLE_RATE, SegmentsOptions, diarize, diarize_channels
from convo.audio.voices import speaker_voices
from convo.resources import resource
from convo.transcript import Diarization, SpeakerSegment

BUNDLED = SegmentsOptions(model="bundled")


def annotation(segments: Iterable[SpeakerSegment]) -> Any:
    from pyannote.core import Annotation, Segment

    made = Annotation()
    for number, segment in enumerate(segments):
        made[Segment(segment.start, segment.end), number] = segment.speaker
    return made


def der(reference: Iterable[SpeakerSegment], found: Iterable[SpeakerSegment]) -> float:
    """Collar 0, overlap scored, over the stretch that the reference spans."""
    from pyannote.core import Segment, Timeline
    from pyannote.metrics.diarization import DiarizationErrorRate

    truth = annotation(reference)
    scored = Timeline([Segment(0, truth.get_timeline().extent().end)])
    metric = DiarizationErrorRate(collar=0.0, skip_overlap=False)
    return float(metric(truth, annotation(found), uem=scored))


def sample() -> tuple[np.ndarray, list[SpeakerSegment]]:
    """The half minute of phone talk that pyannote.audio ships."""
    import pyannote.audio

    folder = Path(pyannote.audio.__file__).parent / "sample"
    lines = [line.split() for line in (folder / "sample.rttm").read_text("utf-8").splitlines()]
    reference = [SpeakerSegment(float(x[3]), float(x[3]) + float(x[4]), x[7]) for x in lines]
    return read_samples(folder / "sample.wav"), reference


def demo(seconds: float) -> tuple[np.ndarray, list[SpeakerSegment]]:
    folder = resource("data/samples/demo-1")
    turns = json.loads((folder / "turns.json").read_text(encoding="utf-8"))["turns"]
    reference = [
        SpeakerSegment(t["start"], min(t["end"], seconds), t["speaker"])
        for t in turns
        if t["start"] < seconds
    ]
    return read_samples(folder / "recording.m4a")[: round(seconds * SAMPLE_RATE)], reference


def check_form(found: Diarization, seconds: float) -> None:
    """What every diarization promises."""
    assert all(one.end <= other.start for one, other in pairwise(found.exclusive))
    for segment in (*found.segments, *found.exclusive):
        assert 0 <= segment.start < segment.end <= round(seconds, 3)
        assert (segment.start, segment.end) == (round(segment.start, 3), round(segment.end, 3))
    heard = list(dict.fromkeys(segment.speaker for segment in found.segments))
    assert heard == [f"SPEAKER_{number:02d}" for number in range(len(heard))]
    assert {segment.speaker for segment in found.exclusive} <= set(heard)
    assert set(found.voices) <= set(heard)
    assert all(np.isclose(np.linalg.norm(voice), 1) for voice in found.voices.values())


def test_error_on_the_sample_of_pyannote() -> None:
    samples, reference = sample()
    reached: list[float] = []
    found = diarize(samples, BUNDLED, reached.append)
    check_form(found, 30)
    assert found.source == "bundled"
    assert set(found.voices) == {"SPEAKER_00", "SPEAKER_01"}
    assert der(reference, found.segments) <= 0.06
    assert reached == sorted(reached)
    assert reached[-1] == pytest.approx(30)
    assert sum(0 < seconds < 30 for seconds in reached) > 5  # it moves within both long steps


def test_the_number_of_speakers_is_kept_or_counted() -> None:
    samples, _ = sample()
    for speakers, heard in ((1, 1), (2, 2), ("auto", 2)):
        options = SegmentsOptions(model="bundled", speakers=speakers)
        found = diarize(samples, options)
        check_form(found, 30)
        assert len(found.speakers) == heard, speakers
    three = diarize(samples, SegmentsOptions(model="bundled", speakers=3))
    check_form(three, 30)
    assert 2 <= len(three.speakers) <= 3


@pytest.mark.parametrize("seconds", [0.0, 0.05, 3.0])
def test_silence_has_no_speakers(seconds: float) -> None:
    reached: list[float] = []
    samples = np.zeros(round(seconds * SAMPLE_RATE), dtype=np.float32)
    found = diarize(samples, BUNDLED, reached.append)
    assert (found.segments, found.exclusive, found.voices) == ((), (), {})
    assert reached == [pytest.approx(seconds)]


def test_noise_is_no_speech() -> None:
    noise = 0.01 * np.random.default_rng(1).normal(size=12 * SAMPLE_RATE).astype(np.float32)
    assert diarize(noise, BUNDLED).segments == ()


def test_half_a_second_of_speech_is_enough() -> None:
    samples, _ = sample()
    found = diarize(samples[round(6.6 * SAMPLE_RATE) : round(7.2 * SAMPLE_RATE)], BUNDLED)
    check_form(found, 0.6)
    assert len(found.speakers) == 1


def test_the_pipeline_is_pyannotes_and_sends_nothing() -> None:
    import os

    from pyannote.audio.pipelines import SpeakerDiarization
    from pyannote.audio.telemetry.metrics import is_metrics_enabled

    from convo.audio.diarizer import load_pipeline
    from convo.audio.models import check_diarization

    assert isinstance(load_pipeline(check_diarization("bundled"), 0.25), SpeakerDiarization)
    assert os.environ["PYANNOTE_METRICS_ENABLED"] == "false"
    assert not is_metrics_enabled()


@pytest.mark.parametrize("wrong", [{"speakers": 0}, {"speakers": "many"}, {"step": 0}])
def test_options_are_checked(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        SegmentsOptions(**wrong)


@pytest.mark.slow
def test_two_speakers_in_the_first_minute_of_a_session() -> None:
    samples, reference = demo(60)
    found = diarize(samples, BUNDLED)
    check_form(found, 60)
    assert len(found.speakers) == 2
    assert der(reference, found.segments) <= 0.12  # the reference counts pauses within turns


def two_channels(seconds: float, bleed: float) -> tuple[np.ndarray, list[SpeakerSegment]]:
    """The coach on the left and the coachee on the right, each faintly in the other's channel."""
    samples, reference = demo(seconds)
    coach = np.zeros(len(samples), dtype=np.float32)
    for turn in (turn for turn in reference if turn.speaker == "COACH"):
        coach[round(turn.start * SAMPLE_RATE) : round(turn.end * SAMPLE_RATE)] = 1
    room = 1e-4 * np.random.default_rng(2).normal(size=(2, len(samples)))
    gains = np.stack([coach + bleed * (1 - coach), 0.5 * ((1 - coach) + bleed * coach)])
    return (gains * samples + room).astype(np.float32), reference


@pytest.mark.slow
@pytest.mark.parametrize("bleed", [0.0, 0.1, 0.2])
def test_channels_tell_speakers_apart_whatever_bleeds_over(bleed: float) -> None:
    (left, right), reference = two_channels(60, bleed)
    reached: list[float] = []
    found = diarize_channels(left, right, BUNDLED, reached.append)
    check_form(found, 60)
    assert (found.source, found.voices) == ("channels", {})
    names = {"COACH": "SPEAKER_00", "COACHEE": "SPEAKER_01"}
    truth = [SpeakerSegment(s.start, s.end, names[s.speaker]) for s in reference]
    confused = sum(
        max(0.0, min(s.end, t.end) - max(s.start, t.start))
        for s in found.segments
        for t in truth
        if s.speaker != t.speaker
    )
    assert confused / sum(t.duration for t in truth) < 0.02
    assert der(truth, found.segments) <= 0.12
    assert reached == sorted(reached)
    assert reached[-1] == pytest.approx(60)


def test_silent_channels_have_no_speakers() -> None:
    silence = np.zeros(3 * SAMPLE_RATE, dtype=np.float32)
    found = diarize_channels(silence, silence, BUNDLED)
    assert (found.segments, found.exclusive) == ((), ())
    assert speaker_voices(silence, found.exclusive) == {}
