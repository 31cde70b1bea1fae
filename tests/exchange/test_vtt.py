from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convo.errors import TranscriptError
from convo.exchange.vtt import is_vtt, parse_vtt

ZOOM = """WEBVTT

1
00:02:24.720 --> 00:02:32.850
Samson Zhang: gotcha gotcha okay and going back to

2
00:02:33.480 --> 00:02:33.990
Yuki Wang: it's really.

3
00:02:34.000 --> 00:02:36.000
Thanks. Note: the pilot goes live

4
00:02:37.000 --> 00:02:38.000
Samson Zhang: so: when?
"""

TEAMS = """WEBVTT

3f1a2b4c-5d6e-4f70-8a9b-0c1d2e3f4a5b/12-0
00:00:03.258 --> 00:00:05.418
<v Doe, Jane [NA]>Good morning everyone. Let's</v>

3f1a2b4c-5d6e-4f70-8a9b-0c1d2e3f4a5b/12-1
00:00:05.418 --> 00:00:08.100
<v Doe, Jane [NA]>review the R&amp;D timeline.</v>
"""


def said(text: str) -> list[tuple[str | None, str]]:
    return [(one.speaker, one.text) for one in parse_vtt(text)]


def test_zoom_names_stand_before_the_first_colon_and_a_colon_in_speech_is_none() -> None:
    assert said(ZOOM) == [
        ("Samson Zhang", "gotcha gotcha okay and going back to"),
        ("Yuki Wang", "it's really."),
        ("Yuki Wang", "Thanks. Note: the pilot goes live"),
        ("Samson Zhang", "so: when?"),
    ]
    assert parse_vtt(ZOOM)[0].start == 144.72


def test_teams_names_are_voice_tags() -> None:
    assert said(TEAMS) == [
        ("Doe, Jane [NA]", "Good morning everyone. Let's"),
        ("Doe, Jane [NA]", "review the R&D timeline."),
    ]


def test_short_times_and_tags_that_are_never_closed() -> None:
    text = "WEBVTT\n\n0:0:0.0 --> 0:0:5.320\n<v S01>This is a test.\n"
    (one,) = parse_vtt(text)
    assert (one.start, one.end, one.speaker, one.text) == (0.0, 5.32, "S01", "This is a test.")


def test_two_voices_in_one_cue_share_its_time_in_order() -> None:
    text = (
        "WEBVTT\n\n00:00.000 --> 00:10.000\n<v A>How was it?\n<v B>It was rather good, I think.\n"
    )
    first, second = parse_vtt(text)
    assert (first.speaker, second.speaker) == ("A", "B")
    assert 0 == first.start < first.end == second.start < second.end <= 10


def test_without_names_nobody_is_named() -> None:
    text = "WEBVTT\n\n00:00.000 --> 00:01.000\nWell: that is it\n\n00:01.000 --> 00:02.000\nYes\n"
    text += "\n00:02.000 --> 00:03.000\nand so on\n"
    assert {speaker for speaker, _ in said(text)} == {None}


@pytest.mark.parametrize(
    "text",
    [
        "WEBVTT\n",
        "WEBVTT\n\n00:00.000 --> 00:01.000\n<v A></v>\n",
        "WEBVTT\n\n00:00.000 --> soon\n<v A>Yes\n",
        "not a transcript",
    ],
)
def test_what_cannot_be_read_is_refused_and_nothing_is_lost_silently(text: str) -> None:
    with pytest.raises(TranscriptError):
        parse_vtt(text)


def test_webvtt_is_known_by_its_first_bytes() -> None:
    assert is_vtt(b"\xef\xbb\xbfWEBVTT - made by a meeting\n")
    assert not is_vtt(b"RIFF....WAVE")


names = st.sampled_from(["Jane Doe", "Ann", "Coach 1"])
words = st.lists(st.sampled_from(["so", "what", "next?", "I'll", "try", "it."]), min_size=1)


@given(st.lists(st.tuples(names, words), min_size=1, max_size=12))
def test_every_word_of_every_cue_comes_back_in_order(talk: list[tuple[str, list[str]]]) -> None:
    cues = [
        f"00:{i:02}.000 --> 00:{i:02}.900\n<v {name}>{' '.join(spoken)}</v>\n"
        for i, (name, spoken) in enumerate(talk)
    ]
    found = parse_vtt("WEBVTT\n\n" + "\n".join(cues))
    assert [(one.speaker, one.text) for one in found] == [(n, " ".join(w)) for n, w in talk]
