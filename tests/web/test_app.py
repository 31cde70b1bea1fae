"""The page server: only reports, only to this computer."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from convo.database.runs import Run
from convo.report import write_progression_report, write_session_report
from convo.web.app import HEADERS, create_app

sys.path.insert(0, str(Path(__file__).parent.parent / "report"))
from factory import sample


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "reports"
    write_session_report(folder, sample(1))
    write_progression_report(folder, [sample(1)])
    (folder.parent / "secret.html").write_text(
        '<meta name="convo:kind" content="session">secret', encoding="utf-8"
    )
    return folder


@pytest.fixture
def client(reports: Path) -> TestClient:
    return TestClient(create_app(reports), base_url="http://127.0.0.1:8765")


def test_the_list_leads_to_every_report(client: TestClient, reports: Path) -> None:
    listing = client.get("/")
    assert listing.status_code == 200
    for path in reports.glob("*.html"):
        assert f'href="/reports/{path.stem}"' in listing.text
        assert client.get(f"/reports/{path.stem}").text == path.read_text(encoding="utf-8")


def test_an_empty_or_absent_folder_says_how_to_begin(tmp_path: Path) -> None:
    client = TestClient(create_app(tmp_path / "none"), base_url="http://localhost")
    assert "convo process" in client.get("/").text


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
        "/docs",
        "/openapi.json",
    ],
)
def test_other_addresses_are_not_found(client: TestClient, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 404 and "secret" not in answer.text


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "192.168.1.5", ""])
def test_other_names_for_this_computer_are_refused(client: TestClient, host: str) -> None:
    answer = client.get("/", headers={"host": host})
    assert answer.status_code == 400 and "Hannah" not in answer.text


@pytest.mark.parametrize("host", ["localhost", "localhost:8765", "127.0.0.1", "[::1]:8765"])
def test_this_computer_is_answered(client: TestClient, host: str) -> None:
    assert client.get("/", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("address", ["/", "/reports/none"])
def test_every_answer_has_the_strict_headers(client: TestClient, address: str) -> None:
    answer = client.get(address)
    assert all(answer.headers[name] == value for name, value in HEADERS.items())
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'") and "script-src" not in policy
    refused = client.get(address, headers={"host": "evil.example"})
    assert refused.headers["content-security-policy"] == policy


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nothing_can_be_changed(client: TestClient, method: str) -> None:
    assert client.request(method, "/").status_code == 405


def test_what_failed_stands_above_the_reports(reports: Path) -> None:
    failed = Run("<b>.mp3", None, None, "failed", "<b>.mp3 is empty: copy it again")
    app = create_app(reports, lambda: [failed, Run("b.m4a", "b" * 64, None, "interrupted")])
    listing = TestClient(app, base_url="http://127.0.0.1").get("/").text
    assert "&lt;b&gt;.mp3 is empty: copy it again" in listing
    assert "<b>" not in listing
    assert "interrupted: process it again to go on" in listing
    assert listing.index("Not finished") < listing.index("/reports/")
