"""Files handed in and pictures handed out between two calls of a program: in memory, under names that nobody can guess,
for ten minutes.

Programs send a file first and name it in the call that follows, and fetch pictures after the call that made them.
Gradio would write all of them to the disk and keep them for hours. Here the same two addresses are answered from
memory.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mcld_app.errors import PictureError
from mcld_app.request import MAX_PICTURES, MAX_UPLOAD

SECONDS = 600.0
MOST_BYTES = 96 << 20

GONE = "This file is not here: it was never sent, or longer than ten minutes ago. Send it again."
NOT_FETCHED = (
    "Nothing is fetched from other addresses. Send the picture itself: in base64, as a data: URL, or as a file of your "
    "own, for example with gradio_client's handle_file."
)
_MOST_FILES = MAX_PICTURES
_IN, _OUT = "handed-in/", "handed-out/"
_FILE = "/gradio_api/file="
_UPLOAD = "/gradio_api/upload"
_LOGIN = "/gradio_api/login_check"


@dataclass(frozen=True)
class _File:
    until: float
    data: bytes
    owner: str


class Handing:
    """Files that are on their way.

    Args:
        seconds: how long each is kept.
        most: bytes of all; the oldest go first.
        clock: seconds, from any beginning.
    """

    def __init__(
        self, seconds: float = SECONDS, most: int = MOST_BYTES, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._seconds, self._most, self._clock = seconds, most, clock
        self._files: dict[str, _File] = {}
        self._lock = threading.Lock()

    def take(self, data: bytes) -> str:
        """Keep a file that somebody sent; returns its path, by which a call can name it."""
        return self._keep(f"{_IN}{secrets.token_urlsafe(32)}", data, "")

    def give(self, picture: bytes, owner: str = "") -> dict[str, Any]:
        """Keep a picture, or a ZIP of several, for whoever asked for it.

        Args:
            picture: bytes of a PNG or a ZIP.
            owner: whose it is, see `drop`.

        Returns:
            A `FileData` of Gradio's, with the address it is fetched at.
        """
        name = "picture.png" if is_png(picture) else "pictures.zip"
        path = self._keep(f"{_OUT}{secrets.token_urlsafe(32)}/{name}", picture, owner)
        return {
            "path": path, "url": _FILE + path, "size": len(picture), "orig_name": name,
            "mime_type": _media(picture), "is_stream": False, "meta": {"_type": "gradio.FileData"},
        }  # fmt: skip

    def handed_in(self, path: str) -> bytes:
        """A file that somebody sent, by its path or an address that ends in it; PictureError where there is none."""
        data = self._find(path) if (path := path.rpartition("file=")[2]).startswith(_IN) else None
        if data is None:
            raise PictureError(GONE)
        return data

    def handed_out(self, path: str) -> bytes | None:
        """A picture that was made for somebody; None where there is none, or not any more."""
        return self._find(path) if path.startswith(_OUT) else None

    def read(self, file: Mapping[str, Any]) -> str | bytes:
        """What a `FileData` of Gradio's stands for: bytes that were handed in, or a data: URL as it is.

        Raises:
            PictureError: where it names anything else; nothing is fetched, and no file of this machine is read.
        """
        for named in (file.get("url"), file.get("path")):
            if isinstance(named, str) and named.startswith("data:"):
                return named
        path = str(file.get("path") or file.get("url") or "")
        if not is_handed_in(path):
            raise PictureError(NOT_FETCHED)
        return self.handed_in(path)

    def drop(self, owner: str) -> None:
        """Forget the pictures of an owner."""
        with self._lock:
            self._files = {path: file for path, file in self._files.items() if file.owner != owner}

    def __len__(self) -> int:
        return len(self._files)

    def _keep(self, path: str, data: bytes, owner: str) -> str:
        with self._lock:
            now = self._clock()
            files = {**self._files, path: _File(now + self._seconds, data, owner)}
            size = sum(len(file.data) for file in files.values())
            for other, file in list(files.items())[:-1]:  # the oldest first
                if file.until < now or size > self._most:
                    size -= len(files.pop(other).data)
            self._files = files
        return path

    def _find(self, path: str) -> bytes | None:
        with self._lock:
            file = self._files.get(path)
            return None if file is None or file.until < self._clock() else file.data


def is_png(data: bytes) -> bool:
    """Whether a file is a picture, and no ZIP of several."""
    return data.startswith(b"\x89PNG")


def _media(data: bytes) -> str:
    return "image/png" if is_png(data) else "application/zip"


def is_handed_in(text: str) -> bool:
    """Whether a text names a file that was sent before: its path, or its address at this studio."""
    return text.startswith(_IN) or (_FILE + _IN in text[:400] and text.startswith(("http://", "https://", "/")))


@lru_cache(maxsize=1)
def handing() -> Handing:
    """What this process hands in and out."""
    return Handing()


class HandingDoor:
    """ASGI middleware: takes files that programs send, and gives them pictures that were made for them.

    Where the page asks for a password, so does this: the application under it is asked whether the caller has it.
    """

    def __init__(self, app: ASGIApp, files: Handing | None = None) -> None:
        self._app, self._files = app, files or handing()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "") if scope["type"] == "http" else ""
        uploads = _UPLOAD in path and path.rpartition(_UPLOAD)[2] in ("", "/")
        fetches = _FILE + _OUT in path
        if not (uploads or fetches):
            await self._app(scope, receive, send)
        elif not await self._may_enter(scope):
            await _refusal(401, "Not authenticated")(scope, receive, send)
        elif uploads:
            await (await self._taken(Request(scope, receive)))(scope, receive, send)
        else:
            picture = self._files.handed_out(path.rpartition(_FILE)[2])
            answer = _refusal(404, GONE) if picture is None else Response(
                picture, media_type=_media(picture), headers={"cache-control": "no-store"}
            )  # fmt: skip
            await answer(scope, receive, send)

    async def _taken(self, request: Request) -> Response:
        if request.method != "POST":
            return _refusal(405, "Files are sent with POST.")
        try:
            form = await _InMemory(request.headers, request.stream(), max_files=_MOST_FILES, max_fields=4).parse()
        except (MultiPartException, HTTPException, KeyError, ValueError):
            return _refusal(400, "This is no form with files in it.")
        files = [value for name, value in form.multi_items() if isinstance(value, UploadFile)]
        try:
            if not files:
                return _refusal(400, "There is no file in this form.")
            if any((file.size or 0) > MAX_UPLOAD for file in files):
                return _refusal(413, f"A file is larger than {MAX_UPLOAD >> 20} MB. Send it smaller.")
            return JSONResponse([self._files.take(await file.read()) for file in files])
        finally:
            await form.close()

    async def _may_enter(self, scope: Scope) -> bool:
        """Whether the application lets this caller in, password and all."""
        status = 500

        async def nothing() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]

        root = scope["path"].partition("/gradio_api/")[0]
        asked = {**scope, "method": "GET", "path": root + _LOGIN, "raw_path": (root + _LOGIN).encode(),
                 "query_string": b""}  # fmt: skip
        await self._app(asked, nothing, noted)
        return status == 200


class _InMemory(MultiPartParser):
    """Starlette's parser, which would write what is larger than a megabyte to the disk."""

    spool_max_size = MAX_UPLOAD + (1 << 20)


def _refusal(status: int, sentence: str) -> JSONResponse:
    return JSONResponse({"detail": sentence, "error": sentence}, status)
