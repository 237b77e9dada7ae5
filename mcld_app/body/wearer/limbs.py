"""Where along arms and legs a person's skin is bare."""

from __future__ import annotations

import itertools

import numpy as np

from mcld_app.body.surface import rest_surface

SLICE = 0.02  # metres of a limb that are judged as one
_LEAST = 12  # pixels of a slice
_SHORT = 2  # slices: a shorter piece of skin, or of cloth amid skin, is a bracelet or a fold
_RIGHT_ARM, _LEFT_ARM = frozenset({16, 18, 20, 22}), frozenset({15, 17, 19, 21})
_RIGHT_LEG, _LEFT_LEG = frozenset({7, 9, 11, 13}), frozenset({8, 10, 12, 14})
ARMS, LEGS = (_LEFT_ARM, _RIGHT_ARM), (_LEFT_LEG, _RIGHT_LEG)
_THIGH = 0.80  # metres above the floor: above, nobody is taken for bare
_COUNT = 64


def bare_texels(row: np.ndarray, column: np.ndarray, skin: np.ndarray) -> np.ndarray:
    """Texels of arms and legs that are bare, seen or not: (512, 512) bool. What one side does not show is as on the
    other.

    Args:
        row, column: (N,) int, texels that are seen.
        skin: (N,) bool, which of them are skin by their colour.
    """
    place = rest_surface()
    out = np.zeros(place.part.shape, bool)
    part = place.part[row, column]
    for pair, along in ((ARMS, place.arm), (LEGS, 1.0 - place.y)):
        shares = []
        for limb in pair:
            own = np.isin(part, list(limb))
            at = _slice(along[row, column][own])
            seen = np.bincount(at, minlength=_COUNT)
            share = np.bincount(at, skin[own], _COUNT) / np.maximum(seen, 1)
            shares.append(np.where(seen >= _LEAST, share, np.nan))
        if pair is LEGS:  # both are dressed alike; what only one of them says is shade, or cloth of skin's colour
            both = np.fmin(*shares)
            both[: int((1.0 - _THIGH) / SLICE)] = 0
            shares = [both] * 2
        for k, limb in enumerate(pair):
            share = np.where(np.isnan(shares[k]), shares[1 - k], shares[k])
            bare = _runs(share)
            if pair is LEGS and bare.any():  # what follows on bare skin are socks and boots
                bare[int(bare.argmax()) :] = True
            texels = np.isin(place.part, list(limb))
            out |= texels & bare[_slice(along)]
    return out


def _slice(along: np.ndarray) -> np.ndarray:
    return np.clip((along / SLICE).astype(int), 0, _COUNT - 1)


def _runs(share: np.ndarray) -> np.ndarray:
    """(64,) bool from shares of skin, NaN where nothing is seen: short runs go with what lies before them, and what is
    not seen with what lies nearer to the trunk."""
    known = np.flatnonzero(~np.isnan(share))
    if not len(known):
        return np.zeros(len(share), bool)
    nearest = known[np.clip(np.searchsorted(known, np.arange(len(share)), "right") - 1, 0, len(known) - 1)]
    bare = share[nearest] >= 0.5
    for start, stop in _pieces(bare[: known[-1] + 1]):
        if start > 0 and stop - start <= _SHORT:
            bare[start:stop] = bare[start - 1]
    bare[known[-1] + 1 :] = bare[known[-1]]
    return bare


def _pieces(values: np.ndarray) -> list[tuple[int, int]]:
    """The runs of equal values, as (first, one after the last)."""
    edges = [0, *(np.flatnonzero(np.diff(values)) + 1).tolist(), len(values)]
    return list(itertools.pairwise(edges))
