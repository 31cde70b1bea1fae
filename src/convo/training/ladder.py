"""``make ladder CASES=FOLDER``: every method beside the others on talk that none learned from.

Writes ``docs/phases.md`` anew between its marks. All methods that learn learn from the same
sessions, and all but the first two end in the same constrained decoding.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from convo.codebook import CODES
from convo.conversation.cues import Cues
from convo.conversation.phases import PhaseSegmenter, PhasesOptions, Reader, TurnScores
from convo.encoder.base import TOKENIZER, unpacked_base
from convo.encoder.inputs import PLAIN_FEATURES, features, word_pieces
from convo.encoder.reader import shipped_reader
from convo.evaluation import read_cases, score_talk
from convo.evaluation.cases import Cases
from convo.evaluation.talk import PhaseFigures, Segmenter, TalkScore
from convo.pipeline import shipped
from convo.resources import resource
from convo.training.corpus import MarkedSession, marked_sessions
from convo.training.network import base_encoder
from convo.transcript import Phase, PhaseSpan, Segmentation, Turn

PAGE = "docs/phases.md"
_BEGIN, _END = "<!-- figures begin -->", "<!-- figures end -->"
CALLED = {
    "boundary_f1_5": "boundaries within 5 turns",
    "pk": "Pk",
    "share_error_points": "share error, points",
}
_AROUND = 4  # turns on either side that a linear model sees

Matrix = Any  # a sparse or dense matrix with one row a turn
TurnFeatures = Callable[[Sequence[Turn]], Matrix]


class OnePhase:
    """Everything is scrutiny: the most frequent phase."""

    def segment(self, turns: Sequence[Turn]) -> Segmentation:
        """One span."""
        return Segmentation((PhaseSpan(Phase.SCRUTINY, 1, len(turns)),), (), (), "one phase")


class LinearReader:
    """Logistic regression on the features of a turn, of those before and after it."""

    def __init__(self, sessions: Sequence[MarkedSession], of_turns: TurnFeatures) -> None:
        self.version = "linear"
        self._of_turns = of_turns
        rows = sparse.vstack([self._rows(session.turns) for session in sessions])
        read = [lesson.phases[0] for session in sessions for lesson in session.lessons]
        self._model = LogisticRegression(C=1.0, max_iter=200).fit(rows, read)

    def __call__(self, turns: Sequence[Turn]) -> TurnScores:
        """Log P(phase) of every turn; nothing of starts and codes."""
        scores = self._model.predict_log_proba(self._rows(turns))
        none = np.zeros(len(turns)), np.zeros((len(turns), len(CODES)))
        return TurnScores(np.maximum(scores, -20.0), *none)

    def _rows(self, turns: Sequence[Turn]) -> Matrix:
        own = sparse.csr_matrix(self._of_turns(turns))
        n = len(turns)
        before, after = np.zeros((n, n)), np.zeros((n, n))
        for turn in range(n):
            before[turn, max(0, turn - _AROUND) : turn] = 1
            after[turn, turn + 1 : turn + 1 + _AROUND] = 1
        sides = [
            sparse.csr_matrix(side / np.maximum(side.sum(axis=1, keepdims=True), 1)) @ own
            for side in (before, after)
        ]
        place = features(turns, [])
        return sparse.hstack([own, *sides, sparse.csr_matrix(place)]).tocsr()


def words_of(sessions: Sequence[MarkedSession]) -> TurnFeatures:
    """TF-IDF of words and pairs of words, who speaks included."""
    vectorizer = TfidfVectorizer(
        min_df=3, ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"[\w'?]+"
    )

    def said(turns: Sequence[Turn]) -> list[str]:
        return [f"{turn.role or 'nobody'}_ {turn.text.lower()}" for turn in turns]

    vectorizer.fit([text for session in sessions for text in said(session.turns)])
    return lambda turns: vectorizer.transform(said(turns))


def words_and_cues(sessions: Sequence[MarkedSession], cues: Cues) -> TurnFeatures:
    """The same with the hits of the cues."""
    words = words_of(sessions)
    return lambda turns: sparse.hstack(
        [words(turns), sparse.csr_matrix(features(turns, cues.phases.cues)[:, PLAIN_FEATURES:])]
    )


def sentence_vectors() -> TurnFeatures:
    """The vector that the base model, as it comes, gives each turn."""
    import torch

    with tempfile.TemporaryDirectory() as folder:
        pieces = word_pieces((unpacked_base(Path(folder), TOKENIZER) / TOKENIZER).read_bytes())
    model = base_encoder().to(torch.bfloat16)

    def vectors(turns: Sequence[Turn]) -> NDArray[np.float32]:
        found = []
        with torch.inference_mode():
            for turn in turns:
                heard = model(torch.tensor([[0, *pieces(turn.text), 2]])).last_hidden_state[0]
                mean = heard.float().mean(0)
                found.append((mean / mean.norm()).numpy() * 5)
        return np.array(found, dtype=np.float32)

    return vectors


def rungs(sessions: Sequence[MarkedSession]) -> dict[str, Callable[[], Segmenter]]:
    """Every method by name, weakest first, made when asked for."""
    cues = shipped.cues()
    bare = cues.model_copy(update={"phases": cues.phases.model_copy(update={"cues": ()})})
    options = PhasesOptions()

    def decoded(reader: Callable[[], Reader], beside: Cues = bare) -> Callable[[], Segmenter]:
        return lambda: PhaseSegmenter(beside, options, reader())

    return {
        "one phase": OnePhase,
        "cues": lambda: PhaseSegmenter(cues, options),
        "words, linear": decoded(lambda: LinearReader(sessions, words_of(sessions))),
        "words and cues, linear": decoded(
            lambda: LinearReader(sessions, words_and_cues(sessions, cues))
        ),
        # the vectors of all sessions would take half an hour
        "sentence vectors, linear (an eighth of the sessions)": decoded(
            lambda: LinearReader(sessions[::8], sentence_vectors())
        ),
        "trained encoder": decoded(shipped_reader),
        "trained encoder and cues (shipped)": decoded(shipped_reader, cues),
    }


def table(cases: Cases, sessions: Sequence[MarkedSession]) -> str:
    """The comparison in Markdown."""
    lines = [
        "| method | kappa | boundaries within 5 turns | Pk | share error, points | absent found "
        "| returns found | calibration error | s |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    score = TalkScore()
    for name, make in rungs(sessions).items():
        started = time.monotonic()
        segmenter = make()
        made = time.monotonic()
        score = score_talk(cases, segmenter)
        taken = time.monotonic() - made
        sys.stderr.write(f"{name}: {made - started:.0f} s to make, {taken:.0f} s to score\n")
        if name == "one phase":
            lines.append(_row("average positions", score.figures("baseline"), None, None))
        lines.append(_row(name, score.figures(), score.calibration_error(), taken))
    lines.append(_row("readers with each other", score.figures("readers"), None, None))
    lines.append("")
    lines.append("Skill of the shipped method over average positions (1: perfect), 90 % interval:")
    for name, skill in score.skills().items():
        if skill is not None:
            lines.append(
                f"- {CALLED.get(name, name)}: {skill[0]:.2f} ({skill[1]:.2f} to {skill[2]:.2f})"
            )
    lines.append("")
    lines.append("Kappa of the shipped method by kind of talk:")
    for kind in sorted({row.kind for row in score.rows}):
        found = [
            row.method.kappa
            for row in score.rows
            if row.kind == kind and row.method is not None and row.method.kappa is not None
        ]
        lines.append(f"- {kind}: {sum(found) / len(found):.2f} ({len(found)} sessions)")
    return "\n".join(lines)


def _row(name: str, f: PhaseFigures | None, ece: float | None, seconds: float | None) -> str:
    if f is None:
        return f"| {name} | failed |"
    cells = [_two(f.kappa), _two(f.boundary_f1_5), _two(f.pk)]
    cells.append("–" if f.share_error_points is None else f"{f.share_error_points:.1f}")
    cells += [f"{count.found} of {count.total}" for count in (f.absent, f.returns)]
    cells += [_two(ece), "–" if seconds is None else f"{seconds:.1f}"]
    return f"| {name} | " + " | ".join(cells) + " |"


def _two(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page; 0 when done."""
    parser = argparse.ArgumentParser(prog="python -m convo.training.ladder", description=__doc__)
    parser.add_argument("cases", type=Path, help="talk cases with readers")
    parser.add_argument("--sessions", type=Path, default=resource("data/training"))
    chosen = parser.parse_args(arguments)
    found = table(read_cases(chosen.cases), marked_sessions(chosen.sessions))
    page = resource(PAGE)
    text = page.read_text(encoding="utf-8")
    head, rest = text.split(_BEGIN)
    tail = rest.split(_END)[1]
    page.write_text(f"{head}{_BEGIN}\n{found}\n{_END}{tail}", encoding="utf-8", newline="\n")
    sys.stdout.write(f"{found}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
