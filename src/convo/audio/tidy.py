"""Foreign words become ours at the door: whole tokens, milliseconds, in order, with a length."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from convo.audio.engines import DecodedSegment, DecodedWord
from convo.audio.hearing import Hearing
from convo.transcript import Word

# Written without spaces: there every token of the decoder stays a word of its own.
_UNSPACED = frozenset({"zh", "ja", "th", "lo", "my", "yue", "km", "bo"})
_SENTENCE_END = re.compile(r"[.!?。！？…][\"'”’)\]]*$")
_LONGEST_WORD_S = 2.0
_SHORTEST_WORD_S = 0.02  # one step of Whisper's clock
_ONSET_S, _LETTER_S, _MOST_S = 0.1, 0.06, 1.2  # about 15 letters a second, as people talk


@dataclass(slots=True)
class _Draft:
    """A word while its times are still moved about."""

    text: str
    start: float
    end: float
    probability: float
    opens: bool  # the first word of its segment or sentence

    @property
    def plausible_s(self) -> float:
        return plausible_seconds(self.text)


def plausible_seconds(text: str) -> float:
    """How long a word of this many letters takes to say.

    >>> plausible_seconds("so") < plausible_seconds("scrutiny") < 1
    True
    """
    return min(_ONSET_S + _LETTER_S * sum(map(str.isalnum, text)), _MOST_S)


def tidy(
    segments: Iterable[DecodedSegment], language: str, hearing: Hearing, duration: float
) -> list[Word]:
    """The words of ``segments``: in order, not overlapping, each with a plausible length.

    Decoders give words of no length and words that reach over seconds of silence. The former take
    a little time from the gap beside them or from a longer neighbour; the latter (2 s and more)
    shrink to where speech is heard. Nothing is dropped but punctuation that stands alone, and that
    is attached to the word before it.
    """
    drafts = [
        draft for segment in segments for draft in _drafts(segment.words, language in _UNSPACED)
    ]
    _mark_sentences(drafts)
    _in_order(drafts, duration)
    for place, draft in enumerate(drafts):
        if draft.end - draft.start >= _LONGEST_WORD_S:
            _shrink(draft, drafts[place + 1].start if place + 1 < len(drafts) else None, hearing)
    for place in range(len(drafts)):
        _give_length(drafts, place, duration)
    return [_word(draft) for draft in drafts]


def _word(draft: _Draft) -> Word:
    probability = round(min(max(draft.probability, 0.0), 1.0), 4)
    return Word(draft.text, round(draft.start, 3), round(draft.end, 3), probability)


def _drafts(words: Sequence[DecodedWord], unspaced: bool) -> list[_Draft]:
    """Tokens between spaces: a piece without a leading space belongs to the word before it."""
    drafts: list[_Draft] = []
    for word in words:
        text = "".join(word.text.split())
        if not text:
            continue
        joins = not word.text[:1].isspace() and not unspaced
        if drafts and (joins or not any(map(str.isalnum, text))):
            last = drafts[-1]
            last.text += text
            if any(map(str.isalnum, text)):
                last.end = max(last.end, word.end)
                last.probability = min(last.probability, word.probability)
        else:
            drafts.append(_Draft(text, word.start, word.end, word.probability, not drafts))
    return [draft for draft in drafts if any(map(str.isalnum, draft.text))]


def _mark_sentences(drafts: Sequence[_Draft]) -> None:
    for before, draft in pairwise(drafts):
        draft.opens = draft.opens or bool(_SENTENCE_END.search(before.text))


def _in_order(drafts: Sequence[_Draft], duration: float) -> None:
    latest = 0.0
    for draft in drafts:
        draft.start = round(min(max(draft.start, latest), duration), 3)
        latest = draft.end = round(min(max(draft.end, draft.start), duration), 3)


def _shrink(draft: _Draft, next_start: float | None, hearing: Hearing) -> None:
    """To where speech is heard, and there to a plausible length.

    Whisper stretches the first word of a sentence back, and the others forward, over silence.
    """
    voiced = hearing.voiced(draft.start, draft.end)
    if voiced:
        draft.start, draft.end = voiced
    if draft.end - draft.start < _LONGEST_WORD_S:
        return
    if draft.opens and next_start is not None and next_start - draft.end < _LONGEST_WORD_S:
        draft.start = draft.end - draft.plausible_s
    else:
        draft.end = draft.start + draft.plausible_s


def _give_length(drafts: Sequence[_Draft], place: int, duration: float) -> None:
    """Time for a word that has none: from the gap after it, before it, else from a neighbour."""
    draft = drafts[place]
    if draft.end - draft.start >= _SHORTEST_WORD_S:
        return
    before = drafts[place - 1] if place else None
    after = drafts[place + 1] if place + 1 < len(drafts) else None
    floor = before.end if before else 0.0
    ceiling = after.start if after else duration
    draft.end = min(draft.start + draft.plausible_s, max(ceiling, draft.end))
    draft.start = max(draft.end - draft.plausible_s, min(floor, draft.start))
    if draft.end - draft.start >= _SHORTEST_WORD_S:
        return
    lender = max((w for w in (before, after) if w), key=lambda w: w.end - w.start, default=None)
    if lender is None:
        return
    loan = (lender.end - lender.start) / 2
    if lender is before:
        lender.end -= loan
        draft.start = lender.end
    else:
        lender.start += loan
        draft.end = lender.start
