"""Evaluation: figures against hand-computed ones and scikit-image's own, tables, and a whole folder measured."""

from __future__ import annotations

import csv
import importlib.util
import io
import math
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from mcld_app.body.iuv import to_network_rgb
from mcld_app.cli.main import main
from mcld_app.data.layout import DataError, Pair
from mcld_app.errors import StudioError
from mcld_app.evaluation import frechet, perceptual
from mcld_app.evaluation.benchmark import FOREGROUND, Networks, evaluate_folder
from mcld_app.evaluation.faces import FaceMatch, face_scores, load_encoder, match
from mcld_app.evaluation.frechet import FeatureNetwork, Statistics, fid, frechet_distance, statistics
from mcld_app.evaluation.metrics import MetricError, foreground_psnr, psnr, ssim
from mcld_app.evaluation.newer import PROTOCOLS, newer, protocols
from mcld_app.evaluation.pairs import RESOLUTIONS, read_truth
from mcld_app.evaluation.paper import ABLATIONS, FACES, MARKS, QUALITY, TABLE_1, TABLE_2, TABLE_3, Reported, reported
from mcld_app.evaluation.perceptual import Lpips
from mcld_app.evaluation.pretrained import Skipped
from mcld_app.evaluation.table import Table, measured_row, newer_row, picture_grid, reported_row, to_csv, to_markdown

PAPER = Path(__file__).resolve().parents[2] / "shared" / "paper.txt"


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (*shape, 3), np.uint8)


def near(picture: np.ndarray, by: int = 20, seed: int = 1) -> np.ndarray:
    """The picture with some noise on it."""
    change = np.random.default_rng(seed).integers(-by, by + 1, picture.shape)
    return np.clip(picture.astype(int) + change, 0, 255).astype(np.uint8)


# --- pixels --------------------------------------------------------------------------------------------------------


def test_equal_pictures():
    picture = noise(60, 70)
    assert ssim(picture, picture) == pytest.approx(1)
    assert psnr(picture, picture) == math.inf
    assert foreground_psnr(picture, picture, np.ones((60, 70), bool)) == math.inf


def test_ssim_and_psnr_are_scikit_images_as_the_authors_call_it():
    a = noise(80, 64)
    b = near(a, 60)
    x, y = (picture.astype(np.float32).transpose(2, 0, 1) / 255 for picture in (a, b))
    assert ssim(a, b) == pytest.approx(structural_similarity(x, y, data_range=1, win_size=51, channel_axis=0), abs=1e-6)
    assert psnr(a, b) == pytest.approx(peak_signal_noise_ratio(x, y, data_range=1), abs=1e-4)
    usual = structural_similarity(x, y, data_range=1, channel_axis=0, gaussian_weights=True)
    assert abs(ssim(a, b) - usual) > 1e-3  # the usual SSIM is another figure


def test_psnr_by_hand():
    a = np.full((4, 4, 3), 100, np.uint8)
    assert psnr(a, a + 51) == pytest.approx(20 * math.log10(5), abs=1e-4)  # a fifth of the range


def test_ssim_of_flat_pictures_by_hand():
    a, b = np.zeros((51, 51, 3), np.uint8), np.full((51, 51, 3), 255, np.uint8)
    assert ssim(a, b) == pytest.approx(1e-4 / (1 + 1e-4), rel=1e-3)  # only the means differ: C1 / (1 + C1)


def test_foreground_psnr_counts_masked_pixels_only():
    a = np.zeros((4, 4, 3), np.uint8)
    b = a.copy()
    b[0, 0], b[3, 3] = 255, 51
    mask = np.zeros((4, 4), bool)
    mask[3, 2:] = True
    assert foreground_psnr(a, b, mask) == pytest.approx(10 * math.log10(25 * 2))
    assert foreground_psnr(a, b, np.ones((4, 4), bool)) == pytest.approx(psnr(a, b), abs=1e-4)


@given(arrays(np.uint8, (7, 9, 3)), arrays(np.uint8, (7, 9, 3)))
def test_neither_picture_comes_first(a: np.ndarray, b: np.ndarray):
    assert ssim(a, b, 7) == pytest.approx(ssim(b, a, 7), abs=1e-6)
    assert ssim(a, b, 7) <= 1 + 1e-6
    assert psnr(a, b) == psnr(b, a)
    assert psnr(a, b) >= 0


@pytest.mark.parametrize("figure", [ssim, psnr, lambda a, b: foreground_psnr(a, b, np.ones(a.shape[:2], bool))])
@pytest.mark.parametrize(
    ("a", "b", "said"),
    [
        (noise(60, 60), noise(60, 61), "60 x 60 and 61 x 60 pixels"),
        (noise(60, 60), noise(60, 60) / 255, "this is float64"),
        (noise(60, 60)[..., 0], noise(60, 60)[..., 0], r"this is uint8 of shape \(60, 60\)"),
        (np.zeros((60, 60, 4), np.uint8), np.zeros((60, 60, 4), np.uint8), "height x width x 3"),
    ],
)
def test_pictures_that_cannot_be_compared(figure: Callable, a: np.ndarray, b: np.ndarray, said: str):
    with pytest.raises(MetricError, match=said):
        figure(a, b)


def test_what_else_is_refused():
    small = noise(50, 60)
    with pytest.raises(MetricError, match=r"60 x 50 pixels, too small for SSIM's window of 51"):
        ssim(small, small)
    with pytest.raises(MetricError, match="odd number of pixels from 3 on, not 6"):
        ssim(small, small, 6)
    with pytest.raises(MetricError, match="The mask is empty"):
        foreground_psnr(small, small, np.zeros((50, 60), bool))
    with pytest.raises(MetricError, match="The mask is float64"):
        foreground_psnr(small, small, np.ones((50, 60)))


def test_without_scikit_image_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "skimage", None)
    with pytest.raises(StudioError, match=r"pip install -r requirements-eval\.txt"):
        psnr(noise(8, 8), noise(8, 8))


def test_the_two_requirement_files_agree_on_scikit_image():
    root = Path(__file__).resolve().parent.parent

    def pins(name: str) -> list[str]:
        return [line for line in (root / name).read_text().splitlines() if line.startswith("scikit-image")]

    assert len(pins("requirements-eval.txt")) == 2
    assert pins("requirements-eval.txt") == pins("requirements-dev.txt")


# --- LPIPS ---------------------------------------------------------------------------------------------------------


def network(seed: int = 0) -> Callable[[torch.Tensor, torch.Tensor], torch.Tensor]:
    """A distance of our own, which answers as the package lpips does: (N, 1, 1, 1)."""
    torch.manual_seed(seed)
    layer = torch.nn.Conv2d(3, 4, 3)

    def distance(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        return ((layer(a).relu() - layer(b).relu()) ** 2).mean((1, 2, 3), keepdim=True)

    return distance


def test_lpips_of_pictures():
    lpips = Lpips(network())
    a = np.stack([noise(16, 12, seed=seed) for seed in range(3)])
    little, much = near(a, 5), near(a, 100)
    assert lpips(a, a).tolist() == [0, 0, 0]
    assert (lpips(a, little) > 0).all()
    assert (lpips(a, much) > lpips(a, little)).all()
    assert np.allclose(lpips(a, much), lpips(much, a))
    assert np.allclose(lpips(a, much)[1], lpips(a[1:2], much[1:2]), rtol=1e-4)  # each picture by itself
    assert lpips(a[:1], much[:1]).shape == (1,)


def test_lpips_hands_its_network_pictures_in_minus_one_to_one():
    seen = []

    def distance(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        seen.extend((a, b))
        return torch.zeros(len(a), 1, 1, 1)

    one, other = np.zeros((2, 1, 2, 3, 3), np.uint8)
    one[0, 1, 2] = (255, 0, 51)
    Lpips(distance)(one, other)
    assert seen[0].shape == (1, 3, 2, 3)
    assert seen[0][0, :, 1, 2].tolist() == pytest.approx([1, -1, -0.6])
    assert (seen[1] == -1).all()


def test_lpips_refuses_what_does_not_fit():
    lpips = Lpips(network())
    with pytest.raises(MetricError, match="pictures of one size"):
        lpips(noise(1, 16, 12), noise(1, 16, 16))
    with pytest.raises(MetricError, match="uint8 of shape"):
        lpips(noise(16, 12), noise(16, 12))


def stand_in(monkeypatch: pytest.MonkeyPatch, name: str, **members: object) -> None:
    """Put a module of our own in the place of a library that may not be installed."""
    module = ModuleType(name)
    vars(module).update(members)
    monkeypatch.setitem(sys.modules, name, module)


def alexnet(pretrained: bool = False) -> torch.nn.Module:
    """As torchvision's is built, with random weights."""
    torch.manual_seed(0)
    sizes = ((3, 64, 11, 4, 2), (64, 192, 5, 1, 2), (192, 384, 3, 1, 1), (384, 256, 3, 1, 1), (256, 256, 3, 1, 1))
    layers: list[torch.nn.Module] = []
    for n, (of, to, kernel, stride, padding) in enumerate(sizes):
        layers += [torch.nn.Conv2d(of, to, kernel, stride, padding), torch.nn.ReLU(inplace=True)]
        layers += [torch.nn.MaxPool2d(3, 2)] if n in (0, 1, 4) else []
    network = torch.nn.Module()
    network.features = torch.nn.Sequential(*layers)
    return network


def test_lpips_is_the_packages_on_alexnet(monkeypatch: pytest.MonkeyPatch):
    asked = []

    class LPIPS(torch.nn.Module):
        def __init__(self, **options: object) -> None:
            super().__init__()
            asked.append(options)

        def forward(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
            return (a - b).abs().mean((1, 2, 3), keepdim=True)

    stand_in(monkeypatch, "torchvision", models=SimpleNamespace(alexnet=alexnet))
    stand_in(monkeypatch, "lpips", LPIPS=LPIPS)
    lpips = perceptual.load_lpips()
    assert asked == [{"net": "alex", "version": "0.1", "verbose": False}]
    assert lpips(np.zeros((2, 8, 8, 3), np.uint8), np.full((2, 8, 8, 3), 51, np.uint8)) == pytest.approx([0.4, 0.4])


def test_the_package_computes_what_the_authors_report(monkeypatch: pytest.MonkeyPatch):
    """By hand: squared differences of features of length 1, weighted, averaged over pixels, summed over layers."""
    if importlib.util.find_spec("lpips") is None:
        pytest.skip("the package lpips is for evaluation alone (requirements-eval.txt)")
    if importlib.util.find_spec("torchvision") is None:
        stand_in(monkeypatch, "torchvision", models=SimpleNamespace(alexnet=alexnet))
    else:
        monkeypatch.setattr("torchvision.models.alexnet", alexnet)
    lpips = perceptual.load_lpips()
    assert isinstance(lpips, Lpips)
    a, b = noise(1, 64, 64), noise(1, 64, 64, seed=1)
    x, y = (torch.from_numpy(p).permute(0, 3, 1, 2).float() / 255 for p in (a, b))
    mean, deviation = (torch.tensor(v).view(1, 3, 1, 1) for v in ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]))
    x, y = (x - mean) / deviation, (y - mean) / deviation
    expected, weights = 0.0, [lin.model[-1].weight for lin in lpips.distance.lins]
    for number, layer in enumerate(alexnet().features[:12]):
        x, y = layer(x), layer(y)
        if number in (1, 4, 7, 9, 11):
            one, other = (f / f.norm(dim=1, keepdim=True).clamp_min(1e-10) for f in (x.clone(), y.clone()))
            expected += (weights.pop(0) * (one - other) ** 2).sum(1).mean().item()
    assert not weights
    assert lpips(a, b) == pytest.approx([expected], rel=0.02)


# --- FID -----------------------------------------------------------------------------------------------------------

numbers = st.floats(-5, 5, width=32)


def gaussian(size: int = 3) -> st.SearchStrategy[tuple[np.ndarray, np.ndarray]]:
    """A mean and a covariance, singular ones too."""
    return st.tuples(
        arrays(np.float64, size, elements=numbers),
        arrays(np.float64, (size, size), elements=numbers).map(lambda factor: factor @ factor.T),
    )


def test_frechet_distance_of_gaussians_with_diagonal_covariance():
    a, b = np.array([1.0, 4.0, 0.0]), np.array([9.0, 1.0, 4.0])  # variances: the closed form is in their roots
    expected = (1 + 4 + 9) + (1 - 3) ** 2 + (2 - 1) ** 2 + (0 - 2) ** 2
    assert frechet_distance([0, 0, 0], np.diag(a), [1, -2, 3], np.diag(b)) == pytest.approx(expected)


def test_frechet_distance_does_not_care_how_the_axes_lie():
    turn, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))
    a, b = np.diag([1.0, 4.0, 2.0]), np.array([[2.0, 1.0, 0.0], [1.0, 3.0, 0.5], [0.0, 0.5, 1.0]])
    mean = np.array([1.0, 2.0, 3.0])
    straight = frechet_distance(np.zeros(3), a, mean, b)
    assert frechet_distance(np.zeros(3), turn @ a @ turn.T, turn @ mean, turn @ b @ turn.T) == pytest.approx(straight)


def test_frechet_distance_is_scipys_matrix_root():
    from scipy.linalg import sqrtm

    draw = np.random.default_rng(3)
    x, y = draw.normal(size=(40, 5)), draw.normal(1, 2, size=(40, 5))
    a, b = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    apart = x.mean(0) - y.mean(0)
    expected = apart @ apart + np.trace(a + b - 2 * np.real(sqrtm(a @ b)))
    assert frechet_distance(x.mean(0), a, y.mean(0), b) == pytest.approx(expected)


@given(gaussian(), gaussian())
def test_frechet_distance_is_a_distance(one, other):
    there, back = frechet_distance(*one, *other), frechet_distance(*other, *one)
    assert there == pytest.approx(back, rel=1e-5, abs=1e-4)
    assert there >= 0
    assert frechet_distance(*one, *one) == pytest.approx(0, abs=1e-3)
    assert there >= ((one[0] - other[0]) ** 2).sum() - 1e-3  # the means alone


def test_frechet_distance_refuses_what_is_no_pair_of_gaussians():
    with pytest.raises(MetricError, match="Two Gaussians of one size"):
        frechet_distance(np.zeros(2), np.eye(2), np.zeros(3), np.eye(3))
    with pytest.raises(MetricError, match="at least two pictures"):
        frechet_distance(np.zeros(2), np.full((2, 2), np.nan), np.zeros(2), np.eye(2))


@given(arrays(np.float64, (9, 3), elements=numbers), st.lists(st.integers(0, 9), max_size=3))
def test_statistics_in_batches_are_those_of_all_rows(features: np.ndarray, cuts: list[int]):
    found = Statistics()
    for batch in np.split(features, sorted(cuts)):
        found.add(batch)
    assert found.count == 9
    assert np.allclose(found.mean, features.mean(0))
    assert np.allclose(found.covariance, np.cov(features, rowvar=False), atol=1e-9)


def test_statistics_refuse_other_rows_and_what_is_not_finite():
    found = Statistics()
    found.add(np.zeros((2, 3)))
    with pytest.raises(MetricError, match="rows of one length"):
        found.add(np.zeros((2, 4)))
    with pytest.raises(MetricError, match="not finite"):
        found.add(np.full((1, 3), np.nan))


def colours(pictures: torch.Tensor) -> torch.Tensor:
    """A feature network of our own: the mean of each channel, 0..1."""
    return pictures.mean((2, 3))


def test_fid_on_a_small_network_by_hand():
    """Red channels of 0 and 0.2 against 0.6 and 1: means 0.1 and 0.8, variances 0.02 and 0.08."""

    def pictures(*reds: int) -> np.ndarray:
        batch = np.zeros((len(reds), 4, 4, 3), np.uint8)
        batch[..., 0] = np.array(reds)[:, None, None]
        return batch

    own = FeatureNetwork("mean colour", colours)
    generated, real = [pictures(0), pictures(51)], [pictures(153, 255)]
    expected = 0.7**2 + (math.sqrt(0.02) - math.sqrt(0.08)) ** 2
    assert fid(own, generated, real) == pytest.approx(expected, rel=1e-5)
    assert fid(own, statistics(own, generated), statistics(own, real)) == pytest.approx(expected, rel=1e-5)
    assert fid(own, real, real) == pytest.approx(0, abs=1e-9)
    with pytest.raises(MetricError, match="at least two pictures"):
        fid(own, generated[:1], real)


class Block(torch.nn.Module):
    """Stands for a part of Inception: notes its name, and what it was given."""

    def __init__(self, name: str, seen: list[tuple[str, torch.Tensor]]) -> None:
        super().__init__()
        self.name, self.seen = name, seen

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.seen.append((self.name, x))
        return x


def test_the_authors_fid_resizes_renormalises_and_pools():
    seen: list[tuple[str, torch.Tensor]] = []
    inception = torch.nn.Module()
    for name in frechet._INCEPTION:
        inception.add_module(name, Block(name, seen))
    white = np.full((2, 64, 44, 3), 255, np.uint8)
    features = FeatureNetwork("stand-in", frechet.inception_features(inception))(white)
    assert [name for name, _ in seen] == list(frechet._INCEPTION)
    assert seen[0][1].shape == (2, 3, 299, 299)
    # White by x * deviation / 0.5 + (mean - 0.5) / 0.5, which Inception would get from ImageNet's normalisation.
    assert features == pytest.approx(np.array([[0.458 - 0.03, 0.448 - 0.088, 0.45 - 0.188]] * 2), abs=1e-5)


@pytest.mark.parametrize("load", [perceptual.load_lpips, frechet.load_inception])
def test_without_torchvision_a_figure_is_skipped_with_what_to_do(load: Callable, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "torchvision", None)
    skipped = load()
    assert isinstance(skipped, Skipped)
    assert "needs torchvision" in skipped.reason and "requirements-eval.txt" in skipped.reason


def test_without_the_package_lpips_is_skipped_with_what_to_do(monkeypatch: pytest.MonkeyPatch):
    stand_in(monkeypatch, "torchvision", models=SimpleNamespace(alexnet=alexnet))
    monkeypatch.setitem(sys.modules, "lpips", None)
    skipped = perceptual.load_lpips()
    assert isinstance(skipped, Skipped)
    assert "needs the package lpips" in skipped.reason and "requirements-eval.txt" in skipped.reason


@pytest.mark.parametrize(
    ("load", "builder"), [(perceptual.load_lpips, "alexnet"), (frechet.load_inception, "inception_v3")]
)
def test_without_weights_a_figure_is_skipped_with_the_reason(
    load: Callable, builder: str, monkeypatch: pytest.MonkeyPatch
):
    def unreachable(**_: object) -> None:
        raise OSError("Name or service not known")

    there = SimpleNamespace(IMAGENET1K_V1=SimpleNamespace(get_state_dict=unreachable))
    models = SimpleNamespace(
        alexnet=unreachable, inception_v3=lambda **_: torch.nn.Identity(), Inception_V3_Weights=there
    )
    stand_in(monkeypatch, "torchvision", models=models)
    stand_in(monkeypatch, "lpips", LPIPS=lambda **_: models.alexnet(pretrained=True))  # as the package does
    skipped = load()
    assert isinstance(skipped, Skipped)
    assert builder in skipped.reason and "Name or service not known" in skipped.reason


# --- faces ---------------------------------------------------------------------------------------------------------


def face(*values: float) -> np.ndarray:
    row = np.zeros(512)
    row[: len(values)] = values
    return row


def test_faces_by_hand():
    generated = np.stack([face(1, 0), face(0, 2), face(), face(1, 1)])
    source = np.stack([face(1, 0), face(3, 0), face(1, 0), face()])
    target = [face(0, 1), None, face(1, 0), face(2, 2)]
    scores = face_scores(generated, source, target)
    assert scores.source == FaceMatch(pytest.approx(0.5), pytest.approx(math.sqrt(13) / 2), compared=2, left_out=2)
    assert scores.target == FaceMatch(pytest.approx(0.5), pytest.approx(math.sqrt(2)), compared=2, left_out=2)
    assert "over 2 pairs, 2 without a face left out" in str(scores.source)


def test_no_faces_at_all():
    nobody = match(np.zeros((3, 512)), np.ones((3, 512)))
    assert nobody == FaceMatch(None, None, 0, 3)
    assert "no faces to compare in 3 pairs" in str(nobody)


@given(
    arrays(np.float32, (5, 512), elements=st.floats(-3, 3, width=32)),
    arrays(np.float32, (5, 512), elements=st.floats(-3, 3, width=32)),
)
def test_every_pair_is_compared_or_left_out(a: np.ndarray, b: np.ndarray):
    found = match(a, b)
    assert found.compared == (a.any(1) & b.any(1)).sum()
    assert found.compared + found.left_out == 5
    if found.compared:
        assert -1 - 1e-6 <= found.cosine <= 1 + 1e-6
        assert found.distance >= 0
    same = match(a, a)
    if same.compared:
        assert same.cosine == pytest.approx(1) and same.distance == 0


def test_faces_that_cannot_be_compared():
    with pytest.raises(MetricError, match="2 generated faces and 3 true ones"):
        match(np.ones((2, 512)), np.ones((3, 512)))
    with pytest.raises(MetricError, match="differ in length"):
        match(np.ones((2, 512)), np.ones((2, 128)))
    with pytest.raises(MetricError, match="Face embedding 1 is not a row of finite numbers"):
        match(np.stack([face(1), face(np.nan)]), np.ones((2, 512)))


def test_no_face_encoder_is_a_reason_and_no_crash(tmp_path: Path):
    skipped = load_encoder(tmp_path)
    assert isinstance(skipped, Skipped)
    assert str(tmp_path) in skipped.reason and "buffalo_s" in skipped.reason and "--faces" in skipped.reason
    (tmp_path / "det.onnx").write_bytes(b"no model")
    damaged = load_encoder(tmp_path)
    assert isinstance(damaged, Skipped) and "cannot be loaded" in damaged.reason


class Analysis:
    """Stands for InsightFace's FaceAnalysis: notes how it is prepared, and finds two faces, the larger one second."""

    def __init__(self, **options: object) -> None:
        self.models = {"detection": object(), "recognition": object()}

    def prepare(self, **options: object) -> None:
        Analysis.prepared = options

    def get(self, picture: np.ndarray) -> list[SimpleNamespace]:
        Analysis.seen = picture
        boxes = ([0, 0, 9, 9], [0, 0, 9, 12])
        return [SimpleNamespace(bbox=np.array(box), embedding=np.full(512, n)) for n, box in enumerate(boxes)]


@pytest.fixture
def encoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[np.ndarray], np.ndarray | None]:
    (tmp_path / "w600k.onnx").write_bytes(b"")
    monkeypatch.setattr("insightface.app.FaceAnalysis", Analysis)
    return load_encoder(tmp_path)


def test_the_face_detector_reads_pictures_at_the_authors_size(encoder):
    assert Analysis.prepared["det_size"] == (512, 352)


def test_the_face_network_is_shown_blue_green_red(encoder):
    picture = np.zeros((512, 352, 3), np.uint8)
    picture[:] = (200, 100, 50)  # red, green, blue
    encoder(picture)
    assert (Analysis.seen == (50, 100, 200)).all() and Analysis.seen.flags.c_contiguous


def test_the_largest_face_counts(encoder):
    assert (encoder(noise(64, 64)) == 1).all()


# --- what the paper reports ----------------------------------------------------------------------------------------


def paper_rows(after: str, before: str) -> dict[int, list[str]]:
    """The rows of a table in the paper's text, by height: what stands between two lines, blank lines left out."""
    text = PAPER.read_text(encoding="utf-8")
    found: dict[int, list[str]] = {}
    for line in text[text.index(after) : text.index(before)].splitlines()[1:]:
        if line.startswith("Evaluation on"):
            height = int(line.split()[2])
        elif line.strip():
            found.setdefault(height, []).append(line.strip())
    return found


def printed(row: Reported, columns: tuple[str, ...]) -> tuple[str, str, str, list[str]]:
    return row.method, row.mark, row.venue, [row.figures.get(column, "–") for column in columns]


def parsed(line: str, columns: int) -> tuple[str, str, str, list[str]]:
    """Method, mark, venue and figures of a printed row, such as "CFLD† [24] (CVPR24) 7.149 0.1819 0.7478 17.645"."""
    *head, figures = line.rsplit(maxsplit=columns)[0], line.split()[-columns:]
    name = head[0]
    venue = ""
    if name.endswith(")") and name[-7:-3].isalpha():
        name, venue = name[: name.rindex("(")].strip(), name[name.rindex("(") + 1 : -1]
    name = name.split(" [")[0]
    mark = name[-1] if name[-1] in MARKS else ""
    return name.removesuffix(mark), mark, venue, figures


@pytest.mark.skipif(not PAPER.is_file(), reason="the paper's text lies beside the checkout, and is not there")
@pytest.mark.parametrize(
    ("rows", "columns", "after", "before"),
    [
        (TABLE_1, QUALITY, "Methods FID↓ LPIPS↓ SSIM ↑ PSNR↑", "Table 1."),
        (TABLE_2, FACES, "Methods FSref↑ distref↓ FStgt↑ disttgt↓", "Table 2."),
    ],
)
def test_every_reported_figure_stands_in_the_paper_and_none_is_missing(rows, columns, after, before):
    theirs = paper_rows(after, before)
    assert sorted(theirs) == [256, 512]
    for height, lines in theirs.items():
        ours = [printed(row, columns) for row in rows if row.height == height]
        assert ours == [parsed(line, len(columns)) for line in lines]


@pytest.mark.skipif(not PAPER.is_file(), reason="the paper's text lies beside the checkout, and is not there")
def test_every_ablation_stands_in_the_paper_and_none_is_missing():
    theirs = paper_rows(" Method Conditions Aggregation Params FID LPIPS SSIM PSNR", "Table 3.")
    for height, lines in theirs.items():
        ours = [row for row in TABLE_3 if row.height == height]
        assert len(ours) == len(lines) == 6
        for row, line in zip(ours, lines, strict=True):
            name, *about, fid_, lpips, ssim_, psnr_ = line.replace(" M ", "M ").split()
            assert (row.method, list(row.figures.values())) == (name, [fid_, lpips, ssim_, psnr_])
            assert "".join(row.about.split()).replace(",", "") == "".join(about).replace(",", "").replace("–", "")


@pytest.mark.skipif(not PAPER.is_file(), reason="the paper's text lies beside the checkout, and is not there")
def test_the_marks_mean_what_the_paper_says():
    text = " ".join(PAPER.read_text(encoding="utf-8").replace("dif-\nferent", "different").split())
    for mark, meaning in MARKS.items():
        assert f"{mark} {meaning}" in text


def test_reported_rows_are_found_by_table_and_size():
    assert [row.method for row in reported(2, 512)] == ["CFLD", "MCLD (B3)", "MCLD (Ours)", "ref"]
    assert len(reported(1, 256)) == 9 and len(reported(1, 512)) == 7
    assert [row.method for row in reported(3, 256)] == [*ABLATIONS] == ["B1", "B2", "B3", "B4", "B5", "Ours"]
    assert reported(1, 192) == ()
    gfla = reported(1, 256)[0]
    assert gfla.value("FID") == 9.827 and gfla.value("PSNR") is None


# --- tables --------------------------------------------------------------------------------------------------------


def small_table() -> Table:
    ours = measured_row(
        "ours | small",
        {"FID": 12.34567, "SSIM": 0.9, "PSNR": math.inf, "LPIPS": Skipped("no weights.")},
        note="3 pairs",
        not_comparable={"FID": "another network"},
        beside_reported=True,
    )
    return Table("Quality", QUALITY, (ours, *map(reported_row, reported(1, 256)[:2])), ("One note.",))


def test_markdown_marks_every_row_and_gives_reasons():
    lines = to_markdown([small_table()]).splitlines()
    assert "| Method | Origin | FID ↓ | LPIPS ↓ | SSIM ↑ | PSNR ↑ | Note |" in lines
    assert r"| ours \| small | measured | 12.346 (not comparable) [1] | skipped [2] | 0.9000 | inf | 3 pairs |" in lines
    assert "| GFLA‡ | reported | 9.827 | 0.1878 | 0.7082 | – | paper, table 1, CVPR20 |" in lines
    assert "- [1] another network" in lines and "- [2] no weights." in lines
    assert f"- ‡ {MARKS['‡']}" in lines and "- One note." in lines
    assert not any(line.startswith("- †") for line in lines)  # no row bears it


def test_csv_has_a_line_for_each_figure():
    rows = list(csv.DictReader(io.StringIO(to_csv([small_table()]))))
    assert len(rows) == 4 + 3 + 4
    assert {row["origin"] for row in rows} == {"measured", "reported"}
    ours = {row["metric"]: row for row in rows if row["origin"] == "measured"}
    assert (ours["FID"]["value"], ours["FID"]["comparable"]) == ("12.3457", "not comparable")
    assert (ours["SSIM"]["value"], ours["SSIM"]["comparable"]) == ("0.9", "yes")
    assert (ours["LPIPS"]["value"], ours["LPIPS"]["note"]) == ("skipped", "3 pairs; no weights.")
    theirs = [row for row in rows if row["method"] == "SPGNet‡" and row["metric"] == "PSNR"]
    assert theirs[0]["value"] == "17.222" and MARKS["‡"] in theirs[0]["note"]


def test_every_newer_row_says_where_it_was_read_and_what_is_known_of_its_protocol():
    for height, wide in ((256, "256 x 256"), (512, "512 x 352")):
        told = "\n".join(protocols(height))
        for row in newer(height):
            shown = newer_row(row)
            assert "arXiv:" in shown.note and row.pictures in shown.note and shown.origin == "reported"
            assert row.figures.keys() <= set(QUALITY) and row.figures["FID"]
            reporter = next(name for name in PROTOCOLS if name in row.source)
            assert f"{reporter}: " in told
        assert any(row.pictures == wide for row in newer(height))
    assert "One-to-All" not in "".join(protocols(256)), "it has no row there"
    assert newer(192) == ()


def test_a_figure_beside_no_reported_one_is_not_called_comparable():
    row = measured_row("preview", {"PSNR": 20.0})
    assert row.figures["PSNR"].comparable is None and str(row.figures["PSNR"]) == "20.000"


def test_a_grid_holds_every_picture():
    red, blue = np.zeros((10, 6, 3), np.uint8), np.zeros((40, 20, 3), np.uint8)
    red[..., 0], blue[..., 2] = 255, 255
    grid = np.array(picture_grid(["a", "a very long heading"], [[red, blue], [blue, red]], ["one", "two"], height=40))
    assert (grid == (255, 0, 0)).all(-1).sum() == 2 * 40 * 24
    assert (grid == (0, 0, 255)).all(-1).sum() == 2 * 40 * 20
    assert (grid[:20] < 100).any()  # headings


@pytest.mark.parametrize("rows", [[], [[noise(4, 4)]], [[noise(4, 4)] * 2] * 2])
def test_a_grid_that_does_not_fit_its_headings(rows):
    with pytest.raises(StudioError, match="A grid of 2 columns"):
        picture_grid(["a", "b"], rows, ["one"])


# --- a folder of results -------------------------------------------------------------------------------------------

NAMES = tuple(f"fashionWOMENDressesid0000000{n}02_{n}front.jpg" for n in range(1, 4))
PAIRS = (Pair(NAMES[0], NAMES[1]), Pair(NAMES[1], NAMES[2]))
TALL, WIDE = 220, 150


def smooth(seed: int) -> np.ndarray:
    """A photo; that of seed 2 is dark."""
    small = noise(6, 4, seed=seed) // (4 if seed == 2 else 1)
    return np.array(Image.fromarray(small).resize((WIDE, TALL), Image.Resampling.BICUBIC))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Three test photos (the last one dark), two training photos, a list of two pairs, and one target's IUV map."""
    root = tmp_path / "fashion"
    for kind in ("test", "train", "test_densepose"):
        (root / kind).mkdir(parents=True)
    for seed, name in enumerate(NAMES):
        Image.fromarray(smooth(seed)).save(root / "test" / name)
    for seed in (7, 8):
        Image.fromarray(smooth(seed)).save(root / "train" / f"{seed}.jpg")
    iuv = np.zeros((TALL, WIDE, 3), np.uint8)
    iuv[50:150, 40:110] = (2, 90, 200)
    Image.fromarray(to_network_rgb(iuv)).save(root / "test_densepose" / f"{NAMES[1].removesuffix('.jpg')}.png")
    (root / "test.csv").write_text("from,to\n" + "".join(f"{pair.source},{pair.target}\n" for pair in PAIRS))
    return root


@pytest.fixture
def results(tmp_path: Path, data: Path) -> Path:
    """Results at both sizes: the true picture, a little noisy."""
    from mcld_app.data.layout import Layout

    for resolution in RESOLUTIONS:
        (tmp_path / "results" / resolution.folder).mkdir(parents=True)
        for seed, pair in enumerate(PAIRS):
            true = read_truth(Layout(data, "test"), resolution, pair.target)
            Image.fromarray(near(true, seed=seed)).save(tmp_path / "results" / resolution.folder / pair.result)
    return tmp_path / "results"


NOTHING = Networks(Skipped("no LPIPS."), Skipped("no FID."), Skipped("no faces."))


def mean_face(picture: np.ndarray) -> np.ndarray | None:
    """A face encoder of our own: the mean colour; a dark picture shows no face."""
    return None if picture.mean() < 70 else face(*picture.mean((0, 1)))


def read(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.array(image)


def bicubic(photo: Path, size: tuple[int, int]) -> np.ndarray:
    with Image.open(photo) as image:
        return np.array(image.convert("RGB").resize(size, Image.Resampling.BICUBIC))


def test_a_folder_is_measured_at_both_sizes(data: Path, results: Path):
    told = []
    found = evaluate_folder(
        results, data, networks=NOTHING, method="ours", on_progress=lambda *said: told.append(said)
    )
    kinds = ("Image quality at", "Faces at", "Ablations at", "Newer methods, each by its own protocol, at")
    titles = [f"{kind} {size}" for size in RESOLUTIONS for kind in kinds]
    assert [table.title for table in found.tables] == titles
    for table, size, folder in ((found.tables[0], (176, 256), "256"), (found.tables[4], (352, 512), "512")):
        ours = table.rows[0]
        truths = [bicubic(data / "test" / pair.target, size) for pair in PAIRS]
        made = [read(results / folder / pair.result) for pair in PAIRS]
        both = list(zip(truths, made, strict=True))
        assert (ours.method, ours.origin, ours.note) == ("ours", "measured", "2 pairs")
        assert ours.figures["SSIM"].value == pytest.approx(np.mean([ssim(*pair) for pair in both]))
        assert ours.figures["PSNR"].value == pytest.approx(np.mean([psnr(*pair) for pair in both]))
        assert ours.figures["SSIM"].comparable is False  # two pairs are not the paper's 8,570
        assert [row.method for row in table.rows[1:]][-1] == "MCLD (Ours)"
        assert ours.figures["FID"].text == ours.figures["LPIPS"].text == "skipped"
        assert any("Foreground PSNR: over the 1 pairs" in note for note in table.notes)
    assert len(found.cases) == 4
    assert [FOREGROUND in case.figures for case in found.cases] == [True, False, True, False]
    assert told[0] == ("pairs at 256 x 176", 0, 2) and told[-1] == ("pairs at 512 x 352", 2, 2)
    assert "no faces." in found.markdown()


def test_the_foreground_is_where_the_targets_map_shows_a_body(data: Path, results: Path):
    """With noise in the body only, the error is that of the whole picture, over fewer pixels."""
    resolution = RESOLUTIONS[0]
    true = bicubic(data / "test" / PAIRS[0].target, (176, 256))
    made = true.copy()
    box = np.s_[70:160, 60:110]  # within the map's box at this size
    made[box] = near(true[box], 80)
    Image.fromarray(made).save(results / resolution.folder / PAIRS[0].result)
    figures = evaluate_folder(results, data, networks=NOTHING).cases[0].figures
    body = 100 * 256 / TALL * 70 * 176 / WIDE
    assert figures[FOREGROUND] == pytest.approx(figures["PSNR"] - 10 * math.log10(256 * 176 / body), abs=0.1)


def test_other_networks_figures_are_measured_and_called_not_comparable(data: Path, results: Path):
    networks = Networks(Lpips(network()), FeatureNetwork("mean colour", colours), mean_face)
    found = evaluate_folder(results, data, networks=networks)
    quality, faces = found.tables[:2]
    ours = quality.rows[0]
    own = networks.fid
    made = np.stack([read(results / "256" / pair.result) for pair in PAIRS])
    real = np.stack([bicubic(path, (176, 256)) for path in sorted((data / "train").glob("*.jpg"))])
    true = np.stack([bicubic(data / "test" / pair.target, (176, 256)) for pair in PAIRS])
    assert ours.figures["FID"].value == pytest.approx(fid(own, [made], [real]))
    assert ours.figures["LPIPS"].value == pytest.approx(networks.lpips(made, true).mean(), rel=1e-4)
    assert "FID against 2 training pictures" in ours.note
    text = to_markdown([quality])
    assert f"{ours.figures['FID'].text} (not comparable)" in text and "features of mean colour" in text
    source = np.stack([bicubic(data / "test" / pair.source, (176, 256)) for pair in PAIRS])
    encoded = [[mean_face(picture) for picture in pictures] for pictures in (made, source, true)]
    scores = face_scores(*encoded)
    assert (scores.source.compared, scores.source.left_out) == (1, 1)
    assert faces.rows[0].figures["FS ref"].value == pytest.approx(scores.source.cosine)
    assert faces.rows[0].figures["dist tgt"].value == pytest.approx(scores.target.distance)
    assert faces.rows[0].note == "2 pairs, of which 1 and 1 without a face left out"
    assert faces.rows[1].method == "ref" and "FS ref" not in faces.rows[1].figures
    assert faces.rows[1].figures["FS tgt"].value == pytest.approx(match(*encoded[1:]).cosine)
    assert "another encoder than the authors'" in to_markdown([faces])


def test_the_authors_networks_over_the_papers_pairs_would_be_comparable(
    data: Path, results: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("mcld_app.evaluation.benchmark.PAIRS", 2)
    theirs = FeatureNetwork("stand-in", colours, authors=True)
    networks = Networks(Lpips(network()), theirs, mean_face, authors_lpips=True, authors_faces=True)
    found = evaluate_folder(results, data, networks=networks)
    assert "(not comparable)" not in found.markdown()
    assert all(found.tables[0].rows[0].figures[column].comparable for column in QUALITY)


def test_a_run_of_an_ablation_stands_behind_its_row(data: Path, results: Path):
    tables = {table.title: table for table in evaluate_folder(results, data, networks=NOTHING, ablation="B4").tables}
    assert [row.method for row in tables["Ablations at 512 x 352"].rows] == [
        "B1", "B2", "B3", "B4", "this project", "B5", "Ours"
    ]  # fmt: skip
    with pytest.raises(StudioError, match=r"no ablation 'B6'\. Choose one of: B1"):
        evaluate_folder(results, data, networks=NOTHING, ablation="B6")


def test_beside_newer_methods_no_figure_is_called_comparable(data: Path, results: Path):
    table = evaluate_folder(results, data, networks=NOTHING).tables[3]
    assert table.title.startswith("Newer methods") and table.rows[0].method == "this project"
    assert all(cell.comparable is None for row in table.rows for cell in row.figures.values())


def test_fid_without_training_photos_is_skipped(data: Path, results: Path):
    for path in (data / "train").iterdir():
        path.unlink()
    networks = Networks(NOTHING.lpips, FeatureNetwork("mean colour", colours), NOTHING.faces)
    figure = evaluate_folder(results, data, networks=networks).tables[0].rows[0].figures["FID"]
    assert figure.value is None and "there are 2 and 0" in figure.note


def test_no_faces_found_is_said(data: Path, results: Path):
    networks = Networks(NOTHING.lpips, NOTHING.fid, lambda _: None)
    rows = evaluate_folder(results, data, networks=networks).tables[1].rows
    assert rows[0].figures["FS ref"].text == "skipped"
    assert rows[0].note == "2 pairs, of which 2 and 2 without a face left out"


def test_what_is_written_can_be_read_again(data: Path, results: Path, tmp_path: Path):
    found = evaluate_folder(results, data, networks=NOTHING, examples=1)
    out = tmp_path / "a" / "b"
    paths = found.write(out)
    assert sorted(path.name for path in paths) == sorted(path.name for path in out.iterdir())
    assert (out / "table.md").read_text(encoding="utf-8") == found.markdown()
    cases = list(csv.DictReader((out / "cases.csv").open(encoding="utf-8")))
    assert [case["to"] for case in cases] == [PAIRS[0].target, PAIRS[1].target] * 2
    assert float(cases[0]["PSNR"]) == pytest.approx(found.cases[0].figures["PSNR"], rel=1e-4)
    assert cases[1][FOREGROUND] == ""
    with Image.open(out / "grid.png") as grid:
        assert grid.size[0] > 4 * 176


def test_only_one_size_and_a_list_of_ones_own(data: Path, results: Path, tmp_path: Path):
    for path in (results / "512").iterdir():
        path.unlink()
    (results / "512").rmdir()
    own = tmp_path / "own.csv"
    own.write_text(f"from,to\n{PAIRS[1].source},{PAIRS[1].target}\n")
    found = evaluate_folder(results, data, pairs=own, networks=NOTHING)
    assert [case.pair for case in found.cases] == [PAIRS[1]]
    assert len(found.tables) == 4


def test_missing_results_are_named_and_counted_before_anything_is_measured(data: Path, results: Path):
    path = results / "512" / PAIRS[1].result
    path.unlink()
    with pytest.raises(DataError, match="1 of 2 results of 512 x 352 are missing, the first being") as error:
        evaluate_folder(results, data, networks=NOTHING)
    assert path.name in str(error.value)


def test_a_missing_photo_is_named(data: Path, results: Path):
    (data / "test" / NAMES[0]).unlink()
    with pytest.raises(DataError, match=f"1 of 3 photos are missing, the first being {NAMES[0]}"):
        evaluate_folder(results, data, networks=NOTHING)


def test_a_result_of_another_size_is_named(data: Path, results: Path):
    path = results / "256" / PAIRS[0].result
    Image.fromarray(noise(256, 192)).save(path)
    with pytest.raises(DataError, match="is 256 x 192 pixels") as error:
        evaluate_folder(results, data, networks=NOTHING)
    assert str(path) in str(error.value)


def test_folders_that_hold_no_results(data: Path, tmp_path: Path):
    with pytest.raises(DataError, match=r"There is no folder .*nowhere"):
        evaluate_folder(tmp_path / "nowhere", data, networks=NOTHING)
    with pytest.raises(DataError, match="neither a folder 256/ nor 512/"):
        evaluate_folder(tmp_path, data, networks=NOTHING)


# --- the command ---------------------------------------------------------------------------------------------------


def test_the_command_prints_the_tables_and_writes_them(data: Path, results: Path, tmp_path: Path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "torchvision", None)
    out, no_faces = tmp_path / "out", tmp_path / "no_faces"
    no_faces.mkdir()
    asked = ["evaluate", str(results), "--data", str(data), "--out", str(out), "--name", "mine", "--device", "cpu"]
    assert main([*asked, "--faces", str(no_faces)]) == 0
    said = capsys.readouterr()
    assert "### Image quality at 256 x 176" in said.out and "| mine | measured |" in said.out
    assert "LPIPS needs torchvision" in said.out and "FID needs torchvision" in said.out
    assert str(no_faces) in said.out
    assert "pairs at 512 x 352: 2 of 2" in said.err
    assert (out / "grid.png").is_file()


def test_the_command_says_what_is_wrong(data: Path, tmp_path: Path, capsys):
    assert main(["evaluate", str(tmp_path / "nowhere"), "--data", str(data)]) == 1
    assert "There is no folder" in capsys.readouterr().err
    assert main(["evaluate", str(tmp_path), "--data", str(data), "--device", "toaster"]) == 1
    assert "torch has no device 'toaster'" in capsys.readouterr().err
