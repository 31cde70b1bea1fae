"""Writing into a cell of the table over the sessions, with nothing but the keyboard."""

from __future__ import annotations

from pathlib import Path

import pytest
from browsing import PHONE, findings, picture, serving
from kept import keep, sample

from convo.web.desk import Desk
from convo.web.sessions import coachee_key

CELL = f"#cell-{'01' * 8}-scrutiny"


@pytest.fixture
def address(tmp_path: Path):
    with serving(Desk(keep(tmp_path, [sample(1), sample(2)]))) as site:
        yield f"{site}/coachees/{coachee_key('Hannah')}"


def test_words_are_written_and_changed_from_the_keyboard(address, page) -> None:
    page.goto(address)
    cell = page.locator(CELL)
    cell.locator("summary").first.focus()
    page.keyboard.press("Enter")
    cell.locator("textarea").wait_for()
    page.wait_for_function("() => document.activeElement.tagName === 'TEXTAREA'")
    page.keyboard.type("She led from here on.")
    picture(page, "coachee-writing", whole=False)
    assert findings(page) == []
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    cell.get_by_text("Kept.").wait_for()
    assert "She led from here on." in cell.inner_text()
    page.wait_for_function("() => document.activeElement.tagName === 'SUMMARY'")
    page.keyboard.press("Enter")
    cell.locator("textarea").fill("I led from here on.")
    cell.get_by_role("button", name="Keep").click()
    cell.get_by_text("I led from here on.").first.wait_for()
    cell.locator("summary").first.click()
    cell.get_by_text("Earlier words (1)").click()
    assert "She led from here on." in cell.locator(".history").inner_text()
    assert findings(page) == []


def test_it_fits_on_a_phone(address, new_page) -> None:
    page = new_page(PHONE)
    page.goto(address)
    page.locator(f"{CELL} summary").first.click()
    page.locator(f"{CELL} textarea").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    picture(page, "coachee-writing-phone", whole=False)
