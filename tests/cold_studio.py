"""The studio as `app.py` serves it, except that it makes nothing ready that nobody has asked for: in the tests, thirty
studios would work out what editing needs of two dozen people."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def serve() -> None:
    """`python app.py` until it is stopped, without its work in the background."""
    from mcld_app.editing import samples

    samples.make_ready = lambda: None
    runpy.run_path(str(ROOT / "app.py"), run_name="__main__")


if __name__ == "__main__":
    sys.path[0] = str(ROOT)  # in the place of tests/, as for `python app.py`
    serve()
