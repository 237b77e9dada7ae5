"""What later papers report on DeepFashion's test pairs. Each measured in its own way, so their figures stand in tables
of their own, which say where each was read.

Nothing here was measured by this project, and a figure that could not be read in a source is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Newer:
    """One row.

    Attributes:
        method: its name, and who measured it where that was somebody else.
        height: of the table it belongs into, 256 or 512.
        figures: by column, as printed.
        source: paper or page, with the table's number, and how it was read.
        pictures: what size of pictures was measured.
    """

    method: str
    height: int
    figures: Mapping[str, str]
    source: str
    pictures: str


_LEFFA = "Leffa, arXiv:2412.08486, table 3"
_XMDPT = "README of github.com/trungpx/xmdpt (X-MDPT, arXiv:2402.01516)"
_ONE_TO_ALL = "One-to-All Animation, arXiv:2511.22940, table 2, as quoted on en.papernotes.org: the paper was not read"


def _row(method: str, source: str, pictures: str, fid: str, lpips: str = "", ssim: str = "", psnr: str = "") -> Newer:
    figures = {"FID": fid, "LPIPS": lpips, "SSIM": ssim, "PSNR": psnr}
    height = int(pictures.split()[0])
    return Newer(method, height, {column: figure for column, figure in figures.items() if figure}, source, pictures)


NEWER: tuple[Newer, ...] = (
    _row("X-MDPT-S", _XMDPT, "256 x 256", "7.42"),
    _row("X-MDPT-B", _XMDPT, "256 x 256", "6.72"),
    _row("X-MDPT-L", _XMDPT, "256 x 256", "6.60"),
    _row("X-MDPT-L, as Leffa reports it", _LEFFA, "256 x 176", "6.25", "0.167", "0.729"),
    _row("Leffa", _LEFFA, "256 x 176", "5.71", "0.114", "0.732"),
    _row("X-MDPT-L, as Leffa reports it", _LEFFA, "512 x 352", "5.93", "0.179", "0.742"),
    _row("Leffa", _LEFFA, "512 x 352", "4.23", "0.119", "0.755"),
    _row("One-to-All-1.3B", _ONE_TO_ALL, "512 x 352", "6.85", "0.249", "0.742", "16.84"),
    _row("CFLD, as One-to-All reports it", _ONE_TO_ALL, "512 x 352", "7.11", "0.279", "0.753", "17.13"),
    _row("MCLD, as One-to-All reports it", _ONE_TO_ALL, "512 x 352", "7.07", "0.275", "0.736", "16.51"),
)
"""Rows by height, then by year."""

CARE = (
    "Each reported row was measured by its own protocol: hold them against each other, and against the measured row, "
    "with care."
)

PROTOCOLS: Mapping[str, str] = MappingProxyType({
    "X-MDPT": "8,570 test pairs. The README's FID is of pictures of 256 x 256: the method draws squares.",
    "Leffa": "FID of the test results against all training pictures, as earlier papers. Which networks, and which "
    "window of SSIM, is not said. It gives CFLD's LPIPS at 512 x 352 as 0.152, where MCLD's paper has 0.1819.",
    "One-to-All": "8,570 test pairs; trained on videos too. Its figures for MCLD and CFLD are not those of MCLD's "
    "paper (MCLD's LPIPS 0.275, and 0.1757 there), so it measures otherwise.",
})  # fmt: skip
"""What is known of each method's protocol, by the beginning of its name."""


def newer(height: int) -> tuple[Newer, ...]:
    """The rows at one resolution, 256 or 512 pixels high; none at another."""
    return tuple(row for row in NEWER if row.height == height)


def protocols(height: int) -> tuple[str, ...]:
    """The sentences that belong below these rows."""
    methods = tuple(row.method for row in newer(height))
    told = (f"{name}: {said}" for name, said in PROTOCOLS.items() if any(each.startswith(name) for each in methods))
    return (CARE, *told)
