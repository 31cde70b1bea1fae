"""What is printed on stdout when a session is done, and the table over several."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table

from convo.cli import shared
from convo.report.activities import activity_views, follow_up_views
from convo.report.progression import progression_headings, progression_rows
from convo.report.table3 import lines_of, table_of
from convo.report.wording import (
    in_terminal,
    local_day,
    long_date,
    put_right,
    with_own_names,
)
from convo.transcript import Conversation, Role

if TYPE_CHECKING:
    from convo.outcome import Outcome
    from convo.sequence.engagement import EngagementPath
    from convo.sequence.following import Step


def session_lines(data: Path, result: Outcome) -> Iterator[str]:
    """A few lines on one finished session: its shares, what to review, where the report is."""
    from convo.answers import clips
    from convo.conversation.private import without_private
    from convo.database.artefacts import read_conversation
    from convo.database.deletions import last_deletion

    conversation = without_private(read_conversation(data / result.folder))
    meeting = conversation.session
    yield (
        f"Session {meeting.number} of {meeting.coachee} with {meeting.coach}, "
        f"{long_date(meeting.date)} ({result.recording.duration / 60:.0f} min)"
    )
    whole = {share.role: share for share in conversation.shares if share.phase is None}
    coach, coachee = whole.get(Role.COACH), whole.get(Role.COACHEE)
    if coach and coachee and coach.percent is not None:
        yield (
            f"  words: coach {coach.percent} %, coachee {coachee.percent} % of {coach.total:,}"
            f" ({coach.unattributed} more given to neither)"
        )
    if gone := last_deletion(data, conversation.recording.recording_id, "session"):
        yield f"  this recording was deleted on {local_day(gone.begun_at)}: it is a new session now"
    if put_right(conversation):
        yield f"  phases: {put_right(conversation)}"
    remedies = {remedy.reason: remedy for remedy in conversation.remedies}
    for reason in conversation.review:
        yield f"  needs a look: {with_own_names(reason, conversation)}"
        if reason in remedies:
            yield "    {}: {}".format(*in_terminal(remedies[reason], result.recording))
    for speaker, clip in clips(data, conversation).items():
        yield f"  {speaker} sounds like this: {clip}"
    yield f"  report: {data / result.report}"


def show_table(path: EngagementPath, named: bool) -> None:
    """What the two did, phase by phase and session by session, with turns; then their own words."""
    told = table_of(path, named)
    shared.say()
    title = f"What the two did {told.title.lower()}".strip() if named else "What the two did"
    shared.say(title, style="bold")
    for words, text in told.parts:
        shared.say(f"  {words}: {text}")
    for row in told.rows:
        shared.say(row.name, style="bold")
        for cell in row.cells:
            for number, line in enumerate(lines_of(cell)):
                shared.say(f"  {'' if number else cell.session:<10} {line}")


def table_json(found: Sequence[EngagementPath]) -> list[dict[str, object]]:
    """The same for a program: one object a line of a cell."""
    return [
        {
            "coach": path.who.coach,
            "programme": path.who.programme,
            "session": row.conversation.session.number,
            "phase": one.phase.value,
            "kind": "fact" if one.is_fact else "candidates",
            "grade": one.grade,
            "text": one.text,
            "turns": list(one.turns) or [n for moment in one.moments for n in moment.turns],
            "confirmed": len(one.confirmed),
            "candidates": len(one.open),
        }
        for path in found
        for row in path.rows
        for one in row.statements
    ]


def show_agreed(sessions: Sequence[Conversation], steps: Sequence[Step]) -> None:
    """What was perhaps agreed in each session, and whether the next one speaks about it."""
    after = {step.earlier.recording.recording_id: step for step in steps}
    if not any(one.activities for one in sessions):
        return
    shared.say()
    shared.say("Inter-sessional activities (candidates)", style="bold")
    for one in sessions:
        step = after.get(one.recording.recording_id)
        later = follow_up_views(one, step.later, step.follow_ups) if step else ()
        for number, view in enumerate(activity_views(one)):
            said = view.quotes[-1]
            place = f"turn {said.turn}{f', {said.place}' if said.place else ''}"
            words = f"; session {step.later.session.number}: {later[number].words}" if step else ""
            shared.say(f"  Session {one.session.number}: “{said.text}” ({place}){words}")


def show_progression(conversations: Sequence[Conversation]) -> None:
    """Phases by sessions and, last, the contribution: coach/coachee in % of the words."""
    meeting = conversations[0].session
    shared.say(f"{meeting.coachee} with {meeting.coach}: words of coach/coachee in %", style="bold")
    table = Table()
    table.add_column("")
    for heading in progression_headings(conversations):
        table.add_column(heading, justify="right")
    *phases, contribution = progression_rows(conversations)
    for row in phases:
        table.add_row(row.label, *row.cells)
    table.add_section()
    table.add_row(contribution.label, *contribution.cells, style="bold")
    shared.out.print(table)
    right = [c for c in conversations if put_right(c)]
    for conversation in right:
        shared.say(f"Phases of session {conversation.session.number}: {put_right(conversation)}.")
    absent = "–: not found in that session"
    if any(conversation.segmentation.without for conversation in conversations):
        absent += ", or not looked for"
    suggested = "Phases are provisional suggestions.  " if len(right) < len(conversations) else ""
    shared.say(f"{suggested}{absent}.")
    shared.say("withheld: too few words, or too unsure where the phase begins and ends.")
