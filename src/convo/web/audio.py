"""The sound of a session: the recording itself where browsers play it, else a copy made once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import FileResponse

from convo.answers import clips
from convo.database.deletions import last_deletion
from convo.database.manifest import Run
from convo.errors import RecordingError
from convo.exchange.transcripts import CONTAINER as TRANSCRIPT
from convo.files import read_bytes, write_atomically
from convo.report.wording import local_day
from convo.reservation import file_of, lock
from convo.transcript import Recording
from convo.web import pages
from convo.web.access import Viewer, Who, may_hear
from convo.web.desk import Desk
from convo.web.kept import KeptSession, RunOf, run_of
from convo.web.pages import AtDesk

router = APIRouter()
_PEAKS = "peaks-1.json"
_MAY_BE_ASKED_AGAIN = {"cache-control": "private, no-cache"}


@dataclass(frozen=True, slots=True)
class Sound:
    """The file of a recording and the folder of what is made of it for listening.

    ``missing`` says in a sentence why there is nothing to hear, empty if there is.
    """

    file: Path
    made: Path
    missing: str

    @property
    def copy(self) -> Path:
        """The copy that every browser plays; it need not be there yet."""
        return self.made / "listen.mp3"


def sound_of(run: RunOf, desk: AtDesk, who: Who) -> Sound:
    """The sound of a session, for those who may hear it."""
    if not may_hear(who, run.session):
        raise HTTPException(404, "There is no sound for you here.")
    recording = Recording(**run.facts["recording"])
    file = file_of(desk.data, recording)
    made = desk.data / "work" / recording.short_id / "listening"
    return Sound(file, made, _missing(desk, file, recording))


def _missing(desk: Desk, file: Path, recording: Recording) -> str:
    if recording.container == TRANSCRIPT:
        return "This session came in as a transcript, so there is no sound to hear."
    if gone := last_deletion(desk.data, recording.recording_id, "sound"):
        return (
            f"The sound of this session was deleted on {local_day(gone.begun_at)}, so there is "
            "nothing to hear any more. The words and figures stay."
        )
    try:
        size = file.stat().st_size
    except OSError:
        return (
            f"The recording {recording.name} is not where it was ({file.parent}), so it cannot "
            "be heard. Put it back there to listen; everything else works without it."
        )
    if size != recording.bytes:
        return (
            f"Another file than the one that was processed is now at {file}, so nothing is played. "
            "Everything else works without it."
        )
    return ""


def there(sound: Annotated[Sound, Depends(sound_of)]) -> Sound:
    """The same, or a page that says that it is gone."""
    if sound.missing:
        raise HTTPException(404, sound.missing)
    return sound


SoundOf = Annotated[Sound, Depends(sound_of)]
SoundThere = Annotated[Sound, Depends(there)]


@router.get("/audio/{short_id}/player")
def player(request: Request, kept: KeptSession, sound: SoundOf) -> Response:
    """The part of the page that plays; or says why there is nothing to play."""
    kind, missing = None, sound.missing
    if not missing:
        try:
            kind = _browser_type(sound.file)
        except RecordingError as error:
            missing = f"{error.on_page}."
    return pages.show(
        request,
        "session-player.html.j2",
        address=f"/audio/{kept.short_id}",
        kind=kind,
        missing=missing,
        duration=kept.conversation.recording.duration,
    )


@router.get("/audio/{short_id}/sound")
def sound(sound: SoundThere) -> Response:
    """The recording as it is, any stretch of it that the browser asks for."""
    kind = _browser_type(sound.file)
    if kind is None:
        raise HTTPException(404, "Browsers do not play this recording as it is: play its copy.")
    return FileResponse(sound.file, media_type=kind, headers=_MAY_BE_ASKED_AGAIN)


@router.get("/audio/{short_id}/sound.mp3")
def sound_copy(run: RunOf, desk: AtDesk, who: Who, sound: SoundThere) -> Response:
    """A copy that every browser plays; the first time it is made, a minute for two hours."""
    from convo.audio.playing import write_listening_copy

    with _alone(run, desk, who):
        if not sound.copy.is_file():
            write_listening_copy(sound.file, sound.copy)
    return FileResponse(sound.copy, media_type="audio/mpeg", headers=_MAY_BE_ASKED_AGAIN)


@router.get("/audio/{short_id}/peaks")
def peaks(run: RunOf, desk: AtDesk, who: Who, sound: SoundThere) -> Response:
    """How loud each moment is, from 0 to 100, in moments of equal length."""
    from convo.audio.playing import peaks as measured

    path = sound.made / _PEAKS
    with _alone(run, desk, who):
        if not path.is_file():
            write_atomically(path, json.dumps(measured(sound.file)).encode())
    return Response(read_bytes(path), media_type="application/json", headers=_MAY_BE_ASKED_AGAIN)


@router.get("/audio/{short_id}/voices/{speaker}")
def voice(speaker: str, kept: KeptSession, desk: AtDesk, who: Who) -> Response:
    """The clip of one voice that was written to know it by."""
    clip = clips(desk.data, kept.conversation).get(speaker)
    if clip is None or not may_hear(who, kept.run.session):
        raise HTTPException(404, "There is no clip of this voice.")
    return FileResponse(clip, media_type="audio/wav", headers=_MAY_BE_ASKED_AGAIN)


@contextmanager
def _alone(run: Run, desk: Desk, who: Viewer) -> Iterator[None]:
    """What takes long is made once, however many ask; not if it was deleted while they waited."""
    short_id = run.recording_id[:16]
    with lock(desk.data, f"listening-{short_id}"):
        there(sound_of(run_of(short_id, desk, who), desk, who))
        yield


def _browser_type(file: Path) -> str | None:
    from convo.audio.playing import browser_type

    return browser_type(file)
