"""One kept session as the person in front of the page may read it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from fastapi import Depends, HTTPException

from convo.database.artefacts import Run, current_run, read_conversation
from convo.database.deletions import last_deletion
from convo.files import Newest
from convo.report.wording import local_day
from convo.transcript import Conversation
from convo.web.access import Who, may_see, shown
from convo.web.pages import AtDesk

GONE = "There is no such session: it may have been deleted."
_read: Newest[Path, Conversation] = Newest(24)  # about what is kept of one coachee
DELETED = "There is no such session: it was deleted on {}."


@dataclass(frozen=True, slots=True)
class Kept:
    """A session as it stands; ``version`` changes whenever anything in it does."""

    run: Run
    conversation: Conversation

    @property
    def short_id(self) -> str:
        """Its name in addresses."""
        return self.run.recording_id[:16]

    @property
    def version(self) -> str:
        """The name of the run: the hash of its content."""
        return self.run.name


def run_of(short_id: str, desk: AtDesk, who: Who) -> Run:
    """The current run of a session that ``who`` may see, without reading its tables."""
    known = re.fullmatch("[0-9a-f]{16}", short_id)
    run = current_run(desk.artefacts, short_id) if known else None
    if run is None or not may_see(who, run.session):
        gone = last_deletion(desk.data, short_id, "session") if known and run is None else None
        raise HTTPException(404, DELETED.format(local_day(gone.begun_at)) if gone else GONE)
    return run


def kept_now(run: Annotated[Run, Depends(run_of)], who: Who) -> Kept:
    """The session of an address, as ``who`` may read it."""
    # A run never changes, so what was read of it holds.
    found = _read.of(run.folder, lambda: read_conversation(run))
    return Kept(run, shown(who, found))


RunOf = Annotated[Run, Depends(run_of)]
KeptSession = Annotated[Kept, Depends(kept_now)]
