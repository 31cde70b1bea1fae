"""The queue in a browser: every state of a recording, told live, also on a phone."""

from __future__ import annotations

import datetime
import time
from pathlib import Path

from browsing import PHONE, findings, picture, serving

from convo.database.jobs import Queue, Queued
from convo.sessions import SessionRequest
from convo.web.desk import Desk


def test_every_state_is_told_live(tmp_path: Path, new_page) -> None:
    queue = Queue(tmp_path)
    for number in range(1, 5):
        said = SessionRequest("Hannah", "Maeve", number, datetime.date(2026, number, 10), "Talk")
        queue.add(
            Queued(str(number) * 64, f"session {number}.m4a", f"inbox/{number}", 48, "owner", said)
        )
    queue.take("1" * 64, 1)
    queue.tell("1" * 64, "diarize", 20 * 60, time.time() - 60)
    with serving(Desk(tmp_path)) as address:
        page, phone = new_page(), new_page(PHONE)
        page.goto(f"{address}/queue")
        phone.goto(f"{address}/queue")
        page.get_by_text("Telling the voices apart: 20 of 48 minutes").wait_for()
        queue.tell("1" * 64, "diarize", 30 * 60, time.time() - 90)
        page.get_by_text("30 of 48 minutes").wait_for()
        page.get_by_role("button", name="Cancel: session 4.m4a").press("Enter")
        page.get_by_text("Stopping").wait_for()
        queue.end("4" * 64, "cancelled")
        queue.take("2" * 64, 1)
        queue.end("2" * 64, "failed", "session 2.m4a is silent: check which microphone was on")
        page.get_by_text("check which microphone was on").wait_for()
        page.get_by_text("Change what you said about it").click()
        for one, name in ((page, "queue-states"), (phone, "queue-states-phone")):
            one.get_by_text("What was finished is kept").wait_for()
            assert findings(one) == []
            assert one.evaluate("document.documentElement.scrollWidth <= innerWidth")
            picture(one, name)
        page.locator("#number-2222222222222222").fill("7")
        page.get_by_role("button", name="Try again with this").click()
        page.get_by_text("Session 7 of Hannah").wait_for()
    assert queue.job("2" * 64).state == "waiting"
