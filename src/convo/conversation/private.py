"""What everybody may see of a session: everything but its private passages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from convo.conversation.edits import passage_at
from convo.transcript import Conversation, Passage, PassageSpan, Word


def without_private(conversation: Conversation) -> Conversation:
    """The same session; private turns have no text, and their words are gone.

    All stages after the roles know no more than this, so nothing else tells what was said.
    """
    corrected = conversation.corrected
    private = tuple(
        p for p in (corrected.passages if corrected else ()) if p.kind is Passage.PRIVATE
    )
    if corrected is None or not private:
        return conversation
    spoken = conversation.transcription
    removed = tuple(
        one
        for one in spoken.removed
        if not any(one.start <= p.end and one.end >= p.start for p in private)
    )
    words = corrected.words
    return replace(
        conversation,
        transcription=replace(spoken, words=open_words(spoken.words, private), removed=removed),
        turns=tuple(turn.shown for turn in conversation.turns),
        corrected=replace(
            corrected,
            words=None if words is None else open_words(words, private),
        ),
    )


def open_words(words: Iterable[Word], passages: Sequence[PassageSpan]) -> tuple[Word, ...]:
    """The words that lie in no private passage."""
    private = [p for p in passages if p.kind is Passage.PRIVATE]
    return tuple(word for word in words if passage_at(private, word) is None)
