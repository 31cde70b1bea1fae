"""The frame of the page: only to this computer, only changes asked for here, plain sentences."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from kept import keep, sample

from convo.database.runs import Run, record_run
from convo.errors import StoreError
from convo.report.page import CONTENT_SECURITY_POLICY
from convo.web.app import create_app
from convo.web.desk import Desk
from convo.web.guard import COOKIE, HEADERS, TOKEN_HEADER


def test_the_list_leads_to_every_session_and_report(client: TestClient, data: Path) -> None:
    listing = client.get("/")
    assert listing.status_code == 200
    reports = list((data / "reports").glob("*.html"))
    assert len(reports) == 3
    led_to = re.findall(r'href="(/(?:sessions|coachees)/[^"]+)"', listing.text)
    pages = listing.text + "".join(client.get(address).text for address in led_to)
    for path in reports:
        assert f'href="/reports/{path.stem}"' in pages
        assert client.get(f"/reports/{path.stem}").text == path.read_text(encoding="utf-8")


def test_the_list_can_be_searched_and_paged(client: TestClient, monkeypatch) -> None:
    assert "Hannah" in client.get("/?find=nNa").text
    assert "No coachee" in client.get("/?find=%3Cb%3E").text
    monkeypatch.setattr("convo.web.home.PAGE", 1)
    first, second = client.get("/").text, client.get("/?at=2").text
    assert "Session 1 with" in first and "Session 2 with" not in first
    assert "Session 2 with" in second and "Page 2 of 2" in second
    assert client.get("/?at=99").status_code == 200


def test_an_empty_folder_says_how_to_begin(tmp_path: Path, browse) -> None:
    assert 'href="/upload"' in browse(tmp_path).get("/").text


@pytest.mark.parametrize(
    "address",
    [
        "/reports/none",
        "/reports/..%2Fsecret",
        "/reports/%2e%2e%2fsecret",
        "/reports/..%5Csecret",
        "/reports/../../secret",
        "/reports/",
        "/secret.html",
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/docs",
        "/openapi.json",
    ],
)
def test_other_addresses_are_not_found(client: TestClient, data: Path, address: str) -> None:
    secret = '<meta name="convo:kind" content="session">secret'
    (data / "secret.html").write_text(secret, encoding="utf-8")
    answer = client.get(address)
    assert answer.status_code == 404 and "secret" not in answer.text
    assert "There is no such" in answer.text or address.startswith("/static")


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "192.168.1.5", ""])
def test_other_names_for_this_computer_are_refused(client: TestClient, host: str) -> None:
    answer = client.get("/", headers={"host": host})
    assert answer.status_code == 400 and "Hannah" not in answer.text


@pytest.mark.parametrize("host", ["localhost", "localhost:8765", "127.0.0.1", "[::1]:8765"])
def test_this_computer_is_answered(client: TestClient, host: str) -> None:
    assert client.get("/", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("address", ["/", "/reports/none", "/look.css"])
def test_every_answer_has_the_strict_headers(client: TestClient, address: str) -> None:
    answer = client.get(address)
    assert all(answer.headers[name] == value for name, value in HEADERS.items())
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'self'") and "unsafe" not in policy
    refused = client.get(address, headers={"host": "evil.example"})
    assert refused.headers["content-security-policy"] == policy


def test_reports_keep_their_own_stricter_policy(client: TestClient, data: Path) -> None:
    report = next((data / "reports").glob("*.html"))
    policy = client.get(f"/reports/{report.stem}").headers["content-security-policy"]
    assert policy.startswith(CONTENT_SECURITY_POLICY) and "frame-ancestors 'none'" in policy


def test_pages_carry_no_inline_script_or_style(client: TestClient) -> None:
    session = f"/sessions/{'01' * 8}"
    parts = ("review", "shares", "timeline", "transcript")
    for address in ("/", "/none", session, *(f"{session}/parts/{part}" for part in parts)):
        page = client.get(address).text
        assert "<style" not in page and "style=" not in page and "javascript:" not in page
        assert page.count("<script") == page.count("<script src=")


def test_files_of_the_page_come_with_the_package(client: TestClient) -> None:
    page = client.get("/").text
    assert "//" not in page.replace("<!doctype", "").split("</head>")[0].replace("http://", "")
    for address in ("/look.css", "/static/convo.css", "/static/vendor/htmx.min.js"):
        assert address in page
        answer = client.get(address)
        assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-cache" and answer.headers["etag"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_changes_must_be_asked_for_by_a_page_of_this_server(data: Path, method: str) -> None:
    app = create_app(Desk(data))
    app.add_api_route("/change", lambda: "changed", methods=[method])
    client = TestClient(app, base_url="http://127.0.0.1:8765")
    client.get("/")
    own = {TOKEN_HEADER: client.cookies[COOKIE]}

    def asked(**headers: str) -> int:
        return client.request(method, "/change", headers=headers).status_code

    assert asked(**own) == 200
    assert asked(**own, **{"sec-fetch-site": "same-origin"}) == 200
    assert asked(**own, origin="http://127.0.0.1:8765") == 200
    assert asked() == 403
    assert asked(**{TOKEN_HEADER: "made.up"}) == 403
    assert asked(**own, **{"sec-fetch-site": "same-site"}) == 403
    assert asked(**own, **{"sec-fetch-site": "cross-site"}) == 403
    assert asked(**own, origin="http://127.0.0.1:9999") == 403
    assert asked(**own, origin="null") == 403
    client.cookies.clear()
    assert asked(**own) == 403


def test_a_form_may_carry_the_token(data: Path) -> None:
    app = create_app(Desk(data))
    app.add_api_route("/change", lambda: "changed", methods=["POST"])
    client = TestClient(app, base_url="http://127.0.0.1:8765")
    client.get("/")
    token = client.cookies[COOKIE]
    assert client.post("/change", data={"csrf_token": token}).status_code == 200
    assert client.post("/change", data={"csrf_token": "other"}).status_code == 403


def test_a_fault_and_a_known_error_are_plain_pages_with_the_strict_headers(data: Path) -> None:
    app = create_app(Desk(data))

    def fault() -> None:
        raise ZeroDivisionError("secret detail")

    def known() -> None:
        raise StoreError("the store is <away>: bring it back")

    app.add_api_route("/fault", fault)
    app.add_api_route("/known", known)
    client = TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False)
    answer = client.get("/fault")
    assert answer.status_code == 500 and "secret detail" not in answer.text
    assert "fault of convo" in answer.text
    assert answer.headers["content-security-policy"] == HEADERS["content-security-policy"]
    answer = client.get("/known")
    assert answer.status_code == 409 and "the store is &lt;away&gt;: bring it back." in answer.text
    part = client.get("/known", headers={"hx-request": "true"}).text
    assert part.startswith('<p class="caution" role="alert">')


def test_what_failed_stands_above_the_sessions(tmp_path: Path, browse) -> None:
    data = keep(tmp_path, [sample(1)])
    told = "<b>.mp3 is empty: copy it again"
    record_run(data / "runs", Run("<b>.mp3", "a" * 64, None, "failed", told))
    record_run(data / "runs", Run("b.m4a", "b" * 64, None, "interrupted"))
    listing = browse(data).get("/").text
    assert "&lt;b&gt;.mp3 is empty: copy it again" in listing
    assert "<b>" not in listing
    assert "interrupted: process it again to go on" in listing
    assert listing.index("Not finished") < listing.index("/sessions/")
