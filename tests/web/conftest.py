"""Kept sessions for the tests of the page, and its client."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from kept import keep, sample

from convo.web.app import create_app
from convo.web.desk import Desk
from convo.web.guard import COOKIE, TOKEN_HEADER


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two sessions of Hannah; tests that change something make a folder of their own."""
    return keep(tmp_path_factory.mktemp("data"), [sample(1), sample(2)])


@pytest.fixture
def browse() -> Callable[[Path], TestClient]:
    """A client on this computer for a data folder, which carries the token of changes."""

    def opened(data: Path, **desk: object) -> TestClient:
        app = create_app(Desk(data, **desk))
        client = TestClient(app, base_url="http://127.0.0.1:8765", raise_server_exceptions=False)
        client.get("/")
        client.headers[TOKEN_HEADER] = client.cookies[COOKIE]
        return client

    return opened


@pytest.fixture
def client(data: Path, browse: Callable[[Path], TestClient]) -> TestClient:
    return browse(data)
