"""The command line without models: help, usage, wrong values, exit codes, what is said where."""

import json
import subprocess
import sys

import pytest

from convo.cli import DONE, FAILED, USAGE, main
from convo.config import load_settings
from convo.errors import ConfigError
from convo.pipeline.stages import Place
from convo.reservation import reserved
from convo.transcript import Phase, Recording


@pytest.fixture(autouse=True)
def own_data(tmp_path, monkeypatch):
    monkeypatch.setenv("CONVO_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


def said(capsys) -> tuple[str, str]:
    captured = capsys.readouterr()
    return captured.out, captured.err


@pytest.mark.parametrize(
    "command",
    [
        *("process", "demo", "report", "turns", "cases", "query", "score", "rebuild", "doctor"),
        *("voices", "serve", "forget"),
    ],
)
def test_every_command_has_help(command, capsys):
    assert main([command, "--help"]) == DONE
    assert "Usage: convo" in said(capsys)[0]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["proces", "a.m4a"], "No such command 'proces'"),
        (["process"], "Missing argument"),
        (["process", "a.m4a", "--speakers", "many"], "--speakers 'many' is no number of people"),
        (["process", "a.m4a", "--engine", "kaldi"], "words.engine = 'kaldi'"),
        (["process", "a.m4a", "--session", "0"], "--session"),
        (["process", "a.m4a", "--date", "13/1/2026"], "--date"),
        (["process", "a.m4a", "b.m4a", "--session", "2"], "--session 2 names one session but 2"),
        (["process", "a.m4a", "--phases", "no.csv"], "'no.csv' does not exist"),
        (["process", "a", "b", "--phases", "README.md"], "an answer about one recording but 2"),
        (["process", "a", "b", "--coach-is", "SPEAKER_01"], "an answer about one recording but 2"),
        (["turns"], "Missing option '--coachee'"),
        (["cases"], "Missing argument 'folder'"),
        (["process", "a.m4a", "--keep-voice", "coach"], "needs the consent"),
        (["process", "a.m4a", "--without", "frame"], "frame cannot be switched off"),
        (["process", "a.m4a", "--without", "scrunity"], "phases.without.0 = 'scrunity'"),
        (["process", "a.m4a", "--config", "no.toml"], "no configuration file no.toml"),
        (["query", "select 1", "--format", "parquet"], "--to FILE.parquet"),
    ],
)
def test_wrong_usage_is_one_sentence_and_exit_code_2(arguments, sentence, capsys):
    assert main(arguments) == USAGE
    out, err = said(capsys)
    assert sentence in " ".join(err.split())
    assert out == ""


def test_a_mistyped_key_of_the_configuration_is_named_with_the_close_match(own_data, capsys):
    own_data.mkdir()
    (own_data / "convo.toml").write_text('[words]\nmodle = "small"\n', encoding="utf-8")
    assert main(["process", "a.m4a"]) == USAGE
    err = said(capsys)[1]
    assert "'words.modle'" in err
    assert "did you mean 'model'?" in err


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path, capsys):
    (tmp_path / "file").touch()
    assert main(["report", "--data", str(tmp_path / "file" / "data")]) == USAGE
    assert "cannot be written to" in said(capsys)[1]


def test_reading_an_empty_folder_says_what_to_do(capsys):
    assert main(["report"]) == FAILED
    assert "convo demo" in said(capsys)[1]


def test_an_unknown_coachee_fails(capsys):
    assert main(["report", "--coachee", "Hannah"]) == FAILED
    assert "no session of a coachee 'Hannah'" in said(capsys)[1]


def test_voices_can_be_listed_and_an_unknown_one_not_forgotten(capsys):
    assert main(["voices"]) == DONE
    assert "no voice is kept" in said(capsys)[0]
    assert main(["voices", "--forget", "Maeve"]) == FAILED


def test_rebuild_of_nothing_is_an_empty_store_that_can_be_asked(capsys):
    assert main(["rebuild"]) == DONE
    assert main(["query", "select count(*) as n from word", "--format", "json"]) == DONE
    told, answer = said(capsys)[0].split("\n", 1)
    assert told.startswith("0 sessions")
    assert json.loads(answer) == [{"n": 0}]


def test_starting_is_quick_and_loads_no_model_and_no_engine():
    code = (
        "import sys; from convo.cli import main; main(['--help']);"
        "print([m for m in ('torch', 'prefect', 'whisper', 'pyannote', 'duckdb', 'pandas')"
        " if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert run.stdout.strip().splitlines()[-1] == "[]"


def test_phases_switched_off_hold_for_later_runs_until_taken_back(tmp_path, monkeypatch):
    jobs = []
    monkeypatch.setattr("convo.cli.process.run", lambda given, *_: jobs.extend(given) or True)
    file = str(tmp_path / "a.m4a")
    named = ["--coachee", "Hannah", "--coach", "Maeve"]
    both = ["--without", "scrutiny", "--without", "orientation"]
    for said_now in (both, [], ["--without", "none"], []):
        assert main(["process", file, *named, *said_now]) == DONE
    place = Place(jobs[0].data, jobs[0].file, Recording("ab" * 32, "a.m4a", 60.0, 1, 1, "m4a", 1))
    place.file.touch()
    found = []
    for job in jobs:
        with reserved(place, job) as (_, settings):
            found.append(settings.phases.without)
    off = (Phase.ORIENTATION, Phase.SCRUTINY)
    assert found == [off, off, (), ()]


def test_phases_can_be_named_in_a_file(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text('[phases.names]\nscrutiny = "Looking closely"\n', encoding="utf-8")
    assert load_settings(None, file).phases.names == {Phase.SCRUTINY: "Looking closely"}
    for clash in ("Orientation", "looking closely"):  # in a table nobody could tell them apart
        own = f'[phases.names]\nscrutiny = "Looking closely"\nco-construction = "{clash}"\n'
        file.write_text(own, encoding="utf-8")
        with pytest.raises(ConfigError, match="two phases have the same name"):
            load_settings(None, file)
