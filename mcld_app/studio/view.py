"""From editor state to page: what each component shows, as plain values."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from mcld_app.body.charts import charts
from mcld_app.body.iuv import read_iuv, resize_iuv
from mcld_app.body.mannequin.handles import BONES, joint_points
from mcld_app.body.mannequin.pose import Pose, named_poses
from mcld_app.body.parts import region_pixels
from mcld_app.body.photo import read_photo
from mcld_app.editing import Edit, Look, Preview, draw, pose_map, samples
from mcld_app.editing.diagnostics.of_look import findings_of
from mcld_app.editing.person import PICTURE_SIZE
from mcld_app.editing.recipe import Recipe
from mcld_app.editing.series import AnyPose
from mcld_app.request import MAX_COUNT
from mcld_app.studio import pose_sliders
from mcld_app.studio.actions.faces import NONE, OWN
from mcld_app.studio.actions.poses import AS_IN_PHOTO
from mcld_app.studio.pictures import (
    INDEX,
    THUMB,
    item,
    iuv_picture,
    jpeg,
    pose_thumb,
    runs,
    sign,
    thumb,
)
from mcld_app.studio.regions import CLOTHES
from mcld_app.studio.state import EditorState

if TYPE_CHECKING:
    from mcld_app.studio.generation import Generated

_SHELVES = {"upper": "Tops", "top": "Tops", "bottom": "Trousers", "shoes": "Shoes", "outfit": "Outfits"}


def seen(state: EditorState) -> Preview:
    """What stands on the stage: the look, or the photo under the mannequin that is being laid over it. While a hand is
    on a slider, small."""
    if state.fitting is None:
        return draw(state.look, small=state.live)
    fit, size = state.fitting.fit, INDEX if state.live else PICTURE_SIZE
    return Preview(fit.overlaid(size), fit.map(size))


def stage(state: EditorState, *, with_photo: bool) -> dict:
    """The picture, the photo it is compared with (where the page does not have it yet), and the pose."""
    preview, look = seen(state), state.look
    if state.fitting is not None:
        return _laying(state, preview)
    pose = pose_label(look)
    picture = jpeg(preview.picture)
    made = [edit.label for edit in look.edits if edit.on]
    return {
        "picture": picture,
        "look": look_key(look, preview, picture),
        "person": look.person.key,
        "before": jpeg(look.person.picture) if with_photo else None,
        "iuv": jpeg(iuv_picture(resize_iuv(preview.iuv, INDEX))),
        "parts": runs(preview.iuv),
        "pose": pose,
        "undo": bool(state.history.before),
        "redo": bool(state.history.after),
        "handles": handles(look.pose),
        "laying": "",
        "alt": f"{look.person.name}, {pose}" + (f", with {', '.join(made)}" if made else ""),
    }


def _laying(state: EditorState, preview: Preview) -> dict:
    """The stage while a photo gets its body by hand."""
    fit = state.fitting.fit
    return {
        "picture": jpeg(preview.picture),
        "look": "laying",
        "person": "laying",
        "before": jpeg(fit.framed(PICTURE_SIZE)),
        "iuv": jpeg(iuv_picture(resize_iuv(preview.iuv, INDEX))),
        "parts": runs(preview.iuv),
        "pose": "laid over the photo",
        "undo": bool(state.fitting.before),
        "redo": False,
        "handles": handles(fit.pose),
        "laying": fit.name,
        "alt": f"The mannequin over “{fit.name}”",
    }


def pose_label(look: Look) -> str:
    """A look's pose in words."""
    return "as in the photo" if look.pose is None else look.pose.name.replace("_", " ")


def handles(pose: AnyPose) -> dict | None:
    """The mannequin's handles and bones over the picture; None where the pose is none of the mannequin's."""
    if not isinstance(pose, Pose):
        return None
    if handles not in pose.worked_out:
        points = [
            {"id": p.name, "label": p.label, "x": round(p.x, 4), "y": round(p.y, 4), "front": p.front}
            for p in joint_points(pose, PICTURE_SIZE)
        ]
        pose.worked_out[handles] = {"points": points, "bones": [list(bone) for bone in BONES]}
    return pose.worked_out[handles]


def look_key(look: Look, preview: Preview, picture: str | None = None) -> str:
    """A short name for what a look shows, by which the page tells whether a drawn picture is still of it. `picture`
    is the preview as `jpeg` gives it, where it is at hand."""
    swap = look.swap
    face = (swap.donor.key if swap.donor else "none", swap.share) if swap else "own"
    told = f"{picture or jpeg(preview.picture)}|{face}|{look.face_weight}|{look.fill}"
    return hashlib.blake2b(told.encode(), digest_size=8).hexdigest()


def texture(look: Look) -> dict:
    """The texture map as it is used, and what of it a photo showed."""
    body, hatched = _ground()
    seen = look.appearance.known(look.fill) & body
    used = np.where(body[..., None], look.texture.image, 244).astype(np.uint8)
    share = np.count_nonzero(seen) / np.count_nonzero(body)
    return {
        "texture": jpeg(used),
        "seen": jpeg(np.where(seen[..., None], np.uint8([43, 138, 126]), hatched)),
        "fill": look.fill,
        "share": f"{share:.0%} of the body’s surface is known from pictures; what is hatched is "
        + ("left open." if look.fill == "none" else "guessed."),
    }


@lru_cache(maxsize=1)
def _ground() -> tuple[np.ndarray, np.ndarray]:
    """Which texels are body, (512, 512) bool, and the coverage picture of nothing seen, (512, 512, 3) uint8."""
    body = charts().part_map > 0
    rows, columns = np.indices(body.shape)
    hatched = np.full((*body.shape, 3), 244, np.uint8)
    hatched[body] = (214, 214, 210)
    hatched[body & ((rows + columns) % 12 < 3)] = (186, 186, 180)
    return body, hatched


def people(state: EditorState) -> dict:
    """Who is chosen, and the visitor's own people."""
    person = state.look.person
    return {"selected": person.sample or f"own:{person.key}", "extra": _own(state, "Yours")}


def shelf(state: EditorState) -> dict:
    """The visitor's own clothes, beside the samples."""
    return {"selected": None, "extra": [{**item, "region": "upper"} for item in _own(state, "Yours")]}


def poses(state: EditorState) -> dict:
    """Which named pose the person stands in; none where a slider was moved."""
    pose = state.pose
    if pose is None:
        return {"selected": AS_IN_PHOTO}
    return {"selected": next((name for name, known in named_poses().items() if known == pose), None)}


def series(state: EditorState) -> dict:
    """The poses gathered, as small IUV maps."""
    poses = []
    for pose in state.series:
        look = replace(state.look, pose=pose)
        small = resize_iuv(pose_map(look, small=True), THUMB)
        poses.append({"label": pose_label(look), "src": jpeg(iuv_picture(small))})
    return {"poses": poses, "between": state.between}


def recipe(opened: Recipe) -> dict:
    """The settings of a recipe that was opened, for the fields of the page."""
    settings = opened.settings
    if settings is None:  # a look that was never to be drawn in any special way: the fields stay as they are
        return {"opened": {"model": opened.model}}
    return {
        "opened": {
            "steps": settings.steps,
            "guidance": settings.guidance,
            "scheduler": settings.scheduler,
            "seed": str(opened.seeds[0]),
            "count": min(len(opened.seeds), MAX_COUNT),
            "model": opened.model,
        }
    }


def result(made: Generated) -> dict:
    """A drawn picture, as the page's list of them takes it."""
    look, seed = made.recipe.look, made.recipe.seeds[0]
    return {
        "id": made.id,
        "run": made.run,
        "picture": jpeg(made.picture, 95),
        "look": look_key(made.asked, draw(made.asked)),  # by which the page tells whether it was edited since
        "pose": pose_label(look),
        "seed": str(seed),
        "focus": bool(made.focus),
        "alt": f"Drawn by {made.model}, seed {seed}",
    }


def checkup(look: Look) -> dict:
    """What may go wrong with a look when it is drawn."""
    return {"findings": [{"level": f.level, "text": f.text} for f in findings_of(look)]}


def joints(state: EditorState) -> dict:
    """The sliders' positions."""
    return {"values": pose_sliders.to_sliders(state.pose)}


def detections(state: EditorState) -> dict:
    """The people found in a photo, where they are several."""
    found = state.detections
    faces = [thumb(_upright(found.portrait(i))) for i in range(len(found))] if found else []
    return {"name": found.name if found else "", "people": faces}


def _upright(picture: np.ndarray) -> np.ndarray:
    """A picture on a grey ground of 11:16."""
    height, width = picture.shape[:2]
    tall, wide = max(height, -(-width * 16 // 11)), max(width, -(-height * 11 // 16))
    ground = np.full((tall, wide, 3), 128, np.uint8)
    top, left = (tall - height) // 2, (wide - width) // 2
    ground[top : top + height, left : left + width] = picture
    return ground


def edits(state: EditorState) -> dict:
    """The list of edits, in the order they are made."""
    return {
        "edits": [
            {"label": edit.label, "place": edit.place, "on": edit.on, "src": _edit_thumb(edit)}
            for edit in state.look.edits
        ]
    }


def face(state: EditorState) -> dict:
    """Whose face is chosen, and the visitor's own people."""
    chosen = state.look.face_edit
    selected = OWN
    if chosen is not None:
        selected = NONE if chosen.donor is None else chosen.donor.sample or f"own:{chosen.donor.key}"
    return {"selected": selected, "extra": _own(state, "Yours")}


def mix(state: EditorState) -> dict:
    """How far the face goes over into the chosen one, whether the head's texels go along, and how much it counts."""
    chosen = state.look.face_edit
    mixed = chosen is not None and chosen.donor is not None
    return {
        "mixed": mixed,
        "share": chosen.share if mixed else 1.0,
        "texels": chosen.texels if mixed else True,
        "weight": state.look.face_weight,
    }


@lru_cache(maxsize=1)
def people_items() -> list[dict]:
    """The sample people's thumbnails. Made from the files alone: nothing is extracted before somebody is chosen."""
    return [
        item(choice, sample.label, thumb(read_photo(sample.photo_path)))
        for choice, sample in samples.people().items()
    ]


@lru_cache(maxsize=1)
def shelf_items() -> list[dict]:
    """The sample garments' thumbnails, then the sample people as donors."""
    clothes = []
    for choice, garment in samples.garments().items():
        src = thumb(read_photo(garment.photo_path), read_iuv(garment.iuv_path)[..., 0] > 0)
        clothes.append({**item(choice, garment.label, src), "group": _SHELVES.get(garment.region, "More clothes")})
        clothes[-1]["region"] = garment.region if garment.region in CLOTHES else "outfit"
    order = [*_SHELVES.values(), "More clothes"]
    clothes.sort(key=lambda item: order.index(item["group"]))
    donors = [{**item, "group": "What others wear", "region": "upper"} for item in people_items()]
    return clothes + donors


@lru_cache(maxsize=1)
def pose_items() -> list[dict]:
    """The named poses' thumbnails: the mannequin's IUV map, small."""
    own = item(AS_IN_PHOTO, "As in the photo", sign("photo"))
    return [own] + [
        item(name, pose.name.replace("_", " "), jpeg(pose_thumb(name)), f"Pose: {pose.name.replace('_', ' ')}")
        for name, pose in named_poses().items()
    ]


@lru_cache(maxsize=1)
def face_items() -> list[dict]:
    """Whose faces there are: the person's own, none, and the sample people's."""
    none = item(NONE, "No face", sign("none"), "The network is told no face")
    own = item(OWN, "Their own", sign("face"), "The face of the photo")
    heads = []
    for choice, sample in samples.people().items():
        person = samples.sample_person(choice)
        _ = person.bare_head  # now, so that choosing one takes no longer than choosing it again
        head = region_pixels("head", person.picture_iuv)
        heads.append(item(choice, sample.label, thumb(person.picture, head, closest=0.25)))
    return [own, none, *heads]


def _own(state: EditorState, group: str) -> list[dict]:
    return [{**item(f"own:{p.key}", p.name, thumb(p.picture)), "group": group} for p in state.own]


def _edit_thumb(edit: Edit) -> str:
    """A small picture of what an edit brings."""
    small = edit.thumbnail
    return sign("none") if small is None else thumb(small.picture, small.shown, closest=small.closest)
