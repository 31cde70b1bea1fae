"""Figures of a programme: nobody can be found in them, not even by subtracting answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from convo.database import programmes
from convo.database.artefacts import write_conversation
from convo.database.programmes import Book, Fact, facts, figures_of, published
from convo.database.store import Store
from convo.files import load
from tests.database.conversations import make_conversation


def fact(coachee: str, n: int = 1, run: str = "1", coach: str | None = None, **other) -> Fact:
    made = Fact(
        coachee, coach or f"coach of {coachee}", f"{coachee}-{n}", run, 42.0, 37.0,
        {"orientation": 100, "scrutiny": 300}, ("do",),
    )  # fmt: skip
    return replace(made, **other)


def some(count: int, **other) -> list[Fact]:
    return [fact(f"p{n}", **other) for n in range(count)]


def told(path: Path, sessions: Sequence[Fact]) -> object:
    return published(path / "book.json", {"A": sessions}, b"key").get("A")


def test_fewer_than_five_coachees_are_never_told(tmp_path: Path) -> None:
    many = [fact(f"p{n % 4}", n) for n in range(40)]
    assert told(tmp_path, many) is None
    assert told(tmp_path, some(5)) is not None
    assert told(tmp_path, some(4)) is None  # nor when they become fewer


def test_no_figure_is_exact(tmp_path: Path) -> None:
    for count in range(5, 60):
        figures = figures_of(some(count, minutes=count / 3))
        numbers = [figures.coachees, figures.sessions, figures.minutes]
        numbers += [x for s in figures.phases for x in (s.percent, s.low or 0, s.high or 0)]
        assert all(number % 5 == 0 for number in numbers)


def test_one_coachee_with_many_sessions_counts_once() -> None:
    loud = [fact("p0", n, words={"frame": 10_000}) for n in range(50)]
    phases = {s.name: s.percent for s in figures_of([*some(5)[1:], *loud]).phases}
    assert phases == {"orientation": 20, "scrutiny": 60, "co-construction": 0, "frame": 20}


def test_the_middle_half_needs_twenty_coachees() -> None:
    assert figures_of(some(19)).phases[0].low is None
    assert figures_of(some(20)).phases[0].low is not None


def test_the_share_of_coaches_needs_five_of_them() -> None:
    assert figures_of(some(9, coach="Maeve")).coach_share is None
    assert figures_of(some(5)).coach_share.percent == 35


@pytest.mark.parametrize("without", range(1, 9))
def test_a_figure_that_leaves_out_a_few_is_left_out_itself(without: int) -> None:
    sessions = [
        replace(one, coach_percent=None, words={}, activities=()) if n < without else one
        for n, one in enumerate(some(12))
    ]
    figures = figures_of(sessions)
    tellable = 5 <= without <= 7
    assert (figures.coach_share is not None) == tellable
    assert bool(figures.phases) == tellable and bool(figures.activity_types) == tellable


def test_types_of_activities_are_told_together_or_not_at_all() -> None:
    rare = [fact(f"q{n}", activities=("mixed", "do")) for n in range(3)]
    assert figures_of([*some(9), *rare]).activity_types == ()
    often = [fact(f"q{n}", activities=("mixed", "do")) for n in range(5)]
    types = figures_of([*some(9), *often]).activity_types
    assert [(s.name, s.percent) for s in types] == [("do", 80), ("mixed", 20)]


changes = st.lists(
    st.tuples(
        st.sampled_from(["A", "B"]), st.integers(0, 14), st.integers(1, 2),
        st.sampled_from(["1", "2", "gone"]),
    ),
    min_size=5, max_size=80,
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(changes)
def test_no_two_answers_differ_in_fewer_than_five(tmp_path_factory, steps) -> None:
    """Sessions come, change, move to another programme and go; all answers are kept."""
    book = tmp_path_factory.mktemp("book") / "book.json"
    kept: dict[tuple[int, int], tuple[str, str]] = {}
    for programme, who, n, run in steps:
        kept.pop((who, n), None)
        if run != "gone":
            kept[who, n] = (programme, run)
        current: Mapping[str, list[Fact]] = {"A": [], "B": []}
        for (one, number), (where, version) in kept.items():
            current[where].append(fact(f"p{one}", number, version))
        published(book, {name: own for name, own in current.items() if own}, b"key")
    answers = load(book, Book).answers if book.is_file() else {}
    for given_ones in answers.values():
        states = [dict(one.state) for one in given_ones]
        assert all(len(state) >= 5 for state in states)
        for one, other in combinations(states, 2):
            differing = {who for who in {*one, *other} if one.get(who) != other.get(who)}
            assert not differing or len(differing) >= 5


def test_answers_do_come_with_time(tmp_path: Path) -> None:
    first = told(tmp_path, some(5))
    assert told(tmp_path, [*some(5), *(fact(f"q{n}", minutes=90.0) for n in range(4))]) == first
    later = told(tmp_path, [*some(5), *(fact(f"q{n}", minutes=90.0) for n in range(5))])
    assert later != first and later.coachees == 10


def test_the_book_holds_no_name(tmp_path: Path) -> None:
    told(tmp_path, [fact(f"Hannah {n}") for n in range(6)])
    assert "Hannah" not in (tmp_path / "book.json").read_text(encoding="utf-8")


def test_facts_come_from_the_store(tmp_path: Path) -> None:
    root = tmp_path / "artefacts"
    for number in range(1, 6):
        made = make_conversation(name=f"{number}", coachee=f"c{number}", coach=f"k{number}")
        write_conversation(root, made)
    write_conversation(root, make_conversation(name="other", programme=""))
    store = Store(tmp_path / "convo.duckdb")
    store.rebuild(root)
    found = facts(store)
    assert list(found) == ["language in the classroom"] and len(found[next(iter(found))]) == 5
    figures = published(tmp_path / "book.json", found, b"key")["language in the classroom"]
    assert sum(spread.percent for spread in figures.phases) in range(90, 115)
    assert figures.coach_share and figures.sessions == 5
    (row,) = store.query("from v_programme_min5").rows
    assert row[:3] == ("language in the classroom", 5, figures.sessions)
    assert row[4] == figures.coach_share.percent and programmes.SMALLEST == 5
    write_conversation(root, make_conversation(name="5", coachee="c5", coach="k1"))
    store.rebuild(root)  # four coaches
    assert store.query("select coach_percent_about from v_programme_min5").rows == ((None,),)
    write_conversation(root, make_conversation(name="5", coachee="c4", coach="k5"))
    store.rebuild(root)  # four coachees
    assert store.query("from v_programme_min5").rows == ()
