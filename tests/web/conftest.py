"""Kept sessions, clients and browsers for the tests of the page.

Without chromium the tests in ``browser`` are skipped, and say so; ``CONVO_CHROMIUM`` names one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from browsing import DESKTOP, serving
from chromium import MISSING, find_chromium
from fastapi.testclient import TestClient
from kept import keep, sample

from convo.web import putting_right
from convo.web.app import create_app
from convo.web.desk import Desk
from convo.web.guard import COOKIE, TOKEN_HEADER

BROWSER = Path(__file__).parent / "browser"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two sessions of Hannah; tests that change something make a folder of their own."""
    return keep(tmp_path_factory.mktemp("data"), [sample(1), sample(2)])


@pytest.fixture
def browse(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], TestClient]:
    """A client on this computer for a data folder, which carries the token of changes.

    It waits for what the page does after an answer, so that must not wait for a quiet moment.
    """
    monkeypatch.setattr(putting_right, "_PAUSE_S", 0)

    def opened(data: Path, **desk: object) -> TestClient:
        app = create_app(Desk(data, **desk))
        client = TestClient(app, base_url="http://127.0.0.1:8765", raise_server_exceptions=False)
        client.get("/")
        client.headers[TOKEN_HEADER] = client.cookies[COOKIE]
        return client

    return opened


@pytest.fixture
def client(data: Path, browse: Callable[[Path], TestClient]) -> TestClient:
    return browse(data)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """A small sound file that passes for a conversation."""
    import wave

    path = tmp_path / "2026-03-05 Hannah session 3.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(range(256)) * 500)  # 8 s
    return path


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in the folder ``browser`` is slow and needs a browser."""
    for item in items:
        if BROWSER in item.path.parents:
            item.add_marker("slow")
            item.add_marker("browser")


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a chromium, or the test is skipped."""
    found = find_chromium()
    if found is None:
        pytest.skip(MISSING)
    return found


@pytest.fixture(scope="session")
def browser(chromium: str):
    """One browser for all tests."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def new_page(browser) -> Iterator[Callable]:
    """Opens a page in a browser of its own (own cookies); faults in its scripts fail the test."""
    contexts, faults = [], []

    def opened(viewport: dict[str, int] = DESKTOP):
        context = browser.new_context(viewport=viewport, reduced_motion="reduce")
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if _is_fault(said.text) else None)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert faults == []


def _is_fault(said: str) -> bool:
    return "Content Security Policy" in said or "Content-Security-Policy" in said


@pytest.fixture
def page(new_page):
    """A page of desktop size."""
    return new_page()


@pytest.fixture(scope="session")
def kept_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the three sample sessions of Hannah, phases set by hand."""
    return keep(tmp_path_factory.mktemp("browser"), [sample(1), sample(2), sample(3)])


@pytest.fixture(scope="session")
def site(kept_data: Path) -> Iterator[str]:
    """The address of the pages for :func:`kept_data`."""
    with serving(Desk(kept_data)) as address:
        yield address
