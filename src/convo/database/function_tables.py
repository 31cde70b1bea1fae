"""What turns do, and the figures made of it, as rows and back without loss."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from convo.codebook import Artefact, Code, Flag, TurnCode, TurnFlag
from convo.database.columns import Row
from convo.transcript import Conversation, Measure, Phase, Role

Columns = Mapping[str, list[Any]]
_CODES = tuple(Code)
_BY_NAME = {code.value: code for code in Code}
CODE_COLUMNS = {"turn": "int", "code": "text", "probability": "real", "words": "texts"} | {
    **{f"p_{code.lower()}": "real" for code in Code},
    "said_by": "text",
}
FLAG_COLUMNS = {
    "turn": "int",
    "flag": "text",
    "artefact": "text",
    "joint": "flag",
    "probability": "real",
    "words": "texts",
}
MEASURE_COLUMNS = {
    "phase": "text",
    "role": "text",
    "metric": "text",
    "value": "real",
    "n": "int",
    "method_version": "text",
    "lo": "real",
    "hi": "real",
    "missing": "text",
}


def code_rows(conversation: Conversation) -> Iterable[Row]:
    """One row a turn."""
    for one in conversation.codes:
        likely = (one.probabilities.get(code) for code in Code)
        yield one.turn, one.code, one.probability, list(one.words), *likely, one.by


def flag_rows(conversation: Conversation) -> Iterable[Row]:
    """One row a flag of a turn."""
    for one in conversation.codes:
        for f in one.flags:
            yield one.turn, f.flag, f.artefact, f.joint, f.probability, list(f.words)


def measure_rows(conversation: Conversation) -> Iterable[Row]:
    """One row a figure."""
    for m in conversation.measures:
        yield m.phase, m.role, m.metric, m.value, m.n, m.method, m.low, m.high, m.missing


def read_codes(codes: Columns, flags: Columns) -> tuple[TurnCode, ...]:
    """What :func:`code_rows` and :func:`flag_rows` wrote."""
    of_turn: defaultdict[int, list[TurnFlag]] = defaultdict(list)
    for turn, flag, artefact, joint, probability, words in _rows(flags, FLAG_COLUMNS):
        kind = Artefact(artefact) if artefact else None
        of_turn[turn].append(TurnFlag(Flag(flag), probability, tuple(words), kind, joint))
    return tuple(
        TurnCode(
            turn,
            _BY_NAME[code],
            probability,
            tuple(words),
            tuple(of_turn[turn]),
            {one: value for one, value in zip(_CODES, likely, strict=True) if value is not None},
            by,
        )
        for turn, code, probability, words, *likely, by in _rows(codes, CODE_COLUMNS)
    )


def read_measures(columns: Columns) -> tuple[Measure, ...]:
    """What :func:`measure_rows` wrote."""
    known = [name for name in MEASURE_COLUMNS if name in columns]  # older runs have fewer
    return tuple(
        Measure(Phase(phase) if phase else None, Role(role) if role else None, *rest)
        for phase, role, *rest in _rows(columns, known)
    )


def _rows(columns: Columns, names: Iterable[str]) -> Iterable[Row]:
    """None where a run was written before there was such a column."""
    rows = max(map(len, columns.values()), default=0)
    return zip(*(columns.get(name, [None] * rows) for name in names), strict=True)
