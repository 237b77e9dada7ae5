"""Draw the sample people and garments of assets/ (run it as `make samples`; it takes a few seconds).

People are chosen by seed and dressed by rule. Garments are drawn on a figure of which only the garment is kept, so
their IUV maps hold nothing but the garment.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from mcld_app.body.iuv import write_iuv
from mcld_app.body.mannequin.pose import Pose
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.texture_map import TextureMap, render
from mcld_app.synthetic.drawn import spec as drawn
from mcld_app.synthetic.drawn.drawing import draw
from mcld_app.synthetic.drawn.setting import Setting
from mcld_app.synthetic.faces import Hair
from mcld_app.synthetic.people import DrawnPerson, draw_person, painted, render_person
from mcld_app.synthetic.wardrobe import Bottom, Cloth, Shoes, Top
from tools.sample_people import people

ASSETS = Path(__file__).resolve().parents[1] / "assets"
SIZE = (512, 352)
ECRU, INK, NAVY, RED = (246, 245, 241), (32, 34, 38), (44, 62, 96), (198, 58, 52)
YELLOW, GREEN, TEAL, WINE = (236, 182, 62), (64, 118, 92), (58, 134, 148), (120, 46, 60)
ROSE, BROWN = (232, 206, 210), (96, 62, 42)

_PLAIN = Top(Cloth("plain", ECRU, ECRU, 0.05), 0.16, "crew", 0.96)
_JEANS = Bottom(Cloth("plain", (58, 80, 122), INK, 0.05), "trousers", 0.10)


def _top(pattern, colour, second, scale=0.05, sleeve=0.16, neck="crew", hem=0.96, motif="star") -> Top:
    return Top(Cloth(pattern, colour, second, scale, motif), sleeve, neck, hem)


def _trousers(pattern, colour, second, scale, hem) -> Bottom:
    return Bottom(Cloth(pattern, colour, second, scale), "trousers", hem)


# id, label, region, garment.
GARMENTS = [
    ("star-tee", "Star T-shirt", "upper", _top("print", INK, YELLOW)),
    ("mcld-tee", "Lettered T-shirt", "upper", _top("print", ECRU, RED, motif="MCLD")),
    ("sailor", "Sailor shirt", "upper", _top("stripes", ECRU, NAVY, 0.044, 0.53, "boat", 0.97)),
    ("plaid-shirt", "Plaid shirt", "upper", _top("plaid", RED, INK, 0.085, 0.53, "polo", 0.95)),
    ("dotted-blouse", "Dotted blouse", "upper", _top("dots", ROSE, WINE, 0.045, 0.40, "v", 0.98)),
    ("turtleneck", "Turtleneck", "upper", _top("plain", TEAL, INK, 0.05, 0.53, "turtle", 0.95)),
    ("tank", "Wave tank top", "upper", _top("print", YELLOW, NAVY, 0.05, -1.0, "crew", 0.98, "wave")),
    ("block-jersey", "Two-tone jersey", "upper", _top("blocks", GREEN, ECRU, 0.05, 0.26, "polo", 0.96)),
    ("jeans", "Jeans", "bottom", _JEANS),
    ("sand-chinos", "Sand chinos", "bottom", _trousers("plain", (196, 178, 146), INK, 0.05, 0.16)),
    ("red-shorts", "Red shorts", "bottom", _trousers("plain", RED, INK, 0.05, 0.60)),
    ("check-trousers", "Checked trousers", "bottom", _trousers("plaid", (96, 92, 88), (224, 220, 212), 0.07, 0.10)),
    ("white-sneakers", "White sneakers", "shoes", Shoes("sneakers", (244, 244, 242), (214, 60, 54))),
    ("brown-boots", "Brown boots", "shoes", Shoes("boots", BROWN, (42, 34, 30))),
]


def main() -> None:
    for folder in ("people", "garments"):
        (ASSETS / folder).mkdir(parents=True, exist_ok=True)
        for old in (ASSETS / folder).glob("*.png"):
            old.unlink()
    for name, _, person, pose, ground in people():
        _save("people", name, *_photographed(person, pose, ground))
    for name, _, region, garment in GARMENTS:
        _save("garments", name, *draw_garment(region, garment))
    index = {
        "people": [{"id": e[0], "label": e[1]} for e in people()],
        "garments": [{"id": e[0], "label": e[1], "region": e[2]} for e in GARMENTS],
    }
    (ASSETS / "samples.json").write_text(json.dumps(index, indent=1, ensure_ascii=False) + "\n", "utf-8")


def _photographed(person: drawn.DrawnPerson, pose: Pose, ground: tuple) -> tuple[np.ndarray, np.ndarray]:
    """Photo and IUV map of somebody, as near as hair and hands let them stand whole in the picture."""
    setting = Setting(ground=ground, grain=False)
    for nearer in np.arange(1.10, 0.76, -0.02):
        view = draw(person, pose.replace(zoom=float(nearer) / person.body.height), setting, SIZE)
        rim = np.concatenate(
            [view.alpha[:6].ravel(), view.alpha[-8:].ravel(), view.alpha[:, :4].ravel(), view.alpha[:, -4:].ravel()]
        )
        if not rim.any():
            break
    return view.photo, view.iuv


def draw_garment(region: str, garment: Top | Bottom | Shoes) -> tuple[np.ndarray, np.ndarray]:
    """A garment by itself: (512, 352, 3) uint8 photo on a light ground, and its IUV map with only the garment."""
    wearer = replace(
        draw_person(0), hair=Hair("bald", (0, 0, 0), 1.0, 0.0), build=0.2, height=1.0, backdrop=(243, 243, 241)
    )
    wearer: DrawnPerson = replace(wearer, top=_PLAIN, bottom=_JEANS, shoes=Shoes("barefoot", ECRU, ECRU))
    kind = {"upper": "top", "bottom": "bottom", "shoes": "shoes"}[region]
    wearer = replace(wearer, **{kind: garment})
    long = isinstance(garment, Top) and garment.sleeve > 0.2
    view = {
        "top": Pose(
            angles=_both(shoulder__raise=14 if long else 30, elbow__bend=2),
            zoom=1.75 if long else 2.0,
            shift_y=-0.24 if long else -0.33,
        ),
        "bottom": Pose(angles=_both(hip__side=6, shoulder__raise=70), zoom=1.75, shift_y=0.33),
        "shoes": Pose(angles=_both(shoulder__raise=60), yaw=28, pitch=22, zoom=2.9, shift_y=0.72),
    }[kind]
    photo, iuv = render_person(wearer, view, SIZE)
    # Between the texture map's islands the mask runs on, and its edge is rounded, so that no seam or hem shows teeth.
    worn = painted(wearer).masks[kind].astype(np.float32)
    body = (rest_surface().part > 0).astype(np.float32)
    worn = cv2.GaussianBlur(worn, (0, 0), 1.6) / np.maximum(cv2.GaussianBlur(body, (0, 0), 1.6), 1e-4)
    shown = np.repeat((worn.clip(0, 1) * 255).astype(np.uint8)[..., None], 3, 2)
    on_garment = render(TextureMap(shown, np.ones(worn.shape, bool)), iuv)[..., 0] > 127
    on_garment = cv2.medianBlur(on_garment.astype(np.uint8), 3) > 0
    empty = np.full_like(photo, 243)
    empty[..., 2] = 241
    photo = np.where(on_garment[..., None], photo, empty)
    return photo, np.where(on_garment[..., None], iuv, 0).astype(np.uint8)


def _both(**angles: float) -> dict[str, float]:
    return {f"{side}_{key.replace('__', '.')}": v for key, v in angles.items() for side in ("left", "right")}


def _save(folder: str, name: str, photo: np.ndarray, iuv: np.ndarray) -> None:
    Image.fromarray(photo).save(ASSETS / folder / f"{name}.png", optimize=True)
    write_iuv(iuv, ASSETS / folder / f"{name}_iuv.png")


if __name__ == "__main__":
    main()
