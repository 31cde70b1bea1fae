"""What is kept of every session, as immutable files: the truth from which the store is made.

::

    <root>/<recording, 16 characters>/<run, 16 characters>/words.parquet … manifest.json
                                     /corrections.jsonl   (what people said, never overwritten)

A run is named by the hash of its content, so writing the same result twice gives the same folder.
The manifest is written last and the folder appears under its name at once: a run without a
manifest does not count.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_type_hints

from convo.conversation.private import without_private
from convo.database.columns import arrow_table
from convo.database.earlier import with_remedies
from convo.database.manifest import (
    AGAIN,
    MANIFEST,
    SCHEMA_VERSION,
    Run,
    canonical,
    read_manifest,
    write_manifest,
)
from convo.database.tables import PARTS, with_tables, without_tables
from convo.errors import StoreError
from convo.files import (
    Newest,
    as_json,
    disk_error,
    parse,
    read_bytes,
    sync_folder,
    write_atomically,
)
from convo.transcript import Conversation, Passage

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "Run",
    "current_run",
    "current_runs",
    "read_conversation",
    "read_manifest",
    "read_run",
    "write_conversation",
]

_RUN = re.compile(r"[0-9a-f]{16}")
_read: Newest[str, Conversation] = Newest(24)  # about what is kept of one coachee


def write_conversation(root: Path, conversation: Conversation) -> Path:
    """Keep ``conversation`` under ``root`` and make it the current run of its recording.

    Writing the same content again returns the same folder; a damaged one is repaired. Voices are
    not written (see :func:`convo.database.tables.without_tables`).

    Raises:
        StoreError: the folder cannot be written or the disk is full; nothing half-written counts.
    """
    tables = {part.file: arrow_table(part.columns, part.rows(conversation)) for part in PARTS}
    facts = json.loads(as_json(without_tables(conversation)))
    home = root / _short_id(conversation.recording.recording_id)
    folder = home / _content_hash(facts, tables)
    if _is_whole(folder):
        _make_current(folder)
        return folder
    try:
        home.mkdir(parents=True, exist_ok=True)
        workshop = Path(tempfile.mkdtemp(dir=home, prefix=".run-"))
        try:
            files = {file: _write_table(workshop / file, table) for file, table in tables.items()}
            write_manifest(workshop, folder.name, _next_time(home), files, facts)
            _publish(workshop, folder)
        finally:
            shutil.rmtree(workshop, ignore_errors=True)
    except OSError as error:
        raise disk_error(error, folder) from error
    return folder


def read_conversation(kept: Path | Run) -> Conversation:
    """What :func:`write_conversation` kept, equal to what went in except for the voices.

    ``kept`` is the folder of a run, or its manifest if that was read already.

    Raises:
        StoreError: a file is missing or altered, or a newer version of convo wrote it.
    """
    run, tables = read_run(kept)
    key = hashlib.sha256(canonical({"facts": run.facts, "files": run.files})).hexdigest()
    return _read.of(key, lambda: with_tables(_facts(run), tables))


def read_run(kept: Path | Run) -> tuple[Run, dict[str, pa.Table]]:
    """The manifest of a run and its tables by file name, all compared with their checksums."""
    run = read_manifest(kept) if isinstance(kept, Path) else kept
    return run, {file: _read_table(run.folder / file, entry) for file, entry in run.files.items()}


def open_tables(folder: Path) -> tuple[Run, dict[str, pa.Table]]:
    """The same as everybody may see it: what is private is in no table."""
    run, tables = read_run(folder)
    marked = (run.facts.get("corrected") or {}).get("passages", ())
    if all(passage["kind"] != Passage.PRIVATE for passage in marked):
        return run, tables
    shown = without_private(with_tables(_facts(run), tables))
    return run, {part.file: arrow_table(part.columns, part.rows(shown)) for part in PARTS}


def current_runs(root: Path) -> list[Run]:
    """The newest complete run of every recording under ``root``, in the order of their folders.

    Raises:
        StoreError: a manifest is damaged or was written by a newer version of convo.
    """
    if not root.is_dir():
        return []
    newest = (max(_runs(home), key=_age, default=None) for home in sorted(root.iterdir()))
    return [run for run in newest if run is not None]


def count_recordings(root: Path) -> int:
    """How many recordings have a complete run, without reading any."""
    homes = root.iterdir() if root.is_dir() else ()
    return sum(is_kept(root, home.name) for home in homes)


def is_kept(root: Path, recording_id: str) -> bool:
    """Whether a recording has a complete run, without reading it."""
    return any((root / recording_id[:16]).glob(f"{'[0-9a-f]' * 16}/{MANIFEST}"))


def current_run(root: Path, recording_id: str) -> Run | None:
    """The newest complete run of one recording, None if there is none.

    Raises:
        StoreError: a manifest is damaged or was written by a newer version of convo.
    """
    return max(_runs(root / _short_id(recording_id)), key=_age, default=None)


def old_runs(root: Path, recording_id: str, newest: int) -> list[Run]:
    """All runs of a recording but the ``newest`` few."""
    return sorted(_runs(root / _short_id(recording_id)), key=_age)[:-newest]


def _facts(run: Run) -> Conversation:
    kinds = _kinds()
    path = run.folder / MANIFEST
    facts = with_remedies(run.facts)
    parts: dict[str, Any] = {
        name: run.session if name == "session" else parse(as_json(value), kinds[name], path)
        for name, value in facts.items()
    }
    return Conversation(**parts)


@functools.cache
def _kinds() -> dict[str, Any]:
    """What every part of a conversation is."""
    return get_type_hints(Conversation)


def _short_id(recording_id: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{16,64}", recording_id):  # it becomes the name of a folder
        raise StoreError(
            f"{recording_id!r} is no recording id: use the SHA-256 of the recording's bytes"
        )
    return recording_id[:16]


def _age(run: Run) -> tuple[datetime, str]:
    return run.created_at, run.name


def _runs(home: Path) -> Iterator[Run]:
    if not home.is_dir():
        return
    for folder in sorted(home.iterdir()):
        if _RUN.fullmatch(folder.name) and (folder / MANIFEST).is_file():
            yield read_manifest(folder)


def _content_hash(facts: Mapping[str, Any], tables: Mapping[str, pa.Table]) -> str:
    """Of what is said, not of Parquet bytes, which change with the version of the writer."""
    digest = hashlib.sha256(f"{SCHEMA_VERSION}".encode())
    digest.update(canonical(facts))
    for file, table in sorted(tables.items()):
        digest.update(file.encode() + as_json(table.to_pydict()))
    return digest.hexdigest()[:16]


def _write_table(path: Path, table: pa.Table) -> dict[str, Any]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    content = sink.getvalue().to_pybytes()
    write_atomically(path, content)
    return {"rows": table.num_rows, "sha256": hashlib.sha256(content).hexdigest()}


def _read_table(path: Path, entry: Mapping[str, Any]) -> pa.Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    content = read_bytes(path)
    if hashlib.sha256(content).hexdigest() != entry["sha256"]:
        raise StoreError(f"{path} was altered after it was written: {AGAIN}")
    # Tables this small are read in a third of the time without a data set and its threads.
    return pq.ParquetFile(pa.BufferReader(content)).read(use_threads=False)


def _is_whole(folder: Path) -> bool:
    if not (folder / MANIFEST).is_file():
        return False
    try:
        read_run(folder)
    except StoreError:
        return False
    return True


def _make_current(folder: Path) -> None:
    """Someone asked for this result again: it must win over runs that were made in between."""
    runs = list(_runs(folder.parent))
    run = next(run for run in runs if run.folder == folder)
    if max(runs, key=_age) is not run:
        write_manifest(folder, run.name, _next_time(folder.parent), run.files, run.facts)


def _next_time(home: Path) -> datetime:
    """Now, or just after the newest run when the clock went backwards."""
    newest = max((run.created_at for run in _runs(home)), default=datetime.min.replace(tzinfo=UTC))
    return max(datetime.now(UTC), newest + timedelta(microseconds=1))


def _publish(workshop: Path, folder: Path) -> None:
    """Give a finished folder its name; another process may have done so a moment ago."""
    if folder.exists() and not _is_whole(folder):
        shutil.rmtree(folder)
    try:
        os.rename(workshop, folder)
    except OSError:
        if not _is_whole(folder):
            raise
    sync_folder(folder.parent)
