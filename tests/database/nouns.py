"""Hypothesis strategies for the nouns: anything that a stage could hand over."""

from __future__ import annotations

from datetime import date
from typing import get_args

from hypothesis import strategies as st

from convo.between import Activity, Framing, Kind, Led, Response
from convo.codebook import Artefact, Code, Flag, TurnCode, TurnFlag
from convo.conversation import spans
from convo.conversation.edits import Spoken
from convo.transcript import (
    Boundary,
    Change,
    Conversation,
    Corrected,
    Coverage,
    Diarization,
    Measure,
    Passage,
    PassageSpan,
    Phase,
    PhaseSpan,
    Recording,
    RemovedText,
    Role,
    RoleAssignment,
    Segmentation,
    Session,
    Share,
    SpeakerSegment,
    Transcription,
    Turn,
    Word,
)

text = st.text(max_size=12)
times = st.floats(0, 20_000, allow_subnormal=False)
shares = st.floats(0, 1)
numbers = st.integers(1, 5000)
counts = st.integers(0, 50_000)
speakers = st.sampled_from(["SPEAKER_00", "SPEAKER_01", "ø"])
hexes = st.text("0123456789abcdef", min_size=64, max_size=64)
pairs = st.tuples(times, times).map(lambda pair: (min(pair), max(pair)))
phases = st.sampled_from(Phase)
roles = st.sampled_from(Role)


def tuples(values: st.SearchStrategy, most: int = 4) -> st.SearchStrategy:
    return st.lists(values, max_size=most).map(tuple)


def timed(noun: type, *rest: st.SearchStrategy) -> st.SearchStrategy:
    return st.builds(lambda t, pair, *more: noun(t, *pair, *more), text, pairs, *rest)


words = timed(Word, shares, st.none() | speakers)
removed = timed(RemovedText, text)
segments = st.builds(lambda pair, who: SpeakerSegment(*pair, who), pairs, speakers)
recordings = st.builds(Recording, hexes, text, times, numbers, numbers, text, st.integers(0, 2**40))
transcriptions = st.builds(
    Transcription, tuples(words, 8), text, st.none() | shares, text, text, tuples(removed, 2)
)
diarizations = st.builds(
    Diarization,
    tuples(segments),
    tuples(segments),
    st.dictionaries(speakers, tuples(st.floats(-1, 1))),
    text,
)
coverages = st.builds(Coverage, times, times, times, tuples(pairs, 3))
turns = st.builds(
    Turn, numbers, st.none() | speakers, text, st.none() | times, st.none() | times,
    st.none() | roles, st.none() | st.sampled_from(Passage),
)  # fmt: skip
assignments = st.builds(
    RoleAssignment,
    st.dictionaries(speakers, roles),
    shares,
    st.sampled_from(["person", "voice", "channel", "talk"]),
    tuples(text),
    tuples(text),
)
found = st.builds(
    Segmentation,
    tuples(st.builds(PhaseSpan, phases, numbers, numbers, numbers, st.none() | shares)),
    tuples(st.builds(
        Boundary, numbers, phases, phases, numbers, numbers, shares, tuples(numbers)
    )),
    tuples(st.dictionaries(phases, shares)),
    text,
    tuples(tuples(phases)),
    tuples(text),
    st.dictionaries(phases, text),
    tuples(phases, 2),
)  # fmt: skip
put_right = st.builds(
    lambda machine, labels, who, day: spans.put_right(machine, labels, who, day),
    found,
    tuples(phases, 9),
    text,
    st.dates(),
)
segmentations = found | put_right
share_rows = st.builds(
    Share,
    phase=st.none() | phases,
    role=roles,
    words=counts,
    total=counts,
    percent=st.none() | st.integers(0, 100),
    low=st.none() | shares,
    high=st.none() | shares,
    seconds=st.none() | times,
    total_seconds=st.none() | times,
    turns=counts,
    median_turn_words=st.none() | times,
    longest_turn_words=st.none() | counts,
    words_without_backchannels=counts,
    total_without_backchannels=counts,
    unattributed=counts,
    withheld=st.booleans(),
    caution=st.none() | text,
)
sessions = st.builds(Session, text, text, numbers, st.dates(min_value=date(1, 1, 1)), text)
activities = st.builds(
    lambda start, settled, end, *rest: Activity(
        start, start + settled + end, start + settled, *rest
    ),
    st.integers(1, 50),
    st.integers(0, 9),
    st.integers(0, 9),
    st.sampled_from(get_args(Led)),
    st.sampled_from(get_args(Kind)),
    st.none() | roles,
    st.none() | text,
    st.sampled_from(get_args(Framing)),
    st.booleans(),
    st.integers(0, 4),
    st.sampled_from(get_args(Response)),
    st.booleans(),
    shares,
    st.none() | text,
)
flags = st.builds(
    TurnFlag,
    st.sampled_from(Flag),
    shares,
    tuples(text, 2),
    st.none() | st.sampled_from(Artefact),
    st.booleans(),
)
codes = st.lists(
    st.builds(
        TurnCode,
        numbers,
        st.sampled_from(Code),
        shares,
        tuples(text, 2),
        tuples(flags, 2),
        st.dictionaries(st.sampled_from(Code), shares),
        st.none() | text,
    ),
    max_size=4,
    unique_by=lambda one: one.turn,
).map(tuple)
measures = st.builds(Measure, st.none() | phases, st.none() | roles, text, shares, counts, text)
passages = st.builds(
    PassageSpan, times, times, st.sampled_from((Passage.MEDIA, Passage.OTHER)), st.booleans()
)
corrected = st.builds(
    Corrected,
    st.none() | tuples(words, 4),
    tuples(passages, 2),
    tuples(share_rows, 2),
    tuples(st.builds(Change, text, text, st.dates(), counts, counts), 2),
    st.dictionaries(numbers, text, max_size=2),
    tuples(activities, 2),
)
spoken = st.builds(
    Spoken, tuples(words, 4), st.frozensets(counts, max_size=3), tuples(passages, 2), tuples(counts)
)
conversations = st.builds(
    Conversation,
    recordings,
    sessions,
    transcriptions,
    diarizations,
    coverages,
    assignments,
    tuples(turns, 6),
    segmentations,
    tuples(share_rows, 3),
    st.dictionaries(text, text, max_size=4),
    tuples(text),
    codes,
    tuples(measures, 3),
    tuples(activities, 3),
    st.none() | corrected,
)

STAGES = {
    Recording: recordings,
    Transcription: transcriptions,
    Diarization: diarizations,
    Coverage: coverages,
    tuple[Word, ...]: tuples(words, 8),
    tuple[Turn, ...]: tuples(turns, 6),
    RoleAssignment: assignments,
    Segmentation: segmentations,
    tuple[Share, ...]: tuples(share_rows, 3),
    tuple[TurnCode, ...]: codes,
    tuple[Measure, ...]: tuples(measures, 3),
    tuple[Activity, ...]: tuples(activities, 3),
    Spoken: spoken,
}
