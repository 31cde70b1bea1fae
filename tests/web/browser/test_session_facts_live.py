"""What a session is, put right in a browser; and what helps against a reason to look."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from browsing import PHONE, findings, picture, serving
from kept import keep
from soundkept import keep_with_sound, recorded

from convo.outcome import CHANNELS
from convo.transcript import Remedy
from convo.web.desk import Desk

MADE = recorded(1)
TURN = MADE.turns[7]
PLAYED = Remedy("perhaps a recording is played at 0:40-0:50: quoted", "media", TURN.start, TURN.end)
SESSION = f"/sessions/{MADE.recording.short_id}"


@pytest.fixture
def address(tmp_path: Path):
    two = replace(MADE.recording, channels=2)
    review = (CHANNELS.reason, PLAYED.reason)
    made = replace(MADE, recording=two, review=review, remedies=(CHANNELS, PLAYED))
    with serving(Desk(keep(keep_with_sound(tmp_path, (1, 2)), [made, recorded(2)]))) as site:
        yield site + SESSION


def told(page) -> str:
    page.wait_for_function(
        "() => !told.hidden && told.textContent && !told.textContent.startsWith('One moment')",
        timeout=60_000,
    )
    return page.locator("#told").inner_text()


def test_a_session_becomes_another_and_back_from_the_keyboard(address, page) -> None:
    page.goto(address)
    page.wait_for_selector("#side svg", state="attached")
    page.locator(".edit summary").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#fact-coachee")
    picture(page, "session-facts", whole=False)
    assert findings(page) == []
    page.locator("#fact-number").fill("2")
    page.keyboard.press("Enter")
    assert "already: give this one another number" in told(page)
    picture(page, "session-facts-clash", whole=False)
    assert page.locator("#fact-number").input_value() == "2"  # nothing has to be typed again
    page.locator("#fact-number").fill("5")
    page.locator("#fact-coachee").fill("Ann Lee")
    page.keyboard.press("Enter")
    page.wait_for_function("() => told.textContent.startsWith('This is session 5 of Ann Lee')")
    assert page.locator("h1").inner_text() == "Ann Lee with Maeve"
    assert page.title().startswith("Session 5: Ann Lee and Maeve")
    assert "Edit" in page.evaluate("document.activeElement.textContent")
    page.wait_for_selector("#history-part li")
    picture(page, "session-facts-changed", whole=False)
    page.locator("#history-part").get_by_role("button", name="Take back").click()
    page.wait_for_function("() => document.querySelector('h1').textContent.includes('Hannah')")


def test_what_is_perhaps_played_is_marked_with_one_click(address, page) -> None:
    page.goto(address)
    page.wait_for_selector("#side svg", state="attached")
    picture(page, "session-remedies", whole=False)
    page.locator("#review-part").get_by_role("button", name="Mark as played").click()
    assert "This is marked" in told(page)
    assert "is a recording that is played" in page.locator("#history-part").inner_text()


def test_what_is_talk_after_all_is_said_with_one_click(address, page) -> None:
    page.goto(address)
    page.wait_for_selector("#side svg", state="attached")
    page.locator("#review-part").get_by_role("button", name="It is talk").click()
    assert "Taken out of the list" in told(page)
    assert "is talk, not played" in page.locator("#history-part").inner_text()
    assert page.get_by_role("button", name="It is talk").count() == 0


def test_a_recording_is_read_again_by_its_channels(address, page) -> None:
    page.goto(address)
    page.get_by_role("button", name="Read it again in the queue").click()
    page.wait_for_selector("#open")
    assert "Session 1 of Hannah with Maeve" in page.locator("#jobs").inner_text()


@pytest.mark.parametrize(("size", "view"), [("", None), ("-phone", PHONE)])
def test_the_words_of_a_private_passage_count_by_agreement(address, new_page, size, view) -> None:
    page = new_page(view) if view else new_page()
    page.goto(address)
    page.wait_for_selector("#side svg", state="attached")
    page.locator("#t6 p").click()
    box = page.locator("#counted")
    assert not box.is_checked()
    box.check()
    picture(page, "session-agreed" + size, whole=False)
    assert findings(page) == []
    page.locator("#t9 p").click()
    assert not box.is_checked()  # what both agreed to was about another passage
    page.locator("#t6 p").click()
    box.check()
    page.locator("#tools").get_by_role("button", name="Private").click()
    assert "as you both agreed" in told(page)
