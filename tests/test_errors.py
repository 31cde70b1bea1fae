"""What went wrong is told on the page without anything to type in a terminal."""

import datetime
import re
from pathlib import Path

import pytest

from convo.audio.segments import SegmentsOptions
from convo.audio.words import WordsOptions
from convo.config import Settings
from convo.database.runs import read_runs
from convo.errors import ConvoError
from convo.pipeline import stages
from convo.pipeline.stages import Covered, Place
from convo.reservation import Job, record_failure
from convo.sessions import KnownSession, SessionRequest, resolve_session
from convo.transcript import Coverage, Recording, Session, Transcription, Word

KEPT = Recording("a" * 64, "a.m4a", 60.0, 1, 16_000, "m4a", 1)
DAY = datetime.date(2026, 1, 13)
KNOWN = [KnownSession(Session("Hannah", "Maeve", 1, DAY), "a" * 64, "a.m4a")]


def no_room(data):
    stages.check(data, Settings())


def one_channel(data):
    stages.check_channels(Place(data, data / "a.m4a", KEPT), SegmentsOptions(channels="speakers"))


def without_words(data):
    spoken = Transcription((Word("So", 0.0, 1.0),), "en", 1.0, "x", "x")
    heard = Covered(spoken, Coverage(60.0, 55.0, 0.0, ((1.0, 56.0),)))
    stages._refuse_uncovered("a.m4a", heard, WordsOptions())


def taken(data):
    other = Recording("b" * 64, "b.m4a", 60.0, 1, 16_000, "m4a", 1)
    resolve_session(SessionRequest("Hannah", "Maeve", 1, DAY), other, Path("b.m4a"), KNOWN)


def another(data):
    resolve_session(SessionRequest("Ann"), KEPT, Path("a.m4a"), KNOWN)


@pytest.mark.parametrize("fault", [no_room, one_channel, without_words, taken, another])
def test_a_sentence_for_the_page_names_no_option(tmp_path, monkeypatch, fault):
    monkeypatch.setattr(stages, "MIN_FREE_MB", 1e12)
    with pytest.raises(ConvoError) as raised:
        fault(tmp_path)
    error = raised.value
    assert "--" in str(error)
    assert not re.search("--|`|convo process", error.on_page)
    assert error.on_page.partition(": ")[0] in str(error)

    record_failure(Job(tmp_path, tmp_path / "a.m4a"), error)
    (run,) = read_runs(tmp_path / "runs")
    assert (run.message, run.on_page) == (str(error), error.on_page)
