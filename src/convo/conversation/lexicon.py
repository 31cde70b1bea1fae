"""The editable file of turn functions: patterns and signs with their log-odds, and how they hit.

It lies in ``configs/functions.toml``. Patterns meet the text that
:func:`~convo.conversation.cues.plain` leaves: without case, marks (but ``?``), fillers, stutters.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from pydantic import Field

from convo.codebook import CODES, Code
from convo.conversation.cues import (
    Sought,
    SpokenCue,
    compiled,
    hits_in,
    is_backchannel,
    is_question,
    plain,
    sought,
)
from convo.conversation.decoding import Floats
from convo.options import Options, from_toml
from convo.transcript import Role, Turn

Sign = Literal[
    "coach",
    "coachee",
    "listening",
    "answer",
    "unmarked",
    "echo",
    "strong echo",
    "new words",
    "short after long",
    "long after short",
    "first turns",
    "last turns",
]
"""What is known of a turn beside patterns: see :func:`signs`."""
FlagName = Literal[
    "TRN", "BLD", "INI", "OPEN", "FUT", "video", "chart", "document", "pupil_work", "data", "recall"
]
"""Flags, and in place of ART the types of artefacts."""
FLAGS: tuple[FlagName, ...] = FlagName.__args__  # type: ignore[attr-defined]
_MARKED = 0.1  # questions with a mark in a turn: fewer, and marks are not to be relied on
_EDGE = 4  # turns
_BACK = 5  # turns in which an echo has its source
_STRONG = 0.4  # part of the content words
_FEW, _MANY = 12, 25  # words of a short and of a long turn


class Weighed(Options):
    """``codes`` and ``flags``: log-odds that it adds. ``why`` is the codebook's reason."""

    codes: Mapping[Code, float] = Field(default_factory=dict)
    flags: Mapping[FlagName, float] = Field(default_factory=dict)
    why: str


class FunctionCue(Weighed, SpokenCue):
    """One pattern and what it says about the turn in which it is found.

    ``at`` says where it is looked for: in the turn itself, or in the other speaker's turn before or
    after it. Up to ``most`` hits count, together at most twice. The log-odds of a ``fixed`` one are
    set by hand and not fitted: the codebook rules what the sessions show too seldom.
    """

    at: Literal["here", "before", "after"] = "here"
    fixed: bool = False

    @property
    def scale(self) -> float:
        """What one hit counts."""
        return min(self.most, 2) / self.most

    def hits(self, text: str, role: Role | None) -> float:
        """How much it is found in a turn spoken in ``role``, 0 to 2."""
        return super().hits(text, role) * self.scale

    def words(self, text: str) -> str:
        """The first words of ``text`` that it was found in; empty if none."""
        found = compiled(self.pattern).search(text)
        return " ".join(found.group().replace("?", " ").split()[:8]) if found else ""


class Functions(Options):
    """The content of ``configs/functions.toml``; ``version`` is stored with every result.

    ``reader_weight`` is what the log probabilities of the trained reader count beside the cues.
    ``small_words`` are too frequent to be an echo of what the other has said. A flag is set from
    its probability in ``least`` on (0.5 where there is none); an artefact only where the cue of
    its name is found.
    """

    version: str
    reader_weight: float = Field(default=0.0, ge=0)
    least: Mapping[FlagName, float] = Field(default_factory=dict)
    small_words: str = ""
    bias: Weighed = Weighed(why="how frequent each is")
    signs: Mapping[Sign, Weighed] = Field(default_factory=dict)
    cues: tuple[FunctionCue, ...] = ()

    @cached_property
    def columns(self) -> tuple[Weighed, ...]:
        """Everything that weighs, in the order of the columns of :func:`evidence`."""
        none = Weighed(why="")
        return (self.bias, *(self.signs.get(sign, none) for sign in SIGNS), *self.cues)

    @cached_property
    def weights(self) -> tuple[Floats, Floats]:
        """Log-odds of every column for every code, and for every flag."""
        codes = [[one.codes.get(code, 0.0) for code in CODES] for one in self.columns]
        flags = [[one.flags.get(flag, 0.0) for flag in FLAGS] for one in self.columns]
        return np.array(codes), np.array(flags)


SIGNS: tuple[Sign, ...] = Sign.__args__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was found in n turns: ``hits`` has a column for bias, signs and cues each."""

    hits: Floats
    said: tuple[str, ...]


def parse_functions(text: str) -> Functions:
    """The functions written in ``text`` (TOML).

    Raises:
        ConfigError: not TOML, an unknown key (named with the close match), or a value that does
            not fit, such as a pattern that is no regular expression.

    >>> parse_functions('version = "1"').version
    '1'
    """
    return from_toml(Functions, text, "functions")


def evidence(turns: Sequence[Turn], functions: Functions) -> Evidence:
    """All hits in all turns."""
    said = tuple(plain(turn.text) for turn in turns)
    before, after = neighbours(turns, -1), neighbours(turns, 1)
    rows = np.zeros((len(turns), len(functions.columns)))
    if len(turns):
        rows[:, 0] = 1.0
        rows[:, 1 : 1 + len(SIGNS)] = signs(turns, said, functions.small_words)
    groups = {at: _sought_at(functions, at) for at in ("here", "before", "after")}
    for place, turn in enumerate(turns):
        texts = {
            at: "" if where is None else said[where]
            for at, where in (("here", place), ("before", before[place]), ("after", after[place]))
        }
        for at, (columns, wanted, scales) in groups.items():
            rows[place, columns] = hits_in(texts[at], turn.role, wanted) * scales
    return Evidence(rows, said)


def _sought_at(functions: Functions, at: str) -> tuple[list[int], Sought, Floats]:
    """The columns of the cues that are looked for there, what they look for, what a hit counts."""
    cues = {n: cue for n, cue in enumerate(functions.cues, start=1 + len(SIGNS)) if cue.at == at}
    return list(cues), sought(cues.values()), np.array([cue.scale for cue in cues.values()])


def neighbours(turns: Sequence[Turn], step: Literal[-1, 1]) -> list[int | None]:
    """For each turn the index of the nearest one by somebody else, before (-1) or after (1) it.

    >>> neighbours([Turn(1, "A", "So."), Turn(2, "A", "Well."), Turn(3, "B", "Yes?")], 1)
    [2, 2, None]
    """
    found: list[int | None] = [None] * len(turns)
    order = range(len(turns)) if step == -1 else range(len(turns) - 1, -1, -1)
    for place in order:
        near = place + step
        if 0 <= near < len(turns):
            same = turns[near].speaker == turns[place].speaker
            found[place] = found[near] if same else near
    return found


def signs(turns: Sequence[Turn], said: Sequence[str], small_words: str) -> Floats:
    """One row a turn, one column a :data:`Sign`; ``said`` are the plain texts of the turns.

    ``listening``: a backchannel; ``answer``: the other has just asked, and this does not ask back;
    ``unmarked``: no question mark although the transcript has them, 0 where it has none at all;
    ``echo``: a content word of the other's last turns comes again, ``strong echo``: a good part of
    them do; ``new words``: how many content words do not (log); ``short after long``, ``long after
    short``: beside the other's turn before. The first and last turns of a short extract are none.
    """
    small = frozenset(small_words.split())
    content = [content_words(text, small) for text in said]
    marked = min(1.0, sum("?" in text for text in said) / len(said) / _MARKED) if said else 0.0
    before = neighbours(turns, -1)
    rows = []
    for place, turn in enumerate(turns):
        other = before[place]
        heard: set[str] = set().union(
            *(
                content[near]
                for near in range(max(0, place - _BACK), place)
                if turns[near].speaker != turn.speaker
            )
        )
        length = len(said[place].split())
        heard_length = 0 if other is None else len(said[other].split())
        whole = len(turns) >= 10 * _EDGE
        own, again = content[place], len(content[place] & heard)
        asks = "?" in said[place]
        rows.append(
            (
                turn.role is Role.COACH,
                turn.role is Role.COACHEE,
                is_backchannel(turn, turns[place - 1] if place else None),
                other is not None and not asks and is_question(turns[other].text),
                0.0 if asks else marked,
                again >= 1,
                again >= 2 and again >= _STRONG * len(own),
                np.log1p(len(own - heard)) / 2,
                not asks and length <= _FEW and heard_length >= _MANY,
                length >= _MANY and heard_length <= _FEW,
                whole and place < _EDGE,
                whole and place >= len(turns) - _EDGE,
            )
        )
    return np.array(rows, dtype=np.float64).reshape(len(rows), len(SIGNS))


def content_words(text: str, small: frozenset[str]) -> set[str]:
    """The words of :func:`plain` text that carry content: three letters or more, and not small.

    >>> sorted(content_words("so the starts of the day", frozenset({"the", "day"})))
    ['starts']
    """
    return {w for w in re.findall(r"[\w'-]+", text) if len(w) > 2 and w not in small}
