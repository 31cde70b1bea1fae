"""Whisper's English text normalizer: the same words in the same spelling on both sides."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import cast

from convo.errors import EvaluationError

_NAME = "_convo_whisper_normalizers"


def normalise(text: str) -> str:
    """``text`` in lower case, without punctuation, fillers and brackets; numbers in figures.

    >>> normalise("Um, I've got twenty-two colour cards [laughs].")
    'i have got 22 color cards'
    """
    return _normalizer()(text)


@cache
def _normalizer() -> Callable[[str], str]:
    """The normalizer, from its files alone: importing ``whisper`` would load torch."""
    package = importlib.util.find_spec("whisper")
    if package is None or package.origin is None:
        raise EvaluationError("openai-whisper is not installed: run pip install openai-whisper")
    folder = Path(package.origin).parent / "normalizers"
    spec = importlib.util.spec_from_file_location(
        _NAME, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    if spec is None or spec.loader is None:
        raise EvaluationError(f"{folder} is missing: install openai-whisper again")
    module = importlib.util.module_from_spec(spec)
    sys.modules[_NAME] = module
    spec.loader.exec_module(module)
    return cast("Callable[[str], str]", module.EnglishTextNormalizer())
