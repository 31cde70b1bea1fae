from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from convo.conversation.attribution import turns
from convo.errors import RecordingError
from convo.exchange.transcripts import (
    coverage,
    diarization,
    hurried,
    inspect_transcript,
    is_transcript,
    read_transcript,
    transcription,
)
from convo.exchange.vtt import Said
from convo.transcript import count_words
from tests.exchange.meetings import sample_turns, write_vtt


@pytest.fixture
def written(tmp_path: Path) -> Path:
    return write_vtt(tmp_path / "session.vtt")


def test_a_transcript_gives_the_turns_it_was_written_from(written: Path) -> None:
    found = turns(transcription(read_transcript(written), "en").words)
    wanted = sample_turns()
    assert [turn.text for turn in found] == [" ".join(str(t["text"]).split()) for t in wanted]
    assert sum(turn.word_count for turn in found) == sum(
        count_words(str(t["text"])) for t in wanted
    )
    label = {"COACH": found[0].speaker} if wanted[0]["speaker"] == "COACH" else {}
    assert {turn.speaker for turn in found} == {"SPEAKER_00", "SPEAKER_01"}
    for turn, one in zip(found, wanted, strict=True):
        assert (turn.speaker == label.get("COACH")) == (one["speaker"] == "COACH")


def test_words_follow_each_other_and_stay_within_their_cue(written: Path) -> None:
    said = read_transcript(written)
    words = transcription(said, "en").words
    assert all(0 <= w.start <= w.end for w in words)
    starts = [w.start for w in words]
    assert starts == sorted(starts)


def test_segments_are_the_cues_and_the_exclusive_ones_never_overlap(written: Path) -> None:
    found = diarization(read_transcript(written))
    ends = [(s.start, s.end) for s in found.exclusive]
    assert all(before[1] <= after[0] for before, after in pairwise(ends))
    assert found.source == "transcript" and found.voices == {}
    assert coverage(read_transcript(written)).wordless == ()


def test_a_transcript_has_no_channels_and_lasts_until_its_last_cue(written: Path) -> None:
    assert is_transcript(written)
    found = inspect_transcript(written)
    assert (found.channels, found.container) == (0, "webvtt")
    assert found.duration == max(float(str(t["end"])) for t in sample_turns())


def test_cues_too_short_for_their_words_are_told() -> None:
    text = " ".join(["word"] * 40)
    assert hurried([Said(0, 1.5, "A", text), Said(2, 20, "A", text)]) == (Said(0, 1.5, "A", text),)


@pytest.mark.parametrize("content", [b"WEBVTT\n\n", b"WEBVTT\n\n\xff\xfe", b"RIFF"])
def test_one_sentence_with_the_file_and_the_remedy(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "talk.vtt"
    path.write_bytes(content)
    with pytest.raises(RecordingError, match=r"talk\.vtt .*export"):
        read_transcript(path)
