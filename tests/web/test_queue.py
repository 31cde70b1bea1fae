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


def test_the_stream_ends_with_the_login_and_keeps_none_alive(queue, client, monkeypatch) -> None:
    import argon2
    from starlette.requests import Request

    from convo.database.accounts import Accounts
    from convo.web.access import COOKIE, sign, viewer

    real = argon2.PasswordHasher
    monkeypatch.setattr(argon2, "PasswordHasher", lambda: real(time_cost=1, memory_cost=256))
    monkeypatch.setattr(room, "EVERY_S", 0.01)
    accounts, desk = Accounts(queue.path.parent), Desk(queue.path.parent)
    ways = {
        "log out": lambda secret: accounts.log_out(secret),
        "new password": lambda secret: accounts.set_password("ada", "four loud birds"),
        "removed": lambda secret: accounts.remove("ada"),
    }

    async def listen(secret: str, way: str) -> list[str]:
        cookie = f"{COOKIE}={sign(desk, secret)}".encode()
        scope = {"type": "http", "path": "/queue/events", "headers": [(b"cookie", cookie)]}
        scope |= {"method": "GET", "query_string": b"", "state": {}, "app": client.app}
        request = Request(scope)
        stream = room.events(request, desk, viewer(request))
        heard = [await anext(stream)]
        ways[way](secret)
        async for event in stream:
            heard.append(event)
        assert "a&gt;.m4a" in heard[0].raw_data and ".m4a" not in heard[1].raw_data
        return [event.event for event in heard]

    for way in ways:
        if way == "log out":
            accounts.add("ada", "owner", "", "three quiet birds")
        password = "four loud birds" if way == "removed" else "three quiet birds"
        secret = accounts.log_in("ada", password, "here")
        with ThreadPoolExecutor(1) as apart:
            told = apart.submit(asyncio.run, listen(secret, way)).result(20)
        assert told == ["list", "list", "end"], way


def test_a_stream_that_looks_by_itself_does_not_count_as_use(tmp_path, monkeypatch) -> None:
    import argon2

    from convo.database.accounts import AccountOptions, Accounts

    real = argon2.PasswordHasher
    monkeypatch.setattr(argon2, "PasswordHasher", lambda: real(time_cost=1, memory_cost=256))
    accounts = Accounts(tmp_path, AccountOptions(idle_s=100))
    accounts.add("ada", "owner", "", "three quiet birds")
    secret, begun = accounts.log_in("ada", "three quiet birds", "here"), time.time()
    monkeypatch.setattr("convo.database.accounts.time.time", lambda: begun + 90)
    assert accounts.logged_in(secret, active=False)
    monkeypatch.setattr("convo.database.accounts.time.time", lambda: begun + 120)
    assert accounts.logged_in(secret, active=False) is None


def test_a_recording_with_one_speaker_a_channel_is_read_again(tmp_path, browse, monkeypatch):
    from dataclasses import replace

    from kept import keep
    from soundkept import file_in, keep_with_sound, recorded

    from convo.outcome import CHANNELS
    from convo.web.access import Viewer

    made = recorded(1)
    two = replace(made.recording, channels=2)
    made = replace(made, recording=two, review=(CHANNELS.reason,), remedies=(CHANNELS,))
    client = browse(keep(keep_with_sound(tmp_path), [made]))
    assert 'sse-close="end"' in client.get("/queue").text
    short, file = made.recording.short_id, file_in(tmp_path, 1)
    part = client.get(f"/sessions/{short}/parts/review").text
    assert f'action="/queue/{short}/channels"' in part and "csrf_token" in part
    answer = client.post(f"/queue/{short}/channels", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/queue")
    job = Queue(tmp_path).job(short)
    assert (tmp_path / job.file, job.asked) == (file, {"segments": {"channels": "speakers"}})
    assert (job.request.coachee, job.request.number, job.state) == ("Hannah", 1, "waiting")

    Queue(tmp_path).end(two.recording_id, "failed", "no")
    monkeypatch.setattr("convo.web.desk.Desk.sessions", lambda desk: [])  # no store just now
    page = client.get("/queue").text
    assert "stays as it was" in page and "Remove" not in page and "Change what" not in page
    client.post(f"/queue/{short}/forget")
    assert Queue(tmp_path).job(short) is None and file.is_file()
    assert client.get(f"/sessions/{short}").status_code == 200

    file.unlink(missing_ok=True)
    assert "not there any more" in client.get(f"/sessions/{short}/parts/review").text
    assert client.post(f"/queue/{short}/channels").status_code == 404
    monkeypatch.setattr(
        "convo.web.access._look_up", lambda request, active=True: Viewer("Hannah", "coachee", "h")
    )
    assert "/channels" not in client.get(f"/sessions/{short}/parts/review").text
    assert client.post(f"/queue/{short}/channels").status_code == 403


def test_removing_what_came_to_nothing_deletes_the_uploaded_copy(queue, client) -> None:
    file = queue.path.parent / "inbox" / "b"
    file.parent.mkdir()
    file.touch()
    queue.end("b" * 64, "failed", "no speech in it: record again")
    client.post(f"/queue/{'b' * 16}/forget")
    assert queue.job("b" * 64) is None and not file.exists()
