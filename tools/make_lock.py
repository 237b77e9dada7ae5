"""Write requirements.lock: every release that requirements.txt leads to, with the hashes of all its files, for Python
3.10 and later on every system: `make lock`, or `python tools/make_lock.py UV` with the path of uv.

torch, and what it alone brings on Linux (CUDA in pieces), are left out: which build is right depends on the machine,
and other indexes have other files of one release. What stands in the lock already stays, unless requirements.txt says
otherwise; without the file, everything is as new as it may be.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
OLDEST = "3.10"
LEFT_OUT = re.compile(r"(torch|triton|nvidia-.*|cuda-.*)")
CONSTRAINTS = """\
# The releases since are for Python 3.10 alone, which uv does not heed: it knows no newest Python of a release.
backports-strenum<1.3; python_version >= "3.11"
"""
HEAD = """\
# Written by `make lock` (tools/make_lock.py), from requirements.txt: pip takes no file whose hash is not here. torch is
# left out, for its builds differ from machine to machine. To install by hand:
#   pip install --no-deps --require-hashes -r requirements.lock && pip install -r requirements.txt
"""


def main(uv: str) -> None:
    """Resolve, leave out what is torch's, write."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "lock.txt")
        if LOCK.is_file():
            out.write_text(LOCK.read_text("utf-8"), "utf-8")
        constraints = Path(folder, "constraints.txt")
        constraints.write_text(CONSTRAINTS, "utf-8")
        command = [uv, "pip", "compile", "--quiet", "--no-config", "--no-header", "--no-annotate", "--universal"]
        command += ["--python-version", OLDEST, "--generate-hashes", "--index-url", "https://pypi.org/simple"]
        command += ["--constraints", str(constraints), "-o", str(out)]
        subprocess.run([*command, "requirements.txt"], cwd=ROOT, check=True)
        entries = re.split(r"(?m)^(?=[a-zA-Z0-9])", out.read_text("utf-8"))[1:]
    kept = [entry for entry in entries if not LEFT_OUT.fullmatch(re.match(r"[\w.-]+", entry)[0])]
    LOCK.write_text(HEAD + "".join(kept), "utf-8")
    print(f"{LOCK.name}: {len(kept)} releases")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "uv")
