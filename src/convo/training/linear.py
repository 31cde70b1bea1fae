"""Linear models with few weights worth reading, and the file they are written to."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from convo.conversation.activity_weights import ActivityWeights, Floats, Linear


def as_text(weights: ActivityWeights) -> str:
    """JSON, the weights of one feature on one line."""
    content = weights.model_dump(mode="json")
    lines = []
    for key, value in content.items():
        if isinstance(value, dict) and "weights" in value:
            rows = ",\n".join(
                f"  {json.dumps(n)}: {json.dumps(w)}" for n, w in value["weights"].items()
            )
            head = (
                f'"outcomes": {json.dumps(value["outcomes"])}, "bias": {json.dumps(value["bias"])}'
            )
            lines.append(f'"{key}": {{{head}, "weights": {{\n{rows}\n}}}}')
        else:
            lines.append(f'"{key}": {json.dumps(value, ensure_ascii=True)}')
    return "{\n" + ",\n".join(lines) + "\n}\n"


def yes_or_no(
    outcomes: tuple[str, ...],
    names: tuple[str, ...],
    table: Floats,
    wanted: Floats,
    strength: float,
) -> Linear:
    """One yes or no for every column of ``wanted``."""
    fitted = [_fit(table, wanted[:, place], strength) for place in range(len(outcomes))]
    weights = np.array([one.coef_[0] for one in fitted]).T
    return _as_linear(outcomes, names, table, weights, np.array([m.intercept_[0] for m in fitted]))


def one_of(names: tuple[str, ...], table: Floats, values: Sequence[str], strength: float) -> Linear:
    """One of several values."""
    fitted = _fit(table, np.array(values), strength)
    weights, bias = fitted.coef_.T, fitted.intercept_
    if len(fitted.classes_) == 2:  # one column of odds for the second value
        weights, bias = np.hstack([0 * weights, weights]), np.array([0.0, bias[0]])
    return _as_linear(tuple(map(str, fitted.classes_)), names, table, weights, bias)


def _fit(table: Floats, values: Any, strength: float) -> Any:
    spread = _spread(table)
    model = LogisticRegression(C=strength, max_iter=2000)
    return model.fit((table - table.mean(axis=0)) / spread, values)


def _spread(table: Floats) -> Floats:
    spread: Floats = table.std(axis=0)
    return np.where(spread > 0, spread, 1.0)


def _as_linear(
    outcomes: tuple[str, ...], names: tuple[str, ...], table: Floats, weights: Floats, bias: Floats
) -> Linear:
    """Weights of features as they are, where the model has learned from standardised ones."""
    own = weights / _spread(table)[:, None]
    bias = bias - table.mean(axis=0) @ own
    rows = {
        name: tuple(round(float(v), 5) for v in row) for name, row in zip(names, own, strict=True)
    }
    kept = {name: row for name, row in rows.items() if any(row)}
    return Linear(outcomes=outcomes, bias=tuple(round(float(b), 5) for b in bias), weights=kept)
