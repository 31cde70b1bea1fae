"""``python -m convo.training.activities``: learn the weights of finding activities.

From sessions with ``activities-1.csv`` (and ``followups-1.csv``) in the layout of ``convo score``.
Candidates are learned from scores of turns that were made without their session, in five parts
that keep the sessions of one writer together.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment
from sklearn.linear_model import LogisticRegression

from convo.conversation import followups
from convo.conversation.activity_attributes import span_features, span_rows
from convo.conversation.activity_cues import ActivityCues, parse_activity_cues
from convo.conversation.activity_features import (
    CANDIDATE_FEATURES,
    READER_FEATURES,
    TurnFacts,
    candidates,
    turn_facts,
    words_of,
)
from convo.conversation.activity_weights import ActivityWeights, Floats, Linear
from convo.conversation.content import stems_of
from convo.conversation.cues import plain
from convo.encoder.reader import shipped_reader
from convo.errors import ConvoError, EvaluationError
from convo.evaluation.activities import follow_up_pairs
from convo.evaluation.agreed import MarkedActivity
from convo.evaluation.cases import TalkCase, read_cases
from convo.files import write_atomically
from convo.resources import resource

READING = "1"
PARTS = 5
_WORD_IN, _WORDS = 40, 900  # turns that hold a word; how many words at most
_INSIDE = 12  # turns back from the end of an activity that count as part of it
_STRENGTH = {"turns": 0.001, "candidates": 0.1, "led": 0.01, "type": 0.03}  # lower: shrunk more
_ATTRIBUTES = ("led", "type", "framing", "response")
_RARE = 1  # stems in this many sessions or fewer are left out of the file


@dataclass(frozen=True, slots=True)
class Example:
    """One session with the activities that were marked in it."""

    case: TalkCase
    facts: TurnFacts
    marked: tuple[MarkedActivity, ...]

    @property
    def part(self) -> str:
        """Sessions that begin with the same letters have the same writer."""
        return self.case.case_id.split("-")[0]


def main(arguments: Sequence[str] | None = None) -> int:
    """Learn and write; 0 when done, 1 when the sessions cannot be read."""
    parser = argparse.ArgumentParser(prog="python -m convo.training.activities")
    parser.add_argument("--sessions", type=Path, default=resource("data/training"))
    parser.add_argument(
        "--to", type=Path, default=resource("data") / "models" / "activities" / "weights.json"
    )
    chosen = parser.parse_args(arguments)
    try:
        cases = [case for case in read_cases(chosen.sessions).talk if case.agreed.activities]
        cues = parse_activity_cues(resource("configs/activities.toml").read_text(encoding="utf-8"))
        weights = learned(cases, cues)
    except ConvoError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    chosen.to.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(chosen.to, as_text(weights).encode())
    sys.stdout.write(f"{weights.version}: {len(cases)} sessions, written to {chosen.to}\n")
    return 0


def learned(cases: Sequence[TalkCase], cues: ActivityCues) -> ActivityWeights:
    """The weights that the sessions teach.

    Raises:
        EvaluationError: no session has activities.
    """
    if not cases:
        raise EvaluationError("no session has activities-1.csv: mark some, and name their folder")
    words, sessions_with = _vocabulary(cases)
    reader = shipped_reader()
    examples = [
        Example(
            case,
            turn_facts(case.turns, cues, words, reader(case.turns)),
            case.agreed.activities[READING],
        )
        for case in cases
    ]
    usual = np.vstack([one.facts.reader for one in examples]).mean(axis=0)
    empty = Linear(outcomes=("none",), bias=(0.0,), weights={})
    weights = ActivityWeights(
        version="0",
        turns=_turns(examples),
        candidates=empty,
        led=empty,
        type=empty,
        framing=empty,
        response=empty,
        spoken=empty,
        usual={n: round(float(v), 4) for n, v in zip(READER_FEATURES, usual, strict=True)},
        words=words,
        sessions=len(cases),
        sessions_with=sessions_with,
    )
    update: dict[str, Any] = {
        "candidates": _candidates(examples, weights),
        **{name: _attribute(name, examples, cues, weights) for name in _ATTRIBUTES},
        "spoken": _spoken(cases, cues, weights),
    }
    weights = weights.model_copy(update=update)
    digest = hashlib.sha256(as_text(weights).encode()).hexdigest()[:8]
    return weights.model_copy(update={"version": digest})


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


def _vocabulary(cases: Sequence[TalkCase]) -> tuple[tuple[str, ...], dict[str, int]]:
    turns: Counter[str] = Counter()
    sessions: Counter[str] = Counter()
    for case in cases:
        for turn in case.turns:
            turns.update(words_of(plain(turn.text)))
        sessions.update(frozenset[str]().union(*stems_of(case.turns)))
    often = sorted((-count, word) for word, count in turns.items() if count >= _WORD_IN)
    known = {stem: n for stem, n in sorted(sessions.items()) if n > _RARE}
    return tuple(word for _, word in often[:_WORDS]), known


def _turns(examples: Sequence[Example]) -> Linear:
    names = examples[0].facts.names
    table = np.vstack([one.facts.features for one in examples])
    wanted = np.vstack([_wanted(one) for one in examples])
    return _binary(("start", "set", "inside"), names, table, wanted, _STRENGTH["turns"])


def _wanted(example: Example) -> Floats:
    """For every turn: is it the first of an activity, does it settle one, is it part of one."""
    found = np.zeros((len(example.facts.turns), 3))
    for one in example.marked:
        found[one.start_turn - 1, 0] = 1
        found[one.set_turn - 1, 1] = 1
        found[max(one.start_turn - 1, one.end_turn - 1 - _INSIDE) : one.end_turn, 2] = 1
    return found


def _candidates(examples: Sequence[Example], weights: ActivityWeights) -> Linear:
    parts = {name: place % PARTS for place, name in enumerate(sorted({e.part for e in examples}))}
    rows, right = [], []
    for part in sorted(set(parts.values())):
        others = [one for one in examples if parts[one.part] != part]
        unseen = _turns(others or examples)
        for one in examples:
            if parts[one.part] == part:
                scores = unseen.scores(one.facts.names, one.facts.features)
                found = candidates(one.facts, scores, weights)
                rows.append(found.features)
                right.append(_settling(found.rows, one.marked))
    wanted = np.concatenate(right)[:, None]
    return _binary(
        ("activity",), CANDIDATE_FEATURES, np.vstack(rows), wanted, _STRENGTH["candidates"]
    )


def _settling(rows: Sequence[int], marked: Sequence[MarkedActivity]) -> Floats:
    """Which candidates stand for a marked activity: one each, near where it is settled."""
    near = np.zeros((len(rows), len(marked)))
    for place, row in enumerate(rows):
        for other, one in enumerate(marked):
            if one.start_turn <= row + 1 <= one.end_turn + 1:
                near[place, other] = 1 + 1 / (1 + abs(row + 1 - one.set_turn))
    found = np.zeros(len(rows))
    for place, other in zip(*linear_sum_assignment(-near), strict=True):
        found[place] = near[place, other] > 0
    return found


def _attribute(
    name: str, examples: Sequence[Example], cues: ActivityCues, weights: ActivityWeights
) -> Linear:
    table, values, names = [], [], ()
    for one in examples:
        for marked in one.marked:
            value = getattr(marked, name)
            if value in ("", "unclear"):
                continue
            settled = marked.set_turn - 1
            rows = span_rows(marked.start_turn - 1, settled, marked.end_turn - 1)
            names, features = span_features(one.facts, cues, weights, rows, settled)
            table.append(features)
            values.append(value)
    return _choice(names, np.array(table), values, _STRENGTH.get(name, 0.01))


def _spoken(cases: Sequence[TalkCase], cues: ActivityCues, weights: ActivityWeights) -> Linear:
    table, wanted = [], []
    for earlier, marked, later, reviewed in follow_up_pairs(cases, READING):
        session = followups.NextSession(later.turns, cues.followup)
        key = followups.key_words(marked.bare(), earlier.turns, weights)
        table.append(followups.features(key, followups.strengths(key, session)))
        wanted.append([float(reviewed.spoken)])
    if len({one[0] for one in wanted}) < 2:
        return Linear(outcomes=("spoken",), bias=(0.0,), weights={})
    return _binary(("spoken",), followups.FEATURES, np.array(table), np.array(wanted), 0.3)


def _binary(
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


def _choice(
    names: tuple[str, ...], table: Floats, values: Sequence[str], strength: float
) -> Linear:
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


if __name__ == "__main__":
    raise SystemExit(main())
