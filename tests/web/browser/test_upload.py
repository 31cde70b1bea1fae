"""From dropped files to finished reports, with the real models, as a user does it."""

from __future__ import annotations

from pathlib import Path

import pytest
from browsing import convo_serve, findings, picture

from convo.outcome import conversations
from convo.resources import resource

MINUTES = 60_000  # ms


@pytest.fixture
def samples(tmp_path: Path) -> list[Path]:
    """The three sample sessions, named as a dictaphone names files."""
    found = []
    for number, day in ((1, "2026-01-13"), (2, "2026-02-10"), (3, "2026-03-10")):
        path = tmp_path / f"{day} session {number}.m4a"
        path.write_bytes(resource(f"data/samples/demo-{number}/recording.m4a").read_bytes())
        found.append(path)
    return found


def fill(page) -> None:
    page.locator("#coachee").fill("Hannah")
    page.locator("#coach").fill("Maeve")
    page.locator("#programme").fill("Sample")
    page.get_by_label("Both speakers agreed").check()
    page.locator("#consent_date").fill("2026-01-10")
    page.locator("#consent_words").fill("We both agree that our sessions are looked at with convo.")


@pytest.mark.timeout(1800)
def test_three_files_become_three_reports(tmp_path, samples, page) -> None:
    data = tmp_path / "data"
    with convo_serve(data) as (address, _):
        page.goto(address)
        page.get_by_role("link", name="Add recordings").first.click()
        page.locator("#files").set_input_files(samples)
        page.locator(".upload input[name=file]").nth(2).wait_for(state="attached", timeout=MINUTES)
        assert page.locator("input[id^=date-]").evaluate_all(
            "all => all.map(i => i.value).sort()"
        ) == [
            "2026-01-13",
            "2026-02-10",
            "2026-03-10",
        ]
        fill(page)
        assert findings(page) == []
        picture(page, "add-recordings")
        page.get_by_role("button", name="Process these recordings").click()
        page.wait_for_url("**/queue")
        assert page.locator("article").count() == 3
        page.locator("progress").first.wait_for(timeout=2 * MINUTES)
        page.get_by_text("minutes,").first.wait_for(timeout=2 * MINUTES)
        assert findings(page) == []
        picture(page, "queue")
        page.get_by_text("Nothing is waiting").wait_for(timeout=25 * MINUTES)
        assert page.get_by_role("link", name="Read it").count() == 3
        picture(page, "queue-done")
        page.goto(address)
        assert page.get_by_role("link", name="Session 2 with Maeve").is_visible()
        page.get_by_role("link", name="Session 3 with Maeve").click()
        assert page.get_by_role("heading", level=1).is_visible()
        page.goto(f"{address}/upload")
        page.locator("#files").set_input_files(samples[0])
        page.get_by_text("already kept as session 1 of Hannah").wait_for(timeout=MINUTES)
    kept = conversations(data)
    assert [c.session.number for c in kept] == [1, 2, 3]
    assert [c.recording.name for c in kept] == [path.name for path in samples]
