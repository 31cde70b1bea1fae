"""Everything that can go wrong and that a user can do something about.

::

    ConvoError
    ├── ConfigError        an option or a configuration key that does not exist or does not fit
    ├── RecordingError     a file that is not a usable recording
    ├── TranscriptError    words, segments or turns that contradict each other
    ├── ModelError         weights missing, altered, or not accessible
    ├── SessionError       a coachee or session that is unknown, or taken by another recording,
    │                      or a table of turns that is not that session's
    ├── StageError         a stage ran and its result must not count as done
    ├── StoreError         the store cannot be read or written
    └── EvaluationError    a folder of cases that cannot be scored

Every message is one sentence with the offending value and the remedy. Where the remedy is another
one in a terminal than on the page, both are said apart.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class ConvoError(Exception):
    """Base of all errors whose message is meant for the user.

    ``on_page`` is the same sentence for somebody who has the page before them and no terminal.

    >>> error = ConvoError("session 1 is taken", terminal="give --session", page="give a number")
    >>> str(error), error.on_page
    ('session 1 is taken: give --session', 'session 1 is taken: give a number')
    >>> ConvoError("the file is empty: copy it again").on_page
    'the file is empty: copy it again'
    """

    def __init__(self, message: str = "", *, terminal: str = "", page: str = "") -> None:
        super().__init__(f"{message}: {terminal}" if terminal else message)
        self.on_page = f"{message}: {page}" if page else message


class ConfigError(ConvoError):
    """An option or a configuration key that does not exist or does not fit."""


class RecordingError(ConvoError):
    """A file that is not a usable recording."""


class TranscriptError(ConvoError):
    """Words, segments or turns that contradict each other."""


class ModelError(ConvoError):
    """Weights missing, altered, or not accessible."""


class SessionError(ConvoError):
    """A coachee or session that is unknown or taken, or a table of turns that is not its own."""


class StageError(ConvoError):
    """A stage ran and its result must not count as done."""


class StoreError(ConvoError):
    """The store cannot be read or written."""


class EvaluationError(ConvoError):
    """A folder of cases that cannot be scored."""


def did_you_mean(value: str, known: Iterable[str]) -> str:
    """A remedy for a mistyped name: the close match, or else all that is known.

    >>> did_you_mean("modle", ["model", "engine"])
    "did you mean 'model'?"
    >>> did_you_mean("x", ["model", "engine"])
    'known are engine, model'
    """
    names = sorted(known)
    close = get_close_matches(value, names, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"known are {', '.join(names)}" if names else "none is known yet"
