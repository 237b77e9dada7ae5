"""The page's own files on their way out: packed once for all visitors, and kept by their browsers.

Gradio sends the page itself (700 KB) as it is, and packs its scripts anew for each visitor. Here what was packed is
kept by its content. Answers to events, and above all streams of news, are none of these files and pass as they are.
"""

from __future__ import annotations

import gzip
import re
import threading
from collections import OrderedDict
from collections.abc import Callable

import anyio
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mcld_app.content import content_hash

MOST_BYTES = 24 << 20
"""Of all that is kept packed."""

_PAGES = ("/", "/config", "/theme.css")
_FILES = ("/assets/", "/static/", "/svelte/")
_NAMED_BY_CONTENT = re.compile(r"/assets/.*-[\w-]{8}\.\w+$")
_PACKED = ("text/", "application/json", "application/javascript", "image/svg+xml")
_SMALLEST = 1000
_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"  # a browser may keep it, and asks each time whether it is still the same


class Packing:
    """ASGI middleware: packs the page, its configuration, scripts and styles, and says how long a browser may keep
    them. A browser that has the page already is told so in an empty answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app, self._kept = app, _Kept(MOST_BYTES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "").removeprefix(scope.get("root_path", "")) or "/"
        asked = scope["type"] == "http" and scope["method"] == "GET"
        if not asked or not (path in _PAGES or path.startswith(_FILES)) or b"range" in dict(scope["headers"]):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        how = _chosen(headers.get("accept-encoding", ""))
        plain = {**scope, "headers": [each for each in scope["headers"] if each[0].lower() != b"accept-encoding"]}
        begun: list[Message] = []
        parts: list[bytes] = []

        async def gathered(message: Message) -> None:
            if message["type"] == "http.response.start":
                begun.append(message)
            elif message["type"] == "http.response.body":
                parts.append(message.get("body", b""))
                if not message.get("more_body", False):
                    await self._send(begun[0], b"".join(parts), path, how, headers.get("if-none-match", ""), send)
            else:
                await send(message)

        await self._app(plain, receive, gathered)

    async def _send(self, start: Message, body: bytes, path: str, how: str, known: str, send: Send) -> None:
        headers = MutableHeaders(raw=list(start["headers"]))
        kind = headers.get("content-type", "")
        if start["status"] == 200:
            if _NAMED_BY_CONTENT.search(path):
                headers["cache-control"] = _FOR_EVER
            elif path in _PAGES:
                headers["cache-control"] = _ASK_AGAIN
                headers["etag"] = f'W/"{content_hash(body, size=16)}"'
                if headers["etag"] in known:
                    for name in ("content-length", "content-type"):
                        del headers[name]
                    await send({"type": "http.response.start", "status": 304, "headers": headers.raw})
                    await send({"type": "http.response.body", "body": b""})
                    return
            if kind.startswith(_PACKED) and "content-encoding" not in headers:
                headers.add_vary_header("Accept-Encoding")
                if how and len(body) >= _SMALLEST:
                    body = await anyio.to_thread.run_sync(self._kept.get, how, body)
                    headers["content-encoding"] = how
                    headers["content-length"] = str(len(body))
        await send({**start, "headers": headers.raw})
        await send({"type": "http.response.body", "body": body})


class _Kept:
    """What was packed, by how and by content, the least recently used first out."""

    def __init__(self, most: int) -> None:
        self._most, self._size = most, 0
        self._held: OrderedDict[tuple[str, str], bytes] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, how: str, body: bytes) -> bytes:
        key = how, content_hash(body, size=16)
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                return self._held[key]
        made = _WAYS[how](body)
        with self._lock:
            if key not in self._held:
                self._held[key] = made
                self._size += len(made)
            while self._size > self._most:
                self._size -= len(self._held.popitem(last=False)[1])
        return made


def _brotli(body: bytes) -> bytes:
    import brotli  # Gradio needs it too

    return brotli.compress(body, quality=6)


_WAYS: dict[str, Callable[[bytes], bytes]] = {"br": _brotli, "gzip": lambda body: gzip.compress(body, 6, mtime=0)}


def _chosen(accepted: str) -> str:
    """The way to pack that a browser takes, the best first; "" for none."""
    offers = {}
    for offer in accepted.lower().split(","):
        name, _, quality = offer.strip().partition(";")
        offers[name.strip()] = quality.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return next((name for name in _WAYS if offers.get(name)), "")
