"""Words that figures are counted from: hedges, the future, who is spoken of, names.

The patterns lie in ``configs/measures.toml`` and meet plain text, as cues do.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import Annotated

from pydantic import AfterValidator

from convo.options import Options, from_toml

_SENTENCE = re.compile(r"[^.!?]+")
_CAPITAL = re.compile(r"\b[A-ZÀ-Þ][\w'’]*")


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"it is no pattern ({error})") from error
    return text


Pattern = Annotated[str, AfterValidator(_pattern)]


class Patterns(Options):
    """One pattern for each kind of word; ``not_names`` are capitalised words that name nobody."""

    hedge: Pattern
    tentative: Pattern
    future: Pattern
    i: Pattern
    we: Pattern
    they: Pattern
    number: Pattern
    moment: Pattern
    not_names: Pattern


class MediaSigns(Options):
    """What is said before a recording is played (``announced``), and in a ``classroom``."""

    announced: Pattern
    classroom: Pattern


class WordLists(Options):
    """All patterns; ``version`` is stored with every figure that rests on them."""

    version: str
    patterns: Patterns
    media: MediaSigns

    @cached_property
    def _compiled(self) -> dict[str, re.Pattern[str]]:
        return {name: re.compile(text) for name, text in self.patterns.model_dump().items()}

    def count(self, name: str, said: str) -> int:
        """How often a word of the kind ``name`` is in ``said``, which is plain text."""
        return sum(1 for _ in self._compiled[name].finditer(said))

    def first(self, name: str, text: str) -> str:
        """The first word of the kind ``name`` as it stands in ``text``; empty if none does."""
        found = self._compiled[name].search(text.lower())
        return text[found.start() : found.end()] if found else ""

    def names(self, text: str) -> tuple[str, ...]:
        """Capitalised words that do not begin a sentence and are no pronoun, day or month.

        Recognisers write capitals by habit: this is a count to look at, not a list of people.
        """
        found: list[str] = []
        for sentence in _SENTENCE.findall(text):
            words = list(_CAPITAL.finditer(sentence))
            start = len(sentence) - len(sentence.lstrip(" \"'“‘"))
            found += [
                name
                for word in words
                if word.start() > start
                and (name := re.sub(r"['’]s$", "", word[0]))
                and not self._compiled["not_names"].match(name.lower().replace("’", "'"))
            ]
        return tuple(found)

    def sentences(self, text: str) -> int:
        """Sentences with a word in them; at least 1 where there is a word."""
        return sum(1 for part in _SENTENCE.findall(text) if re.search(r"\w", part))


def parse_word_lists(text: str) -> WordLists:
    """The patterns written in ``text`` (TOML).

    Raises:
        ConfigError: not TOML, an unknown key, or a pattern that is none.
    """
    return from_toml(WordLists, text, "words that figures are counted from")
