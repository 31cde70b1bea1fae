"""Exact inference over all ways to cut a session into spans (a semi-Markov chain).

A span of turns in one state scores the sum of its turns' emissions, its entering score and the
transition into it; only spans that :class:`Lattice` allows count. Because a long enough span stays
long enough when it grows, everything here is linear in the number of turns.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_NEVER = -1e30


@dataclass(frozen=True)
class Lattice:
    """The scores of one session of n turns over k states (log scale, any offset).

    ``emission`` and ``enter`` are n by k: being in a state, and beginning a span there.
    ``change`` is k by k, from row to column, its diagonal the score of staying one more turn.
    ``first`` and ``last`` score the states that begin and end the session. ``latest_start`` is n by
    k: a span that ends at turn j may begin at turn ``latest_start[j]`` or earlier (-1: nowhere).
    ``only_at_start`` marks the states that must begin at turn 0.
    """

    emission: Floats
    enter: Floats
    change: Floats
    first: Floats
    last: Floats
    latest_start: Ints
    only_at_start: NDArray[np.bool_]

    @property
    def size(self) -> tuple[int, int]:
        """Turns, states."""
        turns, states = self.emission.shape
        return turns, states

    @cached_property
    def total(self) -> Floats:
        """Cumulative emissions with staying, so that a span costs one difference."""
        stay = np.diag(self.change)
        turns, states = self.size
        steps = np.vstack([np.zeros(states), self.emission])
        return np.asarray(np.cumsum(steps, axis=0) + stay * np.arange(turns + 1)[:, None])

    def opens(self, start: int) -> Floats:
        """What a span beginning at ``start`` adds besides the turns up to its end, per state."""
        opened = self.enter[start] - self.total[start] - np.diag(self.change)
        return np.where(self.only_at_start & (start > 0), _NEVER, opened)

    @cached_property
    def moves(self) -> Floats:
        """Transition scores between different states; staying is no move."""
        moves = self.change.copy()
        np.fill_diagonal(moves, _NEVER)
        return moves


@dataclass(frozen=True)
class Posterior:
    """What the scores say about one session.

    ``states`` is n by k, P(state of turn). ``starts`` is n by k, P(a span of that state begins at
    that turn). Rows of ``states`` sum to 1.
    """

    states: Floats
    starts: Floats


def posterior(lattice: Lattice) -> Posterior:
    """P(state) and P(span starts) for every turn, over all allowed cuttings."""
    before, alpha = _forward(lattice)
    gamma, beta = _backward(lattice)
    evidence = _log_sum(alpha[-1] + lattice.last)
    starts = np.exp(np.minimum(before + gamma - evidence, 0.0))
    ends = np.exp(np.minimum(alpha + beta - evidence, 0.0))
    over = np.vstack([np.zeros(ends.shape[1]), np.cumsum(ends, axis=0)[:-1]])
    states = np.clip(np.cumsum(starts, axis=0) - over, 0.0, 1.0)
    return Posterior(states / states.sum(axis=1, keepdims=True), starts)


def best_path(lattice: Lattice) -> list[tuple[int, int, int]]:
    """The best cutting as (first turn, last turn, state), counted from 0, both ends included."""
    turns, states = lattice.size
    alpha = np.full((turns, states), _NEVER)
    begun = np.full((turns, states), _NEVER)
    came_from = np.zeros((turns, states), dtype=np.int64)
    for turn in range(turns):
        if turn == 0:
            arrive = lattice.first
        else:
            options = alpha[turn - 1][:, None] + lattice.moves
            came_from[turn] = options.argmax(axis=0)
            arrive = options.max(axis=0)
        begun[turn] = arrive + lattice.opens(turn)
        for state in range(states):
            limit = int(lattice.latest_start[turn, state])
            if limit >= 0:
                best = begun[: limit + 1, state].max()
                alpha[turn, state] = best + lattice.total[turn + 1, state]
    spans: list[tuple[int, int, int]] = []
    end, state = turns - 1, int((alpha[-1] + lattice.last).argmax())
    while end >= 0:
        start = int(begun[: int(lattice.latest_start[end, state]) + 1, state].argmax())
        spans.append((start, end, state))
        end, state = start - 1, int(came_from[start, state])
    return spans[::-1]


def draw(lattice: Lattice, count: int, seed: int) -> Ints:
    """``count`` labellings (rows; one state a turn) drawn from the posterior."""
    turns = len(lattice.emission)
    gamma, beta = _backward(lattice)
    dice = np.random.default_rng(seed)
    rows = np.zeros((count, turns), dtype=np.int64)
    finish = lattice.total[1:] + beta
    earliest = _earliest_ends(lattice)

    @cache  # most draws come through the same places
    def next_state(before: int | None, start: int) -> Floats:
        came = lattice.first if before is None else lattice.moves[before]
        return _chances(came + gamma[start])

    @cache
    def ends(soonest: int, state: int) -> Floats:
        return _chances(finish[soonest:, state])

    for row in rows:
        start, state = 0, None
        while start < turns:
            state = _pick(next_state(state, start), dice)
            soonest = int(earliest[start, state])
            end = soonest + _pick(ends(soonest, state), dice)
            row[start : end + 1] = state
            start = end + 1
    return rows


def _forward(lattice: Lattice) -> tuple[Floats, Floats]:
    """Log mass of all beginnings: before a span starts at a turn, and once it ends there."""
    turns, states = lattice.size
    before = np.full((turns, states), _NEVER)
    begun = np.full((turns, states), _NEVER)
    alpha = np.full((turns, states), _NEVER)
    columns = np.arange(states)
    for turn in range(turns):
        if turn == 0:
            before[0] = lattice.first
        else:
            before[turn] = _log_sum(alpha[turn - 1][:, None] + lattice.moves)
        begun[turn] = before[turn] + lattice.opens(turn)
        if turn:
            begun[turn] = np.logaddexp(begun[turn], begun[turn - 1])
        limit = lattice.latest_start[turn]
        mass = begun[np.maximum(limit, 0), columns] + lattice.total[turn + 1]
        alpha[turn] = np.where(limit >= 0, mass, _NEVER)
    return before, alpha


def _backward(lattice: Lattice) -> tuple[Floats, Floats]:
    """Log mass of all continuations: from a span that starts at a turn, and after it ends there."""
    turns, states = lattice.size
    gamma = np.full((turns, states), _NEVER)
    beta = np.full((turns, states), _NEVER)
    ending = np.full((turns + 1, states), _NEVER)
    earliest = _earliest_ends(lattice)
    columns = np.arange(states)
    for turn in range(turns - 1, -1, -1):
        if turn == turns - 1:
            beta[turn] = lattice.last
        else:
            beta[turn] = _log_sum((lattice.moves + gamma[turn + 1]).T)
        ending[turn] = np.logaddexp(ending[turn + 1], beta[turn] + lattice.total[turn + 1])
        gamma[turn] = lattice.opens(turn) + ending[earliest[turn], columns]
    return gamma, beta


def _earliest_ends(lattice: Lattice) -> Ints:
    """For each start and state the first turn at which a span may end (n: none)."""
    turns, states = lattice.size
    found = np.empty((turns, states), dtype=np.int64)
    for state in range(states):
        # latest_start never falls, so the first end that allows a start is a sorted search
        found[:, state] = np.searchsorted(lattice.latest_start[:, state], np.arange(turns))
    return np.maximum(found, np.arange(turns)[:, None])


def _log_sum(values: Floats) -> Floats:
    """log of the sum of exponentials over the first axis."""
    top = values.max(axis=0)
    return np.asarray(top + np.log(np.exp(values - top).sum(axis=0)))


def _chances(log_weights: Floats) -> Floats:
    """Weights that add up, as :func:`_pick` needs them."""
    return np.asarray(np.exp(log_weights - log_weights.max()).cumsum())


def _pick(chances: Floats, dice: np.random.Generator) -> int:
    return int(chances.searchsorted(dice.random() * chances[-1], side="right"))
