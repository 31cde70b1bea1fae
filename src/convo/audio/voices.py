"""How a voice sounds, as a unit vector: CAM++ speaker embeddings of parts of a recording.

The features of a recording are computed once and its parts are cut out of them.
"""

from __future__ import annotations

import copy
import functools
import importlib.util
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from convo.audio.bundled import EMBEDDING, EMBEDDING_CODE
from convo.audio.parallel import one_torch_thread, processors, share_out
from convo.bundled import bundled_file
from convo.conversation.attribution import AttributionOptions, attribute_words
from convo.conversation.reassignment import (
    WordGroup,
    reassign,
    with_floor,
    with_speaker,
    word_groups,
)
from convo.errors import ModelError
from convo.transcript import Diarization, SpeakerSegment, Word

if TYPE_CHECKING:
    import torch

Samples = NDArray[np.float32]  # mono at 16 kHz, -1 to 1
# shape = (frames, 80): log mel energies, 100 frames a second. Half precision holds them to 0.01,
# and three hours of them in 170 MB.
Features = NDArray[np.float16]
Vectors = NDArray[np.float32]  # shape = (items, 192), rows of length 1 or all zero

DIMENSION = 192
SAMPLE_RATE = 16_000
FRAMES_PER_S = 100
MIN_FRAMES = 20  # less than 0.2 s is no voice
_MAX_FRAMES = 1500  # what a voice sounds like is settled after 15 s
_LENGTH_BITS = 5  # lengths are rounded down to these leading bits: each new one costs a new plan
_BLOCK_S = 60
_FRAME_SAMPLES, _HOP_SAMPLES = 400, 160


@functools.cache
def load_voice_model() -> torch.nn.Module:
    """The CAM++ network, ready to embed; loaded once a process."""
    return quickened(read_voice_model())


def read_voice_model() -> torch.nn.Module:
    """The CAM++ network as it comes.

    Raises:
        ModelError: the weights or their code are missing or altered.
    """
    import torch

    code = bundled_file(*EMBEDDING_CODE)
    spec = importlib.util.spec_from_file_location("_convo_campplus", code)
    if spec is None or spec.loader is None:
        raise ModelError(f"{code} cannot be loaded: install convo again")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    network: torch.nn.Module = module.CAMPPlus(feat_dim=80, embedding_size=DIMENSION)
    weights = torch.load(bundled_file(*EMBEDDING), map_location="cpu", weights_only=True)
    network.load_state_dict(weights)
    return network.eval()


def quickened(network: torch.nn.Module) -> torch.nn.Module:
    """The same network in a tenth less time: convolutions that are already normalised."""
    import torch
    from torch.fx.experimental.optimization import fuse

    quick = copy.deepcopy(network)
    quick.head = fuse(quick.get_submodule("head")).to(memory_format=torch.channels_last)
    return quick


def features(samples: Samples) -> Features:
    """What the network hears; empty for less than 25 ms."""
    import torch
    from torchaudio.compliance import kaldi

    size = _BLOCK_S * SAMPLE_RATE
    count = max((len(samples) - _FRAME_SAMPLES) // _HOP_SAMPLES + 1, 0)
    found = np.empty((count, 80), dtype=np.float16)
    for start in range(0, count * _HOP_SAMPLES, size):
        block = samples[start : start + size + _FRAME_SAMPLES - _HOP_SAMPLES]
        wave = torch.from_numpy(np.ascontiguousarray(block, dtype=np.float32))[None]
        mel = kaldi.fbank(wave, num_mel_bins=80, sample_frequency=SAMPLE_RATE, dither=0).numpy()
        found[start // _HOP_SAMPLES :][: len(mel)] = mel
    return found


def embed(
    pieces: Sequence[Features],
    centre: NDArray[np.float32] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Vectors:
    """One unit vector a piece; all zero for a piece of less than 0.2 s.

    ``progress`` is called with the frames heard and their total.

    ``centre`` (80 values) stands for the mean of the recording and helps short pieces; None
    subtracts from each piece its own mean, as vectors that are compared across recordings need.
    """
    import torch

    network = load_voice_model()
    vectors = np.zeros((len(pieces), DIMENSION), dtype=np.float32)
    lengths = [min(len(piece), _MAX_FRAMES) for piece in pieces]
    heard, lock = [0] * processors(), Lock()

    def embed_one(worker: int, index: int) -> None:
        piece = _trimmed(pieces[index]).astype(np.float32)
        if len(piece) >= MIN_FRAMES:
            level = piece - (piece.mean(axis=0) if centre is None else centre)
            with torch.inference_mode():
                vector = network(torch.from_numpy(level)[None])[0].numpy()
            vectors[index] = vector / np.linalg.norm(vector)
        with lock:
            heard[worker] += lengths[index]
            if progress is not None:
                progress(sum(heard), sum(lengths))

    # Equal lengths follow each other, since each new one costs the network a new plan.
    by_length = sorted(range(len(pieces)), key=lengths.__getitem__)
    with one_torch_thread():
        share_out(embed_one, by_length, range(processors()))
    return vectors


def speaker_voices(
    samples: Samples, segments: Sequence[SpeakerSegment]
) -> Mapping[str, tuple[float, ...]]:
    """One voice a speaker, from the two minutes of longest segments; the unheard are left out."""
    voices: dict[str, tuple[float, ...]] = {}
    for speaker in sorted({segment.speaker for segment in segments}):
        longest = sorted((s for s in segments if s.speaker == speaker), key=lambda s: -s.duration)
        pieces = [features(_cut(samples, s)) for s in _first_seconds(longest, 120.0)]
        total = np.array([len(piece) for piece in pieces]) @ embed(pieces)
        if np.any(total):
            voices[speaker] = tuple(float(value) for value in total / np.linalg.norm(total))
    return voices


def refine(
    samples: Samples,
    words: Sequence[Word],
    diarization: Diarization,
    options: AttributionOptions | None = None,
) -> Diarization:
    """The diarization after groups of words were given to the more similar voice.

    Groups end at pauses, sentence ends and changes of speaker. Labels and voices stay. Only the
    exclusive form changes unless both voices are well known. Nothing is changed for one speaker,
    for speakers from channels, or where ``options.reassign`` is off.

    Raises:
        ModelError: the weights are missing or altered.
    """
    chosen = options or AttributionOptions()
    if not chosen.reassign or diarization.source == "channels" or len(diarization.speakers) < 2:
        return diarization
    attributed = attribute_words(words, diarization.exclusive, chosen)
    groups = word_groups(attributed, chosen, diarization.segments)
    if len({group.speaker for group in groups}) < 2:
        return diarization
    vectors = embed_groups(samples, groups, chosen.min_group_s)
    labels, _ = reassign(groups, vectors, chosen)
    changed = [(g, to) for g, to in zip(groups, labels, strict=True) if to != g.speaker]
    exclusive = with_floor(diarization.exclusive, [(g.start, g.end, to) for g, to in changed])
    if clear_seconds(groups, chosen.clear_group_s) < chosen.well_known_s:
        return replace(diarization, exclusive=exclusive)
    segments = with_speaker(
        diarization.segments, [(g.start, g.end, g.speaker, to) for g, to in changed]
    )
    return replace(diarization, segments=segments, exclusive=exclusive)


def clear_seconds(groups: Sequence[WordGroup], clear_group_s: float) -> float:
    """Seconds of clear groups of the speaker who has least of them.

    >>> said = [WordGroup(0, 3, "A", True), WordGroup(3, 4, "B", True), WordGroup(5, 7, "B", True)]
    >>> clear_seconds(said, clear_group_s=1.5)
    2.0
    """
    seconds = dict.fromkeys((group.speaker for group in groups), 0.0)
    for group in groups:
        if group.duration >= clear_group_s:
            seconds[group.speaker] += group.duration
    return min(seconds.values(), default=0.0)


def embed_groups(samples: Samples, groups: Sequence[WordGroup], min_group_s: float) -> Vectors:
    """One unit vector a group; all zero for groups shorter than ``min_group_s``."""
    frames = features(samples)
    centre = _speech_centre(frames)
    pieces = [
        frames[int(group.start * FRAMES_PER_S) : int(group.end * FRAMES_PER_S) + 1]
        if group.duration >= min_group_s
        else frames[:0]
        for group in groups
    ]
    return embed(pieces, centre)


def _speech_centre(frames: Features) -> Any:
    """The mean of the louder half of the frames: speech rather than pauses."""
    loudness = frames.mean(axis=1, dtype=np.float32)
    return frames[loudness >= np.median(loudness)].mean(axis=0, dtype=np.float32)


def _trimmed(piece: Features) -> Features:
    """The middle of the piece, of a length that is often met."""
    length = min(len(piece), _MAX_FRAMES)
    spare_bits = max(length.bit_length() - _LENGTH_BITS, 0)
    length = length >> spare_bits << spare_bits
    start = (len(piece) - length) // 2
    return piece[start : start + length]


def _cut(samples: Samples, segment: SpeakerSegment) -> Samples:
    return samples[int(segment.start * SAMPLE_RATE) : int(segment.end * SAMPLE_RATE)]


def _first_seconds(segments: Sequence[SpeakerSegment], seconds: float) -> list[SpeakerSegment]:
    before = np.cumsum([0.0, *(segment.duration for segment in segments)])[:-1]
    return [s for s, start in zip(segments, before.tolist(), strict=True) if start < seconds]
