"""Inter-sessional activities in reports: candidates with their words, nothing that counts up."""

import re
from dataclasses import replace
from types import SimpleNamespace

import pytest

from convo.between import Activity, FollowUp
from convo.errors import SessionError
from convo.report.activities import activity_views, follow_up_views
from convo.report.progression import progression_report
from convo.report.reminder import reminder
from convo.report.session import session_report
from convo.transcript import Role
from tests.database.conversations import make_conversation

ONE = Activity(3, 5, 4, "client", "do", Role.COACHEE, term="experiment", rushed=True)
TWO = Activity(5, 6, 6, "coach", "reflect", Role.COACH)


def session(*activities, number=1):
    made = make_conversation(name=f"{number}.m4a", number=number)
    return replace(made, activities=activities)


def section(page):
    found = re.search(r'<section aria-labelledby="activities">.*?</section>', page, re.DOTALL)
    return found.group(0) if found else ""


def test_each_candidate_has_its_words_and_a_link_to_its_turns():
    made = session(ONE)
    text = section(session_report(made))
    assert 'href="#t3"' in text and 'href="#t4"' in text
    assert "candidates" in text
    assert "called “experiment”" in text
    (view,) = activity_views(made)
    assert [quote.turn for quote in view.quotes] == [3, 4]
    assert made.turns[3].text.startswith(view.quotes[1].text[:20])


def test_without_activities_there_is_no_section():
    assert section(session_report(session())) == ""


@pytest.mark.parametrize(("many", "noted"), [(3, False), (4, True)])
def test_more_than_three_get_a_gentle_note(many, noted):
    text = section(session_report(session(*[TWO] * many)))
    assert ("one is enough" in text) is noted


def step(spoken):
    said = FollowUp(1, spoken, *((Role.COACHEE, 2, (2,), "not_done") if spoken else ()))
    return SimpleNamespace(earlier=session(ONE), later=session(number=2), follow_ups=(said,))


@pytest.mark.parametrize("spoken", [True, False])
def test_the_next_session_speaks_about_it_or_not(spoken):
    one = step(spoken)
    text = section(progression_report([one.earlier, one.later], steps=[one]))
    if spoken:
        assert "spoken about, first by the coachee; said not to be done" in text
        assert "#t2" in text
    else:
        assert "not spoken about" in text
    (view,) = follow_up_views(one.earlier, one.later, one.follow_ups)
    assert view.spoken is spoken


def test_no_word_of_compliance_is_in_any_report():
    one = step(True)
    pages = section(session_report(one.earlier))
    pages += section(progression_report([one.earlier, one.later], steps=[one]))
    words = re.sub(r"<q.*?</q>|<[^>]+>", " ", pages).lower()
    forbidden = ("homework", "complet", "streak", "rate", "overdue", "failed", "missed", "%")
    assert [word for word in forbidden if word in words] == []


def unfolded(text):
    return text.replace("\r\n ", "")


def test_a_reminder_is_a_whole_day_so_many_days_after_the_session():
    made = session(ONE, TWO)
    text = reminder(made, 3)
    lines = unfolded(text).split("\r\n")
    day = made.session.date.toordinal() + 3
    start = next(line for line in lines if line.startswith("DTSTART;VALUE=DATE:"))
    assert start.endswith(type(made.session.date).fromordinal(day).strftime("%Y%m%d"))
    assert (lines[0], lines[-2], lines[-1]) == ("BEGIN:VCALENDAR", "END:VCALENDAR", "")
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))


def test_a_reminder_holds_the_words_unharmed():
    made = session(ONE)
    turns = tuple(replace(turn, text="Cards; one, two\\ and ünë " * 8) for turn in made.turns)
    line = next(
        line
        for line in unfolded(reminder(replace(made, turns=turns), 1)).split("\r\n")
        if line.startswith("DESCRIPTION:")
    )
    assert r"Cards\; one\, two\\ and ünë" in line


def test_the_same_session_gives_the_same_reminder():
    assert reminder(session(ONE), 2) == reminder(session(ONE), 2)
    assert reminder(session(ONE), 2) != reminder(session(ONE), 3)


@pytest.mark.parametrize(("activities", "days"), [((), 3), ((ONE,), 0)])
def test_there_must_be_something_to_be_reminded_of_later(activities, days):
    with pytest.raises(SessionError):
        reminder(session(*activities), days)
