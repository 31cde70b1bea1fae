"""Scores as JSON and as tables: plain data, nothing is printed here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from convo.evaluation.activities import ActivityScore
from convo.evaluation.agreed_report import activities_json, activities_table
from convo.evaluation.agreement import Found
from convo.evaluation.codes import CodesScore
from convo.evaluation.codes_report import codes_json, codes_table
from convo.evaluation.layout import Table, decimal
from convo.evaluation.recorded import RecordedRow, RecordedScore
from convo.evaluation.speech import SpeechFigures, SpeechRow, SpeechScore, pooled
from convo.evaluation.talk import FIGURES, PhaseFigures, TalkRow, TalkScore

Json = dict[str, Any]
_NO_PHASES = RecordedScore()
_SIDES = ("reference", "recording")


def to_json(
    speech: SpeechScore | None,
    talk: TalkScore | None,
    recorded: RecordedScore | None = None,
    codes: CodesScore | None = None,
    activities: ActivityScore | None = None,
) -> Json:
    """All figures; None for what was not measured, or what a failed case makes incomplete.

    Rates are fractions, share errors are points. ``cases`` counts failed cases too. A ``loss`` is
    above 0 where the recording is worse than the reference turns.
    """
    speech, talk, recorded = speech or SpeechScore(), talk or TalkScore(), recorded or _NO_PHASES
    parts = {"codes": codes_json(codes), "activities": activities_json(activities)}
    figures = _talk_json(speech, talk, recorded) | parts
    return {"speech": _speech_json(speech), "talk": figures}


def _speech_json(score: SpeechScore) -> Json:
    return {
        **_recording_figures(pooled(score.rows)),
        "kinds": {kind: _recording_figures(figures) for kind, figures in score.kinds().items()},
        "rows": [_speech_row_json(row) for row in score.rows],
    }


def _recording_figures(figures: SpeechFigures, roles: bool = False) -> Json:
    values = asdict(figures)
    return {k: v for k, v in values.items() if roles or not k.startswith("role_")}


def _speech_row_json(row: SpeechRow) -> Json:
    rates = {name: getattr(row, name) for name in ("wer", "cpwer", "der")}
    return {
        "case": row.case_id,
        "kind": row.kind,
        **{name: None if rate is None else rate.rate for name, rate in rates.items()},
        "share_error_points": row.share_error_points,
        "share_error_no_fillers": row.share_error_no_fillers,
        "role_share_error_points": row.role_share_error_points,
        "unattributed": row.unattributed,
        "words": None if row.wer is None else row.wer.length,
        "failure": row.failure,
    }


def _talk_json(speech: SpeechScore, talk: TalkScore, recorded: RecordedScore) -> Json:
    return {
        "cases": len(talk.rows),
        "failed": talk.failed,
        "phases": {
            **_phase_figures(talk.figures()),
            "ece": talk.calibration_error(),
            "method": talk.method,
            "baseline": _phase_figures(talk.figures("baseline")),
            "readers": _phase_figures(talk.figures("readers")),
            "skill": {name: _skill_json(value) for name, value in talk.skills().items()},
        },
        "recorded": {
            **_recording_figures(pooled(speech.recorded), roles=True),
            "rows": [_speech_row_json(row) for row in speech.recorded],
            "phases": _recorded_json(recorded),
        },
        "rows": [_talk_row_json(row) for row in talk.rows],
    }


def _recorded_json(score: RecordedScore) -> Json:
    return {
        "cases": len(score.rows),
        "failed": score.failed,
        **{side: _phase_figures(score.figures(side)) for side in _SIDES},
        "loss": dict(score.loss()),
        "left_out": dict(score.left_out),
        "rows": [_recorded_row_json(row) for row in score.rows],
    }


def _recorded_row_json(row: RecordedRow) -> Json:
    return {
        "case": row.case_id,
        "kind": row.kind,
        **{side: _phase_figures(getattr(row, side)) for side in _SIDES},
        "loss": {name: row.loss(name) for name in FIGURES},
        "failure": row.failure,
    }


def _phase_figures(figures: PhaseFigures | None) -> Json:
    figures = figures or PhaseFigures(None, None, None, None)
    return {
        "kappa": figures.kappa,
        "boundary_f1_5": figures.boundary_f1_5,
        "pk": figures.pk,
        "share_error_points": figures.share_error_points,
        "absent": figures.absent.rate,
        "returns": figures.returns.rate,
        "absent_or_returns": (figures.absent + figures.returns).rate,
    }


def _skill_json(value: tuple[float, float, float] | None) -> Json:
    skill, low, high = value or (None, None, None)
    return {"skill": skill, "low": low, "high": high}


def _talk_row_json(row: TalkRow) -> Json:
    sides = {name: getattr(row, name) for name in ("method", "baseline", "readers")}
    return {
        "case": row.case_id,
        "kind": row.kind,
        **{name: _phase_figures(figures) for name, figures in sides.items()},
        "failure": row.failure,
    }


def tables(
    speech: SpeechScore | None,
    talk: TalkScore | None,
    recorded: RecordedScore | None = None,
    codes: CodesScore | None = None,
    activities: ActivityScore | None = None,
) -> tuple[Table, ...]:
    """One table for each part that was scored, if there is anything in it."""
    found = []
    if speech is not None and speech.rows:
        found.append(_speech_table(speech))
    if speech is not None and speech.recorded:
        found.append(_recorded_table(speech))
    if talk is not None and talk.rows:
        found.append(_phase_table(talk))
    if recorded is not None and (recorded.rows or recorded.left_out):
        found.append(_recorded_phase_table(recorded))
    if codes is not None and codes.sessions:
        found.append(codes_table(codes))
    if activities is not None and activities.rows:
        found.append(activities_table(activities))
    return tuple(found)


def _speech_table(score: SpeechScore) -> Table:
    kinds = score.kinds() if len(score.kinds()) > 1 else {}
    totals = [
        *((f"all {kind or 'other'}", figures) for kind, figures in kinds.items()),
        ("pooled", pooled(score.rows)),
    ]
    return Table(
        "Speech",
        ("case", "WER", "cpWER", "share error, points", "DER", "unattributed words"),
        (*map(_speech_cells, score.rows), *(_total_cells(*total) for total in totals)),
        totals=len(totals),
        notes=_failures(score.rows),
    )


def _speech_cells(row: SpeechRow) -> tuple[str, ...]:
    if row.failure is not None:
        return (row.case_id, "failed", *[""] * 4)
    rates = [None if rate is None else rate.rate for rate in (row.wer, row.cpwer, row.der)]
    return (
        row.case_id,
        _percent(rates[0]),
        _percent(rates[1]),
        _points(row.share_error_points),
        _percent(rates[2]),
        str(row.unattributed),
    )


def _total_cells(name: str, figures: SpeechFigures) -> tuple[str, ...]:
    if figures.failed:
        return (name, "incomplete", *[""] * 4)
    return (
        name,
        _percent(figures.wer),
        _percent(figures.cpwer),
        _mean_and_worst(figures.share_error_points, figures.share_error_worst),
        _percent(figures.der),
        "",
    )


def _recorded_table(score: SpeechScore) -> Table:
    total = pooled(score.recorded)
    last = _total_cells("pooled", total)[:4]
    worst = _mean_and_worst(total.role_share_error_points, total.role_share_error_worst)
    rows = [
        (*_speech_cells(row)[:4], _points(row.role_share_error_points)) for row in score.recorded
    ]
    return Table(
        "Recorded talk",
        ("case", "WER", "cpWER", "share error, points", "by role, points"),
        (*rows, (*last, "" if total.failed else worst)),
        notes=_failures(score.recorded),
    )


def _phase_table(score: TalkScore) -> Table:
    totals = (
        ("average positions", _phase_cells(score.figures("baseline"), None)),
        ("readers with each other", _phase_cells(score.figures("readers"), None)),
        ("all sessions", _method_cells(score)),
        ("skill over positions", (*map(_skill_cell, score.skills().values()), "", "", "")),
    )
    rows = [(row.case_id, *_phase_row_cells(row)) for row in score.rows]
    columns = ("kappa", "boundaries ±5", "Pk", "share error, points", "absent", "returns", "ECE")
    return Table(
        f"Phases ({score.method or 'no method'})",
        ("case", *columns),
        (*rows, *((name, *cells) for name, cells in totals)),
        totals=len(totals),
        notes=_failures(score.rows),
    )


def _method_cells(score: TalkScore) -> tuple[str, ...]:
    if score.failed:
        return ("incomplete", *[""] * 6)
    return _phase_cells(score.figures(), score.calibration_error())


def _phase_row_cells(row: TalkRow) -> tuple[str, ...]:
    return ("failed", *[""] * 6) if row.failure is not None else _phase_cells(row.method, None)


def _phase_cells(figures: PhaseFigures | None, ece: float | None) -> tuple[str, ...]:
    figures = figures or PhaseFigures(None, None, None, None)
    return (
        decimal(figures.kappa),
        decimal(figures.boundary_f1_5),
        decimal(figures.pk),
        _points(figures.share_error_points),
        _count(figures.absent),
        _count(figures.returns),
        decimal(ece),
    )


def _recorded_phase_table(score: RecordedScore) -> Table:
    rows = [cells for row in score.rows for cells in _both_sides(row)]
    totals = _recorded_totals(score) if score.rows else ()
    left_out = (f"{case} left out: {reason}" for case, reason in score.left_out.items())
    return Table(
        "Phases from the recording, beside those from the reference turns",
        ("case", "turns from", "kappa", "boundaries ±5", "Pk", "share error, points"),
        (*rows, *totals),
        totals=len(totals),
        notes=(*_failures(score.rows), *left_out),
    )


def _both_sides(row: RecordedRow) -> tuple[tuple[str, ...], ...]:
    broken = ("failed", "", "", "")
    sides = {side: getattr(row, side) for side in _SIDES}
    return tuple(
        (row.case_id, side, *(broken if figures is None else _phase_cells(figures, None)[:4]))
        for side, figures in sides.items()
    )


def _recorded_totals(score: RecordedScore) -> tuple[tuple[str, ...], ...]:
    if score.failed:
        return (("all sessions", "", "incomplete", "", "", ""),)
    means = (
        ("all sessions", side, *_phase_cells(score.figures(side), None)[:4]) for side in _SIDES
    )
    *losses, share = score.loss().values()
    return (*means, ("mean loss", "", *map(decimal, losses), _points(share)))


def _failures(
    rows: Sequence[SpeechRow] | Sequence[TalkRow] | Sequence[RecordedRow],
) -> tuple[str, ...]:
    return tuple(f"{row.case_id} failed: {row.failure}" for row in rows if row.failure is not None)


def _percent(rate: float | None) -> str:
    return "–" if rate is None else f"{100 * rate:.1f} %"


def _points(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"


def _mean_and_worst(mean: float | None, worst: float | None) -> str:
    return "–" if mean is None else f"{_points(mean)} (worst {_points(worst)})"


def _count(found: Found) -> str:
    return f"{found.found}/{found.total}" if found.total else "–"


def _skill_cell(value: tuple[float, float, float] | None) -> str:
    return "–" if value is None else f"{value[0]:.2f} ({value[1]:.2f} to {value[2]:.2f})"
