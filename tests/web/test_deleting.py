"""Deleting on the page: who may, what is asked before, what is told afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from soundkept import file_in, keep_with_sound, recorded

from convo.database.deletions import deletions
from convo.database.jobs import Queue, Queued
from convo.web import access
from convo.web.access import Viewer
from convo.web.guard import TOKEN_HEADER

MADE = recorded(1)
SHORT = MADE.recording.short_id
SESSION = f"/sessions/{SHORT}"
AUDIO = f"/audio/{SHORT}"


@pytest.fixture
def desk(tmp_path: Path, browse) -> tuple[TestClient, Path]:
    data = keep_with_sound(tmp_path, (1, 2))
    return browse(data), data


def come_as(monkeypatch: pytest.MonkeyPatch, who: Viewer) -> None:
    monkeypatch.setattr(access, "_look_up", lambda request: who)


def test_what_goes_and_what_stays_is_said_before(desk) -> None:
    client, data = desk
    assert f'href="{SESSION}/delete"' in client.get(SESSION).text
    page = client.get(f"{SESSION}/delete").text
    for words in ("What goes", "What stays", "backups", "your own file", "Delete only the sound"):
        assert words in page
    assert '<label for="name">' in page and 'name="csrf_token"' in page
    assert deletions(data) == ()


def test_the_name_must_be_typed(desk) -> None:
    client, data = desk
    answer = client.post(f"{SESSION}/delete", data={"name": "Maeve"})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text and 'value="Maeve"' in answer.text
    assert client.post(f"{SESSION}/delete").status_code == 422
    assert deletions(data) == () and client.get(SESSION).status_code == 200


def test_afterwards_the_first_page_says_what_was_removed_once(desk) -> None:
    client, data = desk
    answer = client.post(f"{SESSION}/delete", data={"name": " hannah "})
    assert answer.status_code == 200 and answer.url.path == "/"
    assert "Session 1 of Hannah with Maeve is deleted: what was said" in answer.text
    assert f'href="{SESSION}"' not in answer.text and "Session 2 with" in answer.text
    assert "is deleted" not in client.get(answer.url.path, params=answer.url.params).text
    for address in (SESSION, f"{SESSION}/delete", f"{SESSION}/parts/transcript", f"{AUDIO}/peaks"):
        gone = client.get(address)
        assert gone.status_code == 404 and "it was deleted on" in gone.text
    assert not file_in(data, 1).exists() and file_in(data, 2).exists()
    assert client.get("/api/turns").json()["total"] == len(recorded(2).turns)


@pytest.mark.parametrize("role", ["coach", "coachee"])
def test_either_speaker_may_under_their_own_name(desk, monkeypatch, role: str) -> None:
    client, data = desk
    name = {"coach": "Maeve", "coachee": "Hannah"}[role]
    come_as(monkeypatch, Viewer(name, role, f"{role}-account"))
    assert f"{SESSION}/delete" in client.get(SESSION).text
    client.post(f"{SESSION}/delete/sound")
    assert client.post(f"{SESSION}/delete", data={"name": "Hannah"}).status_code == 200
    assert [(one.what, one.who) for one in deletions(data)] == [
        ("sound", f"{role}-account"),
        ("session", f"{role}-account"),
    ]


@pytest.mark.parametrize(
    ("who", "status"),
    [
        (Viewer("rita", "researcher", "rita"), 403),
        (Viewer("lead", "lead", "lead"), 403),
        (Viewer("Bram", "coach", "bram"), 404),
        (Viewer("Maeve", "coachee", "maeve"), 404),
    ],
)
def test_nobody_else_may(desk, monkeypatch, who: Viewer, status: int) -> None:
    client, data = desk
    come_as(monkeypatch, who)
    assert f"{SESSION}/delete" not in client.get(SESSION).text
    assert client.get(f"{SESSION}/delete").status_code == status
    for address in (f"{SESSION}/delete", f"{SESSION}/delete/sound"):
        answer = client.post(address, data={"name": "Hannah"})
        assert answer.status_code == status and "Maeve" not in answer.text
    assert deletions(data) == ()


def test_a_page_elsewhere_deletes_nothing(desk) -> None:
    client, data = desk
    del client.headers[TOKEN_HEADER]
    for address in (f"{SESSION}/delete", f"{SESSION}/delete/sound"):
        assert client.post(address, data={"name": "Hannah"}).status_code == 403
    assert client.get(f"{SESSION}/delete/sound").status_code in (404, 405)
    assert deletions(data) == ()


def test_only_the_sound(desk) -> None:
    client, data = desk
    assert client.get(f"{AUDIO}/peaks").status_code == 200
    answer = client.post(f"{SESSION}/delete/sound")
    assert (
        "The sound of session 1 of Hannah with Maeve is deleted" in answer.text
        and f'href="{SESSION}"' in answer.text
    )
    assert not file_in(data, 1).exists() and file_in(data, 2).exists()
    player = client.get(f"{AUDIO}/player").text
    assert "was deleted on" in player and "<audio" not in player
    page = client.get(SESSION).text
    assert "Listen and read" not in page and 'id="t1"' in page
    assert "Delete only the sound" not in client.get(f"{SESSION}/delete").text
    # not from the user's own file either, should it lie there again
    file_in(data, 1).write_bytes(b"0" * MADE.recording.bytes)
    for address in ("sound", "sound.mp3", "peaks"):
        assert client.get(f"{AUDIO}/{address}").status_code == 404


def test_what_is_worked_on_is_refused_in_a_sentence(desk, monkeypatch) -> None:
    import os

    client, data = desk
    queue = Queue(data)
    queue.add(Queued(MADE.recording.recording_id, "a.m4a", "inbox/demo-1.m4a", 1.0, "owner"))
    queue.take(MADE.recording.recording_id, os.getpid())
    answer = client.post(f"{SESSION}/delete", data={"name": "Hannah"})
    assert answer.status_code == 409 and "cancel it in the queue" in answer.text
    assert client.get(SESSION).status_code == 200 and deletions(data) == ()


def test_the_same_file_once_more_says_when_it_was_deleted(desk) -> None:
    from convo.database.uploads import Uploads
    from convo.web.desk import Desk
    from convo.web.receiving import described, known

    client, data = desk
    client.post(f"{SESSION}/delete", data={"name": "Hannah"})
    upload = Uploads(data).begin("again.m4a", 9, None, "", "owner")
    Uploads(data).complete(upload.id, MADE.recording.recording_id, 3.0)
    (data / "inbox" / MADE.recording.recording_id).touch()
    assert known(Desk(data), access.OWNER, MADE.recording.recording_id) is None
    note = described(Desk(data), Uploads(data).upload(upload.id)).note
    assert note.startswith("This recording was deleted on")
    assert note in client.get("/upload").text
