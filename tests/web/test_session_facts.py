"""What a session is, put right on the page: the same checks as at upload, and who may."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from soundkept import keep_with_sound, recorded

from convo.corrections import correcting
from convo.web.access import Viewer

MADE, SECOND = recorded(1), recorded(2)
RECORDING = MADE.recording.recording_id
SESSION = f"/sessions/{MADE.recording.short_id}"


@pytest.fixture
def desk(tmp_path: Path, browse) -> tuple[TestClient, Path]:
    data = keep_with_sound(tmp_path, (1, 2))
    return browse(data), data


def post(client: TestClient, **fields: object):
    return client.post(
        f"{SESSION}/corrections/session", data=fields, headers={"hx-request": "true"}
    )


def look_as(monkeypatch, who: Viewer) -> None:
    monkeypatch.setattr("convo.web.access._look_up", lambda request, active=True: who)


def test_everything_follows_before_the_answer_and_back(desk, monkeypatch) -> None:
    client, data = desk
    monkeypatch.setattr("convo.web.putting_right._write_soon", lambda *about: None)
    form = client.get(f"{SESSION}/facts").text
    assert 'value="Hannah"' in form and 'type="date"' in form and "readonly" not in form
    done = post(client, coachee=" Ann  Lee ", number="4", date="2026-02-03", programme="")
    assert done.status_code == 200, done.text
    assert done.json()["told"].startswith("This is session 4 of Ann Lee with Maeve now.")
    head = client.get(f"{SESSION}/parts/facts").text
    assert "Session 4</p>" in head and "Ann Lee" in head and "3 February 2026" in head
    names = {page.name for page in (data / "reports").glob("*.html")}
    assert f"ann-lee-session-04-{RECORDING[:8]}.html" in names and len(names) == 4
    assert not any(n.startswith("hannah") and RECORDING[:8] in n for n in names)
    assert "Ann Lee" in client.get("/").text
    assert client.get(f"/reports/hannah-session-01-{RECORDING[:8]}").status_code == 404

    history = client.get(f"{SESSION}/parts/history").text
    for words in ("the coachee to Ann Lee", "from 1 to 4", "to 3 February 2026", "to none"):
        assert words in history
    assert "Hannah" not in history  # who was named by mistake is nobody's business there
    assert client.post(f"{SESSION}/corrections/undo", data={}).status_code == 200
    assert "Hannah" in client.get(f"{SESSION}/parts/facts").text
    assert "to somebody else" in client.get(f"{SESSION}/parts/history").text


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({"coachee": " "}, 422, "Say who the coachee is."),
        ({"coach": ""}, 422, "Say who the coach is."),
        ({"number": "0"}, 422, "1 or more"),
        ({"number": "x"}, 422, "1 or more"),
        ({"date": "2126-01-01"}, 422, "still to come"),
        ({"date": "soon"}, 422, "Give the day"),
        ({"number": str(SECOND.session.number)}, 409, "already: give this one another number"),
        ({}, 409, "stands there already"),
    ],
)
def test_what_cannot_be_is_one_sentence_and_changes_nothing(desk, fields, status, said) -> None:
    client, data = desk
    answer = post(client, **fields)
    assert answer.status_code == status and said in answer.text
    assert "--" not in answer.text
    assert correcting.history(data, RECORDING) == ()


def test_nobody_gives_away_a_session_that_is_theirs(desk, monkeypatch) -> None:
    client, data = desk
    look_as(monkeypatch, Viewer("Maeve", "coach", "maeve"))
    assert "readonly" in client.get(f"{SESSION}/facts").text
    assert "You are the coach of this session" in post(client, coach="Kate").text
    assert post(client, coachee="Ann").status_code == 200
    look_as(monkeypatch, Viewer("Hannah", "coachee", "hannah"))
    assert client.get(SESSION).status_code == 404  # it is not hers any more
    look_as(monkeypatch, Viewer("Ann", "coachee", "ann"))
    assert client.get(SESSION).status_code == 200
    assert client.post(f"{SESSION}/corrections/undo", data={}).status_code == 403
    assert len(correcting.history(data, RECORDING)) == 1
    look_as(monkeypatch, Viewer("Rita", "researcher", "rita"))
    assert client.get(f"{SESSION}/facts").status_code == 403
    assert post(client, number="5").status_code == 403
    page = client.get(SESSION).text
    assert "/facts" not in page.replace("parts/facts", "")
