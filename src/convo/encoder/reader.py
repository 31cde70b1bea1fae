"""The trained encoder, run by onnxruntime: P(phase) and P(a span starts) for every turn."""

from __future__ import annotations

import functools
import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from convo.bundled import cache_folder, made_file, sha256_of
from convo.conversation.cues import parse_cues
from convo.conversation.phases import TurnScores
from convo.encoder.base import WEIGHTS, check_base, unpacked_base
from convo.encoder.inputs import Floats, Windows, features, windows, word_pieces
from convo.encoder.weights import FILE, Place, write_weights
from convo.errors import ModelError
from convo.resources import resource
from convo.transcript import Turn

SHIPPED = "data/models/phases"
GRAPH, LEARNED, HEAD = "encoder.onnx", "learned.safetensors", "head.onnx"
FILES = (GRAPH, LEARNED, HEAD, "tokenizer.json", "cues.toml")
_ROWS = 8  # windows at once: enough to be fast, little memory
_REMEMBERED = 300  # windows of five long sessions, about 10 MB


class PhaseReader:
    """The weights of one folder; ``version`` names them."""

    def __init__(self, folder: Path) -> None:
        """Open the folder that :mod:`convo.training` wrote.

        Raises:
            ModelError: a file or the base model is missing, or is not the one that was trained.
        """
        card = _checked(folder)
        self.version = str(card["version"])
        self._cues = parse_cues((folder / "cues.toml").read_text(encoding="utf-8")).phases.cues
        self._pieces = word_pieces((folder / "tokenizer.json").read_bytes())
        self._encoder = _session(_whole(folder, card))
        self._head = _session(folder / HEAD)
        self._one_at_a_time = Lock()
        self._heard: dict[bytes, Floats] = {}
        self._last: tuple[tuple[Turn, ...], TurnScores] | None = None

    def __call__(self, turns: Sequence[Turn]) -> TurnScores:
        """What the model makes of ``turns``, each seen with all others.

        The last session is remembered: its phases, codes and activities are found one after the
        other.
        """
        session = tuple(turns)
        with self._one_at_a_time:
            if self._last is None or self._last[0] != session:
                self._last = (session, self._read(session))
            return self._last[1]

    def _read(self, turns: tuple[Turn, ...]) -> TurnScores:
        vectors = self._vectors(windows(turns, [self._pieces(turn.text) for turn in turns]))
        phases, starts, codes = self._head.run(
            None, {"vectors": vectors, "features": features(turns, self._cues)}
        )
        return TurnScores(_log_softmax(phases), _log_sigmoid(starts), _log_softmax(codes))

    def _vectors(self, session: Windows) -> Floats:
        """For every turn: the mean of its word pieces, then its mark.

        Windows that were heard a moment ago are remembered, so that a session in which a person
        changes a turn is not read anew as a whole.
        """
        heard = [
            row[mask == 1].tobytes()
            for row, mask in zip(session.ids, session.attention, strict=True)
        ]
        new = [row for row, key in enumerate(heard) if key not in self._heard]
        for first in range(0, len(new), _ROWS):
            rows = new[first : first + _ROWS]
            hidden = self._encoder.run(
                None, {"input_ids": session.ids[rows], "attention_mask": session.attention[rows]}
            )[0]
            for row, states in zip(rows, hidden, strict=True):
                self._heard[heard[row]] = _pooled(session, row, states)
        vectors = np.concatenate([self._heard[key] for key in heard])
        for key in heard:  # those in use are the newest
            self._heard[key] = self._heard.pop(key)
        for key in list(self._heard)[:-_REMEMBERED]:
            del self._heard[key]
        return vectors


def _pooled(session: Windows, row: int, states: Floats) -> Floats:
    """The vectors of the turns of one window."""
    turns = np.flatnonzero(session.marks[:, 0] == row)
    owner = session.owner[row]
    size = states.shape[1]
    pooled = np.zeros((len(turns), 2 * size), dtype=np.float32)
    inside = owner >= 0
    place = owner[inside] - turns[0]
    np.add.at(pooled[:, :size], place, states[inside])
    pooled[:, :size] /= np.bincount(place, minlength=len(turns))[:, None]
    pooled[:, size:] = states[session.marks[turns, 1]]
    return pooled


@functools.cache
def shipped_reader() -> PhaseReader:
    """The reader of the weights that come with the program.

    Raises:
        ModelError: they are missing or altered.
    """
    return PhaseReader(resource(SHIPPED))


def _checked(folder: Path) -> dict[str, Any]:
    """The card of a folder whose files are those it names."""
    try:
        card: dict[str, Any] = json.loads((folder / "card.json").read_text(encoding="utf-8"))
        for name in FILES:
            found = hashlib.sha256((folder / name).read_bytes()).hexdigest()
            if found != card["sha256"][name]:
                raise ModelError(f"{folder / name} was altered: install convo again")
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"{folder} holds no phase model ({error}): install convo again") from error
    return card


def _whole(folder: Path, card: Mapping[str, Any]) -> Path:
    """The encoder's graph with its matrices beside it, made in the cache folder on first use."""
    check_base()
    places = [Place(*place) for place in card["places"]]

    def make(fresh: Path) -> None:
        shutil.copy(folder / GRAPH, fresh)
        base = unpacked_base(fresh / "base", WEIGHTS)
        write_weights(base / WEIGHTS, folder / LEARNED, places, fresh / FILE)
        shutil.rmtree(base)

    made = made_file(cache_folder() / f"phases-{card['version']}", FILE, make)
    graph = made.with_name(GRAPH)
    if sha256_of(graph) != card["sha256"][GRAPH]:
        shutil.copy(folder / GRAPH, graph)
    return graph


def _session(path: Path) -> Any:
    import onnxruntime

    return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])


def _log_softmax(scores: Floats) -> Any:
    scores = scores.astype(np.float64)
    top = scores.max(axis=1, keepdims=True)
    return scores - top - np.log(np.exp(scores - top).sum(axis=1, keepdims=True))


def _log_sigmoid(scores: Floats) -> Any:
    return -np.logaddexp(0.0, -scores.astype(np.float64))
