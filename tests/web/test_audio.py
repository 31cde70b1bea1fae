"""The sound of a session: any stretch of the recording, or a sentence why there is none."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from kept import keep, sample
from soundkept import file_in, keep_with_sound, recorded

from convo.audio.playing import browser_type

NAME = recorded(1).recording.short_id


@pytest.fixture
def heard(tmp_path: Path, browse) -> tuple[TestClient, Path]:
    data = keep_with_sound(tmp_path)
    return browse(data), data


def test_a_browser_gets_any_stretch_of_the_recording(heard) -> None:
    client, data = heard
    whole = file_in(data, 1).read_bytes()
    answer = client.get(f"/audio/{NAME}/sound")
    assert answer.status_code == 200 and answer.content == whole
    assert answer.headers["content-type"] == "audio/mp4"
    assert answer.headers["accept-ranges"] == "bytes"
    part = client.get(f"/audio/{NAME}/sound", headers={"range": "bytes=1000-1999"})
    assert part.status_code == 206 and part.content == whole[1000:2000]
    assert part.headers["content-range"] == f"bytes 1000-1999/{len(whole)}"
    beyond = client.get(f"/audio/{NAME}/sound", headers={"range": f"bytes={len(whole)}-"})
    assert beyond.status_code == 416


def test_the_peaks_are_measured_once(heard) -> None:
    client, data = heard
    found = client.get(f"/audio/{NAME}/peaks").json()
    assert 1000 < len(found) <= 4000 and max(found) == 100
    kept = next((data / "work").rglob("peaks-*.json"))
    kept.write_text(json.dumps([1, 2, 3]))
    assert client.get(f"/audio/{NAME}/peaks").json() == [1, 2, 3]


def test_the_copy_is_made_once_and_plays_everywhere(heard) -> None:
    client, data = heard
    assert client.get(f"/audio/{NAME}/sound.mp3").headers["content-type"] == "audio/mpeg"
    copy = next((data / "work").rglob("*.mp3"))
    assert browser_type(copy) == "audio/mpeg"
    made = copy.stat().st_mtime_ns
    assert client.get(f"/audio/{NAME}/sound.mp3", headers={"range": "bytes=0-9"}).status_code == 206
    assert copy.stat().st_mtime_ns == made


def test_the_player_offers_the_recording_first(heard) -> None:
    client, _ = heard
    player = client.get(f"/audio/{NAME}/player").text
    assert player.index(f'"/audio/{NAME}/sound" type="audio/mp4"') < player.index("sound.mp3")


def test_where_the_recording_is_gone_the_page_says_so_and_the_rest_works(heard) -> None:
    client, data = heard
    file_in(data, 1).unlink()
    assert "is not where it was" in client.get(f"/audio/{NAME}/player").text
    for what in ("sound", "sound.mp3", "peaks"):
        answer = client.get(f"/audio/{NAME}/{what}")
        assert answer.status_code == 404 and "is not where it was" in answer.text
    assert client.get(f"/sessions/{NAME}").status_code == 200
    assert client.get(f"/sessions/{NAME}/parts/shares").status_code == 200


def test_a_session_from_a_transcript_has_nothing_to_hear(tmp_path: Path, browse) -> None:
    made = sample(1)
    made = replace(made, recording=replace(made.recording, container="webvtt", channels=0))
    player = browse(keep(tmp_path, [made])).get(f"/audio/{'01' * 8}/player").text
    assert "came in as a transcript" in player


def test_another_file_in_its_place_is_not_played(heard) -> None:
    client, data = heard
    file_in(data, 1).write_bytes(b"something else")
    assert "Another file" in client.get(f"/audio/{NAME}/player").text
    answer = client.get(f"/audio/{NAME}/sound")
    assert answer.status_code == 404 and b"something else" not in answer.content


def test_who_may_not_hear_gets_no_sound_and_no_player(heard, monkeypatch) -> None:
    client, _ = heard
    monkeypatch.setattr("convo.web.audio.may_hear", lambda who, session: False)
    monkeypatch.setattr("convo.web.sessions.may_hear", lambda who, session: False)
    assert "player-part" not in client.get(f"/sessions/{NAME}").text
    for what in ("sound", "sound.mp3", "peaks", "player", "voices/SPEAKER_00"):
        assert client.get(f"/audio/{NAME}/{what}").status_code == 404


def test_a_voice_without_a_clip_is_not_found(heard) -> None:
    client, _ = heard
    assert client.get(f"/audio/{NAME}/voices/SPEAKER_00").status_code == 404
    assert client.get(f"/audio/{NAME}/voices/..%2f..%2fsecret").status_code == 404
