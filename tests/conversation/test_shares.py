"""Shares: the counting rule, its laws, and when a share is not shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convo.conversation.shares import SharesOptions, largest_remainder, shares
from convo.errors import TranscriptError
from convo.resources import resource
from convo.transcript import (
    Phase,
    PhaseSpan,
    Role,
    Segmentation,
    Share,
    SpeakerSegment,
    Turn,
)

QUICK = SharesOptions(resamples=50)
ROLES = {"A": Role.COACH, "B": Role.COACHEE}
SAMPLES = sorted(Path(resource("data/samples")).glob("*/turns.json"))


def talk(*rows: tuple[str | None, str], seconds: float = 10.0) -> tuple[Turn, ...]:
    """Turns of ``seconds`` each, one after the other."""
    return tuple(
        Turn(n, who, text, (n - 1) * seconds, n * seconds - 1.0, ROLES.get(who or ""))
        for n, (who, text) in enumerate(rows, start=1)
    )


def words(count: int) -> str:
    return " ".join(["word"] * count)


def segmentation(*labels: Phase, samples: tuple[tuple[Phase, ...], ...] = ()) -> Segmentation:
    spans: list[PhaseSpan] = []
    for number, label in enumerate(labels, start=1):
        if spans and spans[-1].phase is label:
            spans[-1] = PhaseSpan(label, spans[-1].start_turn, number)
        else:
            spans.append(PhaseSpan(label, number, number))
    rows = tuple({phase: float(phase is label) for phase in Phase} for label in labels)
    return Segmentation(tuple(spans), (), rows, "by hand", samples)


def row(found: tuple[Share, ...], phase: Phase | None, role: Role) -> Share:
    return next(one for one in found if one.phase is phase and one.role is role)


@pytest.mark.parametrize(("coach", "coachee"), [(370, 630), (580, 420), (360, 640)])
def test_the_three_sessions_of_table_3(coach: int, coachee: int) -> None:
    turns = talk(*[("A", words(coach // 10)), ("B", words(coachee // 10))] * 10)
    found = shares(turns, segmentation(*[Phase.SCRUTINY] * 20), options=QUICK)
    assert row(found, None, Role.COACH).percent == coach // 10
    assert row(found, None, Role.COACHEE).percent == coachee // 10


@pytest.mark.parametrize(
    ("counts", "percents"),
    [((1, 2), (33, 67)), ((1, 1, 1), (34, 33, 33)), ((0, 7), (0, 100)), ((0, 0), (0, 0))],
)
def test_largest_remainder_on_known_counts(
    counts: tuple[int, ...], percents: tuple[int, ...]
) -> None:
    assert largest_remainder(counts) == percents


@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=6))
def test_whole_percents_sum_to_100_and_are_never_a_point_off(counts: list[int]) -> None:
    found = largest_remainder(counts)
    total = sum(counts)
    assert sum(found) == (100 if total else 0)
    if total:
        assert all(abs(p - 100 * c / total) < 1 for p, c in zip(found, counts, strict=True))


def test_a_negative_count_is_an_error() -> None:
    with pytest.raises(TranscriptError, match="-1"):
        largest_remainder([-1, 3])


TURN_ROWS = st.lists(
    st.tuples(
        st.sampled_from(["A", "B", "C", None]), st.integers(0, 60), st.sampled_from(list(Phase))
    ),
    max_size=25,
)


@settings(max_examples=50, deadline=None)
@given(TURN_ROWS)
def test_laws_of_counting(rows: list[tuple[str | None, int, Phase]]) -> None:
    turns = talk(*[(who, words(count)) for who, count, _ in rows])
    labels = [label for *_, label in rows]
    found = shares(turns, segmentation(*labels), options=QUICK)
    both = sum(turn.word_count for turn in turns if turn.role is not None)
    session = [row(found, None, role) for role in (Role.COACH, Role.COACHEE)]
    assert sum(one.words for one in session) == session[0].total == session[1].total == both
    for role in (Role.COACH, Role.COACHEE):
        parts = [one for one in found if one.role is role and one.phase is not None]
        assert {one.phase for one in parts} == set(labels)
        for name in ("words", "total", "turns", "unattributed", "words_without_backchannels"):
            assert sum(getattr(one, name) for one in parts) == getattr(row(found, None, role), name)
    for phase in {None, *labels}:
        coach, coachee = (row(found, phase, role) for role in (Role.COACH, Role.COACHEE))
        assert coach.withheld == coachee.withheld
        if coach.withheld:
            assert coach.percent is coachee.percent is coach.low is coach.high is None
            assert coach.caution
        else:
            assert coach.percent is not None and coachee.percent is not None
            assert coach.percent + coachee.percent == 100
            assert coach.low is not None and coach.high is not None
            assert 0 <= coach.low <= coach.words / coach.total <= coach.high <= 1
            assert coachee.low == pytest.approx(1 - coach.high)


def test_a_third_person_and_nobody_are_beside_the_total_never_inside() -> None:
    turns = talk(("A", words(300)), ("B", words(700)), ("C", words(500)), (None, words(40)))
    found = row(shares(turns, segmentation(*[Phase.FRAME] * 4), options=QUICK), None, Role.COACH)
    assert (found.words, found.total, found.unattributed, found.percent) == (300, 1000, 40, 30)
    assert not found.caution


@pytest.mark.parametrize(
    ("lost", "withheld", "caution"),
    [(50, False, None), (60, False, "6%"), (170, False, "15%"), (190, True, "16%")],
)
def test_unattributed_words_caution_and_withhold(
    lost: int, withheld: bool, caution: str | None
) -> None:
    turns = talk(("A", words(400)), ("B", words(600)), (None, words(lost)))
    found = shares(turns, segmentation(*[Phase.SCRUTINY] * 3), options=QUICK)
    for phase in (None, Phase.SCRUTINY):
        one = row(found, phase, Role.COACH)
        assert one.withheld is withheld
        assert one.words == 400
        if caution is None:
            assert one.caution is None
        else:
            assert caution in str(one.caution)


def test_a_phase_of_few_words_is_counted_and_withheld() -> None:
    turns = talk(("A", words(40)), ("B", words(60)), ("A", words(200)), ("B", words(200)))
    labels = (Phase.ORIENTATION,) * 2 + (Phase.SCRUTINY,) * 2
    found = shares(turns, segmentation(*labels), options=QUICK)
    short = row(found, Phase.ORIENTATION, Role.COACH)
    assert (short.words, short.total, short.withheld, short.percent) == (40, 100, True, None)
    assert "100 words" in str(short.caution)
    assert row(found, Phase.SCRUTINY, Role.COACH).percent == 50


def test_uncertain_boundaries_withhold_a_phase_and_never_the_session() -> None:
    turns = talk(
        *[("A", words(100)), ("B", words(10))] * 3, *[("A", words(10)), ("B", words(100))] * 3
    )
    early = (Phase.SCRUTINY,) * 6 + (Phase.CO_CONSTRUCTION,) * 6
    late = (Phase.SCRUTINY,) * 11 + (Phase.CO_CONSTRUCTION,) * 1
    sure = shares(turns, segmentation(*early, samples=(early,) * 10), options=QUICK)
    unsure = shares(turns, segmentation(*early, samples=(early, late) * 5), options=QUICK)
    assert not row(sure, Phase.SCRUTINY, Role.COACH).withheld
    withheld = row(unsure, Phase.SCRUTINY, Role.COACH)
    assert withheld.withheld
    assert "boundaries" in str(withheld.caution)
    assert row(unsure, None, Role.COACH).percent == 50


def test_more_talk_of_the_same_kind_narrows_the_interval() -> None:
    pattern = [("A", words(30)), ("B", words(5)), ("A", words(3)), ("B", words(50))]
    widths = []
    for repeats in (3, 30):
        turns = talk(*pattern * repeats)
        one = row(
            shares(turns, segmentation(*[Phase.SCRUTINY] * len(turns)), options=QUICK),
            None,
            Role.COACH,
        )
        assert one.low is not None and one.high is not None
        widths.append(one.high - one.low)
    assert widths[1] < widths[0] / 2


def test_backchannels_are_left_out_of_the_second_figure() -> None:
    turns = talk(("A", words(100)), ("B", "Mm-hmm. Yeah."), ("A", words(100)), ("B", words(200)))
    found = row(
        shares(turns, segmentation(*[Phase.SCRUTINY] * 4), options=QUICK), None, Role.COACHEE
    )
    assert (found.words, found.total) == (202, 402)
    assert (found.words_without_backchannels, found.total_without_backchannels) == (200, 400)
    assert (found.turns, found.median_turn_words, found.longest_turn_words) == (2, 101.0, 200)


def test_seconds_are_clipped_to_phases_and_overlap_counts_for_both() -> None:
    turns = talk(("A", words(90)), ("B", words(90)), ("A", words(90)), ("B", words(90)))
    labels = (Phase.SCRUTINY,) * 2 + (Phase.CO_CONSTRUCTION,) * 2  # the change is at 20 s
    heard = (
        SpeakerSegment(0.0, 9.0, "A"),
        SpeakerSegment(8.0, 22.0, "B"),
        SpeakerSegment(20.0, 29.0, "A"),
        SpeakerSegment(21.0, 25.0, "A"),  # the same voice twice at once counts once
        SpeakerSegment(30.0, 39.5, "B"),
        SpeakerSegment(30.0, 31.0, "C"),
    )
    found = shares(turns, segmentation(*labels), heard, ROLES, QUICK)
    assert row(found, None, Role.COACH).seconds == 18.0
    assert row(found, None, Role.COACHEE).seconds == 23.5
    assert row(found, None, Role.COACH).total_seconds == 41.5
    assert row(found, Phase.SCRUTINY, Role.COACH).seconds == 9.0
    assert row(found, Phase.SCRUTINY, Role.COACHEE).seconds == 12.0
    assert row(found, Phase.CO_CONSTRUCTION, Role.COACHEE).seconds == 11.5


def test_without_times_seconds_are_missing_and_not_zero() -> None:
    turns = tuple(
        Turn(n, who, words(200), role=ROLES[who]) for n, who in enumerate("ABAB", start=1)
    )
    labels = segmentation(*[Phase.SCRUTINY] * 4)
    assert {one.seconds for one in shares(turns, labels, options=QUICK)} == {None}
    heard = (SpeakerSegment(0.0, 4.0, "A"), SpeakerSegment(4.0, 9.0, "B"))
    found = shares(turns, labels, heard, ROLES, QUICK)
    assert row(found, None, Role.COACH).seconds == 4.0
    assert row(found, Phase.SCRUTINY, Role.COACH).seconds is None
    assert row(shares(turns, labels, heard, {}, QUICK), None, Role.COACH).seconds is None


def test_nobody_speaking_has_no_share() -> None:
    found = shares((), Segmentation((), (), (), "by hand"), options=QUICK)
    assert len(found) == 2
    assert all(one.withheld and one.percent is None and one.words == 0 for one in found)


def test_phases_of_other_turns_are_refused() -> None:
    with pytest.raises(TranscriptError, match="1 turns, the transcript has 2"):
        shares(talk(("A", "Yes."), ("B", "No.")), segmentation(Phase.FRAME))


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.parent.name)
def test_recorded_sessions_counted_by_hand(path: Path) -> None:
    """Splitting at spaces, a second way of counting, differs by a few lone marks at most."""
    rows = json.loads(path.read_text(encoding="utf-8"))["turns"]
    roles = {"COACH": Role.COACH, "COACHEE": Role.COACHEE}
    turns = tuple(
        Turn(n, r["speaker"], r["text"], r["start"], r["end"], roles[r["speaker"]])
        for n, r in enumerate(rows, start=1)
    )
    found = shares(turns, segmentation(*[Phase.SCRUTINY] * len(turns)))
    by_hand = {
        role: sum(len(turn.text.replace("...", " ").split()) for turn in turns if turn.role is role)
        for role in roles.values()
    }
    for role in roles.values():
        assert row(found, None, role).words == pytest.approx(by_hand[role], abs=5)
    exact = 100 * by_hand[Role.COACH] / sum(by_hand.values())
    percent = row(found, None, Role.COACH).percent
    assert percent is not None
    assert abs(percent - exact) <= 1
