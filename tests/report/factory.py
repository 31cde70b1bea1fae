"""Conversations for the report tests: the sample sessions with phases set by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from statistics import median

from convo.resources import resource
from convo.transcript import (
    Boundary,
    Conversation,
    Coverage,
    Diarization,
    Phase,
    PhaseSpan,
    Recording,
    RemovedText,
    Role,
    RoleAssignment,
    Segmentation,
    Session,
    Share,
    Transcription,
    Turn,
)

OPEN, LOOK, PLAN, FRAME = Phase.ORIENTATION, Phase.SCRUTINY, Phase.CO_CONSTRUCTION, Phase.FRAME
ROLES = {"SPEAKER_00": Role.COACH, "SPEAKER_01": Role.COACHEE}
STARTS: Mapping[int, Sequence[tuple[Phase, int]]] = {
    1: ((FRAME, 1), (OPEN, 3), (LOOK, 9), (PLAN, 25), (FRAME, 35)),
    2: ((FRAME, 1), (OPEN, 5), (LOOK, 8), (PLAN, 27)),
    3: ((OPEN, 1), (LOOK, 7), (PLAN, 17)),
}


def sample(number: int) -> Conversation:
    """Sample session 1, 2 or 3."""
    path = resource(f"data/samples/demo-{number}/turns.json")
    told = json.loads(path.read_text(encoding="utf-8"))["turns"]
    turns = tuple(
        Turn(
            number=t["turn"],
            speaker="SPEAKER_00" if t["speaker"] == "COACH" else "SPEAKER_01",
            text=t["text"],
            start=t["start"],
            end=t["end"],
            role=Role(t["speaker"].lower()),
        )
        for t in told
    )
    session = Session("Hannah", "Maeve", number, date(2025, 9, 16) + timedelta(21 * number), "Talk")
    return conversation(turns, segmentation(turns, STARTS[number]), session)


def conversation(
    turns: tuple[Turn, ...],
    phases: Segmentation,
    session: Session | None = None,
    **changes: object,
) -> Conversation:
    """A conversation of ``turns`` with all that follows from them."""
    session = session or Session("Hannah", "Maeve", 1, date(2025, 9, 16), "Talk")
    end = max((t.end for t in turns if t.end is not None), default=0.0)
    made = Conversation(
        recording=Recording(
            f"{session.number:02x}" * 32, f"demo-{session.number}.m4a", end + 1, 1, 44100, "mp4", 9
        ),
        session=session,
        transcription=Transcription((), "en", 0.99, "faster-whisper", "base"),
        diarization=Diarization((), (), {}, "bundled"),
        coverage=Coverage(end * 0.9, 0.0, 0.0),
        roles=RoleAssignment(ROLES, 0.97, "talk", ("asks 9 of 10 questions",)),
        turns=turns,
        segmentation=phases,
        shares=shares(turns, phases),
        provenance={"convo": "0.1.0", "options.words": '{"beam_size": 5}'},
        review=phases.review,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def segmentation(turns: Sequence[Turn], starts: Sequence[tuple[Phase, int]]) -> Segmentation:
    """Spans that begin at the turns given, with windows of a few turns around each."""
    last = len(turns)
    ends = [start - 1 for _, start in starts[1:]] + [last]
    spans = tuple(
        PhaseSpan(phase, start, end) for (phase, start), end in zip(starts, ends, strict=True)
    )
    boundaries = tuple(
        Boundary(
            after.start_turn,
            before.phase,
            after.phase,
            max(before.start_turn + 1, after.start_turn - 2),
            min(last, after.start_turn + 1),
            0.6,
            (after.start_turn,),
        )
        for before, after in pairwise(spans)
    )
    rows = tuple(
        {p: 0.7 if p is span.phase else 0.1 for p in Phase}
        if any(b.earliest <= turn.number <= b.latest for b in boundaries)
        else {p: 0.97 if p is span.phase else 0.01 for p in Phase}
        for span in spans
        for turn in turns[span.start_turn - 1 : span.end_turn]
    )
    review = ("the change into co-construction could lie more than 10 turns away",)
    return Segmentation(spans, boundaries, rows, "cues", review=review if boundaries else ())


def shares(turns: Sequence[Turn], phases: Segmentation) -> tuple[Share, ...]:
    """Shares by the rules the pipeline keeps, with an interval of plus and minus 7 points."""
    labels = phases.labels()
    made: list[Share] = []
    for phase in (None, *Phase):
        inside = [t for i, t in enumerate(turns) if phase is None or labels[i] is phase]
        if inside:
            made += share_pair(phase, inside)
    return tuple(made)


def share_pair(phase: Phase | None, turns: Sequence[Turn]) -> tuple[Share, Share]:
    """The shares of both roles in ``turns``."""
    by_role = {r: [t for t in turns if t.role is r] for r in (Role.COACH, Role.COACHEE)}
    words = {role: sum(t.word_count for t in mine) for role, mine in by_role.items()}
    total = sum(words.values())
    coach = round(100 * words[Role.COACH] / total) if total else None
    withheld = total < 150 and phase is not None
    caution = f"only {total} words, under the 150 that a share needs" if withheld else None
    lost = sum(t.word_count for t in turns if t.role is None)

    def one(role: Role) -> Share:
        percent = coach if role is Role.COACH or coach is None else 100 - coach
        counts = [t.word_count for t in by_role[role]]
        raw = words[role] / total if total else 0.0
        return Share(
            phase=phase,
            role=role,
            words=words[role],
            total=total,
            percent=None if withheld else percent,
            low=None if withheld or not total else max(0.0, raw - 0.07),
            high=None if withheld or not total else min(1.0, raw + 0.07),
            seconds=sum((t.end or 0) - (t.start or 0) for t in by_role[role]),
            total_seconds=sum((t.end or 0) - (t.start or 0) for t in turns if t.role),
            turns=len(counts),
            median_turn_words=median(counts) if counts else None,
            longest_turn_words=max(counts, default=None),
            words_without_backchannels=sum(n for n in counts if n > 1),
            total_without_backchannels=sum(t.word_count for t in turns if t.word_count > 1),
            unattributed=lost,
            withheld=withheld,
            caution=caution,
        )

    return one(Role.COACH), one(Role.COACHEE)


def flagged(number: int) -> Conversation:
    """A sample session with everything to look at that there can be."""
    made = sample(number)
    roles = RoleAssignment(
        ROLES, 0.62, "talk", ("asks 5 of 9 questions",), ("the two voices ask about as much",)
    )
    return replace(
        made,
        roles=roles,
        transcription=replace(
            made.transcription,
            removed=(RemovedText("Thank you for watching.", 61.0, 63.5, "invented in silence"),),
        ),
        coverage=Coverage(190.0, 6.2, 3.0, ((75.0, 78.2), (201.0, 204.0))),
        review=(*made.review, *roles.review, "3 % of the speech got no words"),
    )


def long_session(count: int = 1500) -> Conversation:
    """Two hours in ``count`` turns, with two rounds of the phases."""
    step = 7200 / count
    turns = tuple(
        Turn(
            n,
            f"SPEAKER_0{n % 2}",
            "so what happened then with the picture cards on the carpet last week " * (1 + n % 3),
            round((n - 1) * step, 3),
            round(n * step - 0.3, 3),
            Role.COACH if n % 2 == 0 else Role.COACHEE,
        )
        for n in range(1, count + 1)
    )
    parts = (FRAME, OPEN, LOOK, PLAN, LOOK, PLAN, FRAME)
    starts = [(phase, 1 + i * count // len(parts)) for i, phase in enumerate(parts)]
    return conversation(turns, segmentation(turns, starts))
