"""Small folders of cases, written by the tests themselves."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

Said = Sequence[tuple[str, str]]
WriteCase = Callable[..., Path]


@pytest.fixture
def write_case(tmp_path: Path) -> WriteCase:
    """Write one case below ``tmp_path``: turns, readings, and an empty recording on request."""

    def write(
        name: str,
        said: Said,
        readings: dict[str, str] | None = None,
        recording: bool = False,
        kind: str = "",
    ) -> Path:
        folder = tmp_path / name
        folder.mkdir(parents=True)
        turns = [{"speaker": speaker, "text": text} for speaker, text in said]
        content = {"id": folder.name, "kind": kind, "turns": turns}
        (folder / "turns.json").write_text(json.dumps(content), encoding="utf-8")
        for reader, labels in (readings or {}).items():
            (folder / f"phases-{reader}.csv").write_text(spans(labels), encoding="utf-8")
        if recording:
            (folder / "recording.wav").write_bytes(b"")
        return folder

    return write


def spans(labels: str) -> str:
    """``OOSS`` as the csv file of a reader."""
    rows = ["start_turn,end_turn,label,f_sub,cycle,conf,alt_turn,note"]
    start = 1
    for turn, label in enumerate(labels, start=1):
        if turn == len(labels) or labels[turn] != label:
            rows.append(f"{start},{turn},{label},,1,3,,")
            start = turn + 1
    return "\n".join(rows) + "\n"
