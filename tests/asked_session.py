"""A visit that can ask for drawings, of a model that is a name alone."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from mcld_app.engine import registry
from mcld_app.request import STUDIO
from mcld_app.studio.session import Session
from mcld_app.studio.state import initial_state


def asked_session(monkeypatch: pytest.MonkeyPatch) -> Session:
    """A session at its beginning; whatever model is asked for is there, and loaded."""
    monkeypatch.setattr(registry, "model_named", lambda name: SimpleNamespace(name="A model", conditioning=STUDIO))
    monkeypatch.setattr(registry, "engine_for", lambda name: SimpleNamespace(is_loaded=True))
    ready = Session()
    ready.state = initial_state()
    return ready
