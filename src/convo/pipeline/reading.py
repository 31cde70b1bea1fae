"""Everything after attribution: from words with speakers to figures, the same way every time.

A new recording and one that a person has just put right go the same way; ``run`` does a stage by
its name and may hand back what the stage left earlier for the same inputs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from convo.config import Settings
from convo.conversation.edits import Spoken
from convo.conversation.glossary import Glossary
from convo.database.corrections import Correction
from convo.files import StageFile
from convo.pipeline import said, shipped, talk_stages
from convo.pipeline.stages import Place, load

Run = Callable[..., StageFile]
"""``run("count_shares", place, *inputs)``"""
STAGES: Mapping[str, Callable[..., StageFile]] = {
    **{
        name: getattr(said, name)
        for name in ("correct", "confirm_phases", "confirm_codes", "confirm_activities")
    },
    **{
        name: getattr(talk_stages, name)
        for name in (
            "assign_roles",
            "segment_phases",
            "code_turns",
            "find_activities",
            "count_shares",
            "measure",
        )
    },
}
"""The cheap stages by name."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What is known besides the recording: the coach, and P(is the coach) by kept voices.

    ``glossary`` has the programme's own terms, None for those that ship.

    A coach who is ``asked`` for now must be among the speakers; one named earlier counts as long as
    there is such a speaker.
    """

    coach: str | None = None
    known: Mapping[str, float] = field(default_factory=dict)
    asked: bool = False
    glossary: Glossary | None = None


@dataclass(frozen=True, slots=True)
class Talk:
    """The words that count, their turns with roles, and the phases the machine finds in them."""

    correct: StageFile
    assign_roles: StageFile
    segment_phases: StageFile


@dataclass(frozen=True, slots=True)
class Results:
    """The files that the stages of one recording left.

    ``before`` are the shares before anybody corrected anything, None if nobody did.
    """

    cover: StageFile
    attribute: StageFile
    correct: StageFile
    assign_roles: StageFile
    segment_phases: StageFile
    code_turns: StageFile
    find_activities: StageFile
    count_shares: StageFile
    measure: StageFile
    before: StageFile | None = None


def talk(
    run: Run,
    place: Place,
    attributed: StageFile,
    corrections: Iterable[Correction],
    answers: Answers,
    options: Settings,
) -> Talk:
    """The talk as people put it right.

    Raises:
        ConfigError: the coach who is asked for is not among the speakers.
    """
    corrected = run("correct", place, attributed, said.about_talk(corrections))
    speakers = {word.speaker for word in load(place, corrected, Spoken).words}
    coach = answers.coach if answers.asked or answers.coach in speakers else None
    cues, known = shipped.cues(), dict(answers.known)
    in_roles = run("assign_roles", place, corrected, options.roles, cues, coach, known)
    model = shipped.phase_model(options.phases)
    found = run("segment_phases", place, in_roles, options.phases, cues, model)
    return Talk(corrected, in_roles, found)


def results(
    run: Run,
    place: Place,
    covered: StageFile,
    attributed: StageFile,
    heard: Talk,
    corrections: Sequence[Correction],
    answers: Answers,
    options: Settings,
) -> Results:
    """All figures of the talk that was ``heard``, by all that people said about it."""
    in_roles = heard.assign_roles
    confirmed = [one for one in corrections if one.kind == "phases"]
    phased = heard.segment_phases
    if confirmed:
        phased = run("confirm_phases", place, in_roles, phased, confirmed[-1])
    functions = shipped.functions()
    coder = shipped.turn_coder(options.functions, functions).version
    coded = run("code_turns", place, in_roles, options.functions, functions, coder)
    finder = shipped.activity_finder(options.activities).version
    agreed = run("find_activities", place, in_roles, options.activities, finder)
    judged = tuple(one for one in corrections if one.kind == said.CANDIDATE)
    agreed = run("confirm_activities", place, in_roles, agreed, judged)
    if judged:
        coded = run("confirm_codes", place, in_roles, coded, judged)
    counted = _shares(run, place, attributed, replace(heard, segment_phases=phased), options)
    words = answers.glossary or shipped.glossary(), shipped.word_lists()
    measured = run("measure", place, in_roles, phased, coded, *words, coder, options.shares)
    before = None
    if said.about_talk(corrections):
        plain = talk(run, place, attributed, (), replace(answers, asked=False), options)
        before = _shares(run, place, attributed, plain, options)
    elif confirmed:
        before = _shares(run, place, attributed, heard, options)
    return Results(
        covered,
        attributed,
        heard.correct,
        in_roles,
        phased,
        coded,
        agreed,
        counted,
        measured,
        before,
    )


def _shares(
    run: Run, place: Place, attributed: StageFile, heard: Talk, options: Settings
) -> StageFile:
    return run(
        "count_shares",
        place,
        attributed,
        heard.correct,
        heard.assign_roles,
        heard.segment_phases,
        options.shares,
    )
