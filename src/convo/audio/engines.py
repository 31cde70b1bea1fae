"""The two Whisper engines behind one shape: samples in, decoded segments out.

Both decode sequentially, window after window. (A batched decoder without time stamps drops one of
two voices within a window of 30 s; that moved one speaker's share by 34 points.)
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from convo.audio.parallel import processors
from convo.audio.whisper_weights import WhisperWeights
from convo.errors import ModelError

Samples = NDArray[np.float32]
SAMPLE_RATE = 16_000
WINDOW_S = 30
_SEED = 0  # the fallback at higher temperatures draws samples: same recording, same words


@dataclass(frozen=True, slots=True)
class DecodedWord:
    """A word as the engine gave it: leading space kept, seconds from the start of the samples."""

    text: str
    start: float
    end: float
    probability: float


@dataclass(frozen=True, slots=True)
class DecodedSegment:
    """A decoding unit of Whisper with what the decoder thought of it."""

    words: tuple[DecodedWord, ...]
    average_log_probability: float
    no_speech_probability: float
    compression_ratio: float
    temperature: float

    @property
    def text(self) -> str:
        """The words as they were written."""
        return "".join(word.text for word in self.words).strip()

    @property
    def start(self) -> float:
        """Start of the first word."""
        return self.words[0].start

    @property
    def end(self) -> float:
        """End of the last word."""
        return self.words[-1].end

    def shifted(self, seconds: float) -> DecodedSegment:
        """The same segment, ``seconds`` later."""
        words = (replace(w, start=w.start + seconds, end=w.end + seconds) for w in self.words)
        return replace(self, words=tuple(words))


@dataclass(frozen=True, slots=True)
class DecodeSettings:
    """How to decode one stretch; the reasons stand at ``WordsOptions``."""

    language: str
    beam_size: int
    condition_on_previous_text: bool
    prompt: str | None


class Engine(Protocol):
    """A loaded model."""

    @property
    def multilingual(self) -> bool:
        """Whether it knows other languages than English."""
        ...

    def decode(self, samples: Samples, settings: DecodeSettings) -> Iterator[DecodedSegment]:
        """The segments of ``samples``, in order; those without words are left out."""
        ...

    def language_probabilities(self, window: Samples) -> Mapping[str, float]:
        """P(language) of at most 30 s, by code; ``{"en": 1.0}`` for an English-only model."""
        ...


@lru_cache(maxsize=1)
def load_engines(
    weights: WhisperWeights, cpu_threads: int, cpu_precision: str
) -> tuple[Engine, ...]:
    """The model, loaded once for each part that is decoded at the same time.

    On a CPU faster-whisper decodes a part on each processor; otherwise there is one engine. The
    last ones are kept, since one recording needs them twice.

    Raises:
        ModelError: the engine cannot read the weights.
    """
    threads = cpu_threads or os.cpu_count() or 1
    try:
        if weights.engine == "openai-whisper":
            return (_OpenAIWhisper(weights, threads, cpu_precision),)
        if _on_gpu():
            return (_FasterWhisper(weights, threads, cpu_precision),)
        parts = min(threads, processors())
        return tuple(_FasterWhisper(weights, threads // parts, cpu_precision) for _ in range(parts))
    except (RuntimeError, ValueError, KeyError, OSError) as error:
        raise ModelError(
            f"{weights.engine} cannot load {weights.path} ({error}): "
            "name another model, or install these weights again"
        ) from error


def _on_gpu() -> bool:
    import ctranslate2

    return bool(ctranslate2.get_cuda_device_count() > 0)


class _FasterWhisper:
    def __init__(self, weights: WhisperWeights, cpu_threads: int, cpu_precision: str) -> None:
        import ctranslate2
        from faster_whisper import WhisperModel

        on_gpu = _on_gpu()
        self._reseed: Callable[[int], None] = ctranslate2.set_random_seed
        self._model = WhisperModel(
            str(weights.path),
            device="cuda" if on_gpu else "cpu",
            compute_type="float16" if on_gpu else cpu_precision,
            cpu_threads=cpu_threads,
            local_files_only=True,
        )

    @property
    def multilingual(self) -> bool:
        return bool(self._model.model.is_multilingual)

    def decode(self, samples: Samples, settings: DecodeSettings) -> Iterator[DecodedSegment]:
        self._reseed(_SEED)
        segments, _ = self._model.transcribe(
            samples,
            language=settings.language,
            beam_size=settings.beam_size,
            condition_on_previous_text=settings.condition_on_previous_text,
            initial_prompt=settings.prompt,
            word_timestamps=True,
        )
        for segment in segments:
            words = tuple(
                DecodedWord(w.word, float(w.start), float(w.end), float(w.probability))
                for w in segment.words or ()
            )
            if words:
                yield DecodedSegment(
                    words,
                    float(segment.avg_logprob),
                    float(segment.no_speech_prob),
                    float(segment.compression_ratio),
                    float(segment.temperature),
                )

    def language_probabilities(self, window: Samples) -> Mapping[str, float]:
        if not self.multilingual:
            return {"en": 1.0}
        _, _, found = self._model.detect_language(window)
        return {code: float(probability) for code, probability in found}


class _OpenAIWhisper:
    def __init__(self, weights: WhisperWeights, cpu_threads: int, _cpu_precision: str) -> None:
        import torch
        import whisper

        torch.set_num_threads(cpu_threads)
        # ``name`` is a path here, for which upstream knows no alignment heads: without them word
        # times suffer. A local checkpoint of an official size has the heads of that size.
        self._model = whisper.load_model(str(weights.path))
        heads = whisper._ALIGNMENT_HEADS.get(weights.name)
        if heads is not None:
            self._model.set_alignment_heads(heads)
        self._half = self._model.device.type == "cuda"

    @property
    def multilingual(self) -> bool:
        return bool(self._model.is_multilingual)

    def decode(self, samples: Samples, settings: DecodeSettings) -> Iterator[DecodedSegment]:
        import torch

        torch.manual_seed(_SEED)
        result: dict[str, Any] = self._model.transcribe(
            np.ascontiguousarray(samples),
            language=settings.language,
            beam_size=settings.beam_size,
            best_of=5,
            condition_on_previous_text=settings.condition_on_previous_text,
            initial_prompt=settings.prompt,
            word_timestamps=True,
            fp16=self._half,
            verbose=None,
        )
        for segment in result["segments"]:
            words = tuple(
                DecodedWord(w["word"], float(w["start"]), float(w["end"]), float(w["probability"]))
                for w in segment["words"]
            )
            if words:
                yield DecodedSegment(
                    words,
                    _finite(segment["avg_logprob"]),
                    _finite(segment["no_speech_prob"]),
                    float(segment["compression_ratio"]),
                    float(segment["temperature"]),
                )

    def language_probabilities(self, window: Samples) -> Mapping[str, float]:
        import torch
        import whisper

        if not self.multilingual:
            return {"en": 1.0}
        mel = whisper.log_mel_spectrogram(
            whisper.pad_or_trim(torch.from_numpy(window)), self._model.dims.n_mels
        )
        _, found = self._model.detect_language(mel.to(self._model.device))
        return {code: float(probability) for code, probability in found.items()}


def _finite(value: float) -> float:
    return float(value) if math.isfinite(value) else -10.0
