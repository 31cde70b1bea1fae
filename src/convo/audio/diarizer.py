"""The pyannote pipelines that diarise: community-1, or one made of bundled weights.

Imported only when a recording is diarised: it needs torch and pyannote.audio.
"""

from __future__ import annotations

import contextlib
import functools
import io
import os
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from convo.audio.parallel import collector_paused

# Decided before the import: pyannote would otherwise report its use over the network.
os.environ["PYANNOTE_METRICS_ENABLED"] = "false"
with warnings.catch_warnings(), collector_paused():
    warnings.simplefilter("ignore")  # it looks for a decoder that is not needed
    from pyannote.audio import Audio, Model, Pipeline
    from pyannote.audio.core.plda import PLDA
    from pyannote.audio.pipelines import SpeakerDiarization, VoiceActivityDetection
    from pyannote.audio.pipelines.clustering import AgglomerativeClustering
    from pyannote.core import SlidingWindowFeature

from convo.audio import voices
from convo.audio.bundled import SEGMENTATION
from convo.audio.models import DiarizationWeights
from convo.bundled import bundled_file
from convo.errors import ModelError

Hook = Callable[..., None]

_BATCH = 8  # ten-second windows heard at once: about 0.15 GB
# Found on pyannote's own sample and two-person interviews; a distance between unit vectors.
_SAME_VOICE = 0.7
_MIN_CLUSTER = 12
_REUSED_SHARE = 0.7  # of the speech of one window that a neighbour's vector already stands for


@functools.lru_cache(maxsize=1)
def load_pipeline(weights: DiarizationWeights, step: float) -> SpeakerDiarization:
    """The pipeline for ``weights``, moving on by ``step`` of its ten-second window.

    Raises:
        ModelError: bundled weights are missing or altered, or a folder holds something else.
    """
    if weights.folder is None:
        return BundledDiarization(step)
    pipeline = Pipeline.from_pretrained(weights.folder)
    if not isinstance(pipeline, SpeakerDiarization):
        raise ModelError(
            f"the pipeline in {weights.folder} does not diarise: "
            "name the folder of a pyannote SpeakerDiarization, or use the bundled one"
        )
    pipeline.segmentation_batch_size = pipeline.embedding_batch_size = _BATCH
    pipeline._segmentation.step = step * pipeline._segmentation.duration
    return pipeline


@functools.lru_cache(maxsize=1)
def load_activity(step: float) -> VoiceActivityDetection:
    """A pipeline that hears whether anyone speaks, from the bundled segmentation."""
    model = _segmentation_model()
    seconds = step * model.specifications.duration
    pipeline = VoiceActivityDetection(model, step=seconds, batch_size=_BATCH)
    pipeline.instantiate({"min_duration_on": 0.0, "min_duration_off": 0.0})
    return pipeline


def _segmentation_model() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # written by an older version; it loads all the same
        return Model.from_pretrained(bundled_file(*SEGMENTATION), strict=False)


class BundledDiarization(SpeakerDiarization):
    """pyannote's pipeline with segmentation-3.0 and CAM++ voices, both from installed packages."""

    def __init__(self, step: float) -> None:
        super().__init__(
            segmentation=_segmentation_model(),
            segmentation_step=step,
            segmentation_batch_size=_BATCH,
            embedding_exclude_overlap=True,
            plda=_NoPlda(),
            clustering="OracleClustering",  # which loads no embedding; replaced below
        )
        self.klustering = "AgglomerativeClustering"
        self._embedding = _VoiceFacts()
        self._audio = Audio(sample_rate=voices.SAMPLE_RATE, mono="downmix")
        self.clustering = ApartClustering(metric="cosine")
        self._expects_num_speakers = False
        self.instantiate(
            {
                "segmentation": {"min_duration_off": 0.0},
                "clustering": {
                    "method": "centroid",
                    "min_cluster_size": _MIN_CLUSTER,
                    "threshold": _SAME_VOICE,
                },
            }
        )

    def get_embeddings(
        self,
        file: Any,
        binary_segmentations: SlidingWindowFeature,
        exclude_overlap: bool = False,
        hook: Hook | None = None,
    ) -> NDArray[np.float32]:
        """A voice for every local speaker of every window, NaN where too little is heard.

        Windows overlap: a speaker most of whose speech is in a vector already gets that vector.
        """
        frames = voices.features(file["waveform"][0].numpy())
        windows = binary_segmentations.sliding_window
        spoken = np.nan_to_num(binary_segmentations.data) > 0
        alone = spoken & (spoken.sum(axis=2, keepdims=True) < 2) if exclude_overlap else spoken
        enough = voices.MIN_FRAMES * spoken.shape[1] / (windows.duration * voices.FRAMES_PER_S)
        used = np.where(alone.sum(axis=1, keepdims=True) > enough, alone, spoken)
        hop = round(windows.step / windows.duration * spoken.shape[1])
        source = _sources(used, hop)
        wanted = sorted(set(source.values()))

        def heard(c: int, s: int) -> voices.Features:
            return _heard_frames(frames, used[c, :, s], windows[c].start, windows.duration)

        pieces = _CutWhenAsked([functools.partial(heard, c, s) for c, s in wanted])

        def report(done: int, total: int) -> None:
            if hook is not None:
                hook("embeddings", None, total=max(total, 1), completed=done)

        vectors = voices.embed(pieces, progress=report)
        vectors[~vectors.any(axis=1)] = np.nan
        row = {place: vector for place, vector in zip(wanted, vectors, strict=True)}
        result = np.full((*used.shape[::2], voices.DIMENSION), np.nan, dtype=np.float32)
        for place, origin in source.items():
            result[place] = row[origin]
        return result


class _CutWhenAsked(Sequence[Any]):
    """Pieces made each time they are asked for: together they are larger than the sound."""

    def __init__(self, cuts: Sequence[Callable[[], voices.Features]]) -> None:
        self._cuts = cuts

    def __len__(self) -> int:
        return len(self._cuts)

    def __getitem__(self, index: Any) -> Any:
        return self._cuts[index]()


class ApartClustering(AgglomerativeClustering):
    """Agglomerative clustering in which the speakers of one window are different people.

    A speaker with too little speech to have a voice gets who is left, not the first cluster.
    """

    def __call__(
        self,
        embeddings: Any,
        segmentations: Any = None,
        num_clusters: int | None = None,
        min_clusters: int | None = None,
        max_clusters: int | None = None,
        **context: Any,
    ) -> Any:
        """Hard and soft clusters of every local speaker, and the centroids."""
        if np.isnan(embeddings).any(axis=2).all():
            shape = embeddings.shape[:2]
            nowhere = np.zeros((1, embeddings.shape[2]))
            return np.zeros(shape, dtype=np.int8), np.ones((*shape, 1)), nowhere
        hard, soft, centroids = super().__call__(
            embeddings, segmentations, num_clusters, min_clusters, max_clusters, **context
        )
        if len(centroids) > 1:
            seconds = segmentations.data.sum(axis=1)
            lead = np.nan_to_num(soft - soft.mean(axis=2, keepdims=True)) * seconds[..., None]
            for chunk in range(len(hard)):
                hard[chunk] = _apart(lead[chunk], seconds[chunk])
        return hard, soft, centroids

    def cluster(self, *arguments: Any, **bounds: Any) -> Any:
        """As pyannote does, without its remark on stdout when there are too few voices."""
        with contextlib.redirect_stdout(io.StringIO()):
            return super().cluster(*arguments, **bounds)

    def filter_embeddings(
        self, embeddings: Any, segmentations: Any = None, min_active_ratio: float = 0.2
    ) -> Any:
        """The voices to cluster: those with two seconds of speech, or all if there are none."""
        kept = super().filter_embeddings(embeddings, segmentations, min_active_ratio)
        return kept if len(kept[0]) else super().filter_embeddings(embeddings, segmentations, 0.0)


class _NoPlda(PLDA):
    # The pipeline insists on one, which only its own clustering uses.
    def __init__(self) -> None:
        pass


class _VoiceFacts:
    # What the pipeline asks of an embedding model that never sees a waveform.
    sample_rate, dimension, metric = voices.SAMPLE_RATE, voices.DIMENSION, "cosine"

    def to(self, device: Any) -> _VoiceFacts:
        return self


Place = tuple[int, int]  # window, local speaker


def _sources(used: NDArray[np.bool_], hop: int) -> dict[Place, Place]:
    """For every local speaker who speaks: where to take the vector from, often its own place."""
    source: dict[Place, Place] = {}
    windows, frames, speakers = used.shape
    for c in range(windows):
        for s in range(speakers):
            length = used[c, :, s].sum()
            if not length:
                continue
            source[c, s], most = (c, s), _REUSED_SHARE * length
            for before in range(max(c - (frames - 1) // hop, 0), c):
                shift = (c - before) * hop
                common = used[before, shift:].T @ used[c, : frames - shift, s].astype(np.int64)
                for other in range(speakers):
                    own = source.get((before, other)) == (before, other)
                    if own and common[other] >= most:
                        source[c, s], most = (before, other), common[other]
    return source


def _heard_frames(
    frames: voices.Features, mask: NDArray[np.bool_], start: float, duration: float
) -> voices.Features:
    """The feature frames of the window at ``start`` in which ``mask`` is set."""
    first = round(start * voices.FRAMES_PER_S)
    window = frames[first : first + round(duration * voices.FRAMES_PER_S)]
    at = (np.arange(len(window)) + 0.5) / (duration * voices.FRAMES_PER_S) * len(mask)
    return window[mask[np.minimum(at.astype(np.int64), len(mask) - 1)]]


def _apart(lead: NDArray[np.float64], seconds: NDArray[np.float64]) -> NDArray[np.int64]:
    """Different clusters for those who speak longest, the best cluster for any others."""
    chosen = np.asarray(lead.argmax(axis=1), dtype=np.int64)
    longest = [s for s in np.argsort(-seconds, kind="stable") if seconds[s] > 0][: lead.shape[1]]
    rows, clusters = linear_sum_assignment(lead[longest], maximize=True)
    chosen[np.asarray(longest, dtype=np.int64)[rows]] = clusters
    return chosen
