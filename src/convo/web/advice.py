"""Reasons to look, as the page says them: with what to press there, and nothing to type."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from convo.outcome import CHANNEL_HINT, IF_MEDIA
from convo.report.review import ReviewGroup

_CHANNELS = "each channel of the recording seems to hold one speaker, but both were read as one"
_SAID_BY = "Where a turn has the wrong speaker, choose it in the transcript and press who said it."
_MEDIA = "If one is, choose these turns in the transcript and press “Played from a recording”."


def for_page(groups: Iterable[ReviewGroup], change: bool) -> tuple[ReviewGroup, ...]:
    """The same reasons; what to press is said to those who may ``change`` the session there."""
    return tuple(
        replace(group, reasons=tuple(_said(reason, change) for reason in group.reasons))
        for group in groups
    )


def _said(reason: str, change: bool) -> str:
    if reason == CHANNEL_HINT:
        return f"{_CHANNELS}. {_SAID_BY}" if change else _CHANNELS
    found, is_media, _ = reason.partition(IF_MEDIA)
    return f"{found}. {_MEDIA}" if is_media and change else found
