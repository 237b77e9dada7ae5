"""What the network is given for a look."""

from __future__ import annotations

from dataclasses import replace

from mcld_app.editing.look import Look
from mcld_app.editing.preview import draw, pose_map
from mcld_app.request import Conditions


def conditions_of(look: Look) -> Conditions:
    """The paper's conditions of a look.

    I is the photo with the edited texels painted over it through its own IUV map: the old clothes must not come in by
    the photo's embedding. A is the edited texture map, P the pose, F the person's face or the one it was swapped for.
    """
    edited = look.appearance.changed.any()
    photo = draw(replace(look, pose=None)).picture if edited else look.person.photo
    face, other, mix = look.faces
    return Conditions(
        photo,
        look.texture.image,
        pose_map(look),
        face,
        coverage=look.appearance.known(look.fill),
        other_face=other,
        face_mix=mix,
        face_weight=look.face_weight,
    )
