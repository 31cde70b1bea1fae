"""Corrections and what follows from them, without models of speech: effects, and taking back."""

import doctest
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from convo import outcome
from convo.cli import main
from convo.config import Settings
from convo.conversation.candidates import PLAYED
from convo.corrections import correcting, recomputing
from convo.database.artefacts import current_run, read_conversation, write_conversation
from convo.errors import SessionError, TranscriptError
from convo.outcome import conversations
from convo.progress import stage_runs
from convo.report.corrections import KINDS
from convo.reservation import store
from convo.transcript import Passage, Phase, Role
from tests.database.conversations import COACH, COACHEE, SCRIPT, make_conversation

OPTIONS = Settings.model_validate({"phases": {"method": "cues"}, "functions": {"method": "cues"}})
MADE = make_conversation(unattributed=0)
RECORDING = MADE.recording.recording_id


def keep(data, made=MADE):
    """A session as an earlier run left it."""
    provenance = dict(made.provenance) | {"options": OPTIONS.model_dump_json()}
    folder = write_conversation(data / "artefacts", replace(made, provenance=provenance))
    store(data).load(folder)


@pytest.fixture
def data(tmp_path):
    keep(tmp_path)
    correcting.recompute(tmp_path, RECORDING)
    return tmp_path


def now(data):
    return read_conversation(current_run(data / "artefacts", RECORDING).folder)


def again(data):
    folder = correcting.recompute(data, RECORDING)
    return read_conversation(folder)


def turn_with(conversation, text):
    return next(turn for turn in conversation.turns if text in turn.text)


def test_nothing_said_changes_nothing(data):
    before = current_run(data / "artefacts", RECORDING).folder
    assert correcting.recompute(data, RECORDING) == before
    kept = now(data)
    assert kept.corrected is None
    assert kept.words == MADE.transcription.words
    assert kept.turns == MADE.turns
    assert correcting.history(data, RECORDING) == ()


CHANGES = {
    "speaker": lambda d: correcting.reassign(d, RECORDING, 0.0, 6.0, COACHEE, "Sam"),
    "nobody": lambda d: correcting.reassign(d, RECORDING, 0.0, 6.0, None, "Sam"),
    "words": lambda d: correcting.edit_words(d, RECORDING, 0.0, 6.0, "Hello there.", "Sam"),
    "split": lambda d: correcting.split_turn(d, RECORDING, 20.0, "Sam"),
    "merge": lambda d: correcting.merge_turns(d, RECORDING, now(d).turns[3].start, "Sam"),
    "media": lambda d: correcting.mark_passage(d, RECORDING, 20.0, 30.0, Passage.MEDIA, "Sam"),
    "private": lambda d: correcting.mark_passage(d, RECORDING, 20.0, 30.0, Passage.PRIVATE, "Sam"),
    "other": lambda d: correcting.mark_passage(d, RECORDING, 20.0, 30.0, Passage.OTHER, "Sam"),
    "coach": lambda d: correcting.name_coach(d, RECORDING, COACHEE, "Sam"),
    "phases": lambda d: correcting.confirm_phases(d, RECORDING, "Sam"),
    "phase": lambda d: correcting.add_phase(d, RECORDING, 20.0, 30.0, Phase.FRAME, "Sam"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_taken_back_everything_is_exactly_as_before(data, change):
    before = current_run(data / "artefacts", RECORDING).folder
    rows = store(data).query("select * from v_turn order by turn").rows
    said = CHANGES[change](data)
    after = correcting.recompute(data, RECORDING)
    assert after != before
    changed = read_conversation(after)
    assert changed.corrected.changes[0].who == "Sam"
    assert changed.transcription.words == MADE.transcription.words  # the machine's stay
    undone = correcting.undo(data, RECORDING, "Alex")
    assert undone.value == said.name
    assert correcting.recompute(data, RECORDING) == before
    assert store(data).query("select * from v_turn order by turn").rows == rows
    correcting.undo(data, RECORDING, "Alex", undone.name)
    assert correcting.recompute(data, RECORDING) == after
    history = correcting.history(data, RECORDING)
    assert [(entry.who, entry.counts) for entry in history] == [
        ("Sam", True),
        ("Alex", False),
        ("Alex", True),
    ]


def test_words_go_to_another_speaker_and_every_figure_follows(data):
    before = now(data)
    turn = turn_with(before, "The start of the lesson")
    correcting.reassign(data, RECORDING, turn.start, turn.end, COACH, "Sam")
    after = again(data)
    assert turn_with(after, "The start of the lesson").role is Role.COACH
    words = {s.role: s.words for s in after.shares if s.phase is None}
    machine = {s.role: s.words for s in after.corrected.shares if s.phase is None}
    assert machine == {s.role: s.words for s in before.shares if s.phase is None}
    assert words[Role.COACH] - machine[Role.COACH] == turn.word_count
    seconds = {s.role: s.seconds for s in after.shares if s.phase is None}
    earlier = {s.role: s.seconds for s in before.shares if s.phase is None}
    assert seconds[Role.COACH] - earlier[Role.COACH] == pytest.approx(
        turn.end - turn.start, abs=0.01
    )
    (change,) = after.corrected.changes
    assert (change.kind, change.who, change.words) == ("speaker", "Sam", turn.word_count)
    rows = (
        store(data)
        .query(
            "select role, words_before, words_after from v_share_change where phase is null "
            "order by role"
        )
        .rows
    )
    assert rows == tuple((role, machine[role], words[role]) for role in (Role.COACH, Role.COACHEE))


def test_edited_words_are_shown_beside_what_the_machine_wrote(data):
    turn = turn_with(now(data), "talking partners")
    correcting.edit_words(
        data, RECORDING, turn.start, turn.end, "What if the walking partners came first?", "Sam"
    )
    again(data)
    rows = store(data).query("select text, machine_text from v_turn where machine_text is not null")
    assert rows.rows == (("What if the walking partners came first?", turn.text),)
    value = store(data).query("select value from v_correction").rows[0][0]
    assert set(json.loads(value)) == {"start", "end"}
    (page,) = (data / "reports").glob("*session*.html")
    assert "walking partners" in page.read_text(encoding="utf-8")


def test_turns_are_split_and_merged(data):
    turn = turn_with(now(data), "The start of the lesson")
    word = next(w for w in now(data).words if w.text == "I" and w.start > turn.start)
    correcting.split_turn(data, RECORDING, word.start, "Sam")
    after = again(data)
    assert len(after.turns) == len(MADE.turns) + 1
    assert after.turns[turn.number].speaker == after.turns[turn.number - 1].speaker
    correcting.merge_turns(data, RECORDING, word.start, "Sam")
    assert again(data).turns == MADE.turns


def test_a_phase_edit_reads_no_turn_again(data):
    kept = now(data)
    second = kept.segmentation.spans[1]
    begins = kept.turns[second.start_turn - 1].start
    later = kept.turns[second.start_turn].start
    ran = len(stage_runs(data))
    correcting.move_boundary(data, RECORDING, begins, later, "Sam")
    after = again(data)
    began = [run.stage for run in stage_runs(data)[ran:] if run.event == "started"]
    assert began == ["confirm_phases", "count_shares", "measure", "keep", "report"]
    assert after.segmentation.spans[1].start_turn == second.start_turn + 1
    assert after.segmentation.found == kept.segmentation
    assert after.corrected.shares == kept.shares


def test_boundaries_are_moved_added_and_removed(data):
    def spans(conversation):
        return [(s.phase, s.start_turn) for s in conversation.segmentation.spans]

    kept = now(data)
    starts = [turn.start for turn in kept.turns]
    correcting.add_phase(data, RECORDING, starts[4], starts[6], Phase.SCRUTINY, "Sam")
    added = again(data)
    assert [added.segmentation.labels()[n] for n in (4, 5)] == [Phase.SCRUTINY] * 2
    before = spans(added)
    number = next(n for n, (_, start) in enumerate(before) if start >= 5)
    place = before[number][1] - 1
    correcting.remove_phase(data, RECORDING, starts[place], "Sam")
    assert len(spans(again(data))) < len(before)
    correcting.undo(data, RECORDING, "Sam")
    correcting.add_phase(data, RECORDING, starts[1], starts[2], Phase.CO_CONSTRUCTION, "Sam")
    correcting.add_phase(data, RECORDING, starts[2], starts[3], Phase.CO_CONSTRUCTION, "Sam")
    both = again(data).segmentation.labels()  # one after the other counts, also without a look
    assert [both[n] for n in (1, 2, 4, 5)] == [Phase.CO_CONSTRUCTION] * 2 + [Phase.SCRUTINY] * 2
    with pytest.raises(SessionError, match="no phase begins"):
        correcting.move_boundary(data, RECORDING, starts[0], starts[3], "Sam")
    with pytest.raises(SessionError, match="no turn begins"):
        correcting.add_phase(data, RECORDING, 900.0, 901.0, Phase.FRAME, "Sam")


def test_what_is_played_or_something_else_is_in_no_share(data):
    turn = turn_with(now(data), "Oh. I hadn't noticed")
    before = {s.role: s.words for s in now(data).shares if s.phase is None}
    for kind, label in ((Passage.MEDIA, "MEDIA"), (Passage.OTHER, "OTHER")):
        correcting.mark_passage(data, RECORDING, turn.start, turn.end + 0.1, kind, "Sam")
        after = again(data)
        marked = turn_with(after, "Oh. I hadn't noticed")
        assert (marked.speaker, marked.passage, marked.role) == (label, kind, Role.OTHER)
        words = {s.role: s.words for s in after.shares if s.phase is None}
        assert before[Role.COACHEE] - words[Role.COACHEE] == turn.word_count
    correcting.mark_passage(data, RECORDING, turn.start, turn.end + 0.1, None, "Sam")
    assert again(data).turns == MADE.turns


def test_candidates_are_confirmed_and_rejected(data):
    kept = now(data)
    codes = {one.turn: one for one in kept.codes}
    number = next(turn for turn, one in codes.items() if one.code in ("COM", "ASK", "DES"))
    turn, code = kept.turns[number - 1], codes[number].code
    correcting.confirm_candidate(data, RECORDING, code, turn.start, turn.end, False, "Sam")
    after = {one.turn: one for one in again(data).codes}
    assert after[number].code != code and after[number].by == "Sam"
    assert {n: one for n, one in after.items() if n != number} == {
        n: one for n, one in codes.items() if n != number
    }


SECRET = "zanzibar"


def hidden(tmp_path, counted):
    """A session in which a word is said in private, and all that may be looked at."""
    secret = f"Between us: {SECRET} makes me unhappy."
    made = make_conversation(unattributed=0)
    script = [
        (phase, turn.speaker, secret if n == 7 else turn.text)
        for n, (turn, phase) in enumerate(zip(made.turns, made.segmentation.labels(), strict=True))
    ]
    made = make_conversation(unattributed=0, script=script)
    keep(tmp_path, made)
    correcting.recompute(tmp_path, RECORDING)
    turn = turn_with(made, SECRET)
    # typed again, so that it is in the corrections as well
    correcting.edit_words(tmp_path, RECORDING, turn.start, turn.end, f"{secret} {SECRET}", "Sam")
    correcting.recompute(tmp_path, RECORDING)
    database = tmp_path / "convo.duckdb"
    assert found_in(tmp_path / "reports") and SECRET.encode() in database.read_bytes()
    correcting.mark_passage(
        tmp_path, RECORDING, turn.start, turn.end, Passage.PRIVATE, "Sam", counted
    )
    correcting.recompute(tmp_path, RECORDING)
    return turn, database


def found_in(folder):
    return [p for p in folder.rglob("*") if p.is_file() and SECRET.encode() in p.read_bytes()]


@pytest.mark.parametrize("counted", [False, True])
def test_what_is_private_is_found_nowhere(tmp_path, capsys, counted):
    turn, database = hidden(tmp_path, counted)
    assert found_in(tmp_path / "reports") == []
    assert [
        p.name for p in tmp_path.glob("convo.duckdb*") if SECRET.encode() in p.read_bytes()
    ] == []
    asked = store(tmp_path)
    for name in asked.names():
        rows = asked.query(f"select * from {name}")
        assert SECRET not in rows.to_csv(), name
        asked.export(f"select * from {name}", "parquet", tmp_path / "out" / f"{name}.parquet")
    assert found_in(tmp_path / "out") == []
    row = asked.query(
        f"select text, passage, words, machine_text from turn where number = {turn.number}"
    )
    counts = turn.word_count + 1 if counted else 0
    assert row.rows == ((None, "private", counts, None),)
    said = {s.role: s.words for s in now(tmp_path).shares if s.phase is None}
    others = sum(
        t.word_count for t in now(tmp_path).turns if t.role is Role.COACHEE and not t.passage
    )
    assert said[Role.COACHEE] == others + counts

    main(["turns", "--coachee", "Hannah", "--data", str(tmp_path)])
    correcting.confirm_phases(tmp_path, RECORDING, "Sam")
    correcting.recompute(tmp_path, RECORDING)
    main(["cases", str(tmp_path / "cases"), "--data", str(tmp_path)])
    assert SECRET not in capsys.readouterr().out
    assert (tmp_path / "cases").is_dir() and found_in(tmp_path / "cases") == []
    asked.rebuild(tmp_path / "artefacts")
    assert SECRET.encode() not in database.read_bytes()
    assert all(SECRET not in t.text for c in conversations(tmp_path) for t in c.turns)
    # the artefact keeps it: it is the truth, on this disk alone
    assert SECRET in " ".join(t.text for t in now(tmp_path).turns)


def test_a_private_passage_is_named_with_its_length(tmp_path):
    hidden(tmp_path, False)
    (page,) = (tmp_path / "reports").glob("*session*.html")
    assert "private passage, 0:" in page.read_text(encoding="utf-8").lower()


def test_what_cannot_be_is_refused(data):
    with pytest.raises(TranscriptError, match="must end after it starts"):
        correcting.reassign(data, RECORDING, 5.0, 5.0, None, "Sam")
    for label, why in (("A@1", "no name for a voice"), ("MEDIA", "mark the passage instead")):
        with pytest.raises(SessionError, match=why):
            correcting.reassign(data, RECORDING, 5.0, 6.0, label, "Sam")
    with pytest.raises(SessionError, match="no speaker is called 'X'"):
        correcting.name_coach(data, RECORDING, "X", "Sam")
    with pytest.raises(SessionError, match="no correction to take back"):
        correcting.undo(data, RECORDING, "Sam")
    said = correcting.confirm_phases(data, RECORDING, "Sam")
    correcting.undo(data, RECORDING, "Sam", said.name)
    with pytest.raises(SessionError, match="taken back already"):
        correcting.undo(data, RECORDING, "Sam", said.name)
    with pytest.raises(SessionError, match="no session"):
        correcting.recompute(data, "0" * 64)


DOCS = (Path(__file__).parents[2] / "docs" / "corrections.md").read_text(encoding="utf-8")


def test_the_examples_of_the_documentation_run(data):
    (block,) = re.findall(r"^```python\n(.*?)^```", DOCS, re.DOTALL | re.MULTILINE)
    names = {"data": data, "recording_id": RECORDING}
    example = doctest.DocTestParser().get_doctest(block, names, "corrections.md", None, 0)
    told = []
    doctest.DocTestRunner().run(example, out=told.append)
    assert "".join(told) == ""
    CHANGES["speaker"](data)
    again(data)
    (sql,) = re.findall(r"^```sql\n(.*?)^```", DOCS, re.DOTALL | re.MULTILINE)
    assert len(store(data).query(sql).rows) == 2


def test_every_kind_and_function_is_described():
    for kind in KINDS:
        assert f"| `{kind}` |" in DOCS
    rooms = ("convo.corrections.correcting", "convo.corrections.recomputing")
    functions = (
        name
        for name, value in vars(correcting).items()
        if getattr(value, "__module__", "") in rooms and callable(value) and name[0].islower()
    )
    assert {name for name in functions if f"`{name}`" not in DOCS} == set()


def test_reports_are_due_until_they_are_written(data):
    turn = now(data).turns[0]
    correcting.edit_words(data, RECORDING, turn.start, turn.end, "Nobody said this.", "Sam")
    report = next((data / "reports").glob("*session*.html"))
    before = report.read_bytes()
    folder = recomputing.recount(data, RECORDING)
    assert report.read_bytes() == before
    (due,) = (data / "reports-due").iterdir()
    assert due.name == RECORDING[:16]

    recomputing.write_due_reports(data)
    assert "Nobody said this." in report.read_text(encoding="utf-8")
    assert not due.exists()
    assert recomputing.recompute(data, RECORDING) == folder


def test_a_correction_made_while_reports_are_written_leaves_them_due(data, monkeypatch):
    turn = now(data).turns[0]
    write = outcome.write_pages

    def meanwhile(place, folder):
        write(place, folder)
        correcting.edit_words(data, RECORDING, turn.start, turn.end, "Said later.", "Sam")
        recomputing.recount(data, RECORDING)

    monkeypatch.setattr(outcome, "write_pages", meanwhile)
    correcting.edit_words(data, RECORDING, turn.start, turn.end, "Said first.", "Sam")
    correcting.recompute(data, RECORDING)
    report = next((data / "reports").glob("*session*.html"))
    assert "Said first." in report.read_text(encoding="utf-8")

    monkeypatch.setattr(outcome, "write_pages", write)
    recomputing.write_due_reports(data)
    assert "Said later." in report.read_text(encoding="utf-8")


def test_what_is_talk_after_all_needs_no_look_any_more(tmp_path):
    watched = (Phase.SCRUTINY, COACH, "Okay, let's watch the clip.")
    heard = "Well done everyone, sit down on the carpet please, and say the first sound with me."
    script = [*SCRIPT[:6], watched, (Phase.SCRUTINY, COACHEE, f"{heard} {heard}"), *SCRIPT[6:]]
    keep(tmp_path, make_conversation(script=script, unattributed=0))
    before = again(tmp_path)
    hint, *others = before.remedies
    assert "perhaps a recording is played" in hint.reason
    assert hint.reason in before.review

    start = hint.start + 0.2
    correcting.confirm_candidate(tmp_path, RECORDING, PLAYED, start, hint.end, False, "Sam")
    after = again(tmp_path)
    assert list(after.remedies) == others
    assert hint.reason not in after.review
    assert after.turns == before.turns
    assert after.shares == before.shares
    correcting.undo(tmp_path, RECORDING, "Sam")
    assert again(tmp_path).remedies == before.remedies
