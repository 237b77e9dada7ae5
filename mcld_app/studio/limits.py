"""How much a request may bring, and how long it may take over it.

A photo of the largest size, its map and a recipe around them fit into one request, on a slow line, too. More is refused
before it is read: read, it takes many times its size in memory.
"""

from __future__ import annotations

import asyncio

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY = 60 << 20
PATIENCE = 30.0
"""Seconds that a request may rest half sent."""

TOO_LARGE = f"This is more than {MAX_BODY >> 20} MB in one request. Send smaller files, or fewer at once."
TOO_SLOW = "This request did not arrive whole in time. Send it again."
_SLOWEST = 16 << 10  # bytes a second; who sends drop by drop rests, too


class _Refused(Exception):
    """The request was answered already; nobody reads on."""


class Limits:
    """ASGI middleware: refuses bodies that are too large (413) or rest half sent (408).

    Args:
        max_body: bytes.
        patience: seconds.
    """

    def __init__(self, app: ASGIApp, max_body: int = MAX_BODY, patience: float = PATIENCE) -> None:
        self._app, self._max_body, self._patience = app, max_body, patience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        loop = asyncio.get_running_loop()
        began, come, whole, begun, refused = loop.time(), 0, False, False, False

        async def refuse(status: int, sentence: str) -> None:
            nonlocal refused
            refused = True
            if not begun:
                answer = JSONResponse({"detail": sentence, "error": sentence}, status, {"connection": "close"})
                await answer(scope, receive, send)

        async def measured() -> Message:
            nonlocal come, whole
            if whole:
                return await receive()
            left = began + self._patience + come / _SLOWEST - loop.time()
            try:
                message = await asyncio.wait_for(receive(), max(left, 0.0))
            except asyncio.TimeoutError:
                await refuse(408, TOO_SLOW)
                raise _Refused from None
            come += len(message.get("body", b""))
            whole = not message.get("more_body", False)
            if come > self._max_body:
                await refuse(413, TOO_LARGE)
                raise _Refused
            return message

        async def unless_refused(message: Message) -> None:
            nonlocal begun
            if not refused:
                begun = True
                await send(message)

        said = Headers(scope=scope).get("content-length", "")
        if said.isdecimal() and int(said[:20]) > self._max_body:
            await refuse(413, TOO_LARGE)
            return
        try:
            await self._app(scope, measured, unless_refused)
        except _Refused:
            pass
        except Exception:
            if not refused:
                raise
