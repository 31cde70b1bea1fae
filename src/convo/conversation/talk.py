"""A session as figures and motifs see it: the turns of the room with all that is known of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from convo.codebook import Code, Flag, TurnCode
from convo.conversation.cues import is_backchannel, plain
from convo.conversation.glossary import Glossary
from convo.conversation.lexicon import neighbours
from convo.conversation.media import in_room, is_talk
from convo.conversation.word_lists import WordLists
from convo.errors import TranscriptError
from convo.transcript import Phase, Role, Segmentation, Turn

PAIR = (Role.COACH, Role.COACHEE)
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Talk:
    """Turns without what is played, their codes and phases; all of one length, one place a turn.

    ``samples`` are other ways in which the phases may lie, none where a person settled them.
    ``timed``: the times are those of words that were heard, so that pauses can be told.
    """

    turns: tuple[Turn, ...]
    codes: tuple[TurnCode, ...]
    labels: tuple[Phase, ...]
    samples: tuple[tuple[Phase, ...], ...]
    glossary: Glossary
    lists: WordLists
    timed: bool = True

    def of(self, role: Role) -> Flags:
        """Which turns are of ``role``."""
        return np.array([turn.role is role for turn in self.turns], dtype=np.bool_)

    def is_(self, role: Role, *codes: Code) -> Flags:
        """Which turns are of ``role`` and do one of ``codes``."""
        pairs = zip(self.turns, self.codes, strict=True)
        return np.array([t.role is role and c.code in codes for t, c in pairs], dtype=np.bool_)

    def has(self, flag: Flag) -> Flags:
        """Which turns have ``flag``."""
        return np.array([one.flag(flag) is not None for one in self.codes], dtype=np.bool_)

    @cached_property
    def places(self) -> Mapping[tuple[Phase, Role | None], list[int]]:
        """The places of the turns of every phase: of all (None), and of each role."""
        found: defaultdict[tuple[Phase, Role | None], list[int]] = defaultdict(list)
        for place, (label, turn) in enumerate(zip(self.labels, self.turns, strict=True)):
            found[label, None].append(place)
            if turn.role is not None:
                found[label, turn.role].append(place)
        return found

    @cached_property
    def words(self) -> NDArray[np.float64]:
        """The words of every turn."""
        return np.array([turn.word_count for turn in self.turns], dtype=np.float64)

    @cached_property
    def said(self) -> tuple[str, ...]:
        """The plain text of every turn."""
        return tuple(plain(turn.text) for turn in self.turns)

    @cached_property
    def terms(self) -> tuple[tuple[str, ...], ...]:
        """The terms of the glossary in every turn."""
        return tuple(self.glossary.found(turn.text) for turn in self.turns)

    @cached_property
    def names(self) -> tuple[tuple[str, ...], ...]:
        """What looks like the name of somebody who is spoken of, in every turn."""
        return tuple(self.lists.names(turn.text) for turn in self.turns)

    @cached_property
    def listening(self) -> Flags:
        """Which turns only show listening."""
        before = (None, *self.turns[:-1])
        return np.array(
            [is_backchannel(*both) for both in zip(self.turns, before, strict=False)],
            dtype=np.bool_,
        )

    @cached_property
    def after(self) -> list[int | None]:
        """The place of the next turn by somebody else."""
        return neighbours(self.turns, 1)

    def counts(self, pattern: str) -> NDArray[np.float64]:
        """How often every turn has a word of the kind ``pattern``."""
        return np.array([self.lists.count(pattern, said) for said in self.said], dtype=np.float64)


def talk(
    turns: Sequence[Turn],
    codes: Sequence[TurnCode],
    segmentation: Segmentation,
    glossary: Glossary,
    lists: WordLists,
    timed: bool = True,
) -> Talk:
    """The turns of the room with their codes and the phases that count.

    Raises:
        TranscriptError: codes or phases belong to other turns.
    """
    labels = segmentation.labels()
    room = in_room(turns)
    if len(turns) != len(labels) or [t.number for t in room] != [one.turn for one in codes]:
        raise TranscriptError(
            f"{len(turns)} turns, {len(room)} of them not played, have {len(codes)} codes and "
            f"{len(labels)} phases: code and segment these turns again"
        )
    kept = [place for place, turn in enumerate(turns) if is_talk(turn)]
    return Talk(
        turns=room,
        codes=tuple(codes),
        labels=tuple(labels[place] for place in kept),
        samples=tuple(tuple(row[place] for place in kept) for row in segmentation.samples),
        glossary=glossary,
        lists=lists,
        timed=timed,
    )
