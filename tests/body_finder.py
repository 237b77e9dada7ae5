"""The body finder's models for tests, fetched once into the tests' own cache folder."""

from __future__ import annotations

import os
from importlib.util import find_spec

import pytest

from mcld_app.checkpoints import DownloadError, wheel_models


def need_body_finder() -> None:
    """Fetch the body finder's models where they are not here yet. Without a network, or where LiteRT does not exist for
    this system, the test is skipped; on CI it fails."""
    leave = pytest.fail if "CI" in os.environ else pytest.skip
    if find_spec("ai_edge_litert") is None:
        leave("the package ai-edge-litert is not installed here")
    if not wheel_models.is_there():
        try:
            wheel_models.fetch()
        except DownloadError as error:
            leave(str(error))
