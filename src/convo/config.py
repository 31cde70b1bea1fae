"""Every option in one place: built-in defaults, then a TOML file, then the environment.

Order, weakest first: ``configs/default.toml`` · ``convo.toml`` in the data folder or a file named
by ``--config`` · environment variables such as ``CONVO_WORDS__MODEL`` · the command line.
"""

from __future__ import annotations

import os
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import platformdirs
from pydantic import BaseModel, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from convo.audio.segments import SegmentsOptions
from convo.audio.words import WordsOptions
from convo.conversation.activities import ActivityOptions
from convo.conversation.attribution import AttributionOptions
from convo.conversation.functions import FunctionsOptions
from convo.conversation.phases import PhasesOptions
from convo.conversation.roles import RolesOptions
from convo.conversation.shares import SharesOptions
from convo.errors import ConfigError, did_you_mean
from convo.resources import checkout, resource

DATA_FOLDER_VARIABLE = "CONVO_DATA"


class Settings(BaseSettings):
    """All options of one run; each group is defined beside the code it steers."""

    model_config = SettingsConfigDict(
        env_prefix="CONVO_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    words: WordsOptions = WordsOptions()
    segments: SegmentsOptions = SegmentsOptions()
    attribution: AttributionOptions = AttributionOptions()
    roles: RolesOptions = RolesOptions()
    phases: PhasesOptions = PhasesOptions()
    functions: FunctionsOptions = FunctionsOptions()
    activities: ActivityOptions = ActivityOptions()
    shares: SharesOptions = SharesOptions()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Command line first, then the environment, the user's file, the shipped defaults."""
        files = [TomlConfigSettingsSource(settings_cls, path) for path in reversed(_files)]
        return (init_settings, env_settings, *files)


# pydantic-settings builds its sources inside the constructor, so the files of the run in hand are
# handed over here; load_settings sets and clears it.
_files: list[Path] = []


def data_folder(given: Path | None = None) -> Path:
    """Where everything of the user's is kept: ``given``, else $CONVO_DATA, else the usual place.

    That is ``data/var`` in a checkout, and the user's data folder for an installed package.

    Raises:
        ConfigError: the folder cannot be made or written to.
    """
    own = checkout()
    usual = own / "data" / "var" if own else platformdirs.user_data_path("convo", False)
    folder = (given or Path(os.environ.get(DATA_FOLDER_VARIABLE) or usual)).expanduser().absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise ConfigError(
            f"the data folder {folder} cannot be written to ({error.strerror or error}): "
            "free it, or choose another with --data FOLDER"
        ) from error
    return folder


def load_settings(
    folder: Path | None = None,
    config: Path | None = None,
    overrides: Mapping[str, Mapping[str, Any]] | None = None,
) -> Settings:
    """Settings of one run.

    ``overrides`` are the command line's, by group: ``{"words": {"model": "tiny.en"}}``.

    Raises:
        ConfigError: a key that does not exist or a value that does not fit, by name.
    """
    _files[:] = [resource("configs/default.toml")]
    own = config or (folder / "convo.toml" if folder else None)
    if config is not None and not config.is_file():
        raise ConfigError(f"there is no configuration file {config}: check the path of --config")
    if own is not None and own.is_file():
        _check_toml(own)
        _files.append(own)
    try:
        given: Any = {name: dict(group) for name, group in (overrides or {}).items() if group}
        return Settings(**given)
    except ValidationError as error:
        raise ConfigError(_sentence(error, own)) from error
    except SettingsError as error:
        raise ConfigError(f"{error}: mend or remove that environment variable") from error
    finally:
        _files.clear()


def _check_toml(path: Path) -> None:
    try:
        tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not valid TOML ({error}): mend that line") from error


def _sentence(error: ValidationError, path: Path | None) -> str:
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    where = f" in {path}" if path is not None and path.is_file() else ""
    if first["type"] == "extra_forbidden":
        group: type[BaseModel] = Settings
        for part in first["loc"][:-1]:
            group = _group(group, str(part))
        remedy = did_you_mean(str(first["loc"][-1]), group.model_fields)
        return f"unknown configuration key {key!r}{where}: {remedy}"
    message = first["msg"].removeprefix("Value error, ")
    return f"{key} = {first['input']!r}{where} does not fit: {message}"


def _group(model: type[BaseModel], name: str) -> type[BaseModel]:
    field = model.model_fields.get(name)
    kind = field.annotation if field is not None else None
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else model
