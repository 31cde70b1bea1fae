"""From session to session: what of one session the next one speaks about.

The next session is the next by date of the same two people in the same programme. Nothing of this
is kept with a recording: it changes when a session comes in between.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import Path

from convo.between import FollowUp
from convo.conversation.private import without_private
from convo.database.artefacts import current_runs, read_conversation
from convo.pipeline import shipped
from convo.reservation import store
from convo.transcript import Conversation, Session


@dataclass(frozen=True, slots=True)
class Step:
    """Two sessions in a row, and one follow-up for each activity of the earlier one."""

    earlier: Conversation
    later: Conversation
    follow_ups: tuple[FollowUp, ...]


def steps(conversations: Iterable[Conversation]) -> tuple[Step, ...]:
    """All steps between sessions of the same people in the same programme."""
    ordered = sorted(conversations, key=lambda c: (_pair(c.session), c.session.date, _number(c)))
    found = []
    for _, group in groupby(ordered, key=lambda c: _pair(c.session)):
        for earlier, later in pairwise(group):
            linked = shipped.follow_ups(earlier.activities, earlier.turns, later.turns)
            found.append(Step(earlier, later, linked))
    return tuple(found)


def _pair(session: Session) -> tuple[str, str, str]:
    return session.coachee, session.coach, session.programme


def _number(conversation: Conversation) -> tuple[int, str]:
    return conversation.session.number, conversation.recording.recording_id


def note_follow_ups(
    data: Path,
    found: Sequence[Conversation] | None = None,
    linked: Sequence[Step] | None = None,
) -> None:
    """Show in the store what of each session the next one speaks about.

    ``found`` are all sessions of some coachees, without it all sessions that are kept; ``linked``
    are their :func:`steps`.

    Raises:
        StoreError: an artefact is damaged, or the store cannot be written.
    """
    if found is None:
        runs = current_runs(data / "artefacts")
        found = [without_private(read_conversation(run.folder)) for run in runs]
    rows = [
        (step.later.recording.recording_id, step.earlier.recording.recording_id, one)
        for step in (steps(found) if linked is None else linked)
        for one in step.follow_ups
    ]
    store(data).note_follow_ups([c.recording.recording_id for c in found], rows)
