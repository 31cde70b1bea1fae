"""Cues: the file that ships, what a mistake in it says, and how patterns meet text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convo.conversation.cues import (
    STATES,
    PhaseCue,
    cue_hits,
    is_backchannel,
    is_question,
    parse_cues,
    plain,
)
from convo.errors import ConfigError
from convo.resources import resource
from convo.transcript import Role, Turn

TEXT = resource("configs/cues.toml").read_text(encoding="utf-8")
CUE = """
version = "1"
[[phases.cues]]
name = "key question"
why = "asks for something to be done"
by = "coach"
pattern = 'what might you'
weights = { co-construction = 1.0 }
"""


def test_the_shipped_file_is_complete() -> None:
    cues = parse_cues(TEXT)
    assert cues.version
    names = [cue.name for cue in cues.phases.cues]
    assert len(names) == len(set(names)) > 50
    assert set(cues.phases.places) == set(cues.phases.next) == set(STATES)
    assert "aside" not in cues.phases.first
    assert set(cues.phases.next["closing"]) == {"closing"}
    for state in STATES:
        assert state in cues.phases.next[state]
    signs = {cue.weight > 0 for cue in cues.roles.cues}
    assert signs == {True, False}


def test_the_weights_say_what_the_codebook_says() -> None:
    """The rules that make the phases must be visible in the weights fitted for them."""
    by_name = {cue.name: cue for cue in parse_cues(TEXT).phases.cues}

    def leans(name: str, one: str, other: str) -> bool:
        cue = by_name[name]
        weigh = {**dict.fromkeys(STATES, 0.0), **cue.weights}
        return weigh[one] > weigh[other]  # type: ignore[literal-required,index]

    assert leans("commitment", "co-construction", "scrutiny")
    assert leans("coachee possibility", "co-construction", "scrutiny")
    assert leans("past verbs", "scrutiny", "co-construction")
    assert leans("agenda question", "orientation", "co-construction")
    assert leans("equipment", "opening", "scrutiny")
    assert leans("goodbye", "closing", "scrutiny")
    key = by_name["key question"]
    begins = {state: key.weights.get(state, 0.0) + key.starts.get(state, 0.0) for state in STATES}
    assert max(begins, key=lambda state: begins[state]) == "co-construction"


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        (CUE.replace("weights", "wieghts"), r"phases\.cues\.1\.wieghts.*did you mean 'weights'"),
        (CUE.replace("[[phases.cues]]", "[[phase.cues]]"), r"unknown key 'phase'.*'phases'"),
        (CUE.replace("what might you", "what (might"), r"phases\.cues\.1\.pattern.*regular"),
        (CUE.replace('"coach"', '"coatch"'), r"'coatch'.*did you mean 'coach'"),
        (CUE.replace('version = "1"', ""), "version is missing"),
        (CUE.replace('name = "key question"', ""), r"phases\.cues\.1\.name is missing"),
        (CUE.replace("co-construction", "co-constuction"), "did you mean 'co-construction'"),
        (CUE + "[phases]\ntemperature = 0", "valid TOML|temperature"),
        ("version = ", "not valid TOML"),
    ],
)
def test_mistakes_are_named_with_the_remedy(broken: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        parse_cues(broken)


def test_a_cue_is_searched_in_its_role_only_and_half_without_a_role() -> None:
    cues = parse_cues(CUE).phases.cues
    text = "So, what might you TRY?"
    turns = [Turn(n, None, text, role=role) for n, role in enumerate([*Role, None], start=1)]
    assert cue_hits(turns, cues).tolist() == [[1.0], [0.0], [0.0], [0.5]]


def test_hits_are_counted_up_to_the_most() -> None:
    cue = PhaseCue(name="past", why="-", pattern=r"\bwas\b", most=2)
    assert [cue.hits(" ".join(["was"] * n), None) for n in range(4)] == [0, 1, 2, 2]


@pytest.mark.parametrize(
    ("written", "met"),
    [
        ("I’ll TRY it — on Thursday!", "i'll try it on thursday"),
        ("Um, so, er, what-- what might you do?", "so what might you do ?"),
        ("I-I don't- I don't know [laughs] <noise>", "i don't know"),
        ("the two-step thing, uh-huh", "the two-step thing uh-huh"),
        ("", ""),
    ],
)
def test_patterns_meet_plain_text(written: str, met: str) -> None:
    assert plain(written) == met


@given(st.text())
def test_plain_text_has_no_case_and_no_double_spaces(text: str) -> None:
    met = plain(text)
    assert "  " not in met
    assert met == met.strip()
    assert not any(mark in met for mark in ".,;:!")


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("What happened next?", True),
        ("so how did she take it", True),
        ("tell me about the two at the back", True),
        ("do you think they heard", True),
        ("What happened was bad luck for him", True),  # the price of working without marks
        ("I know what happened", False),
        ("It's in the other book.", False),
    ],
)
def test_questions_are_known_with_and_without_the_mark(text: str, asks: bool) -> None:
    assert is_question(text) is asks


@pytest.mark.parametrize(
    ("before", "said", "listening"),
    [
        ("I sat down.", "Mm-hmm.", True),
        ("I sat down.", "Yeah, yeah. Right.", True),
        ("I sat down.", "[nods]", True),
        ("Did you sit down?", "Yes.", False),
        ("I sat down.", "Right?", False),
        ("I sat down.", "Yes, by the door.", False),
        (None, "Okay.", True),
    ],
)
def test_a_backchannel_answers_nothing(before: str | None, said: str, listening: bool) -> None:
    previous = None if before is None else Turn(1, "A", before)
    assert is_backchannel(Turn(2, "B", said), previous) is listening
