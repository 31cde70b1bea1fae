"""Putting right over the page: what is asked for is kept with who and when, and figures follow."""

from __future__ import annotations

from html import unescape
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from soundkept import keep_with_sound, recorded

from convo.corrections import correcting
from convo.database.artefacts import current_run, read_conversation
from convo.transcript import Conversation, Passage, Phase, Role
from convo.web import putting_right

MADE = recorded(1)
SESSION = f"/sessions/{MADE.recording.short_id}"
TURNS = MADE.turns


@pytest.fixture
def desk(tmp_path: Path, browse) -> tuple[TestClient, Path]:
    data = keep_with_sound(tmp_path)
    return browse(data), data


def now(data: Path) -> Conversation:
    return read_conversation(current_run(data / "artefacts", MADE.recording.recording_id).folder)


def ask(client: TestClient, what: str, **fields: object) -> dict[str, object]:
    answer = client.post(f"{SESSION}/corrections/{what}", data=fields)
    assert answer.status_code == 200, answer.text
    return answer.json()


def stretch(turn) -> dict[str, float]:
    return {"start": turn.start, "end": turn.end}


def test_a_turn_goes_to_the_other_speaker_and_back(desk) -> None:
    client, data = desk
    turn = TURNS[11]  # of the coachee
    before = client.get(f"{SESSION}/version").json()["version"]
    done = ask(client, "speaker", **stretch(turn), speaker="SPEAKER_00", version=before)
    assert "37/63 before, 39/61 now" in str(done["told"])
    assert done["version"] == client.get(f"{SESSION}/version").json()["version"] != before
    assert done["overtaken"] is False
    assert "39&nbsp;%" in client.get(f"{SESSION}/parts/shares").text
    report = next((data / "reports").glob("*session*.html")).read_text(encoding="utf-8")
    assert "39&nbsp;%" in report
    history = client.get(f"{SESSION}/parts/history").text
    assert "to Maeve" in history and "Take back" in history

    again = ask(client, "undo", version=before)
    assert again["overtaken"] is True
    assert "39/61 before, 37/63 now" in str(again["told"])
    assert "taken back" in client.get(f"{SESSION}/parts/history").text


def test_what_is_private_is_in_no_report_when_the_answer_comes(desk, monkeypatch) -> None:
    client, data = desk
    correcting.recompute(data, MADE.recording.recording_id)
    pages = list((data / "reports").glob("*.html"))
    secret = TURNS[5].text

    def shown() -> bool:
        return any(secret in unescape(page.read_text(encoding="utf-8")) for page in pages)

    assert shown()
    monkeypatch.setattr(putting_right, "_write_soon", lambda *about: None)

    ask(client, "passage", **stretch(TURNS[5]), kind="private")
    assert not shown()


def test_words_of_a_private_passage_count_only_if_that_is_said(desk) -> None:
    client, data = desk
    correcting.recompute(data, MADE.recording.recording_id)
    before = sum(share.words for share in now(data).shares if share.phase is None)
    assert 'id="counted"' in client.get(f"{SESSION}/parts/tools").text
    assert "checked" not in client.get(f"{SESSION}/parts/tools").text
    ask(client, "passage", **stretch(TURNS[5]), kind="private")
    assert sum(share.words for share in now(data).shares if share.phase is None) < before
    done = ask(client, "passage", **stretch(TURNS[5]), kind="private", counted="true")
    assert "as you both agreed" in str(done["told"])
    assert sum(share.words for share in now(data).shares if share.phase is None) == before
    assert "agreed that its words count" in client.get(f"{SESSION}/parts/history").text
    ask(client, "passage", **stretch(TURNS[7]), kind="media", counted="true")
    assert [one.counted for one in now(data).corrected.passages] == [True, False]


def test_a_report_is_never_older_than_the_figures(desk, monkeypatch) -> None:
    client, data = desk
    correcting.recompute(data, MADE.recording.recording_id)
    monkeypatch.setattr(putting_right, "_write_soon", lambda *about: None)  # it was killed
    ask(client, "words", **stretch(TURNS[0]), text="Nobody said this.")
    report = next((data / "reports").glob("*session*.html"))
    assert "Nobody said this." not in report.read_text(encoding="utf-8")

    assert "Nobody said this." in client.get(f"/reports/{report.stem}").text
    assert "Nobody said this." in report.read_text(encoding="utf-8")
    assert not list((data / "reports-due").iterdir())


def test_every_change_reaches_what_is_kept(desk) -> None:
    client, data = desk
    ask(client, "words", **stretch(TURNS[0]), text="Right then. Recording.")
    assert now(data).turns[0].text == "Right then. Recording."

    words = client.get(f"{SESSION}/words", params=stretch(TURNS[2])).json()
    assert [word["text"] for word in words] == TURNS[2].text.split()
    count = len(now(data).turns)
    ask(client, "split", at=words[4]["start"])
    assert len(now(data).turns) == count + 1
    ask(client, "join", at=words[4]["start"])
    assert len(now(data).turns) == count

    ask(client, "passage", **stretch(TURNS[5]), kind="private")
    assert {t.passage for t in now(data).turns} == {None, Passage.PRIVATE}
    ask(client, "passage", **stretch(TURNS[5]), kind="")
    assert {t.passage for t in now(data).turns} == {None}

    ask(client, "phase", start=TURNS[19].start, phase="co-construction")
    labels = dict(
        zip((t.start for t in now(data).turns), now(data).segmentation.labels(), strict=True)
    )
    assert labels[TURNS[19].start] is Phase.CO_CONSTRUCTION
    assert now(data).segmentation.confirmed is not None

    ask(client, "coach", speaker="SPEAKER_01")
    assert now(data).roles.roles["SPEAKER_01"] is Role.COACH
    assert len(correcting.history(data, MADE.recording.recording_id)) == 7


@pytest.mark.parametrize(
    ("what", "fields", "status"),
    [
        ("speaker", {"start": "x", "end": 3}, 422),
        ("speaker", {"start": 5, "end": 1, "speaker": "SPEAKER_00"}, 409),
        ("passage", {"start": 1, "end": 3, "kind": "secret"}, 422),
        ("phase", {"start": 1, "phase": "<b>"}, 422),
        ("coach", {"speaker": "nobody"}, 409),
        ("undo", {}, 409),
        ("nothing", {}, 404),
    ],
)
def test_what_cannot_be_is_one_sentence_and_changes_nothing(desk, what, fields, status) -> None:
    client, data = desk
    answer = client.post(
        f"{SESSION}/corrections/{what}", data=fields, headers={"hx-request": "true"}
    )
    assert answer.status_code == status
    assert answer.text.startswith('<p class="caution" role="alert">')
    assert correcting.history(data, MADE.recording.recording_id) == ()


def test_who_may_only_read_changes_nothing_and_sees_no_tools(desk, monkeypatch) -> None:
    client, data = desk
    for module in ("putting_right", "sessions"):
        monkeypatch.setattr(f"convo.web.{module}.may_change", lambda who, session: False)
    page = client.get(SESSION).text
    assert "correcting.js" not in page and 'id="tools"' not in page and "data-do" not in page
    assert "data-do" not in client.get(f"{SESSION}/parts/tools").text
    assert client.get(f"{SESSION}/parts/history").status_code == 403
    answer = client.post(f"{SESSION}/corrections/undo", data={})
    assert answer.status_code == 403
    assert correcting.history(data, MADE.recording.recording_id) == ()


def test_without_the_recording_everything_can_be_put_right(desk) -> None:
    from soundkept import file_in

    client, data = desk
    file_in(data, 1).unlink()
    ask(client, "speaker", **stretch(TURNS[11]), speaker="")
    assert sum(t.speaker is None for t in now(data).turns) == 1
