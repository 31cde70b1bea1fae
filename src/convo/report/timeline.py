"""The timeline: who speaks when, under a ribbon of phases with their uncertain borders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from convo.report.charts import (
    AXIS_LOOK,
    BAR,
    FRAME_EDGE,
    HATCH_ID,
    INK,
    LABEL,
    MUTED,
    NARROW,
    NO_PHASE_COLOR,
    PHASE_COLORS,
    ROW,
    WIDE,
    Chart,
    Plane,
    Spec,
    boxes,
    drawn_once,
    nominal,
    quantity,
    svg,
    texts,
)
from convo.report.wording import clock
from convo.transcript import Phase

_ON_DARK = {Phase.CO_CONSTRUCTION}
_STEPS = (5, 10, 15, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200)
_CHARACTER = 6.4


@dataclass(frozen=True, slots=True)
class Stretch:
    """A coloured piece of a row, from ``start`` to ``end`` on the axis."""

    start: float
    end: float
    phase: Phase | None
    label: str = ""


@dataclass(frozen=True, slots=True)
class TimelineRow:
    """One person's turns."""

    name: str
    stretches: Sequence[Stretch]


@drawn_once
def timeline(
    phases: Sequence[Stretch],
    rows: Sequence[TimelineRow],
    bands: Sequence[tuple[float, float]],
    *,
    end: float,
    timed: bool,
    description: str,
) -> Chart:
    """Turns over time, one row a person, under a ribbon of phases.

    ``bands`` are the windows in which a change of phase lies. Without times the axis counts words.
    """
    wide, narrow = (_timeline(phases, rows, bands, end, timed, width) for width in (WIDE, NARROW))
    return Chart(description, wide, narrow)


def _timeline(
    phases: Sequence[Stretch],
    rows: Sequence[TimelineRow],
    bands: Sequence[tuple[float, float]],
    end: float,
    timed: bool,
    width: int,
) -> str:
    ribbon = [TimelineRow("Phases", phases)] if phases else []
    lines = [*ribbon, *rows]
    height = ROW * len(lines)
    over = Plane(
        quantity("x", [0, end or 1], _time_axis(end, timed, width)), quantity("y", [height, 0])
    )
    data: dict[str, list[dict[str, Any]]] = {
        "pieces": [_piece(s, i, end, width) for i, r in enumerate(lines) for s in r.stretches],
        "ribbon": _ribbon_texts(phases, bands, end, width),
        "names": [{"x": 0, "y": i * ROW + LABEL - 4, "text": r.name} for i, r in enumerate(lines)],
        "bands": [{"x": a, "x2": b, "y": LABEL - 2, "y2": height - 5} for a, b in bands],
    }
    own = {"fill": nominal("fill"), "stroke": nominal("stroke")}
    hatched: Spec = {"fill": f"url(#{HATCH_ID})", "stroke": MUTED, "strokeDash": [3, 2]}
    ink = {"color": nominal("ink")}
    layers = [
        boxes(over, "pieces", own, strokeWidth=0.75),
        boxes(over, "bands", strokeWidth=0.75, **hatched),
        texts(over, "ribbon", ink, baseline="middle", dx=5, fontSize=12),
        # a halo keeps names readable where hatching runs behind them
        texts(over, "names", limit=width, stroke="#ffffff", strokeWidth=4, fontSize=12),
        texts(over, "names", limit=width, color=INK, fontSize=12),
    ]
    return svg(layers, width, height, data)


def _piece(stretch: Stretch, row: int, end: float, width: int) -> dict[str, Any]:
    top = row * ROW + LABEL
    return {
        "x": stretch.start,
        "x2": max(stretch.end, stretch.start + (end or 1) / width),
        "y": top,
        "y2": top + BAR,
        "fill": NO_PHASE_COLOR if stretch.phase is None else PHASE_COLORS[stretch.phase],
        "stroke": FRAME_EDGE if stretch.phase is Phase.FRAME else None,
    }


def _ribbon_texts(
    phases: Sequence[Stretch], bands: Sequence[tuple[float, float]], end: float, width: int
) -> list[dict[str, Any]]:
    """The names of phases, each where its stretch is clear of hatching and long enough."""
    texts = []
    for stretch in phases:
        covered = [
            b for a, b in bands if a < stretch.end and b > stretch.start and a <= stretch.start
        ]
        start = max([stretch.start, *covered])
        limit = min([stretch.end, *(a for a, _ in bands if a >= start)])
        if (limit - start) / (end or 1) * width > len(stretch.label) * _CHARACTER + 8:
            ink = "#ffffff" if stretch.phase in _ON_DARK else INK
            texts.append({"x": start, "y": LABEL + BAR / 2, "text": stretch.label, "ink": ink})
    return texts


def _time_axis(end: float, timed: bool, width: int) -> Spec:
    most = max(width // 90, 2)
    if not timed:
        return {"title": "words so far", "tickCount": most, "format": ",d", **AXIS_LOOK}
    step = next((step for step in _STEPS if end / step <= most), 14400)
    ticks = [n * step for n in range(int(end // step) + 1)]
    names = {str(tick): clock(tick) for tick in ticks}
    label = "".join(f"datum.value == {tick} ? '{name}' : " for tick, name in names.items()) + "''"
    return {"title": "time in the recording", "values": ticks, "labelExpr": label, **AXIS_LOOK}
