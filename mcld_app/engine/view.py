"""What a model's networks are shown of conditions, as pictures: the very pixels, without the model and without
torch, which would take a third of a gigabyte of the page's process."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mcld_app.engine.model import Model
from mcld_app.network import preprocess as p
from mcld_app.request import Conditions


@dataclass(frozen=True, eq=False)
class View:
    """The pictures a model sees.

    Attributes:
        photo: I, (S, S, 3) uint8 RGB, squeezed to the square that CLIP's own processor is given.
        texture: A, (S, S, 3) uint8 RGB, the same; black is a hole.
        pose: P, (H, W, 3) uint8, V, U, I as the pose guider reads them, at the network's size.
        preview: (H, W, 3) uint8 RGB, the texture preview; None for a model that sees none.
    """

    photo: np.ndarray
    texture: np.ndarray
    pose: np.ndarray
    preview: np.ndarray | None = None


def view_of(conditions: Conditions, model: Model, *, show_preview: bool = True) -> View:
    """What the networks of a model are shown; `show_preview` as in `Settings.preview`.

    Raises:
        StudioError, IUVError: for conditions that cannot be drawn from.
    """
    p.check_conditions(conditions)
    how, side = model.preprocess, model.size[0]
    filled = p.filled_texture(conditions) if "preview" in model.additions else None
    iuv = p.at_size(conditions.pose, model.size) if model.additions else conditions.pose
    [photo] = how.for_image_encoder(p.as_picture(conditions.photo), side)
    [texture] = how.for_image_encoder(p.as_picture(conditions.texture if filled is None else filled.image), side)
    pose = how.pose_shown(p.pose_picture(iuv), model.size)
    shown = filled is not None and show_preview
    preview = np.ascontiguousarray(p.preview_shown(filled, conditions, iuv)[..., :3]) if shown else None
    return View(np.array(photo), np.array(texture), pose, preview)
