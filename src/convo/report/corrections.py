"""What people put right, as reports show it: who changed what, and what became of the shares."""

from __future__ import annotations

from dataclasses import dataclass

from convo.report.shares import ShareLine, share_lines
from convo.report.wording import clock, long_date, percent_of, plural
from convo.transcript import Change, Conversation, Passage

KINDS = {
    "coach": "said who is the coach",
    "speaker": "gave words to another speaker",
    "words": "edited words",
    "break": "split or joined turns",
    "passage": "marked passages",
    "phases": "put the phases right",
    "candidate": "confirmed or rejected candidates",
    "consent": "noted consent",
    "session": "put right whose session it is, or when",
}
_PASSAGES = {
    Passage.MEDIA: "a recording is played",
    Passage.PRIVATE: "private passage",
    Passage.OTHER: "not the session",
}


@dataclass(frozen=True, slots=True)
class ChangeView:
    """What one person did on one day, in words."""

    who: str
    day: str
    what: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One share before and after, coach/coachee in per cent."""

    label: str
    before: str
    after: str


def change_views(conversation: Conversation) -> tuple[ChangeView, ...]:
    """All that people put right; empty if nobody did."""
    corrected = conversation.corrected
    spoken = len(conversation.words)
    return tuple(
        ChangeView(one.who, long_date(one.day), _what(one, spoken))
        for one in (corrected.changes if corrected else ())
    )


def passage_words(conversation: Conversation) -> tuple[str, ...]:
    """The passages that are marked, such as "1:20 to 2:40: private passage"."""
    corrected = conversation.corrected
    return tuple(
        f"{clock(one.start)} to {clock(one.end)}: {_PASSAGES[one.kind]}"
        + (", its words count" if one.counted else "")
        for one in (corrected.passages if corrected else ())
    )


def differences(conversation: Conversation) -> tuple[Difference, ...]:
    """The shares before and after words or phases were put right; empty if nobody did that."""
    corrected = conversation.corrected
    if corrected is None or not corrected.shares:
        return ()
    before = share_lines(conversation, corrected.shares)
    return tuple(
        Difference(after.label, _cell(old), _cell(after))
        for old, after in zip(before, share_lines(conversation), strict=True)
        if not (old.absent and after.absent)
    )


def _what(one: Change, spoken: int) -> str:
    what = KINDS.get(one.kind, one.kind)
    if one.times > 1:
        what += f" ({one.times} times)"
    if one.words:
        part = percent_of(one.words, spoken)
        what += f": {plural(one.words, 'word')}" + (f", {part} of all" if part else "")
    return what


def _cell(line: ShareLine) -> str:
    return line.short if line.absent else f"{line.short} of {plural(line.total, 'word')}"
