"""Sums, lengths, the largest and differences along a last axis of two or three, as colours and places have it: there,
numpy's own take several times longer, for they go through it value by value."""

from __future__ import annotations

import numpy as np


def dot(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(...,) the products of vectors (..., n) and (..., n)."""
    out = a[..., 0] * b[..., 0]
    for k in range(1, a.shape[-1]):
        out = out + a[..., k] * b[..., k]
    return out


def length(vectors: np.ndarray) -> np.ndarray:
    """(...,) the lengths of vectors (..., n)."""
    return np.sqrt(dot(vectors, vectors))


def farthest(vectors: np.ndarray) -> np.ndarray:
    """(...,) the largest value without its sign of each of the vectors (..., n)."""
    out = np.abs(vectors[..., 0])
    for k in range(1, vectors.shape[-1]):
        out = np.maximum(out, np.abs(vectors[..., k]))
    return out


def differ(image: np.ndarray, other: np.ndarray) -> np.ndarray:
    """(...,) bool: where pixels (..., n) are not the same."""
    out = image[..., 0] != other[..., 0]
    for k in range(1, image.shape[-1]):
        out = out | (image[..., k] != other[..., k])
    return out
