"""What one recording left in the data folder: where all of it lies, and what will stay elsewhere.

Whoever adds a place where something of a recording is kept adds it here too; the test of
:mod:`convo.deletion.forgetting` looks for a rare phrase in the bytes of all files.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from convo.answers import pair_of, voices_folder
from convo.database import artefacts, notes
from convo.database.jobs import Queue
from convo.database.profiles import VoiceProfile, list_profiles
from convo.database.runs import run_of
from convo.database.uploads import Uploads
from convo.report.files import reports_of
from convo.report.reminder import uid
from convo.reservation import known_sessions
from convo.transcript import Session

_LONGEST_REMINDER = 366  # days


@dataclass(frozen=True, slots=True)
class Traces:
    """A recording that is to be deleted, as it was before anything was touched.

    ``original`` is the user's own file outside of the inbox, empty if it is not known; ``name`` is
    what the file was called. ``found`` says in general words what there was.
    """

    recording_id: str
    meeting: Session | None
    name: str
    original: str
    found: tuple[str, ...]

    @property
    def short_id(self) -> str:
        """The name of its folders."""
        return self.recording_id[:16]


def of_recording(data: Path, recording_id: str) -> Traces | None:
    """All that is known of a recording, kept or failed; None if nothing is.

    Raises:
        StoreError: what is kept of it is damaged.
    """
    kept = artefacts.current_run(data / "artefacts", recording_id)
    record = run_of(data / "runs", recording_id)
    job = Queue(data).job(recording_id)
    ids = [one.recording_id for one in (kept, record, job) if one and one.recording_id]
    names = [job.name] if job else []
    names += [kept.recording_name] if kept else []
    names += [Path(record.file).name] if record else []
    own = record.file if record and not _is_inside(data / "inbox", Path(record.file)) else ""
    known = Traces(
        (*ids, recording_id)[0],
        kept.session if kept else record.session if record else None,
        (*names, "")[0],
        own,
        (),
    )
    found = tuple(_found(data, known))
    return replace(known, found=found) if found or ids else None


def _found(data: Path, of: Traces) -> Iterator[str]:
    home = data / "artefacts" / of.short_id
    if artefacts.current_run(data / "artefacts", of.recording_id):
        yield "what was said, with all figures and corrections"
    elif home.is_dir():
        yield "what was noted about it"
    if home.is_dir() and notes.notes_in(home):
        yield "what was written about it"
    if reports_of(data / "reports", of.short_id):
        yield "its report"
    if copies(data, of.recording_id):
        yield "the uploaded copy of the file"
    if clips(data, of.recording_id):
        yield "the clips of voices"
    if (data / "work" / of.short_id).is_dir():
        yield "what was kept while it was processed"
    if voices(data, of):
        yield "the voices that were kept"
    if Queue(data).job(of.recording_id):
        yield "its place in the queue"


def copies(data: Path, recording_id: str) -> list[Path]:
    """The uploaded copies of its file, what of another upload of it came in so far included."""
    record, job = run_of(data / "runs", recording_id), Queue(data).job(recording_id)
    inbox = data / "inbox"
    found = {inbox / recording_id, *inbox.glob(f".{recording_id}.*")}
    if job and _is_inside(inbox, data / job.file):
        found.add(data / job.file)
    if record and _is_inside(inbox, Path(record.file)) and _holds(Path(record.file), recording_id):
        found.add(Path(record.file))
    found |= {inbox / "incoming" / one.id for one in Uploads(data).like(recording_id)}
    return sorted(path for path in found if path.is_file())


def clips(data: Path, recording_id: str) -> list[Path]:
    """The short clips of voices by which people tell who is the coach."""
    return sorted((data / "reports" / "voices").glob(f"{recording_id[:16]}-*"))


def reminders(data: Path, recording_id: str) -> list[Path]:
    """Calendar files in the data folder that remind of what it says."""
    names = [uid(recording_id, days).encode() for days in range(1, _LONGEST_REMINDER + 1)]
    found = [path for folder in (data, data / "reports") for path in folder.glob("*.ics")]
    return [path for path in found if any(name in path.read_bytes() for name in names)]


def results(data: Path, recording_id: str) -> list[Path]:
    """What the flow remembers of finished stages, which names files, and people too."""
    folder, named = data / "results", recording_id[:16].encode()
    there = folder.rglob("*") if folder.is_dir() else ()
    return [path for path in there if path.is_file() and named in path.read_bytes()]


def voices(data: Path, of: Traces) -> list[VoiceProfile]:
    """The kept voices that go with it: those heard in it, and all when it is the pair's last."""
    kept = list_profiles(voices_folder(data))
    heard = [one for one in kept if one.recording_id == of.recording_id]
    of_pair = [one for one in kept if one not in heard and _is_of(one, of.meeting)]
    # to know all sessions takes a moment, and mostly no voice is kept
    return heard + (of_pair if of_pair and not _others_of_pair(data, of) else [])


def other_voices(data: Path, of: Traces) -> list[str]:
    """Whose voices stay, because they are kept for other sessions of the same two people."""
    kept = list_profiles(voices_folder(data))
    return sorted({one.name for one in kept if _is_of(one, of.meeting)})


def _is_of(profile: VoiceProfile, meeting: Session | None) -> bool:
    return meeting is not None and profile.pair == pair_of(meeting)


def _others_of_pair(data: Path, of: Traces) -> Sequence[Session]:
    return [
        known.session
        for known in known_sessions(data)
        if of.meeting
        and known.recording_id != of.recording_id
        and pair_of(known.session) == pair_of(of.meeting)
    ]


def _is_inside(folder: Path, path: Path) -> bool:
    return folder.resolve() in path.resolve().parents


def _holds(path: Path, recording_id: str) -> bool:
    """Whether it is that recording; another file may lie under its name by now."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == recording_id
