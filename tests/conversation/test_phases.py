"""Phases: an oracle for the decoding, laws for every segmentation, sessions with known phases."""

from __future__ import annotations

import itertools
import json
import math
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convo.conversation.cues import STATES, Cues, PhaseCues, parse_cues
from convo.conversation.decoding import Lattice, best_path, draw, posterior
from convo.conversation.phases import (
    PhaseSegmenter,
    PhasesOptions,
    TurnScores,
    latest_starts,
    substantive,
)
from convo.evaluation import Segmenter
from convo.resources import resource
from convo.transcript import Phase, Role, Segmentation, Turn

CUES = parse_cues(resource("configs/cues.toml").read_text(encoding="utf-8"))
SAMPLES = sorted(Path(resource("data/samples")).glob("*/turns.json"))

# The worked session of the codebook, section 2.9; "." is nobody's voice but the clip's.
WORKED = """
F COACH Hello, come in. Did you find a room with a plug?
F COACHEE Just about. Year 4 are in the hall, so it's noisy.
O COACH Right. Last time you wanted to try the picture cards. What would you like to look at today?
O COACHEE I did try them. I'd like to carry on with instructions. I've got a clip from the \
science lesson, it's the bit where I send them off to the tables, and I want to know why half of \
them freeze.
O COACH Half of the class, or particular children?
O COACHEE Particular ones. Three, really. The ones on the early column of the chart.
S COACH Shall we watch it, and you stop it when you see a freeze?
S COACHEE Yes.
S . [clip, 40 s]
S COACHEE There. I've said get your books, sit with your partner and write the date, all in one go.
S COACH How many steps is that?
S COACHEE Three. Four if you count the partner.
S COACH And where is Dana on the chart for instructions?
S COACHEE I had her as a three-step child. But look, she only gets her book.
S COACH What do you make of that?
S COACHEE I've been assuming, haven't I. I hadn't realised she was copying the others.
S COACH You could check it with nobody to copy.
S COACHEE Mm. And Leo doesn't even get the book.
S COACH So two of the three are working one step at a time. What does that mean for how you start \
the task?
S COACHEE It means I'm losing them before we've begun.
C COACH So, what might you do differently on Thursday?
C COACHEE One step, wait, then the next. Maybe with the cards on the board.
C COACH And if the cards stay up, they can look back at them.
C COACHEE Yes, so the cards stay up, and I could have Dana tell Leo the first step.
C COACH What might get in the way?
C COACHEE Time. But I'll do it for the first ten minutes only. I'll definitely do Thursday.
C COACH Would it help to jot down what Dana does, before we meet?
C COACHEE I could do. Just the one thing though, I've got reports.
C COACH One thing is plenty. Tell me next time what you saw.
F COACHEE Fine. Is it the 14th?
F COACH The 14th, half past three. Thank you.
"""
ROLES = {"COACH": Role.COACH, "COACHEE": Role.COACHEE, ".": None}


def worked_session() -> tuple[Turn, ...]:
    rows = [line.split(" ", 2) for line in WORKED.strip().splitlines()]
    return tuple(
        Turn(number, None if who == "." else who, text, role=ROLES[who])
        for number, (_, who, text) in enumerate(rows, start=1)
    )


def sample(path: Path) -> tuple[Turn, ...]:
    rows = json.loads(path.read_text(encoding="utf-8"))["turns"]
    return tuple(
        Turn(number, row["speaker"], row["text"], row["start"], row["end"], ROLES[row["speaker"]])
        for number, row in enumerate(rows, start=1)
    )


def unmarked(turns: tuple[Turn, ...]) -> tuple[Turn, ...]:
    """As a poor recogniser writes it: no case, no marks."""
    keep = {ord(mark): None for mark in ".,?!;:"}
    return tuple(replace(turn, text=turn.text.lower().translate(keep)) for turn in turns)


def check_laws(turns: tuple[Turn, ...], found: Segmentation) -> None:
    labels = found.labels()
    assert len(labels) == len(turns) == len(found.probabilities)
    assert [span.start_turn for span in found.spans] == [
        1,
        *(span.end_turn + 1 for span in found.spans[:-1]),
    ]
    assert all(one.phase is not two.phase for one, two in itertools.pairwise(found.spans))
    for row in found.probabilities:
        assert set(row) == set(Phase)
        assert sum(row.values()) == pytest.approx(1.0, abs=1e-6)
        assert min(row.values()) >= 0
    assert [boundary.turn for boundary in found.boundaries] == [
        s.start_turn for s in found.spans[1:]
    ]
    for boundary in found.boundaries:
        assert boundary.earliest <= boundary.turn <= boundary.latest
        assert 0 <= boundary.probability <= 1
        assert all(1 <= turn <= len(turns) for turn in boundary.evidence)
    assert all(len(row) == len(turns) for row in found.samples)


def test_the_segmenter_has_the_shape_that_others_rely_on() -> None:
    segmenter: Segmenter = PhaseSegmenter(CUES)
    assert segmenter.name == "cues-dp-1"
    assert segmenter.version == CUES.version
    assert "provisional" in segmenter.segment(worked_session()).method


@pytest.mark.parametrize("dress", [tuple, unmarked], ids=["as written", "without marks"])
def test_worked_session_of_the_codebook(dress: type) -> None:
    turns = dress(worked_session())
    found = PhaseSegmenter(CUES).segment(turns)
    check_laws(turns, found)
    starts = {boundary.after: boundary.turn for boundary in found.boundaries}
    order = [span.phase for span in found.spans]
    assert order == [
        Phase.FRAME,
        Phase.ORIENTATION,
        Phase.SCRUTINY,
        Phase.CO_CONSTRUCTION,
        Phase.FRAME,
    ]
    assert abs(starts[Phase.SCRUTINY] - 7) <= 3
    assert abs(starts[Phase.CO_CONSTRUCTION] - 21) <= 3
    assert abs(found.spans[0].end_turn - 2) <= 2
    assert abs(starts[Phase.FRAME] - 30) <= 2


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.parent.name)
def test_recorded_sessions_have_scrutiny_before_co_construction_and_end_in_frame(
    path: Path,
) -> None:
    turns = sample(path)
    found = PhaseSegmenter(CUES).segment(turns)
    check_laws(turns, found)
    first = {phase: found.labels().index(phase) for phase in Phase if phase in found.labels()}
    assert first[Phase.SCRUTINY] < first[Phase.CO_CONSTRUCTION]
    assert found.labels()[-1] is Phase.FRAME
    assert PhaseSegmenter(CUES).segment(turns) == found


def test_roles_are_a_help_and_no_condition() -> None:
    """Without roles the cues of either role count half: most turns keep their phase."""
    known = worked_session()
    nameless = tuple(turn.played_by(None) for turn in known)
    found = PhaseSegmenter(CUES).segment(nameless)
    check_laws(nameless, found)
    both = zip(found.labels(), PhaseSegmenter(CUES).segment(known).labels(), strict=True)
    assert sum(one is two for one, two in both) >= 0.6 * len(known)


def test_an_interruption_in_the_middle_is_frame_and_the_talk_goes_on() -> None:
    turns = worked_session()
    break_in = [
        ("COACH", "Sorry, hang on, there's somebody knocking at the door. Come in!"),
        ("COACHEE", "Sorry about that. Is it the room? Have they booked the room?"),
        ("COACH", "No, it's only the laptop, he wants the plug and the screen for the hall."),
        ("COACHEE", "The screen's there. Take the plug as well, and the headphones. Bye, thanks."),
        ("COACH", "Thanks, bye. Sorry about that, can you still hear me? Is the recorder on?"),
        ("COACHEE", "The red light's on, it's still recording. Where were we?"),
    ]
    rows = [
        *turns[:16],
        *(Turn(0, who, text, role=ROLES[who]) for who, text in break_in),
        *turns[16:],
    ]
    session = tuple(replace(turn, number=number) for number, turn in enumerate(rows, start=1))
    found = PhaseSegmenter(CUES).segment(session)
    check_laws(session, found)
    assert found.labels()[18] is Phase.FRAME
    assert found.labels()[12] is not Phase.FRAME
    assert Phase.CO_CONSTRUCTION in found.labels()[22:]


def test_an_absent_phase_stays_absent() -> None:
    """Codebook A5, section 7: an extract that begins with a plan has neither O nor S."""
    pairs = [
        ("COACH", "What ideas do you have for getting started? What could you do next week?"),
        ("COACHEE", "I could walk to work. I'll try it on Monday, I'll put my shoes by the door."),
        ("COACH", "What might get in the way? You could ask somebody to come with you."),
        ("COACHEE", "Rain, maybe. If it rains I'll take the bus and I'm going to walk on Tuesday."),
    ] * 4
    turns = tuple(
        Turn(number, who, text, role=ROLES[who])
        for number, (who, text) in enumerate(pairs, start=1)
    )
    labels = PhaseSegmenter(CUES).segment(turns).labels()
    assert set(labels[:-2]) == {Phase.CO_CONSTRUCTION}
    assert not {Phase.ORIENTATION, Phase.SCRUTINY} & set(labels)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_very_short_sessions_are_answered_honestly(count: int) -> None:
    turns = worked_session()[:count]
    found = PhaseSegmenter(CUES).segment(turns)
    assert len(found.labels()) == count
    assert found.review
    if count:
        check_laws(turns, found)


def test_nobody_saying_anything_is_no_crash() -> None:
    turns = tuple(Turn(number, None, "[music]") for number in range(1, 6))
    found = PhaseSegmenter(CUES).segment(turns)
    check_laws(turns, found)
    assert found.review


LINES = st.sampled_from(
    [line.split(" ", 2)[2] for line in WORKED.strip().splitlines()] + ["Mm.", ""]
)
TURNS = st.lists(
    st.tuples(st.sampled_from(["A", "B", "C", None]), LINES), min_size=1, max_size=40
).map(
    lambda rows: tuple(
        Turn(number, who, text, role={"A": Role.COACH, "B": Role.COACHEE}.get(who or ""))
        for number, (who, text) in enumerate(rows, start=1)
    )
)


@settings(max_examples=60, deadline=None)
@given(TURNS)
def test_laws_hold_for_any_talk(turns: tuple[Turn, ...]) -> None:
    options = PhasesOptions(samples=5)
    found = PhaseSegmenter(CUES, options).segment(turns)
    check_laws(turns, found)
    limit = latest_starts(turns, options)
    for span in found.spans:
        free = span.phase is Phase.FRAME and (span.start_turn == 1 or span.end_turn == len(turns))
        whole = len(found.spans) == 1
        assert free or whole or span.start_turn - 1 <= limit[span.end_turn - 1]


@given(TURNS)
def test_a_span_is_sustained_when_its_turns_say_so(turns: tuple[Turn, ...]) -> None:
    """Codebook A1, counted the slow way."""
    limit = latest_starts(turns, PhasesOptions())
    solid = substantive(turns)
    names = [turn.speaker for turn in turns if turn.speaker is not None]
    pair = sorted(set(names), key=lambda name: (-names.count(name), names.index(name)))[:2]
    for end in range(len(turns)):
        for start in range(end + 1):
            inside = [turn for turn, real in zip(turns, solid, strict=True) if real]
            inside = [turn for turn in inside if start < turn.number <= end + 1]
            both = set(pair) <= {turn.speaker for turn in inside}
            words = sum(turn.word_count for turn in turns[start : end + 1])
            sustained = (len(inside) >= 4 and both) or words >= 100
            assert (start <= limit[end]) == sustained


def cuttings(turns: int, lattice: Lattice) -> list[tuple[tuple[int, ...], float]]:
    """Every labelling that the lattice allows, with its score, by trying them all."""
    scored = []
    states = lattice.emission.shape[1]
    for labels in itertools.product(range(states), repeat=turns):
        starts = [t for t in range(turns) if t == 0 or labels[t] != labels[t - 1]]
        ends = [*(start - 1 for start in starts[1:]), turns - 1]
        score = lattice.first[labels[0]] + lattice.last[labels[-1]]
        for start, end in zip(starts, ends, strict=True):
            state = labels[start]
            if start > lattice.latest_start[end, state] or (start and lattice.only_at_start[state]):
                score = -math.inf
                break
            score += lattice.emission[start : end + 1, state].sum() + lattice.enter[start, state]
            score += lattice.change[state, state] * (end - start)
            score += lattice.change[labels[start - 1], state] if start else 0.0
        if score > -1e20:
            scored.append((labels, float(score)))
    return scored


@pytest.mark.parametrize("seed", range(6))
def test_decoding_equals_trying_every_cutting(seed: int) -> None:
    dice = np.random.default_rng(seed)
    turns, states = 7, 3
    latest = np.maximum.accumulate(
        dice.integers(-1, 3, (turns, states)) + np.arange(turns)[:, None] - 2
    )
    latest = np.clip(latest, -1, np.arange(turns)[:, None])
    latest[-1] = np.maximum(latest[-1], 0)
    change = dice.normal(size=(states, states))
    change[0, 2] = -1e30
    lattice = Lattice(
        emission=dice.normal(size=(turns, states)),
        enter=dice.normal(size=(turns, states)),
        change=change,
        first=dice.normal(size=states),
        last=dice.normal(size=states),
        latest_start=latest,
        only_at_start=np.array([True, False, False]),
    )
    every = cuttings(turns, lattice)
    weights = np.exp([score for _, score in every])
    weights /= weights.sum()
    expected = np.zeros((turns, states))
    for (labels, _), weight in zip(every, weights, strict=True):
        expected[np.arange(turns), labels] += weight
    np.testing.assert_allclose(posterior(lattice).states, expected, atol=1e-9)
    best = max(every, key=lambda one: one[1])[0]
    assert [
        state for start, end, state in best_path(lattice) for _ in range(start, end + 1)
    ] == list(best)
    drawn = draw(lattice, 3000, seed=seed)
    allowed = {labels for labels, _ in every}
    assert {tuple(row) for row in drawn.tolist()} <= allowed
    often = np.stack([(drawn == state).mean(axis=0) for state in range(states)], axis=1)
    np.testing.assert_allclose(often, expected, atol=0.05)


def test_samples_agree_with_the_probabilities() -> None:
    turns = worked_session()
    found = PhaseSegmenter(CUES, PhasesOptions(samples=2000)).segment(turns)
    for place in range(0, len(turns), 5):
        for phase in Phase:
            drawn = sum(row[place] is phase for row in found.samples) / len(found.samples)
            assert drawn == pytest.approx(found.probabilities[place][phase], abs=0.05)


@pytest.mark.speed
def test_six_hundred_turns_take_less_than_a_few_seconds() -> None:
    turns = tuple(replace(turn, number=n) for n, turn in enumerate(worked_session() * 20, start=1))
    before = time.perf_counter()
    found = PhaseSegmenter(CUES).segment(turns)
    assert time.perf_counter() - before < 5  # about half a second on an idle laptop
    check_laws(turns, found)


def test_a_file_without_cues_still_gives_spans_and_asks_a_person() -> None:
    even = dict.fromkeys(STATES, 0.0)
    order = PhaseCues(first=even, last=even, next=dict.fromkeys(STATES, even))
    found = PhaseSegmenter(Cues(version="none", phases=order)).segment(worked_session())
    assert found.review
    check_laws(worked_session(), found)


class Mumbling:
    """A reader that has learned nothing: every phase is as likely as any other, everywhere."""

    version = "mumbling"

    def __call__(self, turns: Sequence[Turn]) -> TurnScores:
        even = np.full((len(turns), 4), math.log(0.25))
        codes = np.full((len(turns), 12), math.log(1 / 12))
        return TurnScores(even, np.zeros(len(turns)), codes)


def test_the_reader_leans_as_far_as_people_talk_freely() -> None:
    said = [f"The children at the back took card number {n} then." for n in range(14)]

    def orientation(listening: int, options: PhasesOptions) -> float:
        texts = [text for n, text in enumerate(said) for text in (text, *["Mm."] * (n < listening))]
        roles = (Role.COACH, Role.COACHEE)
        turns = tuple(
            Turn(n, "AB"[n % 2], text, role=roles[n % 2]) for n, text in enumerate(texts, start=1)
        )
        found = PhaseSegmenter(SILENT, options, Mumbling()).segment(turns)
        return float(np.mean([row[Phase.ORIENTATION] for row in found.probabilities]))

    upright = PhasesOptions(leaning={}, turn_weight=1)
    leaning = PhasesOptions(leaning={Phase.ORIENTATION: -1.0}, turn_weight=1, free_talk=0.5)
    full = math.exp(-1) / (3 + math.exp(-1))
    assert orientation(14, upright) == pytest.approx(0.25)
    assert orientation(0, leaning) == pytest.approx(0.25)
    assert orientation(14, leaning) == pytest.approx(full)
    assert full < orientation(2, leaning) < 0.25


ABSENT = st.sets(st.sampled_from([p for p in Phase if p is not Phase.FRAME]), min_size=1)


@settings(max_examples=60, deadline=None)
@given(TURNS, ABSENT, st.sampled_from([None, Mumbling()]))
def test_a_phase_that_is_switched_off_is_impossible(
    turns: tuple[Turn, ...], absent: set[Phase], reader: Mumbling | None
) -> None:
    options = PhasesOptions(samples=5, without=tuple(absent))
    found = PhaseSegmenter(CUES, options, reader).segment(turns)
    check_laws(turns, found)
    assert not absent & set(found.labels())
    assert not absent & {phase for row in found.samples for phase in row}
    assert all(row[phase] == 0.0 for row in found.probabilities for phase in absent)
    if len(absent) == 3:
        assert [span.phase for span in found.spans] == [Phase.FRAME]
        assert found.clear


def test_what_is_switched_off_is_found_otherwise() -> None:
    turns = worked_session()
    assert Phase.SCRUTINY in PhaseSegmenter(CUES).segment(turns).labels()
    options = PhasesOptions(without=(Phase.SCRUTINY,))
    labels = PhaseSegmenter(CUES, options).segment(turns).labels()
    assert {Phase.FRAME, Phase.ORIENTATION, Phase.CO_CONSTRUCTION} == set(labels)


def test_frame_cannot_be_switched_off_and_the_order_of_the_others_is_nothing() -> None:
    with pytest.raises(ValueError, match="frame cannot be switched off"):
        PhasesOptions(without=(Phase.FRAME,))
    one = PhasesOptions(without=(Phase.SCRUTINY, Phase.ORIENTATION, Phase.SCRUTINY))
    assert one == PhasesOptions(without=(Phase.ORIENTATION, Phase.SCRUTINY))


def test_names_change_nothing_but_what_phases_are_called() -> None:
    turns = worked_session()
    named = PhaseSegmenter(CUES, PhasesOptions(names={Phase.SCRUTINY: " Looking "})).segment(turns)
    assert named.names == {Phase.SCRUTINY: "Looking"}
    assert replace(named, names={}) == PhaseSegmenter(CUES).segment(turns)
    with pytest.raises(ValueError, match="two phases have the same name"):
        PhasesOptions(names={Phase.SCRUTINY: "Talk", Phase.FRAME: "Talk"})
    with pytest.raises(ValueError, match="at least 1 character"):
        PhasesOptions(names={Phase.SCRUTINY: " "})


SILENT = CUES.model_copy(update={"phases": CUES.phases.model_copy(update={"cues": ()})})
EVEN = Cues(
    version="none",
    phases=PhaseCues(
        first=dict.fromkeys(STATES, 0.0),
        last=dict.fromkeys(STATES, 0.0),
        next=dict.fromkeys(STATES, dict.fromkeys(STATES, 0.0)),
    ),
)


@pytest.mark.parametrize("rounds", [1, 4])
@pytest.mark.parametrize("reader", [None, Mumbling()], ids=["cues alone", "with a reader"])
@pytest.mark.parametrize("cues", [SILENT, EVEN], ids=["order alone", "nothing at all"])
def test_a_session_in_which_nothing_speaks_for_any_phase_has_no_clear_ones(
    cues: Cues, reader: Mumbling | None, rounds: int
) -> None:
    rows = worked_session() * rounds
    turns = tuple(replace(turn, number=number) for number, turn in enumerate(rows, start=1))
    found = PhaseSegmenter(cues, PhasesOptions(samples=0), reader).segment(turns)
    check_laws(turns, found)  # the spans stay: they are the best guess
    assert found.review[0].startswith("no clear phases: ")
    assert not found.clear
    easy = PhasesOptions(samples=0, clear_probability=0, clear_gain=0)
    assert PhaseSegmenter(cues, easy, reader).segment(turns).clear


def test_a_plain_session_has_clear_phases() -> None:
    for turns in (worked_session(), unmarked(worked_session()), *map(sample, SAMPLES)):
        found = PhaseSegmenter(CUES, PhasesOptions(samples=0)).segment(turns)
        assert found.clear
        assert not any("no clear phases" in reason for reason in found.review)
