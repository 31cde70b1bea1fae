"""The base of every group of options: frozen, checked once, no unknown key."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Options(BaseModel):
    """A group of options, beside the code it steers; ``configs/default.toml`` fills it."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)
