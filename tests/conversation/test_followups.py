"""Follow-ups: the codebook's example (section 4.4) and laws."""

from convo.between import Activity
from convo.conversation.followups import FollowUpOptions, follow_ups
from convo.pipeline import shipped
from convo.transcript import Role, Turn

RULES, WEIGHTS = shipped.activity_cues().followup, shipped.activity_weights()


def turns(*lines):
    split = [line.split(" ", 1) for line in lines]
    return tuple(
        Turn(number, who, said, role=Role(who.lower()))
        for number, (who, said) in enumerate(split, start=1)
    )


EARLIER = turns(
    "COACH What might you take into the week from this?",
    "COACHEE I'll make the phone calls to two of the parents myself.",
    "COACH Lovely. And the picture cards?",
    "COACHEE I'll laminate the picture cards for the carpet on Friday.",
)
CALLS = Activity(1, 2, 2, "client", "do")
CARDS = Activity(3, 4, 4, "collaborative", "do")
LATER = turns(
    "COACH Hello, come in.",
    "COACHEE I didn't manage the phone calls to the parents, it was the inspection.",
    "COACH That happens. What would you like to look at today?",
    "COACHEE The way they line up after break, it goes on for ever.",
)


def linked(activities, later=LATER, **options):
    return follow_ups(activities, EARLIER, later, WEIGHTS, RULES, FollowUpOptions(**options))


def test_the_codebooks_example():
    (found,) = linked([CALLS])
    assert (found.spoken, found.by, found.turn, found.status) == (True, Role.COACHEE, 2, "not_done")


def test_what_is_named_is_more_probable_than_what_is_not():
    calls, cards = linked([CALLS, CARDS], min_probability=0.0)
    assert (calls.activity, cards.activity) == (1, 2)
    assert calls.probability > cards.probability


def test_what_nobody_mentions_is_not_spoken_about():
    (found,) = linked([CARDS], later=turns("COACH Hello.", "COACHEE It rained."))
    assert (found.spoken, found.turn, found.status) == (False, None, "not_said")


def test_without_a_later_word_nothing_is_spoken_about():
    assert not linked([CALLS], later=())[0].spoken


def test_asking_for_certainty_leaves_nothing():
    assert not any(one.spoken for one in linked([CALLS, CARDS], min_probability=1.0))


def test_every_activity_gets_an_answer_in_order():
    assert [one.activity for one in linked([CARDS, CALLS, CARDS])] == [1, 2, 3]
    assert linked([]) == ()
