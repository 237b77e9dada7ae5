"""Names of looks and poses, for the page and for those who look at it."""

from __future__ import annotations

import hashlib

from mcld_app.editing import Look, Preview
from mcld_app.studio.pictures import jpeg


def pose_label(look: Look) -> str:
    """A look's pose in words."""
    return "as in the photo" if look.pose is None else look.pose.name.replace("_", " ")


def look_key(look: Look, preview: Preview, picture: str | None = None) -> str:
    """A short name for what a look shows, by which the page tells whether a drawn picture is still of it. `picture`
    is the preview as `jpeg` gives it, where it is at hand."""
    swap = look.swap
    face = (swap.donor.key if swap.donor else "none", swap.share) if swap else "own"
    told = f"{picture or jpeg(preview.picture)}|{face}|{look.face_weight}|{look.fill}"
    return hashlib.blake2b(told.encode(), digest_size=8).hexdigest()
