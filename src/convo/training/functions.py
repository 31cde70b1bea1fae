"""``make train-functions``: fit the log-odds in ``configs/functions.toml`` to the coded sessions.

The patterns are written by hand and stay as they are; only their weights are fitted (logistic
regression), half on the turns as they are and half without question marks, so that marks help and
their absence does little harm. ``--extra FOLDER`` adds sessions of your own.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from convo.codebook import CODES, ONLY_ON, Code
from convo.conversation.decoding import Floats
from convo.conversation.lexicon import (
    FLAGS,
    SIGNS,
    FlagName,
    FunctionCue,
    Functions,
    Weighed,
    evidence,
    parse_functions,
)
from convo.conversation.media import in_room
from convo.evaluation.agreement import kappa
from convo.evaluation.cases import TalkCase, read_cases
from convo.evaluation.codes import ExpertCode, without_marks
from convo.files import write_atomically
from convo.resources import resource

CONFIG = "configs/functions.toml"
EVENED = 0.5
"""How much of each code's frequency in the training sessions is taken off: other talk differs."""
_STRENGTH = 0.3  # of the weights against the pull to 0
_MARKED, _UNMARKED = 0.6, 0.4  # weight of a turn with, and without, its question marks
_SMALLEST = 0.03  # weights nearer to 0 are left out
_LEAST = (0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5)


def main(arguments: Sequence[str] | None = None) -> None:
    """Fit and write the file anew."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--extra", type=Path, help="a folder of sessions of your own")
    options = parser.parse_args(arguments)
    folders = [resource("data/training"), *([options.extra] if options.extra else [])]
    cases = [case for folder in folders for case in read_cases(folder).talk if case.codes]
    path = resource(CONFIG)
    text = path.read_text(encoding="utf-8")
    fitted = fit(parse_functions(text), cases)
    write_atomically(path, (_head(text) + as_toml(fitted)).encode())
    sys.stdout.write(f"{path}: fitted to {len(cases)} sessions\n")


def fit(functions: Functions, cases: Iterable[TalkCase]) -> Functions:
    """The same cues with weights learned from ``cases``."""
    rows, coded, flagged, weight = [], [], [], []
    for case in cases:
        for share, turns in ((_MARKED, case.turns), (_UNMARKED, without_marks(case.turns))):
            room = in_room(turns)
            for turn, hits in zip(room, evidence(room, functions).hits, strict=True):
                expert = case.codes.get(turn.number, ExpertCode(None))
                if expert.code is not None:
                    rows.append(hits)
                    coded.append(expert.code)
                    flagged.append(frozenset(expert.flags))
                    weight.append(share)
    found, shares = np.array(rows), np.array(weight)
    found[:, [isinstance(one, FunctionCue) and one.fixed for one in functions.columns]] = 0.0
    codes = _code_weights(found, coded, shares)
    fitted = {name: _flag_weights(found, coded, flagged, shares, name) for name in FLAGS}
    flags = np.stack([weights for weights, _ in fitted.values()], axis=1)
    least = {name: probability for name, (_, probability) in fitted.items()}
    return _with(functions, codes, flags).model_copy(update={"least": least})


def _code_weights(found: Floats, coded: Sequence[Code], shares: Floats) -> Floats:
    """One column a code."""
    places = np.array([CODES.index(code) for code in coded])
    model = LogisticRegression(C=_STRENGTH, max_iter=400, fit_intercept=False)
    model.fit(found, places, sample_weight=shares)
    weights: Floats = model.coef_.T - model.coef_.T.mean(axis=1, keepdims=True)
    frequency = np.bincount(places, minlength=len(CODES)) / len(places)
    weights[0] -= EVENED * np.log(frequency)
    return weights


def _flag_weights(
    found: Floats,
    coded: Sequence[Code],
    flagged: Sequence[frozenset[str]],
    shares: Floats,
    name: FlagName,
) -> tuple[Floats, float]:
    """The weights, and the probability from which setting the flag agrees best with the coder."""
    full = name if name.isupper() else f"ART:{name}"
    rows = np.array([code in ONLY_ON.get(name, CODES) for code in coded])
    is_set = np.array([full in flags for flags in flagged])[rows]
    model = LogisticRegression(C=_STRENGTH, max_iter=400, fit_intercept=False)
    model.fit(found[rows], is_set, sample_weight=shares[rows])
    likely = model.predict_proba(found[rows])[:, 1]
    agreement = {
        least: kappa(is_set.tolist(), (likely >= least).tolist()) or 0.0 for least in _LEAST
    }
    return model.coef_[0], max(_LEAST, key=lambda least: agreement[least])


def _with(functions: Functions, codes: Floats, flags: Floats) -> Functions:
    def weighed(number: int, one: Weighed) -> dict[str, Any]:
        return {
            "codes": _kept(dict(zip(CODES, codes[number], strict=True))),
            "flags": _kept(dict(zip(FLAGS, flags[number], strict=True))),
        }

    columns = functions.columns
    first = 1 + len(SIGNS)
    return functions.model_copy(
        update={
            "bias": functions.bias.model_copy(update=weighed(0, functions.bias)),
            "signs": {
                sign: columns[number].model_copy(update=weighed(number, columns[number]))
                for number, sign in enumerate(SIGNS, start=1)
            },
            "cues": tuple(
                cue if cue.fixed else cue.model_copy(update=weighed(number, cue))
                for number, cue in enumerate(functions.cues, start=first)
            ),
        }
    )


def _kept(weights: Mapping[Any, float]) -> dict[Any, float]:
    return {
        key: round(float(value), 2) for key, value in weights.items() if abs(value) >= _SMALLEST
    }


def as_toml(functions: Functions) -> str:
    """The file that :func:`~convo.conversation.lexicon.parse_functions` reads as ``functions``."""
    lines = [
        f'version = "{functions.version}"',
        f"reader_weight = {functions.reader_weight}",
        f"least = {{ {_pairs(functions.least)} }}",
        f'small_words = """{functions.small_words}"""',
        "",
        "[bias]",
        *_weighed(functions.bias),
    ]
    for sign, one in functions.signs.items():
        lines += ["", f'[signs."{sign}"]', *_weighed(one)]
    for cue in functions.cues:
        lines += ["", "[[cues]]", f'name = "{cue.name}"']
        lines += [f'by = "{cue.by}"'] if cue.by != "anyone" else []
        lines += [f'at = "{cue.at}"'] if cue.at != "here" else []
        lines += [f"most = {cue.most}"] if cue.most != 1 else []
        lines += ["fixed = true"] if cue.fixed else []
        lines += [f"pattern = '''{cue.pattern}'''", *_weighed(cue)]
    return "\n".join(lines) + "\n"


def _weighed(one: Weighed) -> list[str]:
    return [
        f'why = "{one.why}"',
        *(
            f"{name} = {{ {_pairs(weights)} }}"
            for name, weights in (("codes", one.codes), ("flags", one.flags))
            if weights
        ),
    ]


def _pairs(values: Mapping[Any, float]) -> str:
    return ", ".join(f"{key} = {value}" for key, value in values.items())


def _head(text: str) -> str:
    """The comment at the top of the file."""
    lines = text.splitlines(keepends=True)
    kept = next((n for n, line in enumerate(lines) if not line.startswith("#")), len(lines))
    return "".join(lines[:kept])


if __name__ == "__main__":
    main()
