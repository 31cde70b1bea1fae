"""The desk: what the pages need to know and may do, handed to them by whoever starts them."""

from __future__ import annotations

import contextlib
import gc
import hmac
import secrets
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from convo.conversation.pseudonyms import Pseudonyms
from convo.database import listing
from convo.database.asking import Asker
from convo.database.deletions import unfinished
from convo.database.jobs import Queue
from convo.database.listing import Listed
from convo.database.masked import FOLDER, masked_store, pseudonyms
from convo.database.runs import Run, RunsNotDone
from convo.errors import StoreError
from convo.files import Newest, read_bytes, write_atomically
from convo.report import charts
from convo.transcript import Recording

if TYPE_CHECKING:
    from convo.database.store import Store

T = TypeVar("T")

_KEY = "web.key"


def _refuse(path: Path) -> Recording:
    raise StoreError(f"this page cannot look into {path.name}: start it with `convo serve`")


@dataclass
class Desk:
    """The data folder and the callables that outer layers provide.

    ``inspect`` says what a file is (it knows the media library, the pages do not);
    ``queue_problem`` says in a sentence why nothing is being processed, None if all is well;
    ``wide`` says that other computers can reach the page; then everybody must log in. ``told``
    holds sentences that the first page shows once, by a key that nobody can guess.
    """

    data: Path
    inspect: Callable[[Path], Recording] = _refuse
    queue_problem: Callable[[], str | None] = lambda: None
    wide: bool = False
    told: dict[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    _runs: dict[str, RunsNotDone] = field(default_factory=dict, repr=False)
    _listed: tuple[object, list[Listed]] = field(default=(None, []), repr=False)
    _remembered: dict[str, tuple[object, Any]] = field(default_factory=dict, repr=False)
    _lately: Newest[Hashable, Any] = field(default_factory=lambda: Newest(32), repr=False)
    _askers: dict[Path, Asker] = field(default_factory=dict, repr=False)

    @property
    def reports(self) -> Path:
        """The folder of the reports."""
        return self.data / "reports"

    @property
    def artefacts(self) -> Path:
        """The folder of what is kept of every session."""
        return self.data / "artefacts"

    @property
    def inbox(self) -> Path:
        """The folder of uploaded files."""
        return self.data / "inbox"

    @property
    def queue(self) -> Queue:
        """What waits, is in work, is done or failed."""
        return Queue(self.data)

    def store(self) -> Store:
        """The store; its connections last as long as one question."""
        from convo.reservation import store

        return store(self.data)

    def sessions(self) -> list[Listed]:
        """All kept sessions by coachee and date, read again when the store has changed.

        Raises:
            StoreError: the store cannot be read.
        """
        seen = self._state()
        if seen is None:
            return []
        if self._listed[0] != seen:
            self._listed = (seen, listing.sessions(self.store()))
        going = {one.short_id for one in unfinished(self.data) if one.what == "session"}
        return [one for one in self._listed[1] if one.short_id not in going]

    def pseudonyms(self) -> Pseudonyms:
        """Pseudonyms for everybody whose name the store knows, the same ones every time."""
        key = hmac.digest(self.secret(), b"pseudonyms", "sha256")
        return self.remembered("pseudonyms", lambda: pseudonyms(self.store(), key))

    def remembered(self, name: str, make: Callable[[], T]) -> T:
        """What ``make`` gives, made again when the store has changed."""
        seen = self._state()
        known = self._remembered.get(name)
        if known is None or known[0] != seen:
            known = self._remembered[name] = (seen, make())
        found: T = known[1]
        return found

    def lately(self, key: Hashable, make: Callable[[], T]) -> T:
        """:meth:`remembered` for what there is very much of: only the newest are kept."""
        found: T = self._lately.of((self._state(), key), make)
        return found

    def asker(self, *, names: bool) -> Asker:
        """Who answers questions to the store, or to a copy of it without ``names``."""
        store = self.store()
        if not names:
            store = masked_store(store, self.data / FOLDER, self.pseudonyms())
        if store.path not in self._askers:
            for path in [p for p in self._askers if (p.parent == self.data) == names]:
                self._askers.pop(path).close()
            self._askers[store.path] = Asker(store.path)
        return self._askers[store.path]

    def close(self) -> None:
        """End what was started for the pages."""
        while self._askers:
            self._askers.popitem()[1].close()

    def _state(self) -> tuple[int, int] | None:
        """What changes when the store does; None without one."""
        path = self.store().path
        if not path.is_file():
            return None
        state = path.stat()
        return state.st_mtime_ns, state.st_size

    def unfinished(self) -> list[Run]:
        """Files that failed or were interrupted outside of the queue."""
        from convo.reservation import is_unfinished

        # What was uploaded is told by the queue, under the name it had there.
        elsewhere = (run for run in self._not_done() if Path(run.file).parent != self.inbox)
        return [run for run in elsewhere if is_unfinished(run)]

    def running(self) -> list[Run]:
        """Files that are being processed, from the queue or in a terminal."""
        return [run for run in self._not_done() if run.state == "running"]

    def _not_done(self) -> list[Run]:
        return self._runs.setdefault("runs", RunsNotDone(self.data / "runs")).read()

    def warm(self) -> None:
        """Read what the first page needs before somebody asks for it."""
        with contextlib.suppress(StoreError):
            self.sessions()
            self.unfinished()
        charts.value_columns((), "")  # the library that draws takes half a second to come

    @staticmethod
    def settle() -> None:
        """Leave what is in memory by now alone, in a process that does nothing but serve pages.

        Reading a session makes so many objects that Python looks through everything several
        times for what could be freed; that took as long as the reading.
        """
        gc.collect()
        gc.freeze()
        gc.set_threshold(20_000, 20, 20)

    def secret(self) -> bytes:
        """The key that signs cookies, made once for this data folder."""
        path = self.data / _KEY
        if not path.is_file():
            write_atomically(path, secrets.token_bytes(32))
        return read_bytes(path)
