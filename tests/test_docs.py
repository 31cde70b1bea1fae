"""What is written about the program is true of it."""

import re
import tomllib
from pathlib import Path

import pytest

from convo.cli.app import app
from convo.config import Settings, load_settings
from convo.errors import ConfigError
from convo.resources import resource

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DEFAULTS = resource("configs/default.toml").read_text(encoding="utf-8")


def test_the_shipped_options_are_the_built_in_ones():
    assert load_settings() == Settings.model_construct(
        **{name: field.annotation() for name, field in Settings.model_fields.items()}
    )


def test_every_option_is_in_the_shipped_file_with_a_reason_above_its_group():
    shipped = tomllib.loads(DEFAULTS)
    for group, field in Settings.model_fields.items():
        text = DEFAULTS.split(f"[{group}]")[1].split("\n[")[0]
        options = set(field.annotation.model_fields)
        empty = set(re.findall(r"^# (\w+) =$", text, re.MULTILINE))
        assert set(shipped[group]) | empty == options
        assert "\n# " in text


def test_every_command_is_in_the_readme():
    commands = {command.callback.__name__ for command in app.registered_commands}
    assert {c for c in commands if f"convo {c}" not in README} == set()


def test_every_file_that_the_readme_names_is_there():
    links = re.findall(r"\]\(([^)#]+)\)", README)
    assert links
    for link in links:
        assert (ROOT / link).exists(), link


def test_every_target_that_the_readme_names_is_in_the_makefile():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"(?:`|^)make ([a-z-]+)", README, re.MULTILINE))
    assert targets
    for target in targets:
        assert f"\n{target}:" in makefile, target


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('[words]\nmodle = "small"\n', "'words.modle'.*did you mean 'model'"),
        ('[wrods]\nmodel = "small"\n', "'wrods'.*did you mean 'words'"),
        ("[words]\nbeam_size = 0\n", "words.beam_size = 0"),
        ("[words\n", "not valid TOML"),
    ],
)
def test_a_mistake_in_a_configuration_is_named(tmp_path, text, sentence):
    file = tmp_path / "mine.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=sentence):
        load_settings(None, file)


def test_the_command_line_wins_over_environment_over_file_over_defaults(tmp_path, monkeypatch):
    (tmp_path / "convo.toml").write_text('[words]\nmodel = "small"\nbeam_size = 3\n')
    assert load_settings(tmp_path).words.model == "small"
    monkeypatch.setenv("CONVO_WORDS__MODEL", "medium")
    assert load_settings(tmp_path).words.model == "medium"
    chosen = load_settings(tmp_path, None, {"words": {"model": "tiny"}}).words
    assert (chosen.model, chosen.beam_size) == ("tiny", 3)
