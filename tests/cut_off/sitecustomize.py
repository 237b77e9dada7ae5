"""A machine that reaches nobody but itself: with this folder in PYTHONPATH, a Python program's calls to other machines
fail as without a network, and are noted in the file that MCLD_TEST_CALLS names. Python imports it as it starts; tests
import it for their own process.

What libraries of other languages do by themselves is not seen here (`strace -f -e trace=network` would show it).
"""

from __future__ import annotations

import errno
import os
import sys

HERE = ("", "localhost", "ip6-localhost", "0.0.0.0", "::", "::1")
"""Names of this machine; and every address that begins with 127."""


def refuse(event: str, arguments: tuple) -> None:
    """An audit hook: raises OSError where somebody else is called, or their name is looked up."""
    if not event.startswith("socket."):
        return
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = arguments[1]
        if not isinstance(address, tuple):  # a socket file, or no address at all
            return
        host = address[0]
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = arguments[0]
    else:
        return
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if host is None or host in HERE or host.startswith("127."):
        return
    if calls := os.environ.get("MCLD_TEST_CALLS"):
        with open(calls, "a", encoding="utf-8") as file:
            file.write(f"{event} {host}\n")
    raise OSError(errno.ENETUNREACH, "tests reach this machine alone")


sys.addaudithook(refuse)
