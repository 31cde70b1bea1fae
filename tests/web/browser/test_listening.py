"""Reading and hearing a session in a browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from browsing import PHONE, findings, picture, serving
from factory import long_session
from kept import keep
from soundkept import file_in, keep_with_sound, recorded

from convo.web.desk import Desk

SESSION = f"/sessions/{recorded(1).recording.short_id}"


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory):
    """The address of pages on which a session can be heard."""
    with serving(Desk(keep_with_sound(tmp_path_factory.mktemp("heard")))) as address:
        yield address


def opened(page, address: str):
    """The session's page with everything that follows the page itself."""
    page.goto(address + SESSION)
    page.wait_for_selector("#side svg", state="attached")
    page.wait_for_selector("#timeline-part svg", state="attached")
    page.wait_for_function("() => document.querySelector('#wave div')?.shadowRoot")
    page.wait_for_function("() => sound.readyState > 0")
    return page


def now(page) -> float:
    return page.evaluate("sound.currentTime")


@pytest.mark.parametrize(("size", "view"), [("", None), ("-phone", PHONE)])
def test_the_page_has_no_serious_finding_and_fits(heard, new_page, size, view) -> None:
    page = opened(new_page(view) if view else new_page(), heard)
    assert findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.wait_for_timeout(300)
    picture(page, "session" + size)


def test_a_click_on_a_turn_plays_it_and_the_transcript_follows(heard, page) -> None:
    opened(page, heard)
    page.locator("#t12 p").click()
    page.wait_for_function("() => document.querySelector('.heard')?.id === 't12'")
    start = float(page.locator("#t12").get_attribute("data-start"))
    page.wait_for_function(f"() => sound.currentTime > {start} + 0.5 && !sound.paused")
    page.evaluate("sound.currentTime = Number(t20.dataset.start) + 0.1")
    page.wait_for_function("() => document.querySelector('.heard')?.id === 't20'")
    page.wait_for_function("() => t20.getBoundingClientRect().bottom < innerHeight")
    assert page.locator("#t20").evaluate("e => e.getBoundingClientRect().top") > 0
    picture(page, "session-listening", whole=False)


def test_everything_works_from_the_keyboard(heard, page) -> None:
    opened(page, heard)
    page.locator("#play").focus()
    for _ in range(4):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "t1":
            break
    assert page.evaluate("document.activeElement.id") == "t1"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.id") == "t3"
    assert page.evaluate("document.activeElement.matches(':focus-visible')")
    page.keyboard.press("Space")
    page.wait_for_function("() => !sound.paused && sound.currentTime > Number(t3.dataset.start)")
    page.keyboard.press("Space")
    page.wait_for_function("() => sound.paused")
    page.keyboard.press("End")
    last = page.locator("#turns .turn").last.get_attribute("id")
    assert page.evaluate("document.activeElement.id") == last


def test_shift_and_click_choose_a_range(heard, page) -> None:
    opened(page, heard)
    page.locator("#t3 p").click()
    page.locator("#t6 p").click(modifiers=["Shift"])
    chosen = page.locator("#turns [aria-current]").evaluate_all("all => all.map(e => e.id)")
    assert chosen == ["t3", "t4", "t5", "t6"]


def test_the_waveform_and_the_timeline_lead_into_the_sound(heard, page) -> None:
    opened(page, heard)
    page.locator("#wave").scroll_into_view_if_needed()
    box = page.locator("#wave").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_function("() => Math.abs(sound.currentTime / sound.duration - 0.5) < 0.02")
    page.locator("#timeline-part svg").first.click()
    page.wait_for_function("() => !sound.paused")
    assert now(page) == pytest.approx(page.evaluate("sound.duration") / 2, abs=5)


def test_without_the_recording_the_page_says_so(tmp_path: Path, page) -> None:
    data = keep_with_sound(tmp_path)
    file_in(data, 1).unlink()
    with serving(Desk(data)) as address:
        page.goto(address + SESSION)
        page.wait_for_selector("#player-part .caution")
        assert "is not where it was" in page.locator("#player-part").inner_text()
        page.wait_for_selector("#side svg", state="attached")
        page.locator("#t3 p").click()
        assert findings(page) == []
        picture(page, "session-without-sound")


@pytest.mark.parametrize(("size", "view"), [("", None), ("-phone", PHONE)])
def test_a_coachee_over_several_sessions(site, new_page, size, view) -> None:
    page = new_page(view) if view else new_page()
    page.goto(site)
    page.get_by_role("link", name="All sessions side by side").click()
    page.wait_for_selector("#sessions-part svg", state="attached")
    assert findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    picture(page, "coachee" + size)
    picture(page, "coachee-begin" + size, whole=False)


def test_two_hours_of_talk_are_usable_within_a_second(tmp_path: Path, new_page) -> None:
    with serving(Desk(keep(tmp_path, [long_session(1500)]))) as address:
        name = f"{address}/sessions/{'01' * 8}"
        took = min(_until_usable(new_page(), name) for _ in range(3))
        page = new_page()
        page.goto(name)
        assert took < 1.0
        assert page.locator("#turns .turn").count() == 1500


def _until_usable(page, address: str) -> float:
    """Seconds until a turn can be chosen; other programs may slow down one of several."""
    page.goto(address, wait_until="domcontentloaded")
    took = page.evaluate(
        "() => { t3.querySelector('p').click(); t3.getBoundingClientRect(); "
        "return t3.matches('[aria-current]') && performance.now() / 1000; }"
    )
    ready = page.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd")
    page.wait_for_selector("#timeline-part svg", state="attached")
    print(f"read after {ready / 1000:.2f} s, a turn chosen by {took:.2f} s")
    assert took
    return ready / 1000
