"""What people put right in a session: kept beside what the machine found, with who and when.

Every function adds one line to the corrections of a recording and gives it back; call
:func:`convo.corrections.recomputing.recompute` after one or several, and every figure follows.
Times are seconds from the start of the recording. See ``docs/corrections.md``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from convo.conversation import spans
from convo.conversation.candidates import Verdict
from convo.conversation.edits import LABELS, BreakEdit, Edit, PassageEdit, SpeakerEdit, WordsEdit
from convo.conversation.spans import Anchors
from convo.conversation.voices import anchored
from convo.corrections import renaming
from convo.corrections.recomputing import kept
from convo.corrections.recomputing import recompute as recompute
from convo.corrections.renaming import name_session as name_session
from convo.database.corrections import (
    UNDO,
    Correction,
    in_force,
    last_correction,
    read_corrections,
    save_correction,
)
from convo.errors import SessionError
from convo.files import as_json, parse
from convo.transcript import Conversation, Passage, Phase, Session

_LONGEST_LABEL = 60


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the history: ``name`` is what to take it back by, ``value`` what was said.

    ``counts`` is False for what was taken back.
    """

    name: str
    kind: str
    value: Any
    who: str
    when: datetime
    counts: bool


def reassign(
    data: Path, recording_id: str, start: float, end: float, speaker: str | None, who: str | None
) -> Correction:
    """The words from ``start`` to ``end`` were said by ``speaker``; None: by nobody known.

    Raises:
        TranscriptError: the stretch is none.
        SessionError: there is no such session, or nobody can be called that.
    """
    if speaker is not None:
        _check_label(speaker)
        segments = kept(data, recording_id).diarization.exclusive
        speaker = anchored(speaker, segments)
    return _save(data, recording_id, "speaker", SpeakerEdit(start, end, speaker), who)


def edit_words(
    data: Path, recording_id: str, start: float, end: float, text: str, who: str | None
) -> Correction:
    """From ``start`` to ``end`` this was said; words that stay keep their times and speakers."""
    return _save(data, recording_id, "words", WordsEdit(start, end, " ".join(text.split())), who)


def split_turn(data: Path, recording_id: str, at: float, who: str | None) -> Correction:
    """A turn begins with the word that starts at ``at``, though the speaker stays."""
    return _save(data, recording_id, "break", BreakEdit(at, True), who)


def merge_turns(data: Path, recording_id: str, at: float, who: str | None) -> Correction:
    """The turn that starts at ``at`` belongs to the one before it, and to its speaker."""
    return _save(data, recording_id, "break", BreakEdit(at, False), who)


def mark_passage(
    data: Path,
    recording_id: str,
    start: float,
    end: float,
    kind: Passage | None,
    who: str | None,
    counted: bool = False,
) -> Correction:
    """From ``start`` to ``end`` something is played, private, or other; None: ordinary after all.

    Words of a private passage count in the totals only if both people agreed: ``counted``.
    """
    return _save(data, recording_id, "passage", PassageEdit(start, end, kind, counted), who)


def name_coach(data: Path, recording_id: str, speaker: str, who: str | None) -> Correction:
    """This speaker is the coach."""
    conversation = kept(data, recording_id)
    _check_speaker(conversation, speaker)
    said = anchored(speaker, conversation.diarization.exclusive)
    return save_correction(data / "artefacts", recording_id, "coach", said, who)


def confirm_phases(data: Path, recording_id: str, who: str | None) -> Correction:
    """The phases are right as they are."""
    return _save_phases(data, recording_id, who, lambda turns, labels: None)


def move_boundary(
    data: Path, recording_id: str, at: float, to: float, who: str | None
) -> Correction:
    """The phase that begins at ``at`` begins at ``to``, both with the turn nearest to it.

    Raises:
        SessionError: no phase begins there, or the move would swallow another phase.
    """

    def moved(starts: list[float], labels: list[Phase]) -> None:
        old, new = _nearest(starts, at), _nearest(starts, to)
        if old == 0 or labels[old] is labels[old - 1]:
            raise SessionError(f"no phase begins at {at:.1f} s")
        first = max((n for n in range(1, old) if labels[n] is not labels[n - 1]), default=0)
        after = (n for n in range(old + 1, len(labels)) if labels[n] is not labels[n - 1])
        if not first < new < next(after, len(labels)):
            raise SessionError(
                f"the phase cannot begin at {to:.1f} s, where another one lies: remove that first"
            )
        before, phase = labels[old - 1], labels[old]
        for n in range(min(old, new), max(old, new)):
            labels[n] = before if new > old else phase

    return _save_phases(data, recording_id, who, moved)


def add_phase(
    data: Path, recording_id: str, start: float, end: float, phase: Phase, who: str | None
) -> Correction:
    """The turns that begin from ``start`` on and before ``end`` are of this phase.

    Raises:
        SessionError: no turn begins there.
    """

    def added(starts: list[float], labels: list[Phase]) -> None:
        places = [n for n, moment in enumerate(starts) if start <= moment < end]
        if not places:
            raise SessionError(f"no turn begins between {start:.1f} and {end:.1f} s")
        for n in places:
            labels[n] = phase

    return _save_phases(data, recording_id, who, added)


def remove_phase(data: Path, recording_id: str, at: float, who: str | None) -> Correction:
    """The stretch of a phase that ``at`` lies in belongs to the one before it, or else after it.

    Raises:
        SessionError: there is no other phase.
    """

    def removed(starts: list[float], labels: list[Phase]) -> None:
        here = max((n for n, moment in enumerate(starts) if moment <= at), default=0)
        first = here
        while first > 0 and labels[first - 1] is labels[here]:
            first -= 1
        last = here
        while last + 1 < len(labels) and labels[last + 1] is labels[here]:
            last += 1
        if first == 0 and last + 1 == len(labels):
            raise SessionError("the session has only this phase: say what it is instead")
        other = labels[first - 1] if first else labels[last + 1]
        labels[first : last + 1] = [other] * (last + 1 - first)

    return _save_phases(data, recording_id, who, removed)


def confirm_candidate(
    data: Path,
    recording_id: str,
    what: str,
    start: float,
    end: float,
    confirmed: bool,
    who: str | None,
) -> Correction:
    """The candidate from ``start`` to ``end`` is one, or is none.

    ``what`` is "activity", the code of a turn, such as "COM", the kind of a motif, such as
    "suggestion-chain", or "media" for what is perhaps played from a recording.
    """
    verdict = Verdict(what, start, end, confirmed)
    value = {"what": what, "start": verdict.start, "end": verdict.end, "confirmed": confirmed}
    return save_correction(data / "artefacts", recording_id, "candidate", _plain(value), who)


def note_consent(
    data: Path, recording_id: str, agreed: dict[str, Any], who: str | None
) -> Correction:
    """What both people agreed to for this recording: wording, date, and whose consent."""
    return save_correction(data / "artefacts", recording_id, "consent", _plain(agreed), who)


def undo(data: Path, recording_id: str, who: str | None, name: str | None = None) -> Correction:
    """Take back the last correction, or that of ``name``; taking back an undo does it again.

    Raises:
        SessionError: nobody made such a correction, it is taken back already, or then it would
            be the session that another recording is by now.
    """
    name = _to_undo(data, recording_id, name)

    def said(_: Session | None = None) -> Correction:
        return save_correction(data / "artefacts", recording_id, UNDO, name, who)

    after = renaming.session_without(data, recording_id, name)
    if after is None or after == renaming.session_now(data, recording_id):
        return said()
    return renaming.change_session(data, recording_id, after, said)


def session_without(data: Path, recording_id: str, name: str | None = None) -> Session | None:
    """Whose session it is once the last correction, or that of ``name``, is taken back.

    Raises:
        SessionError: see :func:`undo`.
    """
    return renaming.session_without(data, recording_id, _to_undo(data, recording_id, name))


def _to_undo(data: Path, recording_id: str, name: str | None) -> str:
    said = read_corrections(data / "artefacts", recording_id)
    counting = in_force(said)
    if name is None and not counting:
        raise SessionError("there is no correction to take back")
    if name is not None and name not in {one.name for one in counting} | _undos_in_force(said):
        raise SessionError(f"there is no correction {name}, or it is taken back already")
    return name or counting[-1].name


def history(data: Path, recording_id: str) -> tuple[Entry, ...]:
    """Everything anybody said about the recording, oldest first, with what was taken back."""
    said = read_corrections(data / "artefacts", recording_id)
    counting = {one.name for one in in_force(said)} | _undos_in_force(said)
    return tuple(
        Entry(one.name, one.kind, _value(one), one.who, one.when, one.name in counting)
        for one in said
    )


def _undos_in_force(said: tuple[Correction, ...]) -> set[str]:
    taken_back: set[str] = set()
    kept: set[str] = set()
    for one in reversed(said):
        if one.kind == UNDO and one.name not in taken_back:
            taken_back.add(one.value)
            kept.add(one.name)
    return kept


def _value(one: Correction) -> Any:
    try:
        return json.loads(one.value)
    except ValueError:  # a coach or the name of a correction: no JSON
        return one.value


def _check_label(speaker: str) -> None:
    """A new voice may be called anything but what means something else."""
    if "@" in speaker or not speaker.strip() or len(speaker) > _LONGEST_LABEL:
        raise SessionError(
            f"{speaker[:80]!r} is no name for a voice: use up to {_LONGEST_LABEL} characters, no @"
        )
    if speaker in LABELS.values():
        raise SessionError(f"what {speaker} says is no talk: mark the passage instead")


def _check_speaker(conversation: Conversation, speaker: str) -> None:
    known = sorted({turn.speaker for turn in conversation.turns if turn.speaker})
    if speaker not in known:
        raise SessionError(f"no speaker is called {speaker!r}: there are {', '.join(known)}")


def _save(data: Path, recording_id: str, kind: str, edit: Edit, who: str | None) -> Correction:
    return save_correction(data / "artefacts", recording_id, kind, as_json(edit).decode(), who)


def _plain(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


Change = Callable[[list[float], list[Phase]], None]


def _save_phases(data: Path, recording_id: str, who: str | None, change: Change) -> Correction:
    """All phases of the session, as they are now but for one ``change``."""
    conversation = kept(data, recording_id)
    turns = conversation.turns
    last = last_correction(data / "artefacts", recording_id, "phases")
    labels = list(
        spans.labels_at(turns, parse(last.value.encode(), Anchors, data))
        if last
        else conversation.segmentation.found.labels()
    )
    starts = [turn.start or 0.0 for turn in turns]
    change(starts, labels)
    said: Anchors = spans.anchors(turns, labels)
    return save_correction(data / "artefacts", recording_id, "phases", as_json(said).decode(), who)


def _nearest(starts: list[float], moment: float) -> int:
    return min(range(len(starts)), key=lambda n: abs(starts[n] - moment))
