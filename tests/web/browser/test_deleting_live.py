"""Deleting a session in a browser, by keyboard."""

from __future__ import annotations

from pathlib import Path

import pytest
from browsing import findings, picture, serving
from soundkept import keep_with_sound, recorded

from convo.web.desk import Desk

SESSION = f"/sessions/{recorded(1).recording.short_id}"


@pytest.fixture
def address(tmp_path: Path):
    with serving(Desk(keep_with_sound(tmp_path, (1, 2)))) as site:
        yield site


def test_a_session_is_deleted_by_keyboard(address, page) -> None:
    page.goto(f"{address}{SESSION}")
    link = page.get_by_role("link", name="Delete this session, or only its sound")
    link.scroll_into_view_if_needed()
    picture(page, "session-end", whole=False)
    link.focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="What goes").wait_for()
    picture(page, "session-delete")
    assert findings(page) == []
    field = page.get_by_label("type the name of the coachee")
    field.focus()
    page.keyboard.type("Priya")
    page.keyboard.press("Enter")
    page.get_by_role("alert").wait_for()
    page.wait_for_function("document.activeElement.id === 'name'")
    assert findings(page) == []
    picture(page, "session-delete-other-name")
    field.fill("Hannah")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{address}/?told=*")
    assert "Session 1 of Hannah with Maeve is deleted" in page.locator("#told").inner_text()
    picture(page, "session-deleted")
    assert findings(page) == []
    page.reload()
    assert page.locator("#told").count() == 0


def test_only_the_sound_is_deleted(address, page) -> None:
    page.goto(f"{address}{SESSION}/delete")
    page.get_by_role("button", name="Delete only the sound").click()
    page.wait_for_url(f"{address}/?told=*")
    page.goto(f"{address}{SESSION}")
    page.get_by_text("was deleted on").wait_for()
    picture(page, "session-without-sound", whole=False)
    assert page.locator("#player").count() == 0
    assert findings(page) == []
