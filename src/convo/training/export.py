"""The network as files that onnxruntime reads: no code in them, the encoder's weights at 8 bits."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from convo.encoder.inputs import PLAIN_FEATURES
from convo.encoder.reader import FILES
from convo.files import sha256_of
from convo.training.network import SIZE, PhaseNetwork

_OPSET = 17
_SMALL = 10_000  # weights with fewer values stay as they are


class _Encoder(nn.Module):
    def __init__(self, encoder: Any) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        output = self.encoder(input_ids=input_ids, attention_mask=attention_mask)
        hidden: Tensor = output.last_hidden_state
        return hidden


def export(
    network: PhaseNetwork, cues_text: str, tokenizer: bytes, card: dict[str, Any], folder: Path
) -> None:
    """Write the model folder that :class:`convo.encoder.reader.PhaseReader` opens.

    ``card`` gains the SHA-256 of every file and a version made of them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    network.eval()
    ids = torch.randint(1000, 2000, (3, 50))
    _to_onnx(
        _Encoder(network.encoder),
        (ids, torch.ones_like(ids)),
        {"input_ids": "wl", "attention_mask": "wl"},
        {"hidden": "wl"},
        folder / "encoder.onnx",
    )
    _shrink(folder / "encoder.onnx")
    example = torch.randn(7, 2 * SIZE), torch.randn(7, PLAIN_FEATURES + network.head.cues)
    _to_onnx(
        network.head,
        example,
        {"vectors": "n", "features": "n"},
        {"phases": "n", "starts": "n", "codes": "n"},
        folder / "head.onnx",
    )
    (folder / "cues.toml").write_bytes(cues_text.encode())
    (folder / "tokenizer.json").write_bytes(tokenizer)
    hashes = {name: sha256_of(folder / name) for name in FILES}
    version = hashlib.sha256("".join(hashes.values()).encode()).hexdigest()[:8]
    text = json.dumps({"version": version, **card, "sha256": hashes}, indent=1, ensure_ascii=False)
    (folder / "card.json").write_text(text + "\n", encoding="utf-8", newline="\n")


def _to_onnx(
    module: nn.Module,
    example: tuple[Tensor, ...],
    inputs: dict[str, str],
    outputs: dict[str, str],
    path: Path,
) -> None:
    axes = {name: dict(enumerate(letters)) for name, letters in {**inputs, **outputs}.items()}
    torch.onnx.export(
        module.eval(),
        example,
        str(path),
        dynamo=False,
        input_names=list(inputs),
        output_names=list(outputs),
        dynamic_axes=axes,
        opset_version=_OPSET,
    )


def _shrink(path: Path) -> None:
    """Keep every large matrix as 8-bit integers with one scale a column; arithmetic stays float.

    The runtime multiplies them out once when it loads, so that every processor gives the same.
    """
    import onnx
    from onnx import helper, numpy_helper

    model = onnx.load(str(path))
    graph = model.graph
    kept, nodes = [], []
    for weights in graph.initializer:
        values = numpy_helper.to_array(weights)
        if values.dtype != np.float32 or values.ndim != 2 or values.size < _SMALL:
            kept.append(weights)
            continue
        axis = 0 if values.shape[0] > values.shape[1] * 8 else 1  # word by word; else by column
        scale = np.abs(values).max(axis=1 - axis, keepdims=True).astype(np.float32) / 127
        scale[scale == 0] = 1
        small = np.round(values / scale).astype(np.int8)
        name = weights.name
        kept += [
            numpy_helper.from_array(small, f"{name}.small"),
            numpy_helper.from_array(scale.reshape(-1), f"{name}.scale"),
        ]
        nodes.append(
            helper.make_node(
                "DequantizeLinear", [f"{name}.small", f"{name}.scale"], [name], axis=axis
            )
        )
    del graph.initializer[:]
    graph.initializer.extend(kept)
    others = list(graph.node)
    del graph.node[:]
    graph.node.extend([*nodes, *others])
    onnx.save(model, str(path))
