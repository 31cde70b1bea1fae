"""What a person should look at, in groups, each with what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from convo.report.wording import shortened, voices, with_own_names
from convo.transcript import Conversation, Remedy, Role


@dataclass(frozen=True, slots=True)
class CoachQuestion:
    """One voice that may be the coach: what it says first, and the command that settles it.

    ``shown_as`` is the name that the report uses for it meanwhile.
    """

    speaker: str
    shown_as: str
    quote: str
    command: str


@dataclass(frozen=True, slots=True)
class ReviewGroup:
    """Reasons that have one advice in common; ``about`` is ``roles``, ``phases`` or ``words``.

    ``remedies`` has what helps against a single reason, where something does.
    """

    about: str
    title: str
    reasons: tuple[str, ...]
    advice: str
    questions: tuple[CoachQuestion, ...] = ()
    commands: tuple[str, ...] = ()
    remedies: Mapping[str, Remedy] = field(default_factory=dict)


def review_groups(conversation: Conversation) -> tuple[ReviewGroup, ...]:
    """All reasons once, by what they are about; empty when nothing needs a look."""
    roles = tuple(dict.fromkeys(conversation.roles.review))
    phases = _without(conversation.segmentation.review, roles)
    other = _without(conversation.review, (*roles, *phases))
    named = tuple(with_own_names(reason, conversation) for reason in phases)
    questions = _coach_questions(conversation)
    if questions and not roles:
        roles = ("nobody has said yet which voice is the coach",)
    groups = (
        ReviewGroup("roles", "Who is the coach", roles, _ROLES, questions),
        ReviewGroup(
            "phases",
            "Where one phase changes into the next",
            named,
            _PHASES,
            commands=phase_commands(conversation),
        ),
        ReviewGroup(
            "words",
            "The recording and its words",
            other,
            _WORDS,
            remedies={remedy.reason: remedy for remedy in conversation.remedies},
        ),
    )
    return tuple(group for group in groups if group.reasons)


_ROLES = (
    "Read the first words of each voice below and run the line that fits. Only the steps "
    "after the transcript are done again, which takes seconds."
)
_PHASES = (
    "Read the transcript inside the hatched bands of the timeline and decide for yourselves where "
    "the talk changes. Use the shares by phase only as far as you agree with these places, or put "
    "the phases right: the first line writes a table of the turns, the second takes it back."
)
_WORDS = (
    "Listen to the recording at these places before you rely on the words or the figures there."
)


def phase_commands(conversation: Conversation) -> tuple[str, str]:
    """How the phases of this session are put right."""
    meeting, name = conversation.session, conversation.recording.name
    return (
        f'convo turns --coachee "{meeting.coachee}" --session {meeting.number} --to turns.csv',
        f'convo process "{name}" --phases turns.csv',
    )


def _without(reasons: tuple[str, ...], known: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(reason for reason in dict.fromkeys(reasons) if reason not in known)


def _coach_questions(conversation: Conversation) -> tuple[CoachQuestion, ...]:
    """One question a voice while it is not settled who is the coach, else none."""
    settled = Role.COACH in conversation.roles.roles.values()
    if settled and not conversation.roles.review:
        return ()
    found = voices(conversation)
    spoken = [t for t in conversation.turns if t.speaker is not None and t.passage is None]
    first = {turn.speaker: turn for turn in reversed(spoken)}
    first |= {t.speaker: t for t in reversed(spoken) if t.word_count >= _TELLING_WORDS}
    return tuple(
        CoachQuestion(
            speaker=str(speaker),
            shown_as=found[turn.number].name,
            quote=shortened(turn.text, 160),
            command=f'convo process "{conversation.recording.name}" --coach-is {speaker}',
        )
        for speaker, turn in sorted(first.items(), key=lambda item: item[1].number)
    )


_TELLING_WORDS = 5
