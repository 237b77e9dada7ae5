"""Drawn people in coats, closed and open in front: their photo, their map and what they look like in any pose."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mcld_app.body.mannequin.pose import Pose
from mcld_app.body.mannequin.skeleton import BONES
from mcld_app.body.shells.drawing import draw_shells, over_body
from mcld_app.body.shells.shell import LINING, PLAIN, Shell
from mcld_app.body.shells.standing import stand
from mcld_app.synthetic.people import DrawnPerson, View, draw_person, render_view
from mcld_app.synthetic.wardrobe import WAIST, Bottom, Cloth, Top

SIZE = (512, 352)
SHIRT, TROUSERS = (235, 235, 230), (50, 62, 95)
COATS = {"camel": (176, 134, 88), "black": (40, 40, 44), "red": (160, 36, 40)}
_ROWS, _COLUMNS = 14, 49


def wearer(seed: int, colour: tuple[int, int, int]) -> DrawnPerson:
    """A drawn person in trousers whose top is the upper part of a coat of that colour."""
    cloth = Cloth("plain", colour, SHIRT, 0.1)
    person = draw_person(seed)
    trousers = Bottom(Cloth("plain", TROUSERS, TROUSERS, 0.1), "trousers", 0.10)
    return replace(person, top=Top(cloth, 0.53, "crew", 0.95), bottom=trousers, hair=replace(person.hair, style="buzz"),
                   build=0.1, shape=(0.3,))  # fmt: skip


def coat(person: DrawnPerson, hem: float, flare: float, opening: float) -> Shell:
    """What of their coat hangs below the waist; `opening` is the gap in front at the hem, in metres."""
    t = np.linspace(0, 1, _ROWS)[:, None]
    gap = opening / 2 * t / (0.15 + flare)  # radians to either side of the front
    turn = gap + (2 * np.pi - 2 * gap) * np.linspace(0, 1, _COLUMNS)[None]
    hips = np.sin(np.clip(t * (WAIST - hem) / 0.16, 0, 1) * np.pi / 2)
    side, deep = 0.185 + 0.032 * hips + flare * t, 0.135 + 0.03 * hips + flare * t
    rest = np.stack([side * np.sin(turn), WAIST + (hem - WAIST) * t + 0 * turn, -0.03 + deep * np.cos(turn)], -1)
    rest = rest.reshape(-1, 3)
    down = np.clip((0.97 - rest[:, 1]) / 0.30, 0, 1)
    left = np.clip(0.5 + rest[:, 0] / 0.22, 0, 1)
    names = list(BONES)
    weights = np.zeros((len(rest), len(names)), np.float32)
    weights[:, names.index("pelvis")] = 1 - down
    weights[:, names.index("left_hip")], weights[:, names.index("right_hip")] = down * left, down * (1 - left)
    i = np.arange(_ROWS * _COLUMNS).reshape(_ROWS, _COLUMNS)
    a, b, c, d = (part.ravel() for part in (i[:-1, :-1], i[:-1, 1:], i[1:, :-1], i[1:, 1:]))
    faces = np.concatenate([np.stack([a, c, b], 1), np.stack([b, c, d], 1)])
    folds = 1 + 0.05 * np.sin(np.linspace(0, 16 * np.pi, 256))[None, :, None]
    picture = np.clip(np.float32(person.top.cloth.colour) * folds, 0, 255) * np.ones((128, 1, 1))
    places = np.stack([(turn / (2 * np.pi)) * 255, 127 * t + 0 * turn], -1).reshape(-1, 2)
    return Shell(
        "hips", rest, np.zeros_like(rest), weights, np.concatenate([faces, faces[:, ::-1]]),
        np.repeat(np.uint8([PLAIN, LINING]), len(faces)), places, np.dstack([picture, np.full((128, 256), 255)]),
    )  # fmt: skip


def view_of(person: DrawnPerson, pose: Pose, worn: tuple[float, float, float] | None, background: bool = True) -> View:
    """The person in a pose, in a coat of that hem, flare and opening: with the map of a network that knows no coats."""
    view = render_view(person, pose, SIZE, background=background)
    if worn is None:
        return view
    standing = stand(pose.of(person.body), SIZE)
    body = np.dstack([view.photo, np.where(view.alpha >= 128, 255, 0).astype(np.uint8)])
    (layer,) = draw_shells([coat(person, *worn)], pose.of(person.body), SIZE)
    drawn, depth = over_body(body, standing.depth, [layer])
    there = (layer.depth > -np.inf) & (layer.depth >= depth)
    photo = np.where(there[..., None], drawn[..., :3], view.photo)
    iuv = np.where(there[..., None], np.uint8(0), view.iuv)
    return View(photo, iuv, np.where(there, np.uint8(255), view.alpha))
