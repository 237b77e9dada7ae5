"""Measure a folder of results against a prepared data folder, and put the paper's figures beside."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from mcld_app.body.iuv import to_network_rgb
from mcld_app.data.layout import Layout, Pair, read_pairs, require
from mcld_app.errors import StudioError
from mcld_app.evaluation.faces import Encoder, FaceMatch, face_scores, load_encoder, match
from mcld_app.evaluation.frechet import FeatureNetwork, Statistics, fid, load_inception
from mcld_app.evaluation.metrics import foreground_psnr, psnr, ssim
from mcld_app.evaluation.newer import newer, protocols
from mcld_app.evaluation.pairs import (
    Resolution,
    read_pose,
    read_result,
    read_truth,
    require_results,
    resolutions_in,
)
from mcld_app.evaluation.paper import ABLATIONS, COMPARABLE, FACES, PAIRS, QUALITY, reported
from mcld_app.evaluation.perceptual import Lpips, load_lpips
from mcld_app.evaluation.pretrained import Skipped
from mcld_app.evaluation.table import (
    Table,
    TableRow,
    measured_row,
    newer_row,
    picture_grid,
    reported_row,
    to_csv,
    to_markdown,
    write_tables,
)

FOREGROUND = "foreground PSNR"
BATCH = 8

Progress = Callable[[str, int, int], None]
"""Told what is being measured, how much of it is done, and of how much."""


@dataclass(frozen=True)
class Networks:
    """The networks some figures need; each may be `Skipped`, and then so are its figures.

    Attributes:
        lpips: LPIPS; the authors' is on AlexNet.
        fid: what FID compares features of.
        faces: what makes face embeddings.
        authors_lpips: whether `lpips` is the authors', else its figures are labelled not comparable.
        authors_faces: likewise for `faces`.
    """

    lpips: Lpips | Skipped
    fid: FeatureNetwork | Skipped
    faces: Encoder | Skipped
    authors_lpips: bool = False
    authors_faces: bool = False


def load_networks(device: str = "cpu", faces: Path | None = None) -> Networks:
    """The authors' networks, as far as they can be had here.

    Args:
        device: torch's, for LPIPS and FID.
        faces: folder of InsightFace's buffalo_s; default: where InsightFace keeps it.
    """
    return Networks(
        load_lpips(device), load_inception(device), load_encoder(faces), authors_lpips=True, authors_faces=True
    )


@dataclass(frozen=True)
class PairFigures:
    """The figures of one pair at one size: `LPIPS` and `foreground PSNR` only where they could be measured."""

    pair: Pair
    resolution: Resolution
    figures: dict[str, float]


@dataclass(frozen=True)
class Evaluation:
    """What was measured.

    Attributes:
        tables: image quality, faces and ablations for each size, the paper's rows beside ours; newer methods apart.
        cases: pair by pair.
        grid: the first pairs as pictures: source, pose, target, result.
    """

    tables: tuple[Table, ...]
    cases: tuple[PairFigures, ...]
    grid: Image.Image

    def markdown(self) -> str:
        """All tables as Markdown."""
        return to_markdown(self.tables)

    def write(self, out: Path) -> tuple[Path, ...]:
        """Write table.md, table.csv, cases.csv and grid.png into a folder, which is made if need be.

        Raises:
            StudioError: where the folder cannot be written.
        """
        texts = {"table.md": self.markdown(), "table.csv": to_csv(self.tables), "cases.csv": _cases_csv(self.cases)}
        return tuple(write_tables(out, texts, self.grid, "grid.png"))


def evaluate_folder(
    results: str | Path,
    data: str | Path,
    *,
    split: str = "test",
    pairs: str | Path | None = None,
    networks: Networks | None = None,
    method: str = "this project",
    ablation: str = "Ours",
    examples: int = 8,
    on_progress: Progress | None = None,
) -> Evaluation:
    """Measure every pair of a list at each size the results have.

    Args:
        results: folder with `256/` and `512/`, or one of them, see `pairs`.
        data: folder in the authors' layout. Without IUV maps of the targets there is no foreground PSNR, without
            training photos no FID.
        split: whose photos and list, "test" as a rule.
        pairs: the list; default: the one in `data`.
        networks: default: the authors', as far as they can be had.
        method: name of our row.
        ablation: which of the paper's ablations the results are of: beside its row they stand, see `paper.ABLATIONS`.
        examples: rows of the picture grid.
        on_progress: called before each pair, training picture batch and at the end.

    Raises:
        DataError: a missing folder, list, photo or result, each named and counted, or a result of the wrong size.
        StudioError: no scikit-image, or no such ablation.
    """
    if ablation not in ABLATIONS:
        raise StudioError(f"There is no ablation {ablation!r}. Choose one of: {', '.join(ABLATIONS)}.")
    results, layout = Path(results), Layout(Path(data), split)
    layout.check()
    resolutions = resolutions_in(results)
    listed = read_pairs(layout.pairs() if pairs is None else pairs)
    photos = [name for pair in listed for name in (pair.source, pair.target)]
    require(map(layout.photo, photos), "photos", "Put them there, or shorten the list of pairs.")
    for resolution in resolutions:
        require_results(results, resolution, listed)
    networks = networks or load_networks()
    tables: list[Table] = []
    cases: list[PairFigures] = []
    for resolution in resolutions:
        measured = _Measured(results, layout, resolution, listed, networks, on_progress or _silent)
        measured.run()
        cases += measured.cases
        tables += [measured.quality_table(method), measured.face_table(method)]
        tables += [measured.ablation_table(method, ablation), measured.newer_table(method)]
    return Evaluation(tuple(tables), tuple(cases), _grid(results, layout, resolutions[-1], listed[:examples], method))


@dataclass
class _Measured:
    """One size, being measured."""

    results: Path
    layout: Layout
    resolution: Resolution
    pairs: Sequence[Pair]
    networks: Networks
    on_progress: Progress
    cases: list[PairFigures] = field(default_factory=list)
    fid: float | Skipped | None = None
    note: str = ""
    faces: list[tuple[np.ndarray | None, ...]] = field(default_factory=list)

    def run(self) -> None:
        network, generated = self.networks.fid, Statistics()
        for batch in self._results():
            if isinstance(network, FeatureNetwork):
                generated.add(network(batch))
        self.fid = self._fid(network, generated) if isinstance(network, FeatureNetwork) else network

    def _fid(self, network: FeatureNetwork, generated: Statistics) -> float | Skipped:
        real = sorted((self.layout.folder / "train").glob("*.jpg"))
        if min(len(real), len(self.pairs)) < 2:
            return Skipped(
                f"FID compares at least two results with at least two training pictures, and there are "
                f"{len(self.pairs)} and {len(real)} (photos are looked for in {self.layout.folder / 'train'})."
            )
        self.note = f"; FID against {len(real):,} training pictures"
        return fid(network, generated, self._training([path.name for path in real]))

    def _training(self, names: Sequence[str]) -> Iterator[np.ndarray]:
        layout = Layout(self.layout.folder, "train")
        for start in range(0, len(names), BATCH):
            self.on_progress(f"training pictures at {self.resolution}", start, len(names))
            yield np.stack([read_truth(layout, self.resolution, name) for name in names[start : start + BATCH]])
        self.on_progress(f"training pictures at {self.resolution}", len(names), len(names))

    def _results(self) -> Iterator[np.ndarray]:
        """The results in batches, each measured by the way."""
        what = f"pairs at {self.resolution}"
        for start in range(0, len(self.pairs), BATCH):
            pairs, batch, truths, figures = self.pairs[start : start + BATCH], [], [], []
            for number, pair in enumerate(pairs, start):
                self.on_progress(what, number, len(self.pairs))
                batch.append(read_result(self.results, self.resolution, pair))
                truths.append(read_truth(self.layout, self.resolution, pair.target))
                figures.append(self._pixels(batch[-1], truths[-1], pair))
                self._find_faces(batch[-1], truths[-1], pair)
            made, true = np.stack(batch), np.stack(truths)
            if not isinstance(self.networks.lpips, Skipped):
                for case, distance in zip(figures, self.networks.lpips(made, true), strict=True):
                    case["LPIPS"] = float(distance)
            self.cases += [PairFigures(pair, self.resolution, case) for pair, case in zip(pairs, figures, strict=True)]
            yield made
        self.on_progress(what, len(self.pairs), len(self.pairs))

    def _pixels(self, made: np.ndarray, true: np.ndarray, pair: Pair) -> dict[str, float]:
        figures = {"SSIM": ssim(true, made), "PSNR": psnr(true, made)}
        pose = read_pose(self.layout, self.resolution, pair.target)
        if pose is not None and pose[..., 0].any():
            figures[FOREGROUND] = foreground_psnr(true, made, pose[..., 0] > 0)
        return figures

    def _find_faces(self, made: np.ndarray, true: np.ndarray, pair: Pair) -> None:
        if not isinstance(self.networks.faces, Skipped):
            source = read_truth(self.layout, self.resolution, pair.source)
            self.faces.append(tuple(self.networks.faces(picture) for picture in (made, source, true)))

    @property
    def _count(self) -> str:
        return f"{len(self.pairs):,} pair{'s' if len(self.pairs) != 1 else ''}"

    def _not_comparable(self, columns: Iterable[str], reasons: dict[str, str]) -> dict[str, str]:
        if len(self.pairs) != PAIRS:
            return dict.fromkeys(columns, f"measured over {self._count}, not the paper's {PAIRS:,}") | reasons
        return reasons

    def quality_row(self, method: str, columns: Sequence[str], *, beside_reported: bool = True) -> TableRow:
        def mean(column: str) -> float | None:
            values = [case.figures[column] for case in self.cases if column in case.figures]
            return float(np.mean(values)) if values else None

        figures: dict[str, float | Skipped | None] = {column: mean(column) for column in columns} | {"FID": self.fid}
        if isinstance(self.networks.lpips, Skipped):
            figures["LPIPS"] = self.networks.lpips
        if FOREGROUND in columns and figures[FOREGROUND] is None:
            maps = self.layout.densepose(self.pairs[0].target).parent
            figures[FOREGROUND] = Skipped(f"the foreground is the targets' IUV maps, and {maps} has none with a body.")
        reasons = {}
        if not self.networks.authors_lpips:
            reasons["LPIPS"] = "another network than the authors' AlexNet"
        if isinstance(self.networks.fid, FeatureNetwork) and not self.networks.fid.authors:
            reasons["FID"] = f"another definition than the authors': features of {self.networks.fid.name}"
        return measured_row(
            method,
            figures,
            note=self._count + self.note,
            not_comparable=self._not_comparable(QUALITY, reasons) if beside_reported else None,
            beside_reported=beside_reported,
        )

    def quality_table(self, method: str) -> Table:
        columns, notes = (*QUALITY, FOREGROUND), [*COMPARABLE[:-1]]
        covered = sum(FOREGROUND in case.figures for case in self.cases)
        if 0 < covered < len(self.pairs):
            notes.append(f"Foreground PSNR: over the {covered:,} pairs whose target has an IUV map with a body.")
        rows = (self.quality_row(method, columns), *map(reported_row, reported(1, self.resolution.height)))
        return Table(f"Image quality at {self.resolution}", columns, rows, tuple(notes))

    def ablation_table(self, method: str, ablation: str) -> Table:
        """The paper's ablations, and ours behind the one that it is a run of."""
        rows = []
        for row in reported(3, self.resolution.height):
            rows.append(reported_row(row))
            if row.method == ablation:
                rows.append(self.quality_row(method, QUALITY))
        notes = (COMPARABLE[0], "I the photo, A the texture map, F the face; MFCA puts each into its place, concat all "
                 "into one attention. The measured row stands behind the ablation that it is a run of.")  # fmt: skip
        return Table(f"Ablations at {self.resolution}", QUALITY, tuple(rows), notes)

    def newer_table(self, method: str) -> Table:
        height = self.resolution.height
        rows = (self.quality_row(method, QUALITY, beside_reported=False), *map(newer_row, newer(height)))
        title = f"Newer methods, each by its own protocol, at {self.resolution}"
        return Table(title, QUALITY, rows, protocols(height))

    def face_table(self, method: str) -> Table:
        reasons = {} if self.networks.authors_faces else dict.fromkeys(FACES, "another encoder than the authors'")
        reasons = self._not_comparable(FACES, reasons)
        title, theirs = f"Faces at {self.resolution}", [*map(reported_row, reported(2, self.resolution.height))]
        notes = (COMPARABLE[0], COMPARABLE[-1], "ref: the real source photo against the real target photo.")
        if isinstance(self.networks.faces, Skipped):
            ours = measured_row(method, dict.fromkeys(FACES, self.networks.faces), note=self._count)
            return Table(title, FACES, (ours, *theirs), notes)
        made, source, true = zip(*self.faces, strict=True)
        scores, real = face_scores(made, source, true), match(source, true)

        def figures(name: str, found: FaceMatch) -> dict[str, float | Skipped]:
            missing = Skipped(f"no pair has two faces to compare ({found.left_out:,} looked at).")
            return {
                f"FS {name}": missing if found.cosine is None else found.cosine,
                f"dist {name}": missing if found.distance is None else found.distance,
            }

        def left_out(*found: FaceMatch) -> str:
            counts = " and ".join(f"{each.left_out:,}" for each in found)
            return f"{self._count}, of which {counts} without a face left out"

        rows = [
            measured_row(
                method,
                figures("ref", scores.source) | figures("tgt", scores.target),
                note=left_out(scores.source, scores.target),
                not_comparable=reasons,
                beside_reported=True,
            ),
            measured_row(
                "ref", figures("tgt", real), note=left_out(real), not_comparable=reasons, beside_reported=True
            ),
        ]
        return Table(title, FACES, (*rows, *theirs), notes)


def _grid(results: Path, layout: Layout, resolution: Resolution, pairs: Sequence[Pair], method: str) -> Image.Image:
    blank = np.full((resolution.height, resolution.width, 3), 255, np.uint8)
    rows = []
    for pair in pairs:
        pose = read_pose(layout, resolution, pair.target)
        rows.append([
            read_truth(layout, resolution, pair.source),
            blank if pose is None else to_network_rgb(pose),
            read_truth(layout, resolution, pair.target),
            read_result(results, resolution, pair),
        ])  # fmt: skip
    labels = [pair.result.removesuffix(".png") for pair in pairs]
    return picture_grid(["source", "pose", "target", method], rows, labels)


def _cases_csv(cases: Sequence[PairFigures]) -> str:
    columns = ("SSIM", "PSNR", FOREGROUND, "LPIPS")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["from", "to", "height", "width", *columns])
    for case in cases:
        size = (case.resolution.height, case.resolution.width)
        figures = [f"{case.figures[column]:.6g}" if column in case.figures else "" for column in columns]
        writer.writerow([case.pair.source, case.pair.target, *size, *figures])
    return text.getvalue()


def _silent(what: str, done: int, total: int) -> None:
    pass
