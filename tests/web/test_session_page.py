"""One session to read: everything the report says, in parts, and never for a stranger."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from kept import keep, sample

SESSION = f"/sessions/{'01' * 8}"


def test_the_page_has_the_talk_and_its_parts_have_the_figures(client: TestClient) -> None:
    page = client.get(SESSION).text
    assert "Hannah" in page and "What needs a look" in page
    assert 'id="t1"' in page and 'data-start="0.' in page
    shares = client.get(f"{SESSION}/parts/shares").text
    assert "37&nbsp;%" in shares and "<svg" in shares and "<html" not in shares
    timeline = client.get(f"{SESSION}/parts/timeline").text
    assert "The change of phase lies somewhere in here" in timeline and "<svg" in timeline


def test_the_page_asks_for_every_part_that_it_does_not_hold(client: TestClient) -> None:
    page = client.get(SESSION).text
    parts = re.findall(r'hx-get="([^"]+)" hx-trigger="load', page)
    player = SESSION.replace("sessions", "audio") + "/player"
    later = {f"{SESSION}/parts/{name}" for name in ("shares", "timeline", "history")}
    assert set(parts) == later | {player}
    assert all(client.get(part).status_code == 200 for part in parts)


def test_the_page_says_nothing_about_commands_of_a_terminal(tmp_path: Path, browse) -> None:
    from factory import flagged

    page = browse(keep(tmp_path, [flagged(1)])).get(SESSION).text
    review = page.split('id="review"')[1].split("</section>")[0]
    assert "the two voices ask about as much" in review
    assert "convo process" not in page


def test_a_reason_says_what_to_press_and_not_what_to_type(tmp_path: Path, browse) -> None:
    from dataclasses import replace

    from convo.outcome import CHANNELS
    from convo.transcript import Remedy

    played = Remedy("perhaps a recording is played at 1:00-1:20: quoted", "media", 60.0, 79.5)
    review = (CHANNELS.reason, played.reason)
    data = keep(tmp_path, [replace(sample(1), review=review, remedies=(CHANNELS, played))])
    client = browse(data)
    review = client.get(f"{SESSION}/parts/review").text
    for words in (
        "1:00-1:20: quoted",
        'data-end="79.5">Mark as played',
        ">It is talk<",
        "press who said it",
    ):
        assert words in review
    assert "not there any more" in review and "/channels" not in review  # nothing to read again
    (key,) = re.findall('href="(/coachees/[^"]+)"', client.get(SESSION).text)
    beside = client.get(f"{key}/parts/sessions").text
    assert "1:00-1:20: quoted" in beside and "on the page of that session" in beside
    for page in (review, beside):
        assert "convo process" not in page and "--" not in page.replace("<!--", "")
    (report,) = (data / "reports").glob("*session*.html")
    told = report.read_text(encoding="utf-8")
    assert "--media 1:00-1:20</code>" in told and "--channels speakers</code>" in told


def test_a_version_names_the_state_of_the_session(client: TestClient) -> None:
    version = client.get(f"{SESSION}/version").json()["version"]
    assert re.fullmatch("[0-9a-f]{16}", version)
    assert f'data-version="{version}"' in client.get(SESSION).text


@pytest.mark.parametrize("name", ["ffffffffffffffff", "%2e%2e%5c", "01", "x" * 300, "0" * 15])
def test_an_unknown_session_is_not_found(client: TestClient, name: str) -> None:
    assert client.get(f"/sessions/{name}").status_code == 404
    assert client.get(f"/sessions/{name}/parts/shares").status_code == 404


def test_who_may_not_see_a_session_is_told_that_there_is_none(client, monkeypatch) -> None:
    monkeypatch.setattr("convo.web.kept.may_see", lambda who, session: False)
    for address in (SESSION, f"{SESSION}/parts/transcript", f"{SESSION}/version"):
        answer = client.get(address)
        assert answer.status_code == 404 and "Hannah" not in answer.text


def test_what_the_viewer_may_not_read_is_in_no_part(tmp_path: Path, browse, monkeypatch) -> None:
    from dataclasses import replace

    def shown(who, conversation):
        return replace(conversation, turns=conversation.turns[:3], session=sample(2).session)

    monkeypatch.setattr("convo.web.kept.shown", shown)
    client = browse(keep(tmp_path, [sample(1)]))
    page = client.get(SESSION).text
    assert 'id="t3"' in page and 'id="t4"' not in page


def test_the_look_of_the_page_takes_no_name_from_the_look_of_reports(client: TestClient) -> None:
    """A name that both use for different things would put one look upon the other."""
    own = client.get("/static/convo.css").text.split("/* Putting a session right")[1]
    names = set(re.findall(r"\.([a-z][a-z-]+)\b(?=[^{}]*{)", own))
    shared = {n for n in names if re.search(rf"\.{n}\b", client.get("/look.css").text)}
    assert shared <= {"turn", "said", "swatch", "side", "wide", "narrow"}
