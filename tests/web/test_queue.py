"""The page of the queue: how far, how long, what failed, and what can be done."""

from __future__ import annotations

import asyncio
import datetime
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from convo.database.jobs import Queue, Queued
from convo.sessions import SessionRequest
from convo.web import queue as room
from convo.web.access import OWNER
from convo.web.desk import Desk

SAID = SessionRequest("Hannah", "Maeve", 1, datetime.date(2026, 1, 13), "Talk")


@pytest.fixture
def queue(tmp_path: Path) -> Queue:
    made = Queue(tmp_path)
    for letter, minutes in (("a", 60.0), ("b", 30.0)):
        made.add(Queued(letter * 64, f"<{letter}>.m4a", f"inbox/{letter}", minutes, "owner", SAID))
    return made


@pytest.fixture
def client(queue: Queue, browse) -> TestClient:
    return browse(queue.path.parent)


def test_how_far_and_how_long(queue: Queue, client: TestClient) -> None:
    queue.take("a" * 64, 1)
    queue.tell("a" * 64, "transcribe", 1200.0, time.time() - 120)
    page = client.get("/queue").text
    assert "Writing down the words: 20 of 60 minutes, about" in page
    # 40 more minutes of sound at 0.1 and the later stages: about 4 + 4 minutes.
    assert "about 8 minutes left" in page
    assert "Waiting, begins in about 8 minutes" in page
    assert "&lt;a&gt;.m4a" in page and "<a>" not in page
    assert page.index("&lt;a&gt;") < page.index("&lt;b&gt;")


def test_cancel_retry_and_taking_off_the_list(queue: Queue, client: TestClient) -> None:
    short = "a" * 16
    file = queue.path.parent / "inbox" / "a"
    file.parent.mkdir()
    file.touch()
    assert client.post(f"/queue/{short}/cancel", follow_redirects=False).status_code == 303
    assert queue.jobs()[0].state == "cancelling"
    queue.end("a" * 64, "cancelled")
    part = client.post(f"/queue/{short}/again", headers={"hx-request": "true"}).text
    assert "<html" not in part and "In work" in part
    queue.end("a" * 64, "failed", "session 1 of Hannah is <taken>: give another number")
    page = client.get("/queue").text
    assert "is &lt;taken&gt;: give another number" in page
    assert "give another number" in client.get("/").text
    client.post(f"/queue/{short}/again", data={"number": "4", "coachee": " Ann  Lee "})
    assert queue.job(short).request.number == 4
    assert queue.job(short).request.coachee == "Ann Lee"
    assert queue.job(short).request.date == SAID.date
    queue.end("a" * 64, "done", report="hannah-session-01-aaaaaaaa.html")
    assert f'href="/sessions/{short}"' in client.get("/queue").text
    client.post(f"/queue/{short}/forget")
    assert queue.job(short) is None and file.is_file()
    assert client.post(f"/queue/{short}/forget").status_code == 404


def test_a_queue_that_stands_still_says_so(tmp_path: Path, browse) -> None:
    client = browse(tmp_path, queue_problem=lambda: "the queue does not start: run it")
    assert "The queue does not start: run it." in client.get("/queue").text


def test_events_tell_changes_only(queue: Queue, client: TestClient, monkeypatch) -> None:
    monkeypatch.setattr(room, "EVERY_S", 0.01)
    app = client.app

    async def listen() -> list[str]:
        from starlette.requests import Request

        scope = {"type": "http", "path": "/queue/events", "headers": [], "app": app}
        scope |= {"method": "GET", "query_string": b"", "state": {}}
        stream = room.events(Request(scope), Desk(queue.path.parent), OWNER)
        heard = [await anext(stream)]  # the list, as nothing was seen
        queue.take("a" * 64, 1)
        heard.append(await anext(stream))  # the list again: one began
        heard.append(await anext(stream))
        queue.tell("a" * 64, "diarize", 600.0, time.time())
        heard.append(await anext(stream))
        await stream.aclose()
        assert "Telling the voices apart: 10 of 60" in heard[-1].raw_data
        return [event.event for event in heard]

    with ThreadPoolExecutor(1) as apart:  # a browser of other tests may have a loop running here
        told = apart.submit(asyncio.run, listen()).result()
    assert told == ["list", "list", f"job-{'a' * 16}", f"job-{'a' * 16}"]


def test_removing_what_came_to_nothing_deletes_the_uploaded_copy(queue, client) -> None:
    file = queue.path.parent / "inbox" / "b"
    file.parent.mkdir()
    file.touch()
    queue.end("b" * 64, "failed", "no speech in it: record again")
    client.post(f"/queue/{'b' * 16}/forget")
    assert queue.job("b" * 64) is None and not file.exists()
