"""Sample sessions read as the pipeline reads them, without sound: phases by hand or found."""

from __future__ import annotations

import functools
from dataclasses import replace

from convo.conversation.activities import ActivityOptions
from convo.conversation.functions import FunctionsOptions
from convo.conversation.measures import measures
from convo.conversation.phases import PhasesOptions
from convo.conversation.shares import SharesOptions, shares
from convo.pipeline import shipped
from convo.transcript import Conversation, Segmentation, Turn

COUNTED = SharesOptions(resamples=60)


def read(
    made: Conversation, method: str = "cues", phases: Segmentation | None = None
) -> Conversation:
    """``made`` with codes, figures, activities and shares; ``phases`` found if not given."""
    coder = shipped.turn_coder(FunctionsOptions(method=method))
    codes = coder.code(made.turns)
    found = phases or made.segmentation
    glossary, lists = shipped.glossary(), shipped.word_lists()
    return replace(
        made,
        segmentation=found,
        codes=codes,
        measures=measures(made.turns, codes, found, glossary, lists, coder.version, COUNTED),
        shares=shares(made.turns, found, options=COUNTED),
        activities=_finder().find(made.turns),
    )


def phases_found(turns: tuple[Turn, ...], method: str = "cues") -> Segmentation:
    """The phases as the program finds them."""
    options = PhasesOptions(method=method)
    return shipped.phase_segmenter(options, shipped.cues()).segment(turns)


@functools.cache
def _finder():
    return shipped.activity_finder(ActivityOptions())
