"""Phases put right, without models: kept, counted, shown, taken over by other turns, handed on."""

import dataclasses

import pytest

from convo import outcome
from convo.answers import corrections_of
from convo.cli import DONE, FAILED, USAGE, main
from convo.config import load_settings
from convo.conversation.cues import parse_cues
from convo.conversation.edits import Spoken
from convo.conversation.functions import FunctionsOptions
from convo.conversation.phases import PhaseSegmenter
from convo.corrections import confirming
from convo.corrections.turn_table import turn_table
from convo.database.artefacts import read_conversation
from convo.database.corrections import read_corrections
from convo.errors import ConfigError, SessionError
from convo.evaluation import read_cases, score_talk
from convo.evaluation.writing import write_talk_case
from convo.outcome import About
from convo.pipeline import reading, shipped, stages
from convo.pipeline.reading import Answers, Talk
from convo.pipeline.stages import Attributed, Covered, InRoles, Place
from convo.progress import stage_runs
from convo.reservation import store
from convo.resources import resource
from convo.training.corpus import marked_sessions
from convo.transcript import Phase, Role, Turn
from tests.database.conversations import make_conversation

MADE = make_conversation()
CODER = shipped.turn_coder(FunctionsOptions(method="cues"))


def processed(data, made=MADE, table=None):
    """What the flow does from the roles on, with the stages in hand."""
    place = Place(data, data / made.recording.name, made.recording)
    keep = stages.keep_file
    covered = keep(place, "cover", Covered(made.transcription, made.coverage))
    attributed = keep(place, "attribute", Attributed(made.transcription.words, made.diarization))
    heard = Talk(
        keep(place, "correct", Spoken(made.transcription.words)),
        keep(place, "assign_roles", InRoles(made.turns, made.roles)),
        keep(place, "segment_phases", made.segmentation),
    )
    found = {"code_turns": CODER.code(made.turns), "find_activities": made.activities}

    def run(name, place, *inputs):
        ready = found.get(name)
        return reading.STAGES[name](place, *inputs) if ready is None else keep(place, name, ready)

    confirming.check_phases(place, table)
    if table:
        confirming.keep_phases(place, heard.assign_roles, heard.segment_phases, table)
    said, options = corrections_of(place), load_settings()
    results = reading.results(run, place, covered, attributed, heard, said, Answers(), options)
    folder = outcome.keep(place, results, About(made.session, options, said))
    report = data / outcome.report(place, folder)
    return read_conversation(data / folder), report.read_text(encoding="utf-8")


def edited(data, tmp_path, changes, name="turns.csv"):
    """A table as `convo turns` writes it, with the phases of some turns changed."""
    path = tmp_path / name
    assert main(["turns", "--coachee", "Hannah", "--to", str(path), "--data", str(data)]) == DONE
    lines = path.read_bytes().decode("utf-8-sig").split("\r\n")
    for turn, (before, after) in changes.items():
        assert f",{before}," in lines[turn]
        lines[turn] = lines[turn].replace(f",{before},", f",{after},")
    path.write_text("\r\n".join(lines), encoding="utf-8-sig", newline="")
    return path


@pytest.fixture
def right(tmp_path):
    """The data folder of a session whose turn 7 a person gave to orientation."""
    data = tmp_path / "data"
    processed(data)
    processed(data, table=edited(data, tmp_path, {7: ("scrutiny", "O")}))
    return data


def test_what_a_person_puts_right_counts_and_nothing_before_it_runs_again(tmp_path):
    data = tmp_path / "data"
    before, _ = processed(data)
    ran = len(stage_runs(data))
    table = edited(data, tmp_path, {7: ("scrutiny", "O")})
    after, page = processed(data, table=table)
    began = [run.stage for run in stage_runs(data)[ran:] if run.event == "started"]
    assert began == [
        *("confirm_phases", "confirm_activities"),
        *("count_shares", "measure", "count_shares"),  # the last: as the machine had it
        *("keep", "report"),
    ]
    labels = list(before.segmentation.labels())
    assert labels[6] is Phase.SCRUTINY
    labels[6] = Phase.ORIENTATION
    assert list(after.segmentation.labels()) == labels
    assert after.segmentation.found == before.segmentation
    assert "uncertain" not in " ".join(after.review)
    assert "The phases are as <bdi>put right by " in page
    words = [{s.phase: s.total for s in c.shares} for c in (before, after)]
    said = MADE.turns[6].word_count
    asked = [
        {m.phase: m.value for m in c.measures if (m.metric, m.role) == ("questions", Role.COACH)}
        for c in (before, after)
    ]
    assert asked[1][Phase.ORIENTATION] - asked[0][Phase.ORIENTATION] == 1
    assert asked[0][Phase.SCRUTINY] - asked[1][Phase.SCRUTINY] == 1
    assert words[1][Phase.ORIENTATION] - words[0][Phase.ORIENTATION] == said
    assert words[0][Phase.SCRUTINY] - words[1][Phase.SCRUTINY] == said


def test_the_answer_holds_for_later_runs_and_the_last_one_counts_with_the_first_still_there(
    right, tmp_path
):
    again, _ = processed(right)
    assert again.segmentation.labels()[6] is Phase.ORIENTATION
    last, _ = processed(right, table=edited(right, tmp_path, {7: ("orientation", "C")}, "2.csv"))
    assert last.segmentation.labels()[6] is Phase.CO_CONSTRUCTION
    said = read_corrections(right / "artefacts", MADE.recording.recording_id)
    assert [one.kind for one in said] == ["phases", "phases"]
    assert said[0].value.startswith('[[0.5,"frame"],')
    kinds = store(right).query("select kind, count(*) from correction group by kind").rows
    assert kinds == (("phases", 2),)


def test_a_table_handed_back_unchanged_confirms_what_the_machine_found(tmp_path):
    before, _ = processed(tmp_path / "data")
    table = edited(tmp_path / "data", tmp_path, {})
    after, page = processed(tmp_path / "data", table=table)
    assert after.segmentation.confirmed
    assert after.segmentation.labels() == before.segmentation.labels()
    assert "provisional" not in page


def test_the_answer_outlives_other_turns_of_the_same_recording(right):
    """Every turn cut in two, as another way to tell speakers apart may do."""
    halves = []
    for turn in MADE.turns:
        words = turn.text.split()
        middle = (turn.start + turn.end) / 2
        for text, start, end in (
            (words[: len(words) // 2], turn.start, middle),
            (words[len(words) // 2 :], middle, turn.end),
        ):
            number = len(halves) + 1
            halves.append(Turn(number, turn.speaker, " ".join(text), start, end, turn.role))
    twice = [phase for phase in MADE.segmentation.labels() for _ in range(2)]
    found = PhaseSegmenter(
        parse_cues(resource("configs/cues.toml").read_text(encoding="utf-8"))
    ).segment(halves)
    other = dataclasses.replace(MADE, turns=tuple(halves), segmentation=found)
    after, _ = processed(right, other)
    twice[12:14] = [Phase.ORIENTATION] * 2
    assert list(after.segmentation.labels()) == twice
    assert after.segmentation.found == found


def test_a_table_of_another_recording_or_before_processing_is_refused(right, tmp_path):
    other = make_conversation(name="other.m4a", number=2, script=[
        (Phase.FRAME, "SPEAKER_00", "This is quite another conversation altogether.")
    ] * 20)  # fmt: skip
    table = tmp_path / "turns.csv"
    with pytest.raises(SessionError, match=r"not processed yet.*`convo turns`"):
        processed(right, other, table)
    processed(right, other)
    with pytest.raises(SessionError, match=r"turn 1 of turns.csv reads .* another session"):
        processed(right, other, table)
    assert read_corrections(right / "artefacts", other.recording.recording_id) == ()


def test_a_table_is_never_written_over_and_goes_to_stdout_without_a_file(right, tmp_path, capsys):
    asked = ["turns", "--coachee", "Hannah", "--session", "1", "--data", str(right)]
    assert main([*asked, "--to", str(tmp_path / "turns.csv")]) == USAGE
    assert "name a new file" in capsys.readouterr().err
    assert main(asked) == DONE
    (kept,) = outcome.conversations(right)
    assert capsys.readouterr().out.split() == turn_table(kept).split()
    assert main(["turns", "--coachee", "Hannah", "--session", "4", "--data", str(right)]) == FAILED
    assert "no session of Hannah fit what was asked (session 1 with" in capsys.readouterr().err


def test_sessions_put_right_become_cases_to_score_and_to_learn_from(right, tmp_path, capsys):
    folder = tmp_path / "marked"
    processed(right, make_conversation(name="two.m4a", number=2))  # nobody looked at this one
    assert main(["cases", str(folder), "--data", str(right), "--coachee", "Hana"]) == FAILED
    assert "did you mean 'Hannah'" in capsys.readouterr().err
    assert main(["cases", str(folder), "--data", str(right), "--coachee", "Hannah"]) == DONE
    assert "1 session written" in capsys.readouterr().out
    (case,) = read_cases(folder).talk
    kept = outcome.conversations(right)[0]
    assert case.kind == kept.session.programme
    ((who, labels),) = case.readings.items()
    assert labels == kept.segmentation.labels()
    assert (folder / "talk" / case.case_id / f"phases-{who}.csv").is_file()
    assert [(t.text, t.role, t.start, t.end) for t in case.turns] == [
        (t.text, t.role, t.start, t.end) for t in kept.turns
    ]
    cues = parse_cues(resource("configs/cues.toml").read_text(encoding="utf-8"))
    assert score_talk(read_cases(folder), PhaseSegmenter(cues)).failed == 0
    (session,) = marked_sessions(folder)
    assert [tuple(Phase)[lesson.phases[0]] for lesson in session.lessons] == list(labels)

    assert main(["cases", str(folder), "--data", str(right)]) == USAGE
    assert "not an empty folder" in capsys.readouterr().err


def test_no_session_put_right_is_no_case(tmp_path):
    with pytest.raises(SessionError, match="begin with `convo turns`"):
        confirming.write_cases([MADE], tmp_path / "marked")
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="name a new one"):
        confirming.write_cases([MADE], tmp_path / "file")


def test_a_shipped_case_comes_back_as_it_was(tmp_path):
    """Real marked sessions, written and read again: nothing is added and nothing lost."""
    cases = read_cases(resource("data/training")).talk[:12]
    assert len(cases) == 12
    for case in cases:
        write_talk_case(tmp_path, case, {"coach": "Maeve"})
        (again,) = read_cases(tmp_path / "talk" / case.case_id).talk
        assert (again.kind, again.readings) == (case.kind, case.readings)
        assert [(t.text, t.role) for t in again.turns] == [(t.text, t.role) for t in case.turns]
