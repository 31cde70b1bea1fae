"""What people change in the words: whose they are, what they are, where turns begin, passages.

Edits are anchored by time and applied one after the other to the words as the machine has them,
so they hold for other turns as well. A word belongs to a stretch of time if its middle does.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from itertools import groupby, pairwise

from convo.conversation.media import MEDIA, Span
from convo.errors import TranscriptError
from convo.transcript import Passage, PassageSpan, SpeakerSegment, Turn, Word

_INSTANT = (
    0.0005  # a word without length that ends a stretch is in it; times are whole milliseconds
)
LABELS = {Passage.MEDIA: MEDIA, Passage.OTHER: "OTHER"}
"""The speaker of passages that nobody of the two says."""


@dataclass(frozen=True, slots=True)
class SpeakerEdit:
    """The words from ``start`` to ``end`` were said by ``speaker`` (None: by nobody known)."""

    start: float
    end: float
    speaker: str | None

    def __post_init__(self) -> None:
        _check_stretch(self.start, self.end)


@dataclass(frozen=True, slots=True)
class WordsEdit:
    """From ``start`` to ``end`` this was said; empty: nothing was."""

    start: float
    end: float
    text: str

    def __post_init__(self) -> None:
        _check_stretch(self.start, self.end)


@dataclass(frozen=True, slots=True)
class BreakEdit:
    """The word that starts at ``at`` (or nearest to it) begins a turn, or continues the last."""

    at: float
    begins: bool

    def __post_init__(self) -> None:
        _check_stretch(self.at, self.at + 1)


@dataclass(frozen=True, slots=True)
class PassageEdit:
    """From ``start`` to ``end`` lies a passage of that kind (None: ordinary talk after all).

    Words of a private passage count in the totals only if both agreed to that: ``counted``.
    """

    start: float
    end: float
    kind: Passage | None
    counted: bool = False

    def __post_init__(self) -> None:
        _check_stretch(self.start, self.end)


Edit = SpeakerEdit | WordsEdit | BreakEdit | PassageEdit
KINDS: dict[str, type[Edit]] = {
    "speaker": SpeakerEdit,
    "words": WordsEdit,
    "break": BreakEdit,
    "passage": PassageEdit,
}
"""What each kind of correction to the talk is."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """The words that count, and what else is known of where turns begin and end.

    ``breaks`` are the places (from 0) of words that begin a turn although the speaker stays;
    ``passages`` are in order and do not overlap. ``touched`` has for every edit the words that it
    changed, took out or put in; ``moved`` the stretches whose words went to another speaker.
    """

    words: tuple[Word, ...]
    breaks: frozenset[int] = frozenset()
    passages: tuple[PassageSpan, ...] = ()
    touched: tuple[int, ...] = ()
    moved: tuple[SpeakerEdit, ...] = ()


@dataclass(slots=True)
class _Place:
    """One word in the making; ``begins`` a turn by a person's word."""

    word: Word
    begins: bool = field(default=False)


def applied(words: Iterable[Word], edits: Sequence[Edit]) -> Spoken:
    """The ``words`` after all ``edits``, the first one first; a later passage covers an earlier.

    Only :class:`WordsEdit` adds or removes words. Words in media and other passages belong to the
    speaker of :data:`LABELS`; those of private ones keep theirs.

    >>> said = [Word("so", 1.0, 1.2, speaker="A"), Word("sit", 3.0, 3.2, speaker="A")]
    >>> after = applied(said, [WordsEdit(1.0, 2.0, "so then"), SpeakerEdit(2.5, 4.0, "B")])
    >>> [(word.text, word.speaker) for word in after.words]
    [('so', 'A'), ('then', 'A'), ('sit', 'B')]
    """
    places = [_Place(word) for word in words]
    painted: tuple[PassageSpan, ...] = ()
    touched, moved = [], []
    for edit in edits:
        match edit:
            case SpeakerEdit():
                touched.append(_reassigned(places, edit))
                moved.append(edit)
            case WordsEdit():
                touched.append(_rewritten(places, edit))
            case BreakEdit():
                run = _joined(places, edit)
                touched.append(len(run))
                if run:
                    start, end = run[0].word.start, run[-1].word.end
                    moved.append(SpeakerEdit(start, max(end, start + 0.001), run[0].word.speaker))
            case PassageEdit():
                painted = paint(painted, edit)
                touched.append(sum(_inside(p.word, edit.start, edit.end) for p in places))
    return Spoken(
        tuple(_labelled(place.word, painted) for place in places),
        frozenset(number for number, place in enumerate(places) if place.begins and number),
        painted,
        tuple(touched),
        tuple(moved),
    )


def turns_of(spoken: Spoken) -> tuple[Turn, ...]:
    """Maximal runs of words by one speaker in one passage, numbered from 1, cut at the breaks.

    >>> talk = (Word("Well.", 0, 1, speaker="A"), Word("Yes.", 1, 2, speaker="A"))
    >>> [turn.text for turn in turns_of(Spoken(talk, frozenset({1})))]
    ['Well.', 'Yes.']
    """
    stretches, keys = 0, []
    for number, word in enumerate(spoken.words):
        passage = passage_at(spoken.passages, word)
        stretches += number in spoken.breaks
        keys.append((word.speaker, passage and (passage.kind, passage.counted), stretches))
    runs = groupby(zip(spoken.words, keys, strict=True), key=lambda pair: pair[1])
    return tuple(
        _turn(number, [word for word, _ in run], key[1] and key[1][0])
        for number, (key, run) in enumerate(runs, 1)
    )


def segments_of(segments: Iterable[SpeakerSegment], spoken: Spoken) -> tuple[SpeakerSegment, ...]:
    """Who is heard when, after words went to others, without passages that do not count."""
    heard = list(segments)
    for edit in spoken.moved:
        outside = without(heard, [(edit.start, edit.end)])
        inside = without(heard, [(0.0, edit.start), (edit.end, float("inf"))])
        speaker = edit.speaker
        heard = [*outside, *(replace(s, speaker=speaker) for s in inside if speaker is not None)]
    return without(heard, [(p.start, p.end) for p in spoken.passages if not p.counted])


def without(
    segments: Iterable[SpeakerSegment], spans: Sequence[Span]
) -> tuple[SpeakerSegment, ...]:
    """The speaker segments outside all spans, cut where a span begins or ends.

    >>> without([SpeakerSegment(0.0, 10.0, "A")], [(2.0, 4.0)])  # doctest: +ELLIPSIS
    (SpeakerSegment(start=0.0, end=2.0, ...), SpeakerSegment(start=4.0, end=10.0, ...))
    """
    kept: list[SpeakerSegment] = []
    for segment in segments:
        edges = [segment.start, segment.end]
        edges += [t for span in spans for t in span if segment.start < t < segment.end]
        kept += [
            replace(segment, start=start, end=end)
            for start, end in pairwise(sorted(edges))
            if not any(first <= (start + end) / 2 < last for first, last in spans)
        ]
    return tuple(kept)


def silenced(turns: Iterable[Turn], passages: Sequence[PassageSpan]) -> tuple[Turn, ...]:
    """The same turns; those of private passages that do not count have no role."""
    lost = [p for p in passages if p.kind is Passage.PRIVATE and not p.counted]

    def counts(turn: Turn) -> bool:
        start, end = turn.start or 0.0, turn.end or 0.0
        return turn.passage is not Passage.PRIVATE or not any(
            start <= p.end and end >= p.start for p in lost
        )

    return tuple(turn if counts(turn) else turn.played_by(None) for turn in turns)


def machine_texts(
    turns: Iterable[Turn], words: Sequence[Word], machine: Sequence[Word]
) -> dict[int, str]:
    """What the ``machine`` wrote in every turn whose ``words`` it wrote otherwise."""
    found: dict[int, str] = {}
    texts_of = [_texts_between(said) for said in (machine, words)]
    for turn in turns:
        if turn.passage is Passage.PRIVATE:
            continue
        before, after = (texts(turn.start or 0.0, turn.end or 0.0) for texts in texts_of)
        if before != after:
            found[turn.number] = " ".join(before)
    return found


def _texts_between(words: Sequence[Word]) -> Callable[[float, float], list[str]]:
    """Ask it for the words of any stretch, in their order: quick for many stretches."""
    order = sorted(range(len(words)), key=lambda n: _middle(words[n]))
    middles = [_middle(words[n]) for n in order]

    def texts(start: float, end: float) -> list[str]:
        first, after = bisect_left(middles, start), bisect_left(middles, end + _INSTANT)
        return [words[n].text for n in sorted(order[first:after])]

    return texts


def passage_at(passages: Sequence[PassageSpan], word: Word) -> PassageSpan | None:
    """The passage that ``word`` is in; a word on the edge of a private one is private."""
    private = (p for p in passages if p.kind is Passage.PRIVATE and _overlaps(word, p))
    inside = (p for p in passages if _inside(word, p.start, p.end))
    return next(private, None) or next(inside, None)


def paint(painted: Sequence[PassageSpan], edit: PassageEdit) -> tuple[PassageSpan, ...]:
    """The passages after one more is marked, or a stretch is made ordinary again.

    >>> film = paint((), PassageEdit(10.0, 60.0, Passage.MEDIA))
    >>> [(p.start, p.end) for p in paint(film, PassageEdit(20.0, 30.0, None))]
    [(10.0, 20.0), (30.0, 60.0)]
    """
    kept = []
    for span in painted:
        if span.start < edit.start:
            kept.append(replace(span, end=min(span.end, edit.start)))
        if span.end > edit.end:
            kept.append(replace(span, start=max(span.start, edit.end)))
    if edit.kind is not None:
        counted = edit.counted and edit.kind is Passage.PRIVATE
        kept.append(PassageSpan(edit.start, edit.end, edit.kind, counted))
    return tuple(sorted(kept, key=lambda span: span.start))


def _turn(number: int, run: Sequence[Word], passage: Passage | None) -> Turn:
    text = " ".join(word.text for word in run)
    return Turn(number, run[0].speaker, text, run[0].start, run[-1].end, passage=passage)


def _labelled(word: Word, painted: Sequence[PassageSpan]) -> Word:
    passage = passage_at(painted, word) if painted else None
    label = LABELS.get(passage.kind) if passage else None
    return word.said_by(label) if label else word


def _inside(word: Word, start: float, end: float) -> bool:
    return start <= _middle(word) < end + _INSTANT


def _middle(word: Word) -> float:
    return (word.start + word.end) / 2


def _overlaps(word: Word, passage: PassageSpan) -> bool:
    middle = _inside(word, passage.start, passage.end)
    return middle or (word.start < passage.end and word.end > passage.start)


def _check_stretch(start: float, end: float) -> None:
    if not 0 <= start < end < float("inf"):
        raise TranscriptError(
            f"a stretch from {start} to {end} s: times must not be negative, and it must end "
            "after it starts"
        )


def _reassigned(places: Sequence[_Place], edit: SpeakerEdit) -> int:
    mine = [place for place in places if _inside(place.word, edit.start, edit.end)]
    changed = [place for place in mine if place.word.speaker != edit.speaker]
    for place in changed:
        place.word = place.word.said_by(edit.speaker)
    return len(changed)


def _joined(places: Sequence[_Place], edit: BreakEdit) -> list[_Place]:
    """Split before a word, or give the whole turn that it begins to the speaker before.

    What is given back are the words that went to another speaker.
    """
    if not places:
        return []
    number = min(range(len(places)), key=lambda n: abs(places[n].word.start - edit.at))
    if edit.begins:
        places[number].begins = True
        return []
    if number == 0 or not _begins_turn(places, number):
        return []
    speaker = places[number - 1].word.speaker
    places[number].begins = False
    after = (n for n in range(number + 1, len(places)) if _begins_turn(places, n))
    run = places[number : next(after, len(places))]
    changed = [place for place in run if place.word.speaker != speaker]
    for place in changed:
        place.word = place.word.said_by(speaker)
    return changed


def _begins_turn(places: Sequence[_Place], number: int) -> bool:
    return places[number].begins or places[number].word.speaker != places[number - 1].word.speaker


def _rewritten(places: list[_Place], edit: WordsEdit) -> int:
    """Put what a person typed in place of the words there; those that agree stay as they are."""
    mine = [n for n, place in enumerate(places) if _inside(place.word, edit.start, edit.end)]
    first = mine[0] if mine else _insertion(places, edit.start)
    last = mine[-1] + 1 if mine else first
    old, new = places[first:last], edit.text.split()
    matcher = SequenceMatcher(None, [place.word.text for place in old], new, autojunk=False)
    written: list[_Place] = []
    touched = 0
    begins = False
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            run = [replace(place) for place in old[a:b]]
        else:
            run = [
                _Place(word) for word in _typed(new[c:d], *_gap(places, first + a, first + b, edit))
            ]
            begins = begins or any(place.begins for place in old[a:b])
            touched += max(b - a, d - c)
        if begins and run:
            run[0].begins, begins = True, False
        written += run
    if begins and last < len(places):
        places[last].begins = True
    places[first:last] = written
    return touched


def _insertion(places: Sequence[_Place], start: float) -> int:
    """The place of the first word whose middle is not before ``start``."""
    return next(
        (n for n, p in enumerate(places) if (p.word.start + p.word.end) / 2 >= start), len(places)
    )


def _gap(
    places: Sequence[_Place], first: int, last: int, edit: WordsEdit
) -> tuple[float, float, str | None]:
    """From when to when, and by whom, words are said that come in place of ``first`` to ``last``.

    Where they come in place of none, it is between the neighbours, as far as the edit reaches.
    """
    before = places[first - 1].word if first else None
    after = places[last].word if last < len(places) else None
    if first < last:
        start, end = places[first].word.start, max(p.word.end for p in places[first:last])
        return start, max(start, end), places[first].word.speaker
    start = max(edit.start, before.end if before else 0.0)
    end = min(edit.end, after.start if after else edit.end)
    nearest = before or after
    return start, max(start, end), nearest.speaker if nearest else None


def _typed(texts: Sequence[str], start: float, end: float, speaker: str | None) -> Iterator[Word]:
    """Words with times in proportion to their letters."""
    letters = sum(map(len, texts))
    said = 0
    for text in texts:
        begin, said = start + (end - start) * said / letters, said + len(text)
        until = start + (end - start) * said / letters
        yield Word(text, round(begin, 3), max(round(until, 3), round(begin, 3)), 1.0, speaker)
