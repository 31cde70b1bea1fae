"""The plain script that ``convo.bench`` compares with: the same models, one after the other.

Nothing of the pipeline uses this; it is what one writes from the manuals of the two libraries.
"""

from __future__ import annotations

from typing import Any

from convo.audio.engines import Samples
from convo.audio.segments import SegmentsOptions, diarize
from convo.audio.whisper_weights import checkpoint
from convo.transcript import Diarization

PYANNOTE_STEP = 0.1
"""Upstream's default, as a share of the window: ten looks at every stretch of sound."""


def transcribe_plainly(samples: Samples) -> dict[str, Any]:
    """What ``whisper.load_model("base").transcribe(..., word_timestamps=True)`` makes of it."""
    import whisper

    model = whisper.load_model(str(checkpoint("base")))
    # A checkpoint loaded by path gets no alignment heads; by name it has these.
    model.set_alignment_heads(whisper._ALIGNMENT_HEADS["base"])
    result: dict[str, Any] = model.transcribe(samples, word_timestamps=True, fp16=False)
    return result


def diarize_plainly(samples: Samples) -> Diarization:
    """The same pyannote pipeline, bundled weights, two speakers, at upstream's step."""
    return diarize(samples, SegmentsOptions(model="bundled", step=PYANNOTE_STEP))
