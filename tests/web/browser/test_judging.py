"""Saying which candidate moments are one, in the page of a session."""

from __future__ import annotations

from pathlib import Path

import pytest
from browsing import findings, picture, serving
from kept import keep, sample
from soundkept import worded
from told import read

from convo.web.desk import Desk

MADE = read(worded(sample(2)))
LIST = "#moments-co-construction"


@pytest.fixture
def address(tmp_path: Path):
    with serving(Desk(keep(tmp_path, [MADE]))) as site:
        yield f"{site}/sessions/{MADE.recording.short_id}"


def test_the_list_stays_open_while_somebody_goes_through_it(address, page) -> None:
    page.goto(address)
    page.locator(f"{LIST} summary").click()
    chain = page.locator(f"{LIST} [data-what=suggestion-chain]")
    assert chain.count() == 2
    picture(page, "session-moments", whole=False)
    chain.first.focus()
    page.keyboard.press("Enter")
    page.wait_for_function("() => told.textContent.startsWith('Confirmed')")
    assert page.locator(LIST).get_attribute("open") is not None
    assert page.evaluate("Boolean(document.activeElement.closest('#moments-co-construction'))")
    assert "1 confirmed by a person" in page.locator(LIST).inner_text()
    assert chain.count() == 1
    assert findings(page) == []
    chain.click()
    page.wait_for_function("() => told.textContent.startsWith('Taken out')")
    assert chain.count() == 0
    page.locator("#history-part").get_by_role("button", name="Take back").first.click()
    page.wait_for_function("() => told.textContent.startsWith('Taken back')")
    assert chain.count() == 1
