"""Who is the coach: by a person's word, a known voice, or what is said. Never by who talks less.

How much each person talks is what the program measures; a guess from it would decide the result
beforehand. Cues are counted in turns, and what counts is only which kinds of cue a speaker uses
more than that speaker's other cues, so that talking more or longer changes nothing.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from pydantic import Field

from convo.conversation.cues import Cues, RoleCue, plain
from convo.errors import ConfigError, did_you_mean
from convo.options import Options
from convo.transcript import Role, RoleAssignment, Turn


class RolesOptions(Options):
    """When the program trusts its answer.

    Below ``review_probability`` a person is asked; this sends few sessions to review and almost
    no wrong answer past it. ``edge`` is the part of the turns that counts as opening or closing.
    ``prior_hits`` is added to every count, so that a handful of turns proves little.
    """

    review_probability: float = Field(default=0.9, ge=0.5, le=1)
    edge: float = Field(default=0.2, gt=0, le=0.5)
    prior_hits: float = Field(default=1.0, gt=0)


def assign_roles(
    turns: Sequence[Turn],
    cues: Cues,
    options: RolesOptions | None = None,
    coach_is: str | None = None,
    known: Mapping[str, float] | None = None,
    channels: Mapping[str, Role] | None = None,
) -> RoleAssignment:
    """Coach and coachee among the speakers of ``turns``.

    The first that settles it wins: ``coach_is``, the label that a person named; ``channels``, the
    role of each speaker as the user described the recording's channels; ``known``, for each
    speaker the probability of having the coach's voice; and the words. An uncertain answer is
    still the more probable one, with a reason in ``review``. Of three or more speakers the two
    with most words are the pair, the others get the role OTHER.

    Raises:
        ConfigError: ``coach_is`` is not among the speakers.
    """
    options = options or RolesOptions()
    words: Counter[str] = Counter()
    for turn in turns:
        if turn.speaker is not None:
            words[turn.speaker] += turn.word_count
    if coach_is is not None and coach_is not in words:
        raise ConfigError(
            f"no speaker is called {coach_is!r}: {did_you_mean(coach_is, words)}, "
            f"the speakers are {', '.join(sorted(words)) or 'none'}"
        )
    if not words:
        return RoleAssignment({}, 0.5, "talk", review=("nobody speaks: no roles",))
    pair = _pair(words, coach_is, channels or {})
    review = _headcount(words, pair)
    others = {speaker: Role.OTHER for speaker in words if speaker not in pair}
    if len(pair) == 1:
        return _alone(pair[0], coach_is, channels or {}, review)
    answer = _settled(pair, coach_is, channels or {}) or _judged(turns, pair, cues, options, known)
    return RoleAssignment(
        roles={**answer.roles, **others},
        probability=answer.probability,
        source=answer.source,
        evidence=answer.evidence,
        review=review + answer.review,
    )


def with_roles(turns: Sequence[Turn], assignment: RoleAssignment) -> tuple[Turn, ...]:
    """The same turns, each spoken in the role of its speaker (None for nobody's turns).

    >>> told = RoleAssignment({"A": Role.COACH}, 1.0, "person")
    >>> [turn.role for turn in with_roles([Turn(1, "A", "Hi."), Turn(2, None, "So.")], told)]
    [<Role.COACH: 'coach'>, None]
    """
    return tuple(
        turn.played_by(None if turn.speaker is None else assignment.roles.get(turn.speaker))
        for turn in turns
    )


def coach_log_odds(
    turns: Sequence[Turn], pair: tuple[str, str], cues: Cues, options: RolesOptions
) -> tuple[float, tuple[tuple[RoleCue, int, int, float], ...]]:
    """Log-odds that the first of ``pair`` is the coach, and each cue's hits and part in it.

    Exchanging the two turns the sign; multiplying all cue counts of one speaker changes nothing.
    """
    said = [(turn.speaker, plain(turn.text)) for turn in turns]
    counts = [(cue, *_hits(said, pair, cue, options)) for cue in cues.roles.cues]
    if not counts:
        return 0.0, ()
    ratios = [
        math.log((first + options.prior_hits) / (second + options.prior_hits))
        for _, first, second in counts
    ]
    middle = sum(ratios) / len(ratios)
    parts = tuple(
        (cue, first, second, cue.weight * (ratio - middle))
        for (cue, first, second), ratio in zip(counts, ratios, strict=True)
    )
    return sum(part for *_, part in parts), parts


def _pair(
    words: Counter[str], coach_is: str | None, channels: Mapping[str, Role]
) -> tuple[str, ...]:
    """The two who matter: those a person named first, then those with most words."""
    told = {name for name, role in channels.items() if role is not Role.OTHER}
    named = [name for name in words if name == coach_is or name in told]
    rest = sorted(words, key=lambda name: (-words[name], name))
    return tuple(dict.fromkeys([*sorted(named, key=lambda name: name != coach_is), *rest]))[:2]


def _headcount(words: Counter[str], pair: tuple[str, ...]) -> tuple[str, ...]:
    if len(pair) == 1:
        return (f"only one speaker, {pair[0]}, was heard: nobody to coach or to be coached",)
    if len(words) > 2:
        others = ", ".join(sorted(set(words) - set(pair)))
        return (f"{len(words)} speakers: {others} taken to be neither coach nor coachee",)
    return ()


def _alone(
    speaker: str, coach_is: str | None, channels: Mapping[str, Role], review: tuple[str, ...]
) -> RoleAssignment:
    if coach_is == speaker:
        return RoleAssignment({speaker: Role.COACH}, 1.0, "person", review=review)
    if speaker in channels:
        return RoleAssignment({speaker: channels[speaker]}, 1.0, "channel", review=review)
    return RoleAssignment({}, 0.5, "talk", review=review)


def _settled(
    pair: tuple[str, ...], coach_is: str | None, channels: Mapping[str, Role]
) -> RoleAssignment | None:
    """The answer, if a person gave it."""
    if coach_is is not None:
        coachee = next(name for name in pair if name != coach_is)
        return _answer(coach_is, coachee, 1.0, "person")
    told = {channels.get(name): name for name in pair if name in channels}
    coach, coachee_name = told.get(Role.COACH), told.get(Role.COACHEE)
    if coach is None and coachee_name is None:
        return None
    coach = coach or next(name for name in pair if name != coachee_name)
    return _answer(coach, next(name for name in pair if name != coach), 1.0, "channel")


def _judged(
    turns: Sequence[Turn],
    pair: tuple[str, ...],
    cues: Cues,
    options: RolesOptions,
    known: Mapping[str, float] | None,
) -> RoleAssignment:
    """The more probable answer by voice and words, with its probability."""
    first, second = sorted(pair)  # an order that does not depend on who talks more
    talk, parts = coach_log_odds(turns, (first, second), cues, options)
    voice = _voice_log_odds(first, second, known or {})
    sure = math.log(options.review_probability / (1 - options.review_probability + 1e-12))
    decisive = abs(voice) >= sure and voice != 0
    odds = voice if decisive else voice + talk
    coach, coachee = (first, second) if odds >= 0 else (second, first)
    probability = _logistic(abs(odds))
    review: tuple[str, ...] = ()
    if decisive and voice * talk < 0 and abs(talk) >= sure:
        review = (f"the voice says {coach} is the coach, the words speak for {coachee}",)
    if probability < options.review_probability:
        review = (
            f"{coach} is the coach with probability {probability:.0%} only: say who is the coach",
        )
    evidence = _evidence(parts, first, second, coach)
    if voice:
        evidence = (f"{coach}: voice, {_logistic(abs(voice)):.0%}", *evidence)
    source = "voice" if decisive else "talk"
    return _answer(coach, coachee, probability, source, evidence, review)


def _answer(
    coach: str,
    coachee: str,
    probability: float,
    source: str,
    evidence: tuple[str, ...] = (),
    review: tuple[str, ...] = (),
) -> RoleAssignment:
    roles = {coach: Role.COACH, coachee: Role.COACHEE}
    return RoleAssignment(roles, probability, source, evidence, review)


def _voice_log_odds(first: str, second: str, known: Mapping[str, float]) -> float:
    """The mean of what is known of each voice; 0 when neither is known.

    Both probabilities answer one question (which of the two is the coach), so they do not add up.
    """

    def log_odds(name: str) -> float:
        chance = min(max(known[name], 1e-6), 1 - 1e-6)
        return math.log(chance / (1 - chance))

    signs = ((first, 1.0), (second, -1.0))
    told = [sign * log_odds(name) for name, sign in signs if name in known]
    return sum(told) / len(told) if told else 0.0


def _hits(
    said: Sequence[tuple[str | None, str]],
    pair: tuple[str, str],
    cue: RoleCue,
    options: RolesOptions,
) -> tuple[int, int]:
    """Turns of each of the pair in which the cue is found."""
    edge = math.ceil(len(said) * options.edge)
    heard = {"opening": said[:edge], "closing": said[len(said) - edge :]}.get(cue.where, said)
    found = [speaker for speaker, text in heard if speaker in pair and cue.found(text)]
    return found.count(pair[0]), found.count(pair[1])


def _evidence(
    parts: tuple[tuple[RoleCue, int, int, float], ...], first: str, second: str, coach: str
) -> tuple[str, ...]:
    """The three cues that weigh most for the answer, in words."""
    sign = 1.0 if coach == first else -1.0
    strongest = sorted(parts, key=lambda part: -sign * part[3])[:3]
    return tuple(
        f"{cue.name}: {first} in {mine} turns, {second} in {theirs}"
        for cue, mine, theirs, part in strongest
        if sign * part > 0
    )


def _logistic(odds: float) -> float:
    return 1.0 / (1.0 + math.exp(-min(odds, 500.0)))
