"""People write into the cells of the table over the sessions, on the page of a coachee."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from kept import keep, sample
from soundkept import worded

from convo.database.notes import notes_in
from convo.web import access
from convo.web.access import Viewer
from convo.web.sessions import coachee_key

TABLE = f"/coachees/{coachee_key('Hannah')}/parts/told"
SHORT = "01" * 8
CELL = f"/sessions/{SHORT}/cells/scrutiny"
PAM = Viewer("Pam", "coach")
MAEVE = Viewer("Maeve", "coach")
HANNAH = Viewer("Hannah", "coachee")


@pytest.fixture
def desk(tmp_path: Path, browse) -> tuple[TestClient, Path]:
    data = keep(tmp_path, [sample(1), sample(2)])
    return browse(data), data


@pytest.fixture
def looks(monkeypatch):
    """Who looks from now on."""

    def set_to(who: Viewer) -> None:
        monkeypatch.setattr(access, "_look_up", lambda request: who)

    return set_to


def words(page: str, place: str) -> str:
    """What is written in one cell of the table."""
    part = page.split(f'id="cell-{place}"')[1].split("<details")[0]
    return " ".join(re.sub("<[^>]+>", " ", part.split(">", 1)[1]).split())


def test_every_cell_can_be_written_into(desk) -> None:
    client, _ = desk
    page = client.get(TABLE).text
    cells = re.findall(r'id="cell-([0-9a-f]{16}-[a-z-]+)"', page)
    for session in (SHORT, "02" * 8):
        for phase in ("orientation", "scrutiny", "co-construction", "whole"):
            assert cells.count(f"{session}-{phase}") == 1
    assert page.count("Write your own words") == len(cells)


def test_words_are_kept_with_name_and_day_and_shown_at_once(desk, looks) -> None:
    client, data = desk
    looks(MAEVE)
    answer = client.post(CELL, data={"text": "We <looked> twice.", "seen": "0"})
    assert answer.headers["hx-retarget"] == f"#cell-{SHORT}-scrutiny"
    assert "We &lt;looked&gt; twice." in answer.text and "written by <bdi>Maeve" in answer.text
    assert "We <looked> twice." not in answer.text
    assert words(client.get(TABLE).text, f"{SHORT}-scrutiny").startswith("We &lt;looked&gt; twice.")
    for report in (data / "reports").glob("*hannah*.html"):
        here = "02020202" not in report.name
        assert ("We &lt;looked&gt; twice." in report.read_text(encoding="utf-8")) == here
    assert "We &lt;looked&gt; twice." in client.get(f"/sessions/{SHORT}/parts/shares").text


def test_earlier_words_stay_and_both_speakers_write(desk, looks) -> None:
    client, data = desk
    looks(MAEVE)
    client.post(CELL, data={"text": "First."})
    looks(HANNAH)
    form = client.get(CELL).text
    assert "First." in form and "<bdi>Hannah</bdi>" in form
    client.post(CELL, data={"text": "Second,\r\nof mine."})
    client.post(CELL, data={"text": "Second,\r\nof mine."})  # the same again is no new text
    assert "Earlier words (1)" in client.get(CELL).text
    client.post(CELL, data={"text": ""})
    assert words(client.get(TABLE).text, f"{SHORT}-scrutiny") == ""
    kept = notes_in(data / "artefacts" / SHORT)
    assert [(note.text, note.who) for note in kept] == [
        ("First.", "Maeve"), ("Second,\nof mine.", "Hannah"), ("", "Hannah"),
    ]  # fmt: skip


def test_whoever_saw_older_words_is_told(desk) -> None:
    client, _ = desk
    assert "Kept." in client.post(CELL, data={"text": "One.", "seen": "0"}).text
    assert "Somebody else" in client.post(CELL, data={"text": "Two.", "seen": "0"}).text


def test_the_whole_session_is_a_cell_too(desk) -> None:
    client, data = desk
    client.post(f"/sessions/{SHORT}/cells/whole", data={"text": "All of it."})
    (note,) = notes_in(data / "artefacts" / SHORT)
    assert note.phase is None
    assert words(client.get(TABLE).text, f"{SHORT}-whole").startswith("All of it.")


def test_what_is_private_does_not_come_into_the_reports(tmp_path, browse) -> None:
    made = worded(sample(1))
    secret = made.turns[11]  # "On the whiteboard. There's sometimes a picture."
    data = keep(tmp_path, [made])
    client = browse(data)
    marked = {"start": secret.start, "end": secret.end, "kind": "private"}
    assert client.post(f"/sessions/{SHORT}/corrections/passage", data=marked).status_code == 200
    assert client.post(CELL, data={"text": "Our words."}).status_code == 200
    for report in (data / "reports").glob("*.html"):
        text = report.read_text(encoding="utf-8")
        assert "Our words." in text and "On the whiteboard. There" not in text
    assert "On the whiteboard. There" in client.get(f"/sessions/{SHORT}").text


@pytest.mark.parametrize(
    ("who", "status"),
    [(Viewer("rita", "researcher"), 403), (Viewer("lead", "lead"), 403), (PAM, 404)],
)
def test_nobody_else_writes_or_sees_where_to(desk, looks, who, status) -> None:
    client, data = desk
    looks(who)
    for answer in (client.get(CELL), client.post(CELL, data={"text": "Mine."})):
        assert answer.status_code == status
    assert "Write your own words" not in client.get(TABLE).text
    assert notes_in(data / "artefacts" / SHORT) == ()


def test_what_cannot_be_kept_is_refused(desk) -> None:
    client, data = desk
    assert client.get(f"/sessions/{SHORT}/cells/none").status_code in (404, 422)
    answer = client.post(CELL, data={"text": "x" * 20_001}, headers={"hx-request": "true"})
    assert answer.status_code >= 400 and "too many" in answer.text
    assert "hx-retarget" not in answer.headers
    client.headers.pop("x-csrf-token")
    assert client.post(CELL, data={"text": "Foreign."}).status_code == 403
    assert notes_in(data / "artefacts" / SHORT) == ()
