"""Write the measured figures into README.md.

python docs/figures.py SCORE.json BENCH.json MEMORY.json

SCORE.json is made by ``convo score FOLDER --json``, BENCH.json by ``python -m convo.bench --json``
and MEMORY.json by ``python -m convo.bench --only ours --minutes 60 --json``. ``make figures
CASES=FOLDER`` runs all of it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

README = Path(__file__).parents[1] / "README.md"
BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"


def table(score: Any, bench: Any, memory: Any) -> str:
    """The figures as a Markdown table, each with what it was measured on."""
    speech, talk = score["speech"], score["talk"]
    interviews = speech["kinds"]["medical-interview"]
    recorded = talk["recorded"]
    ours, plain = bench["sides"]["ours"], bench["sides"]["plain"]
    minutes = bench["audio_seconds"] / 60
    phases = talk["phases"]
    rows = [
        (
            "words that are wrong (WER)",
            percent(interviews["wer"]),
            f"{interviews['cases']} role-played medical interviews, real voices, pooled",
        ),
        (
            "words that are wrong or on the wrong person (cpWER)",
            percent(interviews["cpwer"]),
            "the same",
        ),
        (
            "error of a speaker's share of the words, points",
            f"{speech['share_error_points']:.1f} (worst {speech['share_error_worst']:.1f})",
            f"the same and a phone call of 30 s, {speech['cases']} recordings",
        ),
        (
            "the same for scripted coaching read by synthetic voices",
            f"{recorded['share_error_points']:.1f} (worst {recorded['share_error_worst']:.1f})",
            f"{recorded['cases']} sessions",
        ),
        (
            "time on the wrong speaker, missed or invented (DER)",
            percent(speech["der"]),
            "a phone call of 30 s, no collar, overlap counted",
        ),
        (
            "phases, agreement with readers (kappa, 4 labels)",
            f"{phases['kappa']:.2f} (average positions {phases['baseline']['kappa']:.2f}, "
            f"readers with each other {phases['readers']['kappa']:.2f})",
            f"{talk['cases']} transcripts, 8 of real talk",
        ),
        (
            "time on 2 cores",
            f"{ours['seconds'] / bench['seconds']:.2f} of the recording's length, "
            f"{ours['seconds'] / plain['seconds']:.2f} of a plain script of the same models",
            f"{minutes:.0f} minutes of sound, models loaded anew",
        ),
        (
            "peak memory",
            f"{memory['sides']['ours']['peak_mb'] / 1000:.1f} GB",
            f"{memory['seconds'] / 60:.0f} minutes of sound",
        ),
    ]
    lines = ["| figure | measured | on |", "| --- | --- | --- |"]
    return "\n".join(lines + [f"| {' | '.join(row)} |" for row in rows])


def percent(rate: float) -> str:
    """A rate in per cent, one digit."""
    return f"{100 * rate:.1f} %"


def main(arguments: list[str]) -> None:
    """Replace what stands between the marks in README.md."""
    score, bench, memory = (json.loads(Path(a).read_text(encoding="utf-8")) for a in arguments)
    text = README.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    README.write_text(
        f"{before}{BEGIN}\n{table(score, bench, memory)}\n{END}{after}", encoding="utf-8"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
