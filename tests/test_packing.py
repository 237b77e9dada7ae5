"""The page comes packed, once for all, and stays with the browser; streams of news pass as they come."""

from __future__ import annotations

import asyncio
import gzip
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import brotli
import httpx
import pytest
from page_client import served

from mcld_app.studio import packing
from mcld_app.studio.packing import Packing
from mcld_app.studio.page import build

PAGE = b"<!doctype html>" + b"All the page. " * 500


class Site:
    """An application of one answer, and what it was asked."""

    def __init__(self, kind: str, body: bytes = PAGE, status: int = 200) -> None:
        self.kind, self.body, self.status, self.asked = kind, body, status, []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked.append(dict(scope["headers"]))
        headers = [(b"content-type", self.kind.encode()), (b"content-length", str(len(self.body)).encode())]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        half = len(self.body) // 2
        await send({"type": "http.response.body", "body": self.body[:half], "more_body": True})
        await send({"type": "http.response.body", "body": self.body[half:]})


def ask(app: Any, path: str, **headers: str) -> tuple[int, dict[str, str], list[bytes]]:
    """Status, headers and the pieces of the body as they went out."""
    told: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        told.append(message)

    given = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "GET", "path": path, "root_path": "", "headers": given}
    with ThreadPoolExecutor(1) as apart:  # a browser's tests have a loop of theirs in this thread
        apart.submit(asyncio.run, app(scope, None, send)).result()
    back = {name.decode(): value.decode() for name, value in told[0]["headers"]}
    return told[0]["status"], back, [message.get("body", b"") for message in told[1:]]


@pytest.mark.parametrize(
    ("accepted", "how", "unpack"),
    [("gzip, deflate, br, zstd", "br", brotli.decompress), ("gzip", "gzip", gzip.decompress),
     ("br;q=0, gzip", "gzip", gzip.decompress), ("", None, bytes)],
)  # fmt: skip
def test_the_page_is_packed_as_the_browser_takes_it(accepted: str, how: str | None, unpack: Any) -> None:
    status, told, (body,) = ask(Packing(Site("text/html; charset=utf-8")), "/", accept_encoding=accepted)
    assert status == 200 and unpack(body) == PAGE and told.get("content-encoding") == how
    assert int(told["content-length"]) == len(body) and "accept-encoding" in told["vary"].lower()
    assert len(body) < 500 or how is None


def test_what_is_the_same_is_packed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    site = Packing(Site("text/html"))
    first = ask(site, "/", accept_encoding="br")
    monkeypatch.setitem(packing._WAYS, "br", lambda body: 1 / 0)
    assert ask(site, "/", accept_encoding="br") == first


def test_a_browser_that_has_the_page_is_told_so() -> None:
    site = Packing(Site("text/html"))
    _, told, _ = ask(site, "/")
    assert told["cache-control"] == "no-cache"
    assert ask(site, "/", if_none_match=told["etag"])[0::2] == (304, [b""])
    assert ask(Packing(Site("text/html", PAGE + b"!")), "/", if_none_match=told["etag"])[0] == 200


def test_files_named_by_their_content_are_kept_for_ever_and_errors_are_not() -> None:
    for path, kept in (("/assets/a-Bq3_x-9Z.js", True), ("/assets/index.js", False), ("/static/fonts/a.css", False)):
        _, told, _ = ask(Packing(Site("text/javascript")), path)
        assert ("immutable" in told.get("cache-control", "")) is kept, path
    _, told, _ = ask(Packing(Site("application/json", b"{}", 404)), "/assets/index-Bq3_x-9Z.js")
    assert "cache-control" not in told


@pytest.mark.parametrize(
    "path", ["/gradio_api/queue/data", "/gradio_api/heartbeat/a.js", "/gradio_api/run/predict", "/health"]
)
def test_news_pass_piece_by_piece_as_they_come(path: str) -> None:
    site = Site("text/event-stream")
    _, told, pieces = ask(Packing(site), path, accept_encoding="gzip, br")
    assert len(pieces) == 2 and b"".join(pieces) == PAGE and "content-encoding" not in told
    assert b"accept-encoding" in site.asked[0]


def test_pictures_and_parts_of_files_are_left_as_they_are() -> None:
    assert "content-encoding" not in ask(Packing(Site("image/png")), "/static/a.png", accept_encoding="br")[1]
    assert len(ask(Packing(Site("text/css")), "/static/a.css", accept_encoding="br", range="bytes=0-9")[2]) == 2


def test_no_more_is_kept_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = packing._Kept(2000)
    monkeypatch.setitem(packing._WAYS, "gzip", lambda body: body)
    for number in range(5):
        kept.get("gzip", bytes([number]) * 900)
    assert len(kept._held) == 2 and kept._size == 1800


def test_the_studio_s_own_page_is_small_and_comes_again_for_nothing() -> None:
    with served(build()) as blocks, httpx.Client(base_url=blocks.local_url, trust_env=False) as client:
        page = client.get("/", headers={"Accept-Encoding": "br"})
        packed = int(page.headers["content-length"])
        print(f"the page: {len(page.content)} bytes, packed {packed}")
        assert page.headers["content-encoding"] == "br" and packed < len(page.content) / 4
        assert "content-security-policy" in page.headers
        assert client.get("/", headers={"If-None-Match": page.headers["etag"]}).status_code == 304
        script = re.search(r'"\.?/?(assets/[\w-]+-[\w-]{8}\.js)"', page.text)[1]
        told = client.get(f"/{script}", headers={"Accept-Encoding": "gzip"}).headers
        assert "immutable" in told["cache-control"] and told["content-encoding"] == "gzip"
