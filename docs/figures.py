"""Write the measured figures into README.md, those of turn codes into docs/functions.md and into
the file from which reports take them (data/models/agreement.json).

python docs/figures.py SCORE.json BENCH.json MEMORY.json
python docs/figures.py SCORE.json

SCORE.json is made by ``convo score FOLDER --json``, BENCH.json by ``python -m convo.bench --json``
and MEMORY.json by ``python -m convo.bench --only ours --minutes 60 --json``. ``make figures
CASES=FOLDER`` runs all of it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from convo.evaluation.codes import PEOPLE
from convo.evaluation.layout import decimal

README = Path(__file__).parents[1] / "README.md"
AGREED = ("f1", "led", "type", "followup")
AGREEMENT = Path(__file__).parents[1] / "data/models/agreement.json"
FUNCTIONS = Path(__file__).parent / "functions.md"
# What the cases of this project are; other cases may be other things.
RECORDED = "scripted coaching sessions, read by synthetic voices"
READERS = "readings by language models"
BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"


def table(score: Any, bench: Any, memory: Any) -> str:
    """The figures as a Markdown table, each with what it was measured on; "–" was not measured."""
    speech, talk = score["speech"], score["talk"]
    rows = []
    for kind, figures in speech["kinds"].items():
        cases = figures["cases"]
        on = f"{kind}, {cases} recording{'s' * (cases != 1)}, pooled"
        rows += [
            ("words that are wrong (WER)", percent(figures["wer"]), on),
            ("wrong, or on the wrong person (cpWER)", percent(figures["cpwer"]), on),
        ]
    if any(row["der"] is not None for row in speech["rows"]):
        der = percent(speech["der"])
        rows.append(("time on the wrong speaker, missed or invented (DER)", der, "where marked"))
    share = "error of a speaker's share of the words, points"
    rows.append((share, points(speech), f"all {speech['cases']} of these recordings"))
    if (bare := speech.get("share_error_no_fillers")) is not None:
        rows.append((f"{share}, without “um” and the like", f"{bare:.1f}", "the same recordings"))
    recorded = talk["recorded"]
    rows.append((share, points(recorded), f"{recorded['cases']} {RECORDED}"))
    rows.append(phase_row(talk))
    ours, plain = bench["sides"]["ours"]["seconds"], bench["sides"]["plain"]["seconds"]
    sound = bench["audio_seconds"]
    speed = f"{ours / sound:.2f} of the length, {ours / plain:.2f} of a plain script's time"
    rows.append(("time on 2 cores", speed, f"{sound / 60:.0f} minutes of sound"))
    peak = memory["sides"]["ours"]["peak_mb"] / 1000
    rows.append(("peak memory", f"{peak:.1f} GB", f"{memory['audio_seconds'] / 60:.0f} minutes"))
    head = ["| figure | measured | on |", "| --- | --- | --- |"]
    return "\n".join(head + [f"| {' | '.join(row)} |" for row in rows])


def phase_row(talk: Any) -> tuple[str, str, str]:
    """Agreement of the phases with readers, beside a rule that ignores the words."""
    phases = talk["phases"]
    method, rule, readers = (
        "–" if side["kappa"] is None else f"{side['kappa']:.2f}"
        for side in (phases, phases["baseline"], phases["readers"])
    )
    return (
        f"phases, agreement with {READERS} (kappa, 4 labels)",
        f"{method} (average positions {rule}, readings with each other {readers})",
        f"{talk['cases']} transcripts",
    )


def codes_table(score: Any) -> str:
    """Agreement of turn codes with experts, beside that of people with each other."""
    codes = score["talk"]["codes"]
    rows = [(name, codes[name]["kappa"], people) for name, people in PEOPLE.items()]
    rows.insert(1, ("ASK, question marks taken out", codes["ASK"]["kappa_no_mark"], None))
    head = ["| code | kappa | people |", "| --- | --- | --- |"]
    return "\n".join(head + [f"| {n} | {decimal(k)} | {decimal(p)} |" for n, k, p in rows])


def agreement(score: Any) -> Any:
    """What the reports say about their own reading of turns."""
    codes, agreed = score["talk"]["codes"], score["talk"]["activities"]
    values = {name: codes[name]["kappa"] for name in PEOPLE}
    values["ASK_no_mark"] = codes["ASK"]["kappa_no_mark"]
    return {
        "codes": values,
        "people": PEOPLE,
        "activities": {name: agreed[name] for name in AGREED},
    }


def points(figures: Any) -> str:
    """Mean and worst share error."""
    if figures["share_error_points"] is None:
        return "–"
    return f"{figures['share_error_points']:.1f} (worst {figures['share_error_worst']:.1f})"


def percent(rate: float | None) -> str:
    """A rate in per cent, one digit."""
    return "–" if rate is None else f"{100 * rate:.1f} %"


def main(arguments: list[str]) -> None:
    """Replace what stands between the marks in the pages."""
    score, *speed = (json.loads(Path(a).read_text(encoding="utf-8")) for a in arguments)
    replace(FUNCTIONS, codes_table(score))
    kept = json.dumps(agreement(score), indent=1) + "\n"
    AGREEMENT.write_text(kept, encoding="utf-8")
    if speed:
        replace(README, table(score, *speed))


def replace(page: Path, figures: str) -> None:
    """Put ``figures`` between the marks of ``page``."""
    text = page.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    page.write_text(f"{before}{BEGIN}\n{figures}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
