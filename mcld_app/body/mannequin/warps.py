"""Bending a few places of space onto others, and what lies between with them."""

from __future__ import annotations

import numpy as np


def rigid(start: np.ndarray, goal: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rotation (3, 3) and shift (3,) that bring points (N, 3) nearest to their goals (Kabsch)."""
    a, b = start.mean(0), goal.mean(0)
    left, _, right = np.linalg.svd((start - a).T @ (goal - b))
    turned = np.diag([1.0, 1.0, np.sign(np.linalg.det(right.T @ left.T))])
    rotation = right.T @ turned @ left.T
    return rotation, b - rotation @ a


def turn_onto(start: np.ndarray, goal: np.ndarray) -> np.ndarray:
    """(3, 3): the shortest turn that brings one direction onto another that is not its opposite."""
    a, b = start / np.linalg.norm(start), goal / np.linalg.norm(goal)
    x, y, z = np.cross(a, b)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + cross + cross @ cross / (1 + a @ b)


def soft_warp(start: np.ndarray, goal: np.ndarray, places: np.ndarray, reach: float) -> np.ndarray:
    """Places (N, 3) moved as a whole and sized so that `start` comes near `goal`, then pulled the rest of the way where
    they are nearer than about `reach` metres to one of them."""
    rotation, _ = rigid(start, goal)
    middle, there = start.mean(0), goal.mean(0)
    scale = np.linalg.norm(goal - there) / np.linalg.norm(start - middle)

    def moved(points: np.ndarray) -> np.ndarray:
        return (points - middle) @ rotation.T * scale + there

    def near(points: np.ndarray) -> np.ndarray:
        return np.exp(-((np.linalg.norm(points[:, None] - moved(start)[None], axis=2) / reach) ** 2))

    pull = np.linalg.solve(near(moved(start)) + 0.02 * np.eye(len(start)), goal - moved(start))
    return moved(places) + near(moved(places)) @ pull


def thin_plate(start: np.ndarray, goal: np.ndarray, places: np.ndarray, smooth: float) -> np.ndarray:
    """Places (N, 3) bent as a thin plate is that is pulled from `start` to `goal` (L, 3), not quite to it where it is
    smooth."""
    n = len(start)
    flat = np.hstack([np.ones((n, 1)), start])
    kernel = np.linalg.norm(start[:, None] - start[None], axis=2) - smooth * np.eye(n)
    system = np.block([[kernel, flat], [flat.T, np.zeros((4, 4))]])
    pull = np.linalg.lstsq(system, np.vstack([goal, np.zeros((4, 3))]), rcond=None)[0]
    far = np.linalg.norm(places[:, None] - start[None], axis=2)
    return np.hstack([far, np.ones((len(places), 1)), places]) @ pull
