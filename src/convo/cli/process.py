"""``convo process`` and ``convo demo``: recordings to reports."""

from __future__ import annotations

import contextlib
import datetime
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from convo.cli import live, shared
from convo.cli.tables import session_lines, show_progression
from convo.conversation.media import Span, parse_span
from convo.errors import ConfigError, ConvoError
from convo.progress import interruptible, watched_by
from convo.transcript import Role

if TYPE_CHECKING:
    from convo.outcome import Outcome
    from convo.reservation import Job


def process(
    files: Annotated[list[Path], typer.Argument(help="Recordings: audio or video.")],
    coachee: Annotated[
        str | None, typer.Option(help="Who is helped (a pseudonym will do).")
    ] = None,
    coach: Annotated[str | None, typer.Option(help="Who helps.")] = None,
    session: Annotated[
        int | None, typer.Option(min=1, help="Number of the session; default: the next.")
    ] = None,
    date: Annotated[
        datetime.datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Default: from the file's name, else its age."),
    ] = None,
    programme: Annotated[str | None, typer.Option(help="The coaching programme.")] = None,
    language: Annotated[str | None, typer.Option(help="Such as en; default: auto.")] = None,
    speakers: Annotated[str | None, typer.Option(help="How many: 2 (default), auto, or N.")] = None,
    model: Annotated[
        str | None, typer.Option(help="Whisper model: base (default), small, …, or a path.")
    ] = None,
    engine: Annotated[
        str | None, typer.Option(help="auto (default), openai-whisper or faster-whisper.")
    ] = None,
    diarization: Annotated[
        str | None, typer.Option(help="auto (default), bundled, community-1, or a path.")
    ] = None,
    channels: Annotated[
        Literal["mixed", "speakers"] | None,
        typer.Option(help="speakers: each stereo channel is one speaker; default: mixed."),
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option(
            help="A phase that this kind of session does not have: orientation, scrutiny or "
            "co-construction. Give it again for another; none: look for all phases again."
        ),
    ] = None,
    media: Annotated[
        list[str] | None,
        typer.Option(help="A recording is played here, 12:30-14:05: its words are nobody's."),
    ] = None,
    coach_is: Annotated[
        str | None, typer.Option(help="Your word on which voice is the coach: SPEAKER_01.")
    ] = None,
    phases: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="Phases as you put them right: a table written by `convo turns`.",
        ),
    ] = None,
    keep_voice: Annotated[
        list[Role] | None, typer.Option(help="Keep this voice to know it again: coach, coachee.")
    ] = None,
    consent: Annotated[
        str, typer.Option(help="Who agreed to --keep-voice, when, in which words.")
    ] = "",
    correct: Annotated[
        bool, typer.Option("--correct", help="Change what is kept about a known recording.")
    ] = False,
    data: shared.Data = None,
    config: shared.Config = None,
    quiet: shared.Quiet = False,
    as_json: shared.Json = False,
) -> None:
    """Turn recordings into transcripts, phases, talk shares and reports.

    Run it again with the same file to go on after an interruption or to change an option: what is
    finished is not done again.
    """
    from convo.reservation import Job
    from convo.sessions import SessionRequest

    if session is not None and len(files) > 1:
        raise ConfigError(
            f"--session {session} names one session but {len(files)} files are given: "
            "leave it out and they are numbered in order"
        )
    for option, answer in (("--coach-is", coach_is), ("--phases", phases)):
        if answer is not None and len(files) > 1:
            raise ConfigError(
                f"{option} {answer} is an answer about one recording but {len(files)} files are "
                "given: labels and turns differ from file to file, so answer for each by itself"
            )
    if keep_voice and not consent.strip():
        raise ConfigError(
            '--keep-voice needs the consent of that speaker: add --consent "who agreed, and when"'
        )
    folder = shared.data_folder(data)
    asked = {
        "words": _given(language=language, model=model, engine=engine),
        "segments": _given(speakers=_count(speakers), model=diarization, channels=channels),
        "phases": _given(without=_absent(without)),
    }
    if media and len(files) > 1:
        raise ConfigError(
            f"--media {media[0]} is a stretch of one recording but {len(files)} files are given: "
            "process that one by itself"
        )
    request = SessionRequest(
        coachee, coach, session, date.date() if date else None, programme, correct
    )
    jobs = [
        Job(
            folder,
            file.expanduser().absolute(),
            asked,
            config,
            request,
            coach_is,
            phases.expanduser().absolute() if phases else None,
            tuple(_stretch(span) for span in media or ()),
            tuple(keep_voice or ()),
            consent,
        )
        for file in files
    ]
    if not run(jobs, quiet, as_json):
        raise typer.Exit(1)


def _stretch(span: str) -> Span:
    try:
        return parse_span(span)
    except ValueError as error:
        raise ConfigError(f"--media {error}") from error


def demo(
    data: shared.Data = None,
    config: shared.Config = None,
    quiet: shared.Quiet = False,
    as_json: shared.Json = False,
) -> None:
    """Process the three sample sessions with the real models and show what comes of them."""
    from convo.outcome import conversations, write_progression
    from convo.reservation import Job
    from convo.resources import resource
    from convo.sessions import SessionRequest

    folder = shared.data_folder(data)
    jobs = []
    for number in (1, 2, 3):
        sample = resource(f"data/samples/demo-{number}")
        facts = json.loads((sample / "turns.json").read_text(encoding="utf-8"))
        day = datetime.date(2026, 1, 13) + datetime.timedelta(weeks=4 * (number - 1))
        request = SessionRequest(
            facts["coachee"], facts["coach"], number, day, "Sample: language in the early years"
        )
        jobs.append(
            Job(folder, sample / "recording.m4a", {"words": {"language": "en"}}, config, request)
        )
    if not run(jobs, quiet, as_json):
        raise typer.Exit(1)
    coachee = jobs[0].request.coachee or ""
    if not as_json:
        shared.say()
        show_progression(conversations(folder, coachee))
        shared.say(f"All reports: {write_progression(folder, coachee)}")


def run(jobs: Sequence[Job], quiet: bool, as_json: bool) -> bool:
    """Process ``jobs`` one after the other and say what came of each; True if all are done."""
    from convo.config import load_settings
    from convo.pipeline import stages

    first = jobs[0]
    data = first.data
    # What would fail for every file fails before the first.
    stages.check(data, load_settings(data, first.config, first.asked))
    failed = []

    def tell(job: Job, result: Outcome | ConvoError) -> None:
        if isinstance(result, ConvoError):
            failed.append(job)
            shared.complain(f"{job.file.name}: {result}")
        if as_json:
            shared.emit(_as_json(job, result))
        elif not isinstance(result, ConvoError):
            for line in session_lines(data, result):
                shared.say(line)

    line = contextlib.nullcontext() if quiet else live.LiveLine(shared.err, data)
    with line as watcher:
        if not quiet and shared.err.is_terminal:
            shared.err.print("starting …", end="\r")
        from flows.engine import engine

        with engine(data), interruptible(), watched_by(watcher):
            from flows.process_session import run as run_flows

            run_flows(jobs, tell)
    if failed and len(jobs) > 1:
        shared.complain(f"{len(failed)} of {len(jobs)} recordings failed")
    return not failed


def _as_json(job: Job, result: Outcome | ConvoError) -> dict[str, Any]:
    if isinstance(result, ConvoError):
        return {"file": str(job.file), "state": "failed", "error": str(result)}
    meeting = result.session
    return {
        "file": str(job.file),
        "state": "done",
        "recording_id": result.recording.recording_id,
        "coachee": meeting.coachee,
        "coach": meeting.coach,
        "session": meeting.number,
        "date": meeting.date.isoformat(),
        "report": str(job.data / result.report),
    }


def _given(**options: Any) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


def _absent(without: Sequence[str] | None) -> list[str] | None:
    """None when nothing was said, so that what was said before holds; empty for "none"."""
    if not without:
        return None
    return [] if list(without) == ["none"] else list(without)


def _count(speakers: str | None) -> int | str | None:
    if speakers is None or speakers == "auto":
        return speakers
    if speakers.isdigit() and int(speakers) > 0:
        return int(speakers)
    raise ConfigError(f"--speakers {speakers!r} is no number of people: give 2, auto, or a number")
