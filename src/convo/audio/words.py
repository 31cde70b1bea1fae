"""RECORDING → WORDS: what was said and when, by either Whisper engine.

Long recordings are decoded in pieces cut in silences, so that memory does not grow with them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import Literal

import numpy as np
from pydantic import Field

from convo.audio.engines import (
    SAMPLE_RATE,
    WINDOW_S,
    DecodedSegment,
    DecodeSettings,
    Engine,
    Samples,
    load_engines,
)
from convo.audio.guard import unheard, unlooped
from convo.audio.hearing import Hearing, listen, pieces
from convo.audio.languages import LANGUAGES, check_language
from convo.audio.models import check_whisper
from convo.audio.parallel import share_out
from convo.audio.tidy import tidy
from convo.errors import ConfigError
from convo.options import Options
from convo.transcript import RemovedText, Transcription, Word

__all__ = ["WordsOptions", "check_language", "transcribe"]

Progress = Callable[[float], None]  # seconds of audio that are done
Decoded = tuple[list[Word], list[RemovedText]]
_LANGUAGE_WINDOWS = 3
_LONG_S = 1200.0
_FALLBACK_LANGUAGE = "en"
# Whisper leaves fillers and false starts out unless the text before has some.
# Listening sounds are not among them: the model then writes some that nobody said.
_FILLERS = {"en": "Um, so, uh, yeah. I was, I was like, you know, um. OK."}


_CHECKED_LATER = ("hole_s", "max_wordless_share")


class WordsOptions(Options):
    """How words are recognised and how their completeness is checked."""

    model: str = "base"
    """An official Whisper name or a path; ``base`` is bundled."""
    engine: Literal["auto", "openai-whisper", "faster-whisper"] = "auto"
    """``auto`` is faster-whisper on a CPU and openai-whisper on a GPU."""
    language: str | None = None
    """Code or English name; none or ``auto``: detected in the three 30 s with most speech."""
    cpu_threads: int = Field(default=0, ge=0)
    """0 uses every core."""
    cpu_precision: Literal["int8", "float32", "int8_float32"] = "int8"
    """Of faster-whisper on a CPU: int8 needs 0.08 s of one core for a second of talk."""
    beam_size: int = Field(default=5, ge=1)
    """Hypotheses kept while decoding: with 1 the model skips whole turns far more often."""
    condition_on_previous_text: bool = True
    """Whether a window sees the text before it: a little better (WER 13.1 against 13.3 %)."""
    prompt: str | None = None
    """Text that the first window of each piece is told came before it. None: for English a line
    full of fillers, so that they are written down (WER 11.0 against 13.1 %, and nobody's share
    suffers from saying "um"); an empty text: none."""
    piece_s: float = Field(default=300.0, ge=60.0)
    """Longest piece decoded at once: the features of an hour would not fit in 3 GB."""
    hole_s: float = Field(default=1.5, gt=0.0)
    """Diarised speech of this length without a word is decoded again: shorter holes are pauses."""
    max_wordless_share: float = Field(default=0.05, ge=0.0, le=1.0)
    """A session whose speech has no words in more than this share is not done."""

    def decoding(self) -> WordsOptions:
        """These options without those of the check afterwards, which change no decoding."""
        defaults = {name: type(self).model_fields[name].default for name in _CHECKED_LATER}
        return self.model_copy(update=defaults)

    def settings(self, language: str) -> DecodeSettings:
        """How to decode a piece in ``language``."""
        prompt = _FILLERS.get(language) if self.prompt is None else self.prompt
        return DecodeSettings(
            language, self.beam_size, self.condition_on_previous_text, prompt or None
        )


def transcribe(
    samples: Samples, options: WordsOptions, progress: Progress | None = None
) -> Transcription:
    """The words of a recording (16 kHz mono, -1 to 1); silence has none.

    ``progress`` is called with the seconds of audio done.

    Raises:
        ConfigError: no such language, model or engine, or a language that the model does not know.
        ModelError: the weights are missing, altered or unreadable.
    """
    language = None if options.language in (None, "auto") else check_language(options.language)
    weights = check_whisper(options.model, options.engine)
    engines = load_engines(weights, options.cpu_threads, options.cpu_precision)
    hearing = listen(samples)
    probability: float | None = None
    if language is None:
        language, probability = _detected(engines[0], samples, hearing)
    elif language != "en" and not engines[0].multilingual:
        raise ConfigError(
            f"the model {weights.name} knows only English, not {LANGUAGES[language]}: "
            "use a model without .en, such as base"
        )
    settings = options.settings(language)
    duration = len(samples) / SAMPLE_RATE
    stretches = pieces(hearing, duration, options.piece_s, len(engines))
    tell = _Together(stretches, duration, progress)

    def decode(engine: Engine, stretch: tuple[float, float]) -> Decoded:
        return decode_stretch(engine, samples, stretch, hearing, settings, tell.of(stretch))

    decoded = share_out(decode, stretches, engines)
    tell.finish()
    make_room(duration)
    return Transcription(
        tuple(word for words, _ in decoded for word in words),
        language,
        probability,
        weights.engine,
        weights.name,
        tuple(text for _, removed in decoded for text in removed),
    )


class _Together:
    """Progress of stretches that are decoded at once, as seconds of the recording."""

    def __init__(
        self, stretches: Sequence[tuple[float, float]], duration: float, progress: Progress | None
    ) -> None:
        self._done = {stretch: 0.0 for stretch in stretches}
        self._duration, self._progress = duration, progress
        # What lies outside all stretches is silence, and done from the beginning.
        self._silent = duration - sum(end - start for start, end in stretches)
        self._lock = Lock()

    def of(self, stretch: tuple[float, float]) -> Progress:
        """The callback of one stretch, which hears times in the recording."""

        def reached(seconds: float) -> None:
            if self._progress is not None:
                with self._lock:
                    self._done[stretch] = seconds - stretch[0]
                    done = self._silent + sum(self._done.values())
                    self._progress(min(done, self._duration))

        return reached

    def finish(self) -> None:
        """All is done."""
        if self._progress is not None:
            self._progress(self._duration)


def make_room(duration: float) -> None:
    """Let go of the models after a long recording, whose next stages need the memory.

    Loading them again takes a second, which only a short recording would notice.
    """
    if duration > _LONG_S:
        load_engines.cache_clear()


def decode_stretch(
    engine: Engine,
    samples: Samples,
    stretch: tuple[float, float],
    hearing: Hearing,
    settings: DecodeSettings,
    progress: Progress,
) -> Decoded:
    """The words between two times, guarded and tidied, and what the guard took out."""
    start, end = stretch
    part = samples[round(start * SAMPLE_RATE) : round(end * SAMPLE_RATE)]
    segments: list[DecodedSegment] = []
    for segment in engine.decode(part, settings):
        segments.append(segment.shifted(start))
        progress(min(segments[-1].end, end))
    kept, removed = unheard(segments, hearing)
    words, looped = unlooped(tidy(kept, settings.language, hearing, end))
    return words, sorted(removed + looped, key=lambda text: text.start)


def _detected(engine: Engine, samples: Samples, hearing: Hearing) -> tuple[str, float | None]:
    """The language of the windows with the most speech; English, unsure, where nobody speaks."""
    windows = _speech_windows(hearing, len(samples) / SAMPLE_RATE)
    found = [engine.language_probabilities(_window(samples, start)) for start in windows]
    if not found:
        return _FALLBACK_LANGUAGE, None
    mean = _mean(found)
    best = max(mean, key=lambda code: mean[code])
    return best, round(mean[best], 4)


def _speech_windows(hearing: Hearing, duration: float) -> list[float]:
    starts = np.arange(0.0, max(duration - WINDOW_S / 3, 0.1), WINDOW_S)
    shares = {float(s): hearing.speech_share(float(s), float(s) + WINDOW_S) for s in starts}
    heard = sorted((s for s in shares if shares[s] > 0), key=lambda s: -shares[s])
    return heard[:_LANGUAGE_WINDOWS]


def _window(samples: Samples, start: float) -> Samples:
    first = round(start * SAMPLE_RATE)
    return samples[first : first + WINDOW_S * SAMPLE_RATE]


def _mean(found: Sequence[Mapping[str, float]]) -> dict[str, float]:
    codes = set().union(*found)
    return {code: sum(each.get(code, 0.0) for each in found) / len(found) for code in codes}
