"""Requests that bring too much, or rest half sent, are refused before they cost anything."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import httpx
import pytest
import uvicorn
from conftest import Studio
from starlette.requests import Request
from starlette.responses import JSONResponse

from mcld_app.studio import half_sent, limits
from mcld_app.studio.half_sent import PatientProtocol
from mcld_app.studio.limits import MAX_BODY, PATIENCE, Limits

PATIENT = 0.6  # seconds, in place of thirty


async def _reads_all(scope, receive, send) -> None:
    body = await Request(scope, receive).body()
    await JSONResponse({"read": len(body)})(scope, receive, send)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A server that reads whatever comes, behind limits of 1000 bytes and PATIENT seconds."""

    class Impatient(PatientProtocol):
        patience = PATIENT

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        chosen = listener.getsockname()[1]
    app = Limits(_reads_all, max_body=1000, patience=PATIENT)
    server = uvicorn.Server(uvicorn.Config(app, port=chosen, http=Impatient, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield chosen
    server.should_exit = True
    thread.join(10)


def send(port: int, *parts: bytes, pause: float = 0.0, wait: float = 20.0) -> tuple[str, float]:
    """Send parts of a request, with a pause between; what is answered until the connection ends, and after how many
    seconds."""
    began, answer = time.monotonic(), b""
    with socket.create_connection(("127.0.0.1", port), timeout=wait) as line, contextlib.suppress(ConnectionError):
        for part in parts:
            line.sendall(part)
            time.sleep(pause)
        while data := line.recv(65536):
            answer += data
    return answer.decode(), time.monotonic() - began


def head(length: int | None, more: str = "Connection: close\r\n") -> bytes:
    said = f"Content-Length: {length}\r\n" if length is not None else "Transfer-Encoding: chunked\r\n"
    return f"POST / HTTP/1.1\r\nHost: x\r\n{said}{more}\r\n".encode()


def test_what_fits_is_read(port: int) -> None:
    assert '{"read":1000}' in send(port, head(1000) + b"x" * 1000)[0]
    assert '{"read":2}' in send(port, head(None) + b"2\r\nxx\r\n0\r\n\r\n")[0]


def test_a_large_body_is_refused_before_it_comes(port: int) -> None:
    answer, seconds = send(port, head(1001))
    assert answer.startswith("HTTP/1.1 413") and limits.TOO_LARGE in answer and seconds < PATIENT
    assert send(port, head(10**15))[0].startswith("HTTP/1.1 413")


def test_a_body_that_says_no_size_is_refused_once_it_is_too_large(port: int) -> None:
    answer, _ = send(port, head(None) + b"400\r\n" + b"x" * 1024 + b"\r\n")
    assert answer.startswith("HTTP/1.1 413")


@pytest.mark.parametrize(
    "parts",
    [[b""], [b"POST / HT"], [head(100)[:-2]], [head(100) + b"x"], [head(None) + b"10\r\nabc"]],
    ids=["nothing", "half a line", "half a head", "half a body", "half a chunk"],
)
def test_half_sent_requests_end(port: int, parts: list[bytes]) -> None:
    answer, seconds = send(port, *parts)
    assert PATIENT * 0.9 <= seconds < PATIENT + 3
    assert answer == "" or (answer.startswith("HTTP/1.1 408") and limits.TOO_SLOW in answer)


@pytest.mark.parametrize("begin", [b"GET / HTTP/1.1\r\nX: ", head(900)], ids=["head", "body"])
def test_drop_by_drop_is_half_sent_too(port: int, begin: bytes) -> None:
    assert send(port, begin, *[b"x"] * 40, pause=PATIENT / 10)[1] < PATIENT * 4 + 3


def test_a_second_request_on_a_line_has_its_time_too(port: int) -> None:
    answer, seconds = send(port, head(1, "") + b"x", b"GET / HT", pause=0.1)
    assert '{"read":1}' in answer and seconds < PATIENT + 3
    first_rests = [head(2, "") + b"x", b"x" + head(2, "") + b"xx"]
    assert send(port, *first_rests, pause=PATIENT / 2)[0].count('{"read":2}') == 2


def test_who_waits_long_for_an_answer_is_not_refused() -> None:
    """The time is the request's, not the answer's."""

    async def slow(scope, receive, send) -> None:
        await Request(scope, receive).body()
        listening = asyncio.ensure_future(receive())  # as a stream does, to notice when the other side leaves
        await asyncio.sleep(PATIENT * 2)
        listening.cancel()
        await JSONResponse("done")(scope, receive, send)

    async def ask() -> str:
        transport = httpx.ASGITransport(Limits(slow, patience=PATIENT))
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            return (await client.post("/", content=b"x")).text

    with ThreadPoolExecutor(1) as thread:  # a browser's tests have their own loop in this one
        assert thread.submit(lambda: asyncio.run(ask())).result() == '"done"'


def test_the_limits_are_what_was_promised() -> None:
    assert MAX_BODY == 60 << 20 and PATIENCE == PatientProtocol.patience == 30


# ---- the studio as it runs ----------------------------------------------------------------------------------------


def test_the_studio_refuses_what_is_too_large(studio: Studio) -> None:
    port = urlsplit(studio.url).port
    path = "/gradio_api/run/start"
    begin = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
    answer, seconds = send(port, f"{begin}Content-Length: {300 << 20}\r\n\r\n".encode())
    assert answer.startswith("HTTP/1.1 413") and seconds < 5
    assert json.loads(answer.partition("\r\n\r\n")[2])["error"] == limits.TOO_LARGE
    with httpx.Client(base_url=studio.url, trust_env=False) as client:
        assert client.post(path, json={"data": ["person:mara"]}).status_code == 200


@pytest.mark.slow
@pytest.mark.skipif("MCLD_LOAD" not in os.environ, reason="takes half a minute: set MCLD_LOAD=1")
def test_the_studio_closes_what_rests_after_half_a_minute(studio: Studio) -> None:
    port = urlsplit(studio.url).port
    for part in (b"POST / HT", f"POST /gradio_api/run/start HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: "
                 "application/json\r\nContent-Length: 50\r\n\r\n{".encode()):  # fmt: skip
        answer, seconds = send(port, part, wait=60)
        assert PATIENCE - 1 < seconds < PATIENCE + 10
        assert answer == "" or answer.startswith("HTTP/1.1 408")


def test_every_server_of_the_program_uses_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(uvicorn.config.HTTP_PROTOCOLS, "auto", uvicorn.config.HTTP_PROTOCOLS["auto"])
    half_sent.close_half_sent_requests()
    made = uvicorn.Config(_reads_all)
    made.load()
    assert made.http_protocol_class is PatientProtocol
