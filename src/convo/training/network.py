"""The network: MPNet over windows of turns, a recurrent layer over the session, three heads."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from convo.codebook import CODES
from convo.encoder.base import CONFIG, WEIGHTS, unpacked_base
from convo.encoder.inputs import PLAIN_FEATURES, Windows
from convo.encoder.weights import DOWN, UP
from convo.training.corpus import PHASES

SIZE = 768
"""Values in a vector of the encoder."""
_PROJECTED, _RECURRENT = 128, 96
_RANK = 16


class Adapted(nn.Module):
    """A linear layer that stays as it is, and two narrow ones beside it that learn."""

    def __init__(self, layer: nn.Linear) -> None:
        super().__init__()
        self.layer = layer
        narrow = torch.randn(_RANK, layer.in_features) / layer.in_features**0.5
        self.down = nn.Parameter(narrow)
        self.up = nn.Parameter(torch.zeros(layer.out_features, _RANK))

    def forward(self, x: Tensor) -> Tensor:
        """What the layer gives, and what was learned."""
        whole: Tensor = self.layer(x)
        return whole + functional.linear(functional.linear(x, self.down), self.up)


def base_encoder() -> Any:
    """MPNet as it comes."""
    from transformers import MPNetModel, logging

    logging.set_verbosity_error()  # that the unused pooler is left out needs no table
    logging.disable_progress_bar()
    with tempfile.TemporaryDirectory() as folder:
        return MPNetModel.from_pretrained(
            unpacked_base(Path(folder), WEIGHTS, CONFIG),
            add_pooling_layer=False,
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
        )


def adapted_encoder() -> Any:
    """MPNet at half precision, fixed, with narrow layers beside every wide one, ready to learn."""
    encoder = base_encoder().to(torch.bfloat16)
    for weights in encoder.parameters():
        weights.requires_grad_(False)
    for layer in encoder.encoder.layer:
        attention = layer.attention.attn
        for name in "qkvo":
            setattr(attention, name, Adapted(getattr(attention, name)))
        layer.intermediate.dense = Adapted(layer.intermediate.dense)
        layer.output.dense = Adapted(layer.output.dense)
    return encoder


def learned(encoder: Any) -> dict[str, Tensor]:
    """What an adapted encoder learned, by the names that :mod:`convo.encoder.weights` reads."""
    found: dict[str, Tensor] = {}
    for name, module in encoder.named_modules():
        if isinstance(module, Adapted):
            found |= {name + DOWN: module.down.detach(), name + UP: module.up.detach()}
    return found


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
        self.encoder = adapted_encoder()
        self.head = Head(cues)

    def vectors(self, session: Windows) -> Tensor:
        """For every turn: the mean of its word pieces, then its mark."""
        ids, attention = torch.from_numpy(session.ids), torch.from_numpy(session.attention)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            output = self.encoder(input_ids=ids, attention_mask=attention)
        hidden = output.last_hidden_state.float()
        owner = torch.from_numpy(session.owner).reshape(-1)
        flat = hidden.reshape(-1, SIZE)[owner >= 0]
        total = torch.zeros(session.turns, SIZE).index_add(0, owner[owner >= 0], flat)
        count = torch.bincount(owner[owner >= 0], minlength=session.turns)[:, None]
        marks = torch.from_numpy(session.marks)
        return torch.cat([total / count, hidden[marks[:, 0], marks[:, 1]]], 1)

    def forward(self, session: Windows, features: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Scores of every turn, as :class:`Head` gives them."""
        scores: tuple[Tensor, Tensor, Tensor] = self.head(self.vectors(session), features)
        return scores
