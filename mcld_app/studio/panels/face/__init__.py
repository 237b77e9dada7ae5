"""Whose face it is, how far it goes over into it, and how much it counts."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

from mcld_app.body.parts import region_pixels
from mcld_app.editing import Look, samples
from mcld_app.editing import look as looks
from mcld_app.editing.edits.face_swap import FaceSwap
from mcld_app.editing.edits.skin import Skin
from mcld_app.errors import StudioError
from mcld_app.request import MAX_FACE_WEIGHT
from mcld_app.studio import parsing
from mcld_app.studio.actions.photos import check_agreed, person_of_files
from mcld_app.studio.dispatcher import Dispatcher
from mcld_app.studio.endpoints import Given, edited
from mcld_app.studio.panel import Key, Panel
from mcld_app.studio.parsing import Data
from mcld_app.studio.picker import listen_for_own, own_items, picker
from mcld_app.studio.pictures import item, sign, thumb
from mcld_app.studio.state import EditorState
from mcld_app.studio.widget import widget

OWN, NONE = "own", "none"  # the latter for programs alone: nothing of it is seen before a model draws

_HTML = f"""
<div class="mix">
  <label class="mix-drop"
    title="A photo of somebody, as much of them as possible; the face is best seen from the front"
    >Choose or drop a photo with a face<input type="file" multiple accept="image/*"></label>
  <div class="mix-rows">
    <div class="joint mix-shared"><label for="mix-share"
      title="0% is the person’s own face, 100% the chosen one.">Mix: own face to chosen face</label>
      <output for="mix-share"></output><input id="mix-share" data-name="share" type="range" min="0" max="1" step="0.05"
      value="1"></div>
    <div class="joint"><label for="mix-weight"
      title="How much a drawn picture keeps to the face, beside photo and clothes.">Face weight</label>
      <output for="mix-weight"></output><input id="mix-weight" data-name="weight" type="range" min="0"
      max="{MAX_FACE_WEIGHT}" step="0.05" value="{Look.face_weight:g}"></div>
    <label class="switch mix-shared"
      title="Off: head and hair stay, and only a drawn picture takes on the face."><input type="checkbox"
      class="mix-texels" checked> Head and hair change, too</label>
    <label class="switch mix-skin"
      title="Arms, legs and neckline take the colour of the chosen face’s skin; clothes stay as they are."><input
      type="checkbox" class="mix-follows" checked> Skin follows the face</label>
  </div>
  <p class="mix-say">A drawn picture takes its likeness from the face’s photo, and head, hair and skin from the preview
    you see here.</p>
</div>
"""


def choose_face(state: EditorState, data: Data) -> EditorState:
    """Another face: of a sample, of one of the visitor's own people, the person's own again, or none."""
    choice, swap = parsing.text(data, "id"), _current(state)
    if choice == OWN:
        return state.to(looks.without(looks.without(state.look, FaceSwap), Skin)) if state.look.face_edit else state
    donor = None if choice == NONE else state.person(choice)
    return state.to(_with_face(state, FaceSwap(donor, swap.share, swap.texels)))


def mix_face(state: EditorState, data: Data) -> EditorState:
    """How far to go from the own face to the other one, and whether the head's texels go along."""
    swap = state.look.swap
    if swap is None or swap.donor is None:
        raise StudioError("Choose another face first; then it can be mixed with the person's own.")
    mixed = FaceSwap(swap.donor, parsing.number(data, "share"), data.get("texels") is not False)
    return state.to(_with_face(state, mixed), gesture=parsing.gesture(data))


def skin_follows(state: EditorState, data: Data) -> EditorState:
    """Whether the body's skin takes the colour of the chosen face's: of the one that is there, and of the next."""
    state = replace(state, skin_follows=data.get("on") is True)
    swap = state.look.swap
    if swap is None:
        return state
    return state.to(looks.without(state.look, Skin) if not state.skin_follows else _with_face(state, swap))


def _with_face(state: EditorState, swap: FaceSwap) -> Look:
    """The look with another face, and with its skin where that follows: a head that stays as it is has its own."""
    edits = swap.enter(state.look.edits)
    if state.skin_follows and swap.donor is not None and swap.texels:
        edits = Skin(swap.donor, swap.share).enter(edits)
    else:
        edits = tuple(edit for edit in edits if not isinstance(edit, Skin))
    return looks.with_edits(state.look, edits)  # both at once: the skin is turned once


def weigh_face(state: EditorState, data: Data) -> EditorState:
    """How much the face's identity counts beside the photo and the clothes."""
    return state.to(looks.weigh_face(state.look, parsing.number(data, "weight")), gesture=parsing.gesture(data))


def face_files(state: EditorState, data: Data) -> EditorState:
    """A face from dropped files: a photo, or a photo and its IUV map."""
    files = [file for file in data.get("files") or () if hasattr(file, "get")]
    check_agreed(state)
    donor = person_of_files(files, "a face")
    swap = _current(state)
    swapped = _with_face(state, FaceSwap(donor, swap.share, swap.texels))
    return state.with_own(donor).to(swapped)


def _current(state: EditorState) -> FaceSwap:
    """The face edit that is there, for its sliders' positions."""
    found = state.look.face_edit
    return found if found and found.donor else FaceSwap(None)


@lru_cache(maxsize=1)
def face_items() -> list[dict]:
    """Whose faces there are: the person's own, and the sample people's."""
    own = item(OWN, "Their own", sign("face"), "The face of the photo")
    heads = []
    for choice, sample in samples.people().items():
        person = samples.sample_person(choice)
        head = region_pixels("head", person.picture_iuv)
        heads.append(item(choice, sample.label, thumb(person.picture, head, closest=0.25)))
    return [own, *heads]


def render_faces(page: Dispatcher) -> None:
    """A list box of pictures. Event: "pick" {id}."""
    page["faces"] = picker("Faces", face_items, kind="face")


def render(page: Dispatcher) -> None:
    """Two sliders, two switches and a file field. Events: "mix" {share, texels, gesture}, "weigh" {weight, gesture},
    "skin" {on}, "files" {files}."""
    page["face"] = widget(_HTML, "face", elem_id="face-mix")


def listen(page: Dispatcher) -> None:
    page.listen(page["faces"].pick, choose_face)
    listen_for_own(page, "faces")
    page.listen(page["face"].mix, mix_face)
    page.listen(page["face"].weigh, weigh_face)
    page.listen(page["face"].skin, skin_follows)
    page.listen(page["face"].files, face_files)


def view_faces(state: EditorState, last: Key | None) -> dict[str, Any]:
    """Whose face is chosen, and the visitor's own people."""
    chosen = state.look.face_edit
    selected = OWN
    if chosen is not None:
        selected = NONE if chosen.donor is None else chosen.donor.sample or f"own:{chosen.donor.key}"
    return {"selected": selected, "extra": own_items(state)}


def view(state: EditorState, last: Key | None) -> dict[str, Any]:
    """How far the face goes over into the chosen one, whether the head's texels go along, and how much it counts."""
    chosen = state.look.face_edit
    mixed = chosen is not None and chosen.donor is not None
    return {
        "mixed": mixed,
        "share": chosen.share if mixed else 1.0,
        "texels": chosen.texels if mixed else True,
        "skin": any(edit.on for edit in state.look.edits_of(Skin)) if mixed else state.skin_follows,
        "weight": state.look.face_weight,
    }


def api_face(recipe: Given, person: str, share: float = 1.0, texels: bool = True, skin: bool = True) -> Given:
    """Swap the face for a sample person's, or for "none" or "own"; `share` 0..1 mixes the two identities. The skin of
    the body takes the other one's colour, unless `skin` is off."""

    def choose(state: EditorState, data: Data) -> EditorState:
        return choose_face(replace(state, skin_follows=skin), data)

    chosen = edited(recipe, choose, {"id": person})
    if person in ("own", "none"):
        return chosen

    def mix(state: EditorState, data: Data) -> EditorState:
        return mix_face(replace(state, skin_follows=skin), data)

    return edited(chosen, mix, {"share": share, "texels": texels})


def api_face_weight(recipe: Given, weight: float) -> Given:
    """How much the face counts beside the photo and the clothes, 0..2."""
    return edited(recipe, weigh_face, {"weight": weight})


FACES = Panel("faces", render_faces, key=lambda state: (state.look.face_edit, state.own, state.names), view=view_faces)
PANEL = Panel(
    "face",
    render,
    listen,
    key=lambda state: (state.look.face_edit, state.look.face_weight, state.look.edits_of(Skin), state.skin_follows),
    view=view,
    endpoints={"face": api_face, "face_weight": api_face_weight},
)
