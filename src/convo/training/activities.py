"""``python -m convo.training.activities``: learn the weights of finding activities.

From sessions with ``activities-1.csv`` (and ``followups-1.csv``) in the layout of ``convo score``.
Candidates are learned from scores of turns that were made without their session, in five parts
that keep the sessions of one writer together.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment

from convo.conversation import followups
from convo.conversation.activities import ActivityFinder
from convo.conversation.activity_attributes import span_features, span_rows, wider
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
from convo.evaluation.activities import follow_up_pairs, matches
from convo.evaluation.agreed import MarkedActivity
from convo.evaluation.cases import TalkCase, read_cases
from convo.files import write_atomically
from convo.resources import resource
from convo.training.linear import as_text, one_of, yes_or_no

READING = "1"
PARTS = 5
_WORD_IN, _WORDS = 40, 900  # turns that hold a word; how many words at most
_INSIDE = 12  # turns back from the end of an activity that count as part of it
_STRENGTH = {"turns": 0.001, "candidates": 0.1, "led": 0.03, "type": 0.01}  # lower: shrunk more
_ATTRIBUTES = ("led", "type", "framing", "response")
Span = tuple[TurnFacts, range, int, MarkedActivity]
"""A session, the rows of a span in it, the row that settles it, and what a reader says of it."""

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
    unseen = _unseen(examples)
    weights = weights.model_copy(update={"candidates": _candidates(examples, unseen, weights)})
    spans = _spans(examples, unseen, cues, weights)
    update: dict[str, Any] = {
        **{name: _attribute(name, spans, cues, weights) for name in _ATTRIBUTES},
        "spoken": _spoken(cases, cues, weights),
    }
    weights = weights.model_copy(update=update)
    digest = hashlib.sha256(as_text(weights).encode()).hexdigest()[:8]
    return weights.model_copy(update={"version": digest})


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
    return yes_or_no(("start", "set", "inside"), names, table, wanted, _STRENGTH["turns"])


def _wanted(example: Example) -> Floats:
    """For every turn: is it the first of an activity, does it settle one, is it part of one."""
    found = np.zeros((len(example.facts.turns), 3))
    for one in example.marked:
        found[one.start_turn - 1, 0] = 1
        found[one.set_turn - 1, 1] = 1
        found[max(one.start_turn - 1, one.end_turn - 1 - _INSIDE) : one.end_turn, 2] = 1
    return found


def _unseen(examples: Sequence[Example]) -> list[Floats]:
    """The scores of every turn, learned without the sessions of that writer."""
    parts = {name: place % PARTS for place, name in enumerate(sorted({e.part for e in examples}))}
    fitted = {}
    for part in set(parts.values()):
        others = [one for one in examples if parts[one.part] != part]
        fitted[part] = _turns(others or examples)
    return [fitted[parts[one.part]].scores(one.facts.names, one.facts.features) for one in examples]


def _candidates(
    examples: Sequence[Example], unseen: Sequence[Floats], weights: ActivityWeights
) -> Linear:
    found = [candidates(e.facts, s, weights) for e, s in zip(examples, unseen, strict=True)]
    right = [_settling(c.rows, e.marked) for c, e in zip(found, examples, strict=True)]
    table = np.vstack([one.features for one in found])
    wanted = np.concatenate(right)[:, None]
    return yes_or_no(("activity",), CANDIDATE_FEATURES, table, wanted, _STRENGTH["candidates"])


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


def _spans(
    examples: Sequence[Example],
    unseen: Sequence[Floats],
    cues: ActivityCues,
    weights: ActivityWeights,
) -> list[Span]:
    """All spans that attributes are learned from: as they were marked, and as they are found."""
    finder = ActivityFinder(cues, weights)
    spans: list[Span] = []
    for one, scores in zip(examples, unseen, strict=True):
        for marked in one.marked:
            settled = marked.set_turn - 1
            rows = span_rows(marked.start_turn - 1, settled, marked.end_turn - 1)
            spans.append((one.facts, rows, settled, marked))
        found = finder.spans(one.facts, scores)
        turns = [(start + 1, row + 1) for start, row, _ in found]
        for place, other in matches(turns, [marked.span for marked in one.marked]):
            start, row, _ = found[place]
            rows = wider(span_rows(start, row, row), len(one.facts.turns))
            spans.append((one.facts, rows, row, one.marked[other]))
    return spans


def _attribute(
    name: str, spans: Sequence[Span], cues: ActivityCues, weights: ActivityWeights
) -> Linear:
    known = [span for span in spans if getattr(span[3], name) not in ("", "unclear")]
    rows = [span_features(facts, cues, weights, rows, at) for facts, rows, at, _ in known]
    values = [getattr(marked, name) for *_, marked in known]
    table = np.array([features for _, features in rows])
    return one_of(rows[0][0], table, values, _STRENGTH.get(name, 0.01))


def _spoken(cases: Sequence[TalkCase], cues: ActivityCues, weights: ActivityWeights) -> Linear:
    table, wanted = [], []
    for earlier, marked, later, reviewed in follow_up_pairs(cases, READING):
        session = followups.NextSession(later.turns, cues.followup)
        key = followups.key_words(marked.bare(), earlier.turns, weights)
        table.append(followups.features(key, followups.strengths(key, session)))
        wanted.append([float(reviewed.spoken)])
    if len({one[0] for one in wanted}) < 2:
        return Linear(outcomes=("spoken",), bias=(0.0,), weights={})
    return yes_or_no(("spoken",), followups.FEATURES, np.array(table), np.array(wanted), 0.3)


if __name__ == "__main__":
    raise SystemExit(main())
