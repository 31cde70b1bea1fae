"""Files that only grow: one JSON value a line, whole or not at all, never overwritten."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

from filelock import FileLock

from convo.errors import StoreError
from convo.files import disk_error, read_bytes


def append_line(path: Path, value: object) -> None:
    """Add ``value`` as the last line; it is on the disk when this returns.

    Raises:
        StoreError: the folder cannot be written.
    """
    line = json.dumps(value, ensure_ascii=False).encode() + b"\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_suffix(".lock")), path.open("ab+") as file:
            _drop_torn_line(cast(BinaryIO, file))
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise disk_error(error, path) from error


def read_lines(path: Path) -> Iterator[Any]:
    """The values, oldest first; none if there is no such file.

    Raises:
        StoreError: a line is damaged.
    """
    if not path.is_file():
        return
    *lines, _torn = read_bytes(path).split(b"\n")  # a line counts from its line end on
    for line in filter(None, lines):
        try:
            yield json.loads(line)
        except ValueError as error:
            raise damaged(path, line) from error


def damaged(path: Path, line: bytes | str) -> StoreError:
    """What to do about a line that cannot be read."""
    return StoreError(f"{path} has a damaged line {line[:60]!r}: repair or remove that line")


def _drop_torn_line(file: BinaryIO) -> None:
    """Cut off what a crash left without a line end: it was never acknowledged."""
    file.seek(0)
    content = file.read()
    file.truncate(content.rfind(b"\n") + 1)
    file.seek(0, os.SEEK_END)
