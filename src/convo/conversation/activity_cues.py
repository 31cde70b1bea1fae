"""The cues of inter-sessional activities: readable patterns, in ``configs/activities.toml``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property

from pydantic import Field, field_validator, model_validator

from convo.between import Status
from convo.conversation.cues import Pattern, TextCue
from convo.options import Options, from_toml


class ActivityCue(TextCue):
    """One pattern that a turn of coach or coachee may hold; ``why`` is the codebook's reason."""


class ActivityTerm(Options):
    """What speakers call an activity: a ``family`` of names."""

    family: str
    pattern: Pattern

    @cached_property
    def _regex(self) -> re.Pattern[str]:
        return re.compile(self.pattern, re.IGNORECASE)

    def said(self, text: str) -> str | None:
        """The words as they were said in ``text``, None if they were not.

        >>> ActivityTerm(family="test", pattern="experiment").said("It's an Experiment, no more.")
        'Experiment'
        """
        hit = self._regex.search(text)
        return None if hit is None else hit.group(0)


class _Patterns(Options):
    """Named patterns, one a field."""

    def found(self, name: str, text: str) -> bool:
        """Whether the plain text holds the pattern of that field."""
        return re.search(getattr(self, name), text) is not None


class SettingRules(_Patterns):
    """How an activity was set: in a hurry, on top of too much, how exactly."""

    rushed: Pattern
    load: Pattern
    when: Pattern
    where: Pattern
    amount: Pattern


class FollowUpRules(_Patterns):
    """How the next session speaks about an activity."""

    asks: Pattern
    tells: Pattern
    plans: Pattern
    changed: Pattern
    partly: Pattern
    not_done: Pattern
    done: Pattern

    def status(self, text: str) -> Status:
        """What the plain text of the coachee's turns says of an activity."""
        order: tuple[Status, ...] = ("changed", "not_done", "partly", "done")
        return next((status for status in order if self.found(status, text)), "not_said")


class ActivityCues(Options):
    """The content of ``configs/activities.toml``; ``version`` is stored with every result.

    ``{name}`` in a pattern stands for any word of the list ``name``.
    """

    version: str
    lists: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    cues: tuple[ActivityCue, ...] = ()
    terms: tuple[ActivityTerm, ...] = ()
    rules: SettingRules
    followup: FollowUpRules

    @model_validator(mode="before")
    @classmethod
    def _with_lists(cls, content: object) -> object:
        lists = content.get("lists", {}) if isinstance(content, dict) else {}
        if not isinstance(lists, dict):
            return content
        words = {
            "{" + str(name) + "}": "(?:" + "|".join(map(re.escape, map(str, entries))) + ")"
            for name, entries in lists.items()
            if isinstance(entries, list)
        }
        return _filled(content, words)

    @field_validator("cues")
    @classmethod
    def _differ(cls, cues: tuple[ActivityCue, ...]) -> tuple[ActivityCue, ...]:
        if len({cue.name for cue in cues}) < len(cues):
            raise ValueError("two cues have the same name: their weights would be mixed up")
        return cues


def _filled(value: object, words: Mapping[str, str]) -> object:
    if isinstance(value, dict):
        return {key: _filled(one, words) for key, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, words) for one in value]
    if isinstance(value, str):
        for mark, alternatives in words.items():
            value = value.replace(mark, alternatives)
    return value


def parse_activity_cues(text: str) -> ActivityCues:
    """The cues written in ``text`` (TOML).

    Raises:
        ConfigError: not TOML, an unknown or missing key, or a pattern that is none.
    """
    return from_toml(ActivityCues, text, "activity cues")
