"""Asking the store, logging in and the pages of a programme, in a browser."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from browsing import PHONE, findings, picture, serving
from kept import keep, sample

from convo.database.accounts import Accounts
from convo.transcript import Session
from convo.web.desk import Desk

PASSWORD = "three quiet birds"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Pages with accounts, and a programme of six coachees."""
    data = tmp_path_factory.mktemp("guarded")
    for n in range(1, 7):
        one = sample(1 + n % 3)
        session = Session(f"Coachee {n}", f"Coach {n}", 1, one.session.date, "Talk")
        recording = replace(one.recording, recording_id=f"{n:02}" * 32)
        keep(data, [replace(one, session=session, recording=recording)])
    for name, role, person in (
        ("ada", "owner", ""), ("pat", "lead", ""), ("rita", "researcher", ""),
        ("maeve", "coach", "Coach 1"),
    ):  # fmt: skip
        Accounts(data).add(name, role, person, PASSWORD)
    desk = Desk(data)
    with serving(desk) as address:
        yield address
    desk.close()


def log_in(page, address: str, name: str) -> None:
    page.goto(address)
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Password").press("Enter")
    page.get_by_text("Log out").wait_for()


@pytest.mark.parametrize("address", ["/ask", "/api", "/programme"])
def test_pages_have_no_serious_finding_and_fit_a_phone(site, new_page, address) -> None:
    for size, view in (("", None), ("-phone", PHONE)):
        page = new_page(view) if view else new_page()
        page.goto(site + address)
        assert findings(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        picture(page, address.strip("/") + size)


def test_a_question_is_asked_by_the_keyboard_and_answered_in_place(site, page) -> None:
    page.goto(site + "/ask")
    page.locator("#sql").fill("select role, percent, caution from v_talk_share")
    page.keyboard.press("Control+Enter")
    page.locator("table.answer").wait_for()
    assert page.locator("table.answer tbody tr").count() == 6
    assert page.url.endswith("/ask") and findings(page) == []
    picture(page, "ask-answer")
    page.locator("#sql").fill("from v_trun")
    page.keyboard.press("Control+Enter")
    page.get_by_role("alert").wait_for()
    assert "did you mean 'v_turn'" in page.get_by_role("alert").inner_text()


def test_an_example_fills_the_question_by_a_click(site, page) -> None:
    page.goto(site + "/ask")
    page.get_by_role("link", name="Who said how much, session by session?").click()
    assert "from v_talk_share" in page.locator("#sql").input_value()
    page.get_by_role("button", name="Ask", exact=True).click()
    page.locator("table.answer").wait_for()


def test_an_answer_is_downloaded(site, page) -> None:
    page.goto(site + "/ask")
    page.locator("#sql").fill("select session from v_session order by 1")
    for name, start in (("CSV", b"session\n1\n"), ("Parquet", b"PAR1")):
        with page.expect_download() as caught:
            page.get_by_role("button", name=f"Download {name}").click()
        assert Path(caught.value.path()).read_bytes().startswith(start)
        assert caught.value.suggested_filename.endswith(f".{name.lower()}")


def test_the_page_asks_without_scripts_too(site, browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site + "/ask")
    page.get_by_role("link", name="Who said how much, session by session?").click()
    page.get_by_role("button", name="Ask", exact=True).click()
    assert page.locator("table.answer tbody tr").count() == 6
    context.close()


def test_everybody_logs_in_and_out(guarded, new_page) -> None:
    page = new_page()
    page.goto(guarded + "/ask")
    assert "/login" in page.url and findings(page) == []
    picture(page, "login")
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill("wrong")
    page.keyboard.press("Enter")
    assert "wrong" in page.get_by_role("alert").inner_text() and findings(page) == []
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.locator("#sql").wait_for()
    assert page.url.endswith("/ask")
    page.get_by_role("button", name="Log out").click()
    page.get_by_label("Password").wait_for()


def test_a_lead_reads_figures(guarded, new_page) -> None:
    page = new_page()
    log_in(page, guarded, "pat")
    page.get_by_role("link", name="Talk").click()
    page.get_by_role("heading", name="Who speaks").wait_for()
    assert findings(page) == [] and "Coachee" not in page.locator("main").inner_text().replace(
        "Mean over coachees", ""
    ).replace("Coachees", "")
    assert page.get_by_role("navigation", name="Pages").inner_text().split() == ["Programmes"]
    picture(page, "programme")


def test_a_researcher_reads_pseudonyms(guarded, new_page) -> None:
    page = new_page()
    log_in(page, guarded, "rita")
    assert "person-" in page.locator("main").inner_text()
    picture(page, "sessions-researcher")
    page.goto(guarded + "/ask")
    page.locator("#sql").fill("select coachee, coach from v_session")
    page.keyboard.press("Control+Enter")
    page.locator("table.answer").wait_for()
    assert (
        "Coach 1" not in page.content() and "person-" in page.locator("table.answer").inner_text()
    )
