"""What earlier versions of convo kept in another way."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from convo.changes import ONE_SPEAKER_EACH
from convo.conversation.media import parse_span

_PLAYED = re.compile(
    r"(perhaps a recording is played at (\S+): .*)\. If one is, its words are .*", re.S
)
_CHANNELS = "each channel of the recording seems to hold one speaker: process it again with"


def with_remedies(facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """The facts of a run; up to schema 4 the reasons to look named commands in place of remedies.

    >>> said = "perhaps a recording is played at 1:00-1:21: quoted. If one is, its words are …"
    >>> found = with_remedies({"review": [said]})
    >>> found["review"], found["remedies"][0]["start"]
    (['perhaps a recording is played at 1:00-1:21: quoted'], 60.0)
    """
    if "remedies" in facts:
        return facts
    found = [_apart(reason) for reason in facts["review"]]
    remedies = [remedy for _, remedy in found if remedy]
    return {**facts, "review": [reason for reason, _ in found], "remedies": remedies}


def _apart(reason: str) -> tuple[str, dict[str, Any] | None]:
    if reason.startswith(_CHANNELS):
        return ONE_SPEAKER_EACH, {"reason": ONE_SPEAKER_EACH, "kind": "channels"}
    played = _PLAYED.fullmatch(reason)
    if played is None:
        return reason, None
    start, end = parse_span(played[2])
    return played[1], {"reason": played[1], "kind": "media", "start": start, "end": end}
