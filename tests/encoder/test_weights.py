"""The base's matrices with what was learned, as bytes: against the sum in floating point."""

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from convo.encoder import base
from convo.encoder.weights import DOWN, UP, Place, shrunk, write_weights
from convo.errors import ModelError


def test_what_was_learned_is_added_and_every_row_keeps_its_scale(tmp_path: Path) -> None:
    dice = np.random.default_rng(1)
    words = dice.normal(size=(50, 8)).astype(np.float32)
    wide = dice.normal(size=(6, 8)).astype(np.float32) * np.array([[0.01], [1], [9], [1], [1], [1]])
    down = dice.normal(size=(2, 8)).astype(np.float16)
    up = dice.normal(size=(6, 2)).astype(np.float16) / 100
    save_file({"words.weight": words, "wide.weight": wide.astype(np.float32)}, tmp_path / "base")
    save_file({f"wide{DOWN}": down, f"wide{UP}": up.astype(np.float16)}, tmp_path / "learned")
    places = [Place("words.weight", False, 0, 4096), Place("wide.weight", True, 8192, 12288)]

    write_weights(tmp_path / "base", tmp_path / "learned", places, tmp_path / "out")

    content = (tmp_path / "out").read_bytes()
    for place, expected in zip(places, (words, wide + up.astype(float) @ down), strict=True):
        rows, columns = expected.shape
        values = np.frombuffer(content, np.int8, rows * columns, place.values)
        values = values.reshape(columns, rows).T if place.turned else values.reshape(rows, columns)
        scales = np.frombuffer(content, np.float32, rows, place.scales)
        off = np.abs(values * scales[:, None] - expected)
        assert (off <= scales[:, None] * 0.51).all()  # half a step of that row
        assert (np.abs(values).max(axis=1) == 63).all()


def test_two_products_fit_into_sixteen_bits() -> None:
    values, _ = shrunk(np.random.default_rng(2).normal(size=(40, 40)).astype(np.float32) * 1e6)
    assert 2 * 255 * int(np.abs(values).max()) < 2**15


def test_a_base_that_is_not_installed_is_named_with_its_remedy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gone = base.PARTS[2]._replace(package="no-such-part_003")
    monkeypatch.setattr(base, "PARTS", (*base.PARTS[:2], gone))
    with pytest.raises(ModelError, match=r"no-such-part_003.*not installed.*\[bundled\]"):
        base.check_base()
