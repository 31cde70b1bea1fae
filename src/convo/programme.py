"""What a programme of coaching is for and how it works, as its people write it down.

The activity system (object, subject, tools, rules, community, division of labour, outcomes) may
change over time, so records are dated; the words are the people's own and nothing is inferred.
"""

from __future__ import annotations

import datetime
from typing import Literal

from pydantic import Field, field_validator

from convo.conversation.glossary import Glossary
from convo.options import Options, from_toml

Part = Literal["object", "subject", "tools", "rules", "community", "division_of_labour", "outcomes"]
PARTS: dict[Part, str] = {
    "object": "What it is for",
    "subject": "Who is to learn or change",
    "tools": "What is worked with",
    "rules": "What was agreed and what is usual",
    "community": "Who else is part of it",
    "division_of_labour": "Who does what",
    "outcomes": "What came of it, as people say",
}
"""The parts of an activity system, each with the words that people read."""


class Evidence(Options):
    """Somebody's own words on a part of the record, and where they come from."""

    about: Part
    quote: str
    source: str = ""


class Training(Options):
    """A training or input that sessions may speak of; ``terms`` are words that give it away."""

    title: str
    date: datetime.date | None = None
    terms: tuple[str, ...] = ()


class ProgrammeRecord(Options):
    """One version of a programme's record, as it holds from ``since`` on.

    ``name`` is the name given with ``convo process --programme``. ``glossary`` are the programme's
    own terms; without one those that ship are counted.
    """

    name: str
    since: datetime.date
    object: str
    subject: str = ""
    tools: str = ""
    rules: str = ""
    community: str = ""
    division_of_labour: str = ""
    outcomes: str = ""
    approach: str = ""
    schedule: str = ""
    funding: str = ""
    evidence: tuple[Evidence, ...] = ()
    training: tuple[Training, ...] = ()
    glossary: Glossary | None = None
    glossary_file: str = Field(default="", exclude=True)

    @field_validator("name", "object")
    @classmethod
    def _is_said(cls, text: str) -> str:
        if not text.strip():
            raise ValueError("it is empty: say it in a few words")
        return text.strip()

    def parts(self) -> list[tuple[str, str]]:
        """What is said of the activity system: heading and text, without what is empty."""
        return [(words, text) for part, words in PARTS.items() if (text := getattr(self, part))]

    def quotes(self) -> list[tuple[str, str, str]]:
        """The evidence: heading of its part, words, source."""
        return [(PARTS[one.about], one.quote, one.source) for one in self.evidence]


def parse_programme(text: str) -> ProgrammeRecord:
    """The record written in ``text`` (TOML).

    Raises:
        ConfigError: not TOML, an unknown key, or a value that does not fit.

    >>> parse_programme('name = "SLCN"\\nsince = 2025-09-01\\nobject = "Phonics."').parts()
    [('What it is for', 'Phonics.')]
    """
    return from_toml(ProgrammeRecord, text, "record of the programme")
