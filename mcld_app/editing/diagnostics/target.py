"""Whether a target pose is whole: the paper's failure case 1, a wrongly estimated pose (section 4.5), and what else can
be wrong with a map that was estimated, painted or taken from anywhere.

The thresholds stand between what was measured on healthy maps and what a broken one shows. Healthy maps, all
512 x 352: the 24 named poses, each of them turned in steps of 45 degrees (192), 240 training poses of 60 drawn people,
the true maps of those people's photos and of the 12 sample people (hair and skirts hide part of the body there), and
one real map. "Measured" below means over all of those. Of 200 wild poses, every second joint at any angle its limits
allow, two were wrongly found at fault: a head and a torso that limbs hid.
"""

from __future__ import annotations

import numpy as np

from mcld_app.body.parts import PARTS
from mcld_app.editing.diagnostics.finding import Finding
from mcld_app.editing.diagnostics.measures import (
    ARMS,
    HEAD,
    LEAST_JUDGED,
    LEGS,
    LIMBS,
    TORSO,
    BodyMeasures,
    distance_to,
    inside_out,
    measured,
    pieces,
    reduced,
)

_LEAST_COVER = 0.004  # of the picture; measured at least 0.054, which the smallest zoom (0.4) makes 0.009
_LEAST_LENGTH = 0.45  # the body's box over the picture, in height or width; measured at least 0.64
_MOST_CUT = 0.16  # of an edge of the picture; measured at most 0.13, raised arms or the crown of a head
# Of the body; measured at least 0.015 (long hair from behind), 0.17, 0.055 and 0.19.
_LEAST_SHARE = {"head": 0.005, "torso": 0.05, "arms": 0.02, "legs": 0.05}
_LEAST_LEG = 0.02  # of the body, seen from front or back; measured at least 0.08
_MOST_GAP = 0.2  # of the body's length, between two pieces of a limb; measured at most 0.12, a leg behind the other
_MOST_APART = 0.15  # of the body's length, from the torso to head or upper arm; measured 0, in wild poses up to 0.12
_LEAST_PIECE = 0.005  # of the body: less is a sliver that shows on both sides of another limb; half a hand is 0.006
_LEAST_HEAD = 0.2  # of all that shows a head
_MOST_HEAD_GAP = 0.06  # of the body's length; measured at most 0.033, an arm across the face
_MOST_SWAPPED = 0.07  # of the torso's breadth; measured at most -0.15, sitting and seen from the front
_MOST_TURNED = 0.05  # of the body, in parts seen from inside; measured at most 0.021, hands and feet
_MOST_FLAT = 0.01  # of the body, in parts without coordinates; measured 0
_FLAT = 1.5  # grey levels, the deviation of U and of V below which a part is flat; measured at least 6.8
_FACING = 0.8  # `Turn.fit`, where front or back is seen; named poses turned by up to 45 degrees: 0.84 to 0.99

_GROUPS = {"head": HEAD, "torso": TORSO, "arms": ARMS, "legs": LEGS}
# The third of an upper limb that moves least when the limb turns: U grows away from the torso on all their charts but
# the front of the legs, where it falls.
_NEAR_TORSO = 90
_U_FALLS = (9, 10)


def pose_findings(iuv: np.ndarray) -> list[Finding]:
    """What is wrong with a target pose, looked at alone.

    Args:
        iuv: (H, W, 3) uint8, channels I, U, V; an empty map is a finding too.
    """
    body = measured(reduced(iuv))
    if empty := nearly_empty(body):
        return [empty]  # the rest would say the same of what little there is
    found = [small(body), cut_off(body), incomplete(body), heads(body) or broken(body), sides(body), flat(body)]
    return [finding for finding in found if finding]


def nearly_empty(body: BodyMeasures) -> Finding | None:
    """Next to no body. Measure: its share of the picture."""
    share = body.pixels / max(body.frame[0] * body.frame[1], 1)
    if share >= _LEAST_COVER:
        return None
    return Finding(
        "pose_empty", "warning", share,
        f"The target pose is nearly empty, {share:.1%} of the picture shows a body: choose a pose, or draw one.",
    )  # fmt: skip


def small(body: BodyMeasures) -> Finding | None:
    """A body too small to draw well. Measure: the share of the picture's height, or width, that it takes up."""
    share = max(body.iuv.shape[0] / body.frame[0], body.iuv.shape[1] / body.frame[1])
    if share >= _LEAST_LENGTH:
        return None
    return Finding(
        "pose_small", "note", share,
        f"The body takes up only {share:.0%} of the picture, so face and clothes get few pixels: zoom in.",
    )  # fmt: skip


def cut_off(body: BodyMeasures) -> Finding | None:
    """A body that the picture's edge cuts through. Legs that leave it at the bottom are how people are often
    photographed, so there only trunk and head count. Measure: the share of that edge which shows the body."""
    edges = {**body.edges, "bottom": body.trunk_below}
    edge = max(edges, key=lambda name: edges[name])
    headless = body.share(HEAD) < _LEAST_SHARE["head"] and edge != "bottom"
    share = edges[edge]
    if share < _MOST_CUT and not (headless and share > 0):
        return None
    return Finding(
        "pose_cut", "warning" if headless else "note", share,
        f"The body lies across {share:.0%} of the picture's {edge} edge{', its head outside' if headless else ''}: "
        "move it inwards, or zoom out.",
    )  # fmt: skip


def incomplete(body: BodyMeasures) -> Finding | None:
    """Parts that no pose hides, not there, though no edge of the picture cuts them off. Measure: what there is of
    them, as a share of the body."""
    cut = {edge for edge, share in body.edges.items() if share > 0}
    gone = {
        name: body.share(parts)
        for name, parts in _GROUPS.items()
        if body.share(parts) < _LEAST_SHARE[name] and not (cut - {"bottom"} if name == "head" else cut)
    }
    if not gone and not cut:
        gone = _lost_leg(body)
    if not gone:
        return None
    share = sum(gone.values())
    return Finding(
        "pose_incomplete", "warning", share,
        f"The target pose lacks its {' and '.join(gone)} ({share:.1%} of the body): take a map of the whole body, or "
        "paint it in.",
    )  # fmt: skip


def _lost_leg(body: BodyMeasures) -> dict[str, float]:
    """One leg not there, where the torso is seen from front or back; from the side one hides the other."""
    share = {side: body.share(n for n in LEGS if PARTS[n].side == side) for side in ("left", "right")}
    side = min(share, key=lambda name: share[name])
    lost = body.turn is not None and body.turn.fit >= _FACING and share[side] < _LEAST_LEG
    return {f"{side} leg": share[side]} if lost else {}


def heads(body: BodyMeasures) -> Finding | None:
    """More than one head. Measure: how many."""
    least, far = _LEAST_HEAD * body.share(HEAD) * body.pixels, _MOST_HEAD_GAP * body.length
    number = 1 + sum(size >= least and gap >= far for size, gap in pieces(body.shown("head")))
    if number == 1:
        return None
    return Finding(
        "pose_heads", "warning", float(number),
        f"The target pose shows {number} heads, and one person is drawn: take a map with one person on it.",
    )  # fmt: skip


def broken(body: BodyMeasures) -> Finding | None:
    """A limb in two pieces further apart than what is in front of it could hide, or a head or an arm away from its
    torso. Measure: the gap over the body's length."""
    least = _LEAST_PIECE * body.pixels
    torn = {
        f"The {name} lies in two pieces": max((gap for size, gap in pieces(shown) if size >= least), default=0)
        for name, shown in ((name, body.shown(name)) for name in LIMBS)
    }
    for gaps, allowed in ((torn, _MOST_GAP), (_away_from_torso(body), _MOST_APART)):
        worst = max(gaps, key=lambda name: gaps[name], default="")
        share = float(gaps.get(worst, 0) / body.length)
        if share >= allowed:
            return Finding(
                "pose_broken", "warning", share,
                f"{worst}, {share:.0%} of the body's length apart: choose another pose, or paint it right.",
            )  # fmt: skip
    return None


def _away_from_torso(body: BodyMeasures) -> dict[str, float]:
    if body.count[list(TORSO)].sum() < LEAST_JUDGED:
        return {}
    distance = distance_to(body.shown("torso"))
    shown = {name: body.shown(name) for name in ("head", "left upper arm", "right upper arm")}
    return {
        f"The {name} and the torso lie": float(distance[limb].min())
        for name, limb in shown.items()
        if np.count_nonzero(limb) >= LEAST_JUDGED
    }


def sides(body: BodyMeasures) -> Finding | None:
    """Left where right belongs: arms or legs changed over, or a whole map mirrored. Measure: by how much of the
    torso's breadth the left limb lies on the right; or the share of the body that is seen from inside."""
    swapped = _swapped(body)
    limbs = max(swapped, key=lambda name: swapped[name], default="")
    if swapped.get(limbs, 0) > _MOST_SWAPPED:
        return Finding(
            "pose_sides", "warning", swapped[limbs],
            f"Left and right {limbs} have changed places, by {swapped[limbs]:.0%} of the torso's breadth: give each "
            "the parts of its own side.",
        )  # fmt: skip
    share = inside_out(body)
    if share < _MOST_TURNED:
        return None
    return Finding(
        "pose_sides", "warning", share,
        f"{share:.0%} of the body is seen from inside, as in a mirror: take the map of the picture as it is, not "
        "flipped and not with U and V mixed up.",
    )  # fmt: skip


def _swapped(body: BodyMeasures) -> dict[str, float]:
    """How far the left limb lies to the right of the right one, in breadths of the torso, for arms and legs; limbs are
    judged where they leave the torso, as further out they may cross."""
    turn = body.turn
    if turn is None or turn.fit < _FACING:
        return {}
    part, u = body.iuv[..., 0], body.iuv[..., 1]
    near = np.where(np.isin(part, _U_FALLS), u > 255 - _NEAR_TORSO, u < _NEAR_TORSO)
    out = {}
    for limb in ("arm", "leg"):
        at = []
        for side in ("left", "right"):
            y, x = np.nonzero(body.shown(f"{side} upper {limb}") & near)
            if len(x) >= LEAST_JUDGED / 3:
                at.append((np.array([x.mean(), y.mean()]) - turn.middle) @ turn.right)
        if len(at) == 2:
            out[f"{limb}s"] = float(at[0] - at[1]) / turn.breadth
    return out


def flat(body: BodyMeasures) -> Finding | None:
    """Parts with a number but without coordinates: U and V the same all over. Measure: their share of the body."""
    part = body.iuv[..., 0].ravel()
    inside = np.flatnonzero(part)
    part = part[inside]
    number = np.maximum(body.count, 1)
    level = body.count >= LEAST_JUDGED
    for channel in (1, 2):
        value = body.iuv[..., channel].ravel()[inside].astype(np.float64)
        mean = np.bincount(part, value, 25) / number
        level &= np.bincount(part, value * value, 25) / number - mean**2 < _FLAT**2
    share = body.share(np.flatnonzero(level))
    if share < _MOST_FLAT:
        return None
    return Finding(
        "pose_flat", "warning", share,
        f"{share:.0%} of the body has part numbers only, with the same U and V all over: take a map that holds U and V "
        "too, or paint it anew.",
    )  # fmt: skip
