"""Ask the store: the page, the answers, the files, and who may ask what."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from fastapi.testclient import TestClient

from convo.database import catalogue
from convo.web.guard import TOKEN_FIELD, TOKEN_HEADER


@pytest.fixture
def asking(client: TestClient) -> Iterator[TestClient]:
    yield client
    client.app.state.desk.close()


def test_the_page_shows_what_there_is(asking: TestClient) -> None:
    page = asking.get("/ask").text
    assert '<label for="sql">' in page and 'aria-current="page">Ask the store' in page
    assert "<code>v_talk_share</code>" in page and "number from 1" in page
    names = set(asking.app.state.desk.store().names()) - {"schema_migration"}
    assert set(re.findall(r"<summary><code>(\w+)</code>", page)) == names


def test_every_view_and_table_says_what_a_row_is(client: TestClient) -> None:
    for table in catalogue.tables(client.app.state.desk.store()):
        assert table.row, table.name
        if table.is_view and table.name != "v_programme_min5":  # that one is of nobody
            assert [c.name for c in table.columns if c.name == "coachee" and c.meaning]


def test_every_example_can_be_written_into_the_question(asking: TestClient) -> None:
    assert len(catalogue.examples()) >= 8
    for number, example in enumerate(catalogue.examples(), start=1):
        page = asking.get(f"/ask?example={number}").text
        text = re.search(r"<textarea[^>]*>(.*?)</textarea>", page, re.S)
        assert text and text[1].replace("&#39;", "'").replace("&lt;", "<").replace(
            "&gt;", ">"
        ) == example.sql.replace("&", "&amp;")
    assert asking.get("/ask?example=999").status_code == 200


def test_an_answer_is_a_table_alone_or_in_the_page(asking: TestClient) -> None:
    asked = {"sql": "select role, percent, null as x from v_talk_share where session = 1"}
    part = asking.post("/ask", data=asked, headers={"hx-request": "true"}).text
    assert "<html" not in part and '<th scope="col">percent</th>' in part
    assert "2 rows" in part and "seconds" in part and 'class="number"' in part
    page = asking.post("/ask", data=asked).text
    assert "<html" in page and part.strip()[:40] in page and asked["sql"] in page


def test_what_people_said_is_never_markup(asking: TestClient) -> None:
    part = asking.post("/ask", data={"sql": "select '<b>bold</b>' as \"<i>\""}).text
    assert "<b>bold" not in part and "&lt;b&gt;bold" in part and "&lt;i&gt;" in part


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("from v_trun", "did you mean &#39;v_turn&#39;?"),
        ("delete from turn", "DELETE is not allowed"),
        ("from read_text('/etc/passwd')", "a query reads only the store"),
        ("", "ask one SELECT at a time"),
    ],
)
def test_a_mistake_is_one_sentence(asking: TestClient, sql: str, said: str) -> None:
    for where in ("/ask", "/ask/download"):
        answer = asking.post(where, data={"sql": sql})
        assert said in answer.text and 'role="alert"' in answer.text


def test_answers_can_be_downloaded(asking: TestClient) -> None:
    sql = "from v_turn"
    answer = asking.post("/ask/download", data={"sql": sql, "format": "csv"})
    assert answer.headers["content-type"].startswith("text/csv")
    assert re.search(r'filename="convo-[\d-]+\.csv"', answer.headers["content-disposition"])
    assert answer.text.startswith("coachee,coach,")
    answer = asking.post("/ask/download", data={"sql": sql, "format": "parquet"})
    assert pq.read_table(io.BytesIO(answer.content)).num_rows > 10
    assert asking.post("/ask/download", data={"sql": sql, "format": "exe"}).status_code == 422


def test_a_question_must_be_asked_by_this_page(asking: TestClient) -> None:
    del asking.headers[TOKEN_HEADER]
    assert asking.post("/ask", data={"sql": "select 1", TOKEN_FIELD: "x"}).status_code == 403


def test_without_a_store_the_page_says_so(tmp_path: Path, browse) -> None:
    client = browse(tmp_path)
    assert "nothing to ask" in client.get("/ask").text
    assert "there is no store" in client.post("/ask", data={"sql": "select 1"}).text
    client.app.state.desk.close()
