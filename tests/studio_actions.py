"""All that a visitor can do on the page, by name: the panels' actions, and what the dispatcher makes of them."""

from __future__ import annotations

from mcld_app.studio.actions.adjusting import begin as begin_adjusting
from mcld_app.studio.actions.adjusting import finish as finish_adjusting
from mcld_app.studio.actions.adjusting import move_point, paint_cut, set_kind, set_sleeves, start_again
from mcld_app.studio.actions.brought import bring
from mcld_app.studio.actions.clips import leave_clip, take_clip
from mcld_app.studio.actions.fitting import adjust_body, leave_body, turn_round, use_body
from mcld_app.studio.actions.kept_look import use_kept_look
from mcld_app.studio.actions.own_items import discard, rename
from mcld_app.studio.actions.poses import drag, turn
from mcld_app.studio.dispatcher import Dispatcher, as_it_is
from mcld_app.studio.page import PANELS
from mcld_app.studio.panels.borrow import open_pose, pose_of
from mcld_app.studio.panels.cover import cover
from mcld_app.studio.panels.detections import choose_body
from mcld_app.studio.panels.edits import move, place, remove, switch
from mcld_app.studio.panels.examples import show_example
from mcld_app.studio.panels.face import choose_face, face_files, mix_face, skin_follows, weigh_face
from mcld_app.studio.panels.garments import lift, wear, wear_files
from mcld_app.studio.panels.ground import bring_ground, choose_ground
from mcld_app.studio.panels.library import use_kept
from mcld_app.studio.panels.people import choose_person
from mcld_app.studio.panels.poses import as_in_photo, begin_by_hand, choose_pose, mirror
from mcld_app.studio.panels.posing import follow, pin, show_all
from mcld_app.studio.panels.question import answer, leave
from mcld_app.studio.panels.recipe import open_link, open_recipe
from mcld_app.studio.panels.series import add_pose, clear, drop_pose, set_between
from mcld_app.studio.panels.stage import outline, redo, reset, undo
from mcld_app.studio.panels.texture import another_photo, guess, open_texture, paint, paint_map
from mcld_app.studio.panels.upload import agree, lay_over, use_upload
from mcld_app.studio.session_store import SessionStore
from mcld_app.studio.state import EditorState

__all__ = [
    "add_pose", "adjust_body", "agree", "another_photo", "answer", "as_in_photo", "as_it_is", "begin_adjusting",
    "begin_by_hand", "bring", "bring_ground", "choose_body", "choose_face", "choose_ground", "choose_person",
    "choose_pose", "clear", "cover", "discard", "drag", "drop_pose", "face_files", "finish_adjusting", "follow",
    "guess", "lay_over", "leave", "leave_body", "leave_clip", "lift", "mirror", "mix_face", "move", "move_point",
    "new_dispatcher", "open_link", "open_pose", "open_recipe", "open_texture", "outline", "paint", "paint_cut",
    "paint_map", "pin", "place", "pose_of", "redo", "remove", "rename", "reset", "run", "set_between", "set_kind",
    "set_sleeves", "show_all", "show_example", "shown", "skin_follows", "start_again", "switch", "take_clip", "turn",
    "turn_round", "undo", "use_body", "use_kept", "use_kept_look", "use_upload", "wear", "wear_files", "weigh_face",
]  # fmt: skip


def new_dispatcher() -> Dispatcher:
    """A dispatcher of all the page's panels, without the page."""
    return Dispatcher(PANELS, SessionStore(7200))


def shown(name: str, state: EditorState) -> dict:
    """What a panel shows of an editor state to a page that shows nothing yet."""
    return new_dispatcher().panels[name].view(state, None)


run = new_dispatcher().run
