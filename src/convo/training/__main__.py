"""``make train``: learn the phase model from the marked sessions and write it as files.

With ``--extra FOLDER`` a programme's own marked sessions are learned too; with ``--test FOLDER``
sessions with readers are scored after every epoch and nothing is learned from them.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import torch

from convo.conversation.cues import parse_cues
from convo.conversation.phases import PhaseSegmenter, PhasesOptions
from convo.encoder.base import NAME, TOKENIZER, unpacked_base
from convo.encoder.inputs import word_pieces
from convo.encoder.reader import PhaseReader
from convo.errors import ConvoError
from convo.evaluation import read_cases, score_talk
from convo.resources import resource
from convo.training.corpus import MarkedSession, marked_sessions
from convo.training.export import export
from convo.training.fit import Recipe, fit
from convo.training.network import PhaseNetwork


def main(arguments: Sequence[str] | None = None) -> int:
    """Train and write; 0 when done, 1 when the sessions cannot be read."""
    parser = argparse.ArgumentParser(prog="python -m convo.training", description=__doc__)
    parser.add_argument("--sessions", type=Path, default=resource("data/training"))
    parser.add_argument("--extra", type=Path, help="more marked sessions, such as a programme's")
    parser.add_argument("--test", type=Path, help="score the sessions of this folder as well")
    parser.add_argument("--to", type=Path, default=resource("data") / "models" / "phases")
    parser.add_argument("--epochs", type=int, default=Recipe().epochs)
    parser.add_argument("--seed", type=int, default=Recipe().seed)
    chosen = parser.parse_args(arguments)
    try:
        sessions = marked_sessions(chosen.sessions)
        if chosen.extra is not None:
            sessions += marked_sessions(chosen.extra)
        _train(sessions, chosen)
    except ConvoError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _train(sessions: Sequence[MarkedSession], chosen: argparse.Namespace) -> None:
    torch.set_num_threads(2)  # more do not help, and the sums must come out alike
    cues_text = resource("configs/cues.toml").read_text(encoding="utf-8")
    cues = parse_cues(cues_text)
    with tempfile.TemporaryDirectory() as folder:
        tokenizer = (unpacked_base(Path(folder), TOKENIZER) / TOKENIZER).read_bytes()
    recipe = Recipe(epochs=chosen.epochs, seed=chosen.seed)
    card = {
        "sessions": len(sessions),
        "turns": sum(len(session.lessons) for session in sessions),
        "recipe": {name: getattr(recipe, name) for name in Recipe.__dataclass_fields__},
        "base": NAME,
    }
    started = time.monotonic()

    def report(epoch: int, loss: float, network: PhaseNetwork) -> None:
        minutes = (time.monotonic() - started) / 60
        sys.stdout.write(f"epoch {epoch + 1}: loss {loss:.3f}, {minutes:.1f} min\n")
        if chosen.test is not None or epoch + 1 == recipe.epochs:
            export(network, cues_text, card, chosen.to)
        if chosen.test is not None:
            segmenter = PhaseSegmenter(cues, PhasesOptions(), PhaseReader(chosen.to))
            figures = score_talk(read_cases(chosen.test), segmenter).figures()
            sys.stdout.write(f"  {figures}\n")
        sys.stdout.flush()

    fit(
        sessions,
        cues.phases.cues,
        word_pieces(tokenizer),
        recipe,
        report,
    )
    sys.stdout.write(f"written to {chosen.to}\n")


if __name__ == "__main__":
    raise SystemExit(main())
