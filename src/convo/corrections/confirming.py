"""What people say about phases: taken from a table of turns, kept, and handed on as cases."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import compress
from pathlib import Path

from convo.conversation.spans import anchors
from convo.corrections.turn_table import read_phases, read_rows
from convo.database.artefacts import current_runs
from convo.database.corrections import save_correction
from convo.errors import ConfigError, SessionError
from convo.evaluation.cases import TalkCase
from convo.evaluation.writing import reader_name, write_talk_case
from convo.files import StageFile, as_json
from convo.pipeline.stages import InRoles, Place, load
from convo.report.files import session_file_name
from convo.transcript import Conversation, Passage, Segmentation


def check_phases(place: Place, table: Path | None) -> None:
    """All that can be known to be wrong with a ``table`` before the stages run.

    Raises:
        SessionError: it is no table of turns, or the recording was never processed.
    """
    if table is None:
        return
    read_rows(table)
    root, recording = place.data / "artefacts", place.recording
    if recording.recording_id not in {run.recording_id for run in current_runs(root)}:
        raise SessionError(
            f"{place.file.name} is not processed yet, so {table.name} cannot be about it: run "
            "`convo process` without --phases, then `convo turns`"
        )


def keep_phases(place: Place, in_roles: StageFile, found: StageFile, table: Path) -> None:
    """Keep the phases that a person put right in ``table``, by time, beside the machine's.

    Raises:
        SessionError: see :func:`convo.corrections.turn_table.read_phases`.
    """
    turns = [turn.shown for turn in load(place, in_roles, InRoles).turns]
    labels = read_phases(table, turns, load(place, found, Segmentation))
    said = as_json(anchors(turns, labels)).decode()
    save_correction(place.data / "artefacts", place.recording.recording_id, "phases", said)


def write_cases(conversations: Iterable[Conversation], folder: Path) -> int:
    """Write every session whose phases a person put right as a case of ``folder``; how many.

    Raises:
        ConfigError: the folder holds something already.
        SessionError: there is no such session.
        StoreError: the folder cannot be written.
    """
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise ConfigError(f"{folder} is there and not an empty folder: name a new one")
    chosen = [c for c in conversations if c.segmentation.confirmed]
    if not chosen:
        raise SessionError(
            "nobody has put right the phases of a session yet: begin with `convo turns`"
        )
    for conversation in chosen:
        meeting = conversation.session
        about = {"coach": meeting.coach, "coachee": meeting.coachee, "session": meeting.number}
        write_talk_case(folder, _case(conversation), about)
    return len(chosen)


def _case(conversation: Conversation) -> TalkCase:
    meeting, phases = conversation.session, conversation.segmentation
    who = phases.confirmed.who if phases.confirmed else ""
    name = session_file_name(meeting, conversation.recording.short_id)
    # what is private is in no case, and then its phase is in none either
    open_talk = [turn.passage is not Passage.PRIVATE for turn in conversation.turns]
    turns = tuple(compress(conversation.turns, open_talk))
    turns = tuple(replace(turn, number=n) for n, turn in enumerate(turns, start=1))
    readings = {reader_name(who): tuple(compress(phases.labels(), open_talk))}
    return TalkCase(Path(name).stem, turns, readings, meeting.programme)
