"""From desk to page: what each component shows, as plain values. Pictures travel inside the values, as data URLs, so
that nothing of a visitor is written to the server's disk."""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache

import cv2
import numpy as np

from mcld_app.body.charts import charts
from mcld_app.body.iuv import read_iuv, resize_iuv
from mcld_app.body.mannequin import draw_iuv, named_poses
from mcld_app.body.parts import region_pixels
from mcld_app.body.photo import read_photo
from mcld_app.editing import Look, Preview, Wear
from mcld_app.studio import catalogue, posing
from mcld_app.studio.acts import AS_IN_PHOTO
from mcld_app.studio.desk import Desk
from mcld_app.studio.regions import CLOTHES

_INDEX = (256, 176)  # the map of parts the page lights regions by: fine enough for a finger
_THUMB = (144, 99)  # height, width


_SHELVES = {"upper": "Tops", "top": "Tops", "bottom": "Trousers", "shoes": "Shoes", "outfit": "Outfits"}


def jpeg(picture: np.ndarray, quality: int = 90) -> str:
    """(H, W, 3) uint8 RGB as a data URL, for looking at."""
    _, data = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return "data:image/jpeg;base64," + base64.b64encode(data).decode()


def iuv_picture(iuv: np.ndarray) -> np.ndarray:
    """An IUV map as people are used to seeing it, with the part numbers spread over the blue channel so that they can
    be told apart. (H, W, 3) uint8 RGB; for looking at only."""
    shown = iuv[..., ::-1].copy()
    shown[..., 2] = iuv[..., 0] * 10
    shown[iuv[..., 0] == 0] = (24, 26, 30)
    return shown


def runs(iuv: np.ndarray) -> dict:
    """Which part each pixel shows, as (part, count) byte pairs in base64. The page must know it exactly, and some
    browsers change the pixels a script reads back from a picture."""
    part = resize_iuv(iuv, _INDEX)[..., 0].ravel()
    starts = np.flatnonzero(np.r_[True, part[1:] != part[:-1]])
    lengths = np.diff(np.r_[starts, part.size])
    pieces = -(-lengths // 255)
    values = np.repeat(part[starts], pieces)
    counts = np.full(values.size, 255, np.uint8)
    counts[np.cumsum(pieces) - 1] = lengths - (pieces - 1) * 255
    data = np.stack([values, counts], 1).astype(np.uint8).tobytes()
    return {"height": _INDEX[0], "width": _INDEX[1], "runs": base64.b64encode(data).decode()}


def stage(desk: Desk, preview: Preview, *, with_photo: bool) -> dict:
    """The picture, the photo it is compared with (where the page does not have it yet), and the pose."""
    look = desk.look
    pose = "as in the photo" if look.pose is None else look.pose.name.replace("_", " ")
    picture = jpeg(preview.picture)
    worn = ", wearing " + ", ".join(edit.garment.label for edit in look.worn) if look.worn else ""
    return {
        "picture": picture,
        "look": look_key(look, preview, picture),
        "person": look.person.key,
        "before": jpeg(look.person.picture) if with_photo else None,
        "iuv": jpeg(iuv_picture(resize_iuv(preview.iuv, _INDEX))),
        "parts": runs(preview.iuv),
        "pose": pose,
        "undo": bool(desk.history.before),
        "redo": bool(desk.history.after),
        "alt": f"{look.person.name}, {pose}{worn}",
    }


def look_key(look: Look, preview: Preview, picture: str | None = None) -> str:
    """A short name for what a look shows, by which the page tells whether a drawn picture is still of it. `picture`
    is the preview as `jpeg` gives it, where it is at hand."""
    digest = hashlib.blake2b((picture or jpeg(preview.picture)).encode(), digest_size=8).hexdigest()
    return f"{digest}{'' if look.fill else '-unfilled'}"


def texture(look: Look) -> dict:
    """The texture map as it is used, and what of it a photo showed."""
    body, hatched = _ground()
    seen = look.outfit.seen.coverage & body
    used = np.where(body[..., None], look.texture.image, 244).astype(np.uint8)
    share = np.count_nonzero(seen) / np.count_nonzero(body)
    return {
        "texture": jpeg(used),
        "seen": jpeg(np.where(seen[..., None], np.uint8([43, 138, 126]), hatched)),
        "fill": look.fill,
        "share": f"{share:.0%} of the body’s surface is known from pictures; what is hatched is "
        + ("guessed from the rest." if look.fill else "left out."),
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


def people(desk: Desk) -> dict:
    """Who is chosen, and the visitor's own people."""
    person = desk.look.person
    return {"selected": person.sample or f"own:{person.key}", "extra": _own(desk, "Yours")}


def shelf(desk: Desk) -> dict:
    """The visitor's own clothes, beside the samples."""
    return {"selected": None, "extra": [{**item, "region": "upper"} for item in _own(desk, "Yours")]}


def poses(desk: Desk) -> dict:
    """Which named pose the person stands in; none where a slider was moved."""
    pose = desk.look.pose
    if pose is None:
        return {"selected": AS_IN_PHOTO}
    return {"selected": next((name for name, known in named_poses().items() if known == pose), None)}


def joints(desk: Desk) -> dict:
    """The sliders' positions."""
    return {"values": posing.to_sliders(desk.look.pose)}


def worn(desk: Desk) -> dict:
    """The list of what is worn."""
    return {
        "worn": [
            {"label": edit.garment.label, "region": CLOTHES[edit.region], "src": _worn_thumb(edit)}
            for edit in desk.look.worn
        ]
    }


@lru_cache(maxsize=1)
def people_items() -> list[dict]:
    """The sample people's thumbnails. Made from the files alone: nothing is extracted before somebody is chosen."""
    return [
        _item(choice, sample.label, _thumb(read_photo(sample.photo_path)))
        for choice, sample in catalogue.people().items()
    ]


@lru_cache(maxsize=1)
def shelf_items() -> list[dict]:
    """The sample garments' thumbnails, then the sample people as donors."""
    clothes = []
    for choice, garment in catalogue.garments().items():
        src = _thumb(read_photo(garment.photo_path), read_iuv(garment.iuv_path)[..., 0] > 0)
        clothes.append({**_item(choice, garment.label, src), "group": _SHELVES.get(garment.region, "More clothes")})
        clothes[-1]["region"] = garment.region if garment.region in CLOTHES else "outfit"
    order = [*_SHELVES.values(), "More clothes"]
    clothes.sort(key=lambda item: order.index(item["group"]))
    donors = [{**item, "group": "What others wear", "region": "upper"} for item in people_items()]
    return clothes + donors


@lru_cache(maxsize=1)
def pose_items() -> list[dict]:
    """The named poses' thumbnails: the mannequin's IUV map, small."""
    own = {"id": AS_IN_PHOTO, "label": "As in the photo", "src": _photo_sign(), "width": _THUMB[1], "height": _THUMB[0]}
    return [own] + [
        _item(name, pose.name.replace("_", " "), jpeg(_pose_thumb(name)), f"Pose: {pose.name.replace('_', ' ')}")
        for name, pose in named_poses().items()
    ]


def _item(choice: str, label: str, src: str, hint: str | None = None) -> dict:
    height, width = _THUMB
    return {"id": choice, "label": label, "src": src, "hint": hint or label, "width": width, "height": height}


def _own(desk: Desk, group: str) -> list[dict]:
    return [{**_item(f"own:{p.key}", p.name, _thumb(p.picture)), "group": group} for p in desk.own]


def _worn_thumb(edit: Wear) -> str:
    donor = edit.garment.donor
    alone = edit.garment.extent is not None
    return _thumb(donor.picture, region_pixels("body" if alone else edit.region, donor.picture_iuv))


def _thumb(picture: np.ndarray, shown: np.ndarray | None = None) -> str:
    """A small picture of 11:16; with a mask `shown`, of that part and some room around it."""
    height, width = _THUMB[0] * 2, _THUMB[1] * 2
    if shown is None or not shown.any():
        return jpeg(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), 85)
    rows, columns = np.flatnonzero(shown.any(1)), np.flatnonzero(shown.any(0))
    # Not too near: shoes are smaller than trousers.
    tall, wide = np.ptp(rows) * 1.12 + 8, max(np.ptp(columns) * 1.12 + 8, picture.shape[1] * 0.6)
    cut = (round(max(tall, wide * height / width)), round(max(wide, tall * width / height)))
    top, left = int(rows[[0, -1]].mean() - cut[0] / 2), int(columns[[0, -1]].mean() - cut[1] / 2)
    edge = max(cut)
    wider = cv2.copyMakeBorder(picture, edge, edge, edge, edge, cv2.BORDER_REPLICATE)
    part = wider[top + edge : top + edge + cut[0], left + edge : left + edge + cut[1]]
    return jpeg(cv2.resize(part, (width, height), interpolation=cv2.INTER_AREA), 85)


def _pose_thumb(name: str) -> np.ndarray:
    small = (_THUMB[0] * 2, _THUMB[1] * 2)
    iuv = draw_iuv(named_poses()[name], small)
    shown = iuv_picture(iuv)
    shown[iuv[..., 0] == 0] = (244, 244, 242)
    return shown


def _photo_sign() -> str:
    """A small drawing for "as in the photo", in the page's own colours."""
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_THUMB[1]} {_THUMB[0]}" fill="none" stroke="#2b8a7e" '
        'stroke-width="3" stroke-linecap="round" stroke-linejoin="round"><rect x="20" y="47" width="59" height="46" '
        'rx="7"/><path d="M37 47l5-8h15l5 8"/><circle cx="49.500" cy="70" r="13"/></svg>'
    )
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()

