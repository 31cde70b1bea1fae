"""Measures: counted by hand on a talk of a few turns, and laws of the glossary."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convo.codebook import Artefact, Code, Flag, TurnFlag
from convo.conversation.glossary import parse_glossary
from convo.conversation.measures import measures
from convo.conversation.shares import SharesOptions
from convo.errors import ConfigError, TranscriptError
from convo.resources import resource
from convo.transcript import Phase, Role, Segmentation, Turn
from tests.conversation.talks import LISTS, PHONICS, codes_of, phases_of, turns_of

COACH, COACHEE = Role.COACH, Role.COACHEE
AIM, LOOK = Phase.ORIENTATION, Phase.SCRUTINY
OPEN = (TurnFlag(Flag.OPEN, 0.8),)
CLIP = (TurnFlag(Flag.ART, 0.9, ("clip",), Artefact.VIDEO, True),)
DRAWN = SharesOptions(resamples=100)
# who, what is said, phase, code, flags
TALK = (
    (COACH, "What shall we look at today?", AIM, Code.ASK, OPEN),  # 6 words
    (COACHEE, "The end sounds, on the clip.", AIM, Code.DES, CLIP),  # 6
    (COACH, "Which sound is it?", LOOK, Code.ASK, ()),  # 4
    (COACHEE, "Mm.", LOOK, Code.BCK, ()),  # 1
    (COACHEE, "I rush that sound.", LOOK, Code.EVA, ()),  # 4
    (COACH, "You saw it on the clip, well done.", LOOK, Code.AFF, CLIP),  # 8
    (COACHEE, "Shall I wait?", LOOK, Code.ASK, ()),  # 3
    (COACH, "You could count.", LOOK, Code.SUG, ()),  # 3
    (COACHEE, "I will.", LOOK, Code.COM, ()),  # 2
)


def all_of(rows=TALK, samples=(), step=None):
    phases = phases_of([phase for _, _, phase, _, _ in rows], samples)
    found = measures(
        turns_of(rows, step), codes_of(rows), phases, PHONICS, LISTS, "functions-1", DRAWN
    )
    assert {m.method for m in found} <= {"functions-1, glossary 1, words 1"}
    keys = [(m.phase, m.role, m.metric) for m in found]
    assert len(keys) == len(set(keys))
    return dict(zip(keys, found, strict=True))


def figures(rows=TALK, step=None):
    return {key: (m.value, m.n) for key, m in all_of(rows, step=step).items()}


@pytest.mark.parametrize(
    ("key", "figure"),
    [
        ((None, COACH, "questions"), (2, 4)),
        ((None, COACHEE, "questions"), (1, 5)),
        ((None, COACH, "questions_per_100_words"), (pytest.approx(100 * 2 / 21), 21)),
        ((None, COACH, "open_question_share"), (0.5, 2)),
        ((AIM, COACH, "asks_first"), (1, 1)),
        ((AIM, COACHEE, "asks_first"), (0, 1)),
        ((None, None, "answered_coach_questions_per_100_words"), (pytest.approx(100 / 37), 37)),
        ((LOOK, COACH, "suggestions"), (1, 3)),
        ((LOOK, COACHEE, "commitments"), (1, 4)),
        ((None, COACH, "artefact_references"), (1, 4)),
        ((None, COACHEE, "joint_artefact_references"), (1, 5)),
        ((LOOK, COACH, "reassurances_after_evaluation"), (1, 1)),
        ((None, COACHEE, "glossary_terms_per_100_words"), (pytest.approx(100 * 2 / 16), 16)),
        ((None, None, "first_question_open"), (1, 1)),
        ((LOOK, None, "first_question_open"), (0, 1)),
        ((None, COACHEE, "first_answer_words"), (6, 1)),
        ((None, COACHEE, "first_answer_terms"), (1, 1)),
        ((LOOK, COACHEE, "first_answer_words"), (5, 2)),  # "Mm." and what follows
        ((None, COACHEE, "video_references"), (1, 5)),
        ((None, COACH, "video_references"), (1, 4)),
        ((LOOK, COACHEE, "evaluations_after_video"), (1, 4)),
        ((None, COACHEE, "i_words_per_100_words"), (pytest.approx(100 * 3 / 16), 16)),
        ((None, COACH, "affirmations"), (1, 4)),
        ((None, COACHEE, "evaluations"), (1, 5)),
        ((None, COACHEE, "distinct_glossary_terms"), (2, 5)),
        ((None, COACHEE, "own_glossary_terms"), (1, 16)),
    ],
)
def test_counted_by_hand(key, figure):
    assert figures()[key] == figure


def test_counts_of_the_phases_add_up_to_those_of_the_session():
    found = figures()
    for metric in ("questions", "suggestions", "commitments", "artefact_references"):
        for role in (COACH, COACHEE):
            assert found[None, role, metric][0] == sum(
                found[phase, role, metric][0] for phase in (AIM, LOOK)
            )


def test_what_rests_on_nothing_has_no_value_and_says_why():
    assert all_of(()) == {}
    silent = all_of(((COACH, "I waited.", LOOK, Code.DES, ()),))
    for (_, role, metric), one in silent.items():
        assert (one.value is None) == (one.missing is not None)
        assert one.value is not None or (one.low, one.high, one.n) == (None, None, 0)
        if role is COACHEE:
            assert one.value is None, metric
    assert silent[None, COACHEE, "questions"].missing == "the coachee says nothing here"
    assert silent[None, COACH, "open_question_share"].missing == "the coach asks nothing here"
    assert silent[LOOK, COACH, "questions"].value == 0


def test_without_times_nobody_waits_and_with_them_the_seconds_are_counted():
    untimed, timed = all_of(), all_of(step=4.0)
    for metric, role in (
        ("first_answer_latency_s", COACHEE),
        ("answer_latency_s", COACHEE),
        ("wait_after_question_s", COACH),
    ):
        assert untimed[None, role, metric].value is None
        assert untimed[None, role, metric].missing == "this transcript has no times"
        assert timed[None, role, metric].value == 1.0
    assert timed[None, COACH, "wait_after_question_s"].n == 2
    assert timed[None, COACHEE, "answer_latency_s"].n == 2


def test_an_interval_holds_its_figure_and_the_phases_may_widen_it():
    fixed = all_of()
    moved = all_of(samples=[[AIM] * 2 + [LOOK] * 7, [AIM] * 3 + [LOOK] * 6, [AIM] + [LOOK] * 8])
    for one in (*fixed.values(), *moved.values()):
        assert one.low is None or one.low <= one.value <= one.high
    assert fixed[AIM, None, "first_question_open"].low is None
    open_ones = moved[LOOK, None, "first_question_open"]
    assert (open_ones.value, open_ones.low, open_ones.high) == (0, 0, 0)
    words = moved[AIM, COACHEE, "first_answer_words"]
    assert (words.value, words.low, words.high) == (6, 6, 6)
    low, high = (getattr(moved[AIM, COACH, "questions"], side) for side in ("low", "high"))
    assert low == 1 and high == 2


LINES = st.lists(
    st.tuples(
        st.sampled_from([COACH, COACHEE, None]),
        st.sampled_from(
            ["Mm.", "What sound is it?", "Maybe I could.", "So Dana said it, I think."]
        ),
        st.sampled_from([AIM, LOOK]),
        st.sampled_from([Code.ASK, Code.SUG, Code.EVA, Code.COM]),
        st.sampled_from([(), OPEN, CLIP]),
    ),
    min_size=1,
    max_size=12,
)
SUMS = ("questions", "suggestions", "names_said", "video_references", "evaluations")


@settings(max_examples=25, deadline=None)
@given(LINES)
def test_parts_add_up_and_shares_are_parts(rows):
    found = all_of(rows)
    for metric in SUMS:
        for role in (COACH, COACHEE):
            here = [found[phase, role, metric].value for phase in {row[2] for row in rows}]
            assert (found[None, role, metric].value or 0) == sum(v or 0 for v in here)
    first = [found[None, role, "asks_first"].value for role in (COACH, COACHEE)]
    assert first == [None, None] or sum(first) == 1
    for one in found.values():
        assert one.metric != "open_question_share" or one.value is None or 0 <= one.value <= 1
        assert one.value is None or np.isfinite(one.value)


def test_codes_of_other_turns_are_refused():
    with pytest.raises(TranscriptError, match="1 of them not played, have 0 codes"):
        measures([Turn(1, "A", "So.")], [], phases_of([AIM]), PHONICS, LISTS, "1")
    with pytest.raises(TranscriptError, match="0 phases"):
        measures([], [codes_of(TALK)[0]], Segmentation((), (), (), ""), PHONICS, LISTS, "1")


def test_names_are_capitalised_words_within_a_sentence():
    assert LISTS.names("Dana sat. Then Leo's book and I saw Dana on Monday, OK.") == ("Leo", "Dana")


def test_the_shipped_glossary_is_a_tree_and_finds_its_own_terms():
    glossary = parse_glossary(resource("configs/glossary.toml").read_text(encoding="utf-8"))
    assert len(glossary.terms) > 25
    for name in glossary.terms:
        assert glossary.found(f"We saw the {name} again.") == (name,)
    assert glossary.is_narrower("syllable", "phonics")
    assert not glossary.is_narrower("phonics", "syllable")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[terms", "not valid TOML"),
        ('version = "1"\nname = "x"\n[terms]\na = { broader = "b" }', "'a' has the broader"),
        (
            'version = "1"\nname = "x"\n[terms]\na = { broader = "b" }\nb = { broader = "a" }',
            "broader than itself",
        ),
    ],
)
def test_a_mistake_in_a_glossary_is_named(text, sentence):
    with pytest.raises(ConfigError, match=sentence):
        parse_glossary(text)
