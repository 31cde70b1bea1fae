"""A transcript from a meeting program in the page: all its tools, and no sound."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from browsing import findings, picture, serving

from convo.database.artefacts import current_runs
from convo.web.desk import Desk
from tests.exchange.meetings import write_vtt


def processed(folder: Path) -> Path:
    """A data folder with one session that came in as WebVTT."""
    data = folder / "data"
    file = write_vtt(folder / "meeting.vtt", {"COACH": "Maeve", "COACHEE": "Hannah"})
    command = [sys.executable, "-m", "convo", "process", str(file), "--data", str(data)]
    named = ["--coach", "Maeve", "--coachee", "Hannah", "--session", "1"]
    done = subprocess.run([*command, *named], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return data


def test_a_transcript_opens_with_its_tools_and_says_that_there_is_no_sound(tmp_path, page) -> None:
    data = processed(tmp_path)
    (run,) = current_runs(data / "artefacts")
    with serving(Desk(data)) as site:
        page.goto(f"{site}/sessions/{run.recording_id[:16]}")
        page.wait_for_selector("#side svg", state="attached")
        page.locator("#player-part .caution").wait_for()
        assert "there is no sound to hear" in page.locator("#player-part").inner_text()
        assert page.locator("#sound, #play").count() == 0
        text = page.locator("#content").inner_text()
        assert "Click a turn to hear it" not in text and "Listen and read" not in text
        assert "the names in the transcript" in text
        picture(page, "session-of-a-transcript", whole=False)
        assert findings(page) == []

        page.locator("#t12 p").click()
        assert page.locator("#tools").is_visible()
        other = "Maeve" if "Hannah" in page.locator("#t12 b").inner_text() else "Hannah"
        page.locator("#tools").get_by_role("button", name=other, exact=True).click()
        page.wait_for_function("() => told.textContent.includes('before')", timeout=60_000)
        assert " now." in page.locator("#told").inner_text()
        page.wait_for_selector("#history-part li")
        page.keyboard.press("Escape")
        page.locator("#t2").focus()
        page.keyboard.press("Space")  # nothing to play, and nothing breaks
        assert page.locator("[data-hear]").count() == 0
        assert "earlier sessions" not in page.locator("#review-part").inner_text()
