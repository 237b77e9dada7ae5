"""A first guess at the body, built from the charts alone: every limb becomes a tube around a bone, torso and head are
blown up from their outlines, hands and feet from their flat charts; one smoothing solve over the sewn surface blends
the pieces. `registration` lays it on the human body.

Everything is made on the person's left and mirrored. Space and rest pose as in `body_mesh`.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from mcld_app.body.mannequin.sewing import SewnCharts
from mcld_app.body.mannequin.skeleton import COS, PARENTS, SIN

ARM = {"elbow": 0.275, "wrist": 0.525}  # metres along the arm
SHOULDER = np.array([0.172, 1.420, -0.012])
PRONATION, LEAN = 65.0, 22.0  # degrees the palm is turned back, and the hand leans to the little finger


def _joints() -> dict[str, np.ndarray]:
    axis = np.array([SIN, -COS, 0.0])
    left = {
        "clavicle": (0.030, 1.425, -0.005), "shoulder": SHOULDER, "elbow": SHOULDER + ARM["elbow"] * axis,
        "wrist": SHOULDER + ARM["wrist"] * axis, "hip": (0.088, 0.915, -0.005), "knee": (0.098, 0.500, 0.004),
        "ankle": (0.104, 0.085, -0.022), "toes": (0.108, 0.020, 0.105),
    }  # fmt: skip
    middle = {
        "pelvis": (0.0, 0.950, -0.005), "spine": (0.0, 1.070, -0.012), "chest": (0.0, 1.220, -0.018),
        "neck": (0.0, 1.470, -0.020), "head": (0.0, 1.560, -0.008),
    }  # fmt: skip
    sides = {f"{side}_{name}": np.multiply(place, (sign, 1, 1)) for name, place in left.items()
             for side, sign in (("left", 1), ("right", -1))}  # fmt: skip
    return {name: np.array((middle | sides)[name], float) for name in PARENTS}


TUBE_JOINTS = _joints()
"""Bone -> (3,) where it begins in this first guess."""

# Radii along the limbs, and half widths and depths of the torso, in metres, after ordinary adult proportions.

_UPPER_ARM = ([-0.03, 0.03, 0.10, 0.20, 0.275], [0.050, 0.052, 0.046, 0.040, 0.038])
_LOWER_ARM = ([0.275, 0.33, 0.42, 0.525], [0.038, 0.040, 0.033, 0.025])
_LEG = ([0.085, 0.14, 0.25, 0.36, 0.46, 0.50, 0.60, 0.75, 0.88, 1.02],
        [0.036, 0.038, 0.050, 0.056, 0.052, 0.053, 0.062, 0.078, 0.087, 0.088])  # fmt: skip
_TORSO_WIDTH = ([0.84, 0.95, 1.02, 1.10, 1.19, 1.30, 1.38, 1.44, 1.47, 1.50],
                [0.150, 0.172, 0.168, 0.148, 0.140, 0.155, 0.170, 0.172, 0.130, 0.070])  # fmt: skip
_TORSO_FRONT = ([0.84, 0.95, 1.05, 1.15, 1.28, 1.36, 1.42, 1.47, 1.50],
                [0.055, 0.095, 0.098, 0.092, 0.112, 0.105, 0.080, 0.058, 0.046])  # fmt: skip
_TORSO_BACK = ([0.84, 0.95, 1.02, 1.10, 1.18, 1.30, 1.40, 1.46, 1.50],
               [0.070, 0.105, 0.095, 0.080, 0.083, 0.105, 0.100, 0.080, 0.060])  # fmt: skip
# The head's outline seen from the side: front by the V of chart 24's left edge, V in 0..1 -> (y, z).
_HEAD_FRONT = ([0.00, 0.12, 0.22, 0.27, 0.33, 0.37, 0.41, 0.45, 0.52, 0.63, 0.75, 0.86, 0.96],
               [1.478, 1.520, 1.548, 1.560, 1.577, 1.590, 1.604, 1.622, 1.648, 1.672, 1.705, 1.735, 1.760],
               [0.050, 0.046, 0.064, 0.092, 0.092, 0.097, 0.114, 0.106, 0.098, 0.095, 0.096, 0.088, 0.066])  # fmt: skip

_HEAD_WIDTH = ([1.47, 1.50, 1.54, 1.56, 1.58, 1.61, 1.645, 1.68, 1.71, 1.735, 1.755, 1.77, 1.783],
               [0.060, 0.057, 0.057, 0.062, 0.069, 0.076, 0.080, 0.082, 0.081, 0.075, 0.065, 0.050, 0.012])  # fmt: skip
_HEAD_DEPTH = ([1.47, 1.50, 1.54, 1.56, 1.58, 1.64, 1.70, 1.74, 1.765, 1.785],
               [0.052, 0.047, 0.056, 0.090, 0.091, 0.096, 0.098, 0.085, 0.060, 0.030],
               [-0.075, -0.074, -0.080, -0.084, -0.092, -0.110, -0.110, -0.098, -0.075, -0.045])  # fmt: skip


def sculpt(c: SewnCharts) -> np.ndarray:
    """The body's rest positions (6890, 3) float64, in metres; see `body_mesh` for the space and the rest pose."""
    total = np.zeros((c.count, 3))
    hits = np.zeros(c.count)
    stiff = np.ones(c.count)

    def put(vertices: np.ndarray, places: np.ndarray) -> None:
        np.add.at(total, c.body[vertices], places)
        np.add.at(hits, c.body[vertices], 1)

    for part in (1, 2):
        put(*_torso(c, part))
    for side in (1.0, -1.0):
        for vertices, places in (*_arm(c, side), *_leg(c, side), _foot(c, side), _hand(c, side)):
            put(vertices, places * (side, 1, 1))
        put(*_head(c, side))
    aim = total / hits[:, None]

    # Where pieces of different construction meet, let the surface find its own way.
    soft = {(1, 7), (1, 8), (2, 7), (2, 8), (2, 9), (2, 10), (7, 8)}
    soft |= {(a, b) for a in (1, 2) for b in (15, 16, 17, 18, 23, 24)}
    soft |= {(a, b) for a in (3, 4, 5, 6) for b in (11, 12, 13, 14, 19, 20, 21, 22)}
    for a, b in soft:
        stiff[c.member[a] & c.member[b]] = 0.0
    collar = (np.abs(aim[:, 1] - 1.485) < 0.03) & (np.abs(aim[:, 0]) < 0.10)
    stiff[collar] = np.minimum(stiff[collar], 0.02)
    # The armpits: dense rings of tiny triangles that would crease.
    armpit = np.linalg.norm(np.abs(aim) - (0.150, 1.315, 0.0), axis=1) < 0.075
    stiff[armpit] = np.minimum(stiff[armpit], 0.01)
    adjacency = c.adjacency()
    for ring in range(4):
        spread = adjacency @ (stiff < 0.5).astype(float) > 0
        stiff = np.where(spread, np.minimum(stiff, 0.02 * 2**ring), stiff)
    return _smooth(aim, adjacency, stiff, c)


def _torso(c: SewnCharts, part: int) -> tuple[np.ndarray, np.ndarray]:
    """Torso: its outline seen from the front is laid out flat, then blown up front and back."""
    front = part == 2
    mine = c.of(part)
    x: dict[int, float] = {}
    y: dict[int, float] = {}

    def side(i: int) -> float:
        return -1.0 if c.v[i] > 0.5 else 1.0  # V runs from the person's left to the right

    def pin(i: int, px: float, py: float) -> None:
        x[int(i)], y[int(i)] = px, py

    for i in c.border(part, 23, 24):
        px = np.interp(c.v[i], [0.33, 0.50, 0.67], [0.058, 0.0, -0.058])
        pin(i, px, (1.460 if front else 1.488) + (0.025 if front else 0.0) * (abs(px) / 0.058) ** 2)
    for i in c.border(part, 15, 16, 17, 18):
        pin(i, side(i) * 0.166, np.interp(c.u[i], [0.04, 0.29] if front else [0.03, 0.40], [1.438, 1.295]))
    for i in c.border(part, 7, 8, 9, 10):
        across = abs(c.v[i] - 0.5) / 0.46
        if front:
            pin(i, side(i) * 0.166 * across, np.interp(across, [0, 1], [0.852, 0.985]))
        else:
            pin(i, side(i) * 0.166 * across, 1.005)
    for i in c.border(part, 3 - part):
        if int(i) in x:
            continue
        if 0.10 < c.v[i] < 0.90:  # along the top of the shoulder
            along = np.interp(abs(c.v[i] - 0.5), [0.16, 0.40], [0, 1])
            pin(i, side(i) * np.interp(along, [0, 1], [0.058, 0.164]), np.interp(along, [0, 1], [1.492, 1.452]))
        else:
            py = np.interp(c.u[i], [0.27, 0.79] if front else [0.40, 1.0], [1.295, 0.990])
            pin(i, side(i) * np.interp(py, *_TORSO_WIDTH), py)
    px = c.harmonic((part,), x, sewn=False)
    py = c.harmonic((part,), y, sewn=False)
    xs, ys = np.array([px[int(i)] for i in mine]), np.array([py[int(i)] for i in mine])
    depth = np.interp(ys, *(_TORSO_FRONT if front else _TORSO_BACK))
    inside = np.clip(1 - (xs / (np.interp(ys, *_TORSO_WIDTH) * 1.01)) ** 2, 0, 1)
    zs = depth * inside**0.5 * (1 if front else -1) - 0.008
    return mine, np.stack([xs, ys, zs], 1)


def _tube(c: SewnCharts, pair: tuple[int, int], angles, ends: dict[int, float], middle, along, radius, twist=None):
    """Half-limbs as a tube. `angles` = for each chart the angle (degrees; 0 outwards, 90 front, 180 inwards, 270 back)
    at low and at high V; `ends` pins the position along the limb at body vertices; `twist` turns the tube
    along its way, degrees."""
    place = c.harmonic(pair, ends, sewn=True)
    for part, (low, high) in zip(pair, angles, strict=True):
        partner = pair[1] if part == pair[0] else pair[0]
        at_low, at_high = c.seams(part, partner)
        pins = {int(i): low for i in at_low} | {int(i): high for i in at_high}
        turn = c.harmonic((part,), pins, sewn=False)
        mine = c.of(part)
        s = np.array([place[int(c.body[i])] for i in mine])
        phi = np.radians([turn[int(i)] for i in mine])
        if twist is not None:
            phi = phi + np.radians(np.interp(s, *twist))
        r = np.interp(s, *radius)
        outward, front = along
        yield mine, middle(s) + (r * np.cos(phi))[:, None] * outward + (r * np.sin(phi))[:, None] * front


def _arm(c: SewnCharts, side: float):
    inner, outer, low_inner, low_outer = (15, 17, 19, 21) if side > 0 else (16, 18, 20, 22)
    axis, outward, front = np.array([SIN, -COS, 0.0]), np.array([COS, SIN, 0.0]), np.array([0.0, 0.0, 1.0])

    def middle(s):
        return SHOULDER + s[:, None] * axis

    def pins(part: int, others: tuple[int, ...], value: float) -> dict[int, float]:
        return {int(c.body[i]): value for i in c.border(part, *others)}

    elbow, wrist = ARM["elbow"], ARM["wrist"]
    hand = 4 if side > 0 else 3
    upper = pins(outer, (1, 2), -0.012) | pins(inner, (1, 2), 0.045)
    upper |= pins(inner, (low_inner, low_outer), elbow) | pins(outer, (low_inner, low_outer), elbow)
    # The seams lie at front and back; angles after the shares of the charts seen on a real person, arms down.
    yield from _tube(c, (inner, outer), ((265, 80), (-95, 80)), upper, middle, (outward, front), _UPPER_ARM)
    lower = pins(low_inner, (inner, outer), elbow) | pins(low_outer, (inner, outer), elbow)
    lower |= pins(low_inner, (hand,), wrist) | pins(low_outer, (hand,), wrist)
    # A hanging hand shows its back: the forearm turns inwards on its way to the wrist.
    twist = ([elbow, wrist], [0.0, PRONATION])
    seams = ((85, 265), (-95, 85))
    yield from _tube(c, (low_inner, low_outer), seams, lower, middle, (outward, front), _LOWER_ARM, twist)


def _leg(c: SewnCharts, side: float):
    back, fore, low_back, low_fore = (8, 10, 12, 14) if side > 0 else (7, 9, 11, 13)
    foot, other_back = (5, 7) if side > 0 else (6, 8)
    outward, front = np.array([1.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0])

    def middle(s):
        x = np.interp(s, [0.085, 0.50, 0.915], [0.104, 0.098, 0.088])
        # The calf's belly hangs behind the bone, the thigh's in front.
        z = np.interp(s, [0.085, 0.18, 0.36, 0.50, 0.70, 0.95], [-0.022, -0.020, -0.016, 0.004, 0.006, -0.005])
        return np.stack([x, s, z], 1)

    ends = {}
    for i in c.border(fore, 2):
        ends[int(c.body[i])] = np.interp(c.v[i], [0.17, 1.0], [0.985, 0.852])
    for i in c.border(back, 2):
        ends[int(c.body[i])] = 0.852 if c.v[i] < 0.5 else 0.985
    for i in c.border(back, other_back):
        ends[int(c.body[i])] = np.interp(c.u[i], [0.0, 0.32], [1.005, 0.852])
    for i in c.border(back, 1):
        ends[int(c.body[i])] = 1.005
    knee = {int(c.body[i]): 0.50 for i in (*c.border(fore, low_fore, low_back), *c.border(back, low_fore, low_back))}
    # Front chart: low V outside, high V inside; back chart: low V inside. Below the knee the charts' V may run either
    # way: follow the seam's own vertices down.
    upper = (fore, back), ((0, 180), (180, 360)), ends | knee
    yield from _tube(c, *upper, middle, (outward, front), _LEG)
    ankle = {int(c.body[i]): 0.085 for i in (*c.border(low_fore, foot), *c.border(low_back, foot))}
    angles = []
    for part, partner in ((low_fore, low_back), (low_back, low_fore)):
        at_low, _ = c.seams(part, partner)
        outer_seam = c.body[c.seams(fore, back)[0]]
        low_is_outer = np.isin(c.body[at_low], outer_seam).any()
        if part == low_fore:
            angles.append((0, 180) if low_is_outer else (180, 0))
        else:
            angles.append((360, 180) if low_is_outer else (180, 360))
    yield from _tube(c, (low_fore, low_back), angles, knee | ankle, middle, (outward, front), _LEG)


def _foot(c: SewnCharts, side: float) -> tuple[np.ndarray, np.ndarray]:
    """Foot: the sole lies flat as in the chart, the ankle stands above it, the rest is stretched between them."""
    part, low_back, low_fore = (5, 12, 14) if side > 0 else (6, 11, 13)
    mine = c.of(part)
    u = c.u if side > 0 else 1 - c.u
    along = 0.92 * u + 0.39 * c.v
    across = 0.92 * c.v - 0.39 * u
    flat_x = 0.036 - (across + 0.14) / 0.29 * 0.076
    flat_z = -0.072 + (along - 0.30) / 0.74 * 0.262
    twins = np.bincount(c.body[mine], minlength=c.count) > 1
    pins: tuple[dict[int, float], ...] = ({}, {}, {})

    def pin(i: int, *place: float) -> None:
        for axis in range(3):
            pins[axis][int(c.body[i])] = place[axis]

    for i in mine:
        in_sole = c.v[i] < 0.20 + 0.545 * (u[i] - 0.21)
        if twins[c.body[i]] and u[i] < 0.30 and c.v[i] < 0.42 and c.v[i] > 0.11:  # the line down the heel
            pin(
                i,
                0.0,
                np.interp(c.v[i], [0.12, 0.34], [0.004, 0.085]),
                np.interp(c.v[i], [0.12, 0.34], [-0.07, -0.055]),
            )
        elif in_sole or (twins[c.body[i]] and c.v[i] < 0.6):
            rim = twins[c.body[i]] and along[i] > 0.84
            # One rounded tip instead of five: the toes' slits are drawn out to it.
            tip = 0.172 - 12.0 * (flat_x[i] + 0.010) ** 2
            pin(i, flat_x[i], 0.014 if rim else 0.0, tip if rim else min(flat_z[i], tip - 0.003))
    for i in (*c.border(part, low_back), *c.border(part, low_fore)):
        behind = i in set(c.border(part, low_back)) and i not in set(c.border(part, low_fore))
        # Around the ankle: the strip's side of the chart is the outer one.
        outer = c.v[i] > 0.585
        if behind:
            t = np.interp(u[i], [0.06, 0.23], [-90, 0]) if outer else np.interp(u[i], [0.13, 0.24], [-90, -180])
        elif outer:
            t = np.interp(u[i], [0.23, 0.36], [0, 90])
        else:
            t = np.interp(c.v[i], [0.43, 0.585], [180, 90])
        pin(i, 0.037 * np.cos(np.radians(t)), 0.088, 0.040 * np.sin(np.radians(t)))
    xyz = [c.harmonic((part,), pins[axis], sewn=True) for axis in range(3)]
    places = np.array([[xyz[axis][int(c.body[i])] for axis in range(3)] for i in mine])
    # A stretched skin sags between ankle and toes: lift the instep, and give the toes a top.
    lift = np.clip(1 - np.abs((places[:, 2] - 0.07) / 0.14), 0, 1)
    sole = places[:, 1] < 0.006
    places[:, 1] += np.where(sole, 0, 0.022 * lift)
    return mine, places + np.array([0.104, 0.0, -0.022])


def _hand(c: SewnCharts, side: float) -> tuple[np.ndarray, np.ndarray]:
    """Hand: the chart shows palm and back side by side like an open book, hinged at the little finger. Fold it shut,
    lay the two outlines on each other and blow the inside up."""
    part = 4 if side > 0 else 3
    mine = c.of(part)
    u = c.u if side > 0 else 1 - c.u
    flat = np.stack([u, c.v], 1)[mine]
    names = c.body[mine]
    # Twins: one body vertex at two places of the chart, once in each half.
    order = np.argsort(names, kind="stable")
    pairs = [(a, b) for a, b in pairwise(order) if names[a] == names[b]]
    pairs = [(a, b) if flat[a, 0] < flat[b, 0] else (b, a) for a, b in pairs]
    left, right = np.array([p[0] for p in pairs]), np.array([p[1] for p in pairs])
    hinge = (flat[left, 0].max() + flat[right, 0].min()) / 2
    is_palm = flat[:, 0] < hinge
    # Best affine map of the right half's outline onto the left one's.
    ones = np.ones((len(right), 1))
    fold, *_ = np.linalg.lstsq(np.hstack([flat[right], ones]), flat[left], rcond=None)
    folded = np.where(is_palm[:, None], flat, np.hstack([flat, np.ones((len(flat), 1))]) @ fold)
    seam = (folded[left] + flat[left]) / 2
    # Pull both halves onto the common outline, most at the outline itself.
    gap = np.linalg.norm(folded[:, None] - flat[left][None], axis=2)
    nearest = gap.argmin(1)
    rim = np.exp(-((gap.min(1) / 0.04) ** 2))
    mismatch = np.where(is_palm[:, None], 0.0, (flat[left] - folded[right])[nearest])
    folded = folded + rim[:, None] * mismatch
    inside = np.linalg.norm(folded[:, None] - seam[None], axis=2).min(1)

    # In the folded chart the fingers point up (V) and the thumb to low U. Scale: wrist to middle finger tip 0.18 m.
    wrist = np.isin(mine, c.border(part, *((19, 21) if side > 0 else (20, 22))))
    centre = folded[wrist].mean(0)
    tip = folded[np.argmax(folded[:, 1])]
    finger = (tip - centre) / np.linalg.norm(tip - centre)
    # A hanging hand leans a little towards the little finger.
    lean = np.radians(LEAN)
    finger = np.array([[np.cos(lean), -np.sin(lean)], [np.sin(lean), np.cos(lean)]]) @ finger
    thumbward = np.array([-finger[1], finger[0]])
    scale = 0.168 / np.linalg.norm(tip - centre)
    length = ((folded - centre) @ finger) * scale
    width = ((folded - centre) @ thumbward) * scale * 0.85
    thick = (
        0.017 * np.sqrt(np.clip(1 - np.exp(-inside * scale / 0.008), 0, 1)) * np.interp(length, [0, 0.2], [1.2, 0.5])
    )
    thick = np.where(is_palm, -thick, thick)  # the palm faces the body
    axis, outward, front = np.array([SIN, -COS, 0.0]), np.array([COS, SIN, 0.0]), np.array([0.0, 0.0, 1.0])
    turn = np.radians(PRONATION)
    outward, front = outward * np.cos(turn) + front * np.sin(turn), front * np.cos(turn) - outward * np.sin(turn)
    start = SHOULDER + ARM["wrist"] * axis
    return mine, start + length[:, None] * axis + width[:, None] * front + thick[:, None] * outward


def _head(c: SewnCharts, side: float) -> tuple[np.ndarray, np.ndarray]:
    """Half a head: laid out flat as seen from the side, then blown up sideways."""
    part, other = (24, 23) if side > 0 else (23, 24)
    mine = c.of(part)
    u = c.u if side > 0 else 1 - c.u  # 0 at the face's middle line, 1 at the back of the head
    y: dict[int, float] = {}
    turn: dict[int, float] = {}  # degrees around the upright axis, 0 at the nose, 180 at the back of the head
    for i in c.border(part, other):
        if u[i] < 0.02:
            py, phi = np.interp(c.v[i], _HEAD_FRONT[0], _HEAD_FRONT[1]), 0.0
        elif c.v[i] > 0.90 or (u[i] < 0.9 and c.v[i] > 0.8):  # over the crown
            t = np.interp(u[i], [0.24, 0.95], [62, 152])
            py, phi = 1.690 + 0.092 * np.sin(np.radians(t)), np.interp(u[i], [0.24, 0.95], [30, 165])
        else:  # down the back of the head to the neck
            py, phi = np.interp(c.v[i], [0.10, 0.30, 0.52, 0.86], [1.510, 1.565, 1.640, 1.735]), 180.0
        y[int(i)], turn[int(i)] = py, phi
    for i in c.border(part, 1, 2):
        if int(i) not in y:
            y[int(i)] = np.interp(u[i], [0.0, 0.5, 1.0], [1.470, 1.482, 1.500])
            turn[int(i)] = 180.0 * u[i]
    # Beside the eyes and the jaw, lines of equal V climb towards the back (read off a real person's IUV map).
    for i in mine:
        if abs(u[i] - 0.52) < 0.06 and abs(c.v[i] - 0.58) < 0.06:
            y[int(i)] = 1.682 + 0.21 * (c.v[i] - 0.58)
        elif abs(u[i] - 0.35) < 0.05 and abs(c.v[i] - 0.17) < 0.06:
            y[int(i)] = 1.556 + 0.19 * (c.v[i] - 0.17)
    py, pt = c.harmonic((part,), y, sewn=False), c.harmonic((part,), turn, sewn=False)
    ys, phi = np.array([py[int(i)] for i in mine]), np.radians([pt[int(i)] for i in mine])
    face, nape = np.interp(ys, *_HEAD_DEPTH[:2]), np.interp(ys, _HEAD_DEPTH[0], _HEAD_DEPTH[2])
    width = np.interp(ys, *_HEAD_WIDTH) * np.abs(np.sin(phi)) ** 0.92
    zs = (face + nape) / 2 + (face - nape) / 2 * np.sign(np.cos(phi)) * np.abs(np.cos(phi)) ** 0.92
    # Nose, lips and chin stand out of that round shape along the middle line.
    relief = np.interp(ys, _HEAD_FRONT[1], _HEAD_FRONT[2]) - face
    zs += relief * np.exp(-((width / 0.014) ** 2)) * (phi < 1.0)
    width[np.isin(mine, c.border(part, other))] = 0
    return mine, np.stack([side * width, ys, zs], 1)


def _smooth(aim: np.ndarray, adjacency, stiff: np.ndarray, c: SewnCharts) -> np.ndarray:
    """The surface nearest to `aim` (where stiff) that bends least: min sum stiff |p - aim|^2 + bend |L p|^2."""
    import scipy.sparse as sp
    from scipy.sparse.linalg import splu

    degree = np.asarray(adjacency.sum(1)).ravel()
    laplace = sp.identity(c.count) - sp.diags(1 / degree) @ adjacency
    bend = np.full(c.count, 8.0)
    bend[c.member[[23, 24]].any(0)] = 0.25  # keep nose and lips
    bend[c.member[[23, 24]].any(0) & (aim[:, 1] > 1.70)] = 0.8  # but a round crown
    bend[c.member[[3, 4]].any(0)] = 0.40  # and fingers
    bend[c.member[[5, 6]].any(0)] = 20.0  # toes in one, as in a shoe
    system = sp.diags(stiff + 1e-4) + laplace.T @ sp.diags(bend) @ laplace
    return splu(sp.csc_matrix(system)).solve((stiff + 1e-4)[:, None] * aim)
