"""Uploads in a browser: a broken connection, a closed window, two people at once, mistakes."""

from __future__ import annotations

import wave
from pathlib import Path

import pytest
from browsing import PHONE, findings, picture, serving

from convo.database.uploads import Uploads
from convo.pipeline.importing import inspect
from convo.web.desk import Desk


@pytest.fixture
def big(tmp_path: Path) -> Path:
    """Twenty megabytes of noise that passes for a conversation."""
    path = tmp_path / "2026-03-05 session 4.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(44_100)
        file.writeframes(bytes(range(256)) * 80_000)
    return path


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "data", inspect=inspect)


def cut_after(page, pieces: int) -> None:
    """Break the connection of ``page`` after so many pieces of a file."""
    sent = []

    def pass_on(route) -> None:
        if route.request.method == "PATCH":
            sent.append(route)
            if len(sent) > pieces:
                route.abort("connectionreset")
                return
        route.continue_()

    page.route("**/upload/files/**", pass_on)


def test_a_broken_upload_goes_on_by_itself(desk, big, page) -> None:
    with serving(desk) as address:
        page.goto(f"{address}/upload")
        cut_after(page, 1)
        page.locator("#files").set_input_files(big)
        page.get_by_text("8 of 21 MB").wait_for()
        page.unroute("**/upload/files/**")
        page.locator(".upload input[name=file]").wait_for(state="attached")
        assert page.get_by_text(big.name).first.is_visible()
    (upload,) = Uploads(desk.data).open()
    assert (desk.inbox / upload.recording_id).read_bytes() == big.read_bytes()


def test_after_the_window_was_closed_the_same_file_goes_on(desk, big, page) -> None:
    with serving(desk) as address:
        page.goto(f"{address}/upload")
        cut_after(page, 1)
        page.locator("#files").set_input_files(big)
        page.get_by_text("8 of 21 MB").wait_for()
        page.goto("about:blank")
    sent = []
    page.unroute("**/upload/files/**")
    page.on("request", lambda asked: sent.append(asked.method))
    with serving(desk) as address:  # the server was started again as well, on another port
        page.goto(f"{address}/upload")
        assert "are here. Choose the same file again" in page.locator("#begun").inner_text()
        assert findings(page) == []
        picture(page, "upload-broken")
        page.locator("#files").set_input_files(big)
        page.locator(".upload input[name=file]").wait_for(state="attached")
        assert page.locator("#begun li").count() == 0
    assert sent.count("PATCH") == 2 and sent.count("HEAD") == 1
    (done,) = Uploads(desk.data).open()
    assert (desk.inbox / done.recording_id).read_bytes() == big.read_bytes()


def test_two_people_add_at_once_and_a_known_file_is_told_at_once(desk, big, new_page) -> None:
    other = big.with_name("other.wav")
    content = bytearray(big.read_bytes())
    content[-1] ^= 1
    other.write_bytes(content)
    with serving(desk) as address:
        pages = [new_page(), new_page(PHONE)]
        for page, file in zip(pages, (big, other), strict=True):
            page.goto(f"{address}/upload")
            page.locator("#files").set_input_files(file)
        for page, number in zip(pages, "12", strict=True):
            page.locator(".upload input[name=file]").wait_for(state="attached")
            page.locator("#coachee").fill("Hannah")
            page.locator("#coach").fill("Maeve")
            page.locator("input[id^=number-]").fill(number)
            page.locator("#consent").check()
            page.locator("#consent_date").fill("2026-01-10")
            page.locator("#consent_words").fill("Agreed.")
        assert pages[1].evaluate("document.documentElement.scrollWidth <= innerWidth")
        picture(pages[1], "add-recordings-phone")
        for page in pages:
            page.get_by_role("button", name="Process these recordings").click()
            page.wait_for_url("**/queue")
        assert len(desk.queue.jobs("waiting")) == 2
        pages[0].locator("article").nth(1).wait_for()  # told by the stream, nobody loads again
        assert findings(pages[0]) == [] and findings(pages[1]) == []
        pages[0].get_by_role("button", name="Cancel").first.click()
        pages[1].get_by_text("Stopping").wait_for()
        pages[1].goto(f"{address}/upload")
        pages[1].locator("#files").set_input_files(big)
        pages[1].get_by_text("already in the queue").wait_for()


def test_what_is_missing_is_said_by_the_form(desk, big, page) -> None:
    with serving(desk) as address:
        page.goto(f"{address}/upload")
        page.locator("#files").set_input_files(big)
        page.locator(".upload input[name=file]").wait_for(state="attached")
        page.locator("#adding").evaluate("form => form.noValidate = true")
        page.get_by_role("button", name="Process these recordings").click()
        page.get_by_text("Confirm that both speakers agreed").wait_for()
        page.wait_for_function("document.activeElement.id === 'summary'")
        assert findings(page) == []
        picture(page, "add-recordings-missing")
        page.get_by_role("button", name=f"Remove {big.name}").click()


def test_files_can_be_dropped(desk, big, page) -> None:
    with serving(desk) as address:
        page.goto(f"{address}/upload")
        page.evaluate(
            """bytes => {
                const files = new DataTransfer();
                files.items.add(new File([new Uint8Array(bytes)], "one.wav"));
                files.items.add(new File(["no sound"], "two.txt"));
                const event = { bubbles: true, cancelable: true, dataTransfer: files };
                document.body.dispatchEvent(new DragEvent("drop", event));
            }""",
            list(big.read_bytes()[:2_000_000]),
        )
        page.locator("[id^=row-]").nth(1).wait_for()
        told = page.get_by_role("group", name="two.txt").locator("p").first.inner_text()
        assert told.startswith("two.txt ") and told.endswith(".")
        page.get_by_role("button", name="Take two.txt off the list").click()
        assert page.locator(".upload").count() == 1
