"""ICC profiles built from their numbers (ICC.1:2001-04), for tests: matrix profiles of RGB colours, and a table of CMYK
inks."""

from __future__ import annotations

import struct
from collections.abc import Callable

import numpy as np

_D65 = np.array([0.95046, 1.0, 1.08906])
_D50 = np.array([0.9642, 1.0, 0.8249])
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])

P3 = ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060))
ADOBE = ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06))
SRGB = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))


def srgb_curve(coded: np.ndarray) -> np.ndarray:
    """0..1 as coded in sRGB -> linear."""
    return np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)


def srgb_coded(linear: np.ndarray) -> np.ndarray:
    """Linear 0..1 -> as coded in sRGB."""
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * np.maximum(linear, 0) ** (1 / 2.4) - 0.055)


def to_xyz(primaries) -> np.ndarray:
    """(3, 3): linear RGB of these primaries and white D65 to XYZ."""
    columns = np.array([[x / y, 1, (1 - x - y) / y] for x, y in primaries]).T
    return columns * np.linalg.solve(columns, _D65)


def adapted() -> np.ndarray:
    """(3, 3): XYZ under D65 to XYZ under D50, Bradford's way."""
    scale = (_BRADFORD @ _D50) / (_BRADFORD @ _D65)
    return np.linalg.inv(_BRADFORD) @ np.diag(scale) @ _BRADFORD


def rgb_profile(primaries, curve: Callable[[np.ndarray], np.ndarray] = srgb_curve) -> bytes:
    """An RGB profile of these primaries; `curve` takes coded values to linear ones."""
    matrix = adapted() @ to_xyz(primaries)
    steps = np.round(curve(np.linspace(0, 1, 1024)) * 65535).astype(">u2").tobytes()
    curv = b"curv" + bytes(4) + struct.pack(">I", 1024) + steps
    tags = {name: _xyz(matrix[:, k]) for k, name in enumerate((b"rXYZ", b"gXYZ", b"bXYZ"))}
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curv) | {b"wtpt": _xyz(_D50)}
    return _profile(b"mntr", b"RGB ", b"XYZ ", tags)


def cmyk_profile(colour_of: Callable[[tuple[int, ...]], tuple[int, int, int]]) -> bytes:
    """A CMYK profile that knows the 16 mixtures of full inks: `colour_of` a mixture (c, m, y, k), each 0 or 1, is
    sRGB."""
    table = bytearray()
    for corner in range(16):
        inks = tuple(corner >> (3 - k) & 1 for k in range(4))
        lab = _lab(np.array(colour_of(inks)) / 255)
        table += bytes(np.clip(np.round([lab[0] * 2.55, lab[1] + 128, lab[2] + 128]), 0, 255).astype(np.uint8))
    unit = struct.pack(">9i", *(np.eye(3).ravel() * 65536).astype(int).tolist())
    ramp = bytes(range(256))
    lut = b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + unit + ramp * 4 + bytes(table) + ramp * 3
    return _profile(b"prtr", b"CMYK", b"Lab ", {b"A2B0": lut, b"wtpt": _xyz(_D50)})


def _lab(coded: np.ndarray) -> np.ndarray:
    xyz = adapted() @ to_xyz(SRGB) @ srgb_curve(coded) / _D50
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def _xyz(values: np.ndarray) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3i", *np.round(np.asarray(values) * 65536).astype(int).tolist())


def _profile(kind: bytes, space: bytes, connection: bytes, tags: dict[bytes, bytes]) -> bytes:
    entries, body = b"", b""
    start = 128 + 4 + 12 * len(tags)
    for name, content in tags.items():
        entries += name + struct.pack(">II", start + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    size = start + len(body)
    header = struct.pack(">I4sI4s4s4s", size, bytes(4), 0x02400000, kind, space, connection)
    header += struct.pack(">6H4s", 2026, 1, 1, 0, 0, 0, b"acsp") + bytes(28)
    header += struct.pack(">3i", *np.round(_D50 * 65536).astype(int).tolist())
    return header.ljust(128, b"\0") + struct.pack(">I", len(tags)) + entries + body
