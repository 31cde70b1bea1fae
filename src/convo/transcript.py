"""The nouns: what every stage hands to the next, free of any library's own types.

Times are float seconds from the start of the recording, rounded to milliseconds where foreign
data enters. ``speaker=None`` means unattributed, ``role=None`` means nobody has said who it is.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from convo.between import Activity
from convo.changes import Change as Change
from convo.changes import PassageSpan as PassageSpan
from convo.changes import Remedy as Remedy
from convo.codebook import TurnCode
from convo.errors import TranscriptError
from convo.labels import Passage as Passage
from convo.labels import Phase as Phase
from convo.labels import Role as Role

NO_CLEAR_PHASES = "no clear phases"
"""How the reason for review begins when a session as a whole is too unsure."""

_WORD = re.compile(r"[^\W_]+(?:['’\-‐‑][^\W_]+)*")
_TAG = re.compile(r"\[[^\]]*\]|<[^>]*>")


def count_words(text: str) -> int:
    """Words in ``text``: runs of letters or digits with inner apostrophes or hyphens.

    Bracketed tags are not words.

    >>> count_words("Don't stop [laughs] the age-phase chart, für 2021.")
    7
    >>> count_words("— ... !")
    0
    """
    return len(_WORD.findall(_TAG.sub(" ", text)))


@dataclass(frozen=True, slots=True)
class Recording:
    """One file of one session: audio, video, or a transcript, which has no channels.

    ``recording_id`` is the SHA-256 of its bytes.
    """

    recording_id: str
    name: str
    duration: float
    channels: int
    sample_rate: int
    container: str
    bytes: int

    @property
    def short_id(self) -> str:
        """The first 16 characters, enough to name files and folders."""
        return self.recording_id[:16]

    @property
    def has_sound(self) -> bool:
        """Whether it can be heard: a transcript has no channels."""
        return self.channels > 0


@dataclass(frozen=True, slots=True)
class Word:
    """One recognised token between spaces, punctuation attached, no leading space.

    >>> Word("so", 1.8, 2.1).said_by("SPEAKER_00").speaker
    'SPEAKER_00'
    """

    text: str
    start: float
    end: float
    probability: float = 1.0
    speaker: str | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end:
            raise TranscriptError(
                f"word {self.text!r} runs from {self.start} to {self.end} s: "
                "times must not be negative or run backwards"
            )

    def said_by(self, speaker: str | None) -> Word:
        """The same word, attributed to ``speaker``."""
        return replace(self, speaker=speaker)


@dataclass(frozen=True, slots=True, order=True)
class SpeakerSegment:
    """A stretch in which one speaker is heard."""

    start: float
    end: float
    speaker: str

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end:
            raise TranscriptError(
                f"speaker segment of {self.speaker} runs from {self.start} to {self.end} s: "
                "times must not be negative or run backwards"
            )

    @property
    def duration(self) -> float:
        """Seconds."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Diarization:
    """Who speaks when, without names.

    ``segments`` may overlap (for speaking seconds); ``exclusive`` never does (words are attributed
    against it). ``voices`` holds one unit-length embedding a speaker, and is empty when the
    speakers come from separate channels. ``source`` names the method: ``bundled``,
    ``community-1`` or ``channels``.
    """

    segments: tuple[SpeakerSegment, ...]
    exclusive: tuple[SpeakerSegment, ...]
    voices: Mapping[str, tuple[float, ...]]
    source: str

    @property
    def speakers(self) -> tuple[str, ...]:
        """All labels, sorted."""
        return tuple(sorted({segment.speaker for segment in self.segments}))


@dataclass(frozen=True, slots=True)
class RemovedText:
    """Text that a decoder wrote and the guard took out, with the reason."""

    text: str
    start: float
    end: float
    reason: str


@dataclass(frozen=True, slots=True)
class Transcription:
    """The words of one recording, before anyone knows who said them."""

    words: tuple[Word, ...]
    language: str
    language_probability: float | None
    engine: str
    model: str
    removed: tuple[RemovedText, ...] = ()


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of the diarised speech got words; ``wordless`` lists stretches that have none."""

    speech_seconds: float
    wordless_seconds: float
    redecoded_seconds: float
    wordless: tuple[tuple[float, float], ...] = ()

    @property
    def wordless_share(self) -> float | None:
        """Between 0 and 1, or None when no speech was heard."""
        return self.wordless_seconds / self.speech_seconds if self.speech_seconds else None


@dataclass(frozen=True, slots=True)
class Turn:
    """Everything one speaker says until the other takes the floor; ``number`` counts from 1.

    ``start`` and ``end`` are None for transcripts without times. ``passage`` is what a person says
    the turn is if it is no ordinary talk. Where the text is left out, ``hidden`` has the number of
    its words that count.
    """

    number: int
    speaker: str | None
    text: str
    start: float | None = None
    end: float | None = None
    role: Role | None = None
    passage: Passage | None = None
    hidden: int | None = None

    @property
    def word_count(self) -> int:
        """Words by the counting rule of :func:`count_words`."""
        return count_words(self.text) if self.hidden is None else self.hidden

    @property
    def shown(self) -> Turn:
        """The same turn as everybody may see it: a private one without its text.

        >>> Turn(1, "A", "Between us.", role=Role.COACH, passage=Passage.PRIVATE).shown.text
        ''
        """
        if self.passage is not Passage.PRIVATE or self.hidden is not None:
            return self
        return replace(self, text="", hidden=self.word_count if self.role else 0)

    def played_by(self, role: Role | None) -> Turn:
        """The same turn, spoken in ``role``."""
        return replace(self, role=role)


@dataclass(frozen=True, slots=True)
class PhaseSpan:
    """Turns ``start_turn`` to ``end_turn`` (both included) with one label."""

    phase: Phase
    start_turn: int
    end_turn: int
    cycle: int = 1
    probability: float | None = None


@dataclass(frozen=True, slots=True)
class Boundary:
    """Where one span ends: ``turn`` is the first turn of ``after``.

    With probability 0.8 the boundary lies between ``earliest`` and ``latest`` (turn numbers).
    ``probability`` is the mass within three turns. ``evidence`` names the turns that speak for it.
    Where a person placed it there is no probability, and both turns are that very turn.
    """

    turn: int
    before: Phase
    after: Phase
    earliest: int
    latest: int
    probability: float | None
    evidence: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Segmentation:
    """The phases of one session.

    ``probabilities`` has one row a turn: P(phase) in the order of :class:`Phase`, summing to 1.
    ``samples`` are alternative labellings (one phase a turn) drawn from the posterior, from which
    intervals of phase shares are made. ``review`` lists why a person should look, empty if none.
    ``names`` are the programme's own names of phases, for people; those it does not name keep
    their usual one. ``without`` are phases that were not looked for. Phases that a person put right
    are ``confirmed`` and have no probabilities, samples or reasons for review.
    """

    spans: tuple[PhaseSpan, ...]
    boundaries: tuple[Boundary, ...]
    probabilities: tuple[Mapping[Phase, float], ...]
    method: str
    samples: tuple[tuple[Phase, ...], ...] = field(default=(), repr=False)
    review: tuple[str, ...] = ()
    names: Mapping[Phase, str] = field(default_factory=dict)
    without: tuple[Phase, ...] = ()
    confirmed: Confirmation | None = None

    @property
    def found(self) -> Segmentation:
        """What the machine found, whatever a person said about it."""
        return self.confirmed.machine if self.confirmed else self

    @property
    def clear(self) -> bool:
        """False if the method was too unsure over the whole session: the spans are a guess."""
        return not any(reason.startswith(NO_CLEAR_PHASES) for reason in self.review)

    def labels(self) -> tuple[Phase, ...]:
        """The phase of every turn, in order."""
        return tuple(
            span.phase for span in self.spans for _ in range(span.start_turn, span.end_turn + 1)
        )


@dataclass(frozen=True, slots=True)
class Confirmation:
    """Who put the phases right (or found them right), on which day, and what the machine found."""

    who: str
    day: datetime.date
    machine: Segmentation


@dataclass(frozen=True, slots=True)
class Session:
    """One meeting in the sequence of one coachee with one coach in one programme."""

    coachee: str
    coach: str
    number: int
    date: datetime.date
    programme: str = ""


@dataclass(frozen=True, slots=True)
class RoleAssignment:
    """Which speaker has which role.

    ``source`` is ``person``, ``voice``, ``channel`` or ``talk``; ``probability`` is that of the
    coach being right (1.0 for a person's word). ``review`` says why a person should settle it.
    """

    roles: Mapping[str, Role]
    probability: float
    source: str
    evidence: tuple[str, ...] = ()
    review: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Share:
    """What one role contributes to the whole session (``phase=None``) or to one phase.

    ``words`` of ``total`` (coach + coachee); ``percent`` is whole, and the two roles sum to 100.
    ``low`` and ``high`` (0 to 1) are the 90 % interval. Seconds count overlap for both speakers and
    are None without times. ``unattributed`` words belong to no speaker and to neither role.
    A ``withheld`` share has no percent and no interval; ``caution`` says why in words.
    """

    phase: Phase | None
    role: Role
    words: int
    total: int
    percent: int | None
    low: float | None
    high: float | None
    seconds: float | None
    total_seconds: float | None
    turns: int
    median_turn_words: float | None
    longest_turn_words: int | None
    words_without_backchannels: int
    total_without_backchannels: int
    unattributed: int
    withheld: bool = False
    caution: str | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure: ``value`` of ``metric``, resting on ``n`` words, turns or questions.

    ``phase`` None is the whole session, ``role`` None both people. ``method`` names the versions
    of what it was made with. ``low`` and ``high`` are its 90 % interval, None where nothing could
    move it. A figure that cannot be had has no value, and ``missing`` says why in words.
    """

    phase: Phase | None
    role: Role | None
    metric: str
    value: float | None
    n: int
    method: str
    low: float | None = None
    high: float | None = None
    missing: str | None = None


@dataclass(frozen=True, slots=True)
class Corrected:
    """What people changed, and what was there before.

    ``words`` count in place of the machine's, None where nobody changed any. ``shares`` are those
    before anybody changed words or phases. ``texts`` have, for every turn in which words were
    edited, what the machine wrote there. ``rejected`` are activities that are none.
    """

    words: tuple[Word, ...] | None = None
    passages: tuple[PassageSpan, ...] = ()
    shares: tuple[Share, ...] = ()
    changes: tuple[Change, ...] = ()
    texts: Mapping[int, str] = field(default_factory=dict)
    rejected: tuple[Activity, ...] = ()


@dataclass(frozen=True, slots=True)
class Conversation:
    """Everything known about one recording of one session.

    ``codes`` say what every turn of the room does; ``measures`` are figures made of them.
    ``activities`` are candidates for what was agreed for between the sessions. All three are empty
    for results made before there were any.

    ``review`` gathers what a person should look at, ``remedies`` what helps against some of it.
    ``provenance`` names code, model and stage
    versions and options, so that every figure can be traced.
    """

    recording: Recording
    session: Session
    transcription: Transcription
    diarization: Diarization
    coverage: Coverage
    roles: RoleAssignment
    turns: tuple[Turn, ...]
    segmentation: Segmentation
    shares: tuple[Share, ...]
    provenance: Mapping[str, str]
    review: tuple[str, ...] = ()
    codes: tuple[TurnCode, ...] = ()
    measures: tuple[Measure, ...] = ()
    activities: tuple[Activity, ...] = ()
    corrected: Corrected | None = None
    remedies: tuple[Remedy, ...] = ()

    @property
    def words(self) -> tuple[Word, ...]:
        """The words that count: as people corrected them, else the machine's."""
        said = self.corrected.words if self.corrected else None
        return self.transcription.words if said is None else said
