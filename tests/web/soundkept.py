"""Data folders whose sessions can be heard: the demo recordings with their transcripts."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path

from kept import keep, sample

from convo.config import Settings
from convo.database.runs import Run, record_run
from convo.resources import resource
from convo.transcript import (
    Conversation,
    Diarization,
    Recording,
    SpeakerSegment,
    Turn,
    Word,
)

OPTIONS = {"phases": {"method": "cues"}, "functions": {"method": "cues"}}


def recorded(number: int) -> Conversation:
    """Sample session ``number`` as a conversation about its real recording, words included."""
    made = worded(sample(number))
    file = resource(f"data/samples/demo-{number}/recording.m4a")
    content = file.read_bytes()
    known = hashlib.sha256(content).hexdigest()
    recording = replace(made.recording, recording_id=known, bytes=len(content))
    return replace(made, recording=recording)


def worded(made: Conversation) -> Conversation:
    """The same with words and speaker segments, so that it can be put right."""
    words = tuple(word for turn in made.turns for word in _words(turn))
    heard = tuple(SpeakerSegment(t.start, t.end, t.speaker) for t in made.turns)
    options = Settings.model_validate(OPTIONS).model_dump_json()
    return replace(
        made,
        transcription=replace(made.transcription, words=words),
        diarization=Diarization(heard, heard, {}, "bundled"),
        provenance=dict(made.provenance) | {"options": options},
    )


def _words(turn: Turn) -> list[Word]:
    texts = turn.text.split()
    step = (turn.end - turn.start) / len(texts)
    return [
        Word(
            text,
            round(turn.start + n * step, 3),
            round(turn.start + (n + 1) * step, 3),
            speaker=turn.speaker,
        )
        for n, text in enumerate(texts)
    ]


def keep_with_sound(data: Path, numbers: tuple[int, ...] = (1,)) -> Path:
    """A data folder in which these sample sessions are kept, recordings included."""
    made = [recorded(number) for number in numbers]
    for number, one in zip(numbers, made, strict=True):
        put(data, number, one.recording)
        run = Run(str(file_in(data, number)), one.recording.recording_id, one.session, "done")
        record_run(data / "runs", run)
    return keep(data, made)


def file_in(data: Path, number: int) -> Path:
    """Where the recording of a sample session lies in ``data``."""
    return data / "inbox" / f"demo-{number}.m4a"


def put(data: Path, number: int, recording: Recording) -> None:
    """Put the recording of a sample session where it was when it was processed."""
    file_in(data, number).parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(resource(f"data/samples/demo-{number}/recording.m4a"), file_in(data, number))
