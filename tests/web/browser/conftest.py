"""A real browser on real pages. Without chromium these tests are skipped, and say so.

``CONVO_CHROMIUM`` names another browser.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from browsing import DESKTOP, serving
from kept import keep, sample

from convo.web.desk import Desk

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder is slow and needs a browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("slow")
            item.add_marker("browser")


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a chromium, or the test is skipped."""
    named = os.environ.get("CONVO_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if named is None:
        pytest.skip("THE PAGE IS NOT TESTED IN A BROWSER: there is no chromium, install one")
    return named


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
