"""The store is derived: a load is whole or not at all, and rebuilding changes nothing."""

from __future__ import annotations

import csv
import io
import json
import os
import random
import subprocess
import sys
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from convo.database.artefacts import read_conversation, write_conversation
from convo.database.corrections import save_correction
from convo.database.store import Store, StoreOptions
from convo.errors import StoreError
from tests.database.conversations import confirmed, make_conversation

ROOT = Path(__file__).parents[2]
TABLES = (
    "recording", "session", "word", "removed_text", "wordless", "speaker_segment", "turn",
    "phase_probability", "phase_span", "boundary", "machine_phase_span", "machine_boundary",
    "share", "role", "review", "correction", "provenance", "measure",
)  # fmt: skip


def content(store: Store) -> dict[str, list[str]]:
    """Every row of every table, in an order of its own."""
    return {name: sorted(map(repr, store.query(f"from {name}").rows)) for name in TABLES}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "artefacts"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "convo.duckdb", StoreOptions(wait_s=5))


def test_every_word_turn_and_share_is_in_the_store(root: Path, store: Store) -> None:
    conversation = make_conversation()
    store.load(write_conversation(root, conversation))
    words = store.query("select text, start_s, end_s, speaker from word order by position").rows
    assert list(words) == [
        (w.text, w.start, w.end, w.speaker) for w in conversation.transcription.words
    ]
    turns = store.query("select number, text, role, words from turn order by number").rows
    assert list(turns) == [(t.number, t.text, t.role, t.word_count) for t in conversation.turns]
    found = store.query("select phase, role, words, total_words, percent from share").rows
    wanted = {(s.phase, s.role, s.words, s.total, s.percent) for s in conversation.shares}
    assert set(found) == wanted


def test_phases_put_right_count_everywhere_and_the_machines_stay_beside_them(
    root: Path, store: Store
) -> None:
    found = make_conversation()
    store.load(write_conversation(root, found))
    machine = {name: content(store)[f"machine_{name}"] for name in ("phase_span", "boundary")}
    assert machine == {name: content(store)[name] for name in machine}

    right = confirmed(found)
    folder = write_conversation(root, right)
    store.load(folder)
    after = content(store)
    assert {name: after[f"machine_{name}"] for name in machine} == machine
    assert read_conversation(folder).segmentation == right.segmentation
    for view in ("v_turn", "v_turn_code"):
        sql = f"select phase, phases_by from {view} order by turn"
        assert store.query(sql).rows == tuple(
            (label, "Sam") for label in right.segmentation.labels()
        )
    assert store.query("select distinct phases_by from v_measure").rows == (("Sam",),)
    assert store.query("select phases_by, phases_on, phase_method from v_session").rows == (
        ("Sam", date(2026, 3, 4), "put right by Sam on 2026-03-04"),
    )
    rows = store.query(
        "select turn, phase, machine_phase, phase_probability, p_scrutiny, phases_by from v_turn"
    ).rows
    assert [row[1] for row in rows] == list(right.segmentation.labels())
    assert [row[2] for row in rows] == list(found.segmentation.labels())
    assert [row[0] for row in rows if row[1] != row[2]] == [7]
    assert {row[3] for row in rows} == {None}  # no probability is invented ...
    assert rows[6][4] == 0.85  # ... and the machine's opinion is still there
    changes = store.query("select turn, earliest_turn, latest_turn, probability from v_boundary")
    assert {(a == b == c, p) for a, b, c, p in changes.rows} == {(True, None)}
    for view in ("v_phase", "v_boundary", "v_phase_share", "v_progression"):
        assert set(store.query(f"select phases_by from {view}").rows) == {("Sam",)}, view
    store.rebuild(root)
    assert content(store) == after


def test_loading_twice_changes_nothing(root: Path, store: Store) -> None:
    folder = write_conversation(root, make_conversation())
    store.load(folder)
    before = content(store)
    store.load(folder)
    assert content(store) == before


def test_a_new_run_takes_the_place_of_the_old_one(root: Path, store: Store) -> None:
    old = write_conversation(root, make_conversation(number=1, repeats=2))
    new = write_conversation(root, make_conversation(number=5))
    store.load(old)
    store.load(new)
    after = content(store)
    assert store.query("select number from session").rows == ((5,),)
    store.load(old)  # a slow loader that comes last
    assert content(store) == after


def test_rebuild_makes_the_same_rows(
    root: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("convo.database.store._BATCH", 2)
    for number in (1, 2, 3):
        conversation = make_conversation(name=f"{number}.m4a", number=number, repeats=number)
        store.load(write_conversation(root, conversation))
    save_correction(root, conversation.recording.recording_id, "coach", "SPEAKER_00", "Maeve")
    store.load(write_conversation(root, conversation))
    before, heard = content(store), []
    assert store.rebuild(root, lambda done, total: heard.append((done, total))) == 3
    assert content(store) == before
    assert all(before[name] for name in TABLES)
    assert heard == [(2, 3), (3, 3)]


def test_rebuild_drops_what_has_no_artefacts_any_more(root: Path, store: Store) -> None:
    store.load(write_conversation(root, make_conversation()))
    assert store.rebuild(root / "elsewhere") == 0
    assert store.query("select count(*) from word").rows == ((0,),)


def test_rebuild_that_fails_leaves_the_old_store(root: Path, store: Store) -> None:
    folder = write_conversation(root, make_conversation())
    store.load(folder)
    before = content(store)
    (folder / "words.parquet").write_bytes(b"")
    with pytest.raises(StoreError, match=r"words\.parquet was altered"):
        store.rebuild(root)
    assert content(store) == before
    assert not list(store.path.parent.glob("*.new*"))


@pytest.mark.parametrize("junk", [b"", b"no database at all" * 1000], ids=["empty", "junk"])
def test_rebuild_replaces_a_damaged_store(root: Path, store: Store, junk: bytes) -> None:
    write_conversation(root, make_conversation())
    store.path.write_bytes(junk)
    if junk:
        with pytest.raises(StoreError, match=r"move it away and run `convo rebuild`"):
            store.query("select 1")
    assert store.rebuild(root) == 1
    assert store.query("select count(*) from session").rows == ((1,),)


def test_a_load_that_fails_leaves_the_old_rows(root: Path, store: Store) -> None:
    store.load(write_conversation(root, make_conversation(number=1)))
    before = content(store)
    new = write_conversation(root, make_conversation(number=2))
    with store.writing() as con:
        con.execute("alter table share rename column caution to warning")  # the last table but few
    with pytest.raises(StoreError):
        store.load(new)
    with store.writing() as con:
        con.execute("alter table share rename column warning to caution")
    assert content(store) == before


def test_damaged_artefacts_are_not_loaded(root: Path, store: Store) -> None:
    folder = write_conversation(root, make_conversation())
    (folder / "turns.parquet").unlink()
    with pytest.raises(StoreError, match=r"turns\.parquet is missing"):
        store.load(folder)
    assert not store.path.exists()


def test_a_session_without_phases_or_times_or_speech_loads(root: Path, store: Store) -> None:
    full = make_conversation()
    empty = replace(
        full,
        transcription=replace(full.transcription, words=(), removed=(), language_probability=None),
        diarization=replace(full.diarization, segments=(), exclusive=()),
        coverage=replace(full.coverage, speech_seconds=0.0, wordless_seconds=0.0, wordless=()),
        turns=tuple(replace(turn, start=None, end=None, role=None) for turn in full.turns),
        segmentation=replace(
            full.segmentation, spans=(), boundaries=(), probabilities=(), samples=(), review=()
        ),
        shares=(),
        provenance={},
    )
    store.load(write_conversation(root, empty))
    assert len(store.query("from v_turn").rows) == len(full.turns)
    assert store.query("select wordless_percent, needs_review from v_session").rows == (
        (None, False),
    )
    assert store.query("from v_talk_share").rows == ()


def test_no_store_yet_is_said_with_the_remedy(store: Store) -> None:
    with pytest.raises(StoreError, match=r"there is no store at .*convo\.duckdb: process a rec"):
        store.query("select 1")


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, root: Path) -> None:
    (tmp_path / "data").write_text("a file where the data folder should be")
    store = Store(tmp_path / "data" / "convo.duckdb")
    with pytest.raises(StoreError, match=r"cannot write .*choose another data folder"):
        store.load(write_conversation(root, make_conversation()))


def test_a_full_disk_is_said_plainly(store: Store) -> None:
    message = 'Could not write file "x.duckdb": No space left on device'
    with pytest.raises(StoreError, match="no space left on the disk"), store.writing():
        raise duckdb.IOException(message)


def test_numbers_can_be_asked_for_and_cut_off(root: Path, store: Store) -> None:
    store.load(write_conversation(root, make_conversation()))
    result = store.query("select number, role from turn order by number", limit=2)
    assert (result.columns, result.rows) == (("number", "role"), ((1, "coach"), (2, "coachee")))
    assert result.truncated
    assert not store.query("select 1", limit=1).truncated
    frame = store.query("select role, words from turn").to_pandas()
    assert frame.groupby("role")["words"].sum().sum() == frame["words"].sum()


def test_the_same_answer_in_every_format(root: Path, store: Store, tmp_path: Path) -> None:
    store.load(write_conversation(root, make_conversation()))
    sql = "select number, start_s, text, null as nothing, date '2026-01-12' as day from turn"
    rows = store.query(sql).rows
    table = list(csv.reader(io.StringIO(store.export(sql, "csv"))))
    assert [(int(r[0]), float(r[1]), r[2], r[3]) for r in table[1:]] == [
        (*row[:3], "") for row in rows
    ]
    objects = json.loads(store.export(sql, "json"))
    assert [(r["number"], r["text"], r["day"]) for r in objects] == [
        (row[0], row[2], "2026-01-12") for row in rows
    ]
    path = tmp_path / "out" / "turns.parquet"
    assert store.export(sql, "parquet", path) == ""
    assert [tuple(row.values()) for row in pq.read_table(path).to_pylist()] == list(rows)


def test_an_unknown_format_is_named(root: Path, store: Store, tmp_path: Path) -> None:
    store.load(write_conversation(root, make_conversation()))
    with pytest.raises(StoreError, match=r"'jsn' is no export format: did you mean 'json'\?"):
        store.export("select 1", "jsn")
    with pytest.raises(StoreError, match="parquet is not text: name the file"):
        store.export("select 1", "parquet")
    with pytest.raises(StoreError, match="cannot write"):
        store.export("select 1", "csv", store.path / "x.csv")


def python(script: str, *arguments: object) -> subprocess.Popen[str]:
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    environment = os.environ | {"PYTHONPATH": path, "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


LOAD_MANY = """
import sys; from pathlib import Path
from tests.database.conversations import make_conversation
from convo.database.artefacts import write_conversation
from convo.database.store import Store
root, who = Path(sys.argv[1]), sys.argv[2]
for n in range(4):
    conversation = make_conversation(name=f"{who}-{n}.m4a", coachee=who, number=n + 1)
    Store(root / "convo.duckdb").load(write_conversation(root / "artefacts", conversation))
    Store(root / "convo.duckdb").query("from v_talk_share")
"""


def test_two_processes_on_a_fresh_folder_both_succeed(root: Path, store: Store) -> None:
    loaders = [python(LOAD_MANY, root.parent, who) for who in ("Hannah", "Joan")]
    assert [loader.wait(120) for loader in loaders] == [0, 0]
    assert len(store.query("from session").rows) == 8
    before = content(store)
    store.rebuild(root)
    assert content(store) == before


LOAD_FOREVER = """
import sys; from pathlib import Path
from tests.database.conversations import make_conversation
from convo.database.artefacts import write_conversation
from convo.database.store import Store
root, n = Path(sys.argv[1]), int(sys.argv[2])
while True:
    n += 1
    conversation = make_conversation(number=n, repeats=1 + n % 30)
    Store(root / "convo.duckdb").load(write_conversation(root / "artefacts", conversation))
    print(n, flush=True)
"""


def test_a_killed_loader_leaves_the_old_session_or_the_new_one(root: Path, store: Store) -> None:
    chance, last = random.Random(1), 0
    for _ in range(4):
        loader = python(LOAD_FOREVER, root.parent, last)
        assert loader.stdout is not None
        acknowledged = [int(loader.stdout.readline())]
        time.sleep(chance.uniform(0.0, 0.6))
        loader.kill()  # kill -9
        acknowledged += [int(line) for line in loader.stdout.read().split()]
        loader.wait()
        (row,) = store.query("select number from session").rows
        last = row[0]
        assert last in (acknowledged[-1], acknowledged[-1] + 1)
        wanted = make_conversation(number=last, repeats=1 + last % 30)
        counts = store.query(
            "select (select count(*) from word), (select count(*) from turn), "
            "(select count(*) from share), (select count(*) from speaker_segment)"
        ).rows[0]
        assert counts == (
            len(wanted.transcription.words),
            len(wanted.turns),
            len(wanted.shares),
            2 * len(wanted.turns),
        )


HOLD = """
import sys, duckdb
con = duckdb.connect(sys.argv[1], read_only=sys.argv[2] == "read")
print("held", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("mode", ["read", "write"])
def test_a_store_held_by_another_program_is_said_with_its_pid(
    root: Path, store: Store, mode: str
) -> None:
    folder = write_conversation(root, make_conversation())
    store.load(folder)
    busy = Store(store.path, StoreOptions(wait_s=0.3))
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(store.path), mode],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        asked = [lambda: busy.load(folder), lambda: busy.rebuild(root)]
        if mode == "write":
            asked.append(lambda: busy.query("select 1"))
        for ask in asked:
            pid = rf"\(PID {holder.pid}\)" if sys.platform != "win32" else ""
            with pytest.raises(StoreError, match=rf"is in use by another program {pid}.*close it"):
                ask()
    finally:
        holder.communicate("")
    assert busy.query("select count(*) from session").rows == ((1,),)


def test_a_writer_waits_for_a_reader_of_the_same_process(root: Path, store: Store) -> None:
    folder = write_conversation(root, make_conversation())
    store.load(folder)
    with store.reading(), pytest.raises(StoreError, match="is in use"):
        Store(store.path, StoreOptions(wait_s=0.1)).load(folder)
    store.load(folder)
