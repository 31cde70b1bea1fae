"""What readers see when a person put the phases right, or switched one off."""

from __future__ import annotations

import datetime
from dataclasses import replace

import pytest
from factory import flagged, sample
from page_reader import PageReader

from convo.cli.tables import show_progression
from convo.conversation.shares import shares
from convo.conversation.spans import put_right
from convo.report import progression_report, progression_rows, session_report
from convo.transcript import Conversation, Phase

DAY = datetime.date(2026, 3, 4)
WORDS = "put right by <Sam> on 4 March 2026"
UNSURE = ("a suggestion", "provisional", "8 in 10", "paler")


def confirmed(made: Conversation) -> Conversation:
    right = put_right(made.segmentation, made.segmentation.labels(), "<Sam>", DAY)
    kept = tuple(reason for reason in made.review if reason not in made.segmentation.review)
    return replace(made, segmentation=right, shares=shares(made.turns, right), review=kept)


def without_orientation(made: Conversation) -> Conversation:
    labels = [Phase.SCRUTINY if p is Phase.ORIENTATION else p for p in made.segmentation.labels()]
    counted = shares(made.turns, put_right(made.segmentation, labels, "", DAY))
    return replace(
        made,
        segmentation=replace(made.segmentation, without=(Phase.ORIENTATION,)),
        shares=counted,
    )


def test_the_report_says_whose_word_the_phases_are_and_shows_no_doubt() -> None:
    page = session_report(confirmed(flagged(1)))
    read = PageReader(page)
    assert read.mismatched == []
    assert f"The phases are as {WORDS}" in read.text
    assert "<Sam>" not in page
    assert [word for word in UNSURE if word in read.text] == []
    assert "Where one phase changes into the next" not in read.text
    assert "Orientation begins at 0:09" in read.text, (
        "a border that a person set is a place, not a window"
    )
    assert 'class="swatch hatched"' not in page


def test_shares_by_phase_keep_the_interval_of_chance_and_lose_that_of_borders() -> None:
    text = PageReader(session_report(confirmed(sample(1)))).text
    assert "90 % interval" in text
    assert "if its borders were drawn elsewhere" not in text
    assert "if its borders were drawn elsewhere" in PageReader(session_report(sample(1))).text


def test_a_session_that_nobody_put_right_says_how_to() -> None:
    text = PageReader(session_report(sample(1))).text
    assert 'convo turns --coachee "Hannah" --session 1 --to turns.csv' in text
    assert 'convo process "demo-1.m4a" --phases turns.csv' in text
    assert "put right by" not in text


@pytest.mark.parametrize("right", [(), (2,), (1, 2, 3)])
def test_the_progression_says_which_sessions_were_put_right(right, capsys) -> None:
    sessions = [confirmed(sample(n)) if n in right else sample(n) for n in (1, 2, 3)]
    page = PageReader(progression_report(sessions))
    show_progression(sessions)
    table = " ".join(capsys.readouterr().out.split())
    assert page.mismatched == []
    for number in (1, 2, 3):
        assert (f"session {number} {WORDS}" in page.text) is (number in right)
        assert (f"Phases of session {number}: {WORDS}." in table) is (number in right)
    assert ("provisional" in page.text) is (len(right) < 3)
    assert ("provisional" in table) is (len(right) < 3)


def test_a_phase_that_was_switched_off_is_not_said_to_be_missing(capsys) -> None:
    made = without_orientation(sample(3))
    show_progression([made])
    table = " ".join(capsys.readouterr().out.split())
    assert "not found in that session, or not looked for" in table
    assert progression_rows([made])[0].cells == ("–",)
    for page in (session_report(made), progression_report([made])):
        text = PageReader(page).text
        assert "not looked for: this session was read without it" in text
        assert "not found in this session" in text, "frame was looked for and is not there"
    usual = PageReader(session_report(sample(3))).text
    assert "not looked for" not in usual


def test_a_phase_that_a_person_did_not_see_is_not_one_that_was_switched_off() -> None:
    made = confirmed(without_orientation(sample(3)))
    assert "not looked for" not in PageReader(session_report(made)).text
