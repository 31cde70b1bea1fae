"""The small tables of the store, made from the manifest of a run and what people corrected."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from convo.database.columns import Row, arrow_table
from convo.database.corrections import Correction, in_force
from convo.database.manifest import Run
from convo.database.notes import Note, current

if TYPE_CHECKING:
    import pyarrow as pa

Facts = Mapping[str, Any]

_RECORDING = (
    {"name": "text", "duration_s": "real", "channels": "int", "sample_rate_hz": "int"}
    | {"container": "text", "bytes": "long", "language": "text", "language_probability": "real"}
    | {"engine": "text", "model": "text", "diarization": "text", "phase_method": "text"}
    | {"speech_s": "real", "wordless_s": "real", "redecoded_s": "real"}
    | {"run": "text", "made_by": "text", "processed_at": "time"}
    | {"phases_by": "text", "phases_on": "date"}
)
_SESSION = {"coachee": "text", "coach": "text", "programme": "text", "number": "int"} | {
    "date": "date"
}
_ACTIVITY = (
    {"position": "int", "start_turn": "int", "end_turn": "int", "set_turn": "int"}
    | {"led": "text", "type": "text", "raised_by": "text", "term": "text", "framing": "text"}
    | {"rushed": "flag", "specific": "int", "response": "text", "load": "flag"}
    | {"probability": "real", "said_by": "text"}
)
_ANNOTATION = {"position": "int", "phase": "text", "text": "text", "who": "text"} | {
    "written_at": "time",
    "is_current": "flag",
}
_CORRECTION = {
    "position": "int",
    "name": "text",
    "kind": "text",
    "value": "text",
    "who": "text",
} | {"said_at": "time", "in_force": "flag"}
_CHANGE = {"position": "int", "kind": "text", "who": "text", "day": "date"} | {
    "times": "int",
    "words": "int",
}
_PASSAGE = {"position": "int", "kind": "text", "start_s": "real", "end_s": "real"} | {
    "counted": "flag"
}
_ROLE = {"speaker": "text", "role": "text", "probability": "real", "source": "text"} | {
    "evidence": "texts"
}


def fact_tables(run: Run, corrections: Iterable[Correction]) -> dict[str, pa.Table]:
    """One Arrow table for every table of the store that has no Parquet file, by its name."""
    facts = run.facts
    return {
        "recording": arrow_table(_RECORDING, [_recording(run)]),
        "session": arrow_table(_SESSION, [_session(run)]),
        "role": arrow_table(_ROLE, _roles(facts["roles"])),
        "activity": arrow_table(_ACTIVITY, _activities(facts)),
        "wordless": arrow_table({"start_s": "real", "end_s": "real"}, _wordless(facts)),
        "review": arrow_table({"position": "int", "about": "text", "reason": "text"}, _review(run)),
        "provenance": arrow_table(
            {"key": "text", "value": "text"}, sorted(facts["provenance"].items())
        ),
        "correction": arrow_table(_CORRECTION, _corrections(tuple(corrections))),
        "change": arrow_table(_CHANGE, _changes(facts)),
        "passage": arrow_table(_PASSAGE, _passages(facts)),
    }


def annotation_table(notes: Sequence[Note]) -> pa.Table:
    """What people wrote into the cells of the table over the sessions."""
    counts = current(tuple(notes)).values()
    return arrow_table(
        _ANNOTATION,
        (
            (position, note.phase, note.text, note.who, _utc(note.when), note in counts)
            for position, note in enumerate(notes, start=1)
        ),
    )


def _utc(when: datetime) -> datetime:
    return when.astimezone(UTC).replace(tzinfo=None)


def phase_tables(run: Run, machine: Mapping[str, pa.Table]) -> dict[str, pa.Table]:
    """The phases that count: a person's if somebody put them right, else the machine's."""
    phases = run.facts["segmentation"]
    names = {"phase_span": "machine_phase_span", "boundary": "machine_boundary"}
    if not phases.get("confirmed"):
        return {name: machine[found] for name, found in names.items()}
    spans = [span | {"position": n} for n, span in enumerate(phases["spans"], start=1)]
    columns = {"before": "phase_before", "after": "phase_after"}
    columns |= {"earliest": "earliest_turn", "latest": "latest_turn"}
    changes = [{columns.get(k, k): v for k, v in one.items()} for one in phases["boundaries"]]
    rows = {"phase_span": spans, "boundary": changes}
    return {
        name: type(machine[found]).from_pylist(rows[name], schema=machine[found].schema)
        for name, found in names.items()
    }


def _recording(run: Run) -> Row:
    facts = run.facts
    confirmed = facts["segmentation"].get("confirmed") or {}
    day = confirmed.get("day")
    recording, words, coverage = facts["recording"], facts["transcription"], facts["coverage"]
    file = ("name", "duration", "channels", "sample_rate", "container", "bytes")
    return (
        *(recording[key] for key in file),
        *(words[key] for key in ("language", "language_probability", "engine", "model")),
        facts["diarization"]["source"],
        facts["segmentation"]["method"],
        *(coverage[key] for key in ("speech_seconds", "wordless_seconds", "redecoded_seconds")),
        run.name,
        run.made_by,
        run.created_at.astimezone(UTC).replace(tzinfo=None),
        confirmed.get("who"),
        date.fromisoformat(day) if day else None,
    )


def _session(run: Run) -> Row:
    session = run.session
    return session.coachee, session.coach, session.programme, session.number, session.date


def _roles(roles: Facts) -> Iterable[Row]:
    for speaker, role in sorted(roles["roles"].items()):
        yield speaker, role, roles["probability"], roles["source"], roles["evidence"]


def _activities(facts: Facts) -> Iterable[Row]:
    for position, one in enumerate(facts.get("activities", ()), start=1):
        yield position, *(one[key] for key in list(_ACTIVITY)[1:-1]), one.get("by")


def _corrections(said: Sequence[Correction]) -> Iterable[Row]:
    counting = {one.name for one in in_force(said)}
    for position, one in enumerate(said, start=1):
        when = one.when.astimezone(UTC).replace(tzinfo=None)
        yield position, one.name, one.kind, _open(one), one.who, when, one.name in counting


def _open(one: Correction) -> str:
    """What was said, but for what a person typed: it may be private now or later."""
    if one.kind != "words":
        return one.value
    return json.dumps({key: v for key, v in json.loads(one.value).items() if key != "text"})


def _changes(facts: Facts) -> Iterable[Row]:
    made = (facts.get("corrected") or {}).get("changes", ())
    for position, one in enumerate(made, start=1):
        day = date.fromisoformat(one["day"])
        yield position, one["kind"], one["who"], day, one["times"], one["words"]


def _passages(facts: Facts) -> Iterable[Row]:
    marked = (facts.get("corrected") or {}).get("passages", ())
    for position, one in enumerate(marked, start=1):
        yield position, *(one[key] for key in ("kind", "start", "end", "counted"))


def _wordless(facts: Facts) -> Iterable[Row]:
    return (tuple(stretch) for stretch in facts["coverage"]["wordless"])


def _review(run: Run) -> Iterable[Row]:
    """Every reason once; the part of the pipeline that gave it is named where it is known."""
    facts = run.facts
    about = dict.fromkeys(facts["roles"]["review"], "roles")
    about |= dict.fromkeys(facts["segmentation"]["review"], "phases")
    for reason in facts["review"]:
        about.setdefault(reason, "session")
    return ((position, about[reason], reason) for position, reason in enumerate(about, start=1))
