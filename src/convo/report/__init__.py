"""Reports: one HTML file per session and one per coachee, readable without a network."""

from convo.report.progression import (
    ProgressionRow,
    progression_headings,
    progression_report,
    progression_rows,
    write_progression_report,
)
from convo.report.session import session_report, write_session_report

__all__ = [
    "ProgressionRow",
    "progression_headings",
    "progression_report",
    "progression_rows",
    "session_report",
    "write_progression_report",
    "write_session_report",
]
