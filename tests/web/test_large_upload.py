"""A large file on its way in takes no more memory than a small one."""

from __future__ import annotations

import base64
import http.client
import struct

import psutil
import pytest
from browsing import convo_serve

PIECE = 8_000_000
SIZE = 400_000_000
MOST_GROWTH = 60_000_000


@pytest.mark.slow
def test_a_large_upload_stays_on_disk(tmp_path) -> None:
    with convo_serve(tmp_path / "data") as (address, process):
        server = http.client.HTTPConnection(address.removeprefix("http://"))
        server.request("GET", "/upload")
        answer = server.getresponse()
        answer.read()
        cookie = answer.getheader("set-cookie").split(";")[0]
        own = {"cookie": cookie, "x-csrf-token": cookie.split("=", 1)[1]}

        def ask(method: str, where: str, body: bytes | None = None, **headers: str):
            plain = {name.replace("_", "-"): value for name, value in headers.items()}
            server.request(method, where, body, own | plain)
            answer = server.getresponse()
            text = answer.read().decode()
            return answer, text

        named = "filename " + base64.b64encode(b"long.wav").decode()
        made, _ = ask("POST", "/upload/files", upload_length=str(SIZE), upload_metadata=named)
        where = made.getheader("location")
        memory = psutil.Process(process.pid).memory_info
        before, most = memory().rss, 0
        head = b"RIFF" + struct.pack("<I", SIZE - 8) + b"WAVEfmt "
        head += struct.pack("<IHHIIHH", 16, 1, 2, 48_000, 192_000, 4, 16)
        head += b"data" + struct.pack("<I", SIZE - 44)
        piece = bytes(range(256)) * (PIECE // 256)
        for offset in range(0, SIZE, PIECE):
            content = head + piece[len(head) :] if offset == 0 else piece
            kind = "application/offset+octet-stream"
            answer, _ = ask("PATCH", where, content, upload_offset=str(offset), content_type=kind)
            assert answer.status == 204
            most = max(most, memory().rss)
        answer, form = ask("GET", f"{where}/form")
        assert answer.status == 200 and "35 minutes" in form
        assert max(most, memory().rss) - before < MOST_GROWTH
