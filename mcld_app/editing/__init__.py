"""Edits: pure functions from look to look, and the picture of a look. No page and no network in here."""

from mcld_app.editing.appearance import FILLS, Appearance
from mcld_app.editing.area import Area
from mcld_app.editing.edits.edit import Edit, Thumbnail
from mcld_app.editing.garment import Garment
from mcld_app.editing.history import History
from mcld_app.editing.look import Look, MapPose, pose_as
from mcld_app.editing.preview import Preview, draw, pose_map

__all__ = ["FILLS", "Appearance", "Area", "Edit", "Garment", "History", "Look", "MapPose", "Preview", "Thumbnail",
           "draw", "pose_as", "pose_map"]  # fmt: skip
