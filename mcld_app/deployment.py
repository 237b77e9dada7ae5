"""Where the program runs and what its owner chose there, as the environment says it: no other module asks it that.

Values are read when they are asked for, never kept. Some modules change the environment, for libraries and for
processes that are started (`studio.serving`, `data.prepare.models`, `bench.own_studio`).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from mcld_app.errors import StudioError

SAFETY_SWITCH = "MCLD_SAFETY_CHECKER"
"""The environment variable that turns the safety checker on or off."""

C2PA_CERTIFICATE, C2PA_KEY = "MCLD_C2PA_CERT", "MCLD_C2PA_KEY"
"""The environment variables that name the operator's own certificate and key for Content Credentials, files in PEM."""

_HUB = "https://huggingface.co"
_PORT = 7860
_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")


def is_space(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether this is a Hugging Face Space, which the public can reach: SPACE_ID is set there."""
    return bool(environment.get("SPACE_ID"))


def on_zerogpu(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether this is a ZeroGPU Space, by the rule of the `spaces` package for SPACES_ZERO_GPU. There a GPU is lent to
    another process for as long as a call takes, and this one has none."""
    return environment.get("SPACES_ZERO_GPU", "").lower() in ("1", "t", "true")


def safety_checker_is_on(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether pictures of the published weights are checked: as MCLD_SAFETY_CHECKER says, "on" or "off"; without it, on
    a Space and nowhere else.

    Raises:
        StudioError: for another value.
    """
    value = environment.get(SAFETY_SWITCH, "").strip().lower()
    if value in ("on", "1", "true", "yes"):
        return True
    if value in ("off", "0", "false", "no"):
        return False
    if value:
        raise StudioError(f"{SAFETY_SWITCH} is {value!r}. Set it to on or off.")
    return is_space(environment)


def draws_in_page(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether pictures are drawn in the page's own process and not in one beside it: MCLD_DRAWING is "page", not
    "process", which is also what holds without it.

    Raises:
        StudioError: for another value.
    """
    value = environment.get("MCLD_DRAWING", "").strip().lower() or "process"
    if value not in ("page", "process"):
        raise StudioError(f"MCLD_DRAWING is {value!r}. Set it to process or page.")
    return value == "page"


def ray_address(environment: Mapping[str, str] = os.environ) -> str:
    """The Ray cluster that draws for the page, as MCLD_RAY names it: HOST:PORT of its head, or "local" for one of this
    machine's own; "" is none, which is what holds without it, on a ZeroGPU Space, and where MCLD_DRAWING is "page"."""
    named = environment.get("MCLD_RAY", "").strip()
    return "" if on_zerogpu(environment) or draws_in_page(environment) else named


def finds_in_page(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether people are found in photos in the page's own process and not in one beside it: MCLD_FINDING is "page",
    not "process", which is also what holds without it; and always on a ZeroGPU Space.

    Raises:
        StudioError: for another value.
    """
    value = environment.get("MCLD_FINDING", "").strip().lower() or "process"
    if value not in ("page", "process"):
        raise StudioError(f"MCLD_FINDING is {value!r}. Set it to process or page.")
    return value == "page" or on_zerogpu(environment)


def checkpoints_folder_named() -> Path | None:
    """The folder of weights that MCLD_CHECKPOINTS names, absolute; None without it."""
    named = os.environ.get("MCLD_CHECKPOINTS")
    return Path(named).expanduser().resolve() if named else None


def cache_folder_named() -> Path | None:
    """The folder for computed tables that MCLD_CACHE_DIR names; None without it."""
    named = os.environ.get("MCLD_CACHE_DIR")
    return Path(named) if named else None


def user_cache_folder() -> Path:
    """Where this system's programs keep what they can compute again, for this user: LOCALAPPDATA on Windows,
    Library/Caches on macOS, XDG_CACHE_HOME or .cache elsewhere."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


def surroundings_with(temporary: Path) -> dict[str, str]:
    """This environment for another Python program, with a temporary folder of its own."""
    named = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(temporary))
    return {**os.environ, **named, "PYTHONUTF8": "1"}


def hub_endpoint() -> str:
    """The address of the Hugging Face Hub, or of the mirror that HF_ENDPOINT names; no "/" at its end."""
    return (os.environ.get("HF_ENDPOINT") or _HUB).rstrip("/")


def serves_mcp() -> bool:
    """Whether the page serves MCP clients too: MCLD_MCP=1, or Gradio's own GRADIO_MCP_SERVER=True."""
    return os.environ.get("MCLD_MCP") == "1" or os.environ.get("GRADIO_MCP_SERVER", "").lower() == "true"


def server_address() -> tuple[str, int]:
    """Host and port to serve at: GRADIO_SERVER_NAME and GRADIO_SERVER_PORT, else 7860 on this machine alone. A Space is
    reached from outside, so there the default is every network.

    Raises:
        StudioError: where the port is no number from 0 to 65535.
    """
    host = os.environ.get("GRADIO_SERVER_NAME", "0.0.0.0" if is_space() else "127.0.0.1")
    port = os.environ.get("GRADIO_SERVER_PORT", str(_PORT))
    if not (port.isdecimal() and int(port) < 1 << 16):
        raise StudioError(f"GRADIO_SERVER_PORT is {port!r}. Set it to a port's number, such as {_PORT}.")
    return host, int(port)


def known_hosts() -> tuple[str, ...]:
    """The names, without ports, that the page may be asked for by: this machine's own, GRADIO_SERVER_NAME, a Space's
    SPACE_HOST, and those in MCLD_HOSTS, between commas; "*" there allows any."""
    named = ",".join([server_address()[0], os.environ.get("SPACE_HOST", ""), os.environ.get("MCLD_HOSTS", "")])
    return tuple(dict.fromkeys(name.strip() for name in (*_THIS_MACHINE, *named.split(",")) if name.strip()))


def frame_ancestors() -> str:
    """Whose pages may show the studio in a frame, as a Content-Security-Policy says it: its own, and the Hub's where it
    is a Space."""
    return f"'self' {_HUB}" if is_space() else "'self'"


def password() -> tuple[str, str] | None:
    """The name and the password that MCLD_AUTH asks of whoever opens the page, as NAME:PASSWORD; None without it.

    Raises:
        StudioError: where there is no name or no password in it. What is in it is not said.
    """
    value = os.environ.get("MCLD_AUTH", "")
    if not value:
        return None
    name, _, secret = value.partition(":")
    if not name.strip() or not secret:
        raise StudioError("MCLD_AUTH has not the form NAME:PASSWORD. Set it so, or leave it out.")
    return name.strip(), secret


def credentials_named() -> tuple[Path, Path] | None:
    """The operator's certificate and key for Content Credentials, absolute; None where neither is named.

    Raises:
        StudioError: where one is named without the other.
    """
    named = [os.environ.get(switch, "") for switch in (C2PA_CERTIFICATE, C2PA_KEY)]
    if not any(named):
        return None
    if not all(named):
        there, missing = (C2PA_CERTIFICATE, C2PA_KEY) if named[0] else (C2PA_KEY, C2PA_CERTIFICATE)
        raise StudioError(f"{there} is set without {missing}. Set both, or neither.")
    certificate, key = (Path(name).expanduser().resolve() for name in named)
    return certificate, key


def visits_bytes() -> int:
    """What all visits together may take in memory: the megabytes that MCLD_VISITS_MB says, else a quarter of this
    machine's, and at most 1.5 GB.

    Raises:
        StudioError: where it is no whole number above 0.
    """
    value = os.environ.get("MCLD_VISITS_MB", "")
    if value:
        if not (value.isdecimal() and int(value)):
            raise StudioError(f"MCLD_VISITS_MB is {value!r}. Set it to a number of megabytes, such as 1500.")
        return int(value) << 20
    return min(_main_memory() // 4, 1536 << 20)


def _main_memory() -> int:
    """Bytes of this machine's memory, or of the container's; where nobody says, 8 GB."""
    try:
        size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        size = 8 << 30
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text("ascii").strip()
    except OSError:
        return size
    return min(size, int(limit)) if limit.isdecimal() else size


def threads() -> int | None:
    """How many processor threads OMP_NUM_THREADS allows; None where it gives no number above 0."""
    value = os.environ.get("OMP_NUM_THREADS", "")
    return int(value) if value.isdecimal() and int(value) else None


def cores() -> int:
    """How many of this machine's cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
