"""What the cells say, on talks counted by hand."""

from __future__ import annotations

import re
from datetime import date

import pytest

from convo.codebook import Artefact, Code, Flag, TurnFlag
from convo.conversation.candidates import Verdict
from convo.conversation.measures import measures
from convo.conversation.shares import SharesOptions
from convo.conversation.table3 import statements
from convo.programme import Training
from convo.transcript import Phase, Role
from tests.conversation.talks import (
    LISTS,
    PHONICS,
    codes_of,
    phases_of,
    talk_of,
    turns_of,
)

COACH, COACHEE = Role.COACH, Role.COACHEE
AIM, LOOK, PLAN = Phase.ORIENTATION, Phase.SCRUTINY, Phase.CO_CONSTRUCTION
OPEN = (TurnFlag(Flag.OPEN, 0.8),)
CLIP = (TurnFlag(Flag.ART, 0.9, ("clip",), Artefact.VIDEO, True),)
BUILT = (TurnFlag(Flag.BLD, 0.7),)
COURSE = (TurnFlag(Flag.TRN, 0.7),)
TALK = (
    (COACH, "What shall we look at today?", AIM, Code.ASK, OPEN),
    (COACHEE, "The end sounds. On Tuesday Dana lost two of them.", AIM, Code.DES, ()),
    (COACH, "What did you see on the clip?", LOOK, Code.CHL, CLIP),
    (COACHEE, "On the clip I rush the sound, I think.", LOOK, Code.EVA, CLIP),
    (COACH, "And why is that?", LOOK, Code.ASK, OPEN),
    (COACHEE, "Oh. I had never seen that.", LOOK, Code.REA, ()),
    (COACH, "That is well seen.", LOOK, Code.AFF, ()),
    (COACH, "You could leave cards up, as on the phonics day.", PLAN, Code.SUG, COURSE),
    (COACHEE, "And maybe I could point at them.", PLAN, Code.SUG, BUILT),
    (COACHEE, "I'll do it on Thursday.", PLAN, Code.COM, ()),
)


def said_of(rows=TALK, said=(), before=None, training=(), step=4.0):
    phases = phases_of([phase for _, _, phase, _, _ in rows])
    figures = measures(
        turns_of(rows, step),
        codes_of(rows),
        phases,
        PHONICS,
        LISTS,
        "functions-1",
        SharesOptions(resamples=20),
    )
    return statements(talk_of(rows, step), figures, said, before, training)


def texts(found, phase):
    return [(one.text, one.turns) for one in found if one.phase is phase and one.is_fact]


def test_the_orientation_in_sentences():
    assert texts(said_of(), AIM) == [
        ("The coach asks the first question, an open one", (1,)),
        (
            "The coachee answers after 1.0 s (half of all answers in this session come within "
            "1.0 s), with 10 words in 2 sentences",
            (2,),
        ),
        (
            "That answer holds 1 word of the glossary, 1 name, 1 number and 1 pointer to a moment",
            (2,),
        ),
    ]


def test_without_times_no_seconds_are_said():
    found = texts(said_of(step=None), AIM)
    assert found[1] == ("The first answer of the coachee has 10 words in 2 sentences", (2,))
    assert not [text for text, _ in found if " s " in text]


def test_the_scrutiny_in_sentences():
    found = dict(texts(said_of(), LOOK))
    assert "The coach asks one question, an open one: 6.7 in 100 words of the coach" in found
    assert found[
        "The coach once and the coachee once point to the video, at times both within a few turns"
    ] == (3, 4)
    own = "The coachee says 1 glossary word, 6.7 in 100 words (the coach none)"
    assert found[f"{own}, which the coach had not said just before"] == (4,)
    assert "The coach affirms what the coachee thinks of it once" not in found  # three turns later


def test_every_fact_quotes_a_turn_of_its_phase_and_has_a_figure_or_name_behind_it():
    labels = {n: phase for n, (_, _, phase, _, _) in enumerate(TALK, 1)}
    for one in said_of():
        turns = one.turns or tuple(n for moment in one.moments for n in moment.turns)
        assert turns
        assert {labels[n] for n in turns} == {one.phase}
        assert one.is_fact == (not one.moments)
        assert not re.search(r"\b(?:ASK|EVA|REA|COM|SUG|CHL|DES|AFF|BLD|ISA)\b", one.text)


def lists_of(found):
    return {(one.phase, one.metric): one for one in found if not one.is_fact}


def test_candidates_are_lists_and_what_people_say_of_them_counts():
    found = lists_of(said_of())
    chain = found[PLAN, "suggestion_chains"]
    assert [moment.turns for moment in chain.moments] == [(8, 9)]
    assert "coachee on coach" in chain.text
    sequence = found[LOOK, "challenge_to_realisation_sequences"]
    assert [moment.turns for moment in sequence.moments] == [(3, 4, 5, 6)]
    assert (len(sequence.confirmed), len(sequence.open)) == (0, 1)
    moment = sequence.moments[0]
    yes = Verdict("challenge-to-realisation", moment.start, moment.end, True, "Maeve")
    no = Verdict("COM", 36.0, 39.0, False, "Maeve")
    judged = lists_of(said_of(said=[yes, no]))
    sequence = judged[LOOK, "challenge_to_realisation_sequences"]
    assert (len(sequence.confirmed), len(sequence.open)) == (1, 0)
    assert (PLAN, "commitments") in found and (PLAN, "commitments") not in judged


@pytest.mark.parametrize(("step", "confirmed"), [(4.0, 1), (None, 0)])
def test_without_times_nothing_is_known_to_be_about_a_candidate(step, confirmed):
    said = [Verdict("REA", 20.0, 23.0, True)]
    found = lists_of(said_of(said=said, step=step))
    assert len(found[LOOK, "coachee_rea"].confirmed) == confirmed


def test_the_focus_of_the_session_before_is_looked_for():
    earlier = talk_of([(COACHEE, "The end sounds and each sound.", AIM, Code.DES, ())])
    found = dict(texts(said_of(before=earlier), AIM))
    (text,) = (text for text in found if "session before" in text)
    assert text.startswith("Of the 1 different glossary word said here, 1 was also said")


def test_trainings_of_the_programme_are_found_by_title_and_terms():
    day = Training(title="Phonics day", date=date(2025, 9, 12), terms=("picture cards",))
    found = said_of(training=[day])
    assert ("“Phonics day” (2025-09-12) seems to be spoken of once", (8,)) in texts(found, PLAN)
    assert (PLAN, "training_references") not in lists_of(found)
    assert (PLAN, "training_references") in lists_of(said_of())


def test_phases_that_do_not_occur_have_nothing_to_say():
    only = [row for row in TALK if row[2] is LOOK]
    assert {one.phase for one in said_of(only)} == {LOOK}
    assert said_of([(None, "Hm.", AIM, Code.BCK, ())]) == ()
