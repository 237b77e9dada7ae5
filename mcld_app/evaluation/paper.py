"""What the paper (Liu et al., Multi-focal Conditioned Latent Diffusion for Person Image Synthesis) reports in its
tables 1 to 3, figure by figure as printed there.

Nothing here was measured by this project, and nothing comes from elsewhere than those three tables.
"""

from __future__ import annotations

from dataclasses import dataclass

MARKS = {
    "†": "The scores are reported in their paper, since the same split is followed.",
    "‡": "The scores are evaluated and reported in CFLD [24], since they split validation set in a different way.",
}
"""What the paper's two marks mean, in its words ([24] is the CFLD paper); the other rows are unmarked there."""

QUALITY = ("FID", "LPIPS", "SSIM", "PSNR")
"""Columns of table 1: image quality. FID and LPIPS are better lower, SSIM and PSNR (dB) higher."""

FACES = ("FS ref", "dist ref", "FS tgt", "dist tgt")
"""Columns of table 2: cosine similarity (better higher) and Euclidean distance (lower) of the generated face to the
source's (ref) and to the true target's (tgt)."""

LOWER_IS_BETTER = frozenset({"FID", "LPIPS", "dist ref", "dist tgt"})

PAIRS = 8570
"""Test pairs that every reported figure is over: CFLD's split of DeepFashion In-shop."""

COMPARABLE = (
    "Reported figures are over CFLD's 8,570 test pairs of DeepFashion In-shop, by CFLD's evaluation code. A figure is "
    "comparable with them only over the same pairs, at the same resolution (256 x 176 or 512 x 352, the true picture "
    "resized from the photo by antialiased bicubic), on 8-bit pictures.",
    "SSIM: scikit-image, uniform window of 51 pixels, data range 1. The usual SSIM (11 x 11 Gaussian) is another.",
    "LPIPS: AlexNet, version 0.1, pictures brought to -1..1.",
    "FID: torchvision's ImageNet Inception v3 up to the pool, pictures resized to 299 x 299 bilinearly and "
    "renormalised, generated pictures against the training pictures. The usual FID network is another, and its figures "
    "are not comparable.",
    "Faces: InsightFace's buffalo_s, detector input 512 x 352, embeddings not normalised, pairs without a face left "
    "out. Another encoder's figures are not comparable.",
)
"""What makes a figure comparable with the reported ones, a sentence or two for each metric."""


@dataclass(frozen=True)
class Reported:
    """One row of a table in the paper.

    Attributes:
        method: its name, such as "CFLD"; "ref" in table 2 compares the real source photo with the real target.
        venue: as printed, such as "CVPR24"; empty where none is.
        mark: "†", "‡" or "", see `MARKS`.
        height: of the pictures, 256 (x 176) or 512 (x 352).
        figures: by column, as printed; a column that has none ("–") is left out.
        table: of the paper, 1, 2 or 3.
        about: of table 3, the conditions, how they are put together, and the trainable parameters (M is 2^20 there).
    """

    method: str
    venue: str
    mark: str
    height: int
    figures: dict[str, str]
    table: int
    about: str = ""

    def value(self, column: str) -> float | None:
        """The figure of a column as a number; None where the paper has none."""
        return float(self.figures[column]) if column in self.figures else None


def _quality(height: int, method: str, venue: str, mark: str, *figures: str) -> Reported:
    return Reported(method, venue, mark, height, _by_column(QUALITY, figures), 1)


def _faces(height: int, method: str, venue: str, *figures: str) -> Reported:
    return Reported(method, venue, "", height, _by_column(FACES, figures), 2)


def _ablation(height: int, method: str, conditions: str, aggregation: str, parameters: str, *figures: str) -> Reported:
    about = ", ".join(part for part in (conditions, aggregation, parameters) if part != "–")
    return Reported(method, "", "", height, _by_column(QUALITY, figures), 3, about)


def _by_column(columns: tuple[str, ...], figures: tuple[str, ...]) -> dict[str, str]:
    return {column: figure for column, figure in zip(columns, figures, strict=True) if figure != "–"}


TABLE_1: tuple[Reported, ...] = (
    _quality(256, "GFLA", "CVPR20", "‡", "9.827", "0.1878", "0.7082", "–"),
    _quality(256, "SPGNet", "CVPR21", "‡", "16.184", "0.2256", "0.6965", "17.222"),
    _quality(256, "NTED", "CVPR22", "‡", "8.517", "0.177", "0.7156", "17.74"),
    _quality(256, "CASD", "ECCV22", "‡", "13.137", "0.1781", "0.7224", "17.880"),
    _quality(256, "PIDM", "CVPR23", "†", "6.36", "0.1678", "0.7312", "–"),
    _quality(256, "PoCoLD", "ICCV23", "†", "8.067", "0.1642", "0.7310", "–"),
    _quality(256, "CFLD", "CVPR24", "†", "6.804", "0.1519", "0.7378", "18.235"),
    _quality(256, "MCLD (B3)", "", "", "6.86", "0.157", "0.734", "18.03"),
    _quality(256, "MCLD (Ours)", "", "", "6.693", "0.1482", "0.7511", "18.84"),
    _quality(512, "CoCosNets", "CVPR22", "", "13.325", "0.2265", "0.7236", "–"),
    _quality(512, "NTED", "CVPR22", "‡", "7.645", "0.1999", "0.7359", "17.385"),
    _quality(512, "PIDM", "CVPR23", "†", "5.8365", "0.1768", "0.7419", "–"),
    _quality(512, "PoCoLD", "ICCV23", "†", "8.416", "0.1920", "0.7430", "–"),
    _quality(512, "CFLD", "CVPR24", "†", "7.149", "0.1819", "0.7478", "17.645"),
    _quality(512, "MCLD (B3)", "", "", "7.23", "0.1951", "0.7405", "17.48"),
    _quality(512, "MCLD (Ours)", "", "", "7.079", "0.1757", "0.7557", "18.211"),
)
"""Image quality."""

TABLE_2: tuple[Reported, ...] = (
    _faces(256, "CASD", "ECCV22", "0.207", "28.80", "0.317", "26.28"),
    _faces(256, "PIDM", "CVPR23", "0.270", "28.06", "0.394", "25.17"),
    _faces(256, "CFLD", "CVPR24", "0.243", "28.86", "0.363", "26.11"),
    _faces(256, "MCLD (B3)", "", "0.279", "28.1", "0.381", "25.7"),
    _faces(256, "MCLD (Ours)", "", "0.301", "27.65", "0.413", "25.02"),
    _faces(256, "ref", "", "–", "–", "0.497", "22.53"),
    _faces(512, "CFLD", "CVPR24", "0.227", "28.62", "0.286", "27.54"),
    _faces(512, "MCLD (B3)", "", "0.289", "27.04", "0.333", "26.25"),
    _faces(512, "MCLD (Ours)", "", "0.294", "27.01", "0.344", "26.31"),
    _faces(512, "ref", "", "–", "–", "0.643", "17.42"),
)
"""Faces."""


TABLE_3: tuple[Reported, ...] = (
    _ablation(256, "B1", "I", "–", "1622 M", "6.427", "0.1629", "0.7371", "18.18"),
    _ablation(256, "B2", "I, A", "concat", "1622 M", "6.830", "0.1620", "0.7357", "18.20"),
    _ablation(256, "B3", "I, A, F", "concat", "1698 M", "6.858", "0.1536", "0.7340", "18.03"),
    _ablation(256, "B4", "F, A", "MFCA", "1711 M", "6.717", "0.1619", "0.734", "18.16"),
    _ablation(256, "B5", "I, A", "MFCA", "1622 M", "6.723", "0.1483", "0.7499", "18.72"),
    _ablation(256, "Ours", "I, A, F", "MFCA", "1717 M", "6.693", "0.1482", "0.7511", "18.84"),
    _ablation(512, "B1", "I", "–", "1622 M", "6.738", "0.1923", "0.7463", "17.64"),
    _ablation(512, "B2", "I, A", "concat", "1622 M", "7.129", "0.1932", "0.7433", "17.63"),
    _ablation(512, "B3", "I, A, F", "concat", "1698 M", "7.23", "0.1951", "0.7405", "17.48"),
    _ablation(512, "B4", "F, A", "MFCA", "1711 M", "7.138", "0.1923", "0.7408", "17.56"),
    _ablation(512, "B5", "I, A", "MFCA", "1622 M", "7.047", "0.1766", "0.7543", "18.13"),
    _ablation(512, "Ours", "I, A, F", "MFCA", "1717 M", "7.079", "0.1757", "0.7557", "18.21"),
)
"""Ablations. At 256 its B3 has LPIPS 0.1536 where table 1 has 0.157, and other rows differ in the last digits."""

ABLATIONS = tuple(dict.fromkeys(row.method for row in TABLE_3))
"""Names of the ablations: "B1" to "B5", and "Ours"."""


def reported(table: int, height: int) -> tuple[Reported, ...]:
    """The rows of table 1 (image quality), 2 (faces) or 3 (ablations) at one resolution, 256 or 512 pixels high; none
    at another."""
    return tuple(row for row in (*TABLE_1, *TABLE_2, *TABLE_3) if row.table == table and row.height == height)
