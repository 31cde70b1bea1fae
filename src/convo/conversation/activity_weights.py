"""Learned weights of finding activities: linear, named, readable, in ``weights.json``.

:mod:`convo.training.activities` writes the file. Every score is a sum of features times weights.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError

from convo.errors import ModelError
from convo.options import Options

Floats = NDArray[np.float64]


class Linear(Options):
    """Scores of several outcomes: ``bias`` and, for every feature by name, one weight each."""

    outcomes: tuple[str, ...]
    bias: tuple[float, ...]
    weights: Mapping[str, tuple[float, ...]]

    def scores(self, names: tuple[str, ...], features: Floats) -> Floats:
        """Rows of ``features`` (columns: ``names``) to one column of log-odds an outcome.

        A feature without a weight counts nothing.

        >>> one = Linear(outcomes=("set",), bias=(-1.0,), weights={"intends": (2.0,)})
        >>> one.scores(("intends", "x"), np.array([[1.0, 5.0], [0.0, 5.0]])).tolist()
        [[1.0], [-1.0]]
        """
        nothing = (0.0,) * len(self.outcomes)
        table = np.array([self.weights.get(name, nothing) for name in names], dtype=np.float64)
        found: Floats = features @ table.reshape(len(names), len(self.outcomes)) + self.bias
        return found

    def best(self, names: tuple[str, ...], features: Floats) -> str:
        """The outcome that one row of features speaks for most."""
        return self.outcomes[int(self.scores(names, features[None])[0].argmax())]


class ActivityWeights(Options):
    """All that was learned; ``version`` is stored with every result.

    ``turns`` scores each turn as the first of an activity (start), the one that settles it (set)
    or part of one (inside); ``candidates`` each turn that stands out as an activity; ``led`` and
    the others its attributes. ``spoken`` scores whether the next session speaks about it.
    ``usual`` stands for what a trained reader would say where there is none.
    ``sessions_with`` counts, for every stem, the training sessions that hold it.
    """

    version: str
    turns: Linear
    candidates: Linear
    led: Linear
    type: Linear
    framing: Linear
    response: Linear
    spoken: Linear
    usual: Mapping[str, float]
    words: tuple[str, ...]
    sessions: int = Field(ge=1)
    sessions_with: Mapping[str, int]

    def rarity(self, stem: str) -> float:
        """How much a word says about its topic: the rarer in training, the more."""
        return math.log((self.sessions + 1) / (self.sessions_with.get(stem, 0) + 0.5))


def parse_weights(text: str) -> ActivityWeights:
    """The weights written in ``text`` (JSON).

    Raises:
        ModelError: they are not what :mod:`convo.training.activities` writes.
    """
    try:
        return ActivityWeights.model_validate_json(text)
    except ValidationError as error:
        where = ".".join(map(str, error.errors()[0]["loc"]))
        raise ModelError(
            f"the weights of activities do not fit at {where or 'the start'}: install convo again"
        ) from error
