"""Charts as inline SVG: drawn by Vega-Lite inside this process, nothing is fetched.

Phases differ in lightness and carry their names; the two roles differ in place and in lightness.
Every chart is made in a wide and a narrow form, and goes with a table of the same data.
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ParamSpec

from convo.transcript import Phase

P = ParamSpec("P")

PHASE_COLORS: Mapping[Phase, str] = {
    Phase.ORIENTATION: "#dcb25a",
    Phase.SCRUTINY: "#6b9fb8",
    Phase.CO_CONSTRUCTION: "#2f3f6b",
    Phase.FRAME: "#e6e3dd",
}
FRAME_EDGE = "#8f8a80"
NO_PHASE_COLOR = "#8d9499"
COACH_COLOR = "#3a4750"
COACHEE_COLOR = "#ccd5d9"
INK = "#1f2528"
MUTED = "#5a6469"
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, Helvetica, Arial, 'Noto Sans', sans-serif"
HATCH_ID = "between"
WIDE, NARROW, PANEL_HEIGHT = 748, 336, 132
ROW, BAR, LABEL = 44, 20, 15
STRAND_HEIGHT = 96
COLUMN_COLOR = "#9fb0b8"
_REMEMBERED = 64  # charts


@dataclass(frozen=True, slots=True)
class Bar:
    """One share: ``coach`` between 0 and 1, or None with the reason in ``note``."""

    label: str
    note: str
    coach: float | None
    low: float | None = None
    high: float | None = None
    left: str = ""
    right: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing in up to two widths, with what it shows in words."""

    description: str
    wide: str
    narrow: str = ""


AXIS_LOOK: dict[str, Any] = {
    "grid": False,
    "domainColor": MUTED,
    "tickColor": MUTED,
    "labelColor": MUTED,
    "titleColor": MUTED,
    "titleFontWeight": "normal",
    "titleAnchor": "start",
    "labelFontSize": 11.5,
    "titleFontSize": 11.5,
    "labelFlush": True,
}


def drawn_once(draw: Callable[P, Chart]) -> Callable[P, Chart]:
    """Remember the last drawings: pages are read more often than what they show changes."""
    kept: dict[str, Chart] = {}

    @functools.wraps(draw)
    def drawn(*args: P.args, **named: P.kwargs) -> Chart:
        key = hashlib.sha256(repr((args, named)).encode()).hexdigest()
        chart = kept.get(key)
        if chart is None:
            chart = kept[key] = draw(*args, **named)
            for old in list(kept)[:-_REMEMBERED]:
                kept.pop(old, None)
        return chart

    return drawn


@drawn_once
def share_bars(bars: Sequence[Bar], description: str) -> Chart:
    """Coach and coachee as the two parts of one bar a row, with the interval of the split."""
    wide, narrow = (_share_bars(bars, width) for width in (WIDE, NARROW))
    return Chart(description, wide, narrow)


def _share_bars(bars: Sequence[Bar], width: int) -> str:
    import altair as alt

    height = ROW * len(bars) + LABEL
    x = alt.X(
        "x:Q",
        scale=alt.Scale(domain=[0, 100], nice=False),
        axis=alt.Axis(
            title=None,
            values=[0, 25, 50, 75, 100],
            labelExpr="datum.label + '\u00a0%'",
            **AXIS_LOOK,
        ),
    )
    y = alt.Y("y:Q", scale=alt.Scale(domain=[height, 0], nice=False), axis=None)
    data = _bar_data(bars)
    marks = alt.layer(
        _boxes(alt, "parts", x, y),
        alt.Chart(named(alt, "empty"))
        .mark_rect(fill="#ffffff", stroke=MUTED, strokeDash=[4, 3])
        .encode(x=x, x2=alt.X2("x2"), y=y, y2=alt.Y2("y2")),
        *_whiskers(alt, x, y, x2=alt.X2("x2")),
        texts(alt, "names", x, y, limit=width * 0.5, color=INK, fontSize=12.5, fontWeight=600),
        texts(alt, "notes", x, y, align="right", color=MUTED, fontSize=12, limit=width * 0.6),
        texts(alt, "left", x, y, baseline="middle", dx=6, color="#ffffff", fontSize=12),
        texts(alt, "right", x, y, baseline="middle", align="right", dx=-6, color=INK, fontSize=12),
    )
    return svg(marks.properties(width=width, height=height), data)


def _bar_data(bars: Sequence[Bar]) -> dict[str, list[dict[str, Any]]]:
    data: dict[str, list[dict[str, Any]]] = {
        name: [] for name in ("parts", "empty", "whiskers", "names", "notes", "left", "right")
    }
    for i, bar in enumerate(bars):
        top = i * ROW + LABEL + 4
        data["names"].append({"x": 0, "y": top - 5, "text": bar.label})
        data["notes"].append({"x": 100, "y": top - 5, "text": bar.note})
        box, middle = {"y": top, "y2": top + BAR}, top + BAR / 2
        if bar.coach is None:
            data["empty"].append({"x": 0, "x2": 100, **box})
            continue
        split = bar.coach * 100
        data["parts"] += [
            {"x": 0, "x2": split, "fill": COACH_COLOR, **box},
            {"x": split, "x2": 100, "fill": COACHEE_COLOR, **box},
        ]
        if bar.low is not None and bar.high is not None:
            data["whiskers"].append({"x": bar.low * 100, "x2": bar.high * 100, "y": middle})
        if _reach(bar)[0] > 12:
            data["left"].append({"x": 0, "y": middle, "text": bar.left})
        if _reach(bar)[1] < 88:
            data["right"].append({"x": 100, "y": middle, "text": bar.right})
    return data


@drawn_once
def session_columns(bars: Sequence[Bar], description: str) -> Chart:
    """One column a session, coach below and coachee above; nothing joins the columns."""
    import altair as alt

    step = 34
    width = step * len(bars)
    x = alt.X("x:Q", scale=alt.Scale(domain=[0, len(bars)], nice=False), axis=None)
    y = alt.Y("y:Q", scale=alt.Scale(domain=[-20, 100], nice=False), axis=None)
    marks = alt.layer(
        _boxes(alt, "parts", x, y),
        alt.Chart(named(alt, "empty"))
        .mark_rect(fill="#ffffff", stroke=MUTED, strokeDash=[3, 3])
        .encode(x=x, x2=alt.X2("x2"), y=y, y2=alt.Y2("y2")),
        *_whiskers(alt, x, y, y2=alt.Y2("y2")),
        texts(alt, "names", x, y, align="center", color=INK, fontSize=12),
        texts(alt, "none", x, y, align="center", color=MUTED, fontSize=12),
        texts(alt, "left", x, y, align="center", color="#ffffff", fontSize=11.5),
        texts(alt, "right", x, y, align="center", color=INK, fontSize=11.5),
    )
    drawn = marks.properties(width=width, height=PANEL_HEIGHT)
    return Chart(description, svg(drawn, _column_data(bars)))


def _column_data(bars: Sequence[Bar]) -> dict[str, list[dict[str, Any]]]:
    data: dict[str, list[dict[str, Any]]] = {
        name: [] for name in ("parts", "empty", "whiskers", "names", "none", "left", "right")
    }
    for i, bar in enumerate(bars):
        side, middle = {"x": i + 0.12, "x2": i + 0.88}, i + 0.5
        data["names"].append({"x": middle, "y": -15, "text": bar.label})
        if bar.coach is None:
            if bar.note:
                data["empty"].append({**side, "y": 0, "y2": 100})
            data["none"].append({"x": middle, "y": 46, "text": "–" if not bar.note else "?"})
            continue
        split = bar.coach * 100
        data["parts"] += [
            {**side, "y": 0, "y2": split, "fill": COACH_COLOR},
            {**side, "y": split, "y2": 100, "fill": COACHEE_COLOR},
        ]
        if bar.low is not None and bar.high is not None:
            data["whiskers"].append({"x": middle, "y": bar.low * 100, "y2": bar.high * 100})
        if _reach(bar)[0] > 15:
            data["left"].append({"x": middle, "y": 4, "text": bar.left})
        if _reach(bar)[1] < 85:
            data["right"].append({"x": middle, "y": 89, "text": bar.right})
    return data


@dataclass(frozen=True, slots=True)
class Column:
    """One figure of a session; without a ``value`` only ``text`` stands there."""

    label: str
    value: float | None
    text: str
    low: float | None = None
    high: float | None = None


def value_columns(columns: Sequence[Column], description: str) -> Chart:
    """One column a session from 0 up, with its figure and interval; nothing joins the columns."""
    import altair as alt

    tops = [top for one in columns for top in (one.value, one.high) if top is not None]
    top = max([*tops, 1e-9])
    x = alt.X("x:Q", scale=alt.Scale(domain=[0, len(columns)], nice=False), axis=None)
    y = alt.Y("y:Q", scale=alt.Scale(domain=[-0.22 * top, 1.25 * top], nice=False), axis=None)
    marks = alt.layer(
        _boxes(alt, "parts", x, y),
        *_whiskers(alt, x, y, y2=alt.Y2("y2")),
        texts(alt, "names", x, y, align="center", color=MUTED, fontSize=12),
        texts(alt, "values", x, y, align="center", color=INK, fontSize=12),
    )
    data: dict[str, list[dict[str, Any]]] = {
        name: [] for name in ("parts", "whiskers", "names", "values")
    }
    for i, one in enumerate(columns):
        middle, value = i + 0.5, one.value or 0.0
        data["names"].append({"x": middle, "y": -0.18 * top, "text": one.label})
        highest = value if one.high is None else max(value, one.high)
        data["values"].append({"x": middle, "y": highest + 0.06 * top, "text": one.text})
        if one.value is None:
            continue
        side = {"x": i + 0.2, "x2": i + 0.8, "y": 0, "y2": value}
        data["parts"].append(side | {"fill": COLUMN_COLOR})
        if one.low is not None and one.high is not None and one.high > one.low:
            data["whiskers"].append({"x": middle, "y": one.low, "y2": one.high})
    drawn = marks.properties(width=max(40 * len(columns), 80), height=STRAND_HEIGHT)
    return Chart(description, svg(drawn, data))


def _reach(bar: Bar) -> tuple[float, float]:
    """From where to where the split and its interval extend, in per cent."""
    points = [point * 100 for point in (bar.coach, bar.low, bar.high) if point is not None]
    return min(points), max(points)


def named(alt: Any, name: str) -> Any:
    """Data that :func:`svg` fills in by ``name``."""
    return alt.NamedData(name=name)


def _boxes(alt: Any, name: str, x: Any, y: Any) -> Any:
    return (
        alt.Chart(named(alt, name))
        .mark_rect(stroke="#ffffff", strokeWidth=1)
        .encode(x=x, x2=alt.X2("x2"), y=y, y2=alt.Y2("y2"), fill=alt.Fill("fill:N", scale=None))
    )


def texts(alt: Any, name: str, x: Any, y: Any, **look: Any) -> Any:
    """A layer of texts."""
    look = {"align": "left", "baseline": "alphabetic", **look}
    return alt.Chart(named(alt, name)).mark_text(**look).encode(x=x, y=y, text=alt.Text("text:N"))


def _whiskers(alt: Any, x: Any, y: Any, **ends: Any) -> list[Any]:
    chart = alt.Chart(named(alt, "whiskers"))
    return [
        chart.mark_rule(color=color, strokeWidth=width, strokeCap="butt").encode(x=x, y=y, **ends)
        for color, width in (("#ffffff", 6), (INK, 2))
    ]


def svg(chart: Any, data: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """``chart`` drawn with ``data``, by name of the data set."""
    import vl_convert

    spec = chart.to_dict(validate=False)
    spec["padding"] = 1
    spec["config"] = {"aria": False, "font": FONT, "background": None, "view": {"stroke": None}}
    spec["datasets"] = data
    drawn: str = vl_convert.vegalite_to_svg(spec, allowed_base_urls=[])
    return _own_ids(drawn)


def _own_ids(svg: str) -> str:
    """Make ids unique in a page of several charts and the drawing as wide as its column."""
    prefix = f"c{hashlib.sha256(svg.encode()).hexdigest()[:8]}-"
    svg = re.sub(r'\bid="(clip|gradient)', rf'id="{prefix}\1', svg)
    svg = re.sub(r"url\(#(clip|gradient)", rf"url(#{prefix}\1", svg)
    return svg.replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1)
