"""Cases written in the layout of :mod:`convo.evaluation.cases`."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from convo.conversation.media import MEDIA, is_played
from convo.conversation.spans import LETTERS, spans_of
from convo.evaluation.cases import TALK, TalkCase
from convo.files import write_atomically
from convo.transcript import Phase, Role, Turn

_COLUMNS = ("start_turn", "end_turn", "label", "f_sub", "cycle", "conf", "alt_turn", "note")
_LETTER = {phase: letter for letter, phase in LETTERS.items()}


def write_talk_case(folder: Path, case: TalkCase, about: Mapping[str, object]) -> None:
    """Write ``talk/<case_id>/turns.json`` and one ``phases-<reader>.csv`` a reading.

    Turns of nobody in particular become those of another person. ``about`` is added to
    ``turns.json`` for people, such as the names of the pair.

    Raises:
        StoreError: the folder cannot be written.
    """
    home = folder / TALK / case.case_id
    head = {"id": case.case_id, "kind": case.kind, **about}
    content = head | {"turns": [_turn(turn) for turn in case.turns]}
    text = json.dumps(content, ensure_ascii=False, indent=1)
    for reader, labels in case.readings.items():
        write_atomically(home / f"phases-{reader}.csv", _phases(labels).encode())
    write_atomically(home / "turns.json", text.encode())


def reader_name(who: str) -> str:
    r"""``who`` as it is, but for what a file name cannot hold.

    >>> reader_name("Zoë Müller"), reader_name("corp\\sam"), reader_name("..")
    ('Zoë_Müller', 'corp_sam', 'unknown')
    """
    return re.sub(r'[\\/:*?"<>|\s\x00-\x1f]+', "_", who).strip("._") or "unknown"


def _turn(turn: Turn) -> dict[str, object]:
    speaker = MEDIA if is_played(turn) else (turn.role or Role.OTHER).name
    row: dict[str, object] = {"speaker": speaker, "text": turn.text}
    times = {"start": turn.start, "end": turn.end}
    return row | {key: value for key, value in times.items() if value is not None}


def _phases(labels: Sequence[Phase]) -> str:
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for span in spans_of(labels):
        label = _LETTER[span.phase]
        writer.writerow((span.start_turn, span.end_turn, label, "", span.cycle, "", "", ""))
    return sink.getvalue()
