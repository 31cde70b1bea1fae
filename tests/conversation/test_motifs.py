"""Motifs on talks of a few turns, found by hand."""

from __future__ import annotations

import pytest

from convo.codebook import Code, Flag, TurnFlag
from convo.conversation.motifs import (
    WITHIN_TURNS,
    MotifKind,
    challenges_to_realisations,
    direction,
    motifs,
    suggestion_chains,
)
from convo.transcript import Phase, Role
from tests.conversation.talks import talk_of

COACH, COACHEE = Role.COACH, Role.COACHEE
LOOK, PLAN = Phase.SCRUTINY, Phase.CO_CONSTRUCTION
BUILT = (TurnFlag(Flag.BLD, 0.7),)
CODES = {
    "ASK": COACH,
    "CHL": COACH,
    "EVA": COACHEE,
    "REA": COACHEE,
    "DES": COACHEE,
    "AFF": COACH,
}


def scrutiny(*codes: str, step: float | None = 4.0):
    return talk_of([(CODES[one], "So.", LOOK, Code[one], ()) for one in codes], step)


@pytest.mark.parametrize(
    ("codes", "turns"),
    [
        ("CHL EVA ASK REA", [(1, 2, 3, 4)]),
        ("ASK EVA ASK REA", [(1, 2, 3, 4)]),
        ("ASK DES CHL EVA AFF ASK DES REA", [(3, 4, 6, 8)]),  # the challenge, not the question
        ("CHL REA ASK EVA", []),  # another order
        ("CHL EVA REA", []),  # nothing asked again
        ("CHL EVA ASK REA CHL EVA ASK REA", [(1, 2, 3, 4), (5, 6, 7, 8)]),
        ("CHL EVA" + " DES" * (WITHIN_TURNS - 4) + " ASK REA", [(1, 2, 11, 12)]),
        ("CHL EVA" + " DES" * (WITHIN_TURNS - 3) + " ASK REA", []),  # one turn too many
    ],
)
def test_from_challenge_to_realisation(codes, turns):
    found = challenges_to_realisations(scrutiny(*codes.split()))
    assert [motif.turns for motif in found] == turns


def test_a_motif_is_named_by_its_time_and_without_times_by_its_turns():
    (timed,) = motifs(scrutiny("CHL", "EVA", "ASK", "REA"))
    assert timed.key == "challenge-to-realisation@0.00-15.00"
    (untimed,) = motifs(scrutiny("CHL", "EVA", "ASK", "REA", step=None))
    assert untimed.key == "challenge-to-realisation@turns 1-4"
    (later,) = motifs(scrutiny("DES", "CHL", "EVA", "ASK", "REA"))
    assert later.key != timed.key


def plan(*lines):
    return talk_of([(role, text, PLAN, code, flags) for role, text, code, flags in lines])


IDEAS = plan(
    (COACH, "You could leave the cards up.", Code.SUG, ()),
    (COACHEE, "And maybe I could point to them.", Code.SUG, BUILT),
    (COACH, "Mm.", Code.BCK, ()),
    (COACH, "Or they point.", Code.SUG, BUILT),
    (COACHEE, "I'll let Dana point on Thursday.", Code.COM, BUILT),
    (COACHEE, "I could use a song.", Code.SUG, BUILT),  # the same person
    (COACH, "You could sing it.", Code.SUG, ()),  # nothing taken up
)


def test_suggestions_of_both_that_build_on_one_another_are_a_chain():
    (chain,) = suggestion_chains(IDEAS)
    assert chain.turns == (1, 2, 4, 5)
    assert direction(IDEAS, chain) == "coachee on coach, coach on coachee"


def test_a_suggestion_too_far_from_the_last_begins_anew():
    listening = [(COACHEE, "Mm.", Code.BCK, ())] * 4
    first = (COACH, "You could wait.", Code.SUG, ())
    second = (COACHEE, "And count.", Code.SUG, BUILT)
    assert len(suggestion_chains(plan(first, *listening[:3], second))) == 1
    assert not suggestion_chains(plan(first, *listening, second))


def test_what_the_coachee_could_and_what_they_will_do_in_co_construction():
    found = {(motif.kind, motif.turns) for motif in motifs(IDEAS)}
    assert found == {
        (MotifKind.CHAIN, (1, 2, 4, 5)),
        (MotifKind.TENTATIVE, (2,)),
        (MotifKind.COMMITTED, (5,)),
    }
    elsewhere = talk_of([(COACHEE, "I'll wait.", LOOK, Code.COM, ())])
    assert motifs(elsewhere) == ()
