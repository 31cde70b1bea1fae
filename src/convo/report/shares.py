"""Shares as readers see them: one line for the session and one for each phase."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from convo.report.charts import Bar
from convo.report.wording import (
    ABSENT,
    NOT_FOUND,
    NOT_LOOKED_FOR,
    PERCENT,
    PHASE_MEANINGS,
    WHOLE_SESSION,
    WITHHELD,
    clock,
    interval,
    percent_of,
    phase_names,
    plural,
)
from convo.transcript import Conversation, Phase, Role, Share

PARTS: tuple[Phase | None, ...] = (None, *Phase)


@dataclass(frozen=True, slots=True)
class ShareLine:
    """What coach and coachee contribute to the session (``phase=None``) or to one phase.

    A phase that was not found has neither share; ``label`` names it in words, ``missing`` says why
    it may have none.
    """

    phase: Phase | None
    coach: Share | None
    coachee: Share | None
    label: str
    missing: str = NOT_FOUND

    @property
    def meaning(self) -> str:
        """The question that the phase answers."""
        return "" if self.phase is None else PHASE_MEANINGS[self.phase]

    @property
    def total(self) -> int:
        """Words of both together."""
        return self.coach.total if self.coach else 0

    @property
    def absent(self) -> bool:
        """Nothing of this phase was found, or it has no words."""
        return self.coach is None or self.coachee is None or self.coach.total == 0

    @property
    def withheld(self) -> bool:
        """There are words and nevertheless no figure."""
        return not self.absent and self._percents() is None

    @property
    def caution(self) -> str | None:
        """Why to be careful, in words."""
        cautions = (share.caution for share in (self.coach, self.coachee) if share is not None)
        return next(filter(None, cautions), None)

    @property
    def short(self) -> str:
        """Coach and coachee in whole per cent, "37/63", or a word for why not."""
        if self.absent:
            return ABSENT
        percents = self._percents()
        return f"{percents[0]}/{percents[1]}" if percents else WITHHELD

    def _percents(self) -> tuple[int, int] | None:
        if self.coach is None or self.coachee is None:
            return None
        if self.coach.withheld or self.coach.percent is None or self.coachee.percent is None:
            return None
        return self.coach.percent, self.coachee.percent

    @property
    def coach_interval(self) -> str | None:
        """The 90 % interval of the coach's share, in words."""
        return interval(self.coach) if self.coach and not self.withheld else None

    @property
    def unattributed(self) -> str | None:
        """Words that belong to nobody in particular, with their part of all words."""
        if self.coach is None or not self.coach.unattributed:
            return None
        lost = self.coach.unattributed
        return f"{plural(lost, 'word')} ({percent_of(lost, lost + self.total)})"

    def bar(self) -> Bar:
        """The line as a bar of a chart."""
        percents = self._percents()
        if self.coach is None or self.absent:
            return Bar(self.label, self.missing, None)
        if percents is None:
            return Bar(self.label, f"{plural(self.total, 'word')}, share {WITHHELD}", None)
        return Bar(
            label=self.label,
            note=plural(self.total, "word"),
            coach=self.coach.words / self.coach.total,
            low=self.coach.low,
            high=self.coach.high,
            left=f"{percents[0]}{PERCENT}",
            right=f"{percents[1]}{PERCENT}",
        )

    def sentence(self) -> str:
        """The line for a reader who does not see the chart."""
        percents = self._percents()
        if percents is None:
            return f"{self.label}: {self.missing if self.absent else 'share ' + WITHHELD}."
        reach = f" (90 % interval {self.coach_interval})" if self.coach_interval else ""
        return f"{self.label}: coach {percents[0]}{PERCENT}{reach}, coachee {percents[1]}{PERCENT}."


def share_lines(
    conversation: Conversation, shares: Sequence[Share] | None = None
) -> tuple[ShareLine, ...]:
    """The whole session first, then every phase, found or not.

    ``shares`` are other ones than those that count.
    """
    chosen = conversation.shares if shares is None else shares
    found = {(share.phase, share.role): share for share in chosen}
    names = phase_names(conversation)
    return tuple(
        ShareLine(
            part,
            found.get((part, Role.COACH)),
            found.get((part, Role.COACHEE)),
            WHOLE_SESSION if part is None else names[part],
            NOT_LOOKED_FOR if part in conversation.segmentation.without else NOT_FOUND,
        )
        for part in PARTS
    )


@dataclass(frozen=True, slots=True)
class Fact:
    """One row of the table of the whole session."""

    label: str
    coach: str
    coachee: str


def session_facts(line: ShareLine) -> tuple[Fact, ...]:
    """The counts behind the session's share; what is not known is left out."""
    if line.coach is None or line.coachee is None:
        return ()
    pairs = {
        "Words": _words,
        "Share of the words": _percent,
        "90 % interval": _interval,
        "Share without “mm-hm” and the like": _without_backchannels,
        "Speaking time": _speaking,
        "Turns": _turns,
        "Median turn": _median,
        "Longest turn": _longest,
    }
    facts = (Fact(name, tell(line.coach), tell(line.coachee)) for name, tell in pairs.items())
    return tuple(fact for fact in facts if fact.coach or fact.coachee)


def _words(share: Share) -> str:
    return f"{share.words:,}"


def _percent(share: Share) -> str:
    if share.withheld or share.percent is None:
        return WITHHELD if share.total else ""
    return f"{share.percent}{PERCENT}"


def _interval(share: Share) -> str:
    return "" if share.withheld else interval(share) or ""


def _without_backchannels(share: Share) -> str:
    if share.withheld:
        return ""
    part = percent_of(share.words_without_backchannels, share.total_without_backchannels)
    return f"{part} of {share.total_without_backchannels:,}" if part else ""


def _speaking(share: Share) -> str:
    if share.seconds is None:
        return ""
    part = percent_of(share.seconds, share.total_seconds or 0)
    return clock(share.seconds) + (f" ({part})" if part else "")


def _turns(share: Share) -> str:
    return f"{share.turns:,}"


def _median(share: Share) -> str:
    return "" if share.median_turn_words is None else f"{share.median_turn_words:g} words"


def _longest(share: Share) -> str:
    return "" if share.longest_turn_words is None else plural(share.longest_turn_words, "word")
