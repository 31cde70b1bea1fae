"""Data folders with kept sessions."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from convo.database.artefacts import write_conversation
from convo.report import write_progression_report, write_session_report
from convo.reservation import store
from convo.transcript import Conversation

sys.path.insert(0, str(Path(__file__).parent.parent / "report"))
from factory import sample

__all__ = ["keep", "sample"]


def keep(data: Path, conversations: Sequence[Conversation]) -> Path:
    """A data folder in which ``conversations`` are kept, with store and reports."""
    for one in conversations:
        store(data).load(write_conversation(data / "artefacts", one))
        write_session_report(data / "reports", one)
    write_progression_report(data / "reports", conversations)
    return data
