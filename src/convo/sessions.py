"""Which session a recording is: asked for by the user, guessed where they said nothing."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from convo.errors import SessionError, did_you_mean
from convo.transcript import Recording, Session

_DATE = re.compile(r"(?<!\d)(20\d\d)[-_. ]?(0[1-9]|1[0-2])[-_. ]?(0[1-9]|[12]\d|3[01])(?!\d)")

_NUMBER = re.compile(r"(?:session|(?<![a-z])s)[ _.-]*0*([1-9]\d?)(?!\d)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SessionRequest:
    """What the user said about a recording; None where they said nothing.

    ``correct`` allows a recording that is kept already to become another session.
    """

    coachee: str | None = None
    coach: str | None = None
    number: int | None = None
    date: datetime.date | None = None
    programme: str | None = None
    correct: bool = False


@dataclass(frozen=True, slots=True)
class KnownSession:
    """A session that is kept or in work, and the recording it came from.

    One that is not ``firm`` failed or was interrupted: it keeps its number and names for when it is
    processed again, unless the number is asked for.
    """

    session: Session
    recording_id: str
    recording_name: str
    firm: bool = True


def resolve_session(
    request: SessionRequest, recording: Recording, file: Path, known: Sequence[KnownSession]
) -> Session:
    """The session that ``recording`` is, given what is ``known`` already.

    A recording that is kept already keeps its session unless the user says something else. A
    new one gets the next free number of its coachee, the date in its file name (else the day the
    file was last changed), and, when nobody was named, a coachee named after the file.

    Raises:
        SessionError: the recording is already another session, or the session already has
            another recording.
    """
    earlier = next((k for k in known if k.recording_id == recording.recording_id), None)
    others = [k for k in known if k is not earlier]
    if earlier is not None:
        if earlier.firm and not request.correct:
            _refuse_contradiction(request, earlier)
            return earlier.session
        kept = earlier.session
        session = Session(
            request.coachee or kept.coachee,
            request.coach or kept.coach,
            request.number or kept.number,
            request.date or kept.date,
            kept.programme if request.programme is None else request.programme,
        )
    else:
        coachee = request.coachee or file.stem
        coach = request.coach or _usual_coach(coachee, known) or "coach"
        programme = request.programme or ""
        number = request.number or 1 + max(
            (k.session.number for k in others if _pair(k.session) == (coachee, coach, programme)),
            default=0,
        )
        session = Session(coachee, coach, number, request.date or guess_date(file), programme)
    _refuse_taken(session, others, recording.name)
    return session


def find_coachee(name: str, known: Sequence[KnownSession]) -> str:
    """``name`` if sessions of that coachee are kept.

    Raises:
        SessionError: they are not; the sentence names the close match.
    """
    names = {k.session.coachee for k in known}
    if name not in names:
        raise SessionError(
            f"there is no session of a coachee {name!r}: {did_you_mean(name, names)}"
        )
    return name


def find_session(
    known: Sequence[KnownSession],
    coachee: str,
    number: int | None = None,
    coach: str | None = None,
    programme: str | None = None,
) -> KnownSession:
    """The one session of ``coachee`` that fits what was said; None fits all.

    Raises:
        SessionError: no session fits, or several do; the sentence names those there are.
    """
    asked = (find_coachee(coachee, known), coach, programme, number)
    theirs = [k for k in known if k.session.coachee == coachee]
    fitting = [
        k
        for k in theirs
        if all(
            a in (None, b)
            for a, b in zip(asked, (*_pair(k.session), k.session.number), strict=True)
        )
    ]
    if len(fitting) == 1:
        return fitting[0]
    there = ", ".join(
        f"session {s.number} with {s.coach}" + (f" in {s.programme}" if s.programme else "")
        for s in sorted((k.session for k in fitting or theirs), key=lambda s: (s.coach, s.number))
    )
    many = "several sessions" if fitting else "no session"
    raise SessionError(
        f"{many} of {coachee} fit what was asked ({there}): "
        "name one with --session, and --coach or --programme if need be"
    )


def guess_date(file: Path, changed: float | None = None) -> datetime.date:
    """The date in the file's name, else the day on which the file was last changed.

    ``changed`` (seconds since 1970) is when that was, for a file that is not there.

    >>> guess_date(Path("2026-01-15 14.30.22 Review.mp4")).isoformat()
    '2026-01-15'
    >>> guess_date(Path("Meeting with X-20260815_200732-Meeting Recording.mp4")).isoformat()
    '2026-08-15'
    """
    for match in _DATE.finditer(f"{file.name} {file.parent.name}"):
        try:
            year, month, day = (int(part) for part in match.groups())
            return datetime.date(year, month, day)
        except ValueError:  # such as 31 February
            continue
    seconds = file.stat().st_mtime if changed is None else changed
    return datetime.datetime.fromtimestamp(seconds).date()


def guess_number(name: str) -> int | None:
    """The number of the session in a file's name, None if it is not plainly there.

    >>> [guess_number(n) for n in ("Hannah session 03.m4a", "S2_Maeve.mp4", "2026.wav")]
    [3, 2, None]
    """
    found = _NUMBER.search(name)
    return int(found[1]) if found else None


def _usual_coach(coachee: str, known: Sequence[KnownSession]) -> str | None:
    coaches = {k.session.coach for k in known if k.session.coachee == coachee}
    return coaches.pop() if len(coaches) == 1 else None


def _pair(session: Session) -> tuple[str, str, str]:
    return session.coachee, session.coach, session.programme


def _refuse_taken(session: Session, others: Sequence[KnownSession], name: str) -> None:
    for other in others:
        if (
            other.firm
            and _pair(other.session) == _pair(session)
            and other.session.number == session.number
        ):
            raise SessionError(
                f"session {session.number} of {session.coachee} is already the recording "
                f"{other.recording_name}, so {name} cannot be it too",
                terminal="give another --session number",
                page="give it another number",
            )


def _refuse_contradiction(request: SessionRequest, earlier: KnownSession) -> None:
    session = earlier.session
    for field, option in (
        ("coachee", "--coachee"),
        ("coach", "--coach"),
        ("number", "--session"),
        ("date", "--date"),
        ("programme", "--programme"),
    ):
        asked, kept = getattr(request, field), getattr(session, field)
        if asked is not None and asked != kept:
            raise SessionError(
                f"this recording is already kept as session {session.number} of "
                f"{session.coachee} ({field} {kept}), so it cannot also be {field} {asked}",
                terminal=f"leave out {option}, or add --correct to change what is kept",
                page="put that right on the page of the session, with “Edit” at its head",
            )
