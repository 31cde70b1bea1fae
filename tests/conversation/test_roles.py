"""Roles: whose word counts first, what is said next, and never who talks less."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convo.conversation.cues import parse_cues
from convo.conversation.roles import RolesOptions, assign_roles, coach_log_odds, with_roles
from convo.errors import ConfigError
from convo.resources import resource
from convo.transcript import Role, Turn

CUES = parse_cues(resource("configs/cues.toml").read_text(encoding="utf-8"))
SAMPLES = sorted(Path(resource("data/samples")).glob("*/turns.json"))
LABELS = {"COACH": "SPEAKER_01", "COACHEE": "SPEAKER_00"}

TALK = (
    ("SPEAKER_01", "Hello. What would you like to look at today?"),
    ("SPEAKER_00", "I had a hard week with my class. I was so tired, I just said nothing."),
    ("SPEAKER_01", "So you said nothing. What did you make of that?"),
    ("SPEAKER_00", "I don't know, I felt I couldn't. My kids were loud because it rained."),
    ("SPEAKER_01", "How did you notice it? Tell me more about what you saw."),
    ("SPEAKER_00", "Well, I saw them at the door and I thought, I can't do this."),
    ("SPEAKER_01", "And what might you try next time?"),
    ("SPEAKER_00", "Maybe I'll stand at the door, I could do that."),
    ("SPEAKER_01", "When will you do it? Would it help to write it down before we meet?"),
    ("SPEAKER_00", "I'll do it on Monday, I think."),
) * 2


def turns_of(rows: tuple[tuple[str | None, str], ...]) -> tuple[Turn, ...]:
    return tuple(Turn(number, who, text) for number, (who, text) in enumerate(rows, start=1))


def sample(path: Path) -> tuple[Turn, ...]:
    rows = json.loads(path.read_text(encoding="utf-8"))["turns"]
    return turns_of(tuple((LABELS[row["speaker"]], row["text"]) for row in rows))


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.parent.name)
def test_recorded_sessions_are_told_by_what_is_said(path: Path) -> None:
    found = assign_roles(sample(path), CUES)
    assert found.roles == {"SPEAKER_01": Role.COACH, "SPEAKER_00": Role.COACHEE}
    assert found.source == "talk"
    assert found.probability >= 0.9
    assert found.evidence
    assert not found.review


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.parent.name)
def test_text_without_case_and_marks_gives_the_same_answer(path: Path) -> None:
    plain = {ord(mark): None for mark in ",.?!;:"}
    turns = tuple(replace(t, text=t.text.lower().translate(plain)) for t in sample(path))
    assert assign_roles(turns, CUES).roles["SPEAKER_01"] is Role.COACH


@given(st.integers(0, 400), st.integers(0, 400))
@settings(max_examples=25, deadline=None)
def test_talking_more_or_less_never_changes_the_answer(coach: int, coachee: int) -> None:
    """Words that say nothing about roles, any number of them, on either side."""
    padding = {"SPEAKER_01": coach, "SPEAKER_00": coachee}
    padded = tuple((who, text + " blue" * padding[who]) for who, text in TALK)
    found = assign_roles(turns_of(padded), CUES)
    assert found == assign_roles(turns_of(TALK), CUES)
    assert found.roles["SPEAKER_01"] is Role.COACH


@given(st.permutations([who_text for who_text in TALK]), st.integers(2, len(TALK)))
@settings(max_examples=40, deadline=None)
def test_exchanging_the_names_exchanges_the_roles(rows: list[tuple[str, str]], count: int) -> None:
    turns = turns_of(tuple(rows[:count]))
    options = RolesOptions()
    forward, _ = coach_log_odds(turns, ("SPEAKER_00", "SPEAKER_01"), CUES, options)
    backward, _ = coach_log_odds(turns, ("SPEAKER_01", "SPEAKER_00"), CUES, options)
    assert forward == pytest.approx(-backward)


def test_no_pattern_asks_for_length() -> None:
    """A cue found in a text is found in the text twice as long, or the length would decide."""
    for cue in CUES.roles.cues:
        assert not cue.found("")
        assert not cue.found("blue " * 300)


def test_a_persons_word_comes_first() -> None:
    turns = turns_of(TALK)
    found = assign_roles(turns, CUES, coach_is="SPEAKER_00", known={"SPEAKER_01": 0.999})
    assert found.roles == {"SPEAKER_00": Role.COACH, "SPEAKER_01": Role.COACHEE}
    assert (found.source, found.probability, found.review) == ("person", 1.0, ())


def test_an_unknown_label_is_named_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"'SPEAKER_1'.*SPEAKER_00, SPEAKER_01"):
        assign_roles(turns_of(TALK), CUES, coach_is="SPEAKER_1")


def test_channels_come_before_voices_and_words() -> None:
    found = assign_roles(
        turns_of(TALK), CUES, known={"SPEAKER_01": 0.999}, channels={"SPEAKER_00": Role.COACH}
    )
    assert found.roles["SPEAKER_00"] is Role.COACH
    assert found.source == "channel"


def test_a_known_voice_comes_before_words_and_a_contradiction_is_shown() -> None:
    turns = turns_of(TALK)
    agreed = assign_roles(turns, CUES, known={"SPEAKER_01": 0.98, "SPEAKER_00": 0.02})
    assert agreed.roles["SPEAKER_01"] is Role.COACH
    assert agreed.source == "voice"
    assert agreed.probability == pytest.approx(0.98, abs=1e-6)
    assert not agreed.review
    against = assign_roles(turns, CUES, known={"SPEAKER_00": 0.98})
    assert against.roles["SPEAKER_00"] is Role.COACH
    assert "voice" in against.review[0]


def test_an_uncertain_voice_only_helps_the_words() -> None:
    found = assign_roles(turns_of(TALK), CUES, known={"SPEAKER_00": 0.6})
    assert found.source == "talk"
    assert found.roles["SPEAKER_01"] is Role.COACH


def test_an_uncertain_answer_asks_the_person() -> None:
    turns = turns_of((("A", "It is late."), ("B", "It is.")))
    found = assign_roles(turns, CUES)
    assert set(found.roles.values()) == {Role.COACH, Role.COACHEE}
    assert found.probability < 0.9
    assert "say who is the coach" in found.review[0]


def test_a_third_voice_is_somebody_else() -> None:
    turns = turns_of((*TALK, ("SPEAKER_02", "Sorry, is this room taken?")))
    found = assign_roles(turns, CUES)
    assert found.roles["SPEAKER_02"] is Role.OTHER
    assert found.roles["SPEAKER_01"] is Role.COACH
    assert "SPEAKER_02" in found.review[0]


def test_a_named_coach_of_few_words_is_one_of_the_pair() -> None:
    turns = turns_of((*TALK, ("SPEAKER_02", "Go on.")))
    found = assign_roles(turns, CUES, coach_is="SPEAKER_02")
    assert found.roles["SPEAKER_02"] is Role.COACH
    assert sorted(found.roles.values()) == [Role.COACH, Role.COACHEE, Role.OTHER]


@pytest.mark.parametrize("rows", [(), ((None, "Hello?"),)], ids=["no turns", "nobody"])
def test_without_speakers_there_are_no_roles(rows: tuple[tuple[str | None, str], ...]) -> None:
    found = assign_roles(turns_of(rows), CUES)
    assert found.roles == {}
    assert found.review


def test_one_speaker_gets_no_role_unless_a_person_says_so() -> None:
    turns = turns_of((("A", "What would you like to look at?"), ("A", "Hello?")))
    alone = assign_roles(turns, CUES)
    assert alone.roles == {}
    assert "only one speaker" in alone.review[0]
    assert assign_roles(turns, CUES, coach_is="A").roles == {"A": Role.COACH}


def test_with_roles_leaves_nobodys_turns_without_a_role() -> None:
    turns = turns_of((*TALK, (None, "mumbling")))
    told = with_roles(turns, assign_roles(turns, CUES))
    assert [turn.role for turn in told[:2]] == [Role.COACH, Role.COACHEE]
    assert told[-1].role is None
    assert [turn.text for turn in told] == [turn.text for turn in turns]
