"""Content words: what a turn is about, apart from how it is said."""

from __future__ import annotations

import re
from collections.abc import Sequence

from convo.conversation.cues import plain
from convo.transcript import Turn

_WORD = re.compile(r"[a-z][a-z'-]{2,}")
_SAYING_LITTLE = (
    "about actually again all also always and any anything are ask aye back because been being "
    "bit but can can't come could couldn't did didn't does doesn't doing don't done down even "
    "ever fine first for from get give going gonna good got great guess had hadn't has have "
    "haven't having he'd he's her here him his how i'd i'll i'm i've into isn't it'd it'll it's "
    "its just kind know last laughs let's like look lot made make many may maybe mean might "
    "mine more most much must need never next not nothing now off okay one only other our out "
    "over pause people per perhaps put really right said say see shall she she'd she's should "
    "some someone something sort still suppose sure take tell than that that'd that'll that's "
    "the their them then there there's these they they're thing things think this those too try "
    "two very want was way well were what what's when where which who who's why will with won't "
    "would wouldn't yeah yes you you'd you'll you're you've your "
)
_EMPTY = frozenset(_SAYING_LITTLE.split())
_ENDINGS = (("ies", "y"), ("ing", ""), ("ed", ""), ("es", ""), ("s", ""))
_SHORTEST = 3


def stem(word: str) -> str:
    """``word`` without its ending, so that forms of one word meet; not meant for reading.

    >>> [stem(word) for word in ("cards", "counting", "counted", "stories")]
    ['card', 'count', 'count', 'story']
    """
    word = word.replace("'s", "")
    for ending, instead in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST:
            word = word[: -len(ending)] + instead
            break
    if len(word) > _SHORTEST and word[-1] == word[-2] and word[-1] not in "sl":
        word = word[:-1]
    return word[:-1] if len(word) > _SHORTEST and word.endswith("e") else word


def content_stems(text: str) -> frozenset[str]:
    """The stems of the words in ``text`` that carry a topic.

    >>> sorted(content_stems("I could leave the picture cards up on Thursday."))
    ['card', 'leav', 'pictur', 'thursday']
    """
    return frozenset(stem(word) for word in _WORD.findall(plain(text)) if word not in _EMPTY)


def stems_of(turns: Sequence[Turn]) -> tuple[frozenset[str], ...]:
    """The content stems of every turn."""
    return tuple(content_stems(turn.text) for turn in turns)
