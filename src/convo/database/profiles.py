"""Voice profiles: kept apart from the store, with their speaker's consent, deleted on request."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from convo.errors import SessionError, StoreError, did_you_mean
from convo.files import write_atomically


@dataclass(frozen=True, slots=True)
class VoiceProfile:
    """One speaker's voice (a unit-length embedding) and the wording of the consent to keep it.

    ``pair`` says in whose sessions it is used: a voice is not looked for in those of others.
    ``recording_id`` is where it was heard, empty where an older version of convo kept it.
    """

    name: str
    pair: str
    voice: tuple[float, ...]
    model: str
    consent: str
    kept_at: str
    recording_id: str = ""


def keep_profile(
    folder: Path,
    name: str,
    pair: str,
    voice: Sequence[float],
    model: str,
    consent: str,
    recording_id: str = "",
) -> Path:
    """Write the profile of ``name`` for the sessions of ``pair``, replacing an older one.

    Raises:
        SessionError: ``consent`` is empty.
    """
    if not consent.strip():
        raise SessionError(
            f"the voice of {name} is kept only with recorded consent: "
            'say who agreed and when with --consent "..."'
        )
    now = datetime.now(UTC).isoformat(timespec="seconds")
    profile = VoiceProfile(name, pair, tuple(voice), model, consent.strip(), now, recording_id)
    path = _path(folder, name, pair)
    write_atomically(path, json.dumps(asdict(profile), ensure_ascii=False).encode())
    return path


def read_profile(folder: Path, name: str, pair: str) -> VoiceProfile | None:
    """The profile of ``name`` for the sessions of ``pair``, or None if their voice is not kept."""
    path = _path(folder, name, pair)
    return _read(path) if path.is_file() else None


def list_profiles(folder: Path) -> list[VoiceProfile]:
    """All kept voices, by name."""
    return sorted((_read(path) for path in folder.glob("*.json")), key=lambda p: p.name)


def forget_profile(folder: Path, name: str) -> None:
    """Delete every profile of ``name``.

    Raises:
        SessionError: no voice of that name is kept.
    """
    kept = list_profiles(folder)
    own = [profile for profile in kept if profile.name == name]
    if not own:
        names = [profile.name for profile in kept]
        raise SessionError(f"no voice of {name!r} is kept: {did_you_mean(name, names)}")
    for profile in own:
        remove_profile(folder, profile)


def remove_profile(folder: Path, profile: VoiceProfile) -> None:
    """Delete one profile."""
    _path(folder, profile.name, profile.pair).unlink(missing_ok=True)


def _path(folder: Path, name: str, pair: str) -> Path:
    return folder / f"{hashlib.sha256(f'{name}|{pair}'.encode()).hexdigest()[:24]}.json"


def _read(path: Path) -> VoiceProfile:
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        return VoiceProfile(**{**fields, "voice": tuple(fields["voice"])})
    except (ValueError, TypeError, KeyError) as error:
        raise StoreError(f"the voice profile {path} is damaged: delete that file") from error
