"""What the network is given for a look."""

from __future__ import annotations

from dataclasses import replace

from mcld_app.editing.look import Look
from mcld_app.editing.preview import edited_photo, pose_map, stands_off
from mcld_app.request import STUDIO, Conditioning, Conditions


def conditions_of(look: Look, how: Conditioning = STUDIO, *, fill_holes: bool = False) -> Conditions:
    """The paper's conditions of a look.

    I is the photo with the edited texels painted over it through its own IUV map: the old clothes must not come in by
    the photo's embedding. A is the edited texture map, P the pose, F the person's face or the one it was swapped for.

    Args:
        look: the person, their edits and their pose.
        how: how the model's conditions are made.
        fill_holes: fill the texture map's holes, whatever `how` says: an experiment.
    """
    how = replace(how, holes="filled") if fill_holes else how
    person, (face, other, mix) = look.person, look.faces
    texture = look.appearance.conditioned(how, look.fill)
    photo, pose = person.photo, pose_map(look)
    if how.seen_only:  # nothing is brought to the page's size first: the network's own filter is the only one
        photo = edited_photo(look, photo, person.iuv, stand_off=False)
        pose = person.iuv if look.pose is None else pose
    elif look.appearance.changed.any():
        photo = edited_photo(look, person.picture, person.picture_iuv)
    return Conditions(
        photo,
        texture.image,
        pose,
        face,
        coverage=texture.coverage,
        other_face=other,
        face_mix=mix,
        face_weight=look.face_weight,
        stands_off=None if how.seen_only else stands_off(look),
    )
