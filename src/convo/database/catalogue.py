"""What there is to ask for: tables and views with their columns, and questions to begin with.

Names and types come from the store itself, what they mean from ``docs/store.md``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from convo.database.store import Store
from convo.errors import StoreError
from convo.resources import resource

_COLUMNS = """
    select table_name, column_name, data_type from information_schema.columns
    where table_schema = 'main' and table_name <> 'schema_migration'
    order by table_name, ordinal_position"""
# What all views begin with is described once, before their table.
_SHARED = {
    "coachee": "who is coached",
    "coach": "who coaches",
    "programme": "name of the programme",
    "session": "number of the session in its sequence",
    "date": "day of the session",
    "recording_id": "SHA-256 of the recording, by which tables join",
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column; ``meaning`` is empty where its name says it all."""

    name: str
    kind: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table or view; ``row`` says what one row is."""

    name: str
    row: str
    columns: tuple[Column, ...]

    @property
    def is_view(self) -> bool:
        """Views are made for reading; tables are what they come from."""
        return self.name.startswith("v_")


@dataclass(frozen=True, slots=True)
class Example:
    """A question in words and in SQL."""

    words: str
    sql: str


def tables(store: Store) -> tuple[Table, ...]:
    """All views, then all tables, by name; none without a store."""
    try:
        rows = store.query(_COLUMNS).rows
    except StoreError:
        return ()
    said = _described()
    shared = said.get("v_talk_share", ("", {}))[1]
    found: dict[str, list[Column]] = {}
    for table, column, kind in rows:
        meanings = shared | said.get(str(table), ("", {}))[1]
        meaning = meanings.get(str(column)) or _SHARED.get(str(column), "")
        found.setdefault(str(table), []).append(Column(str(column), str(kind).lower(), meaning))
    listed = (Table(n, said.get(n, ("", {}))[0], tuple(columns)) for n, columns in found.items())
    return tuple(sorted(listed, key=lambda table: (not table.is_view, table.name)))


def examples(coachee: str = "") -> tuple[Example, ...]:
    """The questions of ``docs/store.md``, about ``coachee`` where they are about one.

    >>> examples()[0].words
    'Who said how much, session by session?'
    """
    if not coachee:
        return _examples()
    name = coachee.replace("'", "''")
    return tuple(Example(e.words, e.sql.replace("'Hannah'", f"'{name}'")) for e in _examples())


@cache
def _examples() -> tuple[Example, ...]:
    found = re.findall(r"^(\S[^\n]*(?:\n\S[^\n]*)*)\n\n```sql\n(.*?)\n```", _text(), re.S | re.M)
    return tuple(Example(_plain(" ".join(words.split())), sql) for words, sql in found)


@cache
def _described() -> dict[str, tuple[str, dict[str, str]]]:
    """Of every table: what one row is, and the meanings of columns that have one."""
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| (.*) \|$", _text(), re.M)
    return {
        name: (_plain(row), {c: _plain(m) for c, m in _MEANING.findall(columns) if m})
        for name, row, columns in rows
    }


_MEANING = re.compile(r"`(\w+)`(?: \(((?:[^()]|\([^()]*\))*)\))?")


def _plain(markdown: str) -> str:
    return markdown.replace("`", "")


def _text() -> str:
    return resource("docs/store.md").read_text(encoding="utf-8")
