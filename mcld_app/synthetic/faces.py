"""Faces and hair of drawn people: painted on the head's texels, and hair that stands off the head as a surface."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mcld_app.body.mannequin.body_mesh import body_mesh
from mcld_app.body.mannequin.human import skeleton_file
from mcld_app.body.mannequin.rendering import body_faces
from mcld_app.body.mannequin.skeleton import BONES
from mcld_app.body.surface import rest_surface
from mcld_app.synthetic.wardrobe import Colour

HAIR_STYLES = ("bald", "buzz", "short", "quiff", "afro", "bob", "long", "ponytail", "bun")
BEARDS = ("none", "stubble", "moustache", "goatee", "full")
GLASSES = ("none", "round", "square")

_LANDMARKS = skeleton_file()["landmarks"]  # of the body itself: so a painted face lies where real ones do on the charts
_EYE_Y = (_LANDMARKS["eye_in"][1] + _LANDMARKS["eye_out"][1]) / 2
_MOUTH_Y = _LANDMARKS["mouth_middle"][1]
_NOSE_Y = _LANDMARKS["nose_tip"][1] - 0.014  # where it meets the lip
_EAR = np.mean([_LANDMARKS[f"ear_{side}"] for side in ("top", "lobe", "front", "back")], axis=0)


@dataclass(frozen=True)
class FaceTraits:
    """What makes a face that of one person; lengths in metres.

    Attributes:
        eye_gap: from the middle line to an eye. eye_size: half an eye's width. eye_tilt: outer corner up.
        iris: colour. brow: half thickness. brow_lift: above the eye. brow_arch: how bent.
        nose: half width at the nostrils. mouth: half width. lips: fullness. lip_colour.
        jaw: the lower face's width, 1 = average. length: the face's length, 1 = average.
        beard: one of `BEARDS`. glasses: one of `GLASSES`. freckles. blush: 0..1.
    """

    eye_gap: float
    eye_size: float
    eye_tilt: float
    iris: Colour
    brow: float
    brow_lift: float
    brow_arch: float
    nose: float
    mouth: float
    lips: float
    lip_colour: Colour
    jaw: float
    length: float
    beard: str
    glasses: str
    freckles: bool
    blush: float


@dataclass(frozen=True)
class Hair:
    """Hair: one of `HAIR_STYLES`, its colour, how far it stands off the head (1 = usual), and the hairline's height
    on the forehead (metres above or below the usual)."""

    style: str
    colour: Colour
    volume: float
    hairline: float


@dataclass(frozen=True)
class HairSurface:
    """Hair that stands off the head.

    Attributes:
        rest: (N, 3) float32, rest positions in metres.
        weights: (N, 21) float32, skin weights.
        faces: (M, 3) int32 into `rest`, outside counter-clockwise.
        lining: (L, 3) int32, the insides of open pieces.
        strand: (N, 2) float32, place on the hair's own picture: across 0..1, from root 0 to tip 1.
    """

    rest: np.ndarray
    weights: np.ndarray
    faces: np.ndarray
    lining: np.ndarray
    strand: np.ndarray


def paint_face(canvas: np.ndarray, face: FaceTraits, skin: Colour, hair: Hair, seed: int) -> None:
    """Paint eyes, brows, nose, mouth, beard, glasses and the hair's roots on the head's texels, in place.

    Args:
        canvas: (512, 512, 3) float32 RGB 0..255.
        face, skin, hair: what to paint.
        seed: for freckles and stubble.
    """
    g = rest_surface()
    head = g.part >= 23
    front = head & (g.z > 0.0)
    x, y = np.abs(g.x), g.y
    tone = np.array(skin, np.float32)

    def blend(mask: np.ndarray, colour, amount) -> None:
        weight = (np.clip(amount, 0, 1) * mask)[..., None].astype(np.float32)
        canvas[:] = canvas + weight * (np.asarray(colour, np.float32) - canvas)

    def soft(signed: np.ndarray, width: float = 0.0016) -> np.ndarray:
        return np.clip(signed / width + 0.5, 0, 1)

    # Cheeks, the shade beside the nose and under it, sockets.
    blend(
        front,
        tone * (1.02, 0.72, 0.70),
        0.35 * face.blush * np.exp(-(((x - 0.044) / 0.018) ** 2 + ((y - _NOSE_Y - 0.012) / 0.016) ** 2)),
    )
    blend(
        front,
        tone * 0.72,
        0.50 * np.exp(-(((x - face.eye_gap * 0.62) / 0.010) ** 2 + ((y - _EYE_Y - 0.004) / 0.014) ** 2)),
    )
    blend(
        front,
        tone * 0.74,
        0.45
        * np.exp(-(((x - face.nose) / 0.004) ** 2))
        * soft(_EYE_Y - 0.006 - y, 0.02)
        * soft(y - _NOSE_Y - 0.003, 0.006),
    )
    blend(front, tone * 0.66, 0.65 * np.exp(-((x / (face.nose * 1.1)) ** 2 + ((y - _NOSE_Y) / 0.0035) ** 2)))
    ridge = np.exp(-((x / 0.005) ** 2)) * soft(_EYE_Y - 0.012 - y, 0.02) * soft(y - _NOSE_Y - 0.009, 0.004)
    blend(front, tone * 1.10, 0.40 * ridge)
    nostril = ((x - face.nose * 0.55) / 0.0035) ** 2 + ((y - _NOSE_Y - 0.0025) / 0.0022) ** 2
    blend(front, (40, 22, 20), 0.75 * np.exp(-nostril))
    blend(front, tone * 0.78, 0.4 * np.exp(-((x / 0.020) ** 2 + ((y - _MOUTH_Y + 0.016) / 0.004) ** 2)))
    ear = head & (np.abs(g.z - _EAR[2]) < 0.020) & (np.abs(y - _EAR[1]) < 0.032) & (x > 0.068)
    blend(ear, tone * (0.98, 0.80, 0.78), 0.6)

    # Eyes.
    dx = (x - face.eye_gap) / face.eye_size
    tilt = face.eye_tilt * (x - face.eye_gap)
    dy = (y - _EYE_Y - tilt) / (face.eye_size * 0.52)
    lid = 1 - dx**2
    opening = np.minimum(lid - dy, lid * 0.85 + dy) * face.eye_size * 0.5
    white = front & (np.abs(dx) < 1.05)
    blend(white, (246, 244, 240), soft(opening))
    radius = face.eye_size * 0.50
    from_pupil = np.hypot(x - face.eye_gap, y - _EYE_Y - 0.0006)
    blend(white, np.array(face.iris) * 0.55, soft(np.minimum(radius - from_pupil, opening)))
    blend(white, face.iris, soft(np.minimum(radius * 0.80 - from_pupil, opening)))
    blend(white, (14, 12, 12), soft(np.minimum(radius * 0.45 - from_pupil, opening)))
    spark = np.hypot(g.x - np.sign(g.x) * face.eye_gap + 0.002, y - _EYE_Y - 0.0028)
    blend(white, (255, 255, 255), soft(0.0014 - spark))
    blend(front, (46, 30, 26), 0.95 * soft(0.0013 - np.abs(opening)) * (dy > -0.1) * (np.abs(dx) < 1.12))
    blend(front, tone * 0.62, 0.5 * soft(0.0008 - np.abs(opening)) * (dy <= -0.1) * (np.abs(dx) < 1.0))

    # Brows.
    across = (x - face.eye_gap) / (face.eye_size * 1.35)
    arch = _EYE_Y + face.brow_lift + tilt * 0.6 - face.brow_arch * across**2
    thick = face.brow * np.clip(1.15 - 0.45 * across, 0.2, 1.4)
    brow_colour = np.array(hair.colour if hair.style != "bald" else (58, 42, 34)) * 0.72
    blend(
        front & (np.abs(across) < 1.08),
        brow_colour,
        0.92 * soft(thick - np.abs(y - arch), 0.002) * soft(1.05 - np.abs(across), 0.2),
    )

    # Mouth.
    mx = x / face.mouth
    upper = 0.0068 * face.lips * np.clip(1 - mx**2, 0, 1) * (1 - 0.28 * np.exp(-((mx / 0.16) ** 2)))
    lower = 0.0090 * face.lips * np.clip(1 - mx**2, 0, 1)
    line = _MOUTH_Y + 0.0012 * mx**2
    lips = np.minimum(line + upper - y, y - line + lower)
    blend(front & (mx < 1.1), face.lip_colour, 0.92 * soft(lips))
    blend(
        front & (mx < 1.0),
        np.array(face.lip_colour) * 1.18,
        0.35 * np.exp(-((mx / 0.5) ** 2 + ((y - line + 0.0045 * face.lips) / 0.002) ** 2)),
    )
    blend(front & (mx < 1.06), (74, 30, 32), 0.85 * soft(0.0011 - np.abs(y - line)))

    rng = np.random.default_rng(seed)
    grain = rng.random(g.x.shape, np.float32)
    if face.freckles:
        spots = front & (np.abs(y - _NOSE_Y - 0.016) < 0.022) & (x < 0.058)
        blend(spots, tone * 0.70, 0.55 * (grain > 0.90))

    # Beard: jaw and chin below a line from the ear to the mouth's corner.
    shade = np.array(hair.colour) * 0.80
    jaw_line = _MOUTH_Y + 0.008 - 0.30 * np.clip(0.055 - x, 0, 1) + 0.60 * np.clip(0.050 - g.z, 0, 0.06)
    jaw = head * np.clip((g.z - 0.025) / 0.025, 0, 1) * (y > _MOUTH_Y - 0.045)  # it thins out below the ear
    lip_gap = np.hypot(mx * 0.030, (y - _MOUTH_Y) / 0.9)
    not_mouth = soft(-lips, 0.002) * soft(lip_gap - 0.006, 0.004)
    moustache = soft(np.minimum(np.minimum(_NOSE_Y - y, y - line - 0.003), face.mouth * 1.05 - x), 0.006) * not_mouth
    chin = soft(np.minimum(_MOUTH_Y - 0.006 - y, 0.030 - x), 0.006) * not_mouth * jaw
    full = soft(np.minimum(jaw_line - y, 1.0), 0.006) * not_mouth * jaw
    if face.beard == "stubble":
        blend(jaw, shade, 0.34 * np.maximum(full, moustache) * (0.6 + 0.4 * grain))
    elif face.beard == "moustache":
        blend(front, shade, 0.9 * moustache)
    elif face.beard == "goatee":
        blend(jaw, shade, 0.88 * np.maximum(chin, moustache) * (0.85 + 0.15 * grain))
    elif face.beard == "full":
        blend(jaw, shade, 0.92 * np.maximum(full, moustache) * (0.82 + 0.18 * grain))

    if face.glasses != "none":
        gx, gy = np.abs(x - face.eye_gap - 0.001), np.abs(y - _EYE_Y + 0.002)
        if face.glasses == "round":
            ring = np.abs(np.hypot(gx, gy) - 0.0215)
        else:
            ring = np.abs(np.maximum(gx - 0.0035, gy + 0.0055) - 0.0205)
        rim = soft(0.0017 - ring)
        bridge = soft(0.0016 - np.abs(y - _EYE_Y - 0.006)) * (x < face.eye_gap - 0.019)
        arm = soft(0.0018 - np.abs(y - _EYE_Y - 0.004)) * ((x > face.eye_gap + 0.022) & (g.z > -0.01))
        blend(front, (28, 26, 30), 0.95 * np.maximum(np.maximum(rim, bridge), arm))

    if hair.style != "bald":
        strands = 0.86 + 0.22 * np.sin(np.arctan2(g.x, -g.z - 0.02) * 60 + 6 * grain)
        roots = soft(_scalp(g.x, g.y, g.z, hair), 0.006) * head
        amount = 0.72 if hair.style == "buzz" else 1.0
        canvas[:] = canvas + (roots * amount)[..., None] * (np.array(hair.colour) * strands[..., None] - canvas)


def head_shape(rest: np.ndarray, face: FaceTraits) -> np.ndarray:
    """The figure's rest positions (N, 3) with this face's width and length: moved vertices only on the head."""
    out = rest.copy()
    up = np.clip((rest[:, 1] - _MOUTH_Y + 0.045) / 0.02, 0, 1)
    low = np.clip((_EYE_Y - rest[:, 1]) / 0.08, 0, 1)
    out[:, 0] *= 1 + (face.jaw - 1) * low * up
    out[:, 1] += (rest[:, 1] - 1.60) * (face.length - 1) * up
    return out


def hair_surface(hair: Hair, seed: int, rest: np.ndarray | None = None) -> HairSurface | None:
    """The hair that stands off the head, or None for heads without.

    Short hair is the scalp itself, pushed outwards; long hair is a curtain around the back of the head; a bun and a
    ponytail are round bodies added to it.

    Args:
        hair: which.
        seed: for its bumps.
        rest: (6890, 3) the rest positions of the body it grows on; None: the average adult's.
    """
    if hair.style in ("bald", "buzz"):
        return None
    average = body_mesh().rest
    rest = average if rest is None else rest
    skull = average[:, 1] > _EYE_Y
    away = (rest - average)[skull].mean(0)  # how far this head is from the average one
    pieces = [_cap(hair, seed, rest)]
    if hair.style in ("bob", "long"):
        pieces.append(_curtain(hair))
    if hair.style == "bun":
        pieces.append(_ball((0.0, 1.765, -0.062), (0.043, 0.040, 0.043)))
    if hair.style == "ponytail":
        for k, (py, pz, radius) in enumerate(
            [
                (1.735, -0.096, 0.024),
                (1.71, -0.120, 0.028),
                (1.665, -0.133, 0.030),
                (1.61, -0.136, 0.028),
                (1.55, -0.134, 0.024),
                (1.49, -0.130, 0.018),
                (1.45, -0.128, 0.011),
            ]
        ):
            pieces.append(_ball((0.0, py, pz), (radius, radius * 1.5, radius), tip=k / 6))
    offset = np.cumsum([0] + [len(p[0]) for p in pieces[:-1]])
    rest = np.concatenate([pieces[0][0], *(p[0] + away for p in pieces[1:])]).astype(np.float32)
    faces = np.concatenate([p[1] + o for p, o in zip(pieces, offset, strict=True)]).astype(np.int32)
    strand = np.concatenate([p[2] for p in pieces]).astype(np.float32)
    hollow = hair.style in ("bob", "long")
    lining = (pieces[1][1] + offset[1])[:, ::-1].astype(np.int32) if hollow else np.zeros((0, 3), np.int32)
    return HairSurface(rest, _hang(rest), faces, lining, strand)


def _scalp(x: np.ndarray, y: np.ndarray, z: np.ndarray, hair: Hair) -> np.ndarray:
    """How far (metres) a point of the head lies inside the hairline: over the forehead, before the ear, to the nape."""
    front = 1.728 + hair.hairline - 0.9 * x**2 / 0.08
    back = np.interp(z, [-0.055, -0.015, 0.035, 0.075], [1.575, 1.605, 1.650, 1.705 + hair.hairline])
    share = np.clip((z - 0.060) / 0.035, 0, 1)
    line = back + share * (front - back)
    ear = np.hypot((z - _EAR[2]) / 0.024, (y - _EAR[1]) / 0.036)
    return np.where(np.abs(x) > 0.055, np.minimum(y - line, 0.04 * (ear - 1)), y - line)


def _cap(hair: Hair, seed: int, rest: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    from mcld_app.body.charts import charts
    from mcld_app.body.mannequin.body_mesh import vertex_normals

    faces = body_faces()[charts().face_part >= 23]
    used = np.unique(faces)
    inside = _scalp(*body_mesh().rest[used].T, hair)
    normals = vertex_normals(rest, body_faces())[used]
    height = {
        "short": 0.012,
        "quiff": 0.014,
        "afro": 0.052,
        "bob": 0.018,
        "long": 0.016,
        "ponytail": 0.009,
        "bun": 0.009,
    }
    rise = height[hair.style] * hair.volume
    place = rest[used]
    grown = np.clip(inside / (0.030 if hair.style != "afro" else 0.045), 0, 1) ** 0.7
    lift = np.where(inside > 0, 0.003 + rise * grown, -0.004)
    if hair.style == "quiff":
        lift = lift + 0.026 * hair.volume * np.exp(-(((place[:, 2] - 0.07) / 0.045) ** 2)) * (inside > 0.004)
    rng = np.random.default_rng(seed)
    bumps = np.sin(place @ rng.normal(0, 110 if hair.style == "afro" else 60, (3, 6)) + rng.random(6) * 6).mean(1)
    lift = lift + (inside > 0.004) * bumps * rise * (0.28 if hair.style == "afro" else 0.16)
    index = np.full(len(rest), -1)
    index[used] = np.arange(len(used))
    grows = (inside > -0.002)[index[faces]].any(1)
    across = np.arctan2(place[:, 0], -place[:, 2] - 0.02) / (2 * np.pi) + 0.5
    strand = np.stack([across, np.clip((1.78 - place[:, 1]) / 0.5, 0, 0.6)], 1)
    return place + normals * lift[:, None], index[faces[grows]], strand


def _curtain(hair: Hair) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A sheet around the back and sides of the head, falling to the jaw (bob) or onto the back (long)."""
    columns, rows = 33, 12
    turn = np.radians(np.linspace(-118, 118, columns))
    t = np.linspace(0, 1, rows)[:, None]
    end = 1.545 if hair.style == "bob" else 1.30
    # Locks in front of the ear end at the collar bone; those behind go all the way.
    reach = np.where(np.abs(turn) > np.radians(75), np.maximum(end, 1.44), end)
    y = 1.742 + (reach[None] - 1.742) * t + 0.012 * np.cos(3 * turn)[None] * t
    swell = np.sin(np.clip(t, 0, 1) * np.pi * 0.75)
    side = (0.083 + 0.020 * hair.volume * swell) * np.ones_like(turn)[None]
    depth = 0.104 + 0.020 * hair.volume * swell + 0.030 * np.clip((1.52 - y) / 0.15, 0, 1)
    x = side * np.sin(turn)[None]
    z = 0.012 - depth * np.cos(turn)[None]
    place = np.stack([x * np.ones_like(y), y, z * np.ones_like(y)], -1).reshape(-1, 3)
    i = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = i[:-1, :-1].ravel(), i[:-1, 1:].ravel(), i[1:, :-1].ravel(), i[1:, 1:].ravel()
    faces = np.concatenate([np.stack([a, b, c], 1), np.stack([b, d, c], 1)])
    strand = np.stack([np.broadcast_to(turn / (2 * np.pi) + 0.5, y.shape), np.broadcast_to(t, y.shape)], -1)
    return place, faces, strand.reshape(-1, 2)


def _ball(centre, radii, tip: float = 0.3) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rings, around = 8, 14
    up = np.radians(np.linspace(-90, 90, rings))[:, None]
    turn = np.radians(np.linspace(0, 360, around, endpoint=False))[None]
    unit = np.stack([np.cos(up) * np.sin(turn), np.sin(up) * np.ones_like(turn), np.cos(up) * np.cos(turn)], -1)
    place = (np.array(centre) + unit * np.array(radii)).reshape(-1, 3)
    i = np.arange(rings * around).reshape(rings, around)
    a, b = i[:-1].ravel(), np.roll(i, -1, 1)[:-1].ravel()
    c, d = i[1:].ravel(), np.roll(i, -1, 1)[1:].ravel()
    faces = np.concatenate([np.stack([a, b, c], 1), np.stack([b, d, c], 1)])
    strand = np.stack(
        [np.broadcast_to(turn / (2 * np.pi), unit.shape[:2]), np.full(unit.shape[:2], 0.2 + 0.7 * tip)], -1
    )
    return place, faces, strand.reshape(-1, 2)


def _hang(rest: np.ndarray) -> np.ndarray:
    """Hair follows the head, and lower down the neck and the chest."""
    names = list(BONES)
    weights = np.zeros((len(rest), len(names)), np.float32)
    head = np.clip((rest[:, 1] - 1.42) / 0.16, 0, 1)
    weights[:, names.index("head")] = head
    weights[:, names.index("neck")] = (1 - head) * 0.5
    weights[:, names.index("chest")] = (1 - head) * 0.5
    return weights
