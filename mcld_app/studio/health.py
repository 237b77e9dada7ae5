"""How the server is, for machines that watch over it: a small JSON at /health, with numbers and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

PATH = "/health"


class Health:
    """ASGI middleware that answers at /health, with a password or without.

    Args:
        told: gives the numbers by name; where there is none, /health is asked of the application as everything is.
    """

    def __init__(self, app: ASGIApp, told: Callable[[], Mapping[str, int]] | None) -> None:
        self._app, self._told = app, told

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = scope["type"] == "http" and scope["path"] == PATH and scope["method"] in ("GET", "HEAD")
        if asked and self._told is not None:
            answer = JSONResponse({"status": "ok", **self._told()}, headers={"cache-control": "no-store"})
            await answer(scope, receive, send)
        else:
            await self._app(scope, receive, send)
