"""Putting a session right: each change is kept with who and when, and every figure follows."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from pathlib import Path
from time import sleep
from typing import Annotated, Any, Literal

from fastapi import APIRouter, BackgroundTasks, Depends, Form, HTTPException, Request, Response

from convo.corrections import correcting, recomputing
from convo.database.corrections import Correction
from convo.errors import ConvoError
from convo.report.shares import share_lines
from convo.report.wording import phase_names
from convo.transcript import Conversation, Passage, Phase, Session
from convo.web import pages
from convo.web.access import Viewer, Who, by, may_change
from convo.web.desk import Desk
from convo.web.history import entries
from convo.web.kept import Kept, KeptSession, kept_now, run_of
from convo.web.pages import AtDesk

router = APIRouter()
_log = logging.getLogger(__name__)
_EDGE = 0.001
"""Seconds after the end of a turn that still belong to its last word, which may have no length."""
_PAUSE_S = 1.0
"""Before reports are written: the page of who made the correction is read again first."""
Second = Annotated[float, Form()]
Done = dict[str, str | bool]


@dataclass(frozen=True, slots=True)
class Change:
    """A session that somebody may put right, and how to do it."""

    desk: Desk
    kept: Kept
    who: Who
    seen: str
    afterwards: BackgroundTasks

    def make(self, said: Callable[..., Correction], *values: Any, told: str) -> Done:
        """Keep one correction, make all that follows from it, and say what came of it."""
        recording = self.kept.run.recording_id
        said(self.desk.data, recording, *values, self.by)
        recomputing.recount(self.desk.data, recording)
        after = kept_now(run_of(self.kept.short_id, self.desk, self.who), self.who)
        before = self.kept
        hides = bool(_hidden(after.conversation) - _hidden(before.conversation))
        self._write_reports(hides or after.run.session != before.run.session)
        return {
            "version": after.version,
            "told": f"{told} {_effect(self.kept.conversation, after.conversation)}".strip(),
            "overtaken": self.seen != self.kept.version,
        }

    def _write_reports(self, now: bool) -> None:
        """At once if something must be in no report any more, else in a quiet moment."""
        about = self.desk.data, self.kept.run.recording_id
        if now:
            recomputing.write_due_reports(*about)
        else:
            self.afterwards.add_task(_write_soon, *about)

    @property
    def by(self) -> str | None:
        """Under what name it is kept; None is the name of whoever uses this computer."""
        return by(self.who)


def change(
    kept: KeptSession,
    desk: AtDesk,
    who: Who,
    afterwards: BackgroundTasks,
    version: Annotated[str, Form()] = "",
) -> Change:
    """The session of an address, if ``who`` may put it right; ``version`` is what they saw."""
    if not may_change(who, kept.run.session):
        raise HTTPException(403, "Only the two speakers of a session may put it right.")
    return Change(desk, kept, who, version, afterwards)


def check_stays(who: Viewer, after: Session) -> None:
    """Let nobody give away a session that is theirs; whoever runs the page may."""
    if not may_change(who, after):
        raise HTTPException(
            403,
            f"You are the {who.role} of this session, and it would not be yours any more: ask the "
            "person who runs this page to put that right.",
        )


Asked = Annotated[Change, Depends(change)]
_AT = "/sessions/{short_id}/corrections"


@router.post(f"{_AT}/speaker")
def speaker(asked: Asked, start: Second, end: Second, speaker: Annotated[str, Form()] = "") -> Done:
    """These turns were said by ``speaker``; empty: by nobody known."""
    told = "These words have another speaker now." if speaker else "These words are nobody’s now."
    return asked.make(correcting.reassign, start, end + _EDGE, speaker or None, told=told)


@router.post(f"{_AT}/words")
def words(asked: Asked, start: Second, end: Second, text: Annotated[str, Form()] = "") -> Done:
    """This was said in the turn from ``start`` to ``end``."""
    return asked.make(
        correcting.edit_words, start, end + _EDGE, text, told="The words are changed."
    )


@router.post(f"{_AT}/split")
def split(asked: Asked, at: Second) -> Done:
    """A turn begins with the word that starts at ``at``."""
    return asked.make(correcting.split_turn, at, told="A turn begins here now.")


@router.post(f"{_AT}/join")
def join(asked: Asked, at: Second) -> Done:
    """The turn that starts at ``at`` belongs to the one before it."""
    return asked.make(correcting.merge_turns, at, told="The two turns are one now.")


@router.post(f"{_AT}/phase")
def phase(
    asked: Asked,
    start: Second,
    phase: Annotated[Phase, Form()],
    end: Annotated[float | None, Form()] = None,
) -> Done:
    """A phase begins at ``start``: until ``end``, or as far as the phase reaches that was there."""
    name = phase_names(asked.kept.conversation)[phase]
    until = _end_of_stretch(asked.kept.conversation, start) if end is None else end + _EDGE
    return asked.make(correcting.add_phase, start, until, phase, told=f"{name} begins here now.")


@router.post(f"{_AT}/boundary")
def boundary(asked: Asked, at: Second, to: Second) -> Done:
    """The phase that begins at ``at`` begins at ``to``."""
    return asked.make(correcting.move_boundary, at, to, told="The phase begins elsewhere now.")


@router.post(f"{_AT}/no-phase")
def no_phase(asked: Asked, at: Second) -> Done:
    """The stretch that ``at`` lies in belongs to the phase before it."""
    told = "This stretch belongs to the phase before it now."
    return asked.make(correcting.remove_phase, at, told=told)


@router.post(f"{_AT}/phases")
def phases(asked: Asked) -> Done:
    """The phases are right as they are."""
    return asked.make(correcting.confirm_phases, told="The phases count as put right.")


@router.post(f"{_AT}/passage")
def passage(
    asked: Asked,
    start: Second,
    end: Second,
    kind: Annotated[Passage | Literal[""], Form()] = "",
    counted: Annotated[bool, Form()] = False,
) -> Done:
    """What this stretch is, besides ordinary talk; empty: that is what it is.

    ``counted`` says of a private one that both agreed that its words count in the totals.
    """
    named = kind or None
    counted = counted and named is Passage.PRIVATE
    told = "This is marked, and no part of the figures." if named else "This counts as talk again."
    if counted:
        told = "This is private. Its words count in the totals, as you both agreed."

    def marked(data: Path, recording: str, who: str | None) -> Correction:
        return correcting.mark_passage(data, recording, start, end + _EDGE, named, who, counted)

    return asked.make(marked, told=told)


@router.post(f"{_AT}/coach")
def coach(asked: Asked, speaker: Annotated[str, Form()]) -> Done:
    """This voice is the coach."""
    return asked.make(correcting.name_coach, speaker, told="That voice is the coach now.")


@router.post(f"{_AT}/candidate")
def candidate(
    asked: Asked,
    what: Annotated[str, Form()],
    start: Second,
    end: Second,
    confirmed: Annotated[bool, Form()],
) -> Done:
    """A candidate is one, or is none."""
    told = "Confirmed." if confirmed else "Taken out of the list."
    return asked.make(correcting.confirm_candidate, what, start, end, confirmed, told=told)


@router.post(f"{_AT}/undo")
def undo(asked: Asked, name: Annotated[str, Form()] = "") -> Done:
    """Take back the last correction, or that of ``name``."""

    def taken_back(data: Any, recording: str, named: str | None, who: str | None) -> Correction:
        return correcting.undo(data, recording, who, named)

    after = correcting.session_without(asked.desk.data, asked.kept.run.recording_id, name or None)
    check_stays(asked.who, after or asked.kept.run.session)
    return asked.make(taken_back, name or None, told="Taken back.")


@router.get("/sessions/{short_id}/words")
def words_between(kept: KeptSession, start: float, end: float) -> list[dict[str, str | float]]:
    """The words of a turn with their times, to split it at one of them."""
    return [
        {"text": word.text, "start": word.start}
        for word in kept.conversation.words
        if start <= (word.start + word.end) / 2 < end + _EDGE
    ]


@router.get("/sessions/{short_id}/parts/history")
def history(request: Request, asked_of: KeptSession, desk: AtDesk, who: Who) -> Response:
    """What was changed, by whom and when, the last first."""
    if not may_change(who, asked_of.run.session):
        raise HTTPException(403, "Only the two speakers of a session see what was changed.")
    return pages.show(
        request, "session-history.html.j2", entries=entries(desk.data, asked_of.conversation)
    )


def _end_of_stretch(conversation: Conversation, at: float) -> float:
    starts = {turn.number: turn.start or 0.0 for turn in conversation.turns}
    after = (starts[span.start_turn] for span in conversation.segmentation.spans)
    return next((start for start in after if start > at + _EDGE), inf)


def _hidden(conversation: Conversation) -> set[tuple[float, float]]:
    marked = conversation.corrected.passages if conversation.corrected else ()
    return {(one.start, one.end) for one in marked if one.kind is Passage.PRIVATE}


def _write_soon(data: Path, recording_id: str) -> None:
    """Write the reports unless the next correction was quicker; what fails stays due."""
    sleep(_PAUSE_S)
    try:
        recomputing.write_due_reports(data, recording_id)
    except ConvoError:
        _log.warning("the reports of %s stay due", recording_id[:16], exc_info=True)


def _effect(before: Conversation, after: Conversation) -> str:
    """What became of the shares of the whole session."""
    old, new = share_lines(before)[0], share_lines(after)[0]
    if old.short == new.short:
        return "The shares of the whole session stay as they were."
    return f"Coach/coachee in per cent: {old.short} before, {new.short} now."
