"""Charts as inline SVG: drawn by Vega-Lite inside this process, nothing is fetched.

Phases differ in lightness and carry their names; the two roles differ in place and in lightness.
Every chart is made in a wide and a narrow form, and goes with a table of the same data.
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, ParamSpec

from convo.transcript import Phase

P = ParamSpec("P")
Spec = dict[str, Any]
"""A part of a Vega-Lite specification."""

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


AXIS_LOOK: Spec = {
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
    height = ROW * len(bars) + LABEL
    axis: Spec = {
        "title": None,
        "values": [0, 25, 50, 75, 100],
        "labelExpr": "datum.label + '\u00a0%'",
        **AXIS_LOOK,
    }
    over = Plane(quantity("x", [0, 100], axis), quantity("y", [height, 0]))
    names: Spec = {"limit": width * 0.5, "color": INK, "fontSize": 12.5, "fontWeight": 600}
    notes: Spec = {"align": "right", "color": MUTED, "fontSize": 12, "limit": width * 0.6}
    inside: Spec = {"baseline": "middle", "fontSize": 12}
    layers = [
        _boxes(over, "parts"),
        boxes(over, "empty", fill="#ffffff", stroke=MUTED, strokeDash=[4, 3]),
        *_whiskers(over, "x2"),
        texts(over, "names", **names),
        texts(over, "notes", **notes),
        texts(over, "left", dx=6, color="#ffffff", **inside),
        texts(over, "right", align="right", dx=-6, color=INK, **inside),
    ]
    return svg(layers, width, height, _bar_data(bars))


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
    width = 34 * len(bars)
    over = Plane(quantity("x", [0, len(bars)]), quantity("y", [-20, 100]))
    layers = [
        _boxes(over, "parts"),
        boxes(over, "empty", fill="#ffffff", stroke=MUTED, strokeDash=[3, 3]),
        *_whiskers(over, "y2"),
        texts(over, "names", align="center", color=INK, fontSize=12),
        texts(over, "none", align="center", color=MUTED, fontSize=12),
        texts(over, "left", align="center", color="#ffffff", fontSize=11.5),
        texts(over, "right", align="center", color=INK, fontSize=11.5),
    ]
    return Chart(description, svg(layers, width, PANEL_HEIGHT, _column_data(bars)))


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


@drawn_once
def value_columns(columns: Sequence[Column], description: str) -> Chart:
    """One column a session from 0 up, with its figure and interval; nothing joins the columns."""
    tops = [top for one in columns for top in (one.value, one.high) if top is not None]
    top = max([*tops, 1e-9])  # everything is drawn as a part of it
    over = Plane(quantity("x", [0, len(columns)]), quantity("y", [-0.22, 1.25]))
    layers = [
        _boxes(over, "parts"),
        *_whiskers(over, "y2"),
        texts(over, "names", align="center", color=MUTED, fontSize=12),
        texts(over, "values", align="center", color=INK, fontSize=12),
    ]
    data: dict[str, list[dict[str, Any]]] = {
        name: [] for name in ("parts", "whiskers", "names", "values")
    }
    for i, one in enumerate(columns):
        middle, value = i + 0.5, (one.value or 0.0) / top
        low, high = (None if side is None else side / top for side in (one.low, one.high))
        data["names"].append({"x": middle, "y": -0.18, "text": one.label})
        highest = value if high is None else max(value, high)
        data["values"].append({"x": middle, "y": highest + 0.06, "text": one.text})
        if one.value is None:
            continue
        side = {"x": i + 0.2, "x2": i + 0.8, "y": 0, "y2": value}
        data["parts"].append(side | {"fill": COLUMN_COLOR})
        if low is not None and high is not None and high > low:
            data["whiskers"].append({"x": middle, "y": low, "y2": high})
    return Chart(description, svg(layers, max(40 * len(columns), 80), STRAND_HEIGHT, data))


def _reach(bar: Bar) -> tuple[float, float]:
    """From where to where the split and its interval extend, in per cent."""
    points = [point * 100 for point in (bar.coach, bar.low, bar.high) if point is not None]
    return min(points), max(points)


class Plane(NamedTuple):
    """The two axes of a chart."""

    x: Spec
    y: Spec


def quantity(field: str, domain: Sequence[float], axis: Spec | None = None) -> Spec:
    """An axis over numbers, exactly as long as ``domain``; nothing is drawn without ``axis``."""
    scale = {"domain": domain, "nice": False}
    return {"field": field, "type": "quantitative", "axis": axis, "scale": scale}


def nominal(field: str) -> Spec:
    """A colour that the data name themselves."""
    return {"field": field, "type": "nominal", "scale": None}


def layer(data: str, mark: Spec, over: Plane, *ends: str, **encoding: Spec) -> Spec:
    """Marks for the data set of that name; ``ends`` are the fields where a mark ends."""
    other = {end: {"field": end} for end in ends}
    placed = {"x": over.x, "y": over.y, **other, **encoding}
    return {"data": {"name": data}, "mark": mark, "encoding": placed}


def boxes(over: Plane, data: str, encoding: Spec | None = None, **look: Any) -> Spec:
    """A layer of rectangles."""
    return layer(data, {"type": "rect", **look}, over, "x2", "y2", **(encoding or {}))


def texts(over: Plane, data: str, encoding: Spec | None = None, **look: Any) -> Spec:
    """A layer of texts."""
    mark = {"type": "text", "align": "left", "baseline": "alphabetic", **look}
    text = {"field": "text", "type": "nominal"}
    return layer(data, mark, over, text=text, **(encoding or {}))


def _boxes(over: Plane, data: str) -> Spec:
    return boxes(over, data, {"fill": nominal("fill")}, stroke="#ffffff", strokeWidth=1)


def _whiskers(over: Plane, end: str) -> list[Spec]:
    looks: tuple[Spec, ...] = (
        {"color": "#ffffff", "strokeWidth": 6},
        {"color": INK, "strokeWidth": 2},
    )
    return [
        layer("whiskers", {"type": "rule", "strokeCap": "butt", **look}, over, end)
        for look in looks
    ]


def svg(layers: Sequence[Spec], width: float, height: float, data: Mapping[str, Any]) -> str:
    """``layers`` over each other, drawn with ``data``, by name of the data set."""
    import vl_convert

    spec = {
        "layer": layers,
        "width": width,
        "height": height,
        "padding": 1,
        "config": {"aria": False, "font": FONT, "background": None, "view": {"stroke": None}},
    }
    drawing = json.loads(_compiled(json.dumps(spec)))
    for one in drawing["data"]:
        if one["name"] in data:
            one["values"] = data[one["name"]]
    drawn: str = vl_convert.vega_to_svg(drawing, allowed_base_urls=[])
    return _own_ids(drawn)


@functools.lru_cache(maxsize=_REMEMBERED)
def _compiled(spec: str) -> str:
    """A Vega-Lite specification as one of Vega: half of the work, and the same for other data."""
    import vl_convert

    return json.dumps(vl_convert.vegalite_to_vega(spec))


def _own_ids(svg: str) -> str:
    """Make ids unique in a page of several charts and the drawing as wide as its column."""
    prefix = f"c{hashlib.sha256(svg.encode()).hexdigest()[:8]}-"
    svg = re.sub(r'\bid="(clip|gradient)', rf'id="{prefix}\1', svg)
    svg = re.sub(r"url\(#(clip|gradient)", rf"url(#{prefix}\1", svg)
    return svg.replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1)
