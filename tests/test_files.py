"""A file is there whole or not at all, and what comes out is what went in."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path
from types import MappingProxyType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convo.errors import StoreError
from convo.files import StageFile, load, save, write_atomically
from convo.transcript import Recording, RoleAssignment, Turn, Word
from tests.database.conversations import make_conversation
from tests.database.nouns import STAGES

WORDS = (Word("so", 1.8, 2.1), Word("eh.", 2.1, 2.1, 0.5, "SPEAKER_00"))


@pytest.mark.parametrize("kind", STAGES, ids=str)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_every_stage_result_comes_back_equal(kind: type, data: st.DataObject) -> None:
    value = data.draw(STAGES[kind])
    with tempfile.TemporaryDirectory() as folder:
        stage = save(Path(folder) / "stage.json", value)
        assert load(stage, kind) == value


def test_the_same_value_is_the_same_file(tmp_path: Path) -> None:
    first = save(tmp_path / "a.json", WORDS)
    assert save(tmp_path / "b.json", WORDS).sha256 == first.sha256
    written = os.stat(first.path).st_mtime_ns
    assert save(first.path, WORDS) == first
    assert os.stat(first.path).st_mtime_ns == written


def test_a_read_only_mapping_is_saved_as_what_it_holds(tmp_path: Path) -> None:
    roles = RoleAssignment(MappingProxyType({}), 1.0, "person")
    assert load(save(tmp_path / "roles.json", roles), RoleAssignment) == roles


def test_three_hours_of_words_load_quickly(tmp_path: Path) -> None:
    words = make_conversation(repeats=150).transcription.words
    stage = save(tmp_path / "words.json", words)
    assert len(words) > 25_000
    assert load(stage, tuple[Word, ...]) == words


def test_an_altered_file_is_noticed(tmp_path: Path) -> None:
    stage = save(tmp_path / "words.json", WORDS)
    stage.path.write_bytes(stage.path.read_bytes().replace(b"so", b"no"))
    with pytest.raises(StoreError, match=r"words\.json was altered after it was written"):
        load(stage, tuple[Word, ...])


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", tuple[Word, ...]),
        (b'[{"text": "so"}]', tuple[Word, ...]),
        (b'[{"text": "so", "start": 3, "end": 1}]', tuple[Word, ...]),
        (b'[{"text": "so", "start": "1", "end": 2}]', tuple[Word, ...]),
        (b"[]", Recording),
    ],
)
def test_a_file_that_holds_something_else_is_refused(
    tmp_path: Path, content: bytes, kind: type
) -> None:
    path = tmp_path / "stage.json"
    path.write_bytes(content)
    with pytest.raises(StoreError, match=r"stage\.json does not hold what was expected"):
        load(path, kind)


def test_a_missing_file_is_named_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"gone\.json is missing: process the recording again"):
        load(StageFile(tmp_path / "gone.json", "0"), tuple[Turn, ...])


def test_what_is_no_plain_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be saved"):
        save(tmp_path / "x.json", (object(),))
    with pytest.raises(StoreError, match="cannot be saved"):
        save(tmp_path / "x.json", "\ud800")
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "words.json"
    write_atomically(path, b"old")

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match=r"no space left on the disk of .*free some space"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the data folder should be")
    with pytest.raises(StoreError, match=r"cannot write .*choose another data folder"):
        write_atomically(tmp_path / "data" / "words.json", b"")
