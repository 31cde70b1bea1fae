"""A data folder with very many sessions, and how fast every page answers on it.

``python tests/web/crowd.py FOLDER`` makes it if it is not there (10,000 sessions, a few minutes)
and then browses: four people at once, with one core kept busy beside them.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import multiprocessing
import os
import random
import statistics
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[2] / "src")]

from convo.database.artefacts import read_run, write_conversation  # noqa: E402
from convo.database.manifest import write_manifest  # noqa: E402
from convo.database.store import Store  # noqa: E402
from convo.report.files import progression_file_name  # noqa: E402
from tests.database.conversations import make_conversation  # noqa: E402

KINDS, REPEATS, PER_COACHEE = 20, 9, 8
PROGRAMMES = 12
LIMIT_S = 0.3
SLOWEST = 0.95
BESIDE = "one coachee, side by side"
LATER = {f"one coachee, {part}": part for part in ("columns", "told", "strands")}
VISITED = 300  # so many sessions and coachees are looked at, most of them once


def make(folder: Path, sessions: int) -> None:
    """``sessions`` sessions from :data:`KINDS` kinds, in artefacts and store."""
    kinds = [_kind(folder, n) for n in range(KINDS)]
    ids = [hashlib.sha256(f"crowd {n}".encode()).hexdigest() for n in range(sessions)]
    for n, recording_id in enumerate(ids):
        _artefact(folder, kinds[n % KINDS], recording_id, n)
    store = Store(folder / "convo.duckdb")
    store.rebuild(folder / "kinds")
    with store.writing() as con:
        con.execute("create temp table crowd (n integer, kind varchar, recording_id varchar)")
        names = [read_run(kind)[0].recording_id for kind in kinds]
        rows = [(n, names[n % KINDS], recording_id) for n, recording_id in enumerate(ids)]
        con.executemany("insert into crowd values (?, ?, ?)", rows)
        tables = con.execute(
            "select distinct table_name from duckdb_columns() where not internal "
            "and column_name = 'recording_id' and table_name <> 'crowd' and table_name in "
            "(select table_name from duckdb_tables() where not temporary)"
        ).fetchall()
        for (table,) in tables:
            con.execute(
                f"create temp table kind as from {table};"
                f"delete from {table};"
                f"insert into {table} by name select kind.* replace (crowd.recording_id as "
                "recording_id) from crowd join kind on kind.recording_id = crowd.kind "
                "order by crowd.n; drop table kind"
            )
        con.execute("create temp table meeting as from session limit 0")
        con.executemany(
            "insert into meeting values (?, ?, ?, ?, ?, ?)",
            [(recording_id, *_session(n).values()) for n, recording_id in enumerate(ids)],
        )
        con.execute("delete from session; insert into session by name from meeting")


def _kind(folder: Path, n: int) -> Path:
    made = make_conversation(name=f"kind {n}", repeats=REPEATS + n % 5, number=n + 1)
    return write_conversation(folder / "kinds", made)


def _session(n: int) -> dict[str, object]:
    pair = n // PER_COACHEE
    day = date(2024, 1, 8) + timedelta(days=pair % 7 + 14 * (n % PER_COACHEE))
    return {
        "coachee": f"Coachee{pair:04} Last{pair % 97}",
        "coach": f"Coach{pair % 60:03} Other{pair % 60}",
        "programme": f"Programme {pair % PROGRAMMES}",
        "number": n % PER_COACHEE + 1,
        "date": day,
    }


def _artefact(folder: Path, kind: Path, recording_id: str, n: int) -> None:
    run = json.loads((kind / "manifest.json").read_text(encoding="utf-8"))
    facts = run["conversation"]
    facts["recording"] |= {"recording_id": recording_id, "name": f"{n}.m4a"}
    facts["session"] = _session(n) | {"date": str(_session(n)["date"])}
    target = folder / "artefacts" / recording_id[:16] / run["run"]
    target.mkdir(parents=True, exist_ok=True)
    for file in kind.glob("*.parquet"):
        if not (target / file.name).exists():
            os.link(file, target / file.name)
    created = read_run(kind)[0].created_at
    write_manifest(target, run["run"], created, run["files"], facts)


def addresses(folder: Path, sessions: int) -> dict[str, list[str]]:
    """Every page, by name, as somebody who looks around would open it."""
    chosen = random.Random(5)
    shorts = [
        hashlib.sha256(f"crowd {chosen.randrange(sessions)}".encode()).hexdigest()[:16]
        for _ in range(VISITED)
    ]
    coachees = [_session(chosen.randrange(sessions))["coachee"] for _ in range(VISITED)]
    found = {
        "sessions": ["/", "/?at=7", "/?at=90"],
        "sessions, found by name": [f"/?find={name}" for name in coachees],
        "one session": [f"/sessions/{short}" for short in shorts],
        "one coachee": [f"/coachees/{_key(name)}" for name in coachees],
        BESIDE: [f"/coachees/{_key(name)}/parts/sessions" for name in coachees],
        "ask": ["/ask"],
        "programmes": ["/programme", "/programme/Programme%201"],
        "upload": ["/upload"],
        "upload, is it known": ["/upload/known?fingerprint=4,1,a.m4a"],
        "queue": ["/queue"],
        "api": ["/api"],
        "api programmes": ["/api/programmes"],
    }
    for name, part in LATER.items():
        found[name] = [address.replace("/sessions", f"/{part}") for address in found[BESIDE]]
    for part in ("shares", "timeline", "review", "transcript", "tools", "facts", "history"):
        found[f"one session, {part}"] = [f"/sessions/{short}/parts/{part}" for short in shorts]
    for name in ("sessions", "turns", "phases", "shares", "activities", "measures"):
        found[f"api {name}"] = [f"/api/{name}", f"/api/{name}?offset=5000"]
        found[f"api {name} of one"] = [f"/api/{name}?recording_id={short}" for short in shorts]
    return found


def _key(coachee: str) -> str:
    return progression_file_name(coachee).removesuffix(".html")


async def browse(base: str, pages: dict[str, list[str]], seconds: float) -> dict[str, list[float]]:
    """Four people who open pages at random, one after the other; seconds by page."""
    import httpx

    taken: dict[str, list[float]] = {name: [] for name in pages}
    end = time.monotonic() + seconds

    async def timed(client: httpx.AsyncClient, name: str, address: str) -> None:
        begun = time.perf_counter()
        answer = await client.get(address)
        taken[name].append(time.perf_counter() - begun)
        assert answer.status_code == 200, (name, answer.status_code, answer.text[:300])

    async def person(number: int) -> None:
        chosen = random.Random(number)
        async with httpx.AsyncClient(base_url=base, timeout=60) as client:
            while time.monotonic() < end:
                name = chosen.choice([name for name in pages if name not in LATER])
                address = chosen.choice(pages[name])
                await timed(client, name, address)
                if name == BESIDE:  # then the page asks for its parts
                    for later, part in LATER.items():
                        await timed(client, later, address.replace("/sessions", f"/{part}"))
                await asyncio.sleep(chosen.uniform(0.2, 0.8))  # a glance

    await asyncio.gather(*(person(number) for number in range(4)))
    return taken


def _busy() -> None:
    while True:
        sum(range(100_000))


def _serve(folder: Path, port: int) -> None:
    import uvicorn

    from convo.web.app import create_app
    from convo.web.desk import Desk

    desk = Desk(folder)
    desk.warm()
    desk.settle()
    uvicorn.run(create_app(desk), port=port, log_level="warning", lifespan="off")


def _processor_time(process: int) -> float:
    """Milliseconds; how busy the machine is with other things does not matter."""
    import psutil

    times = psutil.Process(process).cpu_times()
    return 1000 * (times.user + times.system)


def measure(folder: Path, sessions: int, seconds: float) -> bool:
    """Print the figures of every page; whether all are within the limit."""
    import httpx

    base = "http://127.0.0.1:8791"
    serving = [sys.executable, __file__, str(folder), "--serve"]
    with subprocess.Popen(serving) as server:
        busy = multiprocessing.Process(target=_busy, daemon=True)
        try:
            for _ in range(100):
                try:
                    httpx.get(base, timeout=60)
                    break
                except httpx.TransportError:
                    time.sleep(0.3)
            pages = addresses(folder, sessions)
            for name in pages:  # alone, and after what is made at first use
                first = _processor_time(server.pid)
                httpx.get(base + pages[name][0], timeout=120)
                begun = _processor_time(server.pid)
                for address in pages[name][:5] * 2:
                    httpx.get(base + address, timeout=120).raise_for_status()
                each = (_processor_time(server.pid) - begun) / len(pages[name][:5] * 2)
                print(f"{name:32} processor time {each:5.0f} ms, first {begun - first:5.0f} ms")
            busy.start()
            taken = asyncio.run(browse(base, pages, seconds))
        finally:
            server.terminate()
            if busy.pid:
                busy.kill()
    slow = False
    for name, times in taken.items():
        if len(times) > 1:
            worst = statistics.quantiles(times, n=20)[-1]
            slow |= worst > LIMIT_S
            middle = statistics.median(times)
            print(f"{name:32} n {len(times):4}  median {1000 * middle:6.0f} ms  "
                  f"p95 {1000 * worst:6.0f} ms {'SLOW' if worst > LIMIT_S else ''}")  # fmt: skip
    return not slow


def main() -> int:
    """Make the folder if need be, and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sessions", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=90)
    parser.add_argument("--serve", action="store_true", help="only serve the folder")
    given = parser.parse_args()
    if given.serve:
        _serve(given.folder, 8791)
        return 0
    if not (given.folder / "convo.duckdb").is_file():
        begun = time.monotonic()
        make(given.folder, given.sessions)
        print(f"{given.sessions} sessions made in {time.monotonic() - begun:.0f} s")
    return 0 if measure(given.folder, given.sessions, given.seconds) else 1


if __name__ == "__main__":
    sys.exit(main())
