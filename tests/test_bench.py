"""The bench measures what it says: time, memory, stages of both sides side by side."""

from __future__ import annotations

import json
import time
from itertools import pairwise

import numpy as np
import pytest
from rich.console import Console

from convo import bench
from convo.audio.recording import inspect_recording
from convo.bench_talk import sample_turns, seconds

OURS = bench.SideCost(
    "ours",
    (bench.StageCost("transcribe", 3.0, 500.0), bench.StageCost("cover", 1.0, 800.0)),
)
PLAIN = bench.SideCost("plain", (bench.StageCost("transcribe", 10.0, 1500.0),))


def test_the_meter_sees_time_and_memory():
    meter = bench.Meter()
    meter.started()
    with meter.stage("light"):
        time.sleep(0.1)
    with meter.stage("heavy"):
        block = np.ones(200_000_000, dtype=np.uint8)
        time.sleep(0.1)
    del block
    with meter.stage("after"):
        time.sleep(0.1)
    start, light, heavy, after = meter.costs
    assert [cost.stage for cost in meter.costs] == ["start", "light", "heavy", "after"]
    assert start.seconds > 0
    assert 0.1 <= light.seconds < 5
    assert heavy.peak_mb - light.peak_mb > 150
    assert heavy.peak_mb - after.peak_mb > 150


@pytest.mark.parametrize("minutes", [0.1, 12])
def test_samples_are_cut_or_repeated_to_length(tmp_path, minutes):
    file = bench.joined_samples(minutes, tmp_path / "joined.wav")
    assert inspect_recording(file).duration == pytest.approx(minutes * 60, abs=0.1)


def test_the_table_sets_stages_side_by_side():
    console = Console(width=200)
    with console.capture() as captured:
        console.print(bench.cost_table([OURS, PLAIN], 100.0))
    rows = [line.split("│")[1:-1] for line in captured.get().splitlines() if "│" in line]
    cells = {row[0].strip(): [cell.strip() for cell in row[1:]] for row in rows}
    assert cells["transcribe"] == ["3.0", "0.030", "500", "10.0", "0.100", "1500", "0.30"]
    assert cells["cover"] == ["1.0", "0.010", "800", "", "", "", ""]
    assert cells["all"] == ["4.0", "0.040", "800", "10.0", "0.100", "1500", "0.40"]


def test_the_same_figures_as_json():
    figures = json.loads(bench.as_json([OURS], 100.0))
    assert figures["audio_seconds"] == 100
    assert figures["sides"]["ours"]["real_time_factor"] == 0.04
    assert figures["sides"]["ours"]["peak_mb"] == 800
    assert [stage["stage"] for stage in figures["sides"]["ours"]["stages"]] == [
        "transcribe",
        "cover",
    ]


def test_a_bad_recording_is_one_sentence(tmp_path, capsys):
    empty = tmp_path / "empty.wav"
    empty.touch()
    assert bench.main([str(empty)]) == 1
    assert "empty.wav is empty" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("side", bench.SIDES)
def test_each_side_runs_in_its_own_process(tmp_path, side):
    file = bench.joined_samples(0.5, tmp_path / "joined.wav")
    cost = bench.measure(side, file)
    assert {"start", "read", "transcribe", "diarize"} <= {stage.stage for stage in cost.stages}
    assert cost.peak_mb > 300


def test_the_talk_of_an_hour_is_made_of_the_samples_in_order():
    turns = sample_turns(20)
    assert [turn.number for turn in turns] == list(range(1, len(turns) + 1))
    assert 1000 < turns[-1].end <= 1200
    assert all(a.start <= b.start for a, b in pairwise(turns))


@pytest.fixture(scope="module")
def an_hour_of_talk():
    """Seconds of two cores: for reading, and for all the rest."""
    spent = seconds(sample_turns(60))
    reading = spent.pop("reading by the model")[1] / 2  # both cores read
    return reading, sum(worked for _, worked in spent.values())


@pytest.mark.slow
@pytest.mark.xfail(reason="reading takes 5.4 s since it starts from MPNet: wanted, not reached")
def test_what_an_hour_of_talk_does_is_told_in_less_than_five_seconds_of_two_cores(an_hour_of_talk):
    assert sum(an_hour_of_talk) < 5


@pytest.mark.slow
def test_reading_stays_within_its_own_limit_and_the_rest_is_little(an_hour_of_talk):
    reading, rest = an_hour_of_talk
    assert reading < 9
    assert rest < 2
