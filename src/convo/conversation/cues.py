"""Cues: readable patterns with weights, from which roles and phases are read.

The patterns lie in ``configs/cues.toml``; whoever reads that file hands its text to
:func:`parse_cues`. Patterns meet text without case, punctuation, fillers and stutters, because
automatic transcripts lose or invent them; only ``?`` is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from itertools import islice
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, Field

from convo.options import Options, from_toml
from convo.transcript import Role, Turn

State = Literal["opening", "orientation", "scrutiny", "co-construction", "aside", "closing"]
STATES: tuple[State, ...] = (
    "opening",
    "orientation",
    "scrutiny",
    "co-construction",
    "aside",
    "closing",
)
"""What a turn can be doing: the three phases, and frame at the start, in between, at the end."""

_TAG = re.compile(r"\[[^\]]*\]|<[^>]*>")
_APOSTROPHE = re.compile(r"[’‘`]")
_DASHES = re.compile(r"-{2,}|[–—]|-(?=\s|$)|(?<=\s)-")
_MARKS = re.compile(r"[^\w\s'?-]")
_FILLER = re.compile(r"(?<!-)\b(?:u+m+|u+h+|e+r+m*|e+h+|ah+|h+m+|mm+)\b(?!-)")
_STUTTER = re.compile(r"\b([\w']+)(?:[\s-]+\1\b)+")
_RESTART = re.compile(r"\b([\w']+(?: [\w']+){1,2})(?:[\s-]+\1\b)+")
_ASKING = re.compile(
    r"\?|^(?:(?:so|and|but|okay|right|well|now|yeah|then) )*"
    r"(?:(?:what|how|why|when|where|who|which|whose)\b"
    r"|(?:do|does|did|is|are|was|were|have|has|can|could|would|will|shall|should)(?:n't)? "
    r"(?:you|it|that|there|they|he|she|we|i|this|your)\b"
    r"|(?:tell me|talk me through|walk me through|say more|describe)\b)"
)
_LISTENING = (
    "mm mhm mmhm mm-hm mm-hmm mhmm mmhmm mmm hm hmm uh-huh uhhuh uh huh yeah yes yep yup aye ya "
    "ok okay right sure good great fine lovely exactly absolutely definitely indeed true wow oh ah "
    "i see cool nice gotcha alright brilliant no nah nope really"
)
_REMEMBERED = 8192  # texts: the turns of ten sessions, and they are read several times over
_BACKCHANNEL = frozenset(_LISTENING.split())


@lru_cache(maxsize=_REMEMBERED)
def plain(text: str) -> str:
    """``text`` as patterns meet it: no case, tags, fillers, stutters or marks, except ``?``.

    >>> plain("So, um, what- what might you... TRY on Thursday? [pause]")
    'so what might you try on thursday ?'
    """
    bare = _APOSTROPHE.sub("'", _TAG.sub(" ", text)).lower()
    bare = _MARKS.sub(" ", _DASHES.sub(" ", bare)).replace("?", " ? ")
    bare = " ".join(_FILLER.sub(" ", bare).split())
    return _RESTART.sub(r"\1", _STUTTER.sub(r"\1", bare))


def is_question(text: str) -> bool:
    """Whether ``text`` asks: a question mark anywhere, or else words that open a question.

    >>> is_question("so what happened then"), is_question("That is what happened.")
    (True, False)
    """
    return _ASKING.search(plain(text)) is not None


def is_backchannel(turn: Turn, previous: Turn | None) -> bool:
    """Whether ``turn`` only shows listening and answers nothing (codebook, section 1).

    >>> asked = Turn(1, "A", "Did she see it?")
    >>> is_backchannel(Turn(2, "B", "Yeah."), asked)
    False
    >>> is_backchannel(Turn(4, "A", "Mm-hmm. Right."), Turn(3, "B", "I waited."))
    True
    """
    words = re.findall(r"[\w'-]+", _APOSTROPHE.sub("'", _TAG.sub(" ", turn.text)).lower())
    if not words:
        return not turn.hidden
    if "?" in turn.text or len(words) > 4 or not all(word in _BACKCHANNEL for word in words):
        return False
    return previous is None or previous.speaker == turn.speaker or not is_question(previous.text)


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"is not a regular expression ({error})") from error
    return pattern


Pattern = Annotated[str, AfterValidator(_compiles)]
Weights = Mapping[State, float]


class TextCue(Options):
    """One pattern that the text of a turn may hold, and why it tells something."""

    name: str
    pattern: Pattern
    why: str

    def found(self, text: str) -> bool:
        """Whether the :func:`plain` text of a turn holds the cue."""
        return compiled(self.pattern).search(text) is not None


class SpokenCue(TextCue):
    """One pattern that counts in the turns of one role, or of anyone, up to ``most`` times."""

    by: Literal["coach", "coachee", "anyone"] = "anyone"
    most: int = Field(default=1, ge=1)

    def hits(self, text: str, role: Role | None) -> float:
        """How often the cue is found in the :func:`plain` text of a turn spoken in ``role``.

        In a turn without a role, a cue that belongs to one role counts half: either may speak.
        """
        return float(hits_in(text, role, sought((self,)))[0])


Sought = tuple[tuple[str, str, int], ...]
"""Pattern, speaker and most hits of several spoken cues."""


def sought(cues: Iterable[SpokenCue]) -> Sought:
    """What to look for with :func:`hits_in`."""
    return tuple((cue.pattern, cue.by, cue.most) for cue in cues)


@lru_cache(maxsize=_REMEMBERED)
def hits_in(text: str, role: Role | None, sought: Sought) -> NDArray[np.float64]:
    """:meth:`SpokenCue.hits` of several cues; not to be written to."""
    found = [
        0.0
        if by != "anyone" and role is not None and role.value != by
        else sum(1 for _ in islice(compiled(pattern).finditer(text), most))
        / (2 if by != "anyone" and role is None else 1)
        for pattern, by, most in sought
    ]
    return np.array(found, dtype=np.float64)


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern ready for use, once and for all."""
    return re.compile(pattern)


class PhaseCue(SpokenCue):
    """One pattern and what it says about the phase of the turn in which it is found.

    ``weights`` are log-odds for each state (absent: 0), ``starts`` is added for a span that begins
    at this turn. ``why`` is the codebook's reason.
    """

    weights: Weights = Field(default_factory=dict)
    starts: Weights = Field(default_factory=dict)


class PhaseCues(Options):
    """All that is known beforehand about phases: cues, order and place.

    ``first``, ``last`` and ``next`` are log scores of beginning in, ending in and going from one
    state to another or staying in it (absent: impossible). ``places`` holds, for each state, its
    log score at evenly spaced points from the first turn to the last. Scores are divided by
    ``temperature`` before they become probabilities.
    """

    temperature: float = Field(default=1.0, gt=0)
    first: Weights = Field(default_factory=dict)
    last: Weights = Field(default_factory=dict)
    next: Mapping[State, Weights] = Field(default_factory=dict)
    places: Mapping[State, tuple[float, ...]] = Field(default_factory=dict)
    cues: tuple[PhaseCue, ...] = ()


class RoleCue(TextCue):
    """One pattern and how strongly its use marks the coach (above 0) or the coachee (below 0)."""

    where: Literal["anywhere", "opening", "closing"] = "anywhere"
    weight: float


class RoleCues(Options):
    """The cues that tell the coach from the coachee."""

    cues: tuple[RoleCue, ...] = ()


class Cues(Options):
    """The content of ``configs/cues.toml``; ``version`` is stored with every result."""

    version: str
    phases: PhaseCues = PhaseCues()
    roles: RoleCues = RoleCues()


def parse_cues(text: str) -> Cues:
    """The cues written in ``text`` (TOML).

    Raises:
        ConfigError: not TOML, an unknown key (named with the close match), or a value that does
            not fit, such as a pattern that is no regular expression.

    >>> parse_cues('version = "1"').version
    '1'
    """
    return from_toml(Cues, text, "cues")


def cue_hits(turns: Sequence[Turn], cues: Sequence[PhaseCue]) -> NDArray[np.float64]:
    """Hits of every cue (columns) in every turn (rows)."""
    wanted = sought(cues)
    rows = [hits_in(plain(turn.text), turn.role, wanted) for turn in turns]
    return np.array(rows, dtype=np.float64).reshape(len(turns), len(cues))
