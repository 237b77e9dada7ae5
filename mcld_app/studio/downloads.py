"""Files to take away. They are made when asked for and sent as they are: no copy stays on the server."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from mcld_app.body.iuv import encode_iuv
from mcld_app.body.mannequin.pose import Pose
from mcld_app.body.photo import encode_png
from mcld_app.body.skeleton_file import LAYOUTS, write_skeleton
from mcld_app.editing import pose_map
from mcld_app.editing.in_photo import in_photo
from mcld_app.editing.look import mannequin_of
from mcld_app.editing.new_ground import OWN_GROUND, preview_before
from mcld_app.editing.preview import LARGE_SIZE
from mcld_app.editing.recipe import Recipe, write_recipe
from mcld_app.errors import StudioError
from mcld_app.output.animation import encode_gif, encode_mp4
from mcld_app.output.archive import zip_of
from mcld_app.output.look_link import link_of
from mcld_app.output.provenance import encode_generated
from mcld_app.output.recipe_file import encode_drawn
from mcld_app.output.watermark import with_watermark
from mcld_app.studio.actions.own_items import given_names
from mcld_app.studio.actions.photos import size_kept
from mcld_app.studio.drawn_pictures import file_name, on_ground, result_of
from mcld_app.studio.generation import seeds_of, settings_of
from mcld_app.studio.orders import Generated, Sheet
from mcld_app.studio.session import Session
from mcld_app.studio.state import EditorState, initial_state

File = tuple[str, str, bytes]
"""A file's name, its media type and its bytes."""

_PNG, _JSON, _ZIP = "image/png", "application/json", "application/zip"
_SHORTEST, _LONGEST = 0.04, 10.0  # seconds of one picture in an animation


def file_of(
    state: EditorState, what: str, session: Session | None = None, data: Mapping[str, Any] | None = None
) -> File:
    """One download.

    Args:
        state: what is on the page.
        what: a key of `_FROM_STATE`, `_FROM_SHEET` or `_FROM_RESULT`, "recipe", "recipe-pictures", "drawn-all", or
            "link", whose bytes are the text of `look_link.link_of`.
        session: whose; for drawn pictures.
        data: {"id": of the drawn picture, default the last, except for "in-photo"; "mark": whether it carries a visible
            mark; "asked": the fields under Generate, for a recipe}.

    Raises:
        StudioError: where there is no such file.
    """
    if what in _FROM_STATE:
        return _FROM_STATE[what](state)
    if what in ("recipe", "recipe-pictures"):
        return _recipe(state, data or {}, pictures=what == "recipe-pictures")
    if what == "link":
        return "link", "text/plain", link_of(_asked(state, data or {})).encode()
    if what == "drawn-all":
        return _all_drawn(session or Session(), (data or {}).get("mark") is True)
    if what in _FROM_SHEET:
        return _FROM_SHEET[what](_sheet_of(session or Session()))
    if what not in _FROM_RESULT:
        raise StudioError("There is no such file to download. Reload the page.")
    data = data or {}
    result = _named_result(session or Session(), what, data)
    return _FROM_RESULT[what](session or Session(), result, data.get("mark") is True)


def remark_on(what: str, session: Session, data: Mapping[str, Any]) -> str:
    """What there is to say of a download; "" for nothing. A person goes back into what is kept of their photo, which
    may be smaller than the photo was."""
    return size_kept(_named_result(session, what, data).recipe.look.person).strip() if what == "in-photo" else ""


def _named_result(session: Session, what: str, data: Mapping[str, Any]) -> Generated:
    """`result_of`, except that a picture which goes back into somebody's photo has to be named: the last one may be of
    somebody else."""
    result = result_of(session, data)
    if what == "in-photo" and not data.get("id"):
        raise StudioError("Choose the drawn picture first: it goes back into the photo of the person that it shows.")
    return result


def _sheet_of(session: Session) -> Sheet:
    if session.sheet is None:
        raise StudioError("This sheet is not kept any more. Draw it again.")
    return session.sheet


def _picture(state: EditorState) -> File:
    return "mcld-picture.png", _PNG, encode_png(preview_before(state.look, state.ground, LARGE_SIZE))


def _texture(state: EditorState) -> File:
    return "mcld-texture-map.png", _PNG, encode_png(state.look.texture.image)


def _iuv(state: EditorState) -> File:
    return "mcld-iuv-map.png", _PNG, encode_iuv(pose_map(state.look))


def _pose(state: EditorState) -> File:
    if not isinstance(state.look.pose, Pose):
        raise StudioError("Only the mannequin's pose can be saved as a pose. Download the IUV map instead.")
    return "mcld-pose.json", _JSON, state.look.pose.to_json().encode()


def _skeleton(layout: str) -> Callable[[EditorState], File]:
    def file(state: EditorState) -> File:
        pose = mannequin_of(state.look)
        if pose is None:
            raise StudioError("Too little of a body is seen to tell its joints. Choose another pose first.")
        return f"mcld-{layout}.json", _JSON, write_skeleton(pose, layout).encode()

    return file


def _asked(state: EditorState, data: Mapping[str, Any]) -> Recipe:
    """The look and, as the page's fields stand, how it is to be drawn."""
    asked = data.get("asked")
    if not isinstance(asked, Mapping):
        return Recipe(state.look, ground=state.ground)
    settings, seeds = replace(settings_of(state, asked), focus=False), seeds_of(asked)
    return Recipe(state.look, settings, seeds, str(asked.get("model") or ""), ground=state.ground)


def _recipe(state: EditorState, data: Mapping[str, Any], *, pictures: bool) -> File:
    recipe = _asked(state, data)
    name = "mcld-recipe-with-pictures.json" if pictures else "mcld-recipe.json"
    return name, _JSON, write_recipe(recipe, pictures=pictures, names=given_names(state)).encode()


def _on_its_ground(session: Session, result: Generated, *, clear: bool = True) -> np.ndarray:
    """A drawn picture before the ground that was chosen, RGB; RGBA before none, or, where `clear` is off, as it is."""
    ground = session.state.ground if session.state is not None else OWN_GROUND
    return on_ground(result, OWN_GROUND if ground.kind == "transparent" and not clear else ground)


def _drawn(session: Session, result: Generated, watermark: bool, *, pictures: bool = False) -> File:
    state = session.state or initial_state()
    picture, recipe = _on_its_ground(session, result), replace(result.recipe, ground=state.ground)
    names = given_names(state)
    data = encode_drawn(picture, recipe, result.model, pictures=pictures, watermark=watermark, names=names)
    return f"mcld-drawn{'-with-pictures' if pictures else ''}.png", _PNG, data


def _all_drawn(session: Session, watermark: bool) -> File:
    """Every drawn picture of the visit, as it would be downloaded alone."""
    if not session.results:
        raise StudioError("No picture was drawn yet, or you were away for long. Press Generate first.")
    files = {
        file_name(result, number): _drawn(session, result, watermark)[2]
        for number, result in enumerate(session.results, start=1)
    }
    return "mcld-drawn.zip", _ZIP, zip_of(files)


def placed(session: Session, data: Mapping[str, Any]) -> np.ndarray:
    """What "in-photo" will give, (H, W, 3) uint8 RGB, to be looked at first: {id, mark}. StudioError as `file_of`."""
    result = _named_result(session, "in-photo", data)
    picture = in_photo(result.recipe.look, result.picture)
    return with_watermark(picture) if data.get("mark") is True else picture


def _in_photo(session: Session, result: Generated, watermark: bool) -> File:
    look = result.recipe.look
    picture = in_photo(look, result.picture)
    data = encode_generated(
        with_watermark(picture) if watermark else picture, result.model, result.details, edited=result.recipe.of_a_photo
    )
    return "mcld-in-the-photo.png", _PNG, data


def _drawn_with_pictures(session: Session, result: Generated, watermark: bool) -> File:
    return _drawn(session, result, watermark, pictures=True)


def _moving(session: Session, result: Generated, watermark: bool, encode: Callable[..., bytes]) -> bytes:
    pictures = [_on_its_ground(session, r, clear=False) for r in session.results if r.run == result.run]
    if len(pictures) < 2:
        raise StudioError("An animation wants two pictures at least that were drawn together. Generate a series first.")
    if watermark:
        pictures = [with_watermark(picture) for picture in pictures]
    seconds = min(max(result.pace, _SHORTEST), _LONGEST)
    return encode(pictures, seconds, result.model, result.details, edited=result.recipe.of_a_photo)


def _animation(session: Session, result: Generated, watermark: bool) -> File:
    return "mcld-animation.gif", "image/gif", _moving(session, result, watermark, encode_gif)


def _video(session: Session, result: Generated, watermark: bool) -> File:
    return "mcld-video.mp4", "video/mp4", _moving(session, result, watermark, encode_mp4)


_FROM_STATE: dict[str, Callable[[EditorState], File]] = {
    "picture": _picture,
    "texture": _texture,
    "iuv": _iuv,
    "pose": _pose,
    **{layout: _skeleton(layout) for layout in LAYOUTS},
}
_FROM_SHEET: dict[str, Callable[[Sheet], File]] = {
    "sheet": lambda sheet: ("mcld-sheet.png", _PNG, sheet.picture),
    "sheet-pictures": lambda sheet: ("mcld-sheet.zip", _ZIP, zip_of(sheet.files)),
    "sheet-table": lambda sheet: ("mcld-sheet.csv", "text/csv", sheet.table.encode()),
}
_FROM_RESULT: dict[str, Callable[[Session, Generated, bool], File]] = {
    "drawn": _drawn,
    "drawn-pictures": _drawn_with_pictures,
    "in-photo": _in_photo,
    "animation": _animation,
    "video": _video,
}
