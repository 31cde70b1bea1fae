"""Inter-sessional activities: the codebook's examples (section 4.4) and laws."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convo.between import Activity, FollowUp
from convo.conversation.activities import ActivityFinder, ActivityOptions
from convo.conversation.activity_cues import parse_activity_cues
from convo.conversation.activity_features import turn_facts
from convo.errors import ConfigError, TranscriptError
from convo.pipeline import shipped
from convo.resources import resource
from convo.transcript import Role, Turn

CUES, WEIGHTS = shipped.activity_cues(), shipped.activity_weights()
FINDER = ActivityFinder(CUES, WEIGHTS)

HOMEWORK = """
COACH I'm going to set you some homework: read the chapter.
COACHEE Okay.
"""
OWN = """
COACH What might you take into the week from this?
COACHEE I'll ring two of the parents myself.
COACH Lovely.
"""
NOTE = """
COACHEE I could keep a note of it.
COACH Every day, or just after maths?
COACHEE After maths.
COACH And what would you note?
COACHEE Who starts.
"""
EXPERIMENT = """
COACH Would you be up for an experiment? Say nothing for the first minute.
COACHEE I suppose I could. It's a mad fortnight though.
"""


def turns(text):
    lines = [line.split(" ", 1) for line in text.strip().splitlines()]
    return tuple(
        Turn(number, who, said, role=Role(who.lower()))
        for number, (who, said) in enumerate(lines, start=1)
    )


def described(text):
    said = turns(text)
    settled = max(turn.number for turn in said if turn.role is Role.COACHEE) - 1
    return FINDER.described(FINDER.facts(said), 0, settled, len(said) - 1)


@pytest.mark.parametrize(
    ("text", "term", "load", "raised_by"),
    [
        (HOMEWORK, "homework", False, Role.COACH),
        (OWN, None, False, Role.COACH),
        (NOTE, None, False, Role.COACHEE),
        (EXPERIMENT, "experiment", True, Role.COACH),
    ],
)
def test_what_the_words_say_is_as_in_the_codebook(text, term, load, raised_by):
    found = described(text)
    assert (found.term, found.load, found.raised_by) == (term, load, raised_by)


@pytest.mark.parametrize(
    ("text", "led", "kind"),
    [(HOMEWORK, "coach", "reflect"), (OWN, "client", "do"), (EXPERIMENT, "coach", "do")],
)
def test_who_led_and_do_or_reflect_are_as_in_the_codebook(text, led, kind):
    found = described(text)
    assert (found.led, found.type) == (led, kind)


def test_the_first_term_of_the_plainest_family_is_kept_as_it_was_said():
    assert described("COACH Homework, or call it an experiment.\nCOACHEE Fine.").term == "Homework"


def test_what_is_raised_as_time_runs_out_is_rushed():
    said = "COACH We're running out of time.\nCOACH Would you jot it down?\nCOACHEE I will."
    assert described(said).rushed
    assert not described(EXPERIMENT).rushed


def test_specific_counts_what_when_where_and_how_much():
    vague = described("COACH So?\nCOACHEE I'll change it.")
    exact = described(
        "COACH So?\nCOACHEE On Thursday I'll ask Dana and Leo twice, at the carpet, with my cards."
    )
    assert vague.specific < exact.specific <= 4


def test_nothing_is_found_where_nobody_speaks():
    assert FINDER.find(()) == ()


LINES = st.sampled_from(
    [
        "COACH What might you try before we meet?",
        "COACHEE I'll put the cards up on Thursday and count who looks.",
        "COACH Would you jot it down?",
        "COACHEE I could do that.",
        "COACHEE It was raining.",
        "COACH Mm-hmm.",
        "COACHEE She said no and I went home.",
        "COACH Good.",
    ]
)


@settings(max_examples=30, deadline=None)
@given(st.lists(LINES, min_size=1, max_size=25), st.integers(1, 6))
def test_activities_lie_in_the_session_apart_and_in_order(lines, gap):
    said = turns("\n".join(lines))
    options = ActivityOptions(min_probability=0.05, min_gap_turns=gap, sure_probability=1)
    found = ActivityFinder(CUES, WEIGHTS, options).find(said)
    settled = [one.set_turn for one in found]
    assert all(1 <= one.start_turn <= one.end_turn <= len(said) for one in found)
    assert all(later - before >= gap for before, later in pairwise(settled))
    assert all(one.probability >= options.min_probability for one in found)


@settings(max_examples=15, deadline=None)
@given(st.lists(LINES, min_size=1, max_size=25))
def test_asking_for_more_certainty_never_finds_more(lines):
    said = turns("\n".join(lines))
    counts = [
        len(ActivityFinder(CUES, WEIGHTS, ActivityOptions(min_probability=p)).find(said))
        for p in (0.0, 0.2, 0.5, 1.0)
    ]
    assert counts == sorted(counts, reverse=True)


def test_an_agreement_is_found_in_talk():
    said = turns(
        """
COACHEE They all freeze when I send them off to the tables.
COACH How many steps is it?
COACHEE Four if you count the partner. I had not noticed that.
COACH So what might you do differently on Thursday?
COACHEE I'll give one step, wait, and then the next, with the cards on the board.
COACH And would you jot down what Dana does, before we meet?
COACHEE Yes, I can do that. I'll do it on Thursday.
COACH Lovely. Tell me next time what you saw.
COACHEE Fine.
"""
    )
    found = FINDER.find(said)
    assert found
    assert all(4 <= one.set_turn <= 9 for one in found)


def test_every_feature_has_a_name_of_its_own():
    facts = turn_facts(turns(NOTE), CUES, WEIGHTS.words, None)
    assert len(set(facts.names)) == len(facts.names) == facts.features.shape[1]


def test_every_weight_is_that_of_a_feature_that_is_there():
    facts = turn_facts(turns(NOTE), CUES, WEIGHTS.words, None)
    assert set(WEIGHTS.turns.weights) <= set(facts.names)


def test_an_activity_is_settled_within_its_span():
    with pytest.raises(TranscriptError, match="settled within its span"):
        Activity(3, 5, 6, "coach", "do")


def test_what_is_not_spoken_about_has_no_status():
    with pytest.raises(TranscriptError, match="leave both out"):
        FollowUp(1, False, status="done")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('name = "intends"', 'name = "could"', "two cues have the same name"),
        ("[followup]", "[follow_up]", "followup"),
        ('version = "1"', "version = ", "not valid TOML"),
        ("'\\bhomework", "'(homework", "is not a regular expression"),
    ],
)
def test_a_fault_in_the_cues_is_named(old, new, message):
    text = resource("configs/activities.toml").read_text(encoding="utf-8").replace(old, new)
    with pytest.raises(ConfigError, match=message):
        parse_activity_cues(text)


def test_lists_stand_for_any_of_their_words():
    text = resource("configs/activities.toml").read_text(encoding="utf-8")
    own = parse_activity_cues(text.replace('day = ["monday"', 'day = ["miércoles", "monday"'))
    day = next(cue for cue in own.cues if cue.name == "weekday")
    assert day.found("on miércoles") and day.found("on monday")
