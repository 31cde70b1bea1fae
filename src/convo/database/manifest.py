"""The manifest of a run: what it is, when it was made, and the checksum of every file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from convo.errors import StoreError
from convo.files import read_bytes, write_atomically
from convo.transcript import Session

SCHEMA_VERSION = 5
"""Raised whenever a reader of the version before could misunderstand the files."""

MANIFEST = "manifest.json"
AGAIN = "process the recording again"


@dataclass(frozen=True, slots=True)
class Run:
    """The manifest of one complete run: all that can be known without opening a table.

    ``name`` is the hash of the content, ``created_at`` a UTC time, ``facts`` the conversation
    without its tables, ``files`` the name, checksum and number of rows of every table.
    """

    folder: Path
    name: str
    created_at: datetime
    made_by: str
    files: Mapping[str, Mapping[str, Any]]
    facts: Mapping[str, Any]

    @property
    def recording_id(self) -> str:
        """The SHA-256 of the recording."""
        return str(self.facts["recording"]["recording_id"])

    @property
    def recording_name(self) -> str:
        """The file name the user gave."""
        return str(self.facts["recording"]["name"])

    @property
    def session(self) -> Session:
        """Whose session it is."""
        facts = dict(self.facts["session"])
        return Session(**facts | {"date": date.fromisoformat(facts["date"])})


def canonical(facts: Mapping[str, Any]) -> bytes:
    """The same bytes for the same facts, whatever the order of their keys."""
    return json.dumps(facts, sort_keys=True, separators=(",", ":")).encode()


def write_manifest(
    folder: Path,
    run: str,
    created_at: datetime,
    files: Mapping[str, Mapping[str, Any]],
    facts: Mapping[str, Any],
) -> None:
    """Complete the run in ``folder``: from now on it counts."""
    manifest = {
        "schema_version": SCHEMA_VERSION,
        "run": run,
        "created_at": created_at.isoformat(),
        "made_by": f"convo {metadata.version('convo')}",
        "files": files,
        "conversation_sha256": hashlib.sha256(canonical(facts)).hexdigest(),
        "conversation": facts,
    }
    text = json.dumps(manifest, ensure_ascii=False, indent=1)
    write_atomically(folder / MANIFEST, text.encode())


def read_manifest(folder: Path) -> Run:
    """The run in ``folder``, its facts compared with their checksum.

    Raises:
        StoreError: the manifest is missing, damaged, or from a newer version of convo.
    """
    path = folder / MANIFEST
    try:
        manifest = json.loads(read_bytes(path))
        version = manifest["schema_version"]
        if version > SCHEMA_VERSION:
            raise StoreError(
                f"{path} has schema {version} ({manifest.get('made_by')}) and this convo knows "
                f"only schema {SCHEMA_VERSION}: install the newer convo"
            )
        facts = manifest["conversation"]
        if hashlib.sha256(canonical(facts)).hexdigest() != manifest["conversation_sha256"]:
            raise StoreError(f"{path} was altered after it was written: {AGAIN}")
        created_at = datetime.fromisoformat(manifest["created_at"])
        return Run(
            folder, manifest["run"], created_at, manifest["made_by"], manifest["files"], facts
        )
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError(f"{path} is damaged ({error!r}): {AGAIN}") from error
