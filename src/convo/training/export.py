"""The network as files that onnxruntime reads: no code in them, arithmetic on 8-bit weights."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from convo.encoder.base import TOKENIZER, WEIGHTS, unpacked_base
from convo.encoder.inputs import PLAIN_FEATURES
from convo.encoder.reader import FILES, GRAPH, HEAD, LEARNED
from convo.encoder.weights import FILE, Place, added
from convo.files import sha256_of
from convo.training.network import SIZE, PhaseNetwork, base_encoder, learned

_OPSET = 17
_SMALL = 10_000  # matrices with fewer values stay in the graph as they are
_CONSTANTS = {
    "last_axis": np.array([-1]),
    "tiny": np.array(1e-9, np.float32),
    "steps": np.array(127, np.float32),
    "middle": np.array(128, np.float32),
    "zero": np.array(128, np.uint8),
}
_ALIGNED = 4096  # bytes: where a matrix may begin in the file


class _Encoder(nn.Module):
    def __init__(self, encoder: Any) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        output = self.encoder(input_ids=input_ids, attention_mask=attention_mask)
        hidden: Tensor = output.last_hidden_state
        return hidden


def export(network: PhaseNetwork, cues_text: str, card: dict[str, Any], folder: Path) -> None:
    """Write the model folder that :class:`convo.encoder.reader.PhaseReader` opens.

    ``card`` gains the SHA-256 of every file, a version made of them, and where the matrices lie.
    """
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    network.eval()
    found = {name: value.half().contiguous() for name, value in learned(network.encoder).items()}
    save_file(found, folder / LEARNED)
    with tempfile.TemporaryDirectory() as workshop:
        base = unpacked_base(Path(workshop), WEIGHTS, TOKENIZER)
        (folder / "tokenizer.json").write_bytes((base / TOKENIZER).read_bytes())
    places = _encoder_graph({name: value.numpy() for name, value in found.items()}, folder / GRAPH)
    example = torch.randn(7, 2 * SIZE), torch.randn(7, PLAIN_FEATURES + network.head.cues)
    _to_onnx(
        network.head,
        example,
        {"vectors": "n", "features": "n"},
        {"phases": "n", "starts": "n", "codes": "n"},
        folder / HEAD,
    )
    (folder / "cues.toml").write_bytes(cues_text.encode())
    hashes = {name: sha256_of(folder / name) for name in FILES}
    version = hashlib.sha256("".join(hashes.values()).encode()).hexdigest()[:8]
    whole = {"version": version, **card, "sha256": hashes, "places": places}
    text = json.dumps(whole, ensure_ascii=False, indent=1)
    (folder / "card.json").write_text(text + "\n", encoding="utf-8", newline="\n")


def _encoder_graph(beside: dict[str, NDArray[np.floating]], path: Path) -> list[Place]:
    """The encoder's graph without its matrices, and where it looks for them."""
    encoder = base_encoder()
    for name, weights in encoder.named_parameters():
        with torch.no_grad():
            weights.copy_(torch.from_numpy(added(weights.numpy(), name, beside)))
    ids = torch.randint(1000, 2000, (3, 50))
    _to_onnx(
        _Encoder(encoder),
        (ids, torch.ones_like(ids)),
        {"input_ids": "wl", "attention_mask": "wl"},
        {"hidden": "wl"},
        path,
    )
    return _outsourced(
        path, {name: one.detach().numpy() for name, one in encoder.named_parameters()}
    )


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


def _outsourced(path: Path, matrices: dict[str, NDArray[np.float32]]) -> list[Place]:
    """Take the large matrices out of a graph and let it multiply by their 8-bit values."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    names = {}
    for name, matrix in matrices.items():
        if matrix.ndim == 2 and matrix.size >= _SMALL:
            names[_key(matrix)] = name, False
            names[_key(matrix.T)] = name, True
    graph = onnx.load(str(path)).graph
    places: list[Place] = []
    large: dict[str, Place] = {}
    kept, end = [numpy_helper.from_array(value, name) for name, value in _CONSTANTS.items()], 0

    def elsewhere(name: str, kind: int, shape: Sequence[int], size: int) -> int:
        nonlocal end
        begin = -(-end // _ALIGNED) * _ALIGNED
        end = begin + size
        tensor = TensorProto(name=name, data_type=kind, dims=shape)
        tensor.data_location = TensorProto.EXTERNAL
        for key, value in (("location", FILE), ("offset", begin), ("length", size)):
            tensor.external_data.add(key=key, value=str(value))
        kept.append(tensor)
        return begin

    for weights in graph.initializer:
        values = numpy_helper.to_array(weights)
        if values.ndim != 2 or values.size < _SMALL:
            kept.append(weights)
            continue
        name, turned = names[_key(values)]
        rows = values.shape[1 if turned else 0]
        place = Place(
            name,
            turned,
            elsewhere(f"{weights.name}.values", TensorProto.INT8, values.shape, values.size),
            elsewhere(f"{weights.name}.scales", TensorProto.FLOAT, [rows], 4 * rows),
        )
        places.append(place)
        large[weights.name] = place
    nodes = []
    rounded: set[str] = set()
    for node in graph.node:
        weights = next((one for one in node.input if one in large), None)
        if weights is None:
            nodes.append(node)
        elif node.op_type == "Gather":
            nodes += _looked_up(node, weights)
        else:
            nodes += _multiplied(node, weights, rounded)
    del graph.initializer[:], graph.node[:]
    graph.initializer.extend(kept)
    graph.node.extend(nodes)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=8)
    path.write_bytes(model.SerializeToString())
    return places


def _key(matrix: NDArray[np.float32]) -> tuple[tuple[int, ...], bytes]:
    return matrix.shape, hashlib.sha256(np.ascontiguousarray(matrix).tobytes()).digest()


def _looked_up(node: Any, weights: str) -> list[Any]:
    """Rows of a table of words, multiplied out after they are looked up."""
    from onnx import TensorProto, helper

    ids, out = node.input[1], node.output[0]
    return [
        helper.make_node("Gather", [f"{weights}.values", ids], [f"{out}.values"], axis=0),
        helper.make_node("Cast", [f"{out}.values"], [f"{out}.floats"], to=TensorProto.FLOAT),
        helper.make_node("Gather", [f"{weights}.scales", ids], [f"{out}.flat"], axis=0),
        helper.make_node("Unsqueeze", [f"{out}.flat", "last_axis"], [f"{out}.scales"]),
        helper.make_node("Mul", [f"{out}.floats", f"{out}.scales"], [out]),
    ]


def _multiplied(node: Any, weights: str, rounded: set[str]) -> list[Any]:
    """A product of 8-bit values with one scale a word piece and one a column.

    One scale for all pieces (``DynamicQuantizeLinear``) moves P(phase) by 5 points on average,
    one a piece by less than 1.
    """
    from onnx import TensorProto, helper

    x, out = node.input[0], node.output[0]
    nodes = []
    if x not in rounded:  # query, key and value look at the same
        rounded.add(x)
        nodes = [
            helper.make_node("Abs", [x], [f"{x}.size"]),
            helper.make_node("ReduceMax", [f"{x}.size"], [f"{x}.most"], axes=[-1], keepdims=1),
            helper.make_node("Max", [f"{x}.most", "tiny"], [f"{x}.some"]),
            helper.make_node("Div", [f"{x}.some", "steps"], [f"{x}.scale"]),
            helper.make_node("Div", [x, f"{x}.scale"], [f"{x}.in_steps"]),
            helper.make_node("Round", [f"{x}.in_steps"], [f"{x}.whole"]),
            helper.make_node("Add", [f"{x}.whole", "middle"], [f"{x}.above"]),
            helper.make_node("Cast", [f"{x}.above"], [f"{x}.values"], to=TensorProto.UINT8),
        ]
    return [
        *nodes,
        helper.make_node(
            "MatMulInteger", [f"{x}.values", f"{weights}.values", "zero"], [f"{out}.whole"]
        ),
        helper.make_node("Cast", [f"{out}.whole"], [f"{out}.floats"], to=TensorProto.FLOAT),
        helper.make_node("Mul", [f"{out}.floats", f"{x}.scale"], [f"{out}.by_piece"]),
        helper.make_node("Mul", [f"{out}.by_piece", f"{weights}.scales"], [out]),
    ]
