"""The path of two people over their sessions: what the table of all of them rests on.

Nothing of this is kept with a recording: it changes when a session comes in between, when somebody
judges a candidate or writes into a cell, and with the programme's record.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path

from convo.config import load_settings
from convo.conversation.candidates import Verdict
from convo.conversation.glossary import Glossary, parse_glossary
from convo.conversation.measures import measures
from convo.conversation.media import in_room
from convo.conversation.private import without_private
from convo.conversation.statements import Statement
from convo.conversation.table3 import statements
from convo.conversation.talk import Talk, talk
from convo.database import artefacts, notes, programme_records
from convo.database.corrections import in_force, read_corrections
from convo.database.notes import Engagement, Note, engagement_of
from convo.database.programme_records import Version
from convo.errors import ConfigError, StoreError
from convo.files import read_bytes
from convo.pipeline import shipped
from convo.pipeline.said import verdicts
from convo.programme import ProgrammeRecord, parse_programme
from convo.reservation import store
from convo.transcript import Conversation, Phase


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One session of the path: its statements, and what people wrote into its cells.

    There are no statements for a session that was read before turns had codes. ``record`` is the
    programme's as it was on that day.
    """

    conversation: Conversation
    statements: tuple[Statement, ...] = ()
    notes: Mapping[Phase | None, Note] = field(default_factory=dict)
    record: ProgrammeRecord | None = None


@dataclass(frozen=True, slots=True)
class EngagementPath:
    """All sessions of one coachee with one coach in one programme, by date.

    ``versions`` are those of the programme's record, none if nobody wrote one.
    """

    who: Engagement
    rows: tuple[SessionRow, ...]
    versions: tuple[Version, ...] = ()

    @property
    def record(self) -> ProgrammeRecord | None:
        """The record as it was on the day of the last session."""
        day = self.rows[-1].conversation.session.date
        return programme_records.record_on(self.versions, day)


def paths(data: Path, conversations: Iterable[Conversation]) -> tuple[EngagementPath, ...]:
    """One path for each engagement, in the order of its first session.

    Raises:
        StoreError: a note, a correction or a record of a programme is damaged.
    """
    ordered = sorted(conversations, key=_place)
    grouped = groupby(ordered, key=lambda c: engagement_of(c.session))
    found = [_path(data, who, list(of)) for who, of in grouped]
    return tuple(sorted(found, key=lambda path: _place(path.rows[0].conversation)[1:]))


def row_of(data: Path, conversation: Conversation) -> SessionRow:
    """One session by itself, without what the session before says."""
    kept = programme_records.versions(data, conversation.session.programme)
    return _rows(data, [conversation], kept)[0]


def _place(conversation: Conversation) -> tuple[Engagement, object, int, str]:
    session = conversation.session
    who = engagement_of(session)
    return who, session.date, session.number, conversation.recording.recording_id


def _path(data: Path, who: Engagement, sessions: Sequence[Conversation]) -> EngagementPath:
    kept = programme_records.versions(data, who.programme)
    return EngagementPath(who, tuple(_rows(data, sessions, kept)), kept)


def _rows(
    data: Path, sessions: Sequence[Conversation], kept: tuple[Version, ...]
) -> list[SessionRow]:
    rows = []
    before: Talk | None = None
    for one in sessions:
        cells = notes.cells(data, one.recording.recording_id)
        record = programme_records.record_on(kept, one.session.date)
        read = _talk(one, record)
        if read is None:
            rows.append(SessionRow(one, (), cells, record))
            continue
        training = record.training if record else ()
        said = _said(data, one.recording.recording_id)
        found = statements(read, one.measures, said, before, training)
        rows.append(SessionRow(one, found, cells, record))
        before = read
    return rows


def _talk(conversation: Conversation, record: ProgrammeRecord | None) -> Talk | None:
    coded = [one.turn for one in conversation.codes]
    room = [turn.number for turn in in_room(conversation.turns)]
    if not coded or coded != room or not conversation.segmentation.spans:
        return None
    return talk(
        conversation.turns,
        conversation.codes,
        conversation.segmentation,
        glossary_of(record),
        shipped.word_lists(),
        timed=conversation.recording.has_sound,
    )


def glossary_of(record: ProgrammeRecord | None) -> Glossary:
    """The programme's own terms, else those that ship."""
    return record.glossary if record and record.glossary else shipped.glossary()


def glossary_for(data: Path, programme: str) -> Glossary:
    """The terms that count for a session that is read now."""
    kept = programme_records.versions(data, programme)
    return glossary_of(kept[-1].record if kept else None)


def _said(data: Path, recording_id: str) -> tuple[Verdict, ...]:
    """What people said of candidates and did not take back."""
    return verdicts(in_force(read_corrections(data / "artefacts", recording_id)))


def note_table(data: Path, found: Sequence[EngagementPath] | None = None) -> None:
    """Show in the store what the table over the sessions says; without ``found``, of all sessions.

    Raises:
        StoreError: something that is kept is damaged, or the store cannot be written.
    """
    if found is None:
        runs = artefacts.current_runs(data / "artefacts")
        read = (without_private(artefacts.read_conversation(run.folder)) for run in runs)
        found = paths(data, read)
    rows = [row for path in found for row in path.rows]
    kept = store(data)
    kept.note_statements(
        [row.conversation.recording.recording_id for row in rows],
        [line for row in rows for line in _lines(row)],
    )
    kept.note_programmes(
        [
            (one.record, one.kept_at)
            for versions in programme_records.all_programmes(data).values()
            for one in versions
        ]
    )


def _lines(row: SessionRow) -> Iterator[tuple[object, ...]]:
    """The statements of a session as rows of the store."""
    texts = {turn.number: turn.text for turn in row.conversation.turns}
    recording = row.conversation.recording.recording_id
    for position, one in enumerate(row.statements, start=1):
        turns = one.turns or tuple(n for moment in one.moments for n in moment.turns)
        kind = "fact" if one.is_fact else "candidates"
        yield (
            *(recording, one.phase.value, position, kind, one.grade, one.metric, one.text),
            *(list(turns), [texts[n] for n in turns]),
            None if one.is_fact else len(one.confirmed),
            None if one.is_fact else len(one.open),
        )


def save_cell(
    data: Path, conversation: Conversation, phase: Phase | None, text: str, who: str | None = None
) -> Note:
    """Write into a cell of a session and show it in the store.

    Raises:
        StoreError: see :func:`convo.database.notes.save_cell`.
    """
    recording = conversation.recording.recording_id
    who_with_whom = engagement_of(conversation.session)
    note = notes.save_cell(data, who_with_whom, recording, phase, text, who)
    home = data / "artefacts" / recording[:16]
    store(data).note_cells(recording, notes.notes_in(home))
    return note


def read_programme(path: Path) -> ProgrammeRecord:
    """The record in a file, with the glossary that it names.

    Raises:
        ConfigError: a file is missing or does not fit.
    """
    record = parse_programme(_text(path))
    if not record.glossary_file:
        return record
    terms = parse_glossary(_text(path.parent / record.glossary_file))
    return record.model_copy(update={"glossary": terms, "glossary_file": ""})


def _text(path: Path) -> str:
    try:
        return read_bytes(path).decode("utf-8-sig")
    except (StoreError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read {path}: check its name, and save it as UTF-8") from error


def keep_programme(data: Path, record: ProgrammeRecord) -> tuple[Version, list[str]]:
    """Keep a version of a record; the coachees whose sessions were counted anew with its terms.

    Raises:
        StoreError: something that is kept is damaged, or the folder cannot be written.
    """
    version = programme_records.keep_programme(data, record)
    changed = {one.session.coachee for one in _recounted(data, record.name)}
    note_table(data)
    return version, sorted(changed)


def _recounted(data: Path, programme: str) -> Iterator[Conversation]:
    """Sessions of a programme whose terms have changed, with their figures made anew."""
    glossary, lists = glossary_for(data, programme), shipped.word_lists()
    for run in artefacts.current_runs(data / "artefacts"):
        if run.session.programme != programme:
            continue
        one = artefacts.read_conversation(run.folder)
        coder, _, used = (one.measures[0].method if one.measures else "").partition(", ")
        if not one.codes or used == f"glossary {glossary.version}, words {lists.version}":
            continue
        options = load_settings(data).shares
        heard = one.recording.has_sound
        counted = measures(
            one.turns, one.codes, one.segmentation, glossary, lists, coder, options, heard
        )
        anew = replace(one, measures=counted)
        store(data).load(artefacts.write_conversation(data / "artefacts", anew))
        yield anew
