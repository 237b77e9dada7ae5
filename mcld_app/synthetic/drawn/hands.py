"""Hands at ease: the mesh has its fingers stretched and spread, people's hang together and bend a little."""

from __future__ import annotations

import numpy as np

from mcld_app.body.mannequin.human import skeleton_file

_BEND = (24.0, 30.0)  # degrees at the knuckles, and in the middle of a finger
_TOGETHER = 0.65  # how much of the spread is taken away
_MIRROR = np.array([-1.0, 1.0, 1.0])


def eased(home: np.ndarray) -> np.ndarray:
    """(N, 3) float32: how points (N, 3) of the average adult move when the hands are at ease."""
    out = np.zeros((len(home), 3))
    for mirror in (np.ones(3), _MIRROR):
        points = home * mirror
        near = np.flatnonzero(points[:, 0] > 0.57)
        out[near] += _left_hand(points[near].astype(float)) * mirror
    return out.astype(np.float32)


def _left_hand(points: np.ndarray) -> np.ndarray:
    marks = {name: np.array(place) for name, place in skeleton_file()["landmarks"].items()}
    bases = [marks[f"finger{k}_base"] for k in (2, 3, 4, 5)]
    tips = [marks[f"finger{k}_tip"] for k in (2, 3, 4, 5)]
    far, share = np.full((4, len(points)), 9.0), np.zeros((4, len(points)))
    for k in range(4):
        way = tips[k] - bases[k]
        share[k] = (points - bases[k]) @ way / (way @ way)
        far[k] = np.linalg.norm(points - bases[k] - np.clip(share[k], 0, 1)[:, None] * way, axis=1)
    thumb = marks["finger1_tip"] - marks["finger1_base"]
    t = np.clip((points - marks["finger1_base"]) @ thumb / (thumb @ thumb), 0, 1)
    to_thumb = np.linalg.norm(points - marks["finger1_base"] - t[:, None] * thumb, axis=1)
    finger = far.argmin(0)
    across = _unit(bases[0] - bases[3])
    middle = _unit(tips[1] - bases[1])
    palm = _unit(np.cross(across, middle))
    out = points.copy()
    for k in range(4):
        mine = (finger == k) & (far[k] < to_thumb)
        base, tip = bases[k], tips[k]
        joint = base + 0.42 * (tip - base)
        way = _unit(tip - base)
        spread = np.degrees(np.arctan2(np.cross(way, middle) @ palm, way @ middle))
        moved = points + _turned(points, joint, across, _BEND[1]) * _step(share[k], 0.36, 0.48)[:, None]
        moved = moved + _turned(moved, base, across, _BEND[0]) * _step(share[k], -0.08, 0.10)[:, None]
        moved = moved + _turned(moved, base, palm, _TOGETHER * spread) * _step(share[k], -0.05, 0.15)[:, None]
        out[mine] = moved[mine]
    return out - points


def _turned(points: np.ndarray, pivot: np.ndarray, axis: np.ndarray, degrees: float) -> np.ndarray:
    """How points move when they are turned about an axis through `pivot` (Rodrigues' formula)."""
    a, way = np.radians(degrees), points - pivot
    turned = way * np.cos(a) + np.cross(axis, way) * np.sin(a) + axis * (way @ axis)[:, None] * (1 - np.cos(a))
    return turned - way


def _unit(v: np.ndarray) -> np.ndarray:
    return v / np.linalg.norm(v)


def _step(values: np.ndarray, low: float, high: float) -> np.ndarray:
    t = np.clip((values - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)
