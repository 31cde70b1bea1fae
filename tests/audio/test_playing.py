"""A recording for the ear: as it is where browsers play it, else as a copy on the same clock."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from media import KINDS, Kind, bursts, noise, onsets, write_kind, write_media

from convo.audio.playing import MOST_PEAKS, browser_type, peaks, write_listening_copy
from convo.audio.recording import read_samples
from convo.errors import RecordingError, StoreError

PLAYED = {
    "wav-pcm_s16le": "audio/wav",
    "mp3-libmp3lame": "audio/mpeg",
    "m4a-aac": "audio/mp4",
    "flac-flac": "audio/flac",
    "ogg-vorbis": "audio/ogg",
    "opus-libopus": "audio/ogg",
    "3gp-aac": "audio/mp4",
    "mp4-aac-video": "audio/mp4",
    "mov-aac-video": "audio/mp4",
    "mkv-libopus-video": "audio/webm",
    "webm-libopus": "audio/webm",
}


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_what_browsers_do_not_play_gets_a_copy(tmp_path: Path, kind: Kind) -> None:
    path = write_kind(kind, tmp_path / f"a.{kind.suffix}", bursts(7, kind.rate))
    assert browser_type(path) == PLAYED.get(str(kind))


def test_several_sound_tracks_need_a_copy(tmp_path: Path) -> None:
    two = write_media(tmp_path / "two.mov", [noise(6), noise(6)], codec="aac")
    assert browser_type(two) is None


@pytest.mark.parametrize("ending", ["m4a", "amr", "wma", "aiff"])
def test_a_copy_keeps_the_clock(tmp_path: Path, ending: str) -> None:
    kind = next(kind for kind in KINDS if kind.suffix == ending)
    path = write_kind(kind, tmp_path / f"a.{ending}", bursts(7, kind.rate))
    copy = tmp_path / "made" / "a.mp3"
    write_listening_copy(path, copy)
    assert browser_type(copy) == "audio/mpeg"
    assert onsets(read_samples(copy)) == pytest.approx(onsets(read_samples(path)), abs=0.03)
    assert [file.name for file in copy.parent.iterdir()] == ["a.mp3"]


def test_peaks_show_where_it_is_loud(tmp_path: Path) -> None:
    path = write_media(tmp_path / "a.wav", bursts(10, 16_000, starts=(2.0, 5.0)))
    found = peaks(path)
    assert len(found) == 200  # twenty a second
    loud = {round(n / 20, 2) for n, peak in enumerate(found) if peak > 50}
    assert loud == {round(s + n / 20, 2) for s in (2.0, 5.0) for n in range(6)}
    assert max(found) == 100 and min(found) == 0


def test_peaks_of_a_long_recording_stay_few(tmp_path: Path) -> None:
    hour = np.zeros(3600 * 16_000, np.float32)
    hour[-16_000:] = 0.5
    found = peaks(write_media(tmp_path / "a.flac", hour, codec="flac"))
    assert MOST_PEAKS / 2 < len(found) <= MOST_PEAKS
    assert found.index(100) == pytest.approx(3599 / 3600 * len(found), abs=1)


def test_silence_has_peaks_of_nothing(tmp_path: Path) -> None:
    assert set(peaks(write_media(tmp_path / "a.wav", np.zeros(16_000 * 6, np.float32)))) == {0}


def test_what_is_no_recording_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    path.write_bytes(b"no sound at all, only words")
    for ask in (browser_type, peaks):
        with pytest.raises(RecordingError):
            ask(path)


def test_a_copy_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    path = write_media(tmp_path / "a.wav", noise(6))
    (tmp_path / "file").touch()
    with pytest.raises(StoreError):
        write_listening_copy(path, tmp_path / "file" / "a.mp3")
