"""Turn codes of experts, and how well ours agree with them (``convo score``).

Two layouts of ``codes.csv`` are read. One is the project's own: ``turn,code,flags``. The other is
that of the public AnnoMI transcripts, whose experts coded utterances:
``turn,utterance,speaker,main_behaviour,question,…``, where question is ASK, reflection RFL and
therapist_input INF (informing, advising and offering options alike). Where several utterances make
one turn there, the turn has the last code that is not "other", after rule U2 of the codebook.

Coach turns alone are compared, those of all sessions together: Cohen's kappa of ASK against the
rest, RFL against the rest, INF and SUG together (INFORM) against the rest, and of OPEN among the
turns that both call ASK. ASK is measured a second time with all question marks taken out of the
text before coding.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from convo.codebook import Code, Flag, TurnCode
from convo.errors import EvaluationError
from convo.evaluation.agreement import kappa
from convo.evaluation.marks import Row, marks, turn_number
from convo.transcript import Role, Turn

if TYPE_CHECKING:
    from convo.evaluation.cases import TalkCase

MEASURED: Mapping[str, frozenset[Code]] = {
    "ASK": frozenset({Code.ASK}),
    "RFL": frozenset({Code.RFL}),
    "INFORM": frozenset({Code.INF, Code.SUG}),
}
PEOPLE = {"ASK": 0.87, "RFL": 0.66, "INFORM": 0.64, "OPEN": 0.52}
"""Kappa of ten experts with each other on seven AnnoMI transcripts: the ceiling."""
_BEHAVIOURS = {"question": Code.ASK, "reflection": Code.RFL, "therapist_input": Code.INF}
_OTHER = ("other", "n/a", "")
_log = logging.getLogger(__name__)


class Coder(Protocol):
    """Whatever codes turns."""

    @property
    def version(self) -> str:
        """What the results depend on."""
        ...

    def code(self, turns: Sequence[Turn]) -> tuple[TurnCode, ...]:
        """One code a turn, none for what is played."""
        ...


@dataclass(frozen=True, slots=True)
class ExpertCode:
    """The code of one turn, None for none of those that are compared, and the flags it has.

    ``is_open`` is None where nobody has said so.
    """

    code: Code | None
    is_open: bool | None = None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CodesScore:
    """Kappas over all coded coach turns; None where there is nothing to compare.

    ``failures`` name the sessions that the method broke on: then there are no figures.
    """

    turns: int = 0
    sessions: int = 0
    kappas: Mapping[str, float | None] | None = None
    kappa_no_mark: float | None = None
    method: str | None = None
    failures: tuple[str, ...] = ()

    @property
    def failed(self) -> int:
        """Sessions that the method broke on."""
        return len(self.failures)

    def kappa(self, name: str) -> float | None:
        """Of ``ASK``, ``RFL``, ``INFORM`` or ``OPEN``."""
        return (self.kappas or {}).get(name)


def read_codes(path: Path, turns: int) -> dict[int, ExpertCode]:
    """The codes in ``path`` by turn number; empty if there is no such file.

    Raises:
        EvaluationError: a column is missing, a turn does not exist, or a code is not known.
    """
    if not path.is_file():
        return {}
    codes: dict[int, ExpertCode] = {}
    for where, row in marks(path, ("turn",)):
        own = "code" in row
        if not own and "main_behaviour" not in row:
            raise EvaluationError(
                f"{where} has neither a code nor a main_behaviour: add that column"
            )
        number = turn_number(row, "turn", where)
        if not 1 <= number <= turns:
            raise EvaluationError(f"{where} has turn {number}: turns.json has 1 to {turns}")
        found = _own(row, where) if own else _behaviour(row, where)
        if found is not None and (own or found.code or number not in codes):
            codes[number] = found
    return codes


def _own(row: Row, where: str) -> ExpertCode | None:
    name = row["code"].strip()
    if not name:
        return None
    if name not in Code.__members__:
        raise EvaluationError(f"{where} has the code {name!r}: use {', '.join(Code)}")
    flags = tuple(part.strip() for part in (row.get("flags") or "").split(";") if part.strip())
    asks = name == Code.ASK
    return ExpertCode(Code(name), Flag.OPEN in flags if asks else None, flags)


def _behaviour(row: Row, where: str) -> ExpertCode | None:
    behaviour = row["main_behaviour"].strip()
    if behaviour not in _BEHAVIOURS and behaviour not in _OTHER:
        raise EvaluationError(
            f"{where} has main_behaviour={behaviour!r}: use {', '.join(_BEHAVIOURS)}, other or n/a"
        )
    if row.get("speaker", "COACH").strip() != "COACH":
        return None
    kind = (row.get("question") or "").strip()
    code = _BEHAVIOURS.get(behaviour)
    return ExpertCode(code, kind == "open" if code is Code.ASK and kind else None)


def score_codes(cases: Sequence[TalkCase], coder: Coder) -> CodesScore:
    """Code the turns of every case that experts have coded, with and without question marks."""
    coded = [case for case in cases if case.codes]
    expert: list[ExpertCode] = []
    ours: list[TurnCode] = []
    bare: list[TurnCode] = []
    failures = []
    for case in coded:
        numbers = [t.number for t in case.turns if t.role is Role.COACH and t.number in case.codes]
        try:
            marked, unmarked = (
                _by_turn(coder, case.turns),
                _by_turn(coder, without_marks(case.turns)),
            )
        except Exception as error:
            _log.debug("case %s failed", case.case_id, exc_info=True)
            failures.append(f"{case.case_id} failed: {type(error).__name__}: {error}")
            continue
        expert += [case.codes[number] for number in numbers]
        ours += [marked[number] for number in numbers]
        bare += [unmarked[number] for number in numbers]
    if failures or not expert:
        return CodesScore(len(expert), len(coded), None, None, coder.version, tuple(failures))
    kappas = {name: _kappa(expert, ours, codes) for name, codes in MEASURED.items()}
    kappas["OPEN"] = _open_kappa(expert, ours)
    return CodesScore(
        len(expert),
        len(coded),
        kappas,
        _kappa(expert, bare, MEASURED["ASK"]),
        coder.version,
    )


def _by_turn(coder: Coder, turns: Sequence[Turn]) -> dict[int, TurnCode]:
    return {one.turn: one for one in coder.code(turns)}


def without_marks(turns: Sequence[Turn]) -> tuple[Turn, ...]:
    """The same turns without a question mark in them, as a recogniser may leave them.

    >>> without_marks([Turn(1, "A", "Why? When?")])[0].text
    'Why When'
    """
    return tuple(replace(turn, text=turn.text.replace("?", "")) for turn in turns)


def _kappa(
    expert: Sequence[ExpertCode], ours: Sequence[TurnCode], codes: frozenset[Code]
) -> float | None:
    return kappa([one.code in codes for one in expert], [one.code in codes for one in ours])


def _open_kappa(expert: Sequence[ExpertCode], ours: Sequence[TurnCode]) -> float | None:
    both = [
        (bool(one.is_open), other.flag(Flag.OPEN) is not None)
        for one, other in zip(expert, ours, strict=True)
        if one.is_open is not None and other.code is Code.ASK
    ]
    return kappa([one for one, _ in both], [other for _, other in both])
