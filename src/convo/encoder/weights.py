"""The matrices of the encoder: those of the base model plus what was learned beside them.

What was learned is the product of two narrow matrices for each wide one (low-rank adaptation, Hu
et al. 2021): three million numbers for eighty-five. The sum is kept at one byte a weight, with a
scale for every row, in the file that the encoder's graph names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Small = NDArray[np.int8]

# Of a byte's 127 steps: two products of such a value and a byte still fit into 16 bits, which older
# processors add in. With 127 they would give other sums than newer ones.
_STEPS = 63

FILE = "weights.bin"
DOWN, UP = ".down", ".up"
"""What the two narrow matrices of a wide one are called after it."""


class Place(NamedTuple):
    """Where a matrix lies in the file.

    ``name`` is that of the base model, ``turned`` whether columns come first there; whole values
    begin at ``values`` and their scales, one a row, at ``scales`` (bytes).
    """

    name: str
    turned: bool
    values: int
    scales: int


def write_weights(base: Path, learned: Path, places: Sequence[Place], to: Path) -> None:
    """Add the ``learned`` matrices (safetensors) to those of ``base`` and write them to ``to``."""
    from safetensors import safe_open
    from safetensors.numpy import load_file

    beside = load_file(learned)
    with safe_open(base, framework="numpy") as matrices, to.open("wb") as out:
        for place in places:
            whole = matrices.get_tensor(place.name)
            values, scales = shrunk(added(whole, place.name, beside))
            for offset, content in (
                (place.values, np.ascontiguousarray(values.T if place.turned else values)),
                (place.scales, scales),
            ):
                out.seek(offset)
                out.write(content.tobytes())


def added(whole: Floats, name: str, beside: Mapping[str, NDArray[np.floating]]) -> Floats:
    """The matrix ``name`` with what was learned for it, if anything was."""
    down, up = (beside.get(name.removesuffix(".weight") + end) for end in (DOWN, UP))
    if down is None or up is None:
        return whole
    return whole + up.astype(np.float32) @ down.astype(np.float32)


def shrunk(matrix: Floats) -> tuple[Small, Floats]:
    """Whole values and the scale of every row that turns them back.

    >>> values, scales = shrunk(np.array([[0.25, -1.0], [0.0, 0.0]], dtype=np.float32))
    >>> values.tolist(), (values[0] * float(scales[0])).round(2).tolist()
    ([[16, -63], [0, 0]], [0.25, -1.0])
    """
    scales = (np.abs(matrix).max(axis=1) / _STEPS).astype(np.float32)
    scales[scales == 0] = 1
    return np.rint(matrix / scales[:, None]).astype(np.int8), scales
