"""The big parts of a conversation as Arrow tables, and back without loss.

One Parquet file a table. Column names are those of the store, so that loading is a copy. Columns
that are derived (``words``, counted by the counting rule) are written for readers and not read.
Phases in them are the machine's; those that a person put right stay in the manifest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from convo.database import function_tables
from convo.database.columns import Row
from convo.transcript import (
    Boundary,
    Conversation,
    Corrected,
    Passage,
    Phase,
    PhaseSpan,
    RemovedText,
    Role,
    Segmentation,
    Share,
    SpeakerSegment,
    Turn,
    Word,
    count_words,
)

if TYPE_CHECKING:
    import pyarrow as pa

N = TypeVar("N")

Columns = Mapping[str, list[Any]]
PHASES = tuple(Phase)

_SHARE_FIELDS = {
    "words": "words",
    "total_words": "total",
    "percent": "percent",
    "low": "low",
    "high": "high",
    "seconds": "seconds",
    "total_seconds": "total_seconds",
    "turns": "turns",
    "median_turn_words": "median_turn_words",
    "longest_turn_words": "longest_turn_words",
    "words_without_backchannels": "words_without_backchannels",
    "total_without_backchannels": "total_without_backchannels",
    "unattributed_words": "unattributed",
    "withheld": "withheld",
    "caution": "caution",
}


@dataclass(frozen=True, slots=True)
class Part:
    """One Parquet file: its table in the store (None: kept in the file only) and its columns."""

    file: str
    table: str | None
    columns: Mapping[str, str]
    rows: Callable[[Conversation], Iterable[Row]]


def _words(words: Iterable[Word]) -> Iterable[Row]:
    for n, w in enumerate(words, start=1):
        yield n, w.text, w.start, w.end, w.probability, w.speaker, count_words(w.text)


def _corrected_words(conversation: Conversation) -> Iterable[Row]:
    corrected = conversation.corrected
    return _words((corrected.words if corrected else None) or ())


def _removed(conversation: Conversation) -> Iterable[Row]:
    for position, text in enumerate(conversation.transcription.removed, start=1):
        yield position, text.text, text.start, text.end, text.reason


def _segments(conversation: Conversation) -> Iterable[Row]:
    diarization = conversation.diarization
    for exclusive, segments in ((False, diarization.segments), (True, diarization.exclusive)):
        for segment in segments:
            yield segment.start, segment.end, segment.speaker, exclusive


def _turns(conversation: Conversation) -> Iterable[Row]:
    corrected = conversation.corrected
    texts = corrected.texts if corrected else {}
    for t in conversation.turns:
        text = t.text if t.hidden is None else None
        yield (
            *(t.number, t.speaker, t.role, t.start, t.end, text, t.word_count),
            *(t.passage, texts.get(t.number)),
        )


def _probabilities(conversation: Conversation) -> Iterable[Row]:
    for turn, row in enumerate(conversation.segmentation.found.probabilities, start=1):
        yield (turn, *(row.get(phase) for phase in PHASES))


def _spans(conversation: Conversation) -> Iterable[Row]:
    for position, span in enumerate(conversation.segmentation.found.spans, start=1):
        yield position, span.phase, span.cycle, span.start_turn, span.end_turn, span.probability


def _boundaries(conversation: Conversation) -> Iterable[Row]:
    for b in conversation.segmentation.found.boundaries:
        evidence = list(b.evidence)
        yield b.turn, b.before, b.after, b.earliest, b.latest, b.probability, evidence


def _samples(conversation: Conversation) -> Iterable[Row]:
    index = {phase: number for number, phase in enumerate(PHASES)}
    for sample in conversation.segmentation.found.samples:
        yield ([index[phase] for phase in sample],)


def _shares(shares: Iterable[Share]) -> Iterable[Row]:
    for share in shares:
        yield (
            share.phase,
            share.role,
            *(getattr(share, field) for field in _SHARE_FIELDS.values()),
        )


_WORD_COLUMNS = {"position": "int", "text": "text", "start_s": "real", "end_s": "real"} | {
    "probability": "real",
    "speaker": "text",
    "words": "int",
}
_SHARE_COLUMNS = (
    {"phase": "text", "role": "text", "words": "int", "total_words": "int", "percent": "int"}
    | {"low": "real", "high": "real", "seconds": "real", "total_seconds": "real"}
    | {"turns": "int", "median_turn_words": "real", "longest_turn_words": "int"}
    | {"words_without_backchannels": "int", "total_without_backchannels": "int"}
    | {"unattributed_words": "int", "withheld": "flag", "caution": "text"}
)
CORRECTED_WORDS = "corrected_words.parquet"

PARTS: tuple[Part, ...] = (
    Part("words.parquet", "word", _WORD_COLUMNS, lambda c: _words(c.transcription.words)),
    Part(CORRECTED_WORDS, None, _WORD_COLUMNS, _corrected_words),
    Part(
        "removed.parquet",
        "removed_text",
        {"position": "int", "text": "text", "start_s": "real", "end_s": "real", "reason": "text"},
        _removed,
    ),
    Part(
        "segments.parquet",
        "speaker_segment",
        {"start_s": "real", "end_s": "real", "speaker": "text", "exclusive": "flag"},
        _segments,
    ),
    Part(
        "turns.parquet",
        "turn",
        {"number": "int", "speaker": "text", "role": "text", "start_s": "real", "end_s": "real"}
        | {"text": "text", "words": "int", "passage": "text", "machine_text": "text"},
        _turns,
    ),
    Part(
        "probabilities.parquet",
        "phase_probability",
        {"turn": "int"} | {phase.value.replace("-", "_"): "real" for phase in PHASES},
        _probabilities,
    ),
    Part(
        "phases.parquet",
        "machine_phase_span",
        {"position": "int", "phase": "text", "cycle": "int", "start_turn": "int"}
        | {"end_turn": "int", "probability": "real"},
        _spans,
    ),
    Part(
        "boundaries.parquet",
        "machine_boundary",
        {"turn": "int", "phase_before": "text", "phase_after": "text", "earliest_turn": "int"}
        | {"latest_turn": "int", "probability": "real", "evidence": "ints"},
        _boundaries,
    ),
    Part("samples.parquet", None, {"phases": "bytes"}, _samples),
    Part(
        "shares.parquet",
        "share",
        _SHARE_COLUMNS,
        lambda c: _shares(c.shares),
    ),
    Part(
        "machine_shares.parquet",
        "machine_share",
        _SHARE_COLUMNS,
        lambda c: _shares(c.corrected.shares if c.corrected else ()),
    ),
    Part(
        "codes.parquet",
        "turn_code",
        function_tables.CODE_COLUMNS,
        function_tables.code_rows,
    ),
    Part(
        "flags.parquet",
        "turn_flag",
        function_tables.FLAG_COLUMNS,
        function_tables.flag_rows,
    ),
    Part(
        "measures.parquet",
        "measure",
        function_tables.MEASURE_COLUMNS,
        function_tables.measure_rows,
    ),
)


def without_tables(conversation: Conversation) -> Conversation:
    """What is left for the manifest: everything that is no table.

    Voices are left out and never come back: an embedding identifies a person, and such profiles
    are kept only with consent and apart from the artefacts.
    """
    corrected = conversation.corrected
    return replace(
        conversation,
        transcription=replace(conversation.transcription, words=(), removed=()),
        diarization=replace(conversation.diarization, segments=(), exclusive=(), voices={}),
        turns=(),
        segmentation=_finding(
            conversation.segmentation, spans=(), boundaries=(), probabilities=(), samples=()
        ),
        shares=(),
        codes=(),
        measures=(),
        corrected=corrected
        and replace(corrected, words=None if corrected.words is None else (), shares=()),
    )


def with_tables(facts: Conversation, tables: Mapping[str, pa.Table]) -> Conversation:
    """The conversation that was taken apart by :func:`without_tables` and :data:`PARTS`."""
    columns = {file: table.to_pydict() for file, table in tables.items()}
    return replace(
        facts,
        transcription=replace(
            facts.transcription,
            words=_read_words(columns["words.parquet"]),
            removed=_each(RemovedText, columns["removed.parquet"], *_TIMED, "reason"),
        ),
        diarization=replace(
            facts.diarization,
            segments=_speaker_segments(columns["segments.parquet"], exclusive=False),
            exclusive=_speaker_segments(columns["segments.parquet"], exclusive=True),
        ),
        turns=_read_turns(columns["turns.parquet"]),
        segmentation=_finding(
            facts.segmentation,
            spans=_read_spans(columns["phases.parquet"]),
            boundaries=_read_boundaries(columns["boundaries.parquet"]),
            probabilities=_read_probabilities(columns["probabilities.parquet"]),
            samples=tuple(
                tuple(PHASES[number] for number in row)
                for row in columns["samples.parquet"]["phases"]
            ),
        ),
        shares=_read_shares(columns["shares.parquet"]),
        codes=function_tables.read_codes(
            columns.get("codes.parquet", {}), columns.get("flags.parquet", {})
        ),
        measures=function_tables.read_measures(columns.get("measures.parquet", {})),
        corrected=_read_corrected(facts.corrected, columns),
    )


def _read_corrected(
    corrected: Corrected | None, columns: Mapping[str, Columns]
) -> Corrected | None:
    if corrected is None:
        return None
    words = None if corrected.words is None else _read_words(columns[CORRECTED_WORDS])
    shares = _read_shares(columns["machine_shares.parquet"])
    return replace(corrected, words=words, shares=shares)


def _read_words(columns: Columns) -> tuple[Word, ...]:
    return _each(Word, columns, *_TIMED, "probability", "speaker")


def _finding(phases: Segmentation, **tables: Any) -> Segmentation:
    """The same phases with other ``tables`` in what the machine found."""
    machine = replace(phases.found, **tables)
    if phases.confirmed is None:
        return machine
    return replace(phases, confirmed=replace(phases.confirmed, machine=machine))


_TIMED = ("text", "start_s", "end_s")


def _rows(columns: Columns, *names: str) -> Iterable[Row]:
    return zip(*(columns[name] for name in names), strict=True)


def _each(noun: Callable[..., N], columns: Columns, *names: str) -> tuple[N, ...]:
    return tuple(map(noun, *(columns[name] for name in names)))


def _speaker_segments(columns: Columns, *, exclusive: bool) -> tuple[SpeakerSegment, ...]:
    rows = _rows(columns, "start_s", "end_s", "speaker", "exclusive")
    return tuple(SpeakerSegment(*row[:3]) for row in rows if row[3] is exclusive)


_ROLES = {role.value: role for role in Role}


def _read_turns(columns: Columns) -> tuple[Turn, ...]:
    rows = _rows(columns, "number", "speaker", "text", "start_s", "end_s", "role")
    marked = columns.get("passage") or [None] * len(columns["number"])
    return tuple(
        Turn(
            *(number, speaker, text, start, end, _ROLES.get(role)),
            passage=Passage(passage) if passage else None,
        )
        for (number, speaker, text, start, end, role), passage in zip(rows, marked, strict=True)
    )


def _read_spans(columns: Columns) -> tuple[PhaseSpan, ...]:
    rows = _rows(columns, "phase", "start_turn", "end_turn", "cycle", "probability")
    return tuple(PhaseSpan(Phase(row[0]), *row[1:]) for row in rows)


def _read_boundaries(columns: Columns) -> tuple[Boundary, ...]:
    names = ("turn", "phase_before", "phase_after", "earliest_turn", "latest_turn")
    return tuple(
        Boundary(turn, Phase(before), Phase(after), earliest, latest, probability, tuple(evidence))
        for turn, before, after, earliest, latest, probability, evidence in _rows(
            columns, *names, "probability", "evidence"
        )
    )


def _read_probabilities(columns: Columns) -> tuple[Mapping[Phase, float], ...]:
    rows = _rows(columns, *(phase.value.replace("-", "_") for phase in PHASES))
    return tuple(
        {phase: value for phase, value in zip(PHASES, row, strict=True) if value is not None}
        for row in rows
    )


def _read_shares(columns: Columns) -> tuple[Share, ...]:
    return tuple(
        Share(
            phase=Phase(phase) if phase else None,
            role=Role(role),
            **dict(zip(_SHARE_FIELDS.values(), values, strict=True)),
        )
        for phase, role, *values in _rows(columns, "phase", "role", *_SHARE_FIELDS)
    )
