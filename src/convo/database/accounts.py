"""Accounts: who may log in, in which role, and who is logged in. Kept apart from the store.

Passwords are kept as Argon2 hashes only, logins as hashes of their secrets, so the file itself
lets nobody in. It lies in the data folder as ``accounts.sqlite``.
"""

from __future__ import annotations

import contextlib
import hashlib
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, get_args

from convo.errors import ConfigError, did_you_mean
from convo.options import Options

FILE = "accounts.sqlite"
AccountRole = Literal["owner", "coach", "coachee", "researcher", "lead"]
ROLES: tuple[str, ...] = get_args(AccountRole)
PERSONS = ("coach", "coachee")
"""Roles that see their own sessions, and so must say which name in the sessions is theirs."""

_SCHEMA = """
create table if not exists account (
    name text primary key, role text not null, person text not null, password text not null);
create table if not exists login (
    secret text primary key, name text not null, began real not null, seen real not null);
create table if not exists failure (whose text not null, at real not null);
"""


class AccountOptions(Options):
    """How long a login lasts, and how often a password may be wrong."""

    # A laptop that is left alone for an afternoon is logged out.
    idle_s: float = 2 * 3600
    longest_s: float = 12 * 3600
    # Wrong passwords within the window, for one account and from one address.
    wrong_per_account: int = 8
    wrong_per_address: int = 24
    window_s: float = 15 * 60
    shortest_password: int = 10


@dataclass(frozen=True, slots=True)
class Account:
    """Who may log in; ``person`` is the name of a coach or coachee in the sessions."""

    name: str
    role: AccountRole
    person: str


class TooManyError(ConfigError):
    """Too many wrong passwords; ``wait_s`` is the time until the next one may be tried."""

    def __init__(self, wait_s: float) -> None:
        self.wait_s = max(1, round(wait_s))
        minutes = max(1, round(wait_s / 60))
        super().__init__(f"too many wrong passwords: wait {minutes} minutes and try again")


class Accounts:
    """The accounts of one data folder; without any, nobody can log in and nobody must."""

    _verifying = threading.BoundedSemaphore(2)  # a hash takes 64 MB

    def __init__(self, data: Path, options: AccountOptions | None = None) -> None:
        self.path = data / FILE
        self.options = options or AccountOptions()

    def __bool__(self) -> bool:
        return bool(self.listed())

    def listed(self) -> list[Account]:
        """All accounts by name."""
        if not self.path.is_file():
            return []
        with self._open() as con:
            rows = con.execute("select name, role, person from account order by name").fetchall()
        return [Account(*row) for row in rows]

    def add(self, name: str, role: str, person: str, password: str) -> None:
        """Make an account.

        Raises:
            ConfigError: the name is taken or empty, the role unknown, the password too short, or
                a coach or coachee without a name in the sessions.
        """
        if role not in ROLES:
            raise ConfigError(f"{role!r} is no role: {did_you_mean(role, ROLES)}")
        if not name.strip():
            raise ConfigError("an account needs a name: give it one")
        if role in PERSONS and not person:
            raise ConfigError(f"a {role} sees their own sessions: say which with --is NAME")
        if role not in PERSONS and person:
            raise ConfigError(
                f"--is names a coach or coachee, and the role is {role}: leave it out"
            )
        hashed = self._hashed(password)
        with self._open() as con:
            try:
                con.execute("insert into account values (?, ?, ?, ?)", (name, role, person, hashed))
            except sqlite3.IntegrityError as error:
                raise ConfigError(f"there is an account {name!r}: choose another name") from error

    def set_password(self, name: str, password: str) -> None:
        """Give an account another password and end its logins.

        Raises:
            ConfigError: there is no such account, or the password is too short.
        """
        hashed = self._hashed(password)
        with self._open() as con:
            done = con.execute("update account set password = ? where name = ?", (hashed, name))
            self._check_there(done.rowcount, name)
            con.execute("delete from login where name = ?", (name,))

    def remove(self, name: str) -> None:
        """Remove an account and end its logins.

        Raises:
            ConfigError: there is no such account.
        """
        with self._open() as con:
            done = con.execute("delete from account where name = ?", (name,))
            self._check_there(done.rowcount, name)
            con.execute("delete from login where name = ?", (name,))

    def log_in(self, name: str, password: str, address: str) -> str | None:
        """The secret of a new login, or None if name or password is wrong.

        An unknown name takes as long as a wrong password.

        Raises:
            TooManyError: too many were wrong, for this account or from this address.
        """
        tried, nobodys = self._try(name, address), _nobodys_hash()
        with self._open() as con:
            row = con.execute("select password from account where name = ?", (name,)).fetchone()
        with self._verifying:
            right = _verified(row[0] if row else nobodys, password)
        if not right or row is None:
            return None
        secret = secrets.token_urlsafe(32)
        now = time.time()
        with self._open() as con:
            con.executemany("delete from failure where rowid = ?", [(n,) for n in tried])
            con.execute("delete from login where began < ?", (now - self.options.longest_s,))
            con.execute("insert into login values (?, ?, ?, ?)", (_digest(secret), name, now, now))
        return secret

    def log_out(self, secret: str) -> None:
        """End a login; its secret is worth nothing from now on."""
        if self.path.is_file():
            with self._open() as con:
                con.execute("delete from login where secret = ?", (_digest(secret),))

    def logged_in(self, secret: str, *, active: bool = True) -> Account | None:
        """Who is logged in with ``secret``, or None if nobody is (any more).

        A page that only looks again by itself is not ``active``, and keeps no login alive.
        """
        if not secret or not self.path.is_file():
            return None
        now, digest = time.time(), _digest(secret)
        with self._open() as con:
            row = con.execute(
                "select a.name, a.role, a.person, l.began, l.seen "
                "from login l join account a using (name) where l.secret = ?",
                (digest,),
            ).fetchone()
            if row is None:
                return None
            name, role, person, began, seen = row
            if now - began > self.options.longest_s or now - seen > self.options.idle_s:
                con.execute("delete from login where secret = ?", (digest,))
                return None
            if active and now - seen > 60:  # not with every request
                con.execute("update login set seen = ? where secret = ?", (now, digest))
        return Account(name, role, person)

    def _try(self, name: str, address: str) -> list[int]:
        """Count this attempt as wrong before it is looked at, so that many at once count too."""
        now, limits = time.time(), self.options
        keys = {
            _digest(f"account {name}"): limits.wrong_per_account,
            _digest(f"address {address}"): limits.wrong_per_address,
        }
        with self._open() as con:
            con.execute("begin immediate")
            con.execute("delete from failure where at < ?", (now - limits.window_s,))
            for whose, most in keys.items():
                times = con.execute(
                    "select at from failure where whose = ? order by at desc limit ?", (whose, most)
                ).fetchall()
                if len(times) >= most:
                    raise TooManyError(times[-1][0] + limits.window_s - now)
            cursors = [
                con.execute("insert into failure values (?, ?)", (whose, now)) for whose in keys
            ]
            return [int(cursor.lastrowid or 0) for cursor in cursors]

    def _hashed(self, password: str) -> str:
        from argon2 import PasswordHasher

        if len(password) < self.options.shortest_password:
            raise ConfigError(
                f"a password needs {self.options.shortest_password} characters or more: "
                "take a few words that nobody can guess"
            )
        return PasswordHasher().hash(password)

    def _check_there(self, changed: int, name: str) -> None:
        if not changed:
            known = [account.name for account in self.listed()]
            raise ConfigError(f"there is no account {name!r}: {did_you_mean(name, known)}")

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        new = not self.path.is_file()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        con = sqlite3.connect(self.path, timeout=10)
        try:
            if new:
                with contextlib.suppress(OSError):
                    self.path.chmod(0o600)
                con.executescript(_SCHEMA)
            with con:
                yield con
        finally:
            con.close()


def _digest(secret: str) -> str:
    """What is kept of a secret that is long and random, or of a name that was typed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _verified(hashed: str, password: str) -> bool:
    from argon2 import PasswordHasher
    from argon2.exceptions import VerificationError

    try:
        return PasswordHasher().verify(hashed, password)
    except VerificationError:
        return False


@cache
def _nobodys_hash() -> str:
    """Of a password that nobody knows, so that an unknown name takes as long as a known one."""
    from argon2 import PasswordHasher

    return PasswordHasher().hash(secrets.token_urlsafe(16))
