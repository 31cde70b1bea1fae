"""Learning really learns, and the files that are written give what the network gave."""

import random
from pathlib import Path

import numpy as np
import pytest
import torch

from convo.conversation.cues import parse_cues
from convo.encoder.base import TOKENIZER, unpacked_base
from convo.encoder.inputs import features, windows, word_pieces
from convo.encoder.reader import PhaseReader
from convo.resources import resource
from convo.training.corpus import marked_sessions
from convo.training.export import export
from convo.training.fit import Recipe, fit
from convo.training.network import PhaseNetwork

pytestmark = pytest.mark.slow


def test_learning_lowers_the_loss_and_files_read_like_the_network(tmp_path: Path) -> None:
    torch.set_num_threads(2)
    tokens = word_pieces((unpacked_base(tmp_path / "base", TOKENIZER) / TOKENIZER).read_bytes())
    text = resource("configs/cues.toml").read_text(encoding="utf-8")
    cues = parse_cues(text).phases.cues
    sessions = marked_sessions(resource("data/training"))
    few = random.Random(1).sample(sessions, 4)
    losses: list[float] = []

    def report(epoch: int, loss: float, network: PhaseNetwork) -> None:
        losses.append(loss)

    network = fit(few, cues, tokens, Recipe(epochs=3), report)
    assert losses[-1] < losses[0]

    export(network, text, {}, tmp_path / "model")
    turns = sessions[0].turns
    with torch.inference_mode():
        heard = windows(turns, [tokens(turn.text) for turn in turns])
        scores, _, _ = network(heard, torch.from_numpy(features(turns, cues)))
        expected = scores.softmax(1).numpy()
    found = np.exp(PhaseReader(tmp_path / "model")(turns).phases)
    assert np.abs(found - expected).max() < 0.05  # one byte a weight
