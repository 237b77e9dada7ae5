"""What a visitor can do: each action is a function (editor state, what the page sent) -> editor state.

Everything an action raises to tell the visitor something is a `StudioError`.
"""

from mcld_app.studio.actions.clothes import cover, lift, wear, wear_files
from mcld_app.studio.actions.edit_list import guess, move, redo, remove, reset, switch, undo
from mcld_app.studio.actions.faces import choose_face, face_files, mix_face, weigh_face
from mcld_app.studio.actions.painting import paint
from mcld_app.studio.actions.people import agree, another_photo, choose_person, use_upload
from mcld_app.studio.actions.photos import choose_body, lay_over, leave_body, use_body
from mcld_app.studio.actions.poses import (
    add_pose,
    as_in_photo,
    begin_by_hand,
    choose_pose,
    drag,
    drop_pose,
    mirror,
    open_pose,
    paint_map,
    pose_of,
    set_between,
    turn,
)
from mcld_app.studio.actions.recipes import open_recipe, show_example

__all__ = [
    "add_pose", "agree", "another_photo", "as_in_photo", "begin_by_hand", "choose_body", "choose_face", "choose_person",
    "choose_pose", "cover", "drag", "drop_pose", "face_files", "guess", "lay_over", "leave_body", "lift", "mirror",
    "mix_face", "move", "open_pose", "open_recipe", "paint", "paint_map", "pose_of", "redo", "remove", "reset",
    "set_between", "show_example", "switch", "turn", "undo", "use_body", "use_upload", "wear", "wear_files",
    "weigh_face",
]  # fmt: skip
