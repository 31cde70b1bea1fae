"""Logging in: who may, how long, how often wrongly, and what is never written anywhere."""

from __future__ import annotations

import logging
import statistics
import time
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from convo.cli import main
from convo.database import accounts as module
from convo.database.accounts import AccountOptions, Accounts, TooManyError
from convo.errors import ConfigError
from convo.web.access import COOKIE, is_wide
from convo.web.app import create_app
from convo.web.desk import Desk
from convo.web.guard import COOKIE as TOKEN_COOKIE

PASSWORD = "three quiet birds"


@pytest.fixture(autouse=True)
def light_hashes(monkeypatch):
    """The real parameters take 64 MB and 50 ms a hash."""
    import argon2

    real = argon2.PasswordHasher
    monkeypatch.setattr(argon2, "PasswordHasher", lambda: real(time_cost=1, memory_cost=256))
    module._nobodys_hash.cache_clear()
    yield
    module._nobodys_hash.cache_clear()


@pytest.fixture
def accounts(tmp_path: Path) -> Accounts:
    made = Accounts(tmp_path)
    made.add("maeve", "coach", "Maeve", PASSWORD)
    made.add("pat", "lead", "", PASSWORD)
    return made


@pytest.fixture
def client(accounts: Accounts) -> TestClient:
    return opened(accounts.path.parent)


def opened(data: Path, base: str = "http://127.0.0.1:8765", **desk: object) -> TestClient:
    return TestClient(
        create_app(Desk(data, **desk)), base_url=base, raise_server_exceptions=False,
        follow_redirects=False,
    )  # fmt: skip


def log_in(client: TestClient, name: str = "maeve", password: str = PASSWORD, then: str = "/"):
    client.get("/login")
    token = client.cookies[TOKEN_COOKIE]
    given = {"csrf_token": token, "name": name, "password": password, "then": then}
    return client.post("/login", data=given)


def test_no_password_is_kept_and_the_file_lets_nobody_in(accounts: Accounts) -> None:
    secret = accounts.log_in("maeve", PASSWORD, "here")
    assert secret
    content = accounts.path.read_bytes()
    assert PASSWORD.encode() not in content and secret.encode() not in content
    assert b"$argon2id$" in content
    digest = module._digest(secret)
    assert accounts.logged_in(digest) is None


@pytest.mark.parametrize(
    ("name", "role", "person", "password", "said"),
    [
        ("maeve", "coach", "Maeve", PASSWORD, "choose another name"),
        ("x", "boss", "", PASSWORD, "no role"),
        ("x", "coach", "", PASSWORD, "--is NAME"),
        ("x", "lead", "Maeve", PASSWORD, "leave it out"),
        ("x", "lead", "", "short", "10 characters"),
        (" ", "lead", "", PASSWORD, "needs a name"),
    ],
)
def test_accounts_are_checked(accounts, name, role, person, password, said) -> None:
    with pytest.raises(ConfigError, match=said):
        accounts.add(name, role, person, password)


def test_on_this_computer_without_accounts_nobody_logs_in(tmp_path: Path) -> None:
    assert opened(tmp_path).get("/").status_code == 200
    assert not (tmp_path / "accounts.sqlite").exists()


def test_a_wide_page_without_accounts_lets_nobody_in(tmp_path: Path) -> None:
    answer = opened(tmp_path, wide=True).get("/")
    assert answer.status_code == 303 and answer.headers["location"] == "/login"


def test_a_wide_page_needs_an_account(accounts: Accounts, tmp_path_factory) -> None:
    data = accounts.path.parent
    assert is_wide(data, "0.0.0.0") and not is_wide(data, "127.0.0.1")
    with pytest.raises(ConfigError, match="convo accounts add"):
        is_wide(tmp_path_factory.mktemp("none"), "0.0.0.0")


def test_who_is_not_logged_in_is_led_to_the_form_and_back(client: TestClient) -> None:
    answer = client.get("/reports/1")
    assert answer.headers["location"] == "/login?then=/reports/1"
    form = client.get(answer.headers["location"]).text
    assert 'name="then" value="/reports/1"' in form and "Sessions</a>" not in form
    assert log_in(client, then="/reports/1").headers["location"] == "/reports/1"
    client.cookies.clear()
    part = client.get("/", headers={"hx-request": "true"})
    assert part.status_code == 401 and part.headers["hx-redirect"] == "/login"


@pytest.mark.parametrize(
    "then", ["//evil.example", "https://evil.example", "/\\evil.example", "/\nx", "javascript:x"]
)
def test_the_way_back_is_never_another_site(client: TestClient, then: str) -> None:
    assert log_in(client, then=then).headers["location"] == "/"


def test_a_login_is_a_strict_cookie_with_a_new_secret_every_time(client: TestClient) -> None:
    first = log_in(client).headers["set-cookie"]
    assert COOKIE in first and "HttpOnly" in first and "SameSite=strict" in first
    assert "Secure" not in first
    one = client.cookies[COOKIE]
    assert log_in(client).status_code == 303
    two = client.cookies[COOKIE]
    assert one != two
    client.cookies.clear()
    client.cookies.set(COOKIE, one)  # the earlier login has ended
    assert client.get("/").status_code == 303


def test_a_login_is_secure_when_the_page_is(accounts: Accounts) -> None:
    client = opened(accounts.path.parent, "https://127.0.0.1")
    assert "Secure" in log_in(client).headers["set-cookie"]


def test_a_secret_that_somebody_brings_along_is_not_taken(client: TestClient) -> None:
    for brought in ("fixed", "fixed.signature", ""):
        client.cookies.clear()
        client.cookies.set(COOKIE, brought)
        answer = log_in(client)
        assert answer.status_code == 303
        assert client.cookies.get(COOKIE, domain="127.0.0.1") != brought


def test_logging_out_ends_the_login_on_the_server(client: TestClient) -> None:
    log_in(client)
    kept = client.cookies[COOKIE]
    page = client.get("/")
    assert page.status_code == 200 and "maeve</bdi> (coach)" in page.text
    answer = client.post("/logout", data={"csrf_token": client.cookies[TOKEN_COOKIE]})
    assert answer.headers["location"] == "/login"
    client.cookies.clear()
    client.cookies.set(COOKIE, kept)
    assert client.get("/").status_code == 303


def test_logging_in_and_out_must_be_asked_for_by_this_page(client: TestClient) -> None:
    assert client.post("/login", data={"name": "maeve", "password": PASSWORD}).status_code == 403
    log_in(client)
    assert client.post("/logout").status_code == 403
    assert client.get("/").status_code == 200


@pytest.mark.parametrize("late", [2 * 3600 + 1, 12 * 3600 + 1])
def test_a_login_ends_by_itself(accounts: Accounts, monkeypatch, late: float) -> None:
    secret = accounts.log_in("maeve", PASSWORD, "here")
    begun = time.time()
    steps = range(0, int(late) - 3600, 3600) if late > 3 * 3600 else (0,)
    for step in steps:  # somebody who keeps working
        monkeypatch.setattr(module.time, "time", lambda step=step: begun + step)
        assert accounts.logged_in(secret) is not None
    monkeypatch.setattr(module.time, "time", lambda: begun + late)
    assert accounts.logged_in(secret) is None
    monkeypatch.setattr(module.time, "time", lambda: begun)
    assert accounts.logged_in(secret) is None


def test_another_password_or_no_account_ends_every_login(accounts: Accounts) -> None:
    one, two = (accounts.log_in(name, PASSWORD, "here") for name in ("maeve", "pat"))
    accounts.set_password("maeve", "another long one")
    assert accounts.logged_in(one) is None and accounts.logged_in(two) is not None
    accounts.remove("pat")
    assert accounts.logged_in(two) is None
    assert accounts.log_in("maeve", PASSWORD, "here") is None
    with pytest.raises(ConfigError, match="no account 'pat'"):
        accounts.remove("pat")


def test_wrong_passwords_are_limited_for_an_account_and_for_an_address(tmp_path: Path) -> None:
    limits = AccountOptions(wrong_per_account=3, wrong_per_address=5)
    accounts = Accounts(tmp_path, limits)
    accounts.add("maeve", "coach", "Maeve", PASSWORD)
    for _ in range(3):
        assert accounts.log_in("maeve", "wrong", "one") is None
    with pytest.raises(TooManyError) as caught:
        accounts.log_in("maeve", PASSWORD, "two")  # right, but too late
    assert 0 < caught.value.wait_s <= limits.window_s
    for name in ("unknown", "unknown too"):
        assert accounts.log_in(name, "wrong", "one") is None
    with pytest.raises(TooManyError):
        accounts.log_in("somebody else", "wrong", "one")


def test_the_limit_passes_and_right_passwords_do_not_count(tmp_path: Path, monkeypatch) -> None:
    accounts = Accounts(tmp_path, AccountOptions(wrong_per_account=2))
    accounts.add("maeve", "coach", "Maeve", PASSWORD)
    for _ in range(5):
        assert accounts.log_in("maeve", PASSWORD, "one")
    for _ in range(2):
        accounts.log_in("maeve", "wrong", "one")
    now = time.time()
    monkeypatch.setattr(module.time, "time", lambda: now + 15 * 60 + 1)
    assert accounts.log_in("maeve", PASSWORD, "one")


def test_too_many_is_said_with_the_time_to_wait(client: TestClient) -> None:
    for _ in range(8):
        answer = log_in(client, password="wrong")
        assert answer.status_code == 401 and "Name or password is wrong" in answer.text
    answer = log_in(client)
    assert answer.status_code == 429 and int(answer.headers["retry-after"]) > 0
    assert "wait 15 minutes" in answer.text


@pytest.mark.speed
def test_an_unknown_name_is_no_quicker_and_reads_the_same(client, accounts, monkeypatch) -> None:
    monkeypatch.undo()
    module._nobodys_hash.cache_clear()
    accounts.set_password("maeve", PASSWORD)
    unlimited = Accounts(
        accounts.path.parent, AccountOptions(wrong_per_account=99, wrong_per_address=99)
    )
    unlimited.log_in("nobody", "wrong", "here")

    def taken(name: str) -> float:
        times = []
        for _ in range(5):
            begun = time.perf_counter()
            unlimited.log_in(name, "wrong", "here")
            times.append(time.perf_counter() - begun)
        return statistics.median(times)

    known, unknown = taken("maeve"), taken("nobody")
    assert 0.3 < known / unknown < 3  # without the care it is a hundredfold
    texts = {
        log_in(client, name, "wrong").text.replace(client.cookies[TOKEN_COOKIE], "")
        for name in ("maeve", "nobody")
    }
    assert len(texts) == 1


def test_no_secret_is_logged(client: TestClient, caplog, capfd) -> None:
    caplog.set_level(logging.DEBUG)
    log_in(client, password="a wrong secret")
    log_in(client)
    said = caplog.text + "".join(capfd.readouterr())
    assert "a wrong secret" not in said and PASSWORD not in said
    assert client.cookies[COOKIE] not in said


def test_the_command_line_manages_accounts(tmp_path: Path, monkeypatch, capsys) -> None:
    import io

    def run(*arguments: str, typed: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        code = main(["accounts", *arguments, "--data", str(tmp_path)])
        out, err = capsys.readouterr()
        return code, out, err

    assert "there is no account" in run("list")[1]
    code, _, err = run("add", "maeve", "--role", "coach", "--is", "Maeve", typed=PASSWORD + "\n")
    assert code == 0 and "no session names 'Maeve'" in err.replace("\n", " ")
    assert run("add", "pat", "--role", "lead", typed="short\n")[0] == 2
    assert run("list")[1] == "maeve: coach, Maeve in the sessions\n"
    assert Accounts(tmp_path).log_in("maeve", PASSWORD, "here")
    assert run("passwd", "maeve", typed="another long one\n")[0] == 0
    assert Accounts(tmp_path).log_in("maeve", "another long one", "here")
    assert run("remove", "maeve")[0] == 0 and not Accounts(tmp_path)
    assert PASSWORD not in str(run("add", "--help"))


def test_serving_others_without_an_account_is_refused_in_one_sentence(tmp_path, capsys) -> None:
    code = main(["serve", "--host", "0.0.0.0", "--port", "0", "--data", str(tmp_path)])
    said = " ".join(capsys.readouterr().err.split())
    assert code == 2 and "convo accounts add NAME --role owner" in said
