"""Figures of a programme for those who lead it: never of fewer than five coachees.

Nobody can be found in them, nor in the difference between two of them: there is nothing to filter
by, every figure rests on all coachees or on a part that leaves out none or five of them, and a new
answer is given only when it differs from every earlier one in none or five coachees.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean, quantiles

from filelock import FileLock

from convo.database.store import Store
from convo.files import load, save
from convo.labels import Phase

SMALLEST = 5
"""Coachees that a figure must rest on, and the step of what is rounded."""
_QUARTERS = 4 * SMALLEST  # so that each quarter holds five

_FACTS = """
    with spoken as (
        select recording_id, map_from_entries(list((phase, words))) as words from (
            select recording_id, phase, max(total_words) as words from share
            where phase is not null group by all) group by all
    ), whole as (
        select recording_id, max(percent) as percent from share
        where phase is null and role = 'coach' group by all
    ), agreed as (select recording_id, list(type) as types from activity group by all)
    select s.programme, s.coachee, s.coach, s.recording_id, r.run, r.duration_s / 60,
           whole.percent, spoken.words, agreed.types
    from session s join recording r using (recording_id)
    left join whole using (recording_id) left join spoken using (recording_id)
    left join agreed using (recording_id) where s.programme <> ''"""


@dataclass(frozen=True, slots=True)
class Fact:
    """What one session adds to its programme; ``words`` by phase."""

    coachee: str
    coach: str
    recording_id: str
    run: str
    minutes: float
    coach_percent: float | None
    words: Mapping[str, int]
    activities: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Spread:
    """A mean over coachees in percent, each counting once; the middle half from 20 coachees on."""

    name: str
    percent: int
    low: int | None = None
    high: int | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """What is told of a programme. Everything is rounded to steps of five, or left out (None)."""

    coachees: int
    sessions: int
    minutes: int
    phases: tuple[Spread, ...]
    coach_share: Spread | None
    activity_types: tuple[Spread, ...]


@dataclass(frozen=True, slots=True)
class Published:
    """An answer that was given; ``state`` has a mark of every coachee's sessions as they were."""

    figures: Figures
    state: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Book:
    """All answers that were ever given, by programme, oldest first."""

    answers: Mapping[str, tuple[Published, ...]] = field(default_factory=dict)


def facts(store: Store) -> dict[str, list[Fact]]:
    """What every session adds, by programme."""
    found: dict[str, list[Fact]] = {}
    for programme, coachee, coach, recording, run, minutes, percent, words, kinds in store.rows(
        _FACTS
    ):
        one = Fact(
            coachee, coach, recording, run, minutes, percent, words or {}, tuple(kinds or ())
        )
        found.setdefault(programme, []).append(one)
    return found


def published(
    path: Path, current: Mapping[str, Sequence[Fact]], secret: bytes
) -> dict[str, Figures]:
    """What may be told now of every programme; ``path`` is the book of answers given before.

    A programme that has (or had) fewer than five coachees is not in it.
    """
    with FileLock(path.with_name(f"{path.name}.lock"), timeout=30):
        book = load(path, Book) if path.is_file() else Book()
        answers = dict(book.answers)
        for name, sessions in current.items():
            state = _state(sessions, secret)
            if may_follow(state, [one.state for one in answers.get(name, ())]):
                new = Published(figures_of(sessions), state)
                answers[name] = (*answers.get(name, ()), new)
        if answers != book.answers:
            save(path, Book(answers))
    there = {name: answers[name][-1] for name in answers if name in current}
    return {
        name: one.figures
        for name, one in sorted(there.items())
        if len({fact.coachee for fact in current[name]}) >= SMALLEST
    }


def may_follow(state: Mapping[str, str], earlier: Sequence[Mapping[str, str]]) -> bool:
    """Whether figures of ``state`` may be given after those of ``earlier`` ones.

    >>> five = {name: "1" for name in "abcde"}
    >>> may_follow(five, []), may_follow(five | {"f": "1"}, [five])
    (True, False)
    """
    if len(state) < SMALLEST:
        return False
    if any(dict(state) == dict(one) for one in earlier[-1:]):
        return False  # nothing new
    return all(_far(_changed(state, one)) for one in earlier)


def figures_of(sessions: Sequence[Fact]) -> Figures:
    """The figures of a programme of five coachees or more."""
    by_coachee: dict[str, list[Fact]] = {}
    for one in sessions:
        by_coachee.setdefault(one.coachee, []).append(one)
    return Figures(
        coachees=len(by_coachee) // SMALLEST * SMALLEST,
        sessions=max(SMALLEST, _rounded(len(sessions))),
        minutes=_rounded(mean(mean(f.minutes for f in own) for own in by_coachee.values())),
        phases=_phases(by_coachee),
        coach_share=_coach_share(by_coachee),
        activity_types=_activity_types(by_coachee),
    )


def _phases(by_coachee: Mapping[str, Sequence[Fact]]) -> tuple[Spread, ...]:
    """Part of the words in each phase; a phase that a session does not have is none of it."""
    spoken = {
        who: totals
        for who, own in by_coachee.items()
        if sum((totals := _added(fact.words for fact in own)).values())
    }
    if not _tellable(spoken, by_coachee):
        return ()
    return tuple(
        _spread(
            phase.value,
            [100 * totals.get(phase.value, 0) / sum(totals.values()) for totals in spoken.values()],
        )
        for phase in Phase
    )


def _coach_share(by_coachee: Mapping[str, Sequence[Fact]]) -> Spread | None:
    """With fewer than five coaches this would be about one of them."""
    shares = {
        who: mean(known)
        for who, own in by_coachee.items()
        if (known := [f.coach_percent for f in own if f.coach_percent is not None])
    }
    coaches = {f.coach for own in by_coachee.values() for f in own}
    if len(coaches) < SMALLEST or not _tellable(shares, by_coachee):
        return None
    return _spread("coach", list(shares.values()))


def _activity_types(by_coachee: Mapping[str, Sequence[Fact]]) -> tuple[Spread, ...]:
    """Of all activities, which part is of which type; all types can be told, or none."""
    kinds = {who: [kind for f in own for kind in f.activities] for who, own in by_coachee.items()}
    having = {who: kind for who, kind in kinds.items() if kind}
    names = sorted({name for found in having.values() for name in found})
    parts = [{who for who, found in having.items() if name in found} for name in names]
    if not _tellable(having, by_coachee) or not all(_tellable(p, having) for p in parts):
        return ()
    return tuple(
        _spread(name, [100 * found.count(name) / len(found) for found in having.values()])
        for name in names
    )


def _tellable(part: Collection[str], whole: Collection[str]) -> bool:
    """Whether a figure of ``part`` can stand beside one of ``whole``."""
    return len(part) >= SMALLEST and _far(set(whole) - set(part))


def _far(different: Collection[str]) -> bool:
    return not different or len(different) >= SMALLEST


def _changed(one: Mapping[str, str], other: Mapping[str, str]) -> set[str]:
    return {who for who in {*one, *other} if one.get(who) != other.get(who)}


def _spread(name: str, values: Sequence[float]) -> Spread:
    if len(values) < _QUARTERS:
        return Spread(name, _rounded(mean(values)))
    low, _, high = quantiles(values, n=4)
    return Spread(name, _rounded(mean(values)), _rounded(low), _rounded(high))


def _rounded(value: float) -> int:
    return SMALLEST * round(value / SMALLEST)


def _added(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for one in counts:
        for name, number in one.items():
            total[name] = total.get(name, 0) + number
    return total


def _state(sessions: Sequence[Fact], secret: bytes) -> dict[str, str]:
    """A mark for each coachee, and one for what their sessions are: another if anything changed."""
    runs: dict[str, list[str]] = {}
    for one in sessions:
        runs.setdefault(one.coachee, []).append(f"{one.recording_id} {one.run} {one.coach}")
    return {
        hmac.new(secret, who.encode(), "sha256").hexdigest()[:24]: hashlib.sha256(
            "\n".join(sorted(own)).encode()
        ).hexdigest()[:16]
        for who, own in runs.items()
    }
