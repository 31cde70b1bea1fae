"""Whisper weights for both engines: bundled base, any official name, or a local path.

The bundled weights are CTranslate2 files, cut in two packages. They are joined once in the cache
folder, and rewritten once, without loss, for openai-whisper.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from convo.audio.bundled import WHISPER_FILES
from convo.bundled import bundled_file, cache_folder, made_file, made_once, sha256_of
from convo.errors import ConfigError, ModelError, did_you_mean

ENGINES = ("auto", "faster-whisper", "openai-whisper")

# The hash of the joined model.bin: it names the folder and proves the join.
_JOINED_SHA256 = {
    "base": "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
    "tiny.en": "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
}


@dataclass(frozen=True, slots=True)
class WhisperWeights:
    """Weights that are on this machine.

    ``path`` is a folder for faster-whisper and a checkpoint for openai-whisper; ``origin`` is
    ``bundled``, ``local``, ``cache`` or ``download``.
    """

    name: str
    engine: str
    path: Path
    origin: str


def find_whisper(name: str, engine: str) -> WhisperWeights:
    """What :func:`convo.audio.models.check_whisper` promises."""
    if engine not in ENGINES:
        raise ConfigError(f"there is no engine {engine!r}: {did_you_mean(engine, ENGINES)}")
    if _looks_like_path(name):
        return _local(Path(name).expanduser(), engine)
    engine = _engine_for_this_machine() if engine == "auto" else engine
    if name in WHISPER_FILES and (name == "base" or _is_installed(name)):
        path = joined_folder(name) if engine == "faster-whisper" else checkpoint(name)
        return WhisperWeights(name, engine, path, "bundled")
    return _official_faster(name) if engine == "faster-whisper" else _official_openai(name)


def _engine_for_this_machine() -> str:
    """faster-whisper on a CPU (2.6 times as fast there), openai-whisper on a GPU."""
    import ctranslate2

    return "openai-whisper" if ctranslate2.get_cuda_device_count() else "faster-whisper"


def _looks_like_path(name: str) -> bool:
    """A folder that happens to be called ``base`` does not hide the model of that name."""
    if name in WHISPER_FILES:
        return False
    path = Path(name).expanduser()
    return path.exists() or path.suffix == ".pt" or path.is_absolute() or name.startswith(".")


def _is_installed(name: str) -> bool:
    """Whether the package of an optional bundled model is there; altered files still raise."""
    import importlib.util

    files = WHISPER_FILES[name]["model.bin"]
    return all(importlib.util.find_spec(file.package) for file in files)


def _local(path: Path, engine: str) -> WhisperWeights:
    if not path.exists():
        raise ModelError(f"the model {path} does not exist: give the path of a file or folder")
    if path.is_dir():
        if not (path / "model.bin").is_file():
            raise ModelError(
                f"{path} holds no model.bin: name a faster-whisper (CTranslate2) model folder"
            )
        found = "faster-whisper"
    elif path.suffix == ".pt":
        found = "openai-whisper"
    else:
        raise ModelError(
            f"{path} is not a Whisper model: name a folder with model.bin or a .pt checkpoint"
        )
    if engine not in ("auto", found):
        raise ModelError(
            f"{path} is a model for {found}, not {engine}", terminal=f"use --engine {found}"
        )
    return WhisperWeights(path.stem, found, path, "local")


# -- bundled ---------------------------------------------------------------------------------------


def joined_folder(name: str) -> Path:
    """The CTranslate2 folder of a bundled model, joined in the cache folder on first use.

    Raises:
        ModelError: a package is missing or altered, or the cache cannot be written.
    """
    sha256 = _JOINED_SHA256[name]
    folder = cache_folder() / f"whisper-{name}-{sha256[:12]}"
    parts = {
        target: [bundled_file(*part) for part in files]
        for target, files in WHISPER_FILES[name].items()
    }

    def is_sound() -> bool:
        hashes = {target: files[0].sha256 for target, files in WHISPER_FILES[name].items()}
        hashes["model.bin"] = sha256
        return all(
            (folder / target).is_file() and sha256_of(folder / target) == expected
            for target, expected in hashes.items()
        )

    def make(fresh: Path) -> None:
        fresh.mkdir()
        for target, sources in parts.items():
            with (fresh / target).open("wb") as out:
                for source in sources:
                    with source.open("rb") as file:
                        shutil.copyfileobj(file, out, 1 << 20)

    return made_once(folder, is_sound, make)


def checkpoint(name: str) -> Path:
    """The openai-whisper checkpoint of a bundled model, rewritten in the cache on first use.

    ``torch.save`` is not byte-stable over versions: what was written is known by its own hash.

    Raises:
        ModelError: a package is missing or altered, or the cache cannot be written.
    """
    source = joined_folder(name) / "model.bin"
    target = f"{name}.pt"

    def make(fresh: Path) -> None:
        from convo.audio.whisper_rewrite import rewrite_checkpoint

        rewrite_checkpoint(source, fresh / target)

    return made_file(cache_folder() / f"openai-{name}-{_JOINED_SHA256[name][:12]}", target, make)


# -- upstream --------------------------------------------------------------------------------------


def _official_faster(name: str) -> WhisperWeights:
    import faster_whisper

    if "/" not in name:
        _must_be_known(name, faster_whisper.available_models(), "faster-whisper")
    try:
        path = faster_whisper.download_model(name, local_files_only=True)
        return WhisperWeights(name, "faster-whisper", Path(path), "cache")
    except OSError:  # not in the cache
        pass
    with _one_sentence(name), forget_network_noise():
        path = faster_whisper.download_model(name)
    return WhisperWeights(name, "faster-whisper", Path(path), "download")


def _official_openai(name: str) -> WhisperWeights:
    import whisper

    _must_be_known(name, whisper.available_models(), "openai-whisper")
    url = str(whisper._MODELS[name])
    sha256, file = url.split("/")[-2:]
    cache = os.environ.get("XDG_CACHE_HOME", Path("~/.cache").expanduser())
    path = Path(cache) / "whisper" / file
    if path.is_file() and sha256_of(path) == sha256:
        return WhisperWeights(name, "openai-whisper", path, "cache")
    with _one_sentence(name), contextlib.redirect_stderr(None):
        whisper.load_model(name, device="cpu", download_root=str(path.parent))
    return WhisperWeights(name, "openai-whisper", path, "download")


def _must_be_known(name: str, known: list[str], engine: str) -> None:
    if name not in known:
        raise ConfigError(f"{engine} has no model {name!r}: {did_you_mean(name, known)}")


@contextlib.contextmanager
def _one_sentence(name: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # urllib, httpx and the hub have no common base
        raise ModelError(
            f"the model {name!r} is not on this machine and could not be downloaded "
            f"({type(error).__name__}): connect to the internet once, or use the bundled model base"
        ) from error


@contextlib.contextmanager
def forget_network_noise() -> Iterator[None]:
    """Keep the retry warnings of the hub's client away from the user, who gets one sentence."""
    logger = logging.getLogger("huggingface_hub")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)
