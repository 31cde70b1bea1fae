"""Turn functions: the pairs of the codebook, laws of the coder, mistakes in the file."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convo.codebook import CODES, Artefact, Code, Flag
from convo.conversation.functions import TurnCoder, with_joint_references
from convo.conversation.lexicon import evidence, neighbours, parse_functions
from convo.conversation.phases import TurnScores
from convo.errors import ConfigError
from convo.resources import resource
from convo.transcript import Role, Turn

TEXT = resource("configs/functions.toml").read_text(encoding="utf-8")
FUNCTIONS = parse_functions(TEXT)
CODER = TurnCoder(FUNCTIONS)
ROLES = {"COACH": Role.COACH, "COACHEE": Role.COACHEE}
SAYING = "so you could try it on Thursday ? I hadn't noticed why what oh yes watch the clip"

# Section 3.2 of the codebook: what is said before, by whom, the turn, its code and what it is not.
PAIRS = (
    (
        "There it is, on the clip.",
        "COACH",
        "And you waited about a second there.",
        "INF CHL",
    ),
    ("I waited.", "COACH", "You said you waited. Watch again: how long was it?", "CHL ASK"),
    ("It all goes wrong before ten.", "COACH", "So mornings are the hard part.", "RFL EVA"),
    (
        "It all goes wrong before ten.",
        "COACH",
        "So mornings are the hard part, and I'd say it's because the bell goes twice.",
        "INF RFL",
    ),
    ("They lose the second step.", "COACH", "Why not put the visuals up first?", "SUG ASK"),
    (
        "What might you change?",
        "COACHEE",
        "Maybe I could put the visuals up first.",
        "SUG COM",
    ),
    (
        "Would you put the visuals up first?",
        "COACHEE",
        "Yes, I'll have them up by Monday.",
        "COM SUG",
    ),
    ("How did you find it?", "COACHEE", "I need to get better at this.", "EVA COM"),
    ("She was copying the others.", "COACHEE", "Oh, right.", "BCK REA"),
    (
        "Look at her face when you give the instruction.",
        "COACHEE",
        "Oh, so it isn't that she won't, she can't hear the ends.",
        "REA EVA",
    ),
    ("I saw that she was copying.", "COACH", "Great.", "BCK AFF"),
    ("I saw that she was copying.", "COACH", "Great, you noticed that before I did.", "AFF BCK"),
)


def talk(*lines: tuple[str, str]) -> tuple[Turn, ...]:
    return tuple(
        Turn(number, who, text, role=ROLES[who]) for number, (who, text) in enumerate(lines, 1)
    )


@pytest.mark.parametrize(("before", "who", "said", "codes"), PAIRS, ids=lambda value: value[:40])
def test_the_pairs_of_the_codebook(before: str, who: str, said: str, codes: str) -> None:
    """Of the two codes that the codebook sets against each other, the right one is likelier."""
    other = "COACHEE" if who == "COACH" else "COACH"
    padding = [(other, "It was the lesson on Tuesday."), (who, "Mm-hm.")] * 3
    place = len(padding) + 1
    likely = CODER.code(talk(*padding, (other, before), (who, said), *padding))[place].probabilities
    right, wrong = (Code(name) for name in codes.split())
    assert likely[right] > likely[wrong]


@pytest.mark.parametrize(
    "said",
    [
        "what would you like to look at today",
        "how did that go",
        "so tell me about the lesson",
        "did you see what he did",
        "is there anything else",
    ],
)
def test_a_question_is_one_without_its_mark(said: str) -> None:
    answer = ("COACHEE", "Well, I think they were not listening at all, most of them, on Tuesday.")
    lines = [answer, ("COACH", said)] * 4 + [answer]
    assert CODER.code(talk(*lines))[3].code is Code.ASK


SAID = st.lists(
    st.tuples(
        st.sampled_from(["COACH", "COACHEE"]),
        st.lists(st.sampled_from(SAYING.split()), max_size=12).map(" ".join),
    ),
    max_size=12,
)


@given(SAID)
@settings(max_examples=25, deadline=None)
def test_laws_of_the_coder(lines: list[tuple[str, str]]) -> None:
    turns = talk(*lines)
    coded = CODER.code(turns)
    assert [one.turn for one in coded] == [turn.number for turn in turns]
    for one in coded:
        assert sum(one.probabilities.values()) == pytest.approx(1)
        assert one.probability == max(one.probabilities.values())
        assert one.probabilities[one.code] == one.probability
        for flag in one.flags:
            assert (flag.flag is Flag.ART) == (flag.artefact is not None)
            assert flag.flag not in (Flag.OPEN, Flag.FUT) or one.code is Code.ASK
            assert flag.flag is not Flag.BLD or one.code in (Code.SUG, Code.COM)
            assert flag.words or flag.flag is not Flag.ART
    assert CODER.code(turns) == coded


@given(SAID)
@settings(max_examples=25, deadline=None)
def test_the_words_that_speak_for_a_code_are_in_the_turn(lines: list[tuple[str, str]]) -> None:
    turns = talk(*lines)
    for one, turn in zip(CODER.code(turns), turns, strict=True):
        said = set(turn.text.lower().split())
        assert {word for words in one.words for word in words.split()} <= said


def test_a_turn_without_a_role_may_be_anybodys() -> None:
    cue = next(cue for cue in FUNCTIONS.cues if cue.by == "coachee" and cue.name == "coachee will")
    assert cue.hits("i'll do it", Role.COACHEE) == 1
    assert cue.hits("i'll do it", None) == 0.5
    assert cue.hits("i'll do it", Role.COACH) == 0


def test_a_reader_adds_its_say() -> None:
    """One that is sure of CHL moves every turn towards it; with weight 0 it is not even asked."""

    class Sure:
        version = "sure"

        def __call__(self, turns: Any) -> TurnScores:
            codes = np.full((len(turns), len(CODES)), -20.0)
            codes[:, CODES.index(Code.CHL)] = 0.0
            return TurnScores(codes[:, :4], codes[:, 0], codes)

    turns = talk(("COACH", "What did she do?"), ("COACHEE", "She left."))
    heard = FUNCTIONS.model_copy(update={"reader_weight": 1.0})
    assert [one.code for one in TurnCoder(heard, Sure()).code(turns)] == [Code.CHL] * 2
    deaf = TurnCoder(FUNCTIONS.model_copy(update={"reader_weight": 0.0}), Sure())
    assert deaf.code(turns) == CODER.code(turns)
    assert deaf.version == CODER.version != TurnCoder(heard, Sure()).version


def test_a_joint_reference_is_by_both_within_four_turns() -> None:
    near = talk(
        ("COACH", "Let's watch the clip."),
        ("COACHEE", "There, on the video."),
        *[("COACH", "Mm."), ("COACHEE", "Mm.")] * 3,
        ("COACHEE", "Look at the video."),
    )
    shown = [[f for f in one.flags if f.artefact is Artefact.VIDEO] for one in CODER.code(near)]
    assert shown[0][0].joint and shown[1][0].joint
    assert not shown[-1][0].joint
    assert with_joint_references(near, CODER.code(near)) == CODER.code(near)


def test_neighbours_are_the_nearest_of_somebody_else() -> None:
    dice = random.Random(1)
    turns = [Turn(n, dice.choice("ABC"), "x") for n in range(40)]
    for step in (-1, 1):
        order = range(len(turns))
        slow = [
            next(
                (
                    p
                    for p in (order[:place][::-1] if step == -1 else order[place + 1 :])
                    if turns[p].speaker != turns[place].speaker
                ),
                None,
            )
            for place in order
        ]
        assert neighbours(turns, step) == slow  # type: ignore[arg-type]


def test_nothing_said_is_nothing_coded() -> None:
    assert CODER.code(()) == ()
    assert evidence((), FUNCTIONS).hits.shape == (0, len(FUNCTIONS.columns))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("version = ", "not valid TOML"),
        ("", "version is missing"),
        ('version = "1"\nreader_wait = 1.0', "did you mean 'reader_weight'"),
        (
            'version = "1"\n[[cues]]\nname = "a"\nwhy = "b"\npattern = "("',
            "is not a regular expression",
        ),
        (
            'version = "1"\n[bias]\nwhy = "b"\ncodes = { ASQ = 1.0 }',
            "ASQ",
        ),
    ],
)
def test_a_mistake_in_the_file_is_named(text: str, sentence: str) -> None:
    with pytest.raises(ConfigError, match="functions") as caught:
        parse_functions(text)
    assert sentence in str(caught.value)


def test_the_shipped_file_is_complete() -> None:
    names = [cue.name for cue in FUNCTIONS.cues]
    assert len(names) == len(set(names)) > 80
    assert all(one.codes or one.flags for one in FUNCTIONS.columns)
    codes, flags = FUNCTIONS.weights
    assert (np.abs(codes).max(axis=0) > 1).all() and (np.abs(flags).max(axis=0) > 0.5).all()


@pytest.mark.speed
def test_a_session_is_coded_in_time(benchmark: Any) -> None:
    """Six hundred turns, as in an hour of talk."""
    dice = random.Random(2)
    words = (SAYING + " and then they all sat down with the cards on the table").split()
    lines = [
        (("COACH", "COACHEE")[n % 2], " ".join(dice.choices(words, k=dice.choice([2, 8, 30]))))
        for n in range(600)
    ]
    coded = benchmark.pedantic(CODER.code, args=(talk(*lines),), rounds=1)
    assert len(coded) == 600
