"""Recordings made on the spot: times are kept in every container, and nothing bad passes."""

import hashlib
import json
import tracemalloc
import wave
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convo.audio.recording import (
    SAMPLE_RATE,
    check_sound,
    inspect_recording,
    read_channels,
    read_samples,
    speakers_on_channels,
    write_clip,
)
from convo.errors import RecordingError
from convo.resources import resource
from tests.audio.media import (
    KINDS,
    Kind,
    bursts,
    noise,
    onsets,
    tone,
    write_kind,
    write_media,
    write_mute_video,
)

STARTS = (1.0, 3.0, 5.5)


def kind(suffix: str, codec: str) -> Kind:
    return next(k for k in KINDS if (k.suffix, k.codec) == (suffix, codec))


def damaged(path: Path, start: float, end: float, filling: bytes | None = b"\0") -> Path:
    """``path`` with the bytes from ``start`` to ``end`` (shares) overwritten, or cut out."""
    data = path.read_bytes()
    first, last = int(len(data) * start), int(len(data) * end)
    middle = b"" if filling is None else filling * (last - first)
    path.write_bytes(data[:first] + middle + data[last:])
    return path


def busy(kind: Kind, path: Path, seconds: float = 20, **more: object) -> Path:
    """A recording in which every packet is filled, so that bytes stand for seconds."""
    sound = bursts(seconds, kind.rate, (*STARTS, seconds - 2)) + 0.1 * noise(seconds, kind.rate)
    return write_kind(kind, path, sound, **more)


# --- times ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("made", KINDS, ids=str)
def test_every_container_keeps_length_and_times(made: Kind, tmp_path: Path) -> None:
    path = write_kind(made, tmp_path / f"talk.{made.suffix}", bursts(8, made.rate, STARTS))
    recording, samples = inspect_recording(path), read_samples(path)
    assert samples.dtype == np.float32 and samples.ndim == 1
    assert samples.size / SAMPLE_RATE == pytest.approx(8, abs=0.1)
    assert recording.duration == pytest.approx(samples.size / SAMPLE_RATE, abs=0.1)
    assert onsets(samples) == pytest.approx([s + made.delay for s in STARTS], abs=0.015)
    assert (recording.channels, recording.sample_rate) == (made.channels, made.rate)
    assert recording.recording_id == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (recording.name, recording.bytes) == (path.name, path.stat().st_size)


@settings(max_examples=15, deadline=None)
@given(
    rate=st.sampled_from([8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000]),
    channels=st.sampled_from([1, 2, 6]),
    seconds=st.floats(5.01, 7),
    codec=st.sampled_from(["pcm_s16le", "pcm_f32le", "pcm_u8", "pcm_s24le"]),
)
def test_uncompressed_sound_is_the_mean_of_its_channels(
    tmp_path_factory: pytest.TempPathFactory, rate: int, channels: int, seconds: float, codec: str
) -> None:
    path = tmp_path_factory.mktemp("law") / "a.wav"
    sound = np.stack([tone(seconds, rate) * (i + 1) / channels for i in range(channels)])
    write_media(path, sound, rate, codec=codec)
    samples = read_samples(path)
    assert abs(samples.size - sound.shape[1] * SAMPLE_RATE / rate) <= 2
    expected = tone(samples.size / SAMPLE_RATE) * (channels + 1) / (2 * channels)
    middle = slice(SAMPLE_RATE, -SAMPLE_RATE)
    assert np.abs(samples - expected)[middle].max() < 0.02


@pytest.mark.parametrize("suffix", ["mkv", "mp4", "mts"])
def test_a_late_sound_track_keeps_its_distance_from_the_picture(
    suffix: str, tmp_path: Path
) -> None:
    made = kind(suffix, "aac")
    path = write_kind(made, tmp_path / f"a.{suffix}", bursts(8, made.rate, STARTS), start=2.5)
    samples = read_samples(path)
    assert onsets(samples) == pytest.approx([s + 2.5 for s in STARTS], abs=0.03)
    assert inspect_recording(path).duration == pytest.approx(samples.size / SAMPLE_RATE, abs=0.1)


@pytest.mark.parametrize(
    "made",
    [kind("mkv", "aac"), kind("webm", "libopus"), kind("mp4", "aac"), kind("opus", "libopus")],
    ids=str,
)
def test_a_hole_is_silence_and_not_a_jump(made: Kind, tmp_path: Path) -> None:
    path = busy(made, tmp_path / f"a.{made.suffix}", hole=(7, 12))
    samples = read_samples(path)
    assert onsets(samples) == pytest.approx([*STARTS, 18], abs=0.03)
    assert not samples[int(7.2 * SAMPLE_RATE) : int(11.8 * SAMPLE_RATE)].any()
    assert inspect_recording(path).duration == pytest.approx(20, abs=0.1)


def test_joined_transport_streams_follow_each_other(tmp_path: Path) -> None:
    made = kind("mts", "aac")
    path = write_kind(made, tmp_path / "a.mts", bursts(8, made.rate, STARTS))
    path.write_bytes(path.read_bytes() * 2)
    assert len(onsets(read_samples(path))) == 2 * len(STARTS)
    assert inspect_recording(path).duration == pytest.approx(16, abs=0.1)


def test_sample_session_has_its_turns_where_they_were_written() -> None:
    folder = resource("data/samples/demo-1")
    samples = read_samples(folder / "recording.m4a")
    turns = json.loads((folder / "turns.json").read_text(encoding="utf-8"))["turns"]
    late = []
    for turn in turns:
        first = round((turn["start"] - 0.1) * SAMPLE_RATE)
        loud = np.flatnonzero(np.abs(samples[first : first + SAMPLE_RATE]) > 0.02)
        late.append(loud[0] / SAMPLE_RATE - 0.1)
    assert 0 <= np.median(late) < 0.04  # 64 ms of priming would show


# --- lengths that headers do not state, or state wrongly -----------------------------------------


@pytest.mark.parametrize(
    ("made", "options"),
    [
        (kind("mp3", "libmp3lame"), {"write_xing": "0"}),
        (kind("webm", "libopus"), {"live": "1"}),
        (kind("m4a", "aac"), {"movflags": "frag_keyframe+empty_moov+default_base_moof"}),
    ],
    ids=["mp3", "webm", "fragmented"],
)
def test_missing_headers_do_not_matter(made: Kind, options: dict[str, str], tmp_path: Path) -> None:
    path = busy(made, tmp_path / f"a.{made.suffix}", 10, options=options)
    assert inspect_recording(path).duration == pytest.approx(10, abs=0.1)
    assert read_samples(path).size / SAMPLE_RATE == pytest.approx(10, abs=0.1)


@pytest.mark.parametrize("size", [0, 0x7FFF_FFFF, 0xFFFF_FFFF])
def test_wav_whose_writer_did_not_know_the_size(size: int, tmp_path: Path) -> None:
    path = write_media(tmp_path / "a.wav", tone(8))
    data = bytearray(path.read_bytes())
    for at in (4, data.index(b"data") + 4):
        data[at : at + 4] = size.to_bytes(4, "little")
    path.write_bytes(data)
    assert read_samples(path).size / SAMPLE_RATE == pytest.approx(8, abs=0.1)


def test_quiet_start_does_not_mislead_about_the_length(tmp_path: Path) -> None:
    """A bare file of variable rate, whose length guessed from its size is far too short."""
    made = kind("aac", "aac")
    sound = np.concatenate([noise(4, made.rate), np.zeros(16 * made.rate, np.float32)])
    path = write_kind(made, tmp_path / "a.aac", sound)
    with av.open(str(path)) as container:
        assert abs(container.duration / 1e6 - 20) > 2
    assert inspect_recording(path).duration == pytest.approx(20, abs=0.1)
    assert read_samples(path).size / SAMPLE_RATE == pytest.approx(20, abs=0.1)


# --- channels and streams ------------------------------------------------------------------------


def test_channels_are_counted_over_all_streams(tmp_path: Path) -> None:
    low, high = tone(6, 48_000, 300), tone(6, 48_000, 3_000)
    path = write_media(tmp_path / "a.mkv", [low, high], 48_000, codec="flac")
    assert inspect_recording(path).channels == 2
    first, second = read_channels(path)
    inner = slice(100, -100)  # resampling rounds the edges
    np.testing.assert_allclose(first[inner], tone(6, hertz=300)[inner], atol=0.01)
    np.testing.assert_allclose(read_samples(path, channel=0), first)
    np.testing.assert_allclose(read_samples(path, channel=1), second)
    np.testing.assert_allclose(read_samples(path), (first + second) / 2, atol=1e-6)


def test_stereo_is_split_and_mono_is_not(tmp_path: Path) -> None:
    stereo = write_media(tmp_path / "stereo.wav", np.stack([tone(6), 0 * tone(6)]))
    first, second = read_channels(stereo)
    assert first.max() == pytest.approx(0.5, abs=0.01) and not second.any()
    mono = write_media(tmp_path / "mono.wav", tone(6))
    with pytest.raises(RecordingError, match=r"mono.wav has 1 channel, not two"):
        read_channels(mono)
    with pytest.raises(RecordingError, match=r"mono.wav has no channel 1: choose one from 0 to 0"):
        read_samples(mono, channel=1)


def test_more_channels_than_a_layout_has_a_name_for(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    frames = np.stack([tone(6) * (i == 10) for i in range(12)], axis=1)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(12)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes((frames * 32_767).astype("<i2").tobytes())
    assert inspect_recording(path).channels == 12
    np.testing.assert_allclose(read_samples(path, channel=10), tone(6), atol=1e-3)
    np.testing.assert_allclose(read_samples(path), tone(6) / 12, atol=1e-3)


def _two_speakers() -> tuple[np.ndarray, np.ndarray]:
    """The first sample session, taken apart into its two speakers."""
    folder = resource("data/samples/demo-1")
    samples = read_samples(folder / "recording.m4a")
    coach = np.zeros_like(samples)
    for turn in json.loads((folder / "turns.json").read_text(encoding="utf-8"))["turns"]:
        if turn["speaker"] == "COACH":
            piece = slice(int(turn["start"] * SAMPLE_RATE), int(turn["end"] * SAMPLE_RATE))
            coach[piece] = samples[piece]
    return coach, samples - coach


def test_one_speaker_a_channel_is_told_from_a_stereo_microphone(tmp_path: Path) -> None:
    coach, coachee = _two_speakers()
    hiss = noise(coach.size / SAMPLE_RATE) / 100

    def microphones(crosstalk: float) -> tuple[np.ndarray, np.ndarray]:
        return coach + crosstalk * coachee + hiss, (coachee + crosstalk * coach) / 3 + hiss[::-1]

    assert speakers_on_channels((coach, coachee))
    assert speakers_on_channels(microphones(0.2))  # worn, 14 dB apart
    assert not speakers_on_channels(microphones(0.5))  # one microphone on the table, 6 dB apart
    assert not speakers_on_channels((coach + coachee, coach + coachee))
    assert not speakers_on_channels((coach + coachee, np.zeros_like(coach)))
    assert not speakers_on_channels((coach + coachee, hiss))
    tracks = write_media(tmp_path / "a.wav", np.stack(microphones(0.2)))
    assert speakers_on_channels(tracks)
    assert not speakers_on_channels(write_media(tmp_path / "mono.wav", coach))


# --- bad input -----------------------------------------------------------------------------------


def refused(path: Path) -> str:
    """The sentence with which both ways of opening ``path`` refuse it."""
    with pytest.raises(RecordingError) as inspecting:
        inspect_recording(path)
    with pytest.raises(RecordingError) as reading:
        read_samples(path)
    assert str(inspecting.value) == str(reading.value)
    assert path.name in str(reading.value) and "\n" not in str(reading.value)
    return str(reading.value)


def test_what_is_not_a_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "does not exist: check" in refused(tmp_path / "none.wav")
    assert "is a folder: name" in refused(tmp_path)
    (tmp_path / "empty.mp3").touch()
    assert "is empty (0 bytes): copy it again" in refused(tmp_path / "empty.mp3")
    locked = write_media(tmp_path / "locked.wav", tone(6))

    def deny(*args: object, **kwargs: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", deny)
    assert "cannot be read (Permission denied): allow" in refused(locked)


@pytest.mark.parametrize(
    "content",
    [
        b"Dear all, this is the plan for Monday.\n" * 300,
        b"\x89PNG\r\n\x1a\n" + bytes(2_000),
        bytes(200_000),
        b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nsecret.wav\n#EXT-X-ENDLIST\n",
        b"ffconcat version 1.0\nfile secret.wav\n",
    ],
    ids=["text", "picture", "zeros", "playlist", "script"],
)
def test_other_files_are_refused_whatever_they_are_called(content: bytes, tmp_path: Path) -> None:
    write_media(tmp_path / "secret.wav", tone(6))
    for name in ("talk.mp3", "talk.m3u8", "talk.wav"):
        (tmp_path / name).write_bytes(content)
        assert "cannot be read as sound or video, it begins with" in refused(tmp_path / name)


def test_a_wrong_ending_does_not_matter(tmp_path: Path) -> None:
    path = write_media(tmp_path / "a.wav", tone(6)).rename(tmp_path / "a.mp3")
    assert inspect_recording(path).container == "wav"


def test_video_without_sound_is_refused(tmp_path: Path) -> None:
    write_mute_video(tmp_path / "mute.mp4", 8.0)
    assert "has no sound track: choose" in refused(tmp_path / "mute.mp4")


def test_too_short_is_refused(tmp_path: Path) -> None:
    said = refused(write_media(tmp_path / "hello.wav", tone(4.5)))
    assert "lasts 4.5 s and a recording needs at least 5 s" in said


@pytest.mark.parametrize(
    "made",
    [k for k in KINDS if k.suffix in {"wav", "flac", "mp3", "wma", "aiff", "caf", "avi", "webm"}],
    ids=str,
)
def test_a_cut_off_file_does_not_count_as_whole(made: Kind, tmp_path: Path) -> None:
    path = damaged(busy(made, tmp_path / f"a.{made.suffix}"), 0.6, 1, None)
    said = refused(path)
    assert "is cut off, it ends after 0:00:1" in said and "60% of what its header states" in said


def test_a_cut_off_mp4_is_refused_with_and_without_its_index(tmp_path: Path) -> None:
    made = kind("mp4", "aac")
    late = damaged(busy(made, tmp_path / "late.mp4"), 0.6, 1, None)
    assert "without the index that is written last" in refused(late)
    first = busy(made, tmp_path / "first.mp4", options={"movflags": "faststart"})
    assert "is cut off" in refused(damaged(first, 0.6, 1, None))


@pytest.mark.parametrize(
    "made",
    [k for k in KINDS if k.suffix in {"m4a", "flac", "aac", "opus", "wma", "webm", "mkv"}],
    ids=str,
)
@pytest.mark.parametrize("filling", [b"\0", b"\xa5"], ids=["zeros", "garbage"])
def test_a_damaged_middle_does_not_count_as_whole(
    made: Kind, filling: bytes, tmp_path: Path
) -> None:
    path = damaged(busy(made, tmp_path / f"a.{made.suffix}"), 0.4, 0.6, filling)
    with pytest.raises(RecordingError, match=r"is damaged, only [678]\d% of its sound"):
        read_samples(path)


@pytest.mark.parametrize("xing", ["0", "1"])
def test_a_little_damage_is_skipped_and_more_is_refused(xing: str, tmp_path: Path) -> None:
    made = kind("mp3", "libmp3lame")
    path = busy(made, tmp_path / "a.mp3", options={"write_xing": xing})
    slightly = damaged(path, 0.5, 0.52)
    assert read_samples(slightly).size / SAMPLE_RATE == pytest.approx(19.6, abs=0.15)
    with pytest.raises(RecordingError, match=r"is cut off|is damaged"):
        read_samples(damaged(path, 0.4, 0.6))


def test_sound_that_cannot_be_decoded_is_refused(tmp_path: Path) -> None:
    made = kind("mp4", "aac")
    locked = busy(made, tmp_path / "locked.mp4", options={"movflags": "faststart"})
    data = locked.read_bytes()
    start = data.index(b"mdat") + 4
    scrambled = np.random.default_rng(0).bytes(len(data) - start)
    locked.write_bytes(data[:start] + scrambled)
    with pytest.raises(RecordingError, match=r"nothing can be decoded: it is copy-protected"):
        read_samples(locked)
    rare = write_media(tmp_path / "rare.wav", tone(6))
    data = bytearray(rare.read_bytes())
    data[20:22] = b"\x34\x12"  # a codec number that nobody uses
    rare.write_bytes(data)
    assert "in a form that cannot be decoded" in refused(rare)


def test_impossible_numbers_become_silence(tmp_path: Path) -> None:
    sound = tone(6)
    sound[1_000:2_000], sound[3_000] = np.nan, np.inf
    samples = read_samples(write_media(tmp_path / "a.wav", sound, codec="pcm_f32le"))
    assert np.isfinite(samples).all() and not samples[1_000:2_000].any()


def test_endless_silence_cannot_fill_the_memory(tmp_path: Path) -> None:
    """A day of silence in a file of half a megabyte."""
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("flac", rate=8_000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 4_608), np.int16), "s16", "mono")
        frame.sample_rate, frame.pts = 8_000, 0
        packets = [*stream.encode(frame), *stream.encode(None)]
        container.mux(packets[0])
        packets[0].pts = packets[0].dts = int(30 * 3600 / packets[0].time_base)
        container.mux(packets[0])
    assert "lasts more than 8 h: cut it into" in refused(path)


def test_digital_silence_is_refused_and_faint_sound_is_not() -> None:
    dither = np.random.default_rng(0).integers(-1, 2, 5 * SAMPLE_RATE) / 32_768
    with pytest.raises(RecordingError, match=r"silent from beginning to end \(5 s of zeros\)"):
        check_sound(dither.astype(np.float32))
    with pytest.raises(RecordingError, match="silent"):
        check_sound(np.zeros(0, np.float32))
    check_sound(noise(5) / 100)


# --- the rest ------------------------------------------------------------------------------------


def test_progress_grows_to_the_end(tmp_path: Path) -> None:
    told: list[float] = []
    read_samples(write_media(tmp_path / "a.wav", tone(65)), progress=told.append)
    assert told == sorted(told) and len(told) == 6 and told[-1] == pytest.approx(60, abs=1)


def test_memory_is_that_of_the_samples(tmp_path: Path) -> None:
    path = write_media(tmp_path / "a.flac", np.stack([tone(240)] * 2), codec="flac")
    tracemalloc.start()
    samples = read_samples(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < samples.nbytes * 1.05 + 2_000_000


def test_clip_is_cut_from_the_samples(tmp_path: Path) -> None:
    samples = bursts(6, SAMPLE_RATE, STARTS) * 3  # louder than full scale
    write_clip(samples, 0.9, 1.4, tmp_path / "clip.wav")
    with wave.open(str(tmp_path / "clip.wav")) as file:
        assert (file.getnchannels(), file.getframerate(), file.getnframes()) == (1, 16_000, 8_000)
        clip = np.frombuffer(file.readframes(8_000), "<i2") / 32_767
    np.testing.assert_allclose(clip, np.clip(samples[14_400:22_400], -1, 1), atol=1 / 32_767)
    write_clip(samples, 5, 99, tmp_path / "end.wav")
    with wave.open(str(tmp_path / "end.wav")) as file:
        assert file.getnframes() == SAMPLE_RATE
    for start, end in ((3, 3), (7, 9), (4, 2)):
        with pytest.raises(RecordingError, match="choose times within 0 to 6 s"):
            write_clip(samples, start, end, tmp_path / "none.wav")
    assert not (tmp_path / "none.wav").exists()


@settings(max_examples=20, deadline=None, derandomize=True)
@given(
    number=st.integers(0, len(KINDS) - 1),
    changes=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=20),
    head=st.booleans(),
)
def test_broken_bytes_give_samples_or_a_sentence(
    tmp_path_factory: pytest.TempPathFactory,
    number: int,
    changes: list[tuple[float, int]],
    head: bool,
) -> None:
    made = KINDS[number]
    path = tmp_path_factory.mktemp("broken") / f"a.{made.suffix}"
    data = bytearray(busy(made, path, 6).read_bytes())
    reach = min(len(data), 3_000) if head else len(data)
    for place, value in changes:
        data[int(place * (reach - 1))] = value
    path.write_bytes(data)
    try:
        samples = read_samples(path)
    except RecordingError as error:
        assert path.name in str(error)
    else:
        assert np.isfinite(samples).all()
