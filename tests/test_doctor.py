"""What a machine can do: every model is looked at, and a broken one is named with its remedy."""

import shutil

import pytest

from convo import doctor
from convo.encoder import reader
from convo.resources import resource


def finding(what: str, data) -> doctor.Finding:
    return next(found for found in doctor.examine(data, measure=False) if found.what == what)


def test_all_models_of_the_main_job_are_named(tmp_path):
    named = [found.what for found in doctor.examine(tmp_path, measure=False)]
    assert {"words, faster-whisper", "words, openai-whisper", "speakers", "phases"} <= set(named)


def test_the_phase_model_that_came_with_the_program_is_ready(tmp_path):
    found = finding("phases", tmp_path)
    assert found.remedy is None
    assert reader.shipped_reader().version in found.found


@pytest.fixture
def altered_weights(tmp_path, monkeypatch):
    folder = tmp_path / "phases"
    shutil.copytree(resource(reader.SHIPPED), folder)
    with (folder / "head.onnx").open("ab") as file:
        file.write(b"!")
    monkeypatch.setattr(doctor, "_shipped", lambda: reader.PhaseReader(folder))


def test_an_altered_phase_model_is_a_problem_with_a_remedy(tmp_path, altered_weights):
    found = finding("phases", tmp_path)
    assert "head.onnx was altered" in found.found
    assert found.remedy == "install convo again"
