"""The shipped weights on talk that no one learned from: the sample sessions and any others."""

import shutil
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from convo.conversation.phases import PhaseSegmenter, PhasesOptions
from convo.encoder.reader import SHIPPED, PhaseReader, shipped_reader
from convo.errors import ModelError
from convo.pipeline import shipped
from convo.resources import resource
from convo.training.corpus import marked_sessions
from convo.transcript import Role, Turn


def a_long_session(turns: int) -> list[Turn]:
    sessions = marked_sessions(resource("data/training"))
    said = [turn for session in sessions for turn in session.turns][:turns]
    return [Turn(n, t.speaker, t.text, role=t.role) for n, t in enumerate(said, start=1)]


def test_every_turn_gets_probabilities() -> None:
    found = shipped_reader()(a_long_session(50))
    assert np.allclose(np.exp(found.phases).sum(axis=1), 1)
    assert np.allclose(np.exp(found.codes).sum(axis=1), 1)
    assert (found.starts <= 0).all()
    assert found.phases.shape == (50, 4)


def test_the_last_session_is_read_once_and_another_anew() -> None:
    reader = shipped_reader()
    first = reader(a_long_session(20))
    assert reader(a_long_session(20)) is first
    assert reader(a_long_session(21)).phases.shape == (21, 4)


def test_one_turn_and_an_empty_turn_are_read() -> None:
    assert shipped_reader()([Turn(1, "A", "", role=Role.COACH)]).phases.shape == (1, 4)


def test_a_question_about_what_to_do_is_not_a_greeting() -> None:
    """Four plain openings and four plain plans, in the middle of nowhere."""
    hello = "Hello, come in. Sit down. | Thanks. Is it recording? | It is, yes. | Good."
    plan = (
        "So what could you try on Monday? | I could put the pictures on the board first."
        " | How would you do that? | I will give them one step and wait, and write down who starts."
    )
    frame, working = (
        np.exp(
            shipped_reader()(
                [
                    Turn(n, "AB"[n % 2], text, role=(Role.COACHEE, Role.COACH)[n % 2])
                    for n, text in enumerate(said.split("|"), start=1)
                ]
            ).phases
        ).mean(axis=0)
        for said in (hello, plan)
    )
    assert frame[3] > working[3]
    assert working[2] > frame[2]


@pytest.mark.slow
@pytest.mark.speed
def test_six_hundred_turns_take_less_than_ten_seconds_and_a_gigabyte() -> None:
    turns = a_long_session(600)
    segmenter = PhaseSegmenter(shipped.cues(), PhasesOptions(), shipped_reader())
    segmenter.segment(turns[:20])
    before, started = psutil.Process().memory_info().rss, time.perf_counter()
    segmenter.segment(turns)
    assert time.perf_counter() - started < 10
    assert psutil.Process().memory_info().rss - before < 1e9


def test_the_weights_are_small() -> None:
    assert sum(path.stat().st_size for path in resource(SHIPPED).iterdir()) < 30e6


def test_matrices_that_were_damaged_are_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = a_long_session(5)
    sound = shipped_reader()(turns).phases
    monkeypatch.setenv("CONVO_CACHE", str(tmp_path))
    PhaseReader(resource(SHIPPED))
    (made,) = (tmp_path / "models").glob("phases-*/weights.bin")
    with made.open("r+b") as file:
        file.seek(50_000_000)
        file.write(bytes(1_000_000))
    assert np.allclose(PhaseReader(resource(SHIPPED))(turns).phases, sound)


def test_altered_weights_are_refused(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(resource(SHIPPED), tmp_path / "model"))
    (folder / "head.onnx").write_bytes((folder / "head.onnx").read_bytes()[:-1] + b"x")
    with pytest.raises(ModelError, match=r"head\.onnx was altered: install convo again"):
        PhaseReader(folder)


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="holds no phase model"):
        PhaseReader(tmp_path)
