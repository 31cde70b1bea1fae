"""Candidate moments on the page of a session: a person says which of them are one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from kept import keep, sample
from soundkept import worded
from told import read

from convo.conversation.candidates import Verdict, verdicts_on
from convo.conversation.statements import Statement
from convo.database.artefacts import current_run, read_conversation
from convo.sequence.engagement import row_of
from convo.web import access
from convo.web.access import Viewer

MADE = read(worded(sample(2)))
SESSION = f"/sessions/{MADE.recording.short_id}"
KINDS = {
    "suggestion-chain": "suggestion_chains",
    "challenge-to-realisation": "challenge_to_realisation_sequences",
}


@pytest.fixture
def desk(tmp_path: Path, browse) -> tuple[TestClient, Path]:
    data = keep(tmp_path, [MADE])
    return browse(data), data


def found(data: Path, metric: str) -> Statement | None:
    run = current_run(data / "artefacts", MADE.recording.recording_id)
    row = row_of(data, read_conversation(run.folder))
    return next((one for one in row.statements if one.metric == metric), None)


def buttons(page: str, what: str) -> list[dict[str, str]]:
    """What the buttons for moments of a kind would send."""
    pressed = re.findall(rf'<button[^>]+data-what="{what}"[^>]+>', page)
    return [
        {k: v for k, v in re.findall(r'data-(\w+)="([^"]*)"', one) if k != "do"} for one in pressed
    ]


def figures(client: TestClient) -> str:
    return client.get(f"{SESSION}/parts/shares").text


@pytest.mark.parametrize("what", KINDS)
def test_yes_is_counted_and_no_is_gone_in_page_and_report(desk, what: str) -> None:
    client, data = desk
    yes, no = buttons(figures(client), what)
    assert client.post(f"{SESSION}/corrections/candidate", data=yes).status_code == 200
    assert len(found(data, KINDS[what]).confirmed) == 1
    page = figures(client)
    assert buttons(page, what) == [no]
    for report in (data / "reports").glob("*.html"):
        text = report.read_text(encoding="utf-8")
        assert "1 confirmed by a person" in text and "data-do" not in text
    assert client.post(f"{SESSION}/corrections/candidate", data=no).status_code == 200
    assert found(data, KINDS[what]) is None and buttons(figures(client), what) == []
    for report in (data / "reports").glob("*.html"):
        assert "1 confirmed by a person" not in report.read_text(encoding="utf-8")
    client.post(f"{SESSION}/corrections/undo", data={})
    assert len(found(data, KINDS[what]).confirmed) == 1


def test_every_moment_can_be_judged(desk) -> None:
    client, data = desk
    row = row_of(data, MADE)
    moments = [one for statement in row.statements for one in statement.moments]
    assert figures(client).count('data-confirmed="true"') == len(moments) + len(MADE.activities)


def test_who_only_reads_has_no_buttons(desk, monkeypatch) -> None:
    client, _ = desk
    monkeypatch.setattr(access, "_look_up", lambda request: Viewer("rita", "researcher"))
    assert "data-do" not in figures(client)


def test_of_two_within_each_other_one_is_meant() -> None:
    stretches = [(10.0, 90.0), (30.0, 60.0), (None, None)]
    for place in (0, 1):
        said = [Verdict("chain", *stretches[place], False)]
        assert list(verdicts_on("chain", stretches, said)) == [place]
