"""Made-up conversations with everything in them that a real one has; nobody ever said this."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from statistics import median

from convo.codebook import Artefact, Code, Flag, TurnCode, TurnFlag
from convo.conversation.spans import put_right
from convo.transcript import (
    Boundary,
    Conversation,
    Coverage,
    Diarization,
    Measure,
    Phase,
    PhaseSpan,
    Recording,
    RemovedText,
    Role,
    RoleAssignment,
    Segmentation,
    Session,
    Share,
    SpeakerSegment,
    Transcription,
    Turn,
    Word,
)

COACH, COACHEE = "SPEAKER_00", "SPEAKER_01"
ROLES = {COACH: Role.COACH, COACHEE: Role.COACHEE}

SCRIPT: tuple[tuple[Phase, str, str], ...] = (
    (Phase.FRAME, COACH, "Hello again. Are you happy for me to record this?"),
    (Phase.FRAME, COACHEE, "Yes, that's fine."),
    (Phase.ORIENTATION, COACH, "What would you like to look at today?"),
    (
        Phase.ORIENTATION,
        COACHEE,
        "The start of the lesson, really. I thought they were listening, but half of them weren't.",
    ),
    (Phase.ORIENTATION, COACH, "And what would be useful to leave with?"),
    (Phase.ORIENTATION, COACHEE, "One thing that I can try on Thursday."),
    (Phase.SCRUTINY, COACH, "Let's watch the first two minutes. What do you notice?"),
    (
        Phase.SCRUTINY,
        COACHEE,
        "Oh. I hadn't noticed how long I talk before anyone else says a word. That's three "
        "minutes. And Sam has been waiting with his hand up the whole time.",
    ),
    (Phase.SCRUTINY, COACH, "Mm-hm."),
    (
        Phase.SCRUTINY,
        COACHEE,
        "So it isn't that they don't listen; there is nothing for them to do yet.",
    ),
    (Phase.SCRUTINY, COACH, "How do you know that it is the same for the others?"),
    (Phase.SCRUTINY, COACHEE, "I don't, to be honest. I could look at the age-phase chart."),
    (Phase.CO_CONSTRUCTION, COACH, "What if the talking partners came first?"),
    (
        Phase.CO_CONSTRUCTION,
        COACHEE,
        "Then I would hear what they know. I'll start with a picture and thirty seconds of talk.",
    ),
    (Phase.CO_CONSTRUCTION, COACH, "And you could note who speaks, just for that one minute."),
    (Phase.CO_CONSTRUCTION, COACHEE, "I'll do that on Thursday and bring the notes next time."),
    (Phase.FRAME, COACH, "Lovely. Same time in two weeks?"),
    (Phase.FRAME, COACHEE, "Yes, thank you. Bye."),
)


def make_conversation(
    *,
    name: str = "session-1.m4a",
    coachee: str = "Hannah",
    coach: str = "Maeve",
    number: int = 1,
    programme: str = "language in the classroom",
    script: Iterable[tuple[Phase, str, str]] = SCRIPT,
    repeats: int = 1,
    unattributed: int = 3,
    review: tuple[str, ...] = (),
) -> Conversation:
    """One session; the same arguments give the same conversation, another name another recording.

    ``repeats`` says the script over and over (a 3-hour session has about 150), and every
    ``unattributed``-th turn ends in a word that belongs to nobody (0: none does).
    """
    lines = tuple(script) * repeats
    turns, words = _spoken(lines, unattributed)
    duration = words[-1].end + 1.0 if words else 6.0
    phases = tuple(phase for phase, _, _ in lines)
    segments = tuple(
        SpeakerSegment(turn.start or 0.0, turn.end or 0.0, str(turn.speaker)) for turn in turns
    )
    return Conversation(
        recording=Recording(
            hashlib.sha256(name.encode()).hexdigest(), name, duration, 1, 48000, "m4a", 123_456
        ),
        session=Session(
            coachee, coach, number, date(2026, 1, 12) + timedelta(weeks=2 * number), programme
        ),
        transcription=Transcription(
            words,
            "en",
            0.98,
            "faster-whisper",
            "base",
            (RemovedText("Thanks for watching!", duration - 0.9, duration - 0.1, "silence"),),
        ),
        diarization=Diarization(
            segments, segments, {COACH: (0.6, 0.8), COACHEE: (0.8, -0.6)}, "bundled"
        ),
        coverage=Coverage(duration * 0.9, 1.5, 4.0, ((duration - 3.0, duration - 1.5),)),
        roles=RoleAssignment(ROLES, 0.93, "talk", ("SPEAKER_00 asks 6 of 6 questions",)),
        turns=turns,
        segmentation=_segmentation(phases),
        shares=tuple(_shares(turns, phases, words)),
        provenance={
            "code": "convo 0.1.0",
            "stage.words": "1",
            "stage.shares": "1",
            "model.sha256": hashlib.sha256(b"weights").hexdigest(),
            "options.words": '{"model":"base"}',
        },
        review=review,
        codes=_codes(turns),
        measures=(Measure(None, Role.COACH, "questions_per_100_words", 7.5, 80, "functions-1"),),
    )


def _codes(turns: tuple[Turn, ...]) -> tuple[TurnCode, ...]:
    """Questions are ASK, everything else is described."""
    likely = {code: 0.9 if code is Code.ASK else 0.1 / 11 for code in Code}
    asked = (TurnFlag(Flag.OPEN, 0.7, ("what",)),)
    shown = (TurnFlag(Flag.ART, 0.8, ("chart",), Artefact.CHART, True),)
    return tuple(
        TurnCode(turn.number, Code.ASK, 0.9, ("what",), asked, likely)
        if "?" in turn.text
        else TurnCode(turn.number, Code.DES, 0.6, (), shown if "chart" in turn.text else ())
        for turn in turns
    )


def confirmed(conversation: Conversation, who: str = "Sam") -> Conversation:
    """The same with its phases put right: the first turn of scrutiny was orientation still."""
    labels = list(conversation.segmentation.labels())
    labels[labels.index(Phase.SCRUTINY)] = Phase.ORIENTATION
    right = put_right(conversation.segmentation, labels, who, date(2026, 3, 4))
    counted = _shares(conversation.turns, right.labels(), conversation.transcription.words)
    return replace(conversation, segmentation=right, shares=tuple(counted))


def without_voices(conversation: Conversation) -> Conversation:
    """What artefacts keep of it."""
    return replace(conversation, diarization=replace(conversation.diarization, voices={}))


def _spoken(
    lines: tuple[tuple[Phase, str, str], ...], unattributed: int
) -> tuple[tuple[Turn, ...], tuple[Word, ...]]:
    turns: list[Turn] = []
    words: list[Word] = []
    clock = 0.5
    for number, (_, speaker, text) in enumerate(lines, start=1):
        start = clock
        for token in text.split():
            words.append(Word(token, round(clock, 3), round(clock + 0.28, 3), 0.91, speaker))
            clock += 0.33
        turns.append(Turn(number, speaker, text, round(start, 3), words[-1].end, ROLES[speaker]))
        if unattributed and number % unattributed == 0:
            words.append(Word("Right.", round(clock, 3), round(clock + 0.2, 3), 0.4))
            clock += 0.3
        clock += 0.4
    return tuple(turns), tuple(words)


def _segmentation(phases: tuple[Phase, ...]) -> Segmentation:
    spans: list[PhaseSpan] = []
    for turn, phase in enumerate(phases, start=1):
        if spans and spans[-1].phase is phase:
            spans[-1] = replace(spans[-1], end_turn=turn)
        else:
            cycle = 1 + sum(span.phase is phase for span in spans)
            spans.append(PhaseSpan(phase, turn, turn, cycle, 0.8))
    boundaries = tuple(
        Boundary(
            b.start_turn,
            a.phase,
            b.phase,
            max(1, b.start_turn - 1),
            min(len(phases), b.start_turn + 1),
            0.7,
            (b.start_turn,),
        )
        for a, b in pairwise(spans)
    )
    probabilities = tuple(
        {other: 0.85 if other is phase else 0.05 for other in Phase} for phase in phases
    )
    review = ("the boundary before turn 7 is uncertain",) if len(phases) > 7 else ()
    return Segmentation(tuple(spans), boundaries, probabilities, "cues-1", (phases, phases), review)


def _shares(
    turns: tuple[Turn, ...], phases: tuple[Phase, ...], words: tuple[Word, ...]
) -> Iterable[Share]:
    lost = sum(word.speaker is None for word in words)
    for phase in (None, *(phase for phase in Phase if phase in phases)):
        spoken = [t for t, p in zip(turns, phases, strict=True) if phase in (None, p)]
        total = sum(turn.word_count for turn in spoken)
        seconds = sum((t.end or 0.0) - (t.start or 0.0) for t in spoken)
        for role in (Role.COACH, Role.COACHEE):
            own = [turn for turn in spoken if turn.role is role]
            count = sum(turn.word_count for turn in own)
            coach = round(100 * sum(t.word_count for t in spoken if t.role is Role.COACH) / total)
            lengths = [turn.word_count for turn in own]
            yield Share(
                phase=phase,
                role=role,
                words=count,
                total=total,
                percent=coach if role is Role.COACH else 100 - coach,
                low=max(0.0, count / total - 0.08),
                high=min(1.0, count / total + 0.08),
                seconds=round(sum((t.end or 0.0) - (t.start or 0.0) for t in own), 3),
                total_seconds=round(seconds, 3),
                turns=len(own),
                median_turn_words=float(median(lengths)) if lengths else None,
                longest_turn_words=max(lengths, default=None),
                words_without_backchannels=count,
                total_without_backchannels=total,
                unattributed=lost if phase is None else 0,
                caution="under 150 words" if phase is Phase.FRAME else None,
            )
