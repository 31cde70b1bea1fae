"""The cells of the table over the sessions: which facts and candidates each phase gets.

Follows REQUIREMENTS, section 2, cell by cell. What a cell there needs and no figure carries
(grade D) is left to the people's own words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from convo.codebook import Artefact, Code, Flag
from convo.conversation import motifs as found_motifs
from convo.conversation import opening
from convo.conversation.candidates import Verdict
from convo.conversation.cues import plain
from convo.conversation.motifs import Motif, MotifKind
from convo.conversation.statements import (
    Cell,
    Statement,
    Training,
    count,
    figures_of,
    listed,
    times,
)
from convo.conversation.talk import PAIR, Talk
from convo.transcript import Measure, Phase, Role

COACH, COACHEE = Role.COACH, Role.COACHEE
WHAT = {MotifKind.TENTATIVE: Code.SUG.value, MotifKind.COMMITTED: Code.COM.value}
"""Under which name a motif of one turn is confirmed: that of its code. Others have their kind."""
_THINGS = {
    Artefact.VIDEO: "the video",
    Artefact.CHART: "the chart",
    Artefact.DOCUMENT: "a document",
    Artefact.PUPIL_WORK: "pupils’ work",
    Artefact.DATA: "data",
    Artefact.RECALL: "a remembered episode",
}


def statements(
    talk: Talk,
    measures: Sequence[Measure],
    said: Sequence[Verdict] = (),
    before: Talk | None = None,
    training: Sequence[Training] = (),
) -> tuple[Statement, ...]:
    """What there is to say of each phase of a session, in the order of the table.

    ``before`` is the session before, ``said`` what people said of candidates, ``training`` what
    the programme's people were trained in.
    """
    figures = figures_of(measures)
    rows: list[Statement] = []
    for phase, of in (
        (Phase.ORIENTATION, _orientation),
        (Phase.SCRUTINY, _scrutiny),
        (Phase.CO_CONSTRUCTION, _co_construction),
    ):
        if phase in talk.labels:
            rows += of(Cell(talk, phase, figures, said, training, before))
    return tuple(rows)


def _orientation(cell: Cell) -> Iterator[Statement]:
    yield from _first_question(cell)
    yield from _first_answer(cell)
    yield from _continuity(cell)
    yield from _narrower(cell)
    yield from _codes(cell, Code.EVA, "The coachee may evaluate here", COACHEE)


def _scrutiny(cell: Cell) -> Iterator[Statement]:
    yield from _longest(cell)
    yield from _questions(cell)
    yield from _waits(cell)
    yield from _artefacts(cell)
    yield from _terms(cell)
    yield from _people(cell)
    yield from _reassured(cell)
    yield from _sequences(cell)
    yield from _codes(cell, Code.CHL, "The coach may challenge or check a judgement", COACH)
    yield from _codes(cell, Code.REA, "The coachee may see something anew", COACHEE)


def _co_construction(cell: Cell) -> Iterator[Statement]:
    yield from _longest(cell)
    yield from _questions(cell)
    yield from _artefacts(cell)
    yield from _terms(cell)
    yield from _future(cell)
    yield from _training(cell)
    yield from _suggestions(cell)
    yield from _chains(cell)
    yield from _intentions(cell)


def _first_question(cell: Cell) -> Iterator[Statement]:
    inside = set(cell.places())
    asked = next((p for p in opening.questions(cell.talk) if p in inside), None)
    if asked is None:
        return
    kind = "an open one" if opening.is_open(cell.talk, asked) else "a closed one"
    text = f"The {cell.turn(asked).role} asks the first question, {kind}"
    yield cell.fact("asks_first", "A", text, asked)


def _first_answer(cell: Cell) -> Iterator[Statement]:
    inside = set(cell.places())
    answers = (opening.answer(cell.talk, p) for p in opening.questions(cell.talk) if p in inside)
    found = next(filter(None, answers), None)
    words = cell.value(COACHEE, "first_answer_words")
    if found is None or words is None:
        return
    quoted = max(found.places, key=lambda place: cell.turn(place).word_count)
    sentences = cell.value(COACHEE, "first_answer_sentences") or 0
    size = f"{count(words, 'word')} in {count(sentences, 'sentence')}"
    late, usual = found.latency_s, cell.whole(COACHEE, "answer_latency_s")
    if late is None:
        text = f"The first answer of the coachee has {size}"
    elif late < 0:
        text = f"The coachee answers before the question is over, with {size}"
    else:
        middle = (
            f" (half of all answers in this session come within {max(usual, 0):.1f} s)"
            if usual is not None
            else ""
        )
        text = f"The coachee answers after {late:.1f} s{middle}, with {size}"
    yield cell.fact("first_answer_words", "A", text, quoted)
    kinds = (
        ("first_answer_terms", "word of the glossary", "words of the glossary"),
        ("first_answer_names", "name", "names"),
        ("first_answer_numbers", "number", "numbers"),
        ("first_answer_moments", "pointer to a moment", "pointers to a moment"),
    )
    named = [count(value, one, many) for m, one, many in kinds if (value := cell.value(COACHEE, m))]
    if named:
        yield cell.fact("first_answer_terms", "B", f"That answer holds {listed(named)}", quoted)


def _continuity(cell: Cell) -> Iterator[Statement]:
    """Which terms of this orientation were in that of the session before."""
    if cell.before is None:
        return
    mine = _terms_in(cell.talk, cell.phase)
    earlier = _terms_in(cell.before, cell.phase)
    shared = [term for term in mine if term in earlier]
    if not mine or not earlier:
        return
    first = next(p for p in cell.places() if set(cell.talk.terms[p]) & set(shared or mine))
    said = f" ({listed(shared)})" if shared else ""
    text = (
        f"Of the {count(len(mine), 'different glossary word')} said here, {len(shared) or 'none'} "
        f"{'was' if len(shared) < 2 else 'were'} also said in the orientation of the session "
        f"before{said}"
    )
    yield cell.fact("focus_continuity", "B", text, first)


def _terms_in(talk: Talk, phase: Phase) -> dict[str, None]:
    """The terms said in a phase, in order."""
    return {
        term: None
        for terms, label in zip(talk.terms, talk.labels, strict=True)
        if label is phase
        for term in terms
    }


def _narrower(cell: Cell) -> Iterator[Statement]:
    """Terms after the first answer that are narrower than one in it."""
    places = cell.places()
    inside = set(places)
    answers = (opening.answer(cell.talk, p) for p in opening.questions(cell.talk) if p in inside)
    found = next(filter(None, answers), None)
    if found is None:
        return
    glossary = cell.talk.glossary
    first = {term for place in found.places for term in cell.talk.terms[place]}
    later = [p for p in places if p > found.places[-1]]
    narrower = [
        p
        for p in later
        if any(
            term not in first and any(glossary.is_narrower(term, old) for old in first)
            for term in cell.talk.terms[p]
        )
    ]
    moments = [cell.moment("refinement", (p,)) for p in narrower]
    yield from cell.candidates("refinement", "The focus may be narrowed here", moments)


def _longest(cell: Cell) -> Iterator[Statement]:
    mine = cell.of(COACHEE)
    if not mine:
        return
    longest = max(mine, key=lambda place: cell.turn(place).word_count)
    words = {role: sum(cell.turn(p).word_count for p in cell.of(role)) for role in PAIR}
    coach = max((cell.turn(p).word_count for p in cell.of(COACH)), default=0)
    text = (
        f"The coachee says {words[COACHEE]:,} of the {sum(words.values()):,} words of the two; "
        f"the longest turn of the coachee has {count(cell.turn(longest).word_count, 'word')}, "
        f"that of the coach {coach:,}"
    )
    yield cell.fact("longest_turn_words", "A", text, longest)


def _questions(cell: Cell) -> Iterator[Statement]:
    asked = _asked(cell)
    per = cell.value(COACH, "questions_per_100_words")
    if not asked or per is None:
        return
    answers = {p: opening.answer(cell.talk, p) for p in asked}
    lengths = {
        p: sum(cell.turn(place).word_count for place in one.places) if one else 0
        for p, one in answers.items()
    }
    best = max(asked, key=lambda p: lengths[p])
    open_share = cell.value(COACH, "open_question_share") or 0
    open_ones = round(open_share * len(asked))
    how_many = f"{len(asked)} questions, {open_ones or 'none'} of them open"
    if len(asked) == 1:
        how_many = "one question, an open one" if open_ones else "one question, a closed one"
    text = f"The coach asks {how_many}: {per:.1f} in 100 words of the coach"
    longest = answers[best]
    answered = [max(longest.places, key=lambda p: cell.turn(p).word_count)] if longest else []
    yield cell.fact("questions_per_100_words", "A", text, best, *answered)


def _asked(cell: Cell) -> list[int]:
    """The coach's questions."""
    return [p for p in cell.of(COACH) if cell.talk.codes[p].code is Code.ASK]


def _waits(cell: Cell) -> Iterator[Statement]:
    usual = cell.value(COACH, "wait_after_question_s")
    asked = _asked(cell)
    waits = {p: wait for p in asked if (wait := opening.wait_s(cell.talk, p)) is not None}
    if usual is None or len(waits) < 2:
        return
    longest = max(waits, key=lambda p: waits[p])
    text = (
        f"After half of the coach’s questions somebody speaks within {usual:.1f} s; the longest "
        f"pause after one is {waits[longest]:.1f} s"
    )
    yield cell.fact("wait_after_question_s", "A", text, longest)


def _artefacts(cell: Cell) -> Iterator[Statement]:
    flagged = {role: [p for p in cell.of(role) if cell.talk.codes[p].flags] for role in PAIR}
    for kind, name in _THINGS.items():
        pointed = {role: [p for p in flagged[role] if _points(cell, p, kind)] for role in PAIR}
        joint = [p for role in PAIR for p in pointed[role] if _points(cell, p, kind, joint=True)]
        who = [f"the {role} {times(len(places))}" for role, places in pointed.items() if places]
        if not who:
            continue
        both = len({cell.turn(p).role for p in joint}) > 1
        together = ", at times both within a few turns" if both else ""
        first = [min(places) for places in pointed.values() if places]
        text = f"{listed(who)} point{'s' if len(who) == 1 else ''} to {name}{together}"
        yield cell.fact(f"{kind.value}_references", "B", text[0].upper() + text[1:], *sorted(first))


def _points(cell: Cell, place: int, kind: Artefact, joint: bool = False) -> bool:
    return any(
        flag.artefact is kind and (flag.joint or not joint) for flag in cell.talk.codes[place].flags
    )


def _terms(cell: Cell) -> Iterator[Statement]:
    mine = [p for p in cell.of(COACHEE) if cell.talk.terms[p]]
    per = cell.value(COACHEE, "glossary_terms_per_100_words")
    distinct = cell.value(COACHEE, "distinct_glossary_terms")
    if not mine or per is None or distinct is None:
        return
    own = round(cell.value(COACHEE, "own_glossary_terms") or 0)
    uses = sum(len(cell.talk.terms[p]) for p in mine)
    some = f"{own} of them" if own < uses else "all of them"
    some = ", which" if uses == 1 else f"; {some}"
    theirs = f"{some} the coach had not said just before" if own else ""
    coach = cell.value(COACH, "glossary_terms_per_100_words")
    beside = "" if coach is None else f" (the coach {coach:.1f})" if coach else " (the coach none)"
    varied = f", {round(distinct)} different" if distinct < uses else ""
    text = (
        f"The coachee says {count(uses, 'glossary word')}{varied}, {per:.1f} in 100 words"
        f"{beside}{theirs}"
    )
    best = max(mine, key=lambda p: len(set(cell.talk.terms[p])))
    near = cell.talk.glossary.first_words(cell.turn(best).text)
    yield cell.fact("glossary_terms_per_100_words", "A", text, best, near=near)


def _people(cell: Cell) -> Iterator[Statement]:
    named = [p for p in cell.of(COACHEE) if cell.talk.names[p]]
    distinct = cell.value(COACHEE, "distinct_names")
    if not named or not distinct:
        return
    said = cell.value(COACHEE, "names_said") or 0
    text = f"The coachee says {count(distinct, 'name')}, {times(said)} in all"
    best = max(named, key=lambda p: len(set(cell.talk.names[p])))
    yield cell.fact("distinct_names", "B", text, best, near=cell.talk.names[best][0])


def _reassured(cell: Cell) -> Iterator[Statement]:
    number = cell.value(COACH, "reassurances_after_evaluation")
    if not number:
        return
    for place in cell.of(COACH):
        if cell.talk.codes[place].code is not Code.AFF:
            continue
        judged = [
            p
            for p in range(max(0, place - 2), place)
            if cell.turn(p).role is COACHEE and cell.talk.codes[p].code is Code.EVA
        ]
        if judged:
            text = f"The coach affirms what the coachee thinks of it {times(number)}"
            yield cell.fact("reassurances_after_evaluation", "B", text, judged[-1], place)
            return


def _future(cell: Cell) -> Iterator[Statement]:
    ahead = cell.talk.counts("future")
    rates = {role: cell.value(role, "future_words_per_100_words") for role in PAIR}
    best = max(cell.of(COACHEE), key=lambda p: ahead[p], default=None)
    if best is None or not ahead[best] or rates[COACHEE] is None:
        return
    coach = rates[COACH]
    beside = "" if coach is None else f", of the coach’s {f'{coach:.1f}' if coach else 'none'}"
    text = f"Of 100 words of the coachee {rates[COACHEE]:.1f} point ahead (will, next week){beside}"
    near = cell.talk.lists.first("future", cell.turn(best).text)
    yield cell.fact("future_words_per_100_words", "B", text, best, near=near)


def _training(cell: Cell) -> Iterator[Statement]:
    places = [p for p in cell.places() if cell.talk.codes[p].flag(Flag.TRN)]
    for one in cell.training:
        terms = [plain(term) for term in (one.title, *one.terms)]
        named = [p for p in places if any(term in cell.talk.said[p] for term in terms)]
        if named:
            when = f" ({one.date})" if one.date else ""
            text = f"“{one.title}”{when} seems to be spoken of {times(len(named))}"
            yield cell.fact("training_references", "B", text, named[0])
            places = [p for p in places if p not in named]
    moments = [cell.moment("training", (p,)) for p in places]
    text = "Earlier training or an earlier session may be spoken of"
    yield from cell.candidates("training_references", text, moments)


def _suggestions(cell: Cell) -> Iterator[Statement]:
    for role in PAIR:
        yield from _codes(cell, Code.SUG, f"The {role} may make a suggestion", role)


def _codes(cell: Cell, code: Code, text: str, role: Role) -> Iterator[Statement]:
    places = (p for p in cell.of(role) if cell.talk.codes[p].code is code)
    moments = [cell.moment(code.value, (p,)) for p in places]
    yield from cell.candidates(f"{role}_{code.lower()}", text, moments)


def _sequences(cell: Cell) -> Iterator[Statement]:
    found = _here(cell, found_motifs.challenges_to_realisations(cell.talk))
    moments = [cell.moment(motif.kind.value, motif.places) for motif in found]
    text = (
        "A challenging question, an evaluation, a further question and a new view may follow "
        "each other"
    )
    yield from cell.candidates("challenge_to_realisation_sequences", text, moments)


def _chains(cell: Cell) -> Iterator[Statement]:
    for motif in _here(cell, found_motifs.suggestion_chains(cell.talk)):
        text = f"Suggestions may build on one another ({found_motifs.direction(cell.talk, motif)})"
        moment = cell.moment(motif.kind.value, motif.places)
        yield from cell.candidates("suggestion_chains", text, [moment])


def _intentions(cell: Cell) -> Iterator[Statement]:
    found = _here(cell, found_motifs.intentions(cell.talk))
    for kind, metric, text in (
        (MotifKind.TENTATIVE, "tentative_suggestions", "The coachee may say what they could do"),
        (MotifKind.COMMITTED, "commitments", "The coachee may say what they will do"),
    ):
        moments = [cell.moment(WHAT[kind], one.places) for one in found if one.kind is kind]
        yield from cell.candidates(metric, text, moments)


def _here(cell: Cell, found: Sequence[Motif]) -> list[Motif]:
    return [motif for motif in found if motif.phase is cell.phase]
