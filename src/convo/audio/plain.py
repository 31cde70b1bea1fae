"""The plain script that ``convo.bench`` compares with: the same models, one after the other.

Nothing of the pipeline uses this. It is what one writes from the manuals of the two libraries: one
``transcribe`` with word times, one pyannote pipeline at its default step, no vector used twice.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from convo.audio.engines import SAMPLE_RATE, Samples
from convo.audio.whisper_weights import checkpoint

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


def diarize_plainly(samples: Samples) -> Any:
    """pyannote's output for two speakers: bundled weights, upstream's step and embedding loop."""
    import torch
    from pyannote.audio.pipelines import SpeakerDiarization

    from convo.audio.diarizer import BundledDiarization

    pipeline: Any = BundledDiarization(PYANNOTE_STEP)
    pipeline._embedding = _Embedding()
    wave = torch.from_numpy(np.ascontiguousarray(samples, dtype=np.float32))[None]
    file = {"waveform": wave, "sample_rate": SAMPLE_RATE, "uri": "recording"}

    def upstream(*arguments: Any, **options: Any) -> Any:
        return SpeakerDiarization.get_embeddings(pipeline, *arguments, **options)

    pipeline.get_embeddings = upstream
    return pipeline(file, num_speakers=2)


class _Embedding:
    """The voice model as upstream's loop calls it: every speaker of every window, one by one."""

    def __init__(self) -> None:
        from convo.audio import voices

        self.sample_rate, self.dimension, self.metric = SAMPLE_RATE, voices.DIMENSION, "cosine"
        self.min_num_samples = SAMPLE_RATE // 10

    def to(self, device: Any) -> _Embedding:
        return self

    def __call__(self, waveforms: Any, masks: Any) -> Any:
        from convo.audio import voices

        pieces = []
        for wave, mask in zip(waveforms.numpy()[:, 0], masks.numpy(), strict=True):
            at = np.arange(len(wave)) * len(mask) // len(wave)
            pieces.append(voices.features(wave[mask[at] > 0.5]))
        vectors = voices.embed(pieces)
        vectors[~vectors.any(axis=1)] = np.nan
        return vectors
