"""What the API answers with: each field with its meaning and unit. Missing is null, never zero."""

from __future__ import annotations

import datetime
from typing import Generic, TypeVar

from pydantic import BaseModel, Field

T = TypeVar("T")


class Page(BaseModel, Generic[T]):
    """Some rows of an answer."""

    total: int = Field(description="Rows in the whole answer.")
    offset: int = Field(description="Rows before the first one here.")
    items: list[T] = Field(description="The rows from there, at most `limit` of them.")


class OfSession(BaseModel):
    """Every row says which session it belongs to."""

    recording_id: str = Field(description="SHA-256 of the recording, in hexadecimal.")
    coachee: str = Field(description="Who is coached; a pseudonym for researchers.")
    coach: str = Field(description="Who coaches; a pseudonym for researchers.")
    programme: str = Field(description="Name of the programme, empty if there is none.")
    session: int = Field(description="Number of the session in its sequence, from 1.")


class SessionRow(OfSession):
    """One session."""

    date: datetime.date = Field(description="Day of the session.")
    minutes: float = Field(description="Length of the recording in minutes.")
    turns: int = Field(description="Number of turns.")
    words: int = Field(description="Words of all turns, by the counting rule of docs/store.md.")
    wordless_percent: float | None = Field(
        description="Part of the speech, in percent, in which no words were found."
    )
    needs_review: bool = Field(description="Whether a person should look at something.")
    language: str | None = Field(description="Code of the language, such as `en`.")
    phases_by: str | None = Field(
        description="Who put the phases right; null where they are the program's."
    )
    processed_at: datetime.datetime = Field(description="When it was processed (UTC).")


class TurnRow(OfSession):
    """One turn: everything one speaker says until the other takes the floor."""

    turn: int = Field(description="Number of the turn, from 1.")
    role: str | None = Field(description="`coach`, `coachee`, `other`; null: nobody knows.")
    phase: str | None = Field(
        description="`orientation`, `scrutiny`, `co-construction` or `frame`; provisional "
        "unless `phases_by` of the session names a person."
    )
    phase_probability: float | None = Field(
        description="Of that phase, 0 to 1; null where a person gave it."
    )
    start_s: float | None = Field(description="Seconds from the start of the recording.")
    end_s: float | None = Field(description="Seconds from the start of the recording.")
    words: int = Field(description="Number of words.")
    text: str | None = Field(description="What was said; null or empty for private passages.")


class PhaseRow(OfSession):
    """A stretch of one phase."""

    position: int = Field(description="Number of the stretch in the session, from 1.")
    phase: str = Field(description="`orientation`, `scrutiny`, `co-construction` or `frame`.")
    cycle: int = Field(description="How often this phase has begun, from 1.")
    probability: float | None = Field(description="0 to 1; null where a person gave the phase.")
    start_turn: int = Field(description="First turn.")
    end_turn: int = Field(description="Last turn.")
    start_s: float | None = Field(description="Seconds from the start of the recording.")
    end_s: float | None = Field(description="Seconds from the start of the recording.")
    words: int = Field(description="Words of its turns.")


class ShareRow(OfSession):
    """What one role contributes to a session or to a phase of it. It is no score."""

    phase: str | None = Field(description="The phase; null: the whole session.")
    role: str = Field(description="`coach` or `coachee`.")
    words: int = Field(description="Words of this role.")
    total_words: int = Field(description="Words of both roles: what the share rests on.")
    percent: int | None = Field(
        description="Share of the words, whole percent; null if nobody spoke or it is withheld."
    )
    low_percent: float | None = Field(description="Lower end of the 90 % interval, percent.")
    high_percent: float | None = Field(description="Upper end of the 90 % interval, percent.")
    seconds: float | None = Field(description="Seconds of speech; overlap counts for both.")
    unattributed_words: int = Field(description="Words of neither role, not in the total.")
    withheld: bool = Field(description="Too many words are unattributed for a share.")
    caution: str | None = Field(description="Why to read it with care, in words.")


class ActivityRow(OfSession):
    """An inter-sessional activity that was perhaps agreed: a candidate."""

    position: int = Field(description="Number in the session, from 1.")
    set_turn: int = Field(description="The turn in which it is settled.")
    phase: str | None = Field(description="The phase of that turn.")
    led: str = Field(description="`coach`, `client` or `collaborative`.")
    type: str = Field(description="`do`, `reflect` or `mixed`.")
    raised_by: str | None = Field(description="Role of who first spoke of it.")
    term: str | None = Field(description="The speakers' own word for it.")
    probability: float = Field(description="That it is one, 0 to 1.")
    set_text: str | None = Field(description="The text of the turn in which it is settled.")


class MeasureRow(OfSession):
    """One figure in long form."""

    phase: str | None = Field(description="The phase; null: the whole session.")
    role: str | None = Field(description="The role; null: both.")
    metric: str = Field(description="Name of the figure; docs/store.md lists them.")
    value: float | None = Field(description="Its value; shares are 0 to 1. Null: see missing.")
    n: int | None = Field(description="Words, seconds or turns that it rests on.")
    lo: float | None = Field(description="Lower end of the 90 % interval.")
    hi: float | None = Field(description="Upper end of the 90 % interval.")
    missing: str | None = Field(description="Why there is no value; null where there is one.")
    method_version: str = Field(description="What computed it.")


class SpreadRow(BaseModel):
    """A mean over coachees, each counting once."""

    name: str = Field(description="Phase, role or type.")
    percent: int = Field(description="The mean, rounded to a step of five.")
    low: int | None = Field(description="A quarter of the coachees is below; null with under 20.")
    high: int | None = Field(description="A quarter of the coachees is above; null with under 20.")


class ProgrammeRow(BaseModel):
    """A programme of five coachees or more; what would tell of fewer is left out."""

    programme: str = Field(description="Its name.")
    coachees: int = Field(description="This many or up to four more.")
    sessions: int = Field(description="Sessions, rounded to a step of five.")
    minutes: int = Field(description="Mean length of a session, rounded to a step of five.")
    phases: list[SpreadRow] = Field(description="Part of the words in each phase.")
    coach_share: SpreadRow | None = Field(
        description="The coach's part of the words; null with fewer than five coaches."
    )
    activity_types: list[SpreadRow] = Field(description="Types of activities between sessions.")
