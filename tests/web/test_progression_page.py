"""One coachee over several sessions, inside the page."""

from __future__ import annotations

import re

from fastapi.testclient import TestClient
from kept import keep, sample

from convo.outcome import write_cell
from convo.report.progression import side_by_side
from convo.web import progression
from convo.web.sessions import coachee_key

HANNAH = f"/coachees/{coachee_key('Hannah')}"


def test_the_list_leads_to_the_coachee_and_on_to_the_sessions(client: TestClient) -> None:
    assert f'href="{HANNAH}"' in client.get("/").text
    page = client.get(HANNAH).text
    assert "2 sessions" in page and re.findall("/sessions/[0-9a-f]{16}", page)
    assert f'href="{HANNAH}"' in client.get(f"/sessions/{'01' * 8}").text


def test_the_sessions_stand_side_by_side_as_in_the_report(client: TestClient) -> None:
    part = client.get(f"{HANNAH}/parts/sessions").text
    assert "<html" not in part and "style=" not in part and "<main" not in part
    report = client.get(HANNAH.replace("coachees", "reports")).text
    for pair in re.findall(r'class="pair">([^<]+)', report):
        assert pair in part
    later = re.findall(f'hx-get="({HANNAH}/parts/[a-z]+)"', part)
    assert len(later) == 3
    drawn = [client.get(address).text for address in later]
    assert ["<svg" in text for text in drawn] == [True, False, True]
    assert all("<html" not in text and "<main" not in text for text in drawn)
    for figure in re.findall("<figure.*?</figure>", drawn[0], re.DOTALL):
        assert figure in report


def test_links_between_reports_lead_to_sessions(client: TestClient) -> None:
    answer = client.get("/coachees/hannah-session-02-02020202.html", follow_redirects=False)
    assert answer.status_code == 303 and answer.headers["location"] == f"/sessions/{'02' * 8}"
    assert client.get("/coachees/none-session-02-02020202.html").status_code == 404


def test_an_unknown_coachee_is_not_found(client: TestClient) -> None:
    for address in ("/coachees/none", "/coachees/none/parts/sessions"):
        assert client.get(address).status_code == 404


def test_the_table_is_made_again_only_when_something_changed(tmp_path, browse, monkeypatch) -> None:
    data = keep(tmp_path, [sample(1), sample(2)])
    client, made = browse(data), []

    def counted(*given, **named):
        made.append(given)
        return side_by_side(*given, **named)

    monkeypatch.setattr(progression, "side_by_side", counted)
    first = client.get(f"{HANNAH}/parts/sessions").text
    assert client.get(f"{HANNAH}/parts/sessions").text == first
    assert len(made) == 1

    assert "In our own words." not in client.get(f"{HANNAH}/parts/told").text
    write_cell(data, sample(1), None, "In our own words.", "Maeve")
    assert "In our own words." in client.get(f"{HANNAH}/parts/told").text
