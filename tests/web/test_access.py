"""Role by role, address by address: what each may open, and whose names must not appear.

Every route of the application is asked by everyone; one that has no room in ``ROOMS``, or whose
address holds something that is not known here, fails these tests.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from kept import keep, sample

from convo.database.accounts import Accounts
from convo.report.files import progression_file_name
from convo.transcript import Session
from convo.web import access
from convo.web.access import COOKIE, OWNER, ROOMS, Viewer, may_ask, may_enter, room_of
from convo.web.app import create_app
from convo.web.desk import Desk
from convo.web.guard import COOKIE as TOKEN_COOKIE
from convo.web.guard import TOKEN_HEADER

# coachee and coach of every session; all in one programme.
PAIRS = (
    ("Hannah", "Maeve"), ("Hannah", "Bram"), ("Priya", "Maeve"), ("Priya", "Bram"),
    ("Tobias", "Bram"), ("Ingrid", "Wren"), ("Oswald", "Wren"), ("Yolanda", "Bram"),
)  # fmt: skip
NAMES = {name for pair in PAIRS for name in pair}
PEOPLE = {
    "owner": Viewer("owner", "owner"),
    "maeve": Viewer("Maeve", "coach"),
    "hannah": Viewer("Hannah", "coachee"),
    "rita": Viewer("rita", "researcher"),
    "lead": Viewer("lead", "lead"),
}
# Whose names each may read: their own and those of the people they meet.
MAY_READ = {
    "owner": NAMES,
    "maeve": {"Maeve", "Hannah", "Priya"},
    "hannah": {"Hannah", "Maeve", "Bram"},
    "rita": set(),
    "lead": set(),
}
ENDLESS = {"/queue/events"}


def _said(text: str, coachee: str, coach: str) -> str:
    return f"{coach} asks {coachee}. {text}"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = []
    for number, (coachee, coach) in enumerate(PAIRS, start=1):
        one = sample(1 + number % 3)
        session = Session(coachee, coach, number, one.session.date, "Talk")
        turns = tuple(
            replace(turn, text=_said(turn.text, coachee, coach) if turn.number < 9 else turn.text)
            for turn in one.turns
        )
        recording = replace(
            one.recording, recording_id=f"{number:02}" * 32, name=f"{coachee} {number}.m4a"
        )
        made.append(
            replace(one, session=session, turns=turns, recording=recording,
                    review=(f"is {coach} the coach of {coachee}?",))
        )  # fmt: skip
    folder = tmp_path_factory.mktemp("data")
    for coachee in sorted({one.session.coachee for one in made}):
        keep(folder, [one for one in made if one.session.coachee == coachee])
    accounts = Accounts(folder)
    for name, person in PEOPLE.items():
        own = person.name if person.role in ("coach", "coachee") else ""
        accounts.add(name, person.role, own, "three quiet birds")
    return folder


@pytest.fixture(scope="module")
def app(data: Path) -> Iterator[FastAPI]:
    made = create_app(Desk(data))
    yield made
    made.state.desk.close()


@pytest.fixture(scope="module")
def clients(app: FastAPI, data: Path) -> dict[str, TestClient]:
    return {name: opened(app, data, name) for name in ("", *PEOPLE)}


def opened(app: FastAPI, data: Path, name: str) -> TestClient:
    client = TestClient(
        app, base_url="http://127.0.0.1", raise_server_exceptions=False, follow_redirects=False
    )
    if name:
        secret = Accounts(data).log_in(name, "three quiet birds", "here")
        client.cookies.set(COOKIE, access.sign(app.state.desk, secret))
    client.get("/login")
    client.headers[TOKEN_HEADER] = client.cookies[TOKEN_COOKIE]
    return client


def routes(app: FastAPI) -> list[APIRoute]:
    """All of them, those of routers included."""
    found = []
    for one in app.routes:
        inside = getattr(one, "original_router", None)
        found += inside.routes if inside is not None else [one]
    return [one for one in found if hasattr(one, "methods")]


def addresses(path: str) -> list[str]:
    """``path`` with what stands for every parameter in it; a new one must be given a value here."""
    values = {
        "short_id": [f"{n:02}" * 8 for n in range(1, len(PAIRS) + 1)],
        "report_id": [progression_file_name(name).removesuffix(".html") for name in NAMES],
        "coachee": sorted(NAMES),
        "id": ["none", "01" * 8],
        "number": ["1"],
        "speaker": ["SPEAKER_00"],
        "turn": ["1"],
        "position": ["1"],
        "phase": ["scrutiny", "whole"],
        "part": ["sessions", "columns", "told", "strands"],
    }
    values["name"] = ["Talk"] if path.startswith("/programme") else ["shares", "transcript"]
    found = [path]
    for parameter in re.findall(r"{(\w+)(?::\w+)?}", path):
        assert parameter in values, f"say in this test what {{{parameter}}} of {path} can be"
        found = [
            re.sub(rf"{{{parameter}(:\w+)?}}", value, one)
            for one in found
            for value in values[parameter]
        ]
    return found


def test_every_route_has_a_room(app: FastAPI) -> None:
    paths = {one.path for one in routes(app)}
    assert len(paths) > 20
    homeless = {path for path in paths if not room_of(path)}
    assert homeless == set(), "say in convo.web.access.ROOMS who may enter"


def test_every_room_is_there(app: FastAPI) -> None:
    known = {room_of(one.path) for one in routes(app)} | {"/static"}
    assert set(ROOMS) <= known


@pytest.mark.parametrize("name", ["", *PEOPLE])
def test_nobody_enters_a_room_that_is_not_theirs(app: FastAPI, clients, name: str) -> None:
    who = PEOPLE.get(name, access.NOBODY)
    client = clients[name]
    for route in routes(app):
        for method in route.methods:
            address = addresses(route.path)[0]
            allowed = may_enter(who, address) and may_ask(who, method, address)
            if allowed or method == "HEAD":
                continue
            answer = client.request(method, address)
            if not name and method == "GET" and not address.startswith("/api/"):
                assert answer.status_code == 303, (method, address)
                assert answer.headers["location"].startswith("/login")
            else:
                assert answer.status_code == (403 if name else 401), (method, address)
            assert names_in(answer.text) <= {who.name}


@pytest.mark.parametrize("name", PEOPLE)
def test_nobody_reads_a_name_that_is_not_theirs(app: FastAPI, clients, name: str) -> None:
    who, client = PEOPLE[name], clients[name]
    asked, read = 0, set()
    for route in routes(app):
        if "GET" not in route.methods or route.path in ENDLESS:
            continue
        for address in addresses(route.path):
            if not may_enter(who, address):
                continue
            answer = client.get(address)
            assert answer.status_code < 500, address
            found = names_in(answer.text)
            asked, read = asked + 1, read | found
            assert found <= MAY_READ[name], (address, found - MAY_READ[name])
    assert asked > 5
    assert read == MAY_READ[name]  # and those that they may read are there


def names_in(text: str) -> set[str]:
    return {name for name in NAMES if re.search(rf"\b{name}\b", text, re.I)}


OTHERS = [(name, n) for name in ("maeve", "hannah") for n, pair in enumerate(PAIRS, 1)
          if PEOPLE[name].name not in pair]  # fmt: skip


@pytest.mark.parametrize(("name", "number"), OTHERS)
def test_the_sessions_of_others_are_not_there(clients, name: str, number: int) -> None:
    short = f"{number:02}" * 8
    for address in (f"/sessions/{short}", f"/sessions/{short}/version"):
        assert clients[name].get(address).status_code == 404
        assert clients["owner"].get(address).status_code == 200
    found = clients[name].get(f"/api/turns?recording_id={short}").json()
    assert found["total"] == 0 and found["items"] == []


def test_coachee_and_coach_read_the_same_of_their_session(clients) -> None:
    page = f"/sessions/{'01' * 8}"
    texts = []
    for name in ("maeve", "hannah", "owner"):
        main = clients[name].get(page).text.split("<main")[1]
        texts.append(re.sub(r'data-nonce="[^"]*"', "", main))
    assert texts[0] == texts[1]


def test_a_progression_is_only_for_who_may_see_all_of_it(clients) -> None:
    def opens(name: str, coachee: str) -> bool:
        report = progression_file_name(coachee).removesuffix(".html")
        return clients[name].get(f"/reports/{report}").status_code == 200

    assert not opens("maeve", "Hannah")  # Hannah has sessions with Bram as well
    assert not opens("hannah", "Priya")


def test_a_researcher_searches_pseudonyms_and_not_names(clients) -> None:
    client = clients["rita"]
    assert "person-" in client.get("/").text
    assert "No coachee" in client.get("/?find=hannah").text
    assert client.get("/api/sessions?coachee=Hannah").json()["total"] == 0
    rows = client.get("/api/turns?limit=500").json()["items"]
    assert rows and not names_in(str(rows))
    assert any("person-" in row["text"] for row in rows)
    own = client.get(f"/api/sessions?coachee={rows[0]['coachee']}").json()
    assert own["total"] >= 1


def test_a_researcher_asks_a_copy_without_names(clients) -> None:
    client = clients["rita"]
    for sql in ("from v_session", "from v_turn", "from session", "summarize turn", "from word"):
        answer = client.post("/ask", data={"sql": sql}, headers={"hx-request": "true"})
        assert answer.status_code == 200 and 'role="alert"' not in answer.text
        assert not names_in(answer.text), sql
        file = client.post("/ask/download", data={"sql": sql, "format": "csv"})
        assert not names_in(file.text), sql
    assert names_in(clients["owner"].post("/ask", data={"sql": "from v_session"}).text)


def test_a_lead_is_told_of_five_and_of_nobody(clients) -> None:
    client = clients["lead"]
    assert client.get("/").headers["location"] == "/programme"
    assert "Talk" in client.get("/programme").text
    page = client.get("/programme/Talk").text
    assert "5 or more coachees" in page and "Not shown" in page  # there are only three coaches
    (row,) = client.get("/api/programmes").json()
    assert row["coachees"] == 5 and row["coach_share"] is None
    assert client.get("/programme/none").status_code == 404


def test_an_unknown_role_sees_nothing() -> None:
    session = Session("Hannah", "Maeve", 1, sample(1).session.date)
    for who in (access.NOBODY, Viewer("Hannah", "lead"), Viewer("Maeve", "boss")):
        assert not access.may_see(who, session)
        assert not access.may_hear(who, session)


@pytest.mark.parametrize("name", ["rita", "lead"])
def test_who_only_reads_changes_nothing(clients, name: str) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        for address in (f"/sessions/{'01' * 8}", f"/sessions/{'01' * 8}/anything"):
            assert not access.may_ask(PEOPLE[name], method, address)
            assert clients[name].request(method, address).status_code in (403, 404, 405)
    assert access.may_ask(PEOPLE["hannah"], "POST", f"/sessions/{'01' * 8}/anything")


def test_names_count_only_in_their_own_role() -> None:
    session = Session("Sam", "Kit", 1, sample(1).session.date)
    assert access.may_see(Viewer("Sam", "coachee"), session)
    assert not access.may_see(Viewer("Sam", "coach"), session)
    assert not access.may_see(Viewer("sam", "coachee"), session)
    assert not access.may_hear(Viewer("Rita", "researcher"), session)


def test_a_room_that_nobody_was_given_is_the_owners() -> None:
    assert may_enter(OWNER, "/something/new")
    for name in ("maeve", "hannah", "rita", "lead"):
        assert not may_enter(PEOPLE[name], "/something/new")
