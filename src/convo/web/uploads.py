"""Adding recordings: the page, what each file turns out to be, and the way into the queue."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from convo.audio.languages import LANGUAGES
from convo.corrections import correcting
from convo.database.jobs import Queued
from convo.database.uploads import Uploads
from convo.sessions import SessionRequest
from convo.transcript import Session
from convo.web import pages, receiving, tus
from convo.web.access import Viewer, Who, by
from convo.web.desk import Desk
from convo.web.facts import MOST_CHARACTERS, is_day, is_number, names_known, plain
from convo.web.pages import AtDesk
from convo.web.receiving import Received
from convo.web.tus import arrived, incoming, own_upload

router = APIRouter(prefix="/upload")
_MOST_WORDING = 2000


@router.get("")
def page(request: Request, desk: AtDesk, who: Who) -> Response:
    """The page to add recordings; what came in before and waits for its form is there."""
    return _page(request, desk, who, FormData(), [])


@router.get("/known")
def known(fingerprint: str, desk: AtDesk, who: Who) -> dict[str, str | None]:
    """Of a file that looks like this: ``known``, a sentence on where it is already, and
    ``resume``, the address of an upload of it that broke off.
    """
    begun = [
        tus.address(upload)
        for upload in Uploads(desk.data).open()
        if upload.fingerprint == fingerprint and upload.who == who.name and not upload.recording_id
    ]
    return {
        "known": receiving.probably_known(desk, who, fingerprint),
        "resume": next(iter(begun), None),
    }


@router.get("/files/{id}/form")
def form(id: str, request: Request, desk: AtDesk, who: Who) -> Response:
    """The part of the form for one file, once all its bytes are there."""
    upload = own_upload(desk, who, id)
    if upload.recording_id is None and arrived(desk, upload) < upload.bytes:
        return HTMLResponse("This file is not all there yet: choose it again to go on.", 409)
    row = receiving.receive(desk, who, upload)
    return pages.show(
        request, "upload-row.html.j2", row=row, values=FormData(), languages=LANGUAGES
    )


@router.delete("/received/{id}")
def remove(id: str, desk: AtDesk, who: Who) -> Response:
    """Delete the copy of a file that is not to be processed after all."""
    upload = own_upload(desk, who, id)
    if upload.handed_on:
        raise HTTPException(409, "This file is in the queue already: cancel it there.")
    incoming(desk, upload).unlink(missing_ok=True)
    if upload.recording_id is not None:
        (desk.inbox / upload.recording_id).unlink(missing_ok=True)
    Uploads(desk.data).remove(id)
    return HTMLResponse("")


@router.post("")
async def submit(request: Request, desk: AtDesk, who: Who) -> Response:
    """Put the files of the form into the queue, with the consent noted beside each."""
    values = await request.form()
    return await run_in_threadpool(_submit, request, desk, who, values)


@dataclass(frozen=True, slots=True)
class Fault:
    """What must be put right in the form, and in which field."""

    field: str
    sentence: str


def _submit(request: Request, desk: Desk, who: Who, values: FormData) -> Response:
    here = receiving.waiting_for_a_person(desk, who)
    rows = [row for row in here if row.upload.id in values.getlist("file")]
    rows.sort(key=lambda row: (_own(values, "date", row), row.upload.name))
    faults = list(_faults(desk, who, values, rows))
    if faults:
        return _page(request, desk, who, values, faults)
    for row in rows:
        _hand_on(desk, who, values, row)
    return RedirectResponse("/queue", 303)


def _hand_on(desk: Desk, who: Who, values: FormData, row: Received) -> None:
    upload = row.upload
    recording_id = str(upload.recording_id)
    consent = {"date": _text(values, "consent_date"), "words": _text(values, "consent_words")}
    correcting.note_consent(desk.data, recording_id, consent, by(who))
    asked: dict[str, dict[str, Any]] = {}
    if language := _own(values, "language", row):
        asked["words"] = {"language": language}
    if speakers := _own(values, "speakers", row):
        asked["segments"] = {"speakers": int(speakers) if speakers.isdigit() else speakers}
    job = Queued(
        recording_id=recording_id,
        name=upload.name,
        file=f"{desk.inbox.name}/{recording_id}",
        minutes=upload.minutes,
        who=who.name,
        request=_request(values, row),
        asked=asked,
    )
    desk.queue.add(job)
    Uploads(desk.data).hand_on(upload.id)


def _request(values: FormData, row: Received) -> SessionRequest:
    number, date = _own(values, "number", row), _own(values, "date", row)
    return SessionRequest(
        _own(values, "coachee", row),
        _own(values, "coach", row),
        int(number) if number else None,
        datetime.date.fromisoformat(date),
        _own(values, "programme", row),
    )


def _faults(desk: Desk, who: Viewer, values: FormData, rows: list[Received]) -> Iterator[Fault]:
    if not rows:
        yield Fault("files", "Choose at least one file, and wait until it is here.")
    if values.get("consent") != "yes":
        yield Fault("consent", "Confirm that both speakers agreed.")
    if not is_day(_text(values, "consent_date")):
        yield Fault("consent_date", "Give the day on which both speakers agreed.")
    if not _text(values, "consent_words"):
        yield Fault("consent_words", "Give the words with which they agreed.")
    taken: dict[tuple[object, ...], str] = {}
    for row in rows:
        if who.role == "coach" and _own(values, "coach", row) not in ("", who.name):
            yield Fault("coach", f"You can add your own sessions only: the coach is {who.name}.")
        yield from _row_faults(desk, values, row, taken)


def _row_faults(
    desk: Desk, values: FormData, row: Received, taken: dict[tuple[object, ...], str]
) -> Iterator[Fault]:
    name = row.upload.name
    for field in ("coachee", "coach"):
        if not _own(values, field, row):
            yield Fault(field, f"Say who the {field} is in {name}.")
    if not is_day(_own(values, "date", row)):
        yield Fault(f"date-{row.upload.id}", f"Give the day of the session in {name}.")
    number = _own(values, "number", row)
    if not number:
        return
    if not is_number(number):
        yield Fault(f"number-{row.upload.id}", f"The number of the session in {name} is 1 or more.")
        return
    whose = tuple(_own(values, field, row) for field in ("coachee", "coach", "programme"))
    session = (*whose, int(number))
    other = taken.get(session) or _taken_by(desk, session)
    if other:
        yield Fault(
            f"number-{row.upload.id}",
            f"Session {number} of {whose[0]} is {other} already: give {name} another number.",
        )
    taken[session] = name


def _taken_by(desk: Desk, wanted: tuple[object, ...]) -> str | None:
    """What is that session already: one that is kept, in the queue, or in work in a terminal."""
    known: list[tuple[str, Session | SessionRequest | None]] = [
        *(("kept", one.session) for one in desk.sessions()),
        *((job.name, job.request) for job in desk.queue.jobs("waiting", "running")),
        *((Path(run.file).name, run.session) for run in desk.running()),
    ]
    named = (
        name
        for name, one in known
        if one and (one.coachee, one.coach, one.programme or "", one.number) == wanted
    )
    return next(named, None)


def _page(
    request: Request, desk: Desk, who: Who, values: FormData, faults: list[Fault]
) -> Response:
    rows = receiving.waiting_for_a_person(desk, who)
    open_uploads = [
        (upload, arrived(desk, upload))
        for upload in Uploads(desk.data).open()
        if upload.recording_id is None and upload.who == who.name
    ]
    return pages.show(
        request,
        "upload.html.j2",
        422 if faults else 200,
        rows=rows,
        open_uploads=open_uploads,
        values=values,
        faults=faults,
        languages=LANGUAGES,
        today=datetime.date.today(),
        **names_known(desk, who),
    )


def _own(values: FormData, field: str, row: Received) -> str:
    """What was said about this file, else about all of them."""
    return _text(values, f"{field}-{row.upload.id}") or _text(values, field)


def _text(values: FormData, field: str) -> str:
    most = _MOST_WORDING if field == "consent_words" else MOST_CHARACTERS
    return plain(str(values.get(field, "")), most)
