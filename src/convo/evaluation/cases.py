"""Cases: recordings with a reference transcript, and transcripts that readers have marked.

::

    FOLDER/speech/<id>/   recording.*   turns.json   speakers.rttm?
    FOLDER/talk/<id>/     turns.json    phases-<reader>.csv ...    codes.csv?    recording.*?
                          activities-<reader>.csv? ...    followups-<reader>.csv? ...

``FOLDER`` may also be the ``speech`` or ``talk`` folder itself, or the folder of one case. Other
files are left alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from convo.conversation.media import MEDIA
from convo.conversation.spans import LETTERS
from convo.errors import EvaluationError, TranscriptError, did_you_mean
from convo.evaluation.agreed import Agreed, read_agreed
from convo.evaluation.codes import ExpertCode, read_codes
from convo.evaluation.marks import marks, turn_number
from convo.transcript import Phase, Role, SpeakerSegment, Turn

ROLES = {"COACH": Role.COACH, "COACHEE": Role.COACHEE, "OTHER": Role.OTHER, MEDIA: Role.OTHER}
LABELS = {**LETTERS, **{phase.value: phase for phase in Phase}}
SPEECH, TALK = "speech", "talk"
_PHASE_COLUMNS = ("start_turn", "end_turn", "label")


@dataclass(frozen=True, slots=True)
class SpeechCase:
    """A recording and what was said in it; ``segments``: exact speaker times, if known.

    ``kind`` groups cases that are alike; it is empty when ``turns.json`` does not name one.
    """

    case_id: str
    recording: Path
    turns: tuple[Turn, ...]
    kind: str = ""
    segments: tuple[SpeakerSegment, ...] | None = None


@dataclass(frozen=True, slots=True)
class TalkCase:
    """A transcript with roles, and the phase of every turn as each reader marked it.

    ``codes`` are what experts say that turns do, by turn number; empty if nobody has coded them.
    ``agreed`` is what readers marked as agreed for between the sessions.
    """

    case_id: str
    turns: tuple[Turn, ...]
    readings: Mapping[str, tuple[Phase, ...]]
    kind: str = ""
    recording: Path | None = None
    codes: Mapping[int, ExpertCode] = field(default_factory=dict)
    agreed: Agreed = field(default_factory=Agreed)


@dataclass(frozen=True, slots=True)
class Cases:
    """All cases of one folder, in the order of their names."""

    folder: Path
    speech: tuple[SpeechCase, ...] = ()
    talk: tuple[TalkCase, ...] = ()

    @property
    def recorded_talk(self) -> tuple[SpeechCase, ...]:
        """The talk cases that have a recording, as cases of speech."""
        return tuple(
            SpeechCase(case.case_id, case.recording, case.turns, case.kind)
            for case in self.talk
            if case.recording is not None
        )


def read_cases(folder: Path) -> Cases:
    """All cases below ``folder``.

    Raises:
        EvaluationError: the folder has no cases, or a file in it contradicts the layout.
    """
    if not folder.is_dir():
        raise EvaluationError(f"{folder} is not a folder: name one that holds speech/ or talk/")
    parts = {kind: folder / kind for kind in (SPEECH, TALK) if (folder / kind).is_dir()}
    if not parts:
        parts = {_kind_of(folder): folder}
    cases = Cases(
        folder,
        speech=tuple(_speech_case(path) for path in _case_folders(parts.get(SPEECH))),
        talk=tuple(_talk_case(path) for path in _case_folders(parts.get(TALK))),
    )
    if not cases.speech and not cases.talk:
        raise EvaluationError(
            f"{folder} holds no cases: expected speech/<id>/turns.json or talk/<id>/turns.json"
        )
    return cases


def _kind_of(folder: Path) -> str:
    """What a folder without ``speech`` and ``talk`` holds: its name says so, or the files do."""
    if folder.name in (SPEECH, TALK):
        return folder.name
    folders = _case_folders(folder)
    if not any((path / "turns.json").is_file() for path in folders):
        raise EvaluationError(
            f"{folder} has neither speech/ nor talk/ nor cases with a turns.json: "
            "name the folder that holds them"
        )
    marked = any(_marked(path) for path in folders)
    return TALK if marked else SPEECH


def _marked(case: Path) -> bool:
    return any(case.glob("phases-*.csv"))


def _case_folders(folder: Path | None) -> list[Path]:
    """The folder itself when it is a case, otherwise the folders in it."""
    if folder is None:
        return []
    if (folder / "turns.json").is_file():
        return [folder]
    return sorted(p for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))


def _speech_case(case: Path) -> SpeechCase:
    head, turns = _read_turns(case / "turns.json")
    recording = _recording(case)
    if recording is None:
        raise EvaluationError(f"{case} has no recording: put the audio there as recording.wav")
    rttm = case / "speakers.rttm"
    segments = _read_rttm(rttm) if rttm.is_file() else None
    return SpeechCase(case.resolve().name, recording, turns, str(head.get("kind", "")), segments)


def _talk_case(case: Path) -> TalkCase:
    path = case / "turns.json"
    head, turns = _read_turns(path)
    if not turns:
        raise EvaluationError(f"{path} has no turns: take this case out, or fill it")
    turns = tuple(turn.played_by(_role(turn, path)) for turn in turns)
    files = sorted(case.glob("phases-*.csv"))
    if not files:
        raise EvaluationError(f"{case} has no phases-<reader>.csv: add at least one reading")
    readings = {f.stem.removeprefix("phases-"): _read_phases(f, len(turns)) for f in files}
    return TalkCase(
        case.resolve().name,
        turns,
        readings,
        kind=str(head.get("kind", "")),
        recording=_recording(case),
        codes=read_codes(case / "codes.csv", len(turns)),
        agreed=read_agreed(case, head, len(turns)),
    )


def _recording(case: Path) -> Path | None:
    found = sorted(p for p in case.glob("recording.*") if p.is_file())
    if len(found) > 1:
        names = ", ".join(p.name for p in found)
        raise EvaluationError(f"{case} has more than one recording ({names}): keep one")
    return found[0] if found else None


def _read_turns(path: Path) -> tuple[Mapping[str, object], tuple[Turn, ...]]:
    """What stands beside the turns, and the turns."""
    if not path.is_file():
        raise EvaluationError(f"{path.parent} has no turns.json: a case needs its reference turns")
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise EvaluationError(f"{path} is not readable JSON ({error}): correct it") from error
    rows = content.get("turns") if isinstance(content, dict) else None
    if not isinstance(rows, list):
        raise EvaluationError(f'{path} has no list of turns: expected {{"turns": [...]}}')
    turns = tuple(_turn(row, number, path) for number, row in enumerate(rows, start=1))
    return {key: value for key, value in content.items() if key != "turns"}, turns


def _turn(row: Any, number: int, path: Path) -> Turn:
    where = f"turn {number} of {path}"
    if not isinstance(row, dict):
        raise EvaluationError(f"{where} is {row!r}: expected an object with speaker and text")
    for key in ("speaker", "text"):
        if not isinstance(row.get(key), str):
            raise EvaluationError(f"{where} has no {key}: every turn needs a speaker and a text")
    start, end = (_time(row, key, where) for key in ("start", "end"))
    if start is not None and end is not None and end < start:
        raise EvaluationError(f"{where} runs from {start} to {end} s: times must not run backwards")
    return Turn(number, row["speaker"], row["text"], start, end)


def _time(row: Mapping[str, Any], key: str, where: str) -> float | None:
    value = row.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
        raise EvaluationError(f"{where} has {key}={value!r}: expected seconds from the start")
    return float(value)


def _role(turn: Turn, path: Path) -> Role:
    speaker = turn.speaker or ""
    if speaker not in ROLES:
        raise EvaluationError(
            f"turn {turn.number} of {path} is by {speaker!r}: {did_you_mean(speaker, ROLES)}"
        )
    return ROLES[speaker]


def _read_rttm(path: Path) -> tuple[SpeakerSegment, ...]:
    """Lines ``SPEAKER <file> <channel> <onset> <duration> <NA> <NA> <speaker> <NA> <NA>``."""
    segments = []
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").splitlines(), start=1):
        fields = line.split()
        if not fields or fields[0] != "SPEAKER":
            continue
        try:
            start, duration, speaker = float(fields[3]), float(fields[4]), fields[7]
            segments.append(
                SpeakerSegment(round(start, 3), round(start + duration, 3), speaker),
            )
        except (IndexError, ValueError, TranscriptError) as error:
            raise EvaluationError(
                f"line {number} of {path} is not RTTM ({line.strip()!r}): "
                "expected SPEAKER file channel onset duration <NA> <NA> speaker"
            ) from error
    if not segments:
        raise EvaluationError(f"{path} has no SPEAKER lines: take the file out, or fill it")
    return tuple(segments)


def _read_phases(path: Path, turns: int) -> tuple[Phase, ...]:
    """The label of every turn; spans must cover all turns, once, in order (codebook rule A6)."""
    labels: list[Phase] = []
    for where, row in marks(path, _PHASE_COLUMNS):
        start, end = (turn_number(row, key, where) for key in ("start_turn", "end_turn"))
        label = row["label"].strip()
        if label not in LABELS:
            raise EvaluationError(f"{where} has the label {label!r}: use O, S, C or F")
        if not 1 <= start <= end <= turns:
            raise EvaluationError(
                f"{where} runs from turn {start} to {end}: turns.json has turns 1 to {turns}"
            )
        if start != len(labels) + 1:
            raise EvaluationError(
                f"{where} starts at turn {start} where turn {len(labels) + 1} comes next: "
                "every turn must be in exactly one span"
            )
        labels += [LABELS[label]] * (end - start + 1)
    if len(labels) < turns:
        raise EvaluationError(
            f"{path} ends at turn {len(labels)} of {turns}: every turn must be in one span"
        )
    return tuple(labels)
