"""Recipes: a look that somebody saved, or that a picture was drawn from, becomes the one on the page."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mcld_app.content import content_hash
from mcld_app.editing import MapPose
from mcld_app.editing import look as looks
from mcld_app.editing.edits.wear import Wear
from mcld_app.editing.garment import Garment
from mcld_app.editing.person import Person
from mcld_app.editing.recipe import Recipe
from mcld_app.editing.texture_clothes import shows_texture
from mcld_app.studio.state import EditorState


def use_recipe(state: EditorState, recipe: Recipe) -> EditorState:
    """The editor state with a recipe's look, and its people among the visitor's own; its settings go to the page."""
    garments = (edit.garment for edit in recipe.look.edits_of(Wear))
    alone = {garment.donor.key: garment for garment in garments if garment.kind and not garment.piece}
    # A recipe has what is worn, and not how its picture was marked.
    marked = {garment.donor.key: garment for garment in state.own_garments if garment.marking is not None}
    for key, garment in alone.items():
        state = state if key in marked else state.with_garment(garment)
    for person in recipe.look.people:
        if shows_texture(person):
            state = state.with_garment(Garment(person.name, person, "outfit"))
        elif not person.sample and person.key not in alone:
            state = state.with_own(person)
    edits = tuple(
        replace(edit, garment=marked.get(edit.garment.donor.key, edit.garment)) if isinstance(edit, Wear) else edit
        for edit in recipe.look.edits
    )
    look = looks.with_edits(recipe.look, edits) if alone.keys() & marked else recipe.look
    message = "The recipe is open." + " Undo brings back what was here." * state.is_edited
    if recipe.redrawn:
        message += " Sample people or clothes in it look different now: they were drawn anew since it was saved."
    if recipe.left_behind:
        message += " Its background was a picture that did not come along: the one that is here stays."
    ground = state.ground if recipe.ground is None else recipe.ground
    return replace(state.to(look, message), ground=ground).with_recipe(recipe)


def at_hand(state: EditorState, key: str) -> Person | MapPose | np.ndarray | None:
    """What the visitor brought in this session, by the hash of its content: one of their people, a pose of a picture,
    a pattern, or the ground."""
    for person in (*state.own, *(garment.donor for garment in state.own_garments)):
        if person.key == key:
            return person
    if state.ground.picture is not None and content_hash(state.ground.picture) == key:
        return state.ground.picture
    history = state.history
    for look in (history.now, *reversed(history.before), *history.after):
        if (found := look.picture(key)) is not None:
            return found
    return None
