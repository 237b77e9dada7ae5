"""One training or test case, whichever source it comes from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Example:
    """One source person, and K pictures of the same person in other poses.

    Attributes:
        photo: (H, W, 3) uint8 RGB, the source picture.
        texture: (T, T, 3) uint8 RGB, the source person's texture map in the SMPL layout.
        coverage: (T, T) bool, the texels that hold something; the others are holes (or were filled).
        identity: (512,) float32, the face's raw embedding, not normalised; all zeros = no face, or none taken yet.
        targets: (K, H, W, 3) uint8 RGB, the true pictures.
        poses: (K, H, W, 3) uint8 in I, U, V order, the IUV map of each target. Where it was resized as the
            authors do, part numbers blend at borders: for the network's pose input.
        previews: (K, H, W, 5) uint8, see `body.texture.preview_planes`; None where the source makes none.
        alphas: (K, H, W) uint8, how much of each pixel the person covers; None where that is not known.
        face: (64, 64, 3) uint8 RGB, see `body.head_crop.crop_head`; None where no face is seen, or none was cut out.
    """

    photo: np.ndarray
    texture: np.ndarray
    coverage: np.ndarray
    identity: np.ndarray
    targets: np.ndarray
    poses: np.ndarray
    previews: np.ndarray | None = None
    alphas: np.ndarray | None = None
    face: np.ndarray | None = None
