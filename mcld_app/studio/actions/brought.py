"""Files that come to the page in any way: dropped, pasted, chosen or taken with the camera. What each is, it says
itself; where it came to says what it is for, and where neither does, the visitor is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from mcld_app.body.clip_file import is_clip
from mcld_app.body.fitting.map_fit import fit_map
from mcld_app.body.iuv import read_iuv
from mcld_app.body.mannequin.pose import Pose
from mcld_app.body.map_signs import looks_like_iuv
from mcld_app.body.photo import read_sized_photo
from mcld_app.body.texture.texture_file import is_texture_map
from mcld_app.editing import look as looks
from mcld_app.editing.look import in_their_shape
from mcld_app.editing.person import Person
from mcld_app.editing.pose_library import is_collection
from mcld_app.errors import StudioError
from mcld_app.output.recipe_file import holds_recipe, open_recipe
from mcld_app.studio import parsing, pose_sliders
from mcld_app.studio.actions.clips import begin_clip
from mcld_app.studio.actions.dropped import wear_files
from mcld_app.studio.actions.files import holds_pose, open_pose_file, pose_of_parts
from mcld_app.studio.actions.fitting import HOW_TO_FIT, begin_fitting
from mcld_app.studio.actions.patterns import take_tile
from mcld_app.studio.actions.person_photos import take_largest, use_photo
from mcld_app.studio.actions.photos import before_kept, check_agreed, people_of_file, person_of_files, size_kept
from mcld_app.studio.actions.poses import stand
from mcld_app.studio.actions.recipes import at_hand, use_recipe
from mcld_app.studio.actions.several import list_files
from mcld_app.studio.actions.shop_pictures import of_file
from mcld_app.studio.parsing import Data
from mcld_app.studio.pictures import whole_thumb
from mcld_app.studio.state import FITTING, EditorState, Note, Option

_EDITABLE = "Drag the joints where it does not fit."


def bring(state: EditorState, data: Data) -> EditorState:
    """What files are brought for: {files, count, region, where}. A `region` of the person is where they were dropped;
    `where` "pose" is among the poses, "person" among the people, "" anywhere else.

    Raises:
        StudioError: where nothing can be made of them, and while a body is being laid over a photo.
    """
    files = [file for file in data.get("files") or () if isinstance(file, Mapping)]
    if not files:
        raise StudioError("No file arrived. Drop, paste or choose a picture, a pose or a recipe.")
    if len(files) == 1 and is_clip(content := parsing.file_bytes(files[0])):
        check_agreed(state)
        return begin_clip(state, parsing.stem(files[0]), content)
    if len(files) == 1 and (opened := _of_ours(state, content)) is not None:
        return opened
    if state.fitting is not None:  # a picture that was pasted by mistake must not cost the work on a body
        raise StudioError(FITTING)
    if data.get("region"):
        return wear_files(state, data)
    check_agreed(state)
    state = replace(state, question=None)
    if len(files) == 1:
        return _picture(state, files[0], str(data.get("where") or ""))
    if len(files) > 2:
        return list_files(state, files, parsing.index(data, "count"))
    try:
        return _as_person(state, person_of_files(files, "a person"))
    except StudioError as error:
        try:
            return list_files(state, files, len(files))
        except StudioError:
            raise error from None


def pose_of_person(state: EditorState, person: Person, name: str = "") -> EditorState:
    """The editor state in the pose that somebody has in their photo, as one of the mannequin, of the shape it has so
    far; IUVError where too little of them is seen."""
    fit = person.fit
    pose = fit.pose if fit is not None and fit.sighting is not None else fit_map(person.picture_iuv).pose
    return _stand_as(state, pose, f"The mannequin stands as {name or 'they'} {'does' if name else 'do'}.")


def _of_ours(state: EditorState, content: bytes) -> EditorState | None:
    """A pose or a recipe, which nobody has to be asked for: they show nobody."""
    if is_collection(content):
        raise StudioError("These are poses of yours. Open the file under “Pose”, “Your poses”: then they are kept.")
    if holds_pose(content):
        return open_pose_file(state, content)
    if holds_recipe(content):
        return use_recipe(state, open_recipe(content, lambda key: at_hand(state, key)))
    return None


def _picture(state: EditorState, file: Mapping, where: str) -> EditorState:
    """One picture that was not brought to a place on the person."""
    name, content = parsing.stem(file), parsing.file_bytes(file)
    if (patterned := take_tile(state, name, content, "")) is not None:
        return patterned
    if is_texture_map(content):
        return wear_files(state, {"files": [file], "region": "outfit"})
    photo, _ = read_sized_photo(content)
    if looks_like_iuv(photo):
        return _stand_as(state, fit_map(read_iuv(content)).pose, "The mannequin stands as the body on the map does.")
    if (posed := pose_of_parts(state, content)) is not None:
        return posed
    if where == "pose":
        return pose_of_person(state, people_of_file(name, content, "a pose").person(0), f"whoever “{name}” shows")
    try:
        return take_largest(state, people_of_file(name, content, "a person"))
    except StudioError as error:  # nobody is there, or nothing is installed that could tell
        try:
            asked = of_file(state, name, content, "", error)
        except StudioError:
            return use_photo(state, name, content)
    question = asked.question
    if question is None or not question.unsure:
        return asked
    by_hand = Option("It is a person: lay the mannequin over them",
                     lambda now: begin_fitting(now, name, photo, HOW_TO_FIT), whole_thumb(photo))  # fmt: skip
    return replace(asked, question=replace(question, options=(*question.options, by_hand)))


def _as_person(state: EditorState, person: Person) -> EditorState:
    said = f"“{person.name}” is ready.{before_kept(state)}{size_kept(person)}"
    return replace(state, fitting=None, detections=None).with_own(person).to(looks.of(person), said)


def _stand_as(state: EditorState, pose: Pose, said: str) -> EditorState:
    if state.fitting is not None:
        raise StudioError(FITTING)
    pose = in_their_shape(state.look, pose).replace(name=pose_sliders.OWN)
    return replace(stand(state, pose), note=Note(f"{said} {_EDITABLE}", "info"))
