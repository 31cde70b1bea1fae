"""What comes with the program: cues, terms, word lists, weights, and what reads turns by them."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from convo.between import Activity, FollowUp
from convo.conversation import followups
from convo.conversation.activities import ActivityFinder, ActivityOptions
from convo.conversation.activity_cues import ActivityCues, parse_activity_cues
from convo.conversation.activity_weights import ActivityWeights, parse_weights
from convo.conversation.cues import Cues, parse_cues
from convo.conversation.functions import FunctionsOptions, TurnCoder
from convo.conversation.glossary import Glossary, parse_glossary
from convo.conversation.lexicon import Functions, parse_functions
from convo.conversation.phases import PhaseSegmenter, PhasesOptions
from convo.conversation.word_lists import WordLists, parse_word_lists
from convo.encoder.reader import shipped_reader
from convo.resources import resource
from convo.transcript import Turn


@functools.cache
def cues() -> Cues:
    """The cues of ``configs/cues.toml``."""
    return parse_cues(resource("configs/cues.toml").read_text(encoding="utf-8"))


@functools.cache
def functions() -> Functions:
    """The cues of turn functions in ``configs/functions.toml``."""
    return parse_functions(resource("configs/functions.toml").read_text(encoding="utf-8"))


@functools.cache
def glossary() -> Glossary:
    """The terms of ``configs/glossary.toml``."""
    return parse_glossary(resource("configs/glossary.toml").read_text(encoding="utf-8"))


@functools.cache
def word_lists() -> WordLists:
    """The words that figures are counted from, of ``configs/measures.toml``."""
    return parse_word_lists(resource("configs/measures.toml").read_text(encoding="utf-8"))


@functools.cache
def activity_cues() -> ActivityCues:
    """The cues of ``configs/activities.toml``."""
    return parse_activity_cues(resource("configs/activities.toml").read_text(encoding="utf-8"))


@functools.cache
def activity_weights() -> ActivityWeights:
    """The learned weights of ``data/models/activities``.

    Raises:
        ModelError: they are altered.
    """
    path = resource("data/models/activities/weights.json")
    return parse_weights(path.read_text(encoding="utf-8"))


def phase_model(options: PhasesOptions) -> str | None:
    """The version of the trained reader that ``options`` ask for, None for cues alone.

    Raises:
        ModelError: its files are missing or altered.
    """
    return shipped_reader().version if options.method == "learned" else None


def phase_segmenter(options: PhasesOptions, cues: Cues) -> PhaseSegmenter:
    """The method that ``options`` name.

    Raises:
        ModelError: the files of the trained reader are missing or altered.
    """
    return PhaseSegmenter(cues, options, shipped_reader() if options.method == "learned" else None)


def turn_coder(options: FunctionsOptions, by: Functions | None = None) -> TurnCoder:
    """What codes turns, with the cues of ``by`` or those that ship.

    Raises:
        ModelError: the files of the trained reader are missing or altered.
    """
    reader = shipped_reader() if options.method == "learned" else None
    return TurnCoder(by or functions(), reader)


def activity_finder(options: ActivityOptions) -> ActivityFinder:
    """The finder of inter-sessional activities, with the trained reader of turns."""
    return ActivityFinder(activity_cues(), activity_weights(), options, shipped_reader())


def follow_ups(
    activities: Sequence[Activity], earlier: Sequence[Turn], later: Sequence[Turn]
) -> tuple[FollowUp, ...]:
    """Which activities of the session ``earlier`` the session ``later`` speaks about."""
    rules = activity_cues().followup
    return followups.follow_ups(activities, earlier, later, activity_weights(), rules)
