"""Files that are either there whole or not at all: every write is temporary, synced, renamed.

What one stage hands to the next is one JSON file, checked against its type when it is read back.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any, Generic, TypeVar, cast

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError, to_json

from convo.errors import ConvoError, StoreError

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)

_FULL_DISK = {errno.ENOSPC, errno.EDQUOT} if hasattr(errno, "EDQUOT") else {errno.ENOSPC}

_PATIENCE_S = 2.0


@dataclass(frozen=True, slots=True)
class StageFile:
    """One saved stage result; ``sha256`` is that of the file's bytes."""

    path: Path
    sha256: str


class Newest(Generic[K, T]):
    """The values made or asked for last, ``most`` of them; for values that nobody changes."""

    def __init__(self, most: int) -> None:
        """Empty."""
        self._most, self._values, self._lock = most, dict[K, T](), Lock()

    def of(self, key: K, make: Callable[[], T]) -> T:
        """The value of ``key``, made now if it is not among the newest."""
        with self._lock:
            value = self._values.pop(key, None)
        value = make() if value is None else value
        with self._lock:
            self._values[key] = value
            for overtaken in list(self._values)[: -self._most]:
                del self._values[overtaken]
        return value


_parsed: Newest[Hashable, Any] = Newest(16)  # about what the stages of one session leave


def save(path: Path, value: object) -> StageFile:
    """Write any noun (or a tuple of nouns) to ``path``, whole or not at all.

    Writing the same value again leaves the file untouched. The text is UTF-8 JSON and the same
    value always gives the same bytes.

    Raises:
        StoreError: the folder cannot be written, the disk is full, or a value is not plain data.

    >>> import tempfile
    >>> from convo.transcript import Word
    >>> path = Path(tempfile.mkdtemp()) / "words.json"
    >>> stage = save(path, (Word("so", 1.8, 2.1),))
    >>> load(stage, tuple[Word, ...])
    (Word(text='so', start=1.8, end=2.1, probability=1.0, speaker=None),)
    """
    return _save(path, as_json(value))


def save_by_content(folder: Path, name: str, value: object) -> StageFile:
    """:func:`save` under a name that ends with the start of the content's SHA-256."""
    content = as_json(value)
    return _save(folder / f"{name}-{hashlib.sha256(content).hexdigest()[:16]}.json", content)


def load(source: StageFile | Path, kind: type[T]) -> T:
    """The value that :func:`save` wrote, equal to the one that went in.

    A :class:`StageFile` is compared with its checksum first, and one that was read a moment ago is
    not taken apart again; a bare path is only type-checked.

    Raises:
        StoreError: the file is missing, altered, or holds something else than ``kind``.
    """
    path = source.path if isinstance(source, StageFile) else source
    content = read_bytes(path)
    if isinstance(source, Path):
        return parse(content, kind, path)
    if hashlib.sha256(content).hexdigest() != source.sha256:
        raise StoreError(f"{path} was altered after it was written: delete it and run again")
    return cast(T, _parsed.of((source.sha256, kind), lambda: parse(content, kind, path)))


def parse(content: bytes, kind: type[T], path: Path) -> T:
    """``content`` as a ``kind``; ``path`` is only named in the error."""
    try:
        value: T = _adapter(kind).validate_json(content, strict=True)
        return value
    except (ValidationError, ConvoError) as error:
        reason = str(error).splitlines()[0]
        raise StoreError(
            f"{path} does not hold what was expected ({reason}): delete it and run again"
        ) from error


def as_json(value: object) -> bytes:
    """Nouns as JSON; infinities and NaN keep their names instead of becoming null."""
    try:
        return to_json(value, inf_nan_mode="constants", fallback=_plain)
    except (PydanticSerializationError, TypeError, UnicodeEncodeError) as error:
        raise StoreError(
            f"{type(value).__name__} cannot be saved ({error}): hand over plain numbers and text"
        ) from error


def write_atomically(path: Path, content: bytes) -> None:
    """Put ``content`` at ``path`` so that a crash leaves either the old file or the new one.

    Raises:
        StoreError: the folder cannot be written or the disk is full; nothing is left behind.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            _replace(name, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(name)
            raise
        sync_folder(path.parent)
    except OSError as error:
        raise disk_error(error, path) from error


def _replace(name: str, path: Path) -> None:
    """``os.replace``, with patience for Windows, where a reader holds the file for a moment."""
    for _ in range(20):
        with contextlib.suppress(PermissionError):
            os.replace(name, path)
            return
        time.sleep(0.05)
    os.replace(name, path)


def remove(path: Path) -> None:
    """Delete a file or a folder with all that is in it, if it is there.

    Raises:
        StoreError: it cannot be deleted.
    """
    patiently(lambda: shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True), path)


def patiently(do: Callable[[], None], path: Path) -> None:
    """Do something to ``path``, with patience for Windows, where a reader holds it for a moment.

    Raises:
        StoreError: it cannot be done.
    """
    end = time.monotonic() + _PATIENCE_S
    while True:
        try:
            return do()
        except FileNotFoundError:
            return
        except OSError as error:
            if time.monotonic() > end:
                raise disk_error(error, path) from error
        time.sleep(0.05)


def sync_folder(folder: Path) -> None:
    """Make a rename inside ``folder`` survive a power cut, where the system can do that."""
    with contextlib.suppress(OSError):  # Windows cannot open a folder
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def read_bytes(path: Path) -> bytes:
    """All bytes of ``path``.

    Raises:
        StoreError: there is no such file, or it cannot be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise StoreError(f"{path} is missing: process the recording again") from error
    except OSError as error:
        raise StoreError(f"cannot read {path} ({error.strerror}): check its permissions") from error


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    return hashlib.sha256(read_bytes(path)).hexdigest()


def disk_error(error: OSError, path: Path) -> StoreError:
    """What an operating system error at ``path`` means for the user, in one sentence."""
    if error.errno in _FULL_DISK:
        return StoreError(
            f"no space left on the disk of {path}: free some space and run again, "
            "nothing that was finished is lost"
        )
    return StoreError(
        f"cannot write {path} ({error.strerror or error}): "
        "make the folder writable or choose another data folder"
    )


def _save(path: Path, content: bytes) -> StageFile:
    digest = hashlib.sha256(content).hexdigest()
    if not (path.is_file() and sha256_of(path) == digest):
        write_atomically(path, content)
    return StageFile(path, digest)


def _plain(value: object) -> object:
    if isinstance(value, Mapping):  # such as a read-only mapping proxy
        return dict(value)
    raise TypeError(f"{value!r} is a {type(value).__name__}")


@lru_cache(maxsize=64)
def _cached_adapter(kind: Hashable) -> TypeAdapter[Any]:
    return TypeAdapter(cast(Any, kind))


def _adapter(kind: Any) -> TypeAdapter[Any]:  # building one takes longer than reading with it
    return _cached_adapter(kind)
