"""The studio for other programs: every action as a named endpoint, for `gradio_client` and for MCP.

An endpoint keeps nothing between two calls. It takes a recipe (JSON text, with its pictures) and gives the recipe with
one more edit, so the caller holds all there is. The edits are the very actions of the page.
"""

from __future__ import annotations

import base64
import inspect
import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

import gradio as gr

from mcld_app.body.mannequin.pose import named_poses
from mcld_app.body.photo import encode_png, read_photo
from mcld_app.editing import History, draw
from mcld_app.editing import look as looks
from mcld_app.editing import samples as sample_library
from mcld_app.editing.person import make_person, read_person
from mcld_app.editing.recipe import Recipe, read_recipe, write_recipe
from mcld_app.engine import registry
from mcld_app.engine.worker import drawer
from mcld_app.errors import StudioError
from mcld_app.perception.detections import detect_people
from mcld_app.studio import actions, generation, parsing, pose_sliders
from mcld_app.studio.actions.people import check_agreed
from mcld_app.studio.dispatcher import Act, sentence
from mcld_app.studio.state import EditorState, Session, initial_state


def listen() -> None:
    """Register all endpoints; inside a `gr.Blocks`."""
    for function in ENDPOINTS:
        gr.api(_told(function), api_name=function.__name__, queue=False, concurrency_limit=None)
    gr.api(_told(_generate(drawer())), api_name="generate", concurrency_id="gpu", concurrency_limit=1)


# --- What there is -------------------------------------------------------------------------------------------------


def samples() -> dict[str, list[str]]:
    """Names of all sample people, garments, poses and models, as the other endpoints take them."""
    return {
        "people": list(sample_library.people()),
        "garments": list(sample_library.garments()),
        "poses": list(named_poses()),
        "models": list(registry.available()),
    }


def start(person: str) -> str:
    """A recipe that begins with a sample person.

    Args:
        person: a name of `samples`, such as "person:mara".
    """
    return _written(looks.of(initial_state().person(person)))


def start_with_photo(photo: str, iuv: str = "", may_use: bool = False, who: int = 0) -> str:
    """A recipe that begins with a photo.

    Args:
        photo: the photo's file in base64 (PNG, JPEG or WebP).
        iuv: its DensePose map, a PNG in base64, I, U, V in OpenCV's order; without it the body is found in the photo,
            where a DensePose model is installed.
        may_use: that you may use this picture of this person; required on a public Space.
        who: which of the people found, the largest being 0.
    """
    check_agreed(replace(initial_state(), agreed=may_use))
    data = parsing.file_bytes({"data": photo})
    if iuv:
        return _written(looks.of(read_person("photo", data, parsing.file_bytes({"data": iuv}))))
    detections = detect_people("photo", read_photo(data))
    if detections is None:
        raise StudioError("No DensePose model is installed here to read a body from a photo. Give its IUV map, too.")
    return _written(looks.of(make_person("photo", detections.photo, detections.iuv(who))))


# --- Edits ---------------------------------------------------------------------------------------------------------


def pose(recipe: str, name: str) -> str:
    """Stand in a named pose; "photo" is the photo's own."""
    return _edited(recipe, actions.choose_pose, {"id": name})


def turn(recipe: str, values: dict[str, float]) -> str:
    """Set the mannequin's joints and camera, in degrees: {"left_elbow.bend": 90, "yaw": 30, ...}."""
    known = pose_sliders.to_sliders(None)
    for name, value in values.items():
        if name not in known:
            raise StudioError(f"The mannequin has no angle or setting called {str(name)[:60]!r}.")
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise StudioError(f"{name} must be a number.")
    return _edited(recipe, actions.turn, {"values": values})


def drag(recipe: str, handle: str, x: float, y: float) -> str:
    """Move a handle of the mannequin to a place in the picture, 0..1 of its width and height."""
    return _edited(recipe, actions.drag, {"handle": handle, "x": x, "y": y})


def mirror(recipe: str) -> str:
    """Mirror the mannequin's pose."""
    return _edited(recipe, actions.mirror, {})


def pose_of(recipe: str, person: str) -> str:
    """Stand as a sample person stands in their picture."""
    return _edited(recipe, actions.pose_of, {"id": person})


def paint_pose(recipe: str, strokes: str, part: int) -> str:
    """Paint a body part (1..24; 0 erases) on the IUV map: strokes are a 352 x 512 RGBA PNG in base64."""
    return _edited(recipe, actions.paint_map, {"strokes": strokes, "part": part})


def wear(recipe: str, garment: str, region: str = "", parts: list[int] | None = None) -> str:
    """Put a sample garment, or what a sample person wears, on a region or on DensePose parts 1..24."""
    return _edited(recipe, actions.wear, {"id": garment, "region": region, "parts": parts})


def cover(
    recipe: str,
    region: str = "",
    parts: list[int] | None = None,
    colour: str = "#808080",
    pattern: str = "",
    scale: float = 12.0,
    angle: float = 0.0,
    shaded: bool = True,
) -> str:
    """Give a region or DensePose parts a colour, or a pattern (a picture in base64) of `scale` centimetres."""
    file = {"name": "pattern", "data": pattern} if pattern else None
    data = {"region": region, "parts": parts, "colour": colour, "pattern": file, "scale": scale, "angle": angle}
    return _edited(recipe, actions.cover, {**data, "shaded": shaded})


def paint(recipe: str, strokes: str, on: Literal["map", "person"] = "map", erase: bool = False) -> str:
    """Paint on the texture map (a 512 x 512 RGBA PNG in base64) or on the person (352 x 512)."""
    return _edited(recipe, actions.paint, {"strokes": strokes, "on": on, "erase": erase})


def face(recipe: str, person: str, share: float = 1.0, texels: bool = True) -> str:
    """Swap the face for a sample person's, or for "none" or "own"; `share` 0..1 mixes the two identities."""
    chosen = _edited(recipe, actions.choose_face, {"id": person})
    if person in ("own", "none"):
        return chosen
    return _edited(chosen, actions.mix_face, {"share": share, "texels": texels})


def face_weight(recipe: str, weight: float) -> str:
    """How much the face counts beside the photo and the clothes, 0..2."""
    return _edited(recipe, actions.weigh_face, {"weight": weight})


def switch(recipe: str, index: int, on: bool) -> str:
    """Switch the edit at a place of the list on or off."""
    return _edited(recipe, actions.switch, {"index": index, "on": on})


def move(recipe: str, index: int, to: int) -> str:
    """Move the edit at a place of the list to another one: later edits lie over earlier ones."""
    return _edited(recipe, actions.move, {"index": index, "to": to})


def remove(recipe: str, index: int) -> str:
    """Delete the edit at a place of the list."""
    return _edited(recipe, actions.remove, {"index": index})


def guess(recipe: str, how: Literal["smooth", "symmetry", "photos", "inpaint", "none"]) -> str:
    """How texels that no picture shows are filled."""
    return _edited(recipe, actions.guess, {"how": how})


# --- Pictures ------------------------------------------------------------------------------------------------------


def preview(recipe: str) -> str:
    """The texture preview of a recipe, without any network: a PNG in base64."""
    return base64.b64encode(encode_png(draw(read_recipe(recipe).look).picture)).decode()


def health(recipe: str) -> list[dict[str, Any]]:
    """What may go wrong with a recipe's conditions, before anything is drawn: kind, level, measure, text."""
    from mcld_app.editing.diagnostics.of_look import findings_of

    return [vars(finding) for finding in findings_of(read_recipe(recipe).look)]


def _generate(drawing: generation.Drawing):
    def generate(
        recipe: str,
        seeds: list[int] | None = None,
        steps: int | None = None,
        guidance: float | None = None,
        scheduler: Literal["ddim", "dpm++", "unipc"] | None = None,
        model: str = "",
    ) -> list[str]:
        """Draw a recipe with a model, one picture for each seed: PNGs in base64, each with its recipe inside. What is
        not given is as the recipe says, and else as the model usually draws."""
        made = read_recipe(recipe)
        known = registry.available()
        chosen = model or (made.model if made.model in known else next(iter(known), ""))
        told = {"steps": steps, "guidance": guidance, "scheduler": scheduler}
        settings = made.settings_for(registry.model_named(chosen).usual)
        settings = replace(settings, **{name: value for name, value in told.items() if value is not None})
        wanted = tuple(seeds or made.seeds)
        if len(wanted) > generation.MOST_AT_ONCE:
            raise StudioError(f"At most {generation.MOST_AT_ONCE} pictures are drawn at once.")
        session = Session()
        looks_wanted = (made.look,) * len(wanted)
        order = generation.order_of(chosen, settings, made.look, looks_wanted, wanted, owner=session.owner)
        return [_file(result) for result in _finished(session, order, drawing)]

    return generate


def _finished(
    session: Session, order: generation.Order, drawing: generation.Drawing
) -> list[generation.Generated]:
    session.orders[order.run] = order
    try:
        for told in generation.news(session, order.run, drawing):
            if told["state"] == "failed":
                raise StudioError(told["text"])
        return session.results
    finally:
        registry.forget(session.owner)


def _file(result: generation.Generated) -> str:
    from mcld_app.output.provenance import encode_generated

    text = write_recipe(result.recipe)
    data = encode_generated(result.picture, result.model, result.details, recipe=text, edited=result.recipe.of_a_photo)
    return base64.b64encode(data).decode()


def _edited(recipe: str, act: Act, data: Mapping[str, Any]) -> str:
    made = read_recipe(recipe)
    state = act(EditorState(History(made.look), agreed=True), data)
    return write_recipe(replace(made, look=state.look, drawn_with=None), pictures=True)


def _written(look: looks.Look) -> str:
    return write_recipe(Recipe(look), pictures=True)


def _told(function):
    """The same function, whose errors are sentences for the caller."""
    import functools

    @functools.wraps(function)
    def told(*given, **named):
        try:
            return function(*given, **named)
        except Exception as error:
            raise gr.Error(sentence(error), print_exception=False) from None

    told.__signature__ = inspect.signature(function, eval_str=True)  # Gradio 6.31 takes a return type as it is written
    return told


ENDPOINTS = (
    samples, start, start_with_photo, pose, turn, drag, mirror, pose_of, paint_pose, wear, cover, paint, face,
    face_weight, switch, move, remove, guess, preview, health,
)  # fmt: skip
"""All that is answered at once; "generate" waits for its turn."""
