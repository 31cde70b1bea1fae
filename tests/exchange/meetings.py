"""A sample session as a meeting program would have written it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from convo.resources import resource


def sample_turns(name: str = "demo-1") -> list[dict[str, Any]]:
    """The turns that the voices of a sample session read."""
    path = resource(f"data/samples/{name}/turns.json")
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["turns"]
    return found


def write_vtt(path: Path, names: dict[str, str] | None = None) -> Path:
    """The same turns as a WebVTT file with voice tags."""
    cues = [
        f"{_clock(turn['start'])} --> {_clock(turn['end'])}\n"
        f"<v {(names or {}).get(turn['speaker'], turn['speaker'])}>{turn['text']}</v>\n"
        for turn in sample_turns()
    ]
    path.write_text("WEBVTT\n\n" + "\n".join(cues), encoding="utf-8")
    return path


def _clock(seconds: float) -> str:
    return f"{int(seconds // 3600):02}:{int(seconds // 60 % 60):02}:{seconds % 60:06.3f}"
