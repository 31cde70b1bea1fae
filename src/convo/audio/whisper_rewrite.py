"""A CTranslate2 Whisper model rewritten, without loss, as an openai-whisper checkpoint.

Layout of ``model.bin``, little-endian: u32 version, string, u32 revision, u32 count; then for each
variable a string (its name), u8 rank, u32 dimensions, u8 type, u32 bytes, data. A string is a u16
length and that many bytes, ending in NUL.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from convo.errors import ModelError

if TYPE_CHECKING:
    import torch

_TYPES: tuple[type[np.generic], ...] = (np.float32, np.int8, np.int16, np.int32, np.float16)
_MEL_BANDS = 80  # of all bundled models; large-v3 has 128
_AUDIO_CONTEXT, _TEXT_CONTEXT = 1500, 448

Variables = dict[str, NDArray[Any]]


def read_variables(path: Path) -> Variables:
    """All variables of a ``model.bin``, by name.

    Raises:
        ModelError: the file is cut off or not of this layout.
    """
    try:
        with path.open("rb") as file:
            return _variables(file)
    except (struct.error, ValueError, IndexError, UnicodeDecodeError) as error:
        raise ModelError(
            f"{path} is not a CTranslate2 Whisper model ({error}): install the weights again"
        ) from error


def _variables(file: BinaryIO) -> Variables:
    _number(file, "<I")
    _string(file)
    _number(file, "<I")
    variables: Variables = {}
    for _ in range(_number(file, "<I")):
        name = _string(file)
        shape = [_number(file, "<I") for _ in range(_number(file, "<B"))]
        kind = _TYPES[_number(file, "<B")]
        data = file.read(_number(file, "<I"))
        variables[name] = np.frombuffer(data, dtype=kind).reshape(shape)
    return variables


def _number(file: BinaryIO, layout: str) -> int:
    return int(struct.unpack(layout, file.read(struct.calcsize(layout)))[0])


def _string(file: BinaryIO) -> str:
    return file.read(_number(file, "<H")).rstrip(b"\0").decode()


def rewrite_checkpoint(source: Path, target: Path) -> None:
    """Write ``source`` (a ``model.bin``) as a checkpoint that ``whisper.load_model`` reads.

    Raises:
        ModelError: ``source`` is not of the expected layout.
    """
    import torch

    variables = read_variables(source)
    try:
        content = _Rewriter(variables).checkpoint()
    except KeyError as error:
        raise ModelError(
            f"{source} lacks the variable {error}: it is not an unquantised Whisper model"
        ) from error
    torch.save(content, target)


class _Rewriter:
    """Collects the state of an openai-whisper model, name by name."""

    def __init__(self, variables: Variables) -> None:
        self._variables = variables
        self._width = int(variables["encoder/conv1/weight"].shape[0])
        self._state: dict[str, torch.Tensor] = {}

    def checkpoint(self) -> dict[str, dict[str, Any]]:
        for conv in ("encoder.conv1", "encoder.conv2"):
            path = conv.replace(".", "/")
            self._linear(conv, self._tensor(f"{path}/weight"), self._tensor(f"{path}/bias"))
        embedding = self._tensor("decoder/embeddings/weight")
        self._state["decoder.token_embedding.weight"] = embedding
        for side, norm in (("encoder", "encoder.ln_post"), ("decoder", "decoder.ln")):
            positions = self._tensor(f"{side}/position_encodings/encodings")
            self._state[f"{side}.positional_embedding"] = positions
            self._norm(norm, f"{side}/layer_norm")
            for layer in range(self._layers(side)):
                self._block(f"{side}.blocks.{layer}", f"{side}/layer_{layer}")
        return {"dims": self._dims(int(embedding.shape[0])), "model_state_dict": self._state}

    def _dims(self, vocabulary: int) -> dict[str, int]:
        heads = int(self._variables["encoder/num_heads"])
        return {
            "n_mels": _MEL_BANDS,
            "n_vocab": vocabulary,
            "n_audio_ctx": _AUDIO_CONTEXT,
            "n_audio_state": self._width,
            "n_audio_head": heads,
            "n_audio_layer": self._layers("encoder"),
            "n_text_ctx": _TEXT_CONTEXT,
            "n_text_state": self._width,
            "n_text_head": heads,
            "n_text_layer": self._layers("decoder"),
        }

    def _layers(self, side: str) -> int:
        names = {name.split("/")[1] for name in self._variables if name.startswith(f"{side}/layer")}
        return len(names - {"layer_norm"})

    def _block(self, to: str, path: str) -> None:
        self._self_attention(f"{to}.attn", f"{path}/self_attention")
        self._norm(f"{to}.attn_ln", f"{path}/self_attention/layer_norm")
        if to.startswith("decoder"):
            self._cross_attention(f"{to}.cross_attn", f"{path}/attention")
            self._norm(f"{to}.cross_attn_ln", f"{path}/attention/layer_norm")
        self._norm(f"{to}.mlp_ln", f"{path}/ffn/layer_norm")
        for old, new in ((0, 0), (1, 2)):
            self._copy(f"{to}.mlp.{new}", f"{path}/ffn/linear_{old}")

    def _self_attention(self, to: str, path: str) -> None:
        """``linear_0`` is query, key and value stacked; the key has no bias."""
        weight, bias = (
            self._tensor(f"{path}/linear_0/weight"),
            self._tensor(f"{path}/linear_0/bias"),
        )
        for place, part in enumerate(("query", "key", "value")):
            rows = slice(place * self._width, (place + 1) * self._width)
            self._linear(f"{to}.{part}", weight[rows], None if part == "key" else bias[rows])
        self._copy(f"{to}.out", f"{path}/linear_1")

    def _cross_attention(self, to: str, path: str) -> None:
        """``linear_0`` is the query; ``linear_1`` is key and value stacked."""
        self._copy(f"{to}.query", f"{path}/linear_0")
        weight, bias = (
            self._tensor(f"{path}/linear_1/weight"),
            self._tensor(f"{path}/linear_1/bias"),
        )
        self._linear(f"{to}.key", weight[: self._width], None)
        self._linear(f"{to}.value", weight[self._width :], bias[self._width :])
        self._copy(f"{to}.out", f"{path}/linear_2")

    def _copy(self, to: str, path: str) -> None:
        self._linear(to, self._tensor(f"{path}/weight"), self._tensor(f"{path}/bias"))

    def _norm(self, to: str, path: str) -> None:
        self._linear(to, self._tensor(f"{path}/gamma"), self._tensor(f"{path}/beta"))

    def _linear(self, to: str, weight: torch.Tensor, bias: torch.Tensor | None) -> None:
        self._state[f"{to}.weight"] = weight.clone()
        if bias is not None:
            self._state[f"{to}.bias"] = bias.clone()

    def _tensor(self, name: str) -> torch.Tensor:
        import torch

        return torch.from_numpy(np.array(self._variables[name]))
