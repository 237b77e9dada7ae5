"""Edits: pure functions from look to look, and the picture of a look. No page and no network in here."""

from mcld_app.editing.history import History
from mcld_app.editing.look import Garment, Look, Outfit, Wear
from mcld_app.editing.preview import Preview, draw

__all__ = ["Garment", "History", "Look", "Outfit", "Preview", "Wear", "draw"]
