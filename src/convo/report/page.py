"""Pages from templates: everything that is filled in is escaped, styles are inside the page."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convo.report import charts, wording

if TYPE_CHECKING:
    from jinja2 import Environment

_HERE = Path(__file__).parent
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'"
)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(clock=wording.clock, long_date=wording.long_date, svg=Markup)
    environment.globals.update(
        style=Markup(style()),
        policy=CONTENT_SECURITY_POLICY,
        hatch=charts.HATCH_ID,
        in_terminal=wording.in_terminal,
        plural=wording.plural,
        role_source=wording.role_source,
    )
    return environment


def style() -> str:
    """The look of the reports, with their colours as variables."""
    colors = {phase.value: color for phase, color in charts.PHASE_COLORS.items()}
    colors |= {"coach": charts.COACH_COLOR, "coachee": charts.COACHEE_COLOR}
    root = "".join(f"--{name}:{color};" for name, color in colors.items())
    return f":root{{{root}}}\n" + (_HERE / "style.css").read_text(encoding="utf-8")


def render(template: str, content: Mapping[str, Any]) -> str:
    """The page ``template`` filled with ``content``; a missing entry is an error, not a gap."""
    return _environment().get_template(template).render(content)
