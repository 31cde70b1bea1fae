"""The queue as a page: how far each recording is, kept up to date by one stream of events."""

from __future__ import annotations

import asyncio
import datetime
import hashlib
import time
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Form, HTTPException, Request, Response
from fastapi.responses import RedirectResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from convo.database.artefacts import is_kept
from convo.database.jobs import Queued
from convo.deletion import forgetting
from convo.progress import EXPECTED_FACTORS, TITLES, machine_factors, seconds_left
from convo.report.wording import plural
from convo.sessions import SessionRequest
from convo.transcript import Recording
from convo.web import pages
from convo.web.access import Viewer, Who, by, is_still, may_change
from convo.web.audio import SoundThere
from convo.web.desk import Desk
from convo.web.kept import RunOf
from convo.web.pages import AtDesk

router = APIRouter(prefix="/queue")
EVERY_S = 1.0
START_S = 15.0  # a recording's own process has to start and load models
MOST_ENDED = 30
_LOGGED_OUT = '<p>You are logged out. <a href="/login?then=/queue">Log in again</a></p>'


@dataclass(frozen=True, slots=True)
class Line:
    """One recording in the list: in ``progress`` how far it is, ``done`` from 0 to 1.

    ``kept`` says that there is a session of it, also if it failed when it was read again.
    """

    job: Queued
    whose: str
    progress: str = ""
    done: float | None = None
    kept: bool = False


@router.get("")
def page(request: Request, desk: AtDesk, who: Who) -> Response:
    """What is in work, what waits, and what has ended."""
    lines = _lines(desk, who)
    return pages.show(request, "queue.html.j2", **_content(desk, lines))


@router.get("/events", response_class=EventSourceResponse)
async def events(
    request: Request, desk: AtDesk, who: Who, seen: str = ""
) -> AsyncIterator[ServerSentEvent]:
    """``list`` when recordings come, go or change their state; ``job-ID`` when one gets on.

    It ends with the login, and then the list goes from the page too.
    """
    told: dict[str, Line] = {}
    while await run_in_threadpool(is_still, request, who):
        lines = await run_in_threadpool(_lines, desk, who)
        now = _digest(lines)
        if now != seen:
            part = pages.render(request, "queue-list.html.j2", **_content(desk, lines))
            yield ServerSentEvent(raw_data=part, event="list")
            seen, told = now, {}
        for line in lines:
            if line.job.state == "running" and told.get(line.job.short_id) != line:
                part = pages.render(request, "queue-progress.html.j2", line=line)
                yield ServerSentEvent(raw_data=part, event=f"job-{line.job.short_id}")
                told[line.job.short_id] = line
        await asyncio.sleep(EVERY_S)
    yield ServerSentEvent(raw_data=_LOGGED_OUT, event="list")
    yield ServerSentEvent(raw_data="logged out", event="end")


@router.post("/{id}/cancel")
def cancel(id: str, request: Request, desk: AtDesk, who: Who) -> Response:
    """Stop working on a recording; what was finished is kept."""
    _own_job(desk, who, id)
    desk.queue.cancel(id)
    return _list(request, desk, who)


@router.post("/{id}/again")
def again(
    id: str,
    request: Request,
    desk: AtDesk,
    who: Who,
    coachee: str = Form("", max_length=200),
    coach: str = Form("", max_length=200),
    number: str = Form("", pattern="^[0-9]{0,3}$"),
    date: datetime.date | None = Form(None),  # noqa: B008 - how FastAPI is told of a form
) -> Response:
    """Process a recording once more, with other answers if some are given."""
    job = _own_job(desk, who, id)
    said = replace(
        job.request,
        coachee=" ".join(coachee.split()) or job.request.coachee,
        coach=" ".join(coach.split()) or job.request.coach,
        number=int(number) if number.strip("0") else job.request.number,
        date=date or job.request.date,
    )
    desk.queue.again(id, request=said)
    return _list(request, desk, who)


@router.post("/{id}/forget")
def forget(id: str, request: Request, desk: AtDesk, who: Who) -> Response:
    """Take a recording that has ended off the list.

    What is kept of it stays. One that came to nothing is deleted with all that came in of it.
    """
    job = _own_job(desk, who, id)
    if job.state in ("failed", "cancelled") and not is_kept(desk.artefacts, job.recording_id):
        forgetting.forget(desk.data, job.recording_id, by(who))
    else:
        desk.queue.forget(id)
    return _list(request, desk, who)


@router.post("/{short_id}/channels")
def channels(run: RunOf, sound: SoundThere, desk: AtDesk, who: Who) -> Response:
    """Process a kept recording again, each of its two channels as one speaker."""
    if not may_change(who, run.session):
        raise HTTPException(403, "Only the two speakers of a session may put it right.")
    recording = Recording(**run.facts["recording"])
    if recording.channels != 2:
        raise HTTPException(409, "This recording has not two channels, one for each speaker.")
    desk.queue.add(
        Queued(
            recording_id=run.recording_id,
            name=recording.name,
            file=_as_kept(desk, sound.file),
            minutes=recording.duration / 60,
            who=who.name,
            request=SessionRequest(**asdict(run.session)),
            asked={"segments": {"channels": "speakers"}},
        )
    )
    return RedirectResponse("/queue", 303)


def _as_kept(desk: Desk, file: Path) -> str:
    """Relative to the data folder where it lies in it."""
    inside = file.is_relative_to(desk.data)
    return (file.relative_to(desk.data) if inside else file).as_posix()


def open_lines(desk: Desk, who: Viewer) -> list[Line]:
    """What waits or is in work, for other pages."""
    return [line for line in _lines(desk, who) if line.job.state not in ("done", "cancelled")]


def _own_job(desk: Desk, who: Viewer, id: str) -> Queued:
    job = desk.queue.job(id)
    if job is None or not _is_of(who, job):
        raise HTTPException(404, "There is no such recording in the queue: it may have been done.")
    return job


def _is_of(who: Viewer, job: Queued) -> bool:
    return who.role == "owner" or job.who == who.name


def _list(request: Request, desk: Desk, who: Viewer) -> Response:
    if "hx-request" not in request.headers:
        return RedirectResponse("/queue", 303)
    return pages.show(request, "queue-list.html.j2", **_content(desk, _lines(desk, who)))


def _content(desk: Desk, lines: list[Line]) -> dict[str, Any]:
    return {
        "open_lines": [line for line in lines if line.done is not None],
        "ended": [line for line in lines if line.done is None],
        "digest": _digest(lines),
        "problem": desk.queue_problem(),
    }


def _digest(lines: list[Line]) -> str:
    states = "".join(f"{line.job.short_id}{line.job.state}{line.job.attempt}" for line in lines)
    return hashlib.sha256(states.encode()).hexdigest()[:16]


def _lines(desk: Desk, who: Viewer) -> list[Line]:
    """Everything in the queue in its order, then what has ended, newest first."""
    factors = EXPECTED_FACTORS | machine_factors(desk.data)
    now, ahead = time.time(), 0.0
    lines = []
    for job in desk.queue.jobs("running", "cancelling", "waiting"):
        line, left = _open_line(job, factors, now, ahead)
        ahead += left
        if _is_of(who, job):
            lines.append(line)
    running_first = sorted(lines, key=lambda line: line.job.state == "waiting")
    ended = desk.queue.ended(MOST_ENDED)
    return running_first + [
        Line(job, _whose(job), kept=is_kept(desk.artefacts, job.recording_id))
        for job in ended
        if _is_of(who, job)
    ]


def _open_line(
    job: Queued, factors: dict[str, float], now: float, ahead: float
) -> tuple[Line, float]:
    """The line of a recording that is not done, and the seconds of work it still is."""
    total = 60 * job.minutes
    whole = START_S + total * sum(factors.get(stage, 0.0) for stage in TITLES)
    if job.state == "cancelling":
        return Line(job, _whose(job), "stopping", 0.0), 0.0
    if job.state == "waiting":
        begins = f"begins in {_about(ahead)}" if ahead > 0 else "begins in a moment"
        return Line(job, _whose(job), f"waiting, {begins}", 0.0), whole
    if job.stage is None:
        return Line(job, _whose(job), "beginning", 0.0), whole
    spent = now - (job.stage_begun or now)
    left = seconds_left(factors, job.stage, total, job.stage_done_s, spent)
    done = min(job.stage_done_s / 60, job.minutes)
    far = f"{done:.0f} of {job.minutes:.0f} minutes" if job.minutes >= 1 else "under a minute"
    text = f"{TITLES.get(job.stage, job.stage)}: {far}, {_about(left)} left"
    return Line(job, _whose(job), text, max(0.0, 1 - left / whole) if whole else 0.0), left


def _whose(job: Queued) -> str:
    asked: SessionRequest = job.request
    number = f"Session {asked.number}" if asked.number else "The next session"
    return f"{number} of {asked.coachee} with {asked.coach}"


def _about(seconds: float) -> str:
    """
    >>> _about(20), _about(100), _about(4000)
    ('less than a minute', 'about 2 minutes', 'about 1 hour 5 minutes')
    """
    minutes = round(seconds / 60)
    if seconds < 60:
        return "less than a minute"
    if minutes < 60:
        return f"about {plural(minutes, 'minute')}"
    hours, rest = divmod(5 * round(minutes / 5), 60)
    return f"about {plural(hours, 'hour')}" + (f" {rest} minutes" if rest else "")
