"""Artefacts are the truth: complete or absent, never altered unnoticed, never lost by a rerun."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings

from convo.database import artefacts, manifest
from convo.database.artefacts import (
    current_runs,
    read_conversation,
    write_conversation,
)
from convo.database.corrections import read_corrections, save_correction
from convo.database.store import Store
from convo.errors import StoreError
from convo.transcript import Conversation
from tests.database.conversations import make_conversation, without_voices
from tests.database.nouns import conversations


@settings(max_examples=25, deadline=None)
@given(conversation=conversations)
def test_a_conversation_comes_back_equal(conversation: Conversation) -> None:
    with tempfile.TemporaryDirectory() as root:
        folder = write_conversation(Path(root), conversation)
        assert read_conversation(folder) == without_voices(conversation)


def test_a_realistic_conversation_comes_back_equal(tmp_path: Path) -> None:
    conversation = make_conversation(review=("ask who the coach is",))
    folder = write_conversation(tmp_path, conversation)
    assert read_conversation(folder) == without_voices(conversation)
    assert folder.parent.name == conversation.recording.short_id


def test_artefacts_from_before_phases_could_be_put_right_are_read(tmp_path: Path) -> None:
    conversation = make_conversation()
    folder = write_conversation(tmp_path, conversation)
    path = folder / "manifest.json"
    manifest_before = json.loads(path.read_bytes())
    facts = manifest_before["conversation"]
    for new in ("confirmed", "without"):
        del facts["segmentation"][new]
    digest = hashlib.sha256(manifest.canonical(facts)).hexdigest()
    before = manifest_before | {"schema_version": 1, "conversation_sha256": digest}
    path.write_text(json.dumps(before), encoding="utf-8")
    assert read_conversation(folder) == without_voices(conversation)


def test_artefacts_from_before_turns_were_coded_are_read(tmp_path: Path) -> None:
    conversation = replace(make_conversation(), codes=(), measures=(), activities=())
    folder = write_conversation(tmp_path, conversation)
    path = folder / "manifest.json"
    before = json.loads(path.read_bytes())
    for new in ("codes", "measures", "activities"):
        del before["conversation"][new]
    for new in ("codes", "flags", "measures"):
        del before["files"][f"{new}.parquet"]
        (folder / f"{new}.parquet").unlink()
    digest = hashlib.sha256(manifest.canonical(before["conversation"])).hexdigest()
    before |= {"schema_version": 3, "conversation_sha256": digest}
    path.write_text(json.dumps(before), encoding="utf-8")
    assert read_conversation(folder) == without_voices(conversation)
    store = Store(tmp_path / "convo.duckdb")
    store.load(folder)
    assert store.query("select count(*) from v_turn_code").rows == ((0,),)
    assert store.query("select count(*) > 0 from v_measure").rows == ((True,),)


def test_no_voice_is_written(tmp_path: Path) -> None:
    conversation = make_conversation()
    telltale = {"SPEAKER_00": (0.123456789,)}
    diarization = replace(conversation.diarization, voices=telltale)
    folder = write_conversation(tmp_path, replace(conversation, diarization=diarization))
    assert read_conversation(folder).diarization.voices == {}
    assert b"0.123456789" not in b"".join(path.read_bytes() for path in folder.iterdir())


def current_folders(root: Path) -> list[Path]:
    return [run.folder for run in current_runs(root)]


def test_writing_twice_changes_nothing(tmp_path: Path) -> None:
    first = write_conversation(tmp_path, make_conversation())
    before = {path: path.read_bytes() for path in first.iterdir()}
    assert write_conversation(tmp_path, make_conversation()) == first
    assert {path: path.read_bytes() for path in first.iterdir()} == before
    assert list(first.parent.iterdir()) == [first]


def test_the_newest_run_of_each_recording_is_current(tmp_path: Path) -> None:
    old = write_conversation(tmp_path, make_conversation(number=1))
    new = write_conversation(tmp_path, make_conversation(number=2))
    other = write_conversation(tmp_path, make_conversation(name="other.m4a"))
    assert old.parent == new.parent != other.parent
    assert set(current_folders(tmp_path)) == {new, other}


def test_asking_for_an_old_result_again_makes_it_current(tmp_path: Path) -> None:
    old = write_conversation(tmp_path, make_conversation(number=1))
    write_conversation(tmp_path, make_conversation(number=2))
    write_conversation(tmp_path, make_conversation(number=1))
    assert current_folders(tmp_path) == [old]


def test_the_newest_run_wins_when_the_clock_goes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_conversation(tmp_path, make_conversation(number=1))

    monkeypatch.setattr(artefacts, "datetime", _clock(artefacts.datetime, 2001))
    new = write_conversation(tmp_path, make_conversation(number=2))
    assert current_folders(tmp_path) == [new]


def _clock(original: type, year: int) -> object:
    class Clock:
        min = original.min  # type: ignore[attr-defined]

        @staticmethod
        def now(zone: object) -> object:
            return original(year, 1, 1, tzinfo=zone)

    return Clock


@pytest.mark.parametrize("stop_after", range(1, 11))
def test_an_interrupted_write_leaves_nothing_current(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop_after: int
) -> None:
    """Power is cut at every step: before each file, before the rename."""
    steps = 0
    replace_file, rename = os.replace, os.rename

    def stopping(step):  # type: ignore[no-untyped-def]
        def run(*args: object) -> None:
            nonlocal steps
            steps += 1
            if steps > stop_after:
                raise KeyboardInterrupt
            step(*args)

        return run

    monkeypatch.setattr(os, "replace", stopping(replace_file))
    monkeypatch.setattr(os, "rename", stopping(rename))
    monkeypatch.setattr(shutil, "rmtree", lambda *args, **kwargs: None)  # nobody tidies up
    with pytest.raises(KeyboardInterrupt):
        write_conversation(tmp_path, make_conversation())
    assert current_folders(tmp_path) == []
    monkeypatch.undo()
    folder = write_conversation(tmp_path, make_conversation())
    assert current_folders(tmp_path) == [folder]


def test_a_run_without_manifest_does_not_count_and_is_made_again(tmp_path: Path) -> None:
    folder = write_conversation(tmp_path, make_conversation())
    (folder / "manifest.json").unlink()
    assert current_folders(tmp_path) == []
    assert write_conversation(tmp_path, make_conversation()) == folder
    assert read_conversation(folder) == without_voices(make_conversation())


@pytest.mark.parametrize("file", ["words.parquet", "shares.parquet"])
def test_a_missing_or_altered_table_is_noticed_and_repaired(tmp_path: Path, file: str) -> None:
    folder = write_conversation(tmp_path, make_conversation())
    content = (folder / file).read_bytes()
    (folder / file).write_bytes(content[:-9] + b"x" + content[-8:])
    with pytest.raises(StoreError, match=f"{file} was altered after it was written: process"):
        read_conversation(folder)
    (folder / file).unlink()
    with pytest.raises(StoreError, match=f"{file} is missing: process the recording again"):
        read_conversation(folder)
    write_conversation(tmp_path, make_conversation())
    assert read_conversation(folder) == without_voices(make_conversation())


def test_an_altered_manifest_is_noticed(tmp_path: Path) -> None:
    path = write_conversation(tmp_path, make_conversation()) / "manifest.json"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"Hannah"', '"Joanna"'), encoding="utf-8")
    with pytest.raises(StoreError, match=r"manifest\.json was altered"):
        current_runs(tmp_path)
    path.write_text(text[:100], encoding="utf-8")
    with pytest.raises(StoreError, match=r"manifest\.json is damaged"):
        current_runs(tmp_path)


def test_artefacts_of_a_newer_version_are_refused(tmp_path: Path) -> None:
    path = write_conversation(tmp_path, make_conversation()) / "manifest.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    content |= {"schema_version": 99, "made_by": "convo 7.0", "new": "unknown"}
    path.write_text(json.dumps(content), encoding="utf-8")
    message = rf"schema 99 \(convo 7\.0\).*only schema {manifest.SCHEMA_VERSION}: install the newer"
    with pytest.raises(StoreError, match=message):
        read_conversation(path.parent)


def test_the_manifest_counts_rows_and_names_versions_and_options(tmp_path: Path) -> None:
    conversation = make_conversation()
    folder = write_conversation(tmp_path, conversation)
    content = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    rows = {file: entry["rows"] for file, entry in content["files"].items()}
    assert rows["words.parquet"] == len(conversation.transcription.words)
    assert rows["turns.parquet"] == rows["probabilities.parquet"] == len(conversation.turns)
    assert content["conversation"]["provenance"] == dict(conversation.provenance)
    assert set(rows) | {"manifest.json"} == {path.name for path in folder.iterdir()}


@pytest.mark.parametrize("recording_id", ["", "../../x", "abc", "Z" * 64])
def test_only_a_hash_becomes_a_folder(tmp_path: Path, recording_id: str) -> None:
    conversation = make_conversation()
    recording = replace(conversation.recording, recording_id=recording_id)
    with pytest.raises(StoreError, match="is no recording id"):
        write_conversation(tmp_path, replace(conversation, recording=recording))
    assert list(tmp_path.iterdir()) == []


def test_corrections_are_kept_in_order_with_who_and_when(tmp_path: Path) -> None:
    recording = make_conversation().recording.recording_id
    assert read_corrections(tmp_path, recording) == ()
    first = save_correction(tmp_path, recording, "coach", "SPEAKER_01", "Maeve")
    second = save_correction(tmp_path, recording, "coach", "SPEAKER_00", "Hannah ø")
    assert read_corrections(tmp_path, recording) == (first, second)
    assert first.when < second.when


def test_half_a_correction_does_not_count_and_does_no_harm(tmp_path: Path) -> None:
    recording = make_conversation().recording.recording_id
    first = save_correction(tmp_path, recording, "coach", "SPEAKER_01", "Maeve")
    path = tmp_path / recording[:16] / "corrections.jsonl"
    with path.open("ab") as file:
        file.write(b'{"kind": "coa')  # the machine died here
    assert read_corrections(tmp_path, recording) == (first,)
    second = save_correction(tmp_path, recording, "coach", "SPEAKER_00", "Maeve")
    assert read_corrections(tmp_path, recording) == (first, second)


def test_a_new_run_keeps_the_corrections(tmp_path: Path) -> None:
    conversation = make_conversation()
    said = save_correction(
        tmp_path, conversation.recording.recording_id, "coach", "SPEAKER_01", "Maeve"
    )
    write_conversation(tmp_path, conversation)
    assert read_corrections(tmp_path, conversation.recording.recording_id) == (said,)
