"""What was deleted, by whom and when: a log that only grows, without a word of what it was.

Each deletion is announced before anything is touched, and told again when all is gone. One that
was announced and not told is unfinished: the program ended in the middle of it.
"""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

from convo.database.lines import append_line, damaged, read_lines

LOG = "deletions.jsonl"
FOLDER = "deleting"
"""What is on its way out lies here, for the time that the deletion takes."""
What = Literal["session", "sound"]


@dataclass(frozen=True, slots=True)
class Deletion:
    """One deletion; times are UTC, and without ``done_at`` it is unfinished.

    ``short_id`` are the first 16 characters of the recording's id. ``removed`` says in general
    words what was there. ``reason`` is what ``who`` wrote, mostly nothing.
    """

    name: str
    short_id: str
    what: What
    who: str
    begun_at: datetime
    reason: str = ""
    done_at: datetime | None = None
    removed: tuple[str, ...] = ()


def announce(
    data: Path, recording_id: str, what: What, who: str | None, reason: str = ""
) -> Deletion:
    """Say that a deletion begins; the one that was announced before, if it is unfinished.

    ``who`` is by default the name under which the user is logged in, or ``unknown``.

    Raises:
        StoreError: the log cannot be read or written; then nothing may be deleted.
    """
    known = (one for one in unfinished(data) if one.short_id == recording_id[:16])
    for one in known:
        if one.what == what:
            return one
    made = Deletion(
        uuid4().hex[:12], recording_id[:16], what, who or _user(), datetime.now(UTC), reason.strip()
    )
    begun = {"begun": made.name, "recording": made.short_id, "what": what, "who": made.who}
    append_line(data / LOG, begun | {"when": made.begun_at.isoformat(), "reason": made.reason})
    return made


def conclude(data: Path, deletion: Deletion, removed: Sequence[str]) -> Deletion:
    """Say that all of it is gone.

    Raises:
        StoreError: the log cannot be written.
    """
    done = replace(deletion, done_at=datetime.now(UTC), removed=tuple(removed))
    told = {
        "done": done.name,
        "removed": list(removed),
        "when": (done.done_at or done.begun_at).isoformat(),
    }
    append_line(data / LOG, told)
    return done


def deletions(data: Path) -> tuple[Deletion, ...]:
    """All of them, oldest first.

    Raises:
        StoreError: a line is damaged.
    """
    found: dict[str, Deletion] = {}
    for line in read_lines(data / LOG):
        try:
            _take(found, line)
        except (KeyError, TypeError, ValueError) as error:
            raise damaged(data / LOG, str(line)) from error
    return tuple(found.values())


def unfinished(data: Path) -> tuple[Deletion, ...]:
    """Those that were announced and not told to be done.

    Raises:
        StoreError: a line is damaged.
    """
    return tuple(one for one in deletions(data) if one.done_at is None)


def is_broken_off(data: Path) -> bool:
    """Whether something is left of a deletion, broken off or under way.

    Raises:
        StoreError: a line is damaged.
    """
    return (data / FOLDER).is_dir() or bool(unfinished(data))


def last_deletion(data: Path, recording_id: str, what: What) -> Deletion | None:
    """The latest one of a recording, if it was of this kind.

    So what was said of a session that was deleted does not hold for one that came in later.

    Raises:
        StoreError: a line is damaged.
    """
    of_it = [one for one in deletions(data) if one.short_id == recording_id[:16]]
    return of_it[-1] if of_it and of_it[-1].what == what else None


def _take(found: dict[str, Deletion], line: dict[str, Any]) -> None:
    when = datetime.fromisoformat(line["when"])
    if "done" in line:
        begun = found[line["done"]]
        found[begun.name] = replace(begun, done_at=when, removed=tuple(line["removed"]))
        return
    name = str(line["begun"])
    found[name] = Deletion(
        name, line["recording"], line["what"], line["who"], when, line.get("reason", "")
    )


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container or service without a user's name
        return "unknown"
