"""The API: described in full, paged, filtered, and null where nothing is known."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from convo.web import api_models

LISTS = ("sessions", "turns", "phases", "shares", "activities", "measures")


@pytest.mark.parametrize("name", LISTS)
def test_lists_are_paged(client: TestClient, name: str) -> None:
    whole = client.get(f"/api/{name}?limit=5000").json()
    assert whole["total"] == len(whole["items"])
    pieces = [
        item
        for offset in range(0, whole["total"], 50)
        for item in client.get(f"/api/{name}?limit=50&offset={offset}").json()["items"]
    ]
    assert pieces == whole["items"]


@pytest.mark.parametrize(
    ("asked", "numbers"),
    [
        ("", {1, 2}),
        ("session=2", {2}),
        ("coachee=Hannah&coach=Maeve&programme=Talk", {1, 2}),
        ("coachee=hannah", set()),
        ("programme=", set()),
        (f"recording_id={'01' * 8}", {1}),
        (f"recording_id={'01' * 32}", {1}),
    ],
)
def test_filters_choose_sessions(client: TestClient, asked: str, numbers: set[int]) -> None:
    for name in ("sessions", "turns", "shares"):
        found = client.get(f"/api/{name}?limit=5000&{asked}").json()
        assert {row["session"] for row in found["items"]} == numbers


@pytest.mark.parametrize("wrong", ["limit=0", "limit=5001", "offset=-1", "session=x"])
def test_what_cannot_be_is_said(client: TestClient, wrong: str) -> None:
    answer = client.get(f"/api/sessions?{wrong}")
    assert answer.status_code == 422 and wrong.split("=")[0] in answer.text


def test_figures_are_those_of_the_store(client: TestClient) -> None:
    store = client.app.state.desk.store()
    turns = client.get("/api/turns?limit=5000").json()["items"]
    assert (
        sum(row["words"] for row in turns) == store.query("select sum(words) from turn").rows[0][0]
    )
    shares = client.get("/api/shares?limit=5000").json()["items"]
    for row in shares:
        assert (row["percent"] is None) == (row["withheld"] or row["total_words"] == 0)
    whole = [row for row in shares if row["phase"] is None]
    assert len(whole) == 4 and {row["role"] for row in whole} == {"coach", "coachee"}


def test_missing_is_null(client: TestClient) -> None:
    row = client.get("/api/phases?limit=1").json()["items"][0]
    assert row["probability"] is None
    row = client.get("/api/sessions?limit=1").json()["items"][0]
    assert row["phases_by"] is None


def test_nothing_can_be_changed(client: TestClient) -> None:
    for name in (*LISTS, "programmes", "openapi.json"):
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            assert client.request(method, f"/api/{name}").status_code == 405


def test_every_field_and_parameter_is_described(client: TestClient) -> None:
    described = client.get("/api/openapi.json").json()
    assert set(described["paths"]) == {f"/api/{name}" for name in (*LISTS, "programmes")}
    for path, calls in described["paths"].items():
        assert set(calls) == {"get"} and calls["get"]["description"], path
        for parameter in calls["get"].get("parameters", ()):
            assert parameter["description"], (path, parameter["name"])
    for name, model in described["components"]["schemas"].items():
        if not name.startswith(("HTTP", "Validation")):
            assert model.get("description") or name.startswith("Page"), name
            assert all(field.get("description") for field in model["properties"].values()), name


def test_the_reference_names_every_call_and_field(client: TestClient) -> None:
    page = client.get("/api").text
    for name in LISTS:
        assert f"GET /api/{name}" in page
    for model in (api_models.TurnRow, api_models.ShareRow, api_models.ProgrammeRow):
        assert all(f"<code>{field}</code>" in page for field in model.model_fields)


def test_the_guide_names_every_call() -> None:
    text = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
    assert all(f"`/api/{name}`" in text for name in (*LISTS, "programmes", "openapi.json"))


def test_without_a_store_lists_are_empty(tmp_path: Path, browse) -> None:
    client = browse(tmp_path)
    for name in LISTS:
        assert client.get(f"/api/{name}").json() == {"total": 0, "offset": 0, "items": []}
    assert client.get("/api/programmes").json() == []
