"""What makes charts readable without colour, and names fit for every system."""

from __future__ import annotations

import itertools
import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convo.report import charts, timeline
from convo.report.files import progression_file_name, slug
from convo.report.wording import shortened


def luminance(color: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_phases_differ_in_lightness() -> None:
    for one, other in itertools.combinations(charts.PHASE_COLORS.values(), 2):
        assert contrast(one, other) > 1.4
    assert contrast(charts.COACH_COLOR, charts.COACHEE_COLOR) > 4.5


def test_text_stands_out_from_what_it_is_on() -> None:
    for phase, color in charts.PHASE_COLORS.items():
        ink = "#ffffff" if phase in timeline._ON_DARK else charts.INK
        assert contrast(ink, color) >= 4.5
    assert contrast("#ffffff", charts.COACH_COLOR) >= 4.5
    assert contrast(charts.INK, charts.COACHEE_COLOR) >= 4.5
    assert contrast(charts.MUTED, "#ffffff") >= 4.5


@pytest.mark.parametrize("name", ["Maeve", "<script>alert(1)</script>", 'a"b&c', "王小明", "محمد"])
def test_charts_are_well_formed_and_hold_names_as_text(name: str) -> None:
    drawn = timeline.timeline(
        [],
        [timeline.TimelineRow(name, [timeline.Stretch(0, 9, None)])],
        [(2.0, 3.0)],
        end=10.0,
        timed=True,
        description="one row",
    )
    for svg in (drawn.wide, drawn.narrow):
        tree = ElementTree.fromstring(svg)
        assert name in [text.text for text in tree.iter("{http://www.w3.org/2000/svg}text")]
        assert not list(tree.iter("{http://www.w3.org/2000/svg}script"))


def test_bars_are_as_long_as_the_shares() -> None:
    bar = charts.Bar("Whole session", "100 words", 0.25, 0.2, 0.3, "25", "75")
    parts = charts._bar_data([bar])["parts"]
    assert [(part["x"], part["x2"]) for part in parts] == [(0, 25.0), (25.0, 100)]
    none = charts._bar_data([charts.Bar("Frame", "withheld", None)])
    assert not none["parts"] and not none["whiskers"] and none["empty"]


@given(st.text())
def test_slugs_fit_every_file_system(name: str) -> None:
    made = slug(name)
    assert 0 < len(made) <= 40 and len(made.encode()) <= 160
    assert not set(made) & set('<>:"/\\|?* .\0')
    assert made == made.strip("-")


@given(st.text(), st.text())
def test_file_names_differ_for_different_people(one: str, other: str) -> None:
    from unicodedata import normalize

    same = normalize("NFC", one) == normalize("NFC", other)
    assert (progression_file_name(one) == progression_file_name(other)) == same


@given(st.text(), st.integers(5, 50))
def test_shortened_is_short(text: str, most: int) -> None:
    assert len(shortened(text, most)) <= most + 1
