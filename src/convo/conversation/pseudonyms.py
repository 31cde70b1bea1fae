"""Names of people replaced, the same name always by the same pseudonym."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any, TypeVar, cast

from convo.transcript import Conversation, Session

T = TypeVar("T")

_PIECE = re.compile(r"[^\W_]+")
# Scripts that are written without spaces, so a name has no edges there.
_NO_SPACES = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
# Parts of what people type as a name that name nobody.
_NOBODY = (
    "a an and coach coachee client da de del der di dr el la le miss mr mrs ms of person prof "
    "pupil researcher session sir speaker student teacher test the unknown van von"
)
# Names that are everyday words as well: as a name they have a capital.
_WORDS = (
    "april art august autumn bay bill bob brook brown carol chance charity christian chuck clay "
    "cliff colt crystal dale dawn dean dick don drew earnest eve faith fern flora frank gene "
    "ginger glen grace grant gray green guy hazel heath heather holly hope hunter iris ivy jack "
    "jade jasmine jean jo joy june king lance laurel lee lily long mark mason may max melody "
    "mercy miles nick norm olive pan pat patience paul pearl penny pierce poppy ray read reed "
    "rich rob robin rocky rod rose ruby rusty sandy short skip sky small stone stormy sue summer "
    "sunny sweet terry tony tuck victor violet wade ward warren wells white wild will willow win "
    "winter wise wood woody young"
)

_NOBODY_NAMES, _WORD_NAMES = frozenset(_NOBODY.split()), frozenset(_WORDS.split())


class Pseudonyms:
    """Pseudonyms for ``names``; ``secret`` makes them different in every data folder.

    ``inside`` is a pattern of names in scripts without spaces, empty if there are none.

    >>> known = Pseudonyms(b"secret", ["Hannah Moor", "Maeve", "Will"])
    >>> known.person("Maeve")
    'person-xl5hwyll'
    >>> known.text("Maeve asks Hannah moor: will you ask Will?")
    'person-xl5hwyll asks person-iucdjltk: will you ask person-lsytv7vo?'
    """

    def __init__(self, secret: bytes, names: Iterable[str]) -> None:
        self._secret = secret
        self._whole: dict[str, str] = {}
        self._pieces: dict[str, str] = {}
        self._words: dict[str, str] = {}
        for name in sorted({name for name in names if name}):
            self._learn(name)
        inside = sorted((p for p in self._pieces if _NO_SPACES.search(p)), key=len, reverse=True)
        self.inside = "|".join(map(re.escape, inside))

    def person(self, name: str) -> str:
        """The pseudonym of somebody named ``name``; an empty name stays empty."""
        if not name:
            return name
        digest = hmac.new(self._secret, name.encode(), hashlib.sha256).digest()
        return "person-" + base64.b32encode(digest)[:8].decode().lower()

    def text(self, text: str) -> str:
        """``text`` with every part of a known name replaced."""
        if text in self._whole:
            return self._whole[text]
        text = unicodedata.normalize("NFC", text)
        if self.inside:
            text = re.sub(self.inside, lambda found: self._pieces[found[0]], text)
        masked = _PIECE.sub(self._piece, text)
        return masked if masked == text else _TWICE.sub(r"\1", masked)

    @property
    def pieces(self) -> frozenset[str]:
        """Every word that would be replaced, folded by :func:`fold`."""
        return frozenset(self._pieces) | frozenset(self._words)

    def session(self, session: Session) -> Session:
        """The same session with pseudonyms."""
        return replace(
            session,
            coachee=self.person(session.coachee),
            coach=self.person(session.coach),
            programme=self.text(session.programme),
        )

    def conversation(self, conversation: Conversation) -> Conversation:
        """The same conversation with pseudonyms in everything that is text."""
        recording, phases = conversation.recording, conversation.segmentation
        masked = self.value(conversation)
        found = masked.segmentation
        if phases.confirmed and found.confirmed:
            who = self.person(phases.confirmed.who)
            found = replace(found, confirmed=replace(found.confirmed, who=who))
        return replace(
            masked,
            recording=replace(recording, name=f"recording {recording.short_id}"),
            session=self.session(conversation.session),
            segmentation=found,
            provenance={k: v for k, v in masked.provenance.items() if k != "options"},
        )

    def value(self, value: T) -> T:
        """The same value with every text in it masked, however deep."""
        return cast(T, self._masked(value))

    def _masked(self, value: Any) -> Any:
        if isinstance(value, Enum):
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, tuple | list):
            return type(value)(self._masked(one) for one in value)
        if isinstance(value, Mapping):
            return {key: self._masked(one) for key, one in value.items()}
        if is_dataclass(value) and not isinstance(value, type):
            return self._masked_noun(value)
        return value

    def _masked_noun(self, noun: Any) -> Any:
        changed = {}
        for one in fields(noun):
            before = getattr(noun, one.name)
            after = self._masked(before)
            if after is not before and after != before:
                changed[one.name] = after
        return replace(noun, **changed) if changed else noun

    def _learn(self, name: str) -> None:
        pseudonym = self.person(name)
        self._whole[name] = pseudonym
        for piece in _PIECE.findall(unicodedata.normalize("NFC", name)):
            key = fold(piece)
            if (
                key in _NOBODY_NAMES
                or key.isdecimal()
                or (len(key) < 2 and not _NO_SPACES.search(key))
            ):
                continue
            known = self._words if key in _WORD_NAMES else self._pieces
            known[key] = pseudonym if known.get(key, pseudonym) == pseudonym else "[name]"

    def _piece(self, found: re.Match[str]) -> str:
        piece = found[0]
        key = fold(piece)
        if key in self._words and not piece[0].islower():
            return self._words[key]
        return self._pieces.get(key, piece)


# "Hannah Moor" is one person, not two.
_TWICE = re.compile(r"\b(person-[a-z2-7]{8})(?:[ \t]+\1)+\b")


def fold(piece: str) -> str:
    """Without case and accents: what a recogniser may write for the same name.

    >>> fold("Zoë")
    'zoe'
    """
    plain = unicodedata.normalize("NFD", piece.casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))
