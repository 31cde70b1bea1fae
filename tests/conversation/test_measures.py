"""Measures: counted by hand on a talk of a few turns, and laws of the glossary."""

from __future__ import annotations

import pytest

from convo.codebook import Artefact, Code, Flag, TurnCode, TurnFlag
from convo.conversation.glossary import Glossary, Term, parse_glossary
from convo.conversation.measures import measures
from convo.errors import ConfigError, TranscriptError
from convo.resources import resource
from convo.transcript import Phase, Role, Turn

COACH, COACHEE = Role.COACH, Role.COACHEE
AIM, LOOK = Phase.ORIENTATION, Phase.SCRUTINY
PHONICS = Glossary(
    version="1", name="phonics", terms={"sound": Term(), "end sound": Term(broader="sound")}
)
OPEN = (TurnFlag(Flag.OPEN, 0.8),)
CLIP = (TurnFlag(Flag.ART, 0.9, ("clip",), Artefact.VIDEO, True),)
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


def figures(rows=TALK):
    turns = [Turn(n, role, text, role=role) for n, (role, text, *_) in enumerate(rows, 1)]
    codes = [
        TurnCode(n, code, 0.9, flags=flags) for n, (_, _, _, code, flags) in enumerate(rows, 1)
    ]
    labels = [phase for _, _, phase, _, _ in rows]
    found = measures(turns, codes, labels, PHONICS, "functions-1")
    assert {m.method for m in found} <= {"functions-1, glossary 1"}
    keys = [(m.phase, m.role, m.metric) for m in found]
    assert len(keys) == len(set(keys))
    return {(m.phase, m.role, m.metric): (m.value, m.n) for m in found}


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
        ((None, COACHEE, "distinct_glossary_terms"), (2, 16)),
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


def test_what_rests_on_nothing_is_left_out():
    assert not [key for key in figures(()) if "per_100" in key[2] or key[2] == "asks_first"]
    silent = figures(((COACH, "I waited.", LOOK, Code.DES, ()),))
    assert (None, COACH, "open_question_share") not in silent
    assert (None, COACHEE, "questions_per_100_words") not in silent


def test_codes_of_other_turns_are_refused():
    with pytest.raises(TranscriptError, match="1 of them not played, have 0 codes"):
        measures([Turn(1, "A", "So.")], [], [AIM], PHONICS, "1")


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
