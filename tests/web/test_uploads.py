"""Uploads: resumable, constant memory, never trusted; consent; the way into the queue."""

from __future__ import annotations

import base64
import json
from datetime import date
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from kept import keep, sample

from convo.database.corrections import read_corrections
from convo.database.jobs import Queue
from convo.database.runs import Run, record_run
from convo.database.uploads import Uploads
from convo.pipeline.importing import inspect
from convo.transcript import Session
from convo.web import access, tus
from convo.web.access import Viewer

FILES = "/upload/files"
FORM = {
    "coachee": "Hannah",
    "coach": "Maeve",
    "programme": "Talk",
    "consent": "yes",
    "consent_date": "2026-03-01",
    "consent_words": "We both agree.",
}


@pytest.fixture
def client(tmp_path: Path, browse) -> TestClient:
    return browse(tmp_path / "data", inspect=inspect)


def metadata(**told: str) -> str:
    return ",".join(f"{k} {base64.b64encode(v.encode()).decode()}" for k, v in told.items())


def begin(client: TestClient, size: int, **told: str):
    headers = {"upload-length": str(size), "upload-metadata": metadata(**told)}
    return client.post(FILES, headers=headers)


def patch(client: TestClient, where: str, offset: int, content: bytes):
    kind = {"content-type": "application/offset+octet-stream", "upload-offset": str(offset)}
    return client.patch(where, headers=kind, content=content)


def upload(client: TestClient, content: bytes, name: str = "talk.wav", **told: str) -> str:
    where = begin(client, len(content), filename=name, **told).headers["location"]
    assert patch(client, where, 0, content).status_code == 204
    return where.split("/")[-1]


def test_an_upload_goes_on_where_it_stopped(client: TestClient, recording: Path) -> None:
    content = recording.read_bytes()
    made = begin(client, len(content), filename=recording.name, fingerprint="a" * 64)
    where = made.headers["location"]
    assert made.status_code == 201 and made.headers["tus-resumable"] == "1.0.0"
    assert patch(client, where, 0, content[:1000]).headers["upload-offset"] == "1000"
    assert client.get(f"{where}/form").status_code == 409
    assert "are here" in client.get("/upload").text
    found = client.get(f"/upload/known?fingerprint={'a' * 64}").json()
    assert found == {"known": None, "resume": where}
    head = client.head(where)
    assert (head.headers["upload-offset"], head.headers["upload-length"]) == (
        "1000",
        str(len(content)),
    )
    assert patch(client, where, 0, content).status_code == 409
    assert patch(client, where, 1000, content[1000:]).status_code == 204
    form = client.get(f"{where}/form").text
    assert recording.name in form and 'value="2026-03-05"' in form and 'value="3"' in form


def test_bytes_beyond_the_end_and_wrong_requests_are_refused(client: TestClient) -> None:
    where = begin(client, 10, filename="a.wav").headers["location"]
    assert patch(client, where, 0, bytes(11)).status_code == 400
    assert client.head(where).headers["upload-offset"] == "0"
    assert client.patch(where, headers={"upload-offset": "0"}).status_code == 415
    assert client.post(FILES).status_code == 400
    assert begin(client, 0).status_code == 400
    assert client.post(FILES, headers={"upload-length": "-1"}).status_code == 400
    assert client.head(f"{FILES}/unknown").status_code == 404
    assert client.get(f"{FILES}/..%2f..%2fconvo.duckdb/form").status_code == 404


def test_a_file_larger_than_the_free_disk_is_refused_before_it_comes(client: TestClient) -> None:
    answer = begin(client, 10**14, filename="long.mp4")
    assert answer.status_code == 413 and "free about" in answer.text
    assert Uploads(client.app.state.desk.data).open() == []


def test_a_name_is_only_shown(client: TestClient, recording: Path) -> None:
    id = upload(client, recording.read_bytes(), "../../<script>evil</script>\r\n.wav")
    form = client.get(f"{FILES}/{id}/form").text
    assert "<script>" not in form and "evil" not in str(list(client.app.state.desk.inbox.iterdir()))


@pytest.mark.parametrize("content", [b"#!/bin/sh\nrm -rf ~", b"\0" * 5000, b"RIFF....WAVEfmt "])
def test_what_is_no_recording_says_so_and_is_deleted(client: TestClient, content: bytes) -> None:
    id = upload(client, content, "evil.wav")
    form = client.get(f"{FILES}/{id}/form").text
    assert "evil.wav" in form and 'name="file"' not in form
    assert [path for path in client.app.state.desk.inbox.rglob("*") if path.is_file()] == []


def test_a_transcript_is_handed_on_without_sound(client: TestClient) -> None:
    id = upload(client, b"WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n", "a.vtt")
    assert 'name="file"' in client.get(f"{FILES}/{id}/form").text


def test_a_damaged_transcript_says_so(client: TestClient) -> None:
    id = upload(client, b"WEBVTT\n\n00:00.000 --> soon\nHello\n", "a.vtt")
    form = client.get(f"{FILES}/{id}/form").text
    assert "a.vtt cannot be used" in form and 'name="file"' not in form


def ready(client: TestClient, recording: Path) -> str:
    id = upload(client, recording.read_bytes(), recording.name)
    client.get(f"{FILES}/{id}/form")
    return id


def test_the_form_puts_the_file_into_the_queue_with_the_consent_beside_it(
    client: TestClient, recording: Path
) -> None:
    id = ready(client, recording)
    form = FORM | {"file": id, f"date-{id}": "2026-03-05", f"number-{id}": "3"}
    answer = client.post("/upload", data=form, follow_redirects=False)
    assert answer.status_code == 303 and answer.headers["location"] == "/queue"
    desk = client.app.state.desk
    (job,) = Queue(desk.data).jobs()
    assert (job.name, job.state, job.request.coachee) == (recording.name, "waiting", "Hannah")
    assert (job.request.number, str(job.request.date)) == (3, "2026-03-05")
    assert (desk.data / job.file).read_bytes() == recording.read_bytes()
    (consent,) = read_corrections(desk.artefacts, job.recording_id)
    assert consent.kind == "consent"
    assert json.loads(consent.value) == {"date": "2026-03-01", "words": "We both agree."}
    assert 'name="file"' not in client.get("/upload").text
    again = upload(client, recording.read_bytes(), "other name.wav")
    assert "already in the queue" in client.get(f"{FILES}/{again}/form").text


def test_consent_is_noted_by_whoever_is_logged_in(
    client: TestClient, recording: Path, monkeypatch
) -> None:
    monkeypatch.setattr(access, "_look_up", lambda *_, **__: Viewer("owner", "owner", "pam"))
    id = ready(client, recording)
    client.post("/upload", data=FORM | {"file": id, f"date-{id}": "2026-03-05"})
    desk = client.app.state.desk
    (job,) = Queue(desk.data).jobs()
    (consent,) = read_corrections(desk.artefacts, job.recording_id)
    assert consent.who == "pam"


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("consent", "", "both speakers agreed"),
        ("consent_date", "", "the day on which"),
        ("consent_date", "2999-01-01", "the day on which"),
        ("consent_words", " ", "the words"),
        ("coachee", "", "who the coachee is"),
        ("file", "unknown", "at least one file"),
    ],
)
def test_what_is_missing_is_said_and_what_was_written_stays(
    client: TestClient, recording: Path, field: str, value: str, told: str
) -> None:
    id = ready(client, recording)
    form = FORM | {"file": id, f"date-{id}": "2026-03-05"} | {field: value}
    answer = client.post("/upload", data=form)
    assert answer.status_code == 422 and told in answer.text
    assert field == "coachee" or 'value="Hannah"' in answer.text
    assert Queue(client.app.state.desk.data).jobs() == []


def test_what_a_terminal_is_working_on_is_taken(client: TestClient, recording: Path) -> None:
    id, data = ready(client, recording), client.app.state.desk.data
    theirs = Session("Hannah", "Maeve", 3, date(2026, 3, 5), "Talk")
    record_run(data / "runs", Run("/sound/third.m4a", "ab" * 32, theirs, "running"))
    form = FORM | {"file": id, f"date-{id}": "2026-03-05", f"number-{id}": "3"}
    answer = client.post("/upload", data=form)
    assert answer.status_code == 422
    assert "Session 3 of Hannah is third.m4a already" in answer.text


def test_two_files_cannot_be_the_same_session(client: TestClient, tmp_path, recording) -> None:
    first, other = ready(client, recording), recording.with_name("other.wav")
    other.write_bytes(recording.read_bytes()[:-2000])
    content = bytearray(recording.read_bytes())
    content[-1] ^= 1
    other.write_bytes(content)
    second = ready(client, other)
    form = FORM | {"file": [first, second]}
    form |= {f"date-{id}": "2026-03-05" for id in (first, second)}
    form |= {f"number-{id}": "3" for id in (first, second)}
    answer = client.post("/upload", data=form)
    assert answer.status_code == 422 and "another number" in answer.text
    form[f"number-{second}"] = ""
    assert client.post("/upload", data=form, follow_redirects=False).status_code == 303


def test_a_kept_recording_is_recognised_before_and_after_it_is_uploaded(
    tmp_path: Path, browse, recording: Path
) -> None:
    from dataclasses import replace

    known = inspect(recording)
    conversation = sample(3)
    kept = replace(conversation, recording=known)
    client = browse(keep(tmp_path / "data", [kept]), inspect=inspect)
    id = upload(client, recording.read_bytes(), fingerprint="f" * 64)
    assert "already kept as session 3 of Hannah" in client.get(f"{FILES}/{id}/form").text
    found = client.get(f"/upload/known?fingerprint={'f' * 64}").json()
    assert found == {"known": None, "resume": None}  # its upload is gone

    uploads = Uploads(client.app.state.desk.data)
    made = uploads.begin("a.wav", 9, None, "e" * 64, "owner")
    uploads.complete(made.id, known.recording_id, 1.0)
    found = client.get(f"/upload/known?fingerprint={'e' * 64}").json()
    assert "already kept as session 3 of Hannah" in found["known"]


def test_an_upload_can_be_removed(client: TestClient, recording: Path) -> None:
    half = begin(client, 5000, filename="half.wav").headers["location"].split("/")[-1]
    whole = ready(client, recording)
    for id in (half, whole):
        assert client.delete(f"/upload/received/{id}").status_code == 200
    other = begin(client, 5000, filename="b.wav").headers["location"]
    assert client.delete(other).status_code == 204
    inbox = client.app.state.desk.inbox
    assert [path for path in inbox.rglob("*") if path.is_file()] == []


def test_only_one_window_writes_to_an_upload(client: TestClient) -> None:
    where = begin(client, 10, filename="a.wav").headers["location"]
    with tus._alone(where.split("/")[-1]):
        assert patch(client, where, 0, bytes(5)).status_code == 423
    assert patch(client, where, 0, bytes(5)).status_code == 204
