"""Which weights a run will use, settled before any long stage; the only place that finds weights.

Order of look-up: a path, weights bundled in installed packages, the upstream library's own cache,
and only for a model that the user named and that lies nowhere: the upstream download.
"""

from __future__ import annotations

import contextlib
import io
from dataclasses import dataclass
from pathlib import Path

from convo.audio.bundled import EMBEDDING, EMBEDDING_CODE, SEGMENTATION
from convo.audio.whisper_weights import WhisperWeights, find_whisper, forget_network_noise
from convo.bundled import bundled_file
from convo.errors import ConfigError, ModelError, did_you_mean

__all__ = ["DiarizationWeights", "WhisperWeights", "check_diarization", "check_whisper"]

COMMUNITY = "pyannote/speaker-diarization-community-1"
_PAGE = f"https://huggingface.co/{COMMUNITY}"
_TOKENS = "https://huggingface.co/settings/tokens"


@dataclass(frozen=True, slots=True)
class DiarizationWeights:
    """``name`` is ``bundled`` or ``community-1``; ``folder`` holds the latter's pipeline."""

    name: str
    folder: Path | None = None


def check_whisper(name: str, engine: str) -> WhisperWeights:
    """Find the weights of a Whisper model, downloading them now if that is the only way.

    ``name`` is ``base`` (bundled), another official name, a folder for faster-whisper or a ``.pt``
    file for openai-whisper; ``engine`` is ``auto``, ``faster-whisper`` or ``openai-whisper``.

    Raises:
        ConfigError: no such model or engine.
        ModelError: the weights are missing, altered, or cannot be downloaded.
    """
    return find_whisper(name, engine)


def check_diarization(name: str) -> DiarizationWeights:
    """Find the weights of a diarisation, downloading them now if that is the only way.

    ``name`` is ``bundled``, ``community-1``, a folder that holds a pyannote pipeline, or ``auto``:
    community-1 if it lies on this machine, else bundled. Only ``community-1`` may use the network.

    Raises:
        ConfigError: no such diarisation.
        ModelError: weights are missing or altered, or the hub refuses or cannot be reached.
    """
    if name == "bundled":
        return _bundled()
    if name == "auto":
        cached = _cached_community()
        return DiarizationWeights("community-1", cached) if cached else _bundled()
    if name == "community-1":
        return DiarizationWeights(name, _cached_community() or _download_community())
    return DiarizationWeights("community-1", _pipeline_folder(name))


def _bundled() -> DiarizationWeights:
    for file in (SEGMENTATION, EMBEDDING, EMBEDDING_CODE):
        bundled_file(*file)
    return DiarizationWeights("bundled")


def _pipeline_folder(name: str) -> Path:
    folder = Path(name).expanduser()
    if (folder / "config.yaml").is_file():
        return folder
    if folder.exists() or len(folder.parts) > 1:
        raise ModelError(
            f"{folder} is not a folder with a pyannote pipeline (config.yaml is missing): "
            f"name the folder into which {_PAGE} was cloned"
        )
    known = did_you_mean(name, ["auto", "bundled", "community-1"])
    raise ConfigError(f"there is no diarisation {name!r}: {known}")


def _cached_community() -> Path | None:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        folder = Path(snapshot_download(COMMUNITY, local_files_only=True))
    except LocalEntryNotFoundError:
        return None
    return folder if (folder / "config.yaml").is_file() else None


def _download_community() -> Path:
    from huggingface_hub import get_token, snapshot_download
    from huggingface_hub.errors import GatedRepoError, HfHubHTTPError

    if not get_token():
        raise ModelError(
            "community-1 needs a Hugging Face token and none is set: accept the terms at "
            f"{_PAGE}, make a token at {_TOKENS} and set HF_TOKEN, or use the bundled diarisation"
        )
    try:
        with forget_network_noise(), contextlib.redirect_stdout(io.StringIO()):
            return Path(snapshot_download(COMMUNITY))
    except GatedRepoError as error:
        raise ModelError(
            f"the terms of community-1 are not accepted by the owner of this token: accept them at "
            f"{_PAGE}, or use the bundled diarisation"
        ) from error
    except HfHubHTTPError as error:
        raise ModelError(
            f"the hub refuses community-1 ({_status(error)}): make a new token at {_TOKENS} and "
            "set HF_TOKEN, or use the bundled diarisation"
        ) from error
    except Exception as error:  # the hub's transport errors have no common base
        raise ModelError(
            "community-1 is not on this machine and huggingface.co cannot be reached "
            f"({type(error).__name__}): connect to the internet once, or use the bundled "
            "diarisation"
        ) from error


def _status(error: Exception) -> str:
    response = getattr(error, "response", None)
    return f"HTTP {response.status_code}" if response is not None else type(error).__name__
