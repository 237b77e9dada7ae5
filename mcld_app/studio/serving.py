"""Where the page is served: what in the surroundings would keep Gradio from starting, and is put right before.

Imports nothing of Gradio: it reads its temporary folder's name when it is imported.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

_THIS_MACHINE = ("localhost", "127.0.0.1", "::1", "0.0.0.0")


def reach_this_machine(environment: MutableMapping[str, str] = os.environ, server_name: str = "") -> None:
    """Let no call to this very machine go through a proxy: Gradio asks its own page whether it is there, and MCP calls
    its own endpoints. What goes out still goes through the proxy.

    Args:
        environment: changed in place: NO_PROXY, in both spellings.
        server_name: the address that the page is served at.
    """
    known = [name.strip() for spelling in ("no_proxy", "NO_PROXY") for name in environment.get(spelling, "").split(",")]
    names = dict.fromkeys(name for name in (*known, *_THIS_MACHINE, server_name.strip("[]")) if name)
    environment["no_proxy"] = environment["NO_PROXY"] = "*" if "*" in names else ",".join(names)


def one_thread_each(environment: MutableMapping[str, str] = os.environ) -> None:
    """Let OpenCV and BLAS work in the thread that asks them: visitors share the cores. Pictures are so small that
    further threads mostly wait for one another, and they wait by keeping a core busy: with 30 visitors a third of the
    studio's processor time. To be called before OpenCV and NumPy are imported.

    Args:
        environment: changed in place; what is set there already stays.
    """
    for name in ("OPENCV_FOR_THREADS_NUM", "OPENBLAS_NUM_THREADS"):
        environment.setdefault(name, "1")


def write_no_stubs() -> None:
    """Let Gradio write no stubs for editors (.pyi) beside its own files: it parses these each time it is imported, a
    third of what that takes, and they may be nobody's to write to. To be called before Gradio is imported; a Gradio
    that is made otherwise is left as it is."""
    if not any(isinstance(finder, _WithoutStubs) for finder in sys.meta_path):
        sys.meta_path.insert(0, _WithoutStubs())


class _WithoutStubs:
    """Finds the module that writes the stubs, and takes that from it."""

    def find_spec(self, name: str, path: Any = None, target: ModuleType | None = None) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name, path) if name == "gradio.component_meta" else None
        if spec is None or spec.loader is None:
            return None
        run = spec.loader.exec_module

        def without_stubs(module: ModuleType) -> None:
            run(module)
            if hasattr(module, "create_or_modify_pyi"):
                module.create_or_modify_pyi = lambda *_, **__: None

        spec.loader.exec_module = without_stubs
        return spec


@contextmanager
def without_unusable_proxies(environment: MutableMapping[str, str] = os.environ) -> Iterator[None]:
    """Meanwhile without the proxies of a kind that httpx has no package for: it refuses to be used at all then, and
    Gradio uses it when it is imported and when it starts. Afterwards they are there again: whoever calls out hears that
    the package is missing, and nothing goes past the proxy.

    Args:
        environment: changed in place.
    """
    unusable = {
        name: value
        for name, value in environment.items()
        if name.lower().endswith("_proxy") and value.lower().startswith("socks") and find_spec("socksio") is None
    }
    for name in unusable:
        del environment[name]
    try:
        yield
    finally:
        environment.update(unusable)


def own_temporary_folder(environment: MutableMapping[str, str] = os.environ) -> tempfile.TemporaryDirectory | None:
    """See that Gradio has a temporary folder that it can write to: on a shared machine the usual one may belong to
    whoever started a Gradio app first. To be called before Gradio is imported.

    Args:
        environment: changed in place: GRADIO_TEMP_DIR, where another folder is needed.

    Returns:
        The other folder, which is there for as long as this object; None where the usual one will do.
    """
    usual = environment.get("GRADIO_TEMP_DIR") or os.path.join(tempfile.gettempdir(), "gradio")
    if _can_be_written(Path(usual)):
        return None
    own = tempfile.TemporaryDirectory(prefix="mcld-gradio-", ignore_cleanup_errors=True)
    environment["GRADIO_TEMP_DIR"] = own.name
    return own


def _can_be_written(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder):  # Gradio makes folders in it
            return True
    except OSError:
        return False
