"""What is printed on stdout when a session is done, and the table over several."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table

from convo.report.progression import progression_headings, progression_rows
from convo.report.wording import long_date
from convo.transcript import Conversation, Role

if TYPE_CHECKING:
    from convo.outcome import Outcome


def session_lines(data: Path, result: Outcome) -> Iterator[str]:
    """A few lines on one finished session: its shares, what to review, where the report is."""
    from convo.database.artefacts import read_conversation
    from convo.outcome import clips

    conversation = read_conversation(data / result.folder)
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
    for reason in conversation.review:
        yield f"  needs a look: {reason}"
    for speaker, clip in clips(data, conversation).items():
        yield f"  {speaker} sounds like this: {clip}"
    yield f"  report: {data / result.report}"


def progression_table(conversations: Sequence[Conversation]) -> Table:
    """Phases by sessions, and the contribution in the last row: coach/coachee in % of the words."""
    meeting = conversations[0].session
    table = Table(
        title=f"{meeting.coachee} with {meeting.coach}: words of coach/coachee in %",
        title_justify="left",
        caption="Phases are provisional suggestions. –: not found in that session.",
        caption_justify="left",
    )
    table.add_column("")
    for heading in progression_headings(conversations):
        table.add_column(heading, justify="right")
    rows = progression_rows(conversations)
    for row in rows:
        last = row is rows[-1]
        table.add_row(row.label, *row.cells, style="bold" if last else None, end_section=last)
        if len(rows) > 1 and row is rows[-2]:
            table.add_section()
    return table
