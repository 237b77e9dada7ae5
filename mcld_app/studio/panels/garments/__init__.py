"""Garments to put on: of the samples, of what other people wear, or of files dropped on the person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from mcld_app.body.iuv import read_iuv
from mcld_app.body.photo import read_photo
from mcld_app.body.texture.texture_file import is_texture_map
from mcld_app.editing import look as looks
from mcld_app.editing import samples
from mcld_app.editing.area import CLOTHES, Area
from mcld_app.editing.edits.wear import Wear
from mcld_app.editing.flat_garment import flat_garment
from mcld_app.editing.garment import Garment
from mcld_app.editing.texture_clothes import clothes_of_texture
from mcld_app.editing.worn_garment import piece_for
from mcld_app.errors import StudioError
from mcld_app.perception.wearers import worn_garment
from mcld_app.studio import parsing
from mcld_app.studio.actions.dropped import wear_files
from mcld_app.studio.actions.photos import check_agreed
from mcld_app.studio.dispatcher import Dispatcher
from mcld_app.studio.endpoints import Given, Picture, content, edited, opened, with_look
from mcld_app.studio.panel import Key, Panel
from mcld_app.studio.parsing import Data
from mcld_app.studio.picker import listen_for_own, own_item, own_items, people_items, picker
from mcld_app.studio.pictures import item, thumb
from mcld_app.studio.state import EditorState, InHand, Note, initial_state, own_garment_id

_SHELVES = {"upper": "Tops", "top": "Tops", "bottom": "Trousers", "shoes": "Shoes", "outfit": "Outfits"}


def lift(state: EditorState, data: Data) -> EditorState:
    """Take a garment in hand: what dropping it where it belongs will make is worked out while it is on its way."""
    choice = parsing.text(data, "id")
    region = state.garment(choice).region
    ready = looks.add(state.look, Wear(_meant(state, choice, region), region))
    return replace(state, in_hand=InHand(choice, region, state.look.appearance, ready.appearance), note=Note())


def wear(state: EditorState, data: Data) -> EditorState:
    """Put a garment on a region, or on any set of body parts; one that was dropped on a region of which it has nothing
    goes on where it belongs."""
    choice, area, held = parsing.text(data, "id"), parsing.area(data), state.in_hand
    if held and (held.choice, held.region) == (choice, area) and held.before is state.look.appearance:
        return state.to(replace(state.look, appearance=held.after))
    garment = _meant(state, choice, area)
    try:
        return state.to(looks.add(state.look, Wear(garment, area)))
    except StudioError:
        if not isinstance(area, str) or area == garment.region or garment.region not in CLOTHES:
            raise
    home = CLOTHES[garment.region].lower()
    said = f"“{garment.label}” has nothing for “{CLOTHES[area].lower()}”: it is worn where it belongs, on “{home}”."
    return state.to(looks.add(state.look, Wear(garment)), said)


def _meant(state: EditorState, choice: str, area: Area) -> Garment:
    """The garment of an id; of one of the visitor's own people, the piece that they wear there."""
    own = next((person for person in state.own if choice == f"own:{person.key}"), None)
    return state.garment(choice) if own is None else piece_for(own, area)


@lru_cache(maxsize=1)
def garment_items() -> list[dict]:
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


def render(page: Dispatcher) -> None:
    """A list box of pictures that can be dragged onto the person. The stage tells what is done with them."""
    page["garments"] = picker("Garments", garment_items, kind="garment", carry=True)


def listen(page: Dispatcher) -> None:
    listen_for_own(page, "garments")
    page.prepare(page["stage"].lift, lift)
    page.listen(page["stage"].wear, wear)
    page.listen(page["stage"].files, wear_files)


def key(state: EditorState) -> Key:
    return (state.own, state.own_garments, state.names)


def view(state: EditorState, last: Key | None) -> dict[str, Any]:
    """The visitor's own clothes, beside the samples."""
    people = [{**own, "region": "upper"} for own in own_items(state)]
    return {"selected": None, "extra": [*(own_garment_item(state, g) for g in state.own_garments), *people]}


def own_garment_item(state: EditorState, garment: Garment) -> dict:
    """The thumbnail of a garment of the visitor's own."""
    src = thumb(garment.donor.photo, garment.donor.iuv[..., 0] > 0)
    shown = own_item(state, own_garment_id(garment), garment.label, src)
    shown["adjust"] = garment.marking is not None
    return {**shown, "region": garment.region if garment.region in CLOTHES else "outfit"}


def api_garment_from_photo(
    recipe: Given,
    picture: Picture,
    kind: str = "",
    sleeves: bool = True,
    points: dict[str, list[float]] | None = None,
    which: int | None = None,
    piece: str = "",
    may_use: bool = False,
) -> Given:
    """Wear a garment from a picture of it alone or of somebody who wears it, or the clothes of a texture map.

    Args:
        recipe: who puts it on.
        picture: as a file, in base64 or as a data: URL.
        kind: of a garment alone, one of top, dress, coat, trousers, shorts and skirt, or empty: then its outline tells,
            as far as it can. "texture" for a texture map: SMPL's square layout, or DensePose's atlas of 24 parts, 6
            across and 4 down; one with nothing between its islands is known without.
        sleeves: of a garment alone: false where what look like sleeves are none.
        points: key points by name, each x and y from 0 to 1 of the picture's width and height; the others are found.
        which: of several garments in the picture the one that is meant, the largest being 0.
        piece: of what a person wears: one of top, bottom, dress, shoes and outfit; empty where nobody wears it.
        may_use: on a public page, that you may use this picture of this person.
    """
    look, data = opened(recipe).look, content(picture)
    if piece:
        check_agreed(replace(initial_state(), agreed=may_use))
        garment = worn_garment("photo", data, piece)
    elif kind == "texture" or (not kind and is_texture_map(data)):
        garment = clothes_of_texture("Texture map", data)
    else:
        garment = flat_garment(data, kind, _places(points), sleeves=sleeves, which=which).garment
    return with_look(recipe, looks.add(look, Wear(garment)))


def _places(points: object) -> dict[str, tuple[float, float]]:
    """Key points as another program sent them; StudioError where they are none."""
    if points is None:
        return {}
    if not isinstance(points, Mapping) or not all(
        isinstance(place, list | tuple) and len(place) == 2 for place in points.values()
    ):
        raise StudioError("The points are names with two numbers each: {\"neckline\": [0.5, 0.2]}.")
    return {str(name): tuple(parsing.number({"place": v}, "place") for v in place) for name, place in points.items()}


def api_wear(recipe: Given, garment: str, region: str = "", parts: list[int] | None = None) -> Given:
    """Put a sample garment, or what a sample person wears, on a region or on DensePose parts 1..24."""
    return edited(recipe, wear, {"id": garment, "region": region, "parts": parts})


PANEL = Panel(
    "garments", render, listen, key, view,
    endpoints={"wear": api_wear, "garment_from_photo": api_garment_from_photo},
)  # fmt: skip
