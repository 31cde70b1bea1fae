"""Inter-sessional activities: what the coachee is to do until a later session (codebook, 4).

Every turn is scored as the first of an activity, the one that settles it, or part of one; turns
that stand out become candidates, and the probable ones, not too close to each other, activities.
All scores are linear in named features. What is found is for a person to confirm.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
from pydantic import Field

from convo.between import Activity, Framing, Kind, Led, Response
from convo.conversation import activity_attributes as attributes
from convo.conversation.activity_cues import ActivityCues
from convo.conversation.activity_features import (
    CANDIDATE_FEATURES,
    READER_FEATURES,
    TurnFacts,
    begins,
    candidates,
    turn_facts,
)
from convo.conversation.activity_weights import ActivityWeights, Floats
from convo.conversation.media import in_room
from convo.conversation.phases import Reader
from convo.options import Options
from convo.transcript import Turn


class ActivityOptions(Options):
    """How activities are found.

    A candidate counts from ``min_probability`` on; of two that are settled less than
    ``min_gap_turns`` turns apart, the less probable one is the same activity, unless its
    probability reaches ``sure_probability``. All were chosen on sessions not learned from.
    """

    min_probability: float = Field(default=0.2, ge=0, le=1)
    min_gap_turns: int = Field(default=3, ge=1)
    sure_probability: float = Field(default=0.35, ge=0, le=1)


class ActivityFinder:
    """Cues, learned weights and, if there is one, the trained reader of turns."""

    def __init__(
        self,
        cues: ActivityCues,
        weights: ActivityWeights,
        options: ActivityOptions | None = None,
        reader: Reader | None = None,
    ) -> None:
        """As :func:`parse_activity_cues` and :func:`parse_weights` read them."""
        self._cues = cues
        self._weights = weights
        self._options = options or ActivityOptions()
        self._reader = reader

    @property
    def version(self) -> str:
        """The versions of cues, weights and reader."""
        reader = f"+{self._reader.version}" if self._reader else ""
        return f"{self._cues.version}+{self._weights.version}{reader}"

    def facts(self, turns: Sequence[Turn]) -> TurnFacts:
        """What is known of ``turns`` before anything is looked for."""
        return turn_facts(
            turns,
            self._cues,
            self._weights.words,
            self._reader(turns) if self._reader is not None else None,
            [self._weights.usual.get(name, 0.0) for name in READER_FEATURES],
        )

    def find(self, turns: Sequence[Turn]) -> tuple[Activity, ...]:
        """The activities of a session, in the order in which they are settled.

        What is played holds none.
        """
        room = in_room(turns)
        if not room:
            return ()
        facts = self.facts(room)
        scores = self._weights.turns.scores(facts.names, facts.features)
        return tuple(
            self.described(facts, start, row, row, probability, found=True)
            for start, row, probability in self.spans(facts, scores)
        )

    def spans(self, facts: TurnFacts, scores: Floats) -> list[tuple[int, int, float]]:
        """First row, settling row and probability of every activity; ``scores`` are of turns."""
        spans, last = [], -1
        for row, probability in self._settled(facts, scores):
            spans.append((begins(scores[:, 0], row, earliest=last), row, probability))
            last = row
        return spans

    def _settled(self, facts: TurnFacts, scores: Floats) -> list[tuple[int, float]]:
        """Rows in which something is settled, with their probability, in order."""
        options = self._options
        peaks = candidates(facts, scores, self._weights)
        odds = self._weights.candidates.scores(CANDIDATE_FEATURES, peaks.features)[:, 0]
        probable = 1 / (1 + np.exp(-odds))
        chosen: dict[int, float] = {}
        for place in np.argsort(-probable, kind="stable"):
            row = peaks.rows[place]
            apart = all(abs(row - other) >= options.min_gap_turns for other in chosen)
            sure = probable[place] >= options.sure_probability
            if probable[place] >= options.min_probability and (apart or sure):
                chosen[row] = float(probable[place])
        return sorted(chosen.items())

    def described(
        self,
        facts: TurnFacts,
        start: int,
        settled: int,
        end: int,
        probability: float = 1.0,
        found: bool = False,
    ) -> Activity:
        """The activity of rows ``start`` to ``end`` with its attributes.

        Where the span was ``found`` and not marked by a person, a few more turns are looked at.
        """
        weights, cues = self._weights, self._cues
        rows = attributes.span_rows(start, settled, end)
        wide = attributes.wider(rows, len(facts.turns)) if found else rows
        names, features = attributes.span_features(facts, cues, weights, wide, settled)
        return Activity(
            facts.turns[start].number,
            facts.turns[end].number,
            facts.turns[settled].number,
            led=cast(Led, weights.led.best(names, features)),
            type=cast(Kind, weights.type.best(names, features)),
            raised_by=attributes.raised_by(facts, start),
            term=attributes.term(facts, cues, rows),
            framing=cast(Framing, weights.framing.best(names, features)),
            rushed=attributes.rushed(facts, cues, rows),
            specific=attributes.specific(facts, cues, rows),
            response=cast(Response, weights.response.best(names, features)),
            load=attributes.load(facts, cues, rows),
            probability=probability,
        )
