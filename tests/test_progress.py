"""Ctrl-C reaches the user even when a library swallows it."""

import contextlib
import signal
from pathlib import Path

import pytest

from convo.progress import interruptible, running, stage_runs
from convo.transcript import Recording

TALK = Recording("ab" * 32, "talk.m4a", 60.0, 1, 16_000, "m4a", 1)


def swallowing_library() -> None:
    with contextlib.suppress(BaseException):
        signal.raise_signal(signal.SIGINT)


def test_a_swallowed_interrupt_ends_the_stage_in_hand(tmp_path: Path) -> None:
    with (
        pytest.raises(KeyboardInterrupt),
        interruptible(),
        running(tmp_path, "diarize", TALK),
    ):
        swallowing_library()
    assert [run.event for run in stage_runs(tmp_path)] == ["started", "finished"]


def test_a_swallowed_interrupt_lets_no_stage_begin(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), interruptible():
        swallowing_library()
        with running(tmp_path, "diarize", TALK):
            pass
    assert stage_runs(tmp_path) == []


def test_an_interrupt_of_earlier_work_is_forgotten(tmp_path: Path) -> None:
    with interruptible():
        swallowing_library()
    with interruptible(), running(tmp_path, "diarize", TALK):
        pass
    assert stage_runs(tmp_path)[-1].event == "finished"


def test_ctrl_c_is_what_it_was_afterwards() -> None:
    before = signal.getsignal(signal.SIGINT)
    with interruptible():
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before
