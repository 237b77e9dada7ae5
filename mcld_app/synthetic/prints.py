"""What is printed on a chest."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np


@lru_cache(maxsize=32)
def stamp(motif: str) -> np.ndarray:
    """(256, 256) uint8, 255 where there is ink: a motif by its name ("star", "heart", "wave", "sun", "tree", "ring",
    "bolt"), any other text as letters. Read-only."""
    side = 256
    drawn = np.zeros((side, side), np.uint8)
    middle = (side // 2, side // 2)
    if motif == "star":
        turn = np.radians(-90 + 36 * np.arange(10))
        radius = np.where(np.arange(10) % 2 == 0, 118, 48)
        cv2.fillPoly(
            drawn, [np.stack([128 + radius * np.cos(turn), 128 + radius * np.sin(turn)], 1).astype(np.int32)], 255
        )
    elif motif == "heart":
        t = np.linspace(0, 2 * np.pi, 80)
        hx, hy = 16 * np.sin(t) ** 3, 13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)
        cv2.fillPoly(drawn, [np.stack([128 + 7 * hx, 120 - 7 * hy], 1).astype(np.int32)], 255)
    elif motif == "wave":
        for k in range(3):
            xs = np.arange(8, 249)
            ys = 70 + 56 * k + 22 * np.sin(xs / 20.0)
            cv2.polylines(drawn, [np.stack([xs, ys], 1).astype(np.int32)], False, 255, 20)
    elif motif == "sun":
        cv2.circle(drawn, middle, 56, 255, -1)
        for k in range(12):
            a = np.radians(30 * k)
            p, q = 74 * np.array([np.cos(a), np.sin(a)]), 116 * np.array([np.cos(a), np.sin(a)])
            cv2.line(drawn, tuple((128 + p).astype(int).tolist()), tuple((128 + q).astype(int).tolist()), 255, 12)
    elif motif == "tree":
        for k in range(3):
            cv2.fillPoly(
                drawn, [np.array([[128, 12 + 52 * k], [58 - 10 * k, 104 + 46 * k], [198 + 10 * k, 104 + 46 * k]])], 255
            )
        cv2.rectangle(drawn, (112, 190), (144, 246), 255, -1)
    elif motif == "ring":
        cv2.circle(drawn, middle, 96, 255, 34)
        cv2.circle(drawn, middle, 30, 255, -1)
    elif motif == "bolt":
        cv2.fillPoly(drawn, [np.array([[150, 8], [60, 146], [120, 146], [96, 248], [198, 100], [134, 100]])], 255)
    else:
        cv2.putText(drawn, motif, (8, 156), cv2.FONT_HERSHEY_DUPLEX, 2.7, 255, 14, cv2.LINE_AA)
    drawn.setflags(write=False)
    return drawn
