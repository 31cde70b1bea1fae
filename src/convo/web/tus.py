"""Resumable uploads: the core of the tus 1.0.0 protocol, with creation and termination.

Bytes go to ``inbox/incoming`` as they come, a megabyte of them in memory at most. What a broken
connection has delivered stays, and the browser goes on from there (https://tus.io/protocols).
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import errno
import re
import unicodedata
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import BinaryIO

import psutil
from fastapi import APIRouter, HTTPException, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from convo.database.uploads import Upload, Uploads
from convo.web.access import Viewer, Who
from convo.web.desk import Desk
from convo.web.pages import AtDesk

router = APIRouter(prefix="/upload/files")
VERSION = {"tus-resumable": "1.0.0"}
EXTENSIONS = {"tus-version": "1.0.0", "tus-extension": "creation,termination"}
KEEP_FREE = 1_000_000_000  # bytes, for the work on what was uploaded
_BUFFER = 1_000_000
_MOST_NAME = 120
_KIND = "application/offset+octet-stream"
_busy: set[str] = set()


def incoming(desk: Desk, upload: Upload) -> Path:
    """Where the bytes of an upload are gathered."""
    return desk.inbox / "incoming" / upload.id


def arrived(desk: Desk, upload: Upload) -> int:
    """How many bytes of it are there."""
    path = incoming(desk, upload)
    return path.stat().st_size if path.is_file() else 0


def address(upload: Upload) -> str:
    """Where its bytes go."""
    return f"{router.prefix}/{upload.id}"


def plain_name(given: str) -> str:
    """A file name fit to be shown: one line, no folder, no control characters, not too long.

    >>> plain_name("C:\\\\talks\\\\a<b>\\n.m4a"), plain_name("../../"), plain_name("王 1.mp4")
    ('a<b>.m4a', 'recording', '王 1.mp4')
    """
    name = re.split(r"[/\\]", given)[-1]
    name = "".join(c for c in name if unicodedata.category(c)[0] != "C").strip(" .")
    return name[-_MOST_NAME:] or "recording"


@router.options("")
def abilities() -> Response:
    """What this server can do."""
    return Response(status_code=204, headers=VERSION | EXTENSIONS)


@router.post("")
def begin(request: Request, desk: AtDesk, who: Who) -> Response:
    """Announce a file: its length, name, time of last change and fingerprint."""
    size = _number(request, "upload-length")
    if size == 0:
        raise HTTPException(400, "This file is empty (0 bytes): copy it again from its source.")
    _check_room(desk, size)
    told = _metadata(request.headers.get("upload-metadata", ""))
    modified = told.get("modified", "")
    upload = Uploads(desk.data).begin(
        plain_name(told.get("filename", "")),
        size,
        int(modified) / 1000 if modified.isdigit() and len(modified) < 15 else None,
        told.get("fingerprint", "")[:64],
        who.name,
    )
    path = incoming(desk, upload)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return Response(status_code=201, headers=VERSION | {"location": address(upload)})


@router.head("/{id}")
def offset(id: str, desk: AtDesk, who: Who) -> Response:
    """From which byte to go on."""
    upload = own_upload(desk, who, id)
    there = upload.bytes if upload.recording_id else arrived(desk, upload)
    length = {"upload-offset": str(there), "upload-length": str(upload.bytes)}
    return Response(headers=VERSION | length)


@router.patch("/{id}")
async def go_on(id: str, request: Request, desk: AtDesk, who: Who) -> Response:
    """Take more bytes, from ``upload-offset`` on."""
    if request.headers.get("content-type") != _KIND:
        raise HTTPException(415, f"Bytes of a file come as {_KIND}.")
    upload = await run_in_threadpool(own_upload, desk, who, id)
    with _alone(id):
        there = arrived(desk, upload)
        if upload.recording_id or _number(request, "upload-offset") != there:
            raise HTTPException(409, f"There are {there} bytes already: go on from there.")
        path = incoming(desk, upload)
        with path.open("ab", buffering=0) as file:
            there = await _gather(request.stream(), file, there, upload.bytes)
    return Response(status_code=204, headers=VERSION | {"upload-offset": str(there)})


@router.delete("/{id}")
def give_up(id: str, desk: AtDesk, who: Who) -> Response:
    """Forget an upload that is not wanted any more, and what came of it so far."""
    upload = own_upload(desk, who, id)
    with _alone(id):
        incoming(desk, upload).unlink(missing_ok=True)
        Uploads(desk.data).remove(id)
    return Response(status_code=204, headers=VERSION)


def own_upload(desk: Desk, who: Viewer, id: str) -> Upload:
    """The upload, if it is one of this person's."""
    upload = Uploads(desk.data).upload(id)
    if upload is None or upload.who != who.name:
        raise HTTPException(404, "There is no such upload: it may have been finished or removed.")
    return upload


async def _gather(stream: AsyncIterator[bytes], file: BinaryIO, there: int, size: int) -> int:
    """Write what comes; the number of bytes that are there then."""
    buffer = bytearray()

    async def flush() -> None:
        nonlocal there
        await run_in_threadpool(_write, file, bytes(buffer))
        there += len(buffer)
        buffer.clear()

    with contextlib.suppress(ClientDisconnect):  # what came counts, the rest comes later
        async for chunk in stream:
            buffer += chunk
            if there + len(buffer) > size:
                raise HTTPException(400, "More came than was announced: choose the file again.")
            if len(buffer) >= _BUFFER:
                await flush()
    await flush()
    return there


def _write(file: BinaryIO, content: bytes) -> None:
    try:
        while content:
            content = content[file.write(content) :]
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise HTTPException(507, _no_room(0)) from error
        raise


@contextlib.contextmanager
def _alone(id: str) -> Iterator[None]:
    """Two browsers never write to one upload at the same time."""
    if id in _busy:
        raise HTTPException(423, "This file is being uploaded in another window: use that one.")
    _busy.add(id)
    try:
        yield
    finally:
        _busy.discard(id)


def _check_room(desk: Desk, size: int) -> None:
    desk.inbox.mkdir(parents=True, exist_ok=True)
    coming = sum(
        one.bytes - arrived(desk, one)
        for one in Uploads(desk.data).open()
        if one.recording_id is None
    )
    free = psutil.disk_usage(str(desk.inbox)).free - coming - KEEP_FREE
    if size > free:
        raise HTTPException(413, _no_room(size - free))


def _no_room(missing: int) -> str:
    much = f"free about {missing / 1e9:.1f} GB" if missing else "free some space"
    return f"There is no room for this file on the disk of the data folder: {much} and try again."


def _number(request: Request, header: str) -> int:
    value = request.headers.get(header, "")
    if not re.fullmatch(r"[0-9]{1,15}", value):
        raise HTTPException(400, f"{header} is missing or no number.")
    return int(value)


def _metadata(header: str) -> dict[str, str]:
    """
    >>> _metadata("filename YS5tNGE=,empty,broken ?")
    {'filename': 'a.m4a'}
    """
    found = {}
    for entry in header.split(","):
        key, _, value = entry.strip().partition(" ")
        with contextlib.suppress(binascii.Error, UnicodeDecodeError):
            if value:
                found[key] = base64.b64decode(value, validate=True).decode("utf-8")
    return found
