"""The frame of every page, in a browser."""

from __future__ import annotations

import pytest
from browsing import PHONE, findings, picture


@pytest.mark.parametrize("address", ["/", "/none"])
def test_the_pages_have_no_serious_finding_and_fit_a_phone(site, new_page, address) -> None:
    name = address.strip("/") or "sessions"
    for size, view in (("", None), ("-phone", PHONE)):
        page = new_page(view) if view else new_page()
        page.goto(site + address)
        assert findings(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        picture(page, name + size)


def test_the_keyboard_reaches_the_content_first(site, page) -> None:
    page.goto(site)
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
