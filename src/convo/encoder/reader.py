"""The trained encoder, run by onnxruntime: P(phase) and P(a span starts) for every turn."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from convo.conversation.cues import parse_cues
from convo.conversation.phases import TurnScores
from convo.encoder.inputs import Floats, Windows, features, windows, word_pieces
from convo.errors import ModelError
from convo.resources import resource
from convo.transcript import Turn

SHIPPED = "data/models/phases"
FILES = ("encoder.onnx", "head.onnx", "tokenizer.json", "cues.toml")
_ROWS = 8  # windows at once: enough to be fast, little memory


class PhaseReader:
    """The weights of one folder; ``version`` names them."""

    def __init__(self, folder: Path) -> None:
        """Open the folder that :mod:`convo.training` wrote.

        Raises:
            ModelError: a file is missing or is not the one that was trained.
        """
        card = _checked(folder)
        self.version = str(card["version"])
        self._cues = parse_cues((folder / "cues.toml").read_text(encoding="utf-8")).phases.cues
        self._pieces = word_pieces((folder / "tokenizer.json").read_bytes())
        self._encoder = _session(folder / "encoder.onnx")
        self._head = _session(folder / "head.onnx")
        self._last: tuple[tuple[Turn, ...], TurnScores] | None = None

    def __call__(self, turns: Sequence[Turn]) -> TurnScores:
        """What the model makes of ``turns``, each seen with all others.

        The last session is remembered: its phases, codes and activities are found one after the
        other.
        """
        session, last = tuple(turns), self._last
        if last is None or last[0] != session:
            self._last = last = (session, self._read(session))
        return last[1]

    def _read(self, turns: tuple[Turn, ...]) -> TurnScores:
        vectors = self._vectors(windows(turns, [self._pieces(turn.text) for turn in turns]))
        phases, starts, codes = self._head.run(
            None, {"vectors": vectors, "features": features(turns, self._cues)}
        )
        return TurnScores(_log_softmax(phases), _log_sigmoid(starts), _log_softmax(codes))

    def _vectors(self, session: Windows) -> Floats:
        """For every turn: the mean of its word pieces, then its mark."""
        turns = session.turns
        total: Floats | None = None
        for start in range(0, len(session.ids), _ROWS):
            rows = slice(start, start + _ROWS)
            hidden = self._encoder.run(
                None,
                {"input_ids": session.ids[rows], "attention_mask": session.attention[rows]},
            )[0]
            if total is None:
                total = np.zeros((turns, 2 * hidden.shape[2]), dtype=np.float32)
            owner = session.owner[rows]
            size = hidden.shape[2]
            np.add.at(total[:, :size], owner[owner >= 0], hidden[owner >= 0])
            here = (session.marks[:, 0] >= start) & (session.marks[:, 0] < start + _ROWS)
            total[here, size:] = hidden[session.marks[here, 0] - start, session.marks[here, 1]]
        assert total is not None
        counts = np.bincount(session.owner[session.owner >= 0], minlength=turns)
        total[:, : total.shape[1] // 2] /= counts[:, None]
        return total


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


def _session(path: Path) -> Any:
    import onnxruntime

    return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])


def _log_softmax(scores: Floats) -> Any:
    scores = scores.astype(np.float64)
    top = scores.max(axis=1, keepdims=True)
    return scores - top - np.log(np.exp(scores - top).sum(axis=1, keepdims=True))


def _log_sigmoid(scores: Floats) -> Any:
    return -np.logaddexp(0.0, -scores.astype(np.float64))
