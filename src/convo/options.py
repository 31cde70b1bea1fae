"""The base of every group of options: frozen, checked once, no unknown key."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from convo.errors import ConfigError, did_you_mean


class Options(BaseModel):
    """A group of options, beside the code it steers; ``configs/default.toml`` fills it."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


Group = TypeVar("Group", bound=Options)


def from_toml(kind: type[Group], text: str, what: str) -> Group:
    """What is written in ``text`` (TOML), the file of the ``what``.

    Raises:
        ConfigError: not TOML, an unknown key (named with the close match), or a value that does
            not fit, such as a pattern that is no regular expression.
    """
    try:
        return kind.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"the {what} are not valid TOML: {error}; mend that line") from error
    except ValidationError as error:
        raise ConfigError(f"{what}: {_fault(kind, error.errors()[0])}") from error


def _fault(kind: type[Options], fault: Any) -> str:
    where = ".".join(str(part + 1 if isinstance(part, int) else part) for part in fault["loc"])
    if fault["type"] == "extra_forbidden":
        known = _keys(kind, fault["loc"][:-1])
        return f"unknown key {where!r}: {did_you_mean(str(fault['loc'][-1]), known)}"
    if fault["type"] == "literal_error":
        values = re.findall(r"'([^']+)'", fault["ctx"]["expected"])
        return f"{where} is {fault['input']!r}: {did_you_mean(str(fault['input']), values)}"
    if fault["type"] == "missing":
        return f"{where} is missing: add it"
    message = fault["msg"].removeprefix("Value error, ")
    if not where:
        return f"{message}; correct it in the file"
    return f"{where} = {fault['input']!r}: {message}; correct it in the file"


def _keys(kind: type[Options], where: Iterable[int | str]) -> list[str]:
    """The keys of the group that lies at ``where`` in a file of that ``kind``."""
    for part in where:
        field = kind.model_fields.get(str(part))
        kind = next(_groups(field.annotation), kind) if field else kind
    return list(kind.model_fields)


def _groups(annotation: Any) -> Iterator[type[Options]]:
    """The groups of options that an annotation such as ``tuple[Cue, ...]`` speaks of."""
    if isinstance(annotation, type) and issubclass(annotation, Options):
        yield annotation
    for part in get_args(annotation):
        yield from _groups(part)
