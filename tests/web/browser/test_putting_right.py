"""Every correction in a browser, with its effect on the figures of the page."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from browsing import PHONE, findings, picture, serving
from soundkept import keep_with_sound, recorded

from convo.web.desk import Desk

SESSION = f"/sessions/{recorded(1).recording.short_id}"


@pytest.fixture
def address(tmp_path: Path):
    """The address of a session that a test may change."""
    with serving(Desk(keep_with_sound(tmp_path))) as site:
        yield site + SESSION


def opened(page, address: str):
    page.goto(address)
    page.wait_for_selector("#side svg", state="attached")
    return page


def told(page) -> str:
    page.wait_for_function(
        "() => !told.hidden && told.textContent && !told.textContent.startsWith('One moment')",
        timeout=60_000,
    )
    return page.locator("#told").inner_text()


def do(page, name: str, inside: str = "#tools") -> str:
    page.locator(inside).get_by_role("button", name=name, exact=True).first.click()
    return told(page)


def split(page) -> list[int]:
    """The two large figures."""
    text = page.locator("#side .split").inner_text()
    return [int(number) for number in re.findall(r"(\d+)\s%", text)]


def texts(page) -> list[str]:
    return page.locator("#turns .said").all_inner_texts()


def test_one_turn_in_two_clicks_and_back(address, page) -> None:
    opened(page, address)
    assert split(page) == [37, 63]
    page.locator("#t12 p").click()
    assert "37/63 before, 39/61 now" in do(page, "Maeve")
    page.wait_for_function("() => document.querySelector('#side .split').innerText.includes('39')")
    assert split(page) == [39, 61]
    page.wait_for_selector("#history-part li")
    assert "to Maeve" in page.locator("#history-part").inner_text()
    picture(page, "session-put-right", whole=False)
    do(page, "Take back", "#history-part")
    page.wait_for_function("() => document.querySelector('#side .split').innerText.includes('37')")
    assert "taken back" in page.locator("#history-part").inner_text()


def test_a_range_of_turns(address, page) -> None:
    opened(page, address)
    page.locator("#t3 p").click()
    page.locator("#t8 p").click(modifiers=["Shift"])
    assert page.locator("#chosen-what").inner_text().startswith("Turns 3 to 8")
    do(page, "Nobody known")
    assert page.locator("#turns .turn", has_text="Unattributed").count() == 1
    assert "of the words belong to no speaker" in page.locator("#side").inner_text()


def test_words_are_edited_in_place(address, page) -> None:
    opened(page, address)
    before = texts(page)[1]
    page.locator("#t2 p").click()
    page.locator("#tools").get_by_role("button", name="Edit").click()
    area = page.locator(".editing textarea")
    assert area.input_value() == before
    area.fill("I have come in.")
    picture(page, "session-editing", whole=False)
    page.keyboard.press("Enter")
    told(page)
    assert texts(page)[1] == "I have come in."
    assert page.locator(".editing").count() == 0


def test_a_turn_is_split_at_a_word_and_joined_again(address, page) -> None:
    opened(page, address)
    before = texts(page)
    page.locator("#t4 p").click()
    page.locator("#tools").get_by_role("button", name="Split").click()
    page.locator(".editing .words button").nth(3).click()
    told(page)
    after = texts(page)
    assert len(after) == len(before) + 1
    assert f"{after[3]} {after[4]}" == before[3]
    page.locator("#t5 p").click()
    do(page, "Join to the turn before")
    assert texts(page) == before


def test_phases_begin_elsewhere_and_go(address, page) -> None:
    opened(page, address)
    headings = page.locator("#turns h3")
    page.locator("#t14 p").click()
    assert "Co-construction begins here" in do(page, "Co-construction")
    assert page.locator("#turns .block").inner_html().count("<h3") == headings.count()
    assert "put right by" in page.locator("#timeline-part").inner_text()
    assert page.locator("#t14").evaluate("e => e.classList.contains('co-construction')")
    page.locator("#t14 p").click()
    do(page, "No new phase")
    assert not page.locator("#t14").evaluate("e => e.classList.contains('co-construction')")


def test_a_change_of_phase_is_dragged_in_the_waveform(address, page) -> None:
    opened(page, address)
    page.wait_for_function("() => document.querySelector('#wave div')?.shadowRoot")
    page.wait_for_timeout(500)
    page.locator("#wave").scroll_into_view_if_needed()
    box = page.locator("#wave").bounding_box()
    regions = json.loads(page.locator("#turns").get_attribute("data-regions"))
    start, target = regions[2]["start"], regions[2]["start"] + 30
    seconds = page.evaluate("player.dataset.duration")
    x, further = (box["x"] + box["width"] * at / float(seconds) for at in (start, target))
    page.mouse.move(x + 1, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(x + 9, box["y"] + 40, steps=4)
    page.mouse.move(further, box["y"] + 40, steps=4)
    page.mouse.up()
    assert "The phase begins elsewhere now" in told(page)
    moved = json.loads(page.locator("#turns").get_attribute("data-regions"))
    assert moved[2]["name"] == regions[2]["name"]
    assert moved[2]["start"] == pytest.approx(target, abs=10)


@pytest.mark.parametrize("name", ["Played from a recording", "Private", "Not the session"])
def test_a_passage_is_marked_and_ordinary_again(address, page, name) -> None:
    opened(page, address)
    page.locator("#t8 p").click()
    first = do(page, name)
    assert "before" in first and "now" in first
    page.locator("#t8 p").click()
    do(page, "Ordinary talk")
    assert split(page) == [37, 63]


def test_who_is_the_coach(address, page) -> None:
    opened(page, address)
    page.locator(".who summary").click()
    page.locator("#review-part").get_by_role("button", name="Hear this voice").first.click()
    page.wait_for_function("() => !sound.paused")
    assert "63/37 now" in do(page, "This is the coach, Maeve", "#review-part")
    assert page.locator("#t1 b").inner_text() == "Hannah"


def test_everything_from_the_keyboard(address, page) -> None:
    opened(page, address)
    page.locator("#t1").focus()
    for _ in range(11):
        page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.id") == "t12"
    page.keyboard.press("Enter")
    assert page.locator(":focus").inner_text() == "Maeve"
    page.keyboard.press("Enter")
    assert "39/61 now" in told(page)
    page.keyboard.press("Escape")
    assert page.locator("#tools").is_hidden()


def test_two_windows_keep_both_changes_and_the_older_one_is_told(address, new_page) -> None:
    one, two = opened(new_page(), address), opened(new_page(), address)
    one.locator("#t12 p").click()
    do(one, "Maeve")
    two.locator("#t20 p").click()
    assert "Somebody else had changed this session" in do(two, "Maeve")
    assert two.locator("#history-part li").count() == 2
    assert one.locator("#turns").get_attribute("data-version") != two.locator(
        "#turns"
    ).get_attribute("data-version")
    one.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    one.wait_for_function("() => told.textContent.includes('changed elsewhere')")
    assert texts(one) == texts(two)


def test_what_cannot_be_is_said_in_one_sentence(address, page) -> None:
    opened(page, address)
    page.locator("#t1 p").click()
    page.evaluate("document.querySelector('[data-do=speaker]').dataset.speaker = 'X'")
    page.locator("#tools [data-do=speaker]").first.click()
    assert told(page)
    page.locator("#t2 p").click()
    assert page.locator("#told").is_hidden()


@pytest.mark.parametrize(("size", "view"), [("", None), ("-phone", PHONE)])
def test_the_tools_have_no_serious_finding_and_fit(address, new_page, size, view) -> None:
    page = opened(new_page(view) if view else new_page(), address)
    page.locator("#t12 p").click()
    page.wait_for_selector("#tools:not([hidden])")
    assert findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    box = page.locator("#t12").bounding_box()
    tools = page.locator("#tools").bounding_box()
    assert box["y"] + min(box["height"], 60) <= tools["y"]
    picture(page, "session-tools" + size, whole=False)
