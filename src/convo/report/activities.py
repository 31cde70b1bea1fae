"""Inter-sessional activities as reports show them: candidates, each with its words and turns.

Nobody is counted up: a report says what was set and whether it was spoken about, no more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from convo.between import Activity, FollowUp
from convo.report.spans import axis_of
from convo.report.wording import around, shortened
from convo.transcript import Conversation, Role, Turn

MANY = 3
"""More in one session get a gentle note: the people who were asked want few."""
_QUOTE_CHARACTERS = 160
_LED = {"coach": "by the coach", "client": "by the coachee", "collaborative": "by both together"}
_KINDS = {"do": "to do", "reflect": "to reflect on", "mixed": "to do and to reflect on"}
_STATUS = {
    "done": "said to be done",
    "partly": "said to be done in part",
    "not_done": "said not to be done",
    "changed": "said to have changed",
    "not_said": "what came of it is not said",
}


@dataclass(frozen=True, slots=True)
class Quote:
    """The words of one turn, and where it stands."""

    turn: int
    place: str
    who: str
    text: str


@dataclass(frozen=True, slots=True)
class ActivityView:
    """One candidate: where it was settled, in whose words, and what seems to be true of it.

    ``start`` and ``end`` are seconds, None without times; ``by`` is who says that it is one.
    """

    number: int
    quotes: tuple[Quote, ...]
    facts: tuple[str, ...]
    start: float | None = None
    end: float | None = None
    by: str = ""


@dataclass(frozen=True, slots=True)
class FollowUpView:
    """One activity of the session before: spoken about in this one, or not spoken about."""

    set_by: ActivityView
    spoken: bool
    words: str
    quote: Quote | None


def activity_views(conversation: Conversation) -> tuple[ActivityView, ...]:
    """The candidates of one session, in the order in which they are settled."""
    return tuple(
        _view(number, activity, conversation)
        for number, activity in enumerate(conversation.activities, start=1)
    )


def follow_up_views(
    earlier: Conversation, later: Conversation, follow_ups: Sequence[FollowUp]
) -> tuple[FollowUpView, ...]:
    """What the later session says of each activity of the earlier one."""
    views = activity_views(earlier)
    return tuple(_follow_up(views[one.activity - 1], one, later) for one in follow_ups)


def _view(number: int, activity: Activity, conversation: Conversation) -> ActivityView:
    turns = dict.fromkeys((activity.start_turn, activity.set_turn))
    times = {turn.number: turn for turn in conversation.turns}
    first, last = times.get(activity.start_turn), times.get(activity.end_turn)
    return ActivityView(
        number,
        tuple(quote(conversation, turn) for turn in turns),
        tuple(_facts(activity)),
        first.start if first else None,
        last.end if last else None,
        activity.by or "",
    )


def _facts(activity: Activity) -> list[str]:
    facts = [f"seems led {_LED[activity.led]}", f"seems something {_KINDS[activity.type]}"]
    if activity.term:
        facts.append(f"called “{activity.term}”")
    if activity.rushed:
        facts.append("set as time ran out")
    if activity.load:
        facts.append("the coachee speaks of much to do")
    return facts


def _follow_up(view: ActivityView, one: FollowUp, later: Conversation) -> FollowUpView:
    if not one.spoken or one.turn is None:
        return FollowUpView(view, False, "not spoken about, as far as was found", None)
    by = {Role.COACH: ", first by the coach", Role.COACHEE: ", first by the coachee"}
    first = by.get(one.by, "") if one.by else ""
    words = f"spoken about{first}; {_STATUS[one.status]}"
    return FollowUpView(view, True, words, quote(later, one.turn))


def quote(
    conversation: Conversation, number: int, near: str = "", most: int = _QUOTE_CHARACTERS
) -> Quote:
    """The words of turn ``number``, shortened to those ``near`` some words, and where it stands."""
    turn: Turn = next(turn for turn in conversation.turns if turn.number == number)
    axis = axis_of(conversation)
    who = {Role.COACH: "Coach", Role.COACHEE: "Coachee"}.get(turn.role) if turn.role else None
    return Quote(
        number,
        axis.place(number) if axis.timed else "",
        who or "Voice",
        around(turn.text, near, most) if near else shortened(turn.text, most),
    )
