"""What people change in the words: laws that hold for every session and every row of edits."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convo.conversation.attribution import turns
from convo.conversation.edits import (
    BreakEdit,
    PassageEdit,
    SpeakerEdit,
    Spoken,
    WordsEdit,
    applied,
    paint,
    passage_at,
    turns_of,
)
from convo.errors import TranscriptError
from convo.transcript import Passage, PassageSpan, Role, Turn, Word

SPEAKERS = ("A", "B", None)
moments = st.integers(0, 400).map(lambda tenth: tenth / 10)


@st.composite
def sessions(draw):
    """Words in order, some without length, some on top of each other, as a decoder gives them."""
    words, clock = [], 0.0
    for number in range(draw(st.integers(0, 25))):
        start = clock + draw(st.sampled_from((0.0, 0.3, 2.0)))
        clock = start + draw(st.sampled_from((0.0, 0.2, 0.5)))
        words.append(
            Word(
                f"w{number}", round(start, 3), round(clock, 3), 0.9, draw(st.sampled_from(SPEAKERS))
            )
        )
    return tuple(words)


@st.composite
def edits(draw, text=True):
    start, length = draw(moments), draw(st.integers(1, 100)) / 10
    end = start + length
    kinds = [
        st.builds(
            SpeakerEdit, st.just(start), st.just(end), st.sampled_from(("A", "B", "C", None))
        ),
        st.builds(BreakEdit, st.just(start), st.booleans()),
        st.builds(
            PassageEdit,
            st.just(start),
            st.just(end),
            st.sampled_from((None, *Passage)),
            st.booleans(),
        ),
    ]
    if text:
        typed = st.lists(st.sampled_from(("typed", "w3", "w4", "w5")), max_size=4).map(" ".join)
        kinds.append(st.builds(WordsEdit, st.just(start), st.just(end), typed))
    return draw(st.one_of(kinds))


@given(sessions())
def test_nothing_said_changes_nothing(words):
    spoken = applied(words, ())
    assert spoken == Spoken(words)
    assert turns_of(spoken) == turns(words)


@given(sessions(), st.lists(edits(text=False), max_size=6))
def test_only_typing_touches_what_was_said_and_when(words, said):
    after = applied(words, said).words
    assert [(w.text, w.start, w.end) for w in after] == [(w.text, w.start, w.end) for w in words]


@given(sessions(), st.lists(edits(), max_size=6))
def test_every_word_is_in_exactly_one_turn_and_in_order(words, said):
    spoken = applied(words, said)
    found = turns_of(spoken)
    assert [w.text for w in spoken.words] == " ".join(turn.text for turn in found).split()
    assert [turn.number for turn in found] == list(range(1, len(found) + 1))
    assert len(spoken.touched) == len(said)
    for before, after in zip(spoken.passages, spoken.passages[1:], strict=False):
        assert before.end <= after.start


@given(sessions(), edits())
def test_typing_replaces_what_lies_inside_and_nothing_else(words, edit):
    if not isinstance(edit, WordsEdit):
        return
    inside = [w for w in words if edit.start <= (w.start + w.end) / 2 < edit.end + 0.0005]
    after = applied(words, [edit]).words
    at = (
        words.index(inside[0])
        if inside
        else next(
            (n for n, w in enumerate(words) if (w.start + w.end) / 2 >= edit.start), len(words)
        )
    )
    typed = edit.text.split()
    assert after[:at] == words[:at]
    assert [w.text for w in after[at : at + len(typed)]] == typed
    assert after[at + len(typed) :] == words[at + len(inside) :]
    assert {w.speaker for w in after} <= {w.speaker for w in words} | {None}


@given(sessions(), edits())
def test_saying_the_same_twice_is_saying_it_once(words, edit):
    once = applied(words, [edit])
    if isinstance(edit, WordsEdit | BreakEdit):  # what was typed may reach out of the stretch
        return
    twice = applied(words, [edit, edit])
    assert replace(twice, touched=(), moved=()) == replace(once, touched=(), moved=())


TALK = tuple(
    Word(text, float(n), n + 0.8, 0.7, speaker)
    for n, (text, speaker) in enumerate(
        (("How", "A"), ("was", "A"), ("it?", "A"), ("Well,", "B"), ("quite", "B"), ("good.", None))
    )
)


def told(spoken):
    return [(turn.speaker, turn.text) for turn in turns_of(spoken)]


def test_a_turn_is_cut_in_two_and_joined_again():
    cut = applied(TALK, [BreakEdit(1.9, True)])
    assert told(cut)[:2] == [("A", "How was"), ("A", "it?")]
    joined = applied(TALK, [BreakEdit(1.9, True), BreakEdit(2.0, False)])
    assert replace(joined, touched=()) == Spoken(TALK)


def test_joined_turns_of_two_people_belong_to_the_first():
    joined = applied(TALK, [BreakEdit(3.0, False)])
    assert told(joined) == [("A", "How was it? Well, quite"), (None, "good.")]
    assert joined.touched == (2,)
    everything = applied(TALK, [BreakEdit(3.0, False), BreakEdit(5.0, False)])
    assert told(everything) == [("A", "How was it? Well, quite good.")]
    again = applied(TALK, [BreakEdit(4.0, False)])  # no turn begins there
    assert replace(again, touched=()) == Spoken(TALK)


def test_typed_words_keep_the_times_of_those_that_agree():
    after = applied(TALK, [WordsEdit(3.0, 6.0, "Well, it was quite good.")])
    assert [(w.text, w.start, w.end, w.speaker) for w in after.words[3:]] == [
        ("Well,", 3.0, 3.8, "B"),
        ("it", 3.8, 3.88, "B"),
        ("was", 3.88, 4.0, "B"),
        ("quite", 4.0, 4.8, "B"),
        ("good.", 5.0, 5.8, None),
    ]
    assert after.touched == (2,)
    assert applied(TALK, [WordsEdit(0.0, 9.0, "")]).words == ()
    (word,) = applied((), [WordsEdit(1.0, 2.0, "Hello")]).words
    assert word == Word("Hello", 1.0, 2.0)


def test_a_break_outlives_the_word_it_stood_at():
    after = applied(TALK, [BreakEdit(1.0, True), WordsEdit(1.0, 2.0, "is")])
    assert told(after)[:2] == [("A", "How"), ("A", "is it?")]
    gone = applied(TALK, [BreakEdit(1.0, True), WordsEdit(1.0, 2.0, "")])
    assert told(gone)[:2] == [("A", "How"), ("A", "it?")]


def test_passages_cut_turns_and_media_belongs_to_nobody():
    spoken = applied(
        TALK, [PassageEdit(1.0, 2.0, Passage.MEDIA), PassageEdit(3.0, 4.0, Passage.PRIVATE, True)]
    )
    assert [(t.speaker, t.passage) for t in turns_of(spoken)] == [
        ("A", None),
        ("MEDIA", Passage.MEDIA),
        ("A", None),
        ("B", Passage.PRIVATE),
        ("B", None),
        (None, None),
    ]
    assert spoken.passages[1].counted


def test_a_word_on_the_edge_of_a_private_passage_is_private():
    private = (PassageSpan(10.0, 20.0, Passage.PRIVATE),)
    film = (PassageSpan(10.0, 20.0, Passage.MEDIA),)
    edge = Word("secret", 9.0, 10.1)
    assert passage_at(private, edge) and not passage_at(film, edge)
    assert passage_at(private, Word("before", 9.0, 10.0)) is None


def test_a_later_passage_covers_an_earlier_one():
    film = paint((), PassageEdit(10.0, 60.0, Passage.MEDIA))
    both = paint(film, PassageEdit(50.0, 70.0, Passage.PRIVATE))
    assert both == (
        PassageSpan(10.0, 50.0, Passage.MEDIA),
        PassageSpan(50.0, 70.0, Passage.PRIVATE),
    )
    assert paint(both, PassageEdit(0.0, 100.0, None)) == ()


def test_a_private_turn_is_shown_without_its_text_and_counts_only_if_it_has_a_role():
    turn = Turn(1, "A", "Between us two.", 0.0, 1.0, Role.COACH, Passage.PRIVATE)
    assert (turn.shown.text, turn.shown.word_count) == ("", 3)
    assert replace(turn, role=None).shown.word_count == 0
    assert turn.shown.shown == turn.shown
    assert replace(turn, passage=Passage.MEDIA).shown.text == "Between us two."


@pytest.mark.parametrize("stretch", [(3.0, 3.0), (4.0, 2.0), (-1.0, 2.0), (0.0, float("inf"))])
def test_a_stretch_that_is_none_is_refused(stretch):
    with pytest.raises(TranscriptError, match="must end after it starts"):
        PassageEdit(*stretch, Passage.MEDIA)
