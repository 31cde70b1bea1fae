"""What every turn does: codes and flags of the codebook, section 3, with what speaks for them.

The log-odds of editable cues (:mod:`convo.conversation.lexicon`) are added up; a trained reader of
turns, if there is one, adds its own. Nothing hangs on the question mark alone: where a transcript
has none, the words and the answer decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from convo.codebook import CODES, ONLY_ON, Artefact, Flag, TurnCode, TurnFlag
from convo.conversation.decoding import Floats
from convo.conversation.lexicon import FLAGS, Evidence, Functions, evidence
from convo.conversation.media import in_room
from convo.conversation.phases import Reader
from convo.options import Options
from convo.transcript import Turn

JOINT_TURNS = 4
"""Two people refer to an artefact together when they do so within this many turns."""
MOST_WORDS = 3
"""So many cues are quoted for a code or a flag."""

_ARTEFACTS = {artefact.value: artefact for artefact in Artefact}


class FunctionsOptions(Options):
    """How turns are coded.

    ``method`` "learned" adds a trained reader of turns to the cues; "cues" leaves it out.
    """

    method: Literal["learned", "cues"] = "learned"


class TurnCoder:
    """Cues with their weights, and a trained reader beside them if there is one."""

    def __init__(self, functions: Functions, reader: Reader | None = None) -> None:
        self._functions = functions
        self._reader = reader if functions.reader_weight else None

    @property
    def version(self) -> str:
        """The versions of the cues and of the reader's weights."""
        reader = f"+{self._reader.version}" if self._reader else ""
        return f"functions-{self._functions.version}{reader}"

    def code(self, turns: Sequence[Turn]) -> tuple[TurnCode, ...]:
        """One code for every turn, in order, and none for what is played."""
        turns = in_room(turns)
        if not turns:
            return ()
        found = evidence(turns, self._functions)
        of_codes, of_flags = self._functions.weights
        scores = found.hits @ of_codes
        if self._reader is not None:
            scores = scores + self._functions.reader_weight * self._reader(turns).codes
        likely = softmax(scores)
        flags = 1.0 / (1.0 + np.exp(-np.clip(found.hits @ of_flags, -30.0, 30.0)))
        coded = [
            self._coded(turn, row, likely[row], flags[row], found) for row, turn in enumerate(turns)
        ]
        return with_joint_references(turns, coded)

    def _coded(
        self, turn: Turn, row: int, likely: Floats, flags: Floats, found: Evidence
    ) -> TurnCode:
        place = int(likely.argmax())
        code = CODES[place]
        set_flags = []
        for number, name in enumerate(FLAGS):
            if flags[number] < self._functions.least.get(name, 0.5):
                continue
            if code not in ONLY_ON.get(name, CODES):
                continue
            artefact = _ARTEFACTS.get(name)
            if artefact is None:
                words = self._words(found, row, self._functions.weights[1][:, number])
                set_flags.append(TurnFlag(Flag(name), float(flags[number]), words))
            elif named := self._named(artefact, found.said[row]):
                set_flags.append(TurnFlag(Flag.ART, float(flags[number]), (named,), artefact))
        return TurnCode(
            turn=turn.number,
            code=code,
            probability=float(likely[place]),
            words=self._words(found, row, self._functions.weights[0][:, place]),
            flags=tuple(set_flags),
            probabilities={one: float(value) for one, value in zip(CODES, likely, strict=True)},
        )

    def _named(self, artefact: Artefact, said: str) -> str:
        """The words that name it; empty if it is not named."""
        name = artefact.value.replace("_", " ")
        cues = (cue for cue in self._functions.cues if cue.name == name)
        return next((words for cue in cues if (words := cue.words(said))), "")

    def _words(self, found: Evidence, row: int, weights: Floats) -> tuple[str, ...]:
        """What the strongest cues were found in, strongest first."""
        first = len(self._functions.columns) - len(self._functions.cues)
        says = found.hits[row] * weights
        words: dict[str, None] = {}
        for column in np.argsort(-says):
            if says[column] <= 0 or len(words) == MOST_WORDS:
                break
            if column >= first and self._functions.cues[column - first].at == "here":
                said = self._functions.cues[column - first].words(found.said[row])
                if said and "".join(said.split()):
                    words[said] = None
        return tuple(words)


def softmax(scores: Floats) -> Floats:
    """Rows of scores in natural logs as probabilities that sum to 1.

    >>> softmax(np.array([[0.0, 0.0]])).tolist()
    [[0.5, 0.5]]
    """
    raised: Floats = np.exp(scores - scores.max(axis=1, keepdims=True))
    likely: Floats = raised / raised.sum(axis=1, keepdims=True)
    return likely


def with_joint_references(turns: Sequence[Turn], coded: Sequence[TurnCode]) -> tuple[TurnCode, ...]:
    """The same codes, with every reference to an artefact marked ``joint`` that is one."""
    places: dict[Artefact, list[int]] = {}
    for place, one in enumerate(coded):
        for flag in one.flags:
            if flag.artefact is not None:
                places.setdefault(flag.artefact, []).append(place)

    def joint(flag: TurnFlag, place: int) -> bool:
        return flag.artefact is not None and any(
            0 < abs(near - place) <= JOINT_TURNS and turns[near].speaker != turns[place].speaker
            for near in places[flag.artefact]
        )

    return tuple(
        replace(one, flags=tuple(replace(flag, joint=joint(flag, place)) for flag in one.flags))
        for place, one in enumerate(coded)
    )
