"""A programme's own terms, in a small tree of broader and narrower ones, and where they are said.

The shipped example (``configs/glossary.toml``) is speech, language and communication needs, and
phonics. It shows which terms are used, never whether they are used rightly.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Self

from pydantic import Field, model_validator

from convo.conversation.cues import plain
from convo.errors import did_you_mean
from convo.options import Options, from_toml


class Term(Options):
    """One term. ``also`` are other ways to say it, ``broader`` the term it is a kind of."""

    also: tuple[str, ...] = ()
    broader: str | None = None


class Glossary(Options):
    """Terms by name; ``version`` is stored with every figure that rests on them."""

    version: str
    name: str
    terms: Mapping[str, Term] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _is_a_tree(self) -> Self:
        for name in self.terms:
            seen, above = {name}, self.terms[name].broader
            while above is not None:
                if above not in self.terms:
                    known = did_you_mean(above, self.terms)
                    raise ValueError(f"{name!r} has the broader term {above!r}: {known}")
                if above in seen:
                    raise ValueError(f"{name!r} is broader than itself: take one `broader` out")
                seen.add(above)
                above = self.terms[above].broader
        return self

    @cached_property
    def _forms(self) -> Mapping[str, str]:
        return {
            plain(form): name for name, term in self.terms.items() for form in (name, *term.also)
        }

    @cached_property
    def _regex(self) -> re.Pattern[str]:
        longest_first = sorted(self._forms, key=lambda form: (-len(form), form))
        return re.compile(rf"\b({'|'.join(map(re.escape, longest_first))})(?:e?s)?\b")

    def found(self, text: str) -> tuple[str, ...]:
        """The terms said in ``text``, in order, once for each time; the longest form wins.

        >>> phonics = Glossary(version="1", name="phonics", terms={
        ...     "sound": Term(), "initial sound": Term(also=("first sound",), broader="sound")})
        >>> phonics.found("The first sounds, then every sound.")
        ('initial sound', 'sound')
        """
        if not self.terms:
            return ()
        return tuple(self._forms[hit.group(1)] for hit in self._regex.finditer(plain(text)))

    def first_words(self, text: str) -> str:
        """The words with which the first term in ``text`` is said, as they stand there if they do.

        >>> Glossary(version="1", name="x", terms={"sound": Term()}).first_words("Two Sounds.")
        'Sound'
        """
        hit = self._regex.search(plain(text)) if self.terms else None
        place = text.lower().find(hit.group(1)) if hit else -1
        return text[place : place + len(hit.group(1))] if hit and place >= 0 else ""

    def is_narrower(self, term: str, than: str) -> bool:
        """Whether ``term`` lies anywhere below ``than``."""
        above = self.terms[term].broader
        return above is not None and (above == than or self.is_narrower(above, than))


def parse_glossary(text: str) -> Glossary:
    """The glossary written in ``text`` (TOML).

    Raises:
        ConfigError: not TOML, an unknown key, or a broader term that does not fit.

    >>> parse_glossary('version = "1"\\nname = "none"').terms
    {}
    """
    return from_toml(Glossary, text, "terms of the glossary")
