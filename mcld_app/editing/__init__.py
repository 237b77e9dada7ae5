"""Edits: pure functions from look to look, and the picture of a look. No page and no network in here."""

from mcld_app.editing.appearance import FILLS, Appearance
from mcld_app.editing.edits import Cover, Edit, Paint, Swap, Wear
from mcld_app.editing.garment import Area, Garment
from mcld_app.editing.history import History
from mcld_app.editing.look import Look, MapPose, pose_as
from mcld_app.editing.preview import Preview, draw, pose_map

__all__ = ["FILLS", "Appearance", "Area", "Cover", "Edit", "Garment", "History", "Look", "MapPose", "Paint", "Preview",
           "Swap", "Wear", "draw", "pose_as", "pose_map"]  # fmt: skip
