"""Report files in a folder: their names, and how they are found again."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

from convo.transcript import Session

_HEAD_CHARACTERS = 20_000
_SLUG_CHARACTERS = 40


def slug(name: str) -> str:
    """The letters and digits of ``name`` in any script, fit for a file name on every system.

    >>> slug("Ms. Hannah O'Brien"), slug("王小明"), slug("../..")
    ('ms-hannah-o-brien', '王小明', 'unnamed')
    """
    plain = unicodedata.normalize("NFC", name).lower()
    letters = "".join(
        c if unicodedata.category(c)[0] in "LMN" else " "
        for c in unicodedata.normalize("NFC", plain)
    )
    return "-".join(letters.split())[:_SLUG_CHARACTERS].strip("-") or "unnamed"


def session_file_name(session: Session, short_id: str) -> str:
    """A name that stays the same for one recording of one session.

    >>> from datetime import date
    >>> session_file_name(Session("Hannah", "Maeve", 3, date(2025, 3, 4)), "9f86d081884c7d65")
    'hannah-session-03-9f86d081.html'
    """
    return f"{slug(session.coachee)}-session-{session.number:02}-{short_id[:8]}.html"


def progression_file_name(coachee: str) -> str:
    """A name that differs for every coachee, also for two whose names are spelt alike.

    >>> progression_file_name("Hannah")
    'hannah-progression-79cb79.html'
    """
    name = unicodedata.normalize("NFC", coachee)
    return f"{slug(name)}-progression-{hashlib.sha256(name.encode()).hexdigest()[:6]}.html"


@dataclass(frozen=True, slots=True)
class ReportFile:
    """One report found in a folder: of a "session", or a "progression"."""

    path: Path
    kind: str
    coachee: str


class _Head(HTMLParser):
    """Collects the ``convo:`` entries of a report's head."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        name = named.get("name") or ""
        if tag == "meta" and name.startswith("convo:"):
            self.found[name.removeprefix("convo:")] = named.get("content") or ""


def _described(path: Path) -> ReportFile | None:
    try:
        with path.open(encoding="utf-8") as file:
            start = file.read(_HEAD_CHARACTERS)
    except (OSError, UnicodeDecodeError):
        return None
    head = _Head()
    head.feed(re.split(r"<style|</head", start, maxsplit=1)[0])
    found = head.found
    return ReportFile(path, found["kind"], found.get("coachee", "")) if "kind" in found else None


def find_report(folder: Path, report_id: str) -> ReportFile | None:
    """The report of that id, None if there is none: an id never leads out of ``folder``."""
    plain = all(c == "-" or unicodedata.category(c)[0] in "LMN" for c in report_id)
    path = folder / f"{report_id}.html"
    return _described(path) if plain and path.is_file() else None


def reports_of(folder: Path, short_id: str) -> tuple[ReportFile, ...]:
    """All session reports on one recording, outdated ones included."""
    ending = f"-{short_id[:8]}.html"
    described = [_described(path) for path in folder.glob("*.html") if path.name.endswith(ending)]
    return tuple(report for report in described if report is not None)


def progressions_of(folder: Path, coachee: str) -> tuple[ReportFile, ...]:
    """The reports over the sessions of a coachee, those over a part of them included."""
    # the name of a part comes after that of the coachee
    described = [_described(path) for path in folder.glob(f"{slug(coachee)}*-progression-*.html")]
    return tuple(r for r in described if r and (r.kind, r.coachee) == ("progression", coachee))
