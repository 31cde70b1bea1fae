"""Records of programmes in the data folder: every version is kept, dated, and none overwritten."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from pydantic import ValidationError

from convo.database.lines import append_line, damaged, read_lines
from convo.programme import ProgrammeRecord

FOLDER = "programmes"


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a record, and when it was handed over (UTC)."""

    record: ProgrammeRecord
    kept_at: datetime


def keep_programme(data: Path, record: ProgrammeRecord) -> Version:
    """Keep a version; the same as the last one is not kept twice.

    Raises:
        StoreError: the folder cannot be written.
    """
    kept = versions(data, record.name)
    if kept and kept[-1].record == record:
        return kept[-1]
    version = Version(record, datetime.now(UTC))
    line = record.model_dump(mode="json") | {"kept_at": version.kept_at.isoformat()}
    append_line(_path(data, record.name), line)
    return version


def versions(data: Path, name: str) -> tuple[Version, ...]:
    """All versions of a programme's record by the day from which they hold; none if none is kept.

    Of two for the same day only the one handed over last counts.

    Raises:
        StoreError: a line is damaged.
    """
    return _in_force(_read(_path(data, name)))


def all_programmes(data: Path) -> dict[str, tuple[Version, ...]]:
    """The versions of all programmes, by name."""
    files = sorted((data / FOLDER).glob("*.jsonl")) if (data / FOLDER).is_dir() else []
    found = (_in_force(_read(path)) for path in files)
    return {kept[-1].record.name: kept for kept in found if kept}


def record_on(kept: tuple[Version, ...], day: date) -> ProgrammeRecord | None:
    """The version that holds on ``day``; before the first one that first one; None if none is."""
    if not kept:
        return None
    held = [one.record for one in kept if one.record.since <= day]
    return held[-1] if held else kept[0].record


def _in_force(read: Iterator[Version]) -> tuple[Version, ...]:
    by_day = {one.record.since: one for one in read}
    return tuple(by_day[day] for day in sorted(by_day))


def _read(path: Path) -> Iterator[Version]:
    for line in read_lines(path):
        try:
            kept_at = datetime.fromisoformat(line.pop("kept_at"))
            yield Version(ProgrammeRecord.model_validate(line), kept_at)
        except (ValidationError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise damaged(path, str(line)) from error


def _path(data: Path, name: str) -> Path:
    """Named by a hash: a programme's name may hold anything."""
    return data / FOLDER / f"{hashlib.sha256(name.encode()).hexdigest()[:16]}.jsonl"
