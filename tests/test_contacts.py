"""Whom the studio contacts, and which files it is installed from: what docs/network.md says holds.

That everything but downloads works without a network is shown by all other tests, which run so.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, requires
from itertools import product
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ONLY_NAMES = {"www.w3.org", "ns.adobe.com", "iptc.org", "cv.iptc.org", "git-lfs", "127.0.0.1"}
"""Hosts in names of formats, and this machine: nobody calls them."""

LINKS = {"arxiv.org", "pypi.org"}
"""Hosts of pages that a reader may open."""

PLACES = [
    {"python_version": python, "python_full_version": f"{python}.4", "sys_platform": system, "platform_machine": of}
    for python, (system, of) in product(
        ("3.10", "3.11", "3.12", "3.13"),
        (("linux", "x86_64"), ("linux", "aarch64"), ("darwin", "arm64"), ("win32", "AMD64")),
    )
]
"""What markers ask for, on each Python and system that the README names."""

OF_TORCH = re.compile(r"(torch|triton|nvidia-.*|cuda-.*)")


def needed(root: Path, name: str) -> list[Requirement]:
    lines = (line.partition("#")[0].strip() for line in (root / name).read_text("utf-8").splitlines())
    return [Requirement(line) for line in lines if line and not line.startswith("-")]


def locked(root: Path) -> list[tuple[Requirement, int]]:
    """What the lock names, and how many hashes each has."""
    entries = re.split(r"(?m)^(?=[a-zA-Z0-9])", (root / "requirements.lock").read_text("utf-8"))[1:]
    return [(Requirement(one.partition(" \\")[0]), one.count("--hash=sha256:")) for one in entries]


def holds(requirement: Requirement, place: dict[str, str]) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": "", **place})


# --- Other machines ------------------------------------------------------------------------------------------------


def test_a_process_of_the_tests_reaches_this_machine_alone(tmp_path: Path, root: Path) -> None:
    calls = tmp_path / "calls.txt"
    code = """
import socket
here = socket.create_server(("127.0.0.1", 0))
socket.create_connection(here.getsockname()).close()
for call in (lambda: socket.create_connection(("192.0.2.1", 80)), lambda: socket.getaddrinfo("pypi.org", 443),
             lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b"", ("192.0.2.7", 53))):
    try:
        call()
    except OSError as error:
        assert "this machine alone" in str(error)
    else:
        raise AssertionError
"""
    surroundings = {**os.environ, "PYTHONPATH": str(root / "tests" / "cut_off"), "MCLD_TEST_CALLS": str(calls)}
    subprocess.run([sys.executable, "-c", code], env=surroundings, check=True, timeout=60)
    assert [line.split()[1] for line in calls.read_text("utf-8").splitlines()] == ["192.0.2.1", "pypi.org", "192.0.2.7"]


def test_every_host_that_the_program_knows_is_on_the_list(root: Path) -> None:
    said = (root / "docs" / "network.md").read_text("utf-8")
    files = [path for kind in ("*.py", "*.js", "*.css") for path in (root / "mcld_app").rglob(kind)]
    known = {}
    for path in files:
        for address in re.findall(r"https?://[\w.-]+\w", path.read_text("utf-8")):
            known.setdefault(urlsplit(address).hostname, path.name)
    assert "huggingface.co" in known, "else this test would prove nothing"
    missing = {host: file for host, file in known.items() if host not in ONLY_NAMES | LINKS and host not in said}
    assert not missing


# --- The lock ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", PLACES, ids=lambda place: " ".join(list(place.values())[1:]))
def test_the_lock_has_what_is_required_on_each_python_and_system(place: dict[str, str], root: Path) -> None:
    here = [entry for entry, _ in locked(root) if holds(entry, place)]
    pins = {canonicalize_name(entry.name): entry.specifier for entry in here}
    assert len(pins) == len(here), "one release of each"
    for wanted in needed(root, "requirements.txt"):
        if wanted.name == "torch" or not holds(wanted, place):
            continue
        release = str(pins[canonicalize_name(wanted.name)]).removeprefix("==")
        assert wanted.specifier.contains(release, prereleases=True), f"{wanted}: run `make lock`"


def test_every_release_in_the_lock_has_hashes_and_none_is_torchs(root: Path) -> None:
    entries = locked(root)
    assert len(entries) > 80
    for entry, hashes in entries:
        assert hashes > 0 and str(entry.specifier).startswith("=="), entry
        assert not OF_TORCH.fullmatch(entry.name), entry


def test_the_lock_has_all_that_comes_along(root: Path) -> None:
    """As the packages that are installed here say themselves: nothing is left for pip to choose without a hash."""
    here = {canonicalize_name(entry.name) for entry, _ in locked(root) if holds(entry, {})}
    met, waiting = set(), [(wanted, "") for wanted in needed(root, "requirements.txt") if holds(wanted, {})]
    while waiting:
        wanted, extra = waiting.pop()
        name = canonicalize_name(wanted.name)
        if (name, extra) in met or OF_TORCH.fullmatch(name):
            continue
        met.add((name, extra))
        assert name in here, f"{wanted} is not in the lock: run `make lock`"
        try:
            along = [Requirement(line) for line in requires(name) or ()]
        except PackageNotFoundError:
            continue  # as on a machine that installed otherwise
        waiting += [(each, "") for each in along if each.marker is None or each.marker.evaluate({"extra": extra})]
        waiting += [(wanted, each) for each in wanted.extras if not extra]
    assert len(met) > 40
