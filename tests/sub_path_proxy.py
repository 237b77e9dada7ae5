"""A small reverse proxy: it serves another server under a folder of its own, as nginx and Caddy do."""

from __future__ import annotations

import asyncio
import contextlib
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def sub_path_proxy(port: int, prefix: str) -> Iterator[str]:
    """The server at a port of this machine, served under a prefix, such as "/studio": the address without the prefix.
    The host's name goes on as it came; whatever is asked for elsewhere is not found."""
    loop, ready, address = asyncio.new_event_loop(), threading.Event(), []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            found = re.match(rf"(\S+) {re.escape(prefix)}(/\S*)? ", head)
            if found is None:
                writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            else:
                head = f"{found[1]} {found[2] or '/'} {head[found.end():]}"
                head = re.sub(r"\r\nconnection:[^\r]*", "", head, flags=re.IGNORECASE)
                head = head.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n")
                answers, asks = await asyncio.open_connection("127.0.0.1", port)
                asks.write(head.encode("latin-1"))
                there = asyncio.ensure_future(_pass_on(reader, asks))
                await _pass_on(answers, writer)
                there.cancel()
                asks.close()
        writer.close()

    async def run() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        address.append(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        ready.set()

    threading.Thread(target=lambda: (loop.run_until_complete(run()), loop.run_forever()), daemon=True).start()
    ready.wait(10)
    try:
        yield address[0]
    finally:
        loop.call_soon_threadsafe(lambda: [task.cancel() for task in asyncio.all_tasks(loop)])
        loop.call_soon_threadsafe(loop.call_later, 0.2, loop.stop)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
