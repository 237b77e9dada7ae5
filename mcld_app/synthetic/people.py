"""Drawn people: made by rule from a seed, dressed, and drawn in any pose with their true IUV map.

They are the sample people of the studio and the training set of its bundled model. Their surface is the mannequin's,
so photo and IUV map agree to the pixel; hair and skirts stand off the body and, as with DensePose, are not in the map.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from mcld_app.body.charts import TEXTURE, charts
from mcld_app.body.mannequin.body_mesh import body_mesh, vertex_normals
from mcld_app.body.mannequin.pose import BodyShape, Pose
from mcld_app.body.mannequin.rendering import body_faces, draw_surface, posed_vertices, to_picture
from mcld_app.body.mannequin.skeleton import BONES
from mcld_app.body.raster import interpolate
from mcld_app.body.surface import rest_surface
from mcld_app.synthetic.faces import (
    BEARDS,
    GLASSES,
    HAIR_STYLES,
    FaceTraits,
    Hair,
    hair_surface,
    head_shape,
    paint_face,
)
from mcld_app.synthetic.wardrobe import (
    PATTERNS,
    PRINTS,
    WAIST,
    Bottom,
    Cloth,
    Colour,
    Shoes,
    Top,
    paint_clothes,
    pattern,
)

SKINS: tuple[Colour, ...] = (
    (250, 224, 204), (240, 206, 180), (232, 190, 158), (219, 172, 136), (198, 146, 108),
    (172, 118, 82), (141, 94, 64), (112, 74, 52), (86, 58, 43), (66, 46, 37),
)  # fmt: skip
HAIRS: tuple[Colour, ...] = (
    (28, 22, 20), (46, 32, 25), (74, 48, 32), (104, 70, 44), (142, 98, 58), (186, 144, 92), (214, 180, 124),
    (158, 74, 38), (120, 44, 30), (150, 148, 146), (208, 206, 202),
)  # fmt: skip
IRISES: tuple[Colour, ...] = ((74, 48, 30), (96, 64, 36), (60, 92, 120), (88, 126, 150), (70, 104, 72), (110, 118, 116))
CLOTHS: tuple[Colour, ...] = (
    (246, 245, 241), (32, 34, 38), (44, 62, 96), (198, 58, 52), (236, 182, 62), (64, 118, 92), (128, 160, 196),
    (150, 92, 128), (224, 146, 122), (96, 92, 88), (186, 170, 142), (58, 134, 148), (232, 206, 210), (120, 46, 60),
)  # fmt: skip
BACKDROPS: tuple[Colour, ...] = (
    (238, 239, 241), (232, 236, 238), (240, 236, 230), (228, 233, 229), (236, 232, 238), (224, 229, 236),
)  # fmt: skip


@dataclass(frozen=True)
class DrawnPerson:
    """Everything that makes one drawn person; hashable. Height, build and shape as in `pose.Pose`."""

    seed: int
    skin: Colour
    face: FaceTraits
    hair: Hair
    top: Top
    bottom: Bottom
    shoes: Shoes
    height: float
    build: float
    backdrop: Colour
    shape: tuple[float, ...] = ()

    @property
    def body(self) -> BodyShape:
        """What a `Pose` takes over from the person."""
        return BodyShape(self.height, self.build, self.shape)


@dataclass(frozen=True)
class Painted:
    """A drawn person's surface, ready to be posed; arrays are read-only.

    Attributes:
        texture: (640, 512, 3) uint8 RGB: the texture map, below it hair (left) and the skirt's cloth (right).
        masks: "top", "bottom", "shoes" -> (512, 512) bool on the texture map.
        rest: (N, 3) float32, body vertices first, then hair and skirt.
        weights: (N, 21) float32.
        faces: (M, 3) int32, the 13776 body triangles first.
        outside: how many of `faces` are outer sides; the rest are linings of hair and skirt.
        place: (M, 3, 2) float32, each triangle's corners on `texture`.
    """

    texture: np.ndarray
    masks: dict[str, np.ndarray]
    rest: np.ndarray
    weights: np.ndarray
    faces: np.ndarray
    outside: int
    place: np.ndarray


def draw_person(seed: int) -> DrawnPerson:
    """Make up a person. The same seed gives the same person on every machine."""
    rng = np.random.default_rng(seed)

    def pick(choices):
        return choices[int(rng.integers(len(choices)))]

    def between(low: float, high: float) -> float:
        return float(rng.uniform(low, high))

    skin = pick(SKINS)
    dark = sum(skin) < 400
    hair_colour = pick(HAIRS[:4]) if dark else pick(HAIRS)
    style = pick(HAIR_STYLES[:5] if rng.random() < 0.5 else HAIR_STYLES[5:])
    masculine = style in HAIR_STYLES[:5]
    lips = np.array(skin) * (0.86, 0.56, 0.56) if masculine else np.array(skin) * (0.92, 0.46, 0.50)
    face = FaceTraits(
        eye_gap=between(0.0285, 0.0345), eye_size=between(0.0115, 0.0150), eye_tilt=between(-0.10, 0.22),
        iris=pick(IRISES[:2]) if dark else pick(IRISES), brow=between(0.0020, 0.0042) * (1.2 if masculine else 0.85),
        brow_lift=between(0.0145, 0.0200), brow_arch=between(0.001, 0.006), nose=between(0.0120, 0.0185),
        mouth=between(0.0205, 0.0290), lips=between(0.75, 1.35), lip_colour=_colour(lips),
        jaw=between(0.90, 1.02) if not masculine else between(0.97, 1.10), length=between(0.96, 1.05),
        beard=pick(BEARDS) if masculine and rng.random() < 0.6 else "none",
        glasses=pick(GLASSES[1:]) if rng.random() < 0.22 else "none",
        freckles=bool(rng.random() < 0.18) and not dark, blush=between(0.2, 1.0),
    )  # fmt: skip
    hair = Hair(style, hair_colour, between(0.8, 1.25), between(-0.010, 0.012))
    top = Top(
        cloth=_cloth(rng, pick, patterned=True),
        sleeve=pick((-1.0, 0.05, 0.13, 0.16, 0.26, 0.40, 0.53, 0.53)),
        neck=pick(("crew", "crew", "v", "boat", "polo", "turtle")),
        hem=between(0.93, 1.00),
        open_front=bool(rng.random() < 0.14),
    )
    if rng.random() < (0.10 if masculine else 0.38):
        hem = between(0.42, 0.74)
        bottom = Bottom(_cloth(rng, pick, patterned=True), "skirt", hem, between(0.03, 0.12))
    else:
        bottom = Bottom(_cloth(rng, pick, patterned=False), "trousers", pick((0.095, 0.10, 0.11, 0.24, 0.56, 0.64)))
    shoes = Shoes(pick(("sneakers", "sneakers", "boots", "flats")), pick(CLOTHS), pick(((245, 245, 243), (52, 46, 42))))
    height, build, backdrop = between(0.94, 1.05), between(-0.5, 0.9), pick(BACKDROPS)
    # The first component of shape runs from wide hips to wide shoulders; the others vary both alike.
    shape = (between(0.2, 1.4) if masculine else between(-1.4, 0.0), *rng.normal(0, 0.6, 5).clip(-1.2, 1.2).tolist())
    return DrawnPerson(seed, skin, face, hair, top, bottom, shoes, height, build, backdrop, shape)


@dataclass(frozen=True, eq=False)
class View:
    """One picture of a drawn person, (H, W) pixels.

    Attributes:
        photo: (H, W, 3) uint8 RGB.
        iuv: (H, W, 3) uint8, the true IUV map: pixels that show nothing but body.
        alpha: (H, W) uint8, how much of a pixel the person covers, hair and skirt included: 0..255.
    """

    photo: np.ndarray
    iuv: np.ndarray
    alpha: np.ndarray


def render_person(
    person: DrawnPerson, pose: Pose, size: tuple[int, int] = (512, 352), *, background: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """Draw a person in a pose: `render_view`'s photo and IUV map."""
    view = render_view(person, pose, size, background=background)
    return view.photo, view.iuv


def render_view(
    person: DrawnPerson, pose: Pose, size: tuple[int, int] = (512, 352), *, background: bool = True
) -> View:
    """Draw a person in a pose.

    Args:
        person: who.
        pose: joints and camera; its height, build and shape are replaced by the person's own.
        size: (height, width) in pixels.
        background: draw the studio behind them; otherwise plain white.
    """
    pose = pose.of(person.body)
    p = painted(person)
    double = (size[0] * 2, size[1] * 2)  # drawn at twice the size and averaged, for smooth edges
    points, _ = posed_vertices(pose, p.rest, p.weights)
    xyz = to_picture(points, pose, double)
    corners, drawn, seen = draw_surface(xyz, p.faces, double)
    light = _light(points, p.faces[: p.outside])
    values = np.concatenate([p.place, light[p.faces][..., None]], 2)[drawn]
    pixel, value = interpolate(corners, values, seen)

    rows = -(-len(pixel) // 512)
    where = np.zeros((rows * 512, 2), np.float32)
    where[: len(pixel)] = value[:, :2]
    colour = cv2.remap(p.texture, where.reshape(rows, 512, 2), None, cv2.INTER_LINEAR).reshape(-1, 3)[: len(pixel)]
    photo = _backdrop(person, pose, xyz, double) if background else np.full((*double, 3), 255, np.uint8)
    photo.reshape(-1, 3)[pixel] = np.clip(colour * value[:, 2:], 0, 255)
    photo = cv2.resize(photo, size[::-1], interpolation=cv2.INTER_AREA)
    alpha = cv2.resize((seen >= 0).astype(np.uint8) * np.uint8(255), size[::-1], interpolation=cv2.INTER_AREA)
    return View(photo, _true_iuv(corners, drawn, seen), alpha)


def _true_iuv(corners: np.ndarray, drawn: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """The IUV map at half the drawn size. Only pixels that show nothing but body are in it: not those whose colour is
    mixed with the background, nor those behind hair or a skirt."""
    c = charts()
    body = drawn < len(c.faces)
    shown = (seen >= 0) & body[seen]
    whole = shown[::2, ::2] & shown[1::2, ::2] & shown[::2, 1::2] & shown[1::2, 1::2]
    on_body = np.where(whole, seen[1::2, 1::2], -1)
    uv = c.uv[c.faces[np.where(body, drawn, 0)]] * 255
    pixel, value = interpolate((corners - 1) / 2, uv, on_body)
    out = np.zeros((on_body.size, 3), np.uint8)
    out[pixel, 0] = c.face_part[drawn[on_body.ravel()[pixel]]]
    out[pixel, 1:] = value + 0.5
    return out.reshape(*on_body.shape, 3)


@lru_cache(maxsize=32)
def painted(person: DrawnPerson) -> Painted:
    """A person's painted surface; some 60 ms the first time, then kept (drawn people are nobody's data)."""
    g = rest_surface()
    canvas = np.zeros((TEXTURE, TEXTURE, 3), np.float32)
    canvas[g.part > 0] = person.skin
    rng = np.random.default_rng(person.seed)
    canvas *= _mottle(rng, 0.03)[..., None]
    nails = np.isin(g.part, (3, 4)) & (g.arm > 0.695)
    canvas[nails] *= (1.02, 0.93, 0.92)
    paint_face(canvas, person.face, person.skin, person.hair, person.seed)
    masks = paint_clothes(canvas, person.top, person.bottom, person.shoes)
    cloth = masks["top"] | masks["bottom"]
    canvas[cloth] *= _folds(rng)[cloth][:, None]
    # Hems and necklines would show single texels: soften them where two things meet.
    label = masks["top"] + 2 * masks["bottom"].astype(np.uint8) + 4 * masks["shoes"].astype(np.uint8)
    meet = cv2.morphologyEx(label, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0
    whole = (g.part > 0).astype(np.float32)
    soft = (
        cv2.GaussianBlur(canvas * whole[..., None], (3, 3), 0)
        / np.maximum(cv2.GaussianBlur(whole, (3, 3), 0), 1e-3)[..., None]
    )
    canvas[meet & (g.part > 0)] = soft[meet & (g.part > 0)]
    # Colours run a little past the islands' edges, so that a look-up between two texels finds no black.
    flat = canvas.clip(0, 255).astype(np.uint8)
    grown = cv2.dilate(flat, np.ones((5, 5), np.uint8))
    flat = np.where((g.part > 0)[..., None], flat, grown)

    body = head_shape(body_mesh().shaped(person.build, person.shape), person.face)
    if person.shoes.kind != "barefoot":
        body = body + _in_shoes()
    pieces = [(body, body_mesh().weights, body_faces(), charts().face_texture)]
    linings = []
    below = np.zeros((128, TEXTURE, 3), np.uint8)
    if (hair := hair_surface(person.hair, person.seed, body_mesh().shaped(person.build, person.shape))) is not None:
        below[:, :256] = _hair_picture(person, rng)
        place = hair.strand * (253, 125) + (1, TEXTURE + 1)
        rest = hair.rest.copy()
        rest[:, 1] += (rest[:, 1] - 1.60) * (person.face.length - 1) * (rest[:, 1] > 1.6)
        linings.append((len(body), hair.lining, place[hair.lining]))
        pieces.append((rest, hair.weights, hair.faces, place[hair.faces]))
    if person.bottom.kind == "skirt":
        rest, weights, faces, strand = _skirt(person)
        below[:, 256:] = _skirt_picture(person, rng)
        place = strand * (253, 125) + (257, TEXTURE + 1)
        linings.append((sum(len(piece[0]) for piece in pieces), faces[:, ::-1], place[faces[:, ::-1]]))
        pieces.append((rest, weights, faces, place[faces]))
    start = np.cumsum([0] + [len(piece[0]) for piece in pieces[:-1]])
    outer = [piece[2] + o for piece, o in zip(pieces, start, strict=True)]
    inner = [faces + o for o, faces, _ in linings]
    out = Painted(
        texture=np.concatenate([flat, below]),
        masks=masks,
        rest=np.concatenate([piece[0] for piece in pieces]).astype(np.float32),
        weights=np.concatenate([piece[1] for piece in pieces]).astype(np.float32),
        faces=np.concatenate(outer + inner).astype(np.int32),
        outside=sum(map(len, outer)),
        place=np.concatenate([piece[3] for piece in pieces] + [place for _, _, place in linings]).astype(np.float32),
    )
    for array in (out.texture, out.rest, out.weights, out.faces, out.place, *out.masks.values()):
        array.setflags(write=False)
    return out


def _colour(values) -> Colour:
    r, g, b = (int(np.clip(v, 0, 255)) for v in values)
    return r, g, b


def _cloth(rng: np.random.Generator, pick, patterned: bool) -> Cloth:
    first = pick(CLOTHS)
    others = [c for c in CLOTHS if sum(abs(a - b) for a, b in zip(c, first, strict=True)) > 150]
    if patterned and rng.random() < 0.68:
        pattern = pick(PATTERNS[1:])
    else:
        pattern = "plain"
    scale = {"stripes": (0.035, 0.085), "dots": (0.035, 0.070), "plaid": (0.06, 0.11)}.get(pattern, (0.03, 0.06))
    return Cloth(pattern, first, pick(others), float(rng.uniform(*scale)), pick(PRINTS))


def _light(points: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Brightness (N,) float32 per vertex: a soft key light from the upper left, a weaker one from the right."""
    n = vertex_normals(points, faces)
    key = np.array([-0.45, 0.55, 0.70], np.float32)
    fill_in = np.array([0.75, 0.10, 0.45], np.float32)
    lit = np.clip(n @ (key / np.linalg.norm(key)), 0, 1)
    side = np.clip(n @ (fill_in / np.linalg.norm(fill_in)), 0, 1)
    return (0.50 + 0.46 * lit + 0.16 * side + 0.06 * n[:, 1]).astype(np.float32)


def _backdrop(person: DrawnPerson, pose: Pose, xyz: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A plain studio: light wall, slightly darker towards the edges, a floor, and a soft shadow where feet stand."""
    height, width = size
    x = np.linspace(-1, 1, width, dtype=np.float32)[None]
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    shade = 1.0 - 0.05 * x**2 - 0.03 * y**2
    floor = float(xyz[: len(body_mesh().rest), 1].max())
    scale = height / 2 * pose.zoom
    if floor < height:
        row = np.arange(height, dtype=np.float32)[:, None]
        shade = shade * np.where(
            row > floor - 0.10 * scale, 1 - 0.045 * np.clip((row - floor + 0.10 * scale) / (0.12 * scale), 0, 1), 1
        )
        feet = xyz[: len(body_mesh().rest)]
        low = feet[feet[:, 1] > floor - 0.06 * scale]
        centre = float(low[:, 0].mean())
        spread = float(low[:, 0].std()) + 0.10 * scale
        column = np.arange(width, dtype=np.float32)[None]
        dark = np.exp(
            -(((column - centre) / (1.3 * spread)) ** 2 + ((row - floor + 0.012 * scale) / (0.045 * scale)) ** 2)
        )
        shade = shade * (1 - 0.30 * dark)
    return np.clip(np.array(person.backdrop, np.float32) * shade[..., None], 0, 255).astype(np.uint8)


def _mottle(rng: np.random.Generator, amount: float) -> np.ndarray:
    coarse = cv2.resize(
        rng.normal(0, 1, (40, 40)).astype(np.float32), (TEXTURE, TEXTURE), interpolation=cv2.INTER_CUBIC
    )
    return 1 + amount * np.clip(coarse, -2, 2)


def _folds(rng: np.random.Generator) -> np.ndarray:
    """Creases of cloth as brightness: waves across the resting body, strongest at waist, elbows and knees."""
    g = rest_surface()
    p = np.stack([g.x, g.y, g.z], -1)
    out = np.zeros(g.x.shape, np.float32)
    for _ in range(5):
        way = rng.normal(0, 1, 3) * (30, 55, 30)
        out += np.sin(p @ way.astype(np.float32) + rng.random() * 6)
    bend = np.exp(-(((g.y - 1.06) / 0.05) ** 2)) + np.exp(-(((g.y - 0.50) / 0.05) ** 2))
    bend = bend + np.exp(-(((g.arm - 0.275) / 0.04) ** 2)) * (g.arm > 0)
    return 1 + 0.010 * out * (1 + 1.6 * bend)


def _hair_picture(person: DrawnPerson, rng: np.random.Generator) -> np.ndarray:
    across = cv2.GaussianBlur(rng.normal(0, 1, (1, 256)).astype(np.float32), (5, 1), 0)
    along = np.linspace(0, 1, 128, dtype=np.float32)[:, None]
    curly = person.hair.style == "afro"
    noise = cv2.GaussianBlur(rng.normal(0, 1, (128, 256)).astype(np.float32), (5, 5), 0) * (1.6 if curly else 0.5)
    glow = np.exp(-(((along - 0.12) / 0.08) ** 2))
    shade = 0.94 + 0.16 * across + 0.10 * noise + 0.22 * glow - 0.16 * along
    return np.clip(np.array(person.hair.colour, np.float32) * shade[..., None], 0, 255).astype(np.uint8)


@lru_cache(maxsize=1)
def _in_shoes() -> np.ndarray:
    """(6890, 3) float32, metres: how shoes change feet: toes in one, and room around them."""
    rest, faces = body_mesh().rest.astype(np.float64), body_faces()
    feet = np.isin(charts().face_part, (5, 6))
    of_foot = np.zeros(len(rest), bool)
    of_foot[faces[feet]] = True
    of_foot[faces[~feet]] = False  # the ankle's rim stays
    edges = np.concatenate([faces[feet][:, pair] for pair in ([0, 1], [1, 2], [2, 0])])
    edges = np.concatenate([edges, edges[:, ::-1]])
    count = np.maximum(np.bincount(edges[:, 0], minlength=len(rest)), 1)[:, None]
    toes = np.clip((rest[:, 2] - 0.03) / 0.05, 0, 1)[:, None] * of_foot[:, None]
    shod = rest.copy()
    for _ in range(60):
        around = np.stack([np.bincount(edges[:, 0], shod[edges[:, 1], k], len(rest)) for k in range(3)], 1) / count
        shod += 0.6 * toes * (around - shod)
    low = of_foot & (rest[:, 1] < 0.02)
    shod += 0.005 * of_foot[:, None] * vertex_normals(shod.astype(np.float32), faces)
    shod[:, 2] += 0.010 * toes[:, 0]  # smoothing took the toes' ends
    shod[low, 1] = np.minimum(shod[low, 1], 0.0)
    return (shod - rest).astype(np.float32)


def _skirt(person: DrawnPerson) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """A tube from the waist to the hem around both legs; each side follows its leg, the middle follows both."""
    columns, rows = 49, 12
    turn = np.radians(np.linspace(0, 360, columns))[None]
    t = np.linspace(0, 1, rows)[:, None]
    top, hem = WAIST, person.bottom.hem
    y = top + (hem - top) * t
    hip = np.sin(np.clip(t * (top - hem) / 0.16, 0, 1) * np.pi / 2)
    swing = person.bottom.flare * t * (1 + 0.18 * np.cos(9 * turn))
    thick = 0.5 + np.clip(person.build, -0.5, 2)
    side = 0.166 + 0.042 * hip + 0.022 * thick + swing
    depth = 0.108 + 0.034 * hip + 0.024 * thick + swing
    wide, deep = _hips(person)
    place = np.stack([wide * side * np.sin(turn), y * np.ones_like(turn), 0.002 + deep * depth * np.cos(turn)], -1)
    i = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = i[:-1, :-1].ravel(), i[:-1, 1:].ravel(), i[1:, :-1].ravel(), i[1:, 1:].ravel()
    faces = np.concatenate([np.stack([a, c, b], 1), np.stack([b, c, d], 1)])
    names = list(BONES)
    place = place.reshape(-1, 3)
    down = np.clip((0.97 - place[:, 1]) / 0.30, 0, 1)
    left = np.clip(0.5 + place[:, 0] / 0.22, 0, 1)
    weights = np.zeros((len(place), len(names)), np.float32)
    weights[:, names.index("pelvis")] = 1 - down
    weights[:, names.index("left_hip")] = down * left
    weights[:, names.index("right_hip")] = down * (1 - left)
    strand = np.stack(
        [np.broadcast_to(turn / (2 * np.pi), y.shape[:1] + turn.shape[1:]), np.broadcast_to(t, (rows, columns))], -1
    )
    return place, weights, faces, strand.reshape(-1, 2)


def _hips(person: DrawnPerson) -> tuple[float, float]:
    """How much wider and deeper than the average adult's a person's hips are, build apart."""
    average, own = body_mesh().rest, body_mesh().shaped(0.0, person.shape)
    hips = np.abs(average[:, 1] - 0.92) < 0.10
    wide, deep = (max(float(np.ptp(own[hips, k]) / np.ptp(average[hips, k])), 1.0) for k in (0, 2))
    return wide, deep


def _skirt_picture(person: DrawnPerson, rng: np.random.Generator) -> np.ndarray:
    """The skirt's cloth unrolled, with pleats: (128, 256, 3) uint8."""
    down = np.linspace(0, WAIST - person.bottom.hem, 128, dtype=np.float32)[:, None]
    around = np.linspace(0, 1.0, 256, dtype=np.float32)[None]
    picture = pattern(person.bottom.cloth, down + 0 * around, around + 0 * down)
    pleats = 1 + 0.07 * np.sin(18 * np.pi * around) * np.linspace(0.2, 1, 128)[:, None]
    pleats = pleats * (1 + 0.02 * rng.normal(0, 1, (1, 256)))
    return np.clip(picture * pleats[..., None], 0, 255).astype(np.uint8)
