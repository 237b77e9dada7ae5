"""Draw the sample people and garments of assets/ (run it as `make samples`; it takes about a minute).

People are chosen by seed and dressed by rule. Of a garment's picture only the garment is kept, so its IUV map holds
nothing but the garment.
"""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from mcld_app.body.iuv import write_iuv
from mcld_app.body.mannequin.pose import Pose
from mcld_app.synthetic.drawn.drawing import draw
from mcld_app.synthetic.drawn.setting import Setting
from mcld_app.synthetic.drawn.spec import Colour, DrawnPerson
from tools.sample_garments import GARMENTS, SampleGarment, pose_of, wearer
from tools.sample_people import people

ASSETS = Path(__file__).resolve().parents[1] / "assets"
SIZE = (512, 352)
GROUND = (243, 243, 241)  # behind garments
_SPECK = 400  # pixels


def main() -> None:
    for folder in ("people", "garments"):
        (ASSETS / folder).mkdir(parents=True, exist_ok=True)
        for old in (ASSETS / folder).glob("*.png"):
            old.unlink()
    cast = people()
    for name, _, person, pose, wall in cast:
        _save("people", name, *photographed(person, pose, wall))
    for sample in GARMENTS:
        _save("garments", sample.id, *draw_garment(sample))
    index = {
        "people": [{"id": e[0], "label": e[1]} for e in cast],
        "garments": [{"id": sample.id, "label": sample.label, "region": sample.region} for sample in GARMENTS],
    }
    (ASSETS / "samples.json").write_text(json.dumps(index, indent=1, ensure_ascii=False) + "\n", "utf-8")


def photographed(person: DrawnPerson, pose: Pose, wall: Colour) -> tuple[np.ndarray, np.ndarray]:
    """Photo and IUV map of somebody, as near as hair, hands and feet let them stand whole in the picture."""
    setting = Setting(ground=wall, grain=False)
    for nearer in np.arange(1.10, 0.76, -0.02):
        view = draw(person, pose.replace(zoom=float(nearer) / person.body.height), setting, SIZE)
        rims = view.alpha[:6], view.alpha[-8:], view.alpha[:, :4], view.alpha[:, -4:]
        if not any(rim.any() for rim in rims):
            break
    return view.photo, view.iuv


def draw_garment(sample: SampleGarment) -> tuple[np.ndarray, np.ndarray]:
    """A garment by itself: (512, 352, 3) uint8 photo on a light ground, and its IUV map with only the garment.

    It is drawn at twice the size on somebody, and all but the garment is taken away.
    """
    person, mine = wearer(sample)
    view = draw(person, pose_of(sample), Setting(ground=GROUND, grain=False), (SIZE[0] * 2, SIZE[1] * 2))
    own = np.isin(view.wears, [k + 1 for k in mine]).astype(np.uint8)
    kept = _large(cv2.morphologyEx(own, cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8)))
    photo = cv2.inpaint(view.photo, kept.astype(np.uint8) & (1 - own), 3, cv2.INPAINT_TELEA)
    photo = np.where(kept[..., None], photo, np.uint8(GROUND)).astype(np.uint8)
    photo = cv2.resize(photo, SIZE[::-1], interpolation=cv2.INTER_AREA)
    whole = kept[::2, ::2] & kept[1::2, ::2] & kept[::2, 1::2] & kept[1::2, 1::2]
    return photo, np.where(whole[..., None], view.iuv[1::2, 1::2], 0).astype(np.uint8)


def _large(mask: np.ndarray) -> np.ndarray:
    """(H, W) bool: a mask (H, W) uint8 without its specks."""
    _, label, told, _ = cv2.connectedComponentsWithStats(mask)
    large = told[:, cv2.CC_STAT_AREA] > _SPECK
    large[0] = False
    return large[label]


def _save(folder: str, name: str, photo: np.ndarray, iuv: np.ndarray) -> None:
    Image.fromarray(photo).save(ASSETS / folder / f"{name}.png", optimize=True)
    write_iuv(iuv, ASSETS / folder / f"{name}_iuv.png")


if __name__ == "__main__":
    main()
