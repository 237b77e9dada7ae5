"""Who may ask the page for something: no foreign name of this server, no foreign page, and no door that nothing here
uses.

A page from anywhere can have a browser ask this server for something. With a name of its own that it lets point to this
machine (“DNS rebinding”) it could even read the answers; with a form it could press buttons for a visitor.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

WRONG_HOST = "This studio is not known by that name. Who runs it can add the name to MCLD_HOSTS."
FOREIGN = "Another page asked for this. Open the studio itself; who runs it can add a host to MCLD_HOSTS."
CLOSED = "The studio has no use for this, so it is switched off."

_SAFE = ("GET", "HEAD", "OPTIONS")
_EVERY_NETWORK = ("0.0.0.0", "::")
_UNUSED = ("upload_progress", "deep_link", "process_recording", "stream", "proxy=", "vibe-", "undo-vibe-")
"""What Gradio serves beside events, and would write to the disk or ask of other servers."""

_POLICY = {
    "default-src": "'self'",
    "script-src": "'self' 'unsafe-inline' 'unsafe-eval'",  # Gradio's page starts itself, and its HTML parts, this way
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "media-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "worker-src": "'self' blob:",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
}
"""What the page may load: nothing from elsewhere, and above all no picture may be sent anywhere."""


class Gate:
    """ASGI middleware: refuses what is not meant for this studio, and says in every answer what a browser may do with
    it.

    Args:
        hosts: the names that this server is known by, without ports; "*" for any. With an address of every network
            (0.0.0.0) among them, any number will do: only names can be made to point here.
        ancestors: the sources that may show the page in a frame, as in a Content-Security-Policy.
    """

    def __init__(self, app: ASGIApp, hosts: Collection[str], ancestors: str) -> None:
        self._app, self._hosts = app, frozenset(map(_plain, hosts))
        policy = {**_POLICY, "frame-ancestors": ancestors}
        self._told = {
            "content-security-policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
            "x-content-type-options": "nosniff",
            "referrer-policy": "same-origin",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._told.items():
                    headers.setdefault(name, value)
            await send(message)

        status, sentence = self._refusal(scope)
        if status:
            answer = JSONResponse({"detail": sentence, "error": sentence}, status_code=status)
            await answer(scope, receive, guarded)
        else:
            await self._app(scope, receive, guarded)

    def _refusal(self, scope: Scope) -> tuple[int, str]:
        """The status and the sentence of a request that is refused; 0 for one that is not."""
        headers = Headers(scope=scope)
        if not self._is_known(headers.get("host", "")):
            return 421, WRONG_HOST
        if scope["method"] not in _SAFE and not self._is_own_page(headers):
            return 403, FOREIGN
        wanted = scope["path"].partition("/gradio_api/")[2]
        if wanted.split("/")[0] in _UNUSED or wanted.startswith(tuple(name for name in _UNUSED if name[-1] in "=-")):
            return 404, CLOSED
        return 0, ""

    def _is_known(self, host: str) -> bool:
        name = _plain(host)
        if "*" in self._hosts or name in self._hosts:
            return True
        return _is_number(name) and not self._hosts.isdisjoint(_EVERY_NETWORK)

    def _is_own_page(self, headers: Headers) -> bool:
        """Whether it is this studio's page that asks, or a program: a browser always says which page it is."""
        origin = headers.get("origin")
        if origin is None:
            return headers.get("sec-fetch-site", "none") in ("none", "same-origin")
        try:
            asking = urlsplit(origin).netloc.lower()
        except ValueError:
            return False
        if not asking:
            return False
        if asking == headers.get("host", "").lower() or "*" in self._hosts:
            return True
        # Behind a proxy the page has another name and port than this server; only names that were given count then,
        # since any program on a machine may serve a page at one of its localhost's ports.
        return _plain(asking) in self._hosts - _LOCAL


def _plain(host: str) -> str:
    """A host as one may write it, without its port, in one spelling."""
    name = host.strip().lower()
    if name.startswith("["):
        return name[1:].partition("]")[0]
    if name.count(":") == 1:
        name = name.partition(":")[0]
    return name.rstrip(".")


def _is_number(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


_LOCAL = frozenset(("localhost", "127.0.0.1", "::1", *_EVERY_NETWORK))
