"""Lists for whoever looks through what is kept: of sessions, and of rows of one kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from convo.database.store import Store
from convo.transcript import Session

_SESSIONS = """
    select s.coachee, s.coach, s.number, s.date, s.programme, s.recording_id,
           round(r.duration_s / 60, 1), v.recording_id is not null
    from session s join recording r using (recording_id)
    left join (select distinct recording_id from review) v using (recording_id)
    order by lower(s.coachee), s.coachee, s.date, s.number"""


@dataclass(frozen=True, slots=True)
class Listed:
    """One kept session in a list; ``minutes`` is its length."""

    session: Session
    recording_id: str
    minutes: float
    needs_review: bool

    @property
    def short_id(self) -> str:
        """The name of its folder, and of it in addresses."""
        return self.recording_id[:16]


@dataclass(frozen=True, slots=True)
class Source:
    """Where rows come from: the ``table`` that has as many, what to read, in which order."""

    table: str
    rows: str
    order: str


SESSIONS = Source("session", "v_session", "session")
TURNS = Source("turn", "v_turn", "turn")
PHASES = Source("phase_span", "v_phase", "position")
ACTIVITIES = Source("activity", "v_activity", "position")
SHARES = Source(
    "share",
    """(
    select phase, * exclude (phase) from v_phase_share
    union all by name select null as phase, * from v_talk_share)""",
    "phase nulls first, role",
)
MEASURES = Source(
    "measure",
    """(
    select s.coachee, s.coach, s.programme, s.number as session, m.*
    from measure m join session s using (recording_id))""",
    "metric, phase nulls first, role",
)


def sessions(store: Store) -> list[Listed]:
    """All kept sessions by coachee and date.

    Raises:
        StoreError: the store cannot be read.
    """
    return [
        Listed(Session(coachee, coach, number, date, programme), recording, minutes, review)
        for coachee, coach, number, date, programme, recording, minutes, review in store.rows(
            _SESSIONS
        )
    ]


def counts(store: Store, source: Source) -> dict[str, int]:
    """How many rows every recording has.

    Raises:
        StoreError: the store cannot be read.
    """
    query = f"select recording_id, count(*) from {source.table} group by recording_id"
    return dict(store.rows(query))


def rows(
    store: Store,
    source: Source,
    columns: Sequence[str],
    recordings: Sequence[str],
    limit: int,
    offset: int,
) -> list[tuple[Any, ...]]:
    """So many rows of ``recordings``, in their order, after the first ``offset``.

    Raises:
        StoreError: the store cannot be read.
    """
    # Written out, DuckDB looks only at the parts of the views that hold them.
    listed = ", ".join(f"'{one}'" for one in recordings if one.isalnum())
    return store.rows(
        f"select {', '.join(columns)} from {source.rows} where recording_id in ({listed}) "
        f"order by list_position($ids, recording_id), {source.order} limit $limit offset $offset",
        {"ids": list(recordings), "limit": limit, "offset": offset},
    )
