"""What an uploaded file turns out to be: a recording, one that is known, or none at all."""

from __future__ import annotations

import datetime
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from convo.database.deletions import is_broken_off, last_deletion
from convo.database.uploads import Upload, Uploads
from convo.deletion.forgetting import finish
from convo.errors import ConvoError
from convo.report.wording import local_day
from convo.sessions import guess_date, guess_number
from convo.web.access import Viewer, may_see
from convo.web.desk import Desk
from convo.web.tus import incoming


@dataclass(frozen=True, slots=True)
class Received:
    """A complete upload that waits for what only a person can say.

    ``problem`` says why it will not be processed, or where it is already; then there is no more
    to fill in. ``note`` is something to know of it.
    """

    upload: Upload
    date: datetime.date | None = None
    number: int | None = None
    problem: str | None = None
    note: str = ""


def receive(desk: Desk, who: Viewer, upload: Upload) -> Received:
    """Look into a file whose bytes are all there, and give it its place in the inbox.

    A file that is no recording, or is kept or in the queue already, is deleted again.
    """
    if upload.recording_id is None:
        path = incoming(desk, upload)
        try:
            recording_id, minutes = _look(desk, path)
        except ConvoError as error:
            _drop(desk, upload)
            return Received(upload, problem=f"{error.on_page}.".replace(path.name, upload.name))
        if is_broken_off(desk.data):
            finish(desk.data)  # or what is left of it would be taken for this one
        if problem := known(desk, who, recording_id):
            _drop(desk, upload)
            return Received(upload, problem=problem)
        os.replace(path, desk.inbox / recording_id)
        if upload.modified is not None:
            os.utime(desk.inbox / recording_id, (upload.modified, upload.modified))
        for earlier in Uploads(desk.data).of_recording(recording_id):
            Uploads(desk.data).remove(earlier.id)
        Uploads(desk.data).complete(upload.id, recording_id, minutes)
        upload = Uploads(desk.data).upload(upload.id) or upload
    return described(desk, upload)


def described(desk: Desk, upload: Upload) -> Received:
    """What can be guessed from its name and age, and whether it was here before."""
    day = guess_date(Path(upload.name), upload.modified or upload.begun_at)
    gone = last_deletion(desk.data, upload.recording_id or "", "session")
    note = f"This recording was deleted on {local_day(gone.begun_at)}." if gone else ""
    return Received(upload, day, guess_number(upload.name), note=note)


def waiting_for_a_person(desk: Desk, who: Viewer) -> list[Received]:
    """Complete uploads of this person which were not put into the queue yet."""
    return [
        described(desk, one)
        for one in Uploads(desk.data).open()
        if one.who == who.name and one.recording_id and (desk.inbox / one.recording_id).is_file()
    ]


def known(desk: Desk, who: Viewer, recording_id: str) -> str | None:
    """A sentence on where a recording is already, None if it is new."""
    for one in desk.sessions():
        if one.recording_id == recording_id:
            where = ""
            if may_see(who, one.session):
                where = f" as session {one.session.number} of {one.session.coachee}"
            return f"This recording is already kept{where}: there is nothing to do."
    job = desk.queue.job(recording_id)
    if job is not None and job.state in ("waiting", "running", "cancelling"):
        return "This recording is already in the queue: there is nothing to do."
    return None


def probably_known(desk: Desk, who: Viewer, fingerprint: str) -> str | None:
    """The same before it is uploaded, from what the browser reckons of its two ends."""
    found: Sequence[Upload] = Uploads(desk.data).with_fingerprint(fingerprint)
    sentences = (known(desk, who, one.recording_id) for one in found if one.recording_id)
    return next(filter(None, sentences), None)


def _look(desk: Desk, path: Path) -> tuple[str, float]:
    """The id of what is in the file, and its minutes; its name and type are not asked."""
    recording = desk.inspect(path)
    return recording.recording_id, recording.duration / 60


def _drop(desk: Desk, upload: Upload) -> None:
    incoming(desk, upload).unlink(missing_ok=True)
    Uploads(desk.data).remove(upload.id)
