"""A server that behaves as Hugging Face does, for tests that fetch weights."""

from __future__ import annotations

import threading
from dataclasses import replace
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from mcld_app.checkpoints import weight_named

HTML = b"<!DOCTYPE html>\n<html><head><title>Lotior/mcld</title></head><body>Sign in</body></html>" * 20


class Hub:
    """A server that behaves as Hugging Face does, and misbehaves as asked."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.break_after: list[int] = []  # bytes after which the next answers break off
        self.status: list[int] = []  # errors that the next downloads are answered with
        self.ignore_ranges = self.web_page = self.damage = self.plain = False
        self.commit: str | None = None  # that files are said to be of
        self.headless_store = False  # a mirror that sends on to a store of its own, which answers no HEAD
        self.tokens: list[str] = []  # that requests came with
        self.asked: list[tuple[str, str | None]] = []  # path and range of each download
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_args) -> None:
                pass

            def do_HEAD(self) -> None:
                self._answer(body=False)

            def do_GET(self) -> None:
                self._answer(body=True)

            def _answer(self, body: bool) -> None:
                content = hub.files.get(self.path.removeprefix("/store"))
                hub.tokens += self.headers.get_all("Authorization", [])
                if content is None:
                    self._send(404, {}, b"")
                elif hub.headless_store and not self.path.startswith("/store"):
                    self._send(302, {"Location": f"/store{self.path}"}, b"")
                elif hub.headless_store and not body:
                    self._send(405, {}, b"")
                elif not hub.plain and not self.path.startswith("/store"):
                    linked = {"X-Linked-Etag": f'"{sha256(content).hexdigest()}"', "X-Linked-Size": str(len(content))}
                    linked |= {"X-Repo-Commit": hub.commit} if hub.commit else {}
                    self._send(302, {"Location": f"{hub.store_url}/store{self.path}", **linked}, b"")
                elif not body:
                    self._send(200, {"Content-Length": str(len(content))}, None)
                else:
                    self._give(content)

            def _give(self, content: bytes) -> None:
                asked = self.headers.get("Range")
                hub.asked.append((self.path, asked))
                if hub.status:
                    return self._send(hub.status.pop(0), {}, b"")
                if hub.web_page:
                    return self._send(200, {"Content-Type": "text/html"}, HTML)
                if hub.damage:
                    content = content[:-1] + bytes([content[-1] ^ 1])
                start, status, headers = 0, 200, {"Content-Type": "application/octet-stream"}
                if asked and not hub.ignore_ranges:
                    start, status = int(asked.removeprefix("bytes=").rstrip("-")), 206
                    headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
                rest = content[start:]
                headers["Content-Length"] = str(len(rest))
                if hub.break_after:
                    self._send(status, headers, None)
                    self.wfile.write(rest[: hub.break_after.pop(0)])
                    self.wfile.flush()
                    self.close_connection = True
                    return None
                return self._send(status, headers, rest)

            def _send(self, status: int, headers: dict[str, str], body: bytes | None) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if body is not None and "Content-Length" not in headers:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if body:
                    self.wfile.write(body)

        # Two servers: Hugging Face tells of a file itself, and sends whoever wants it on to a store elsewhere.
        self._servers = [ThreadingHTTPServer(("127.0.0.1", 0), Handler) for _ in range(2)]
        self.url, self.store_url = (f"http://127.0.0.1:{server.server_port}" for server in self._servers)
        for server in self._servers:
            threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        """Serve nothing any more."""
        for server in self._servers:
            server.shutdown()
            server.server_close()

    def publish(self, name: str, content: bytes, **fields):
        """Put a weight on the server; returns its row of the table, with nothing known of its hash."""
        weight = replace(weight_named(name), size=len(content), known=(), **fields)
        self.files[f"/{weight.repository}/resolve/{weight.revision}/{weight.files[0]}"] = content
        return weight

    @property
    def ranges(self) -> list[str | None]:
        return [asked for _, asked in self.asked]
