"""DensePose from a photo: the two operators against their definitions, the maps against numbers, and whatever may be
wrong with a file or a photo said in a sentence."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from small_densepose import FORMS, Detector, export_saying, planes_of, random_export, save
from torch import Tensor, nn

from mcld_app.body.iuv import check_iuv
from mcld_app.checkpoints import BrokenWeights, UntrustedWeights, trust
from mcld_app.checkpoints.inspection import reader_lines
from mcld_app.errors import PictureError, StudioError
from mcld_app.perception import densepose_probe, operators
from mcld_app.perception.densepose import MIN_PERSON, DensePose, DetectedBody, NoPerson, estimator
from mcld_app.perception.densepose_export import Instances
from mcld_app.perception.densepose_input import at_network_size, network_size
from mcld_app.perception.densepose_output import DensePoseOutput, iuv_of
from mcld_app.perception.operators import ensure_operators


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty Hugging Face cache, and a checkpoints folder of the test's own."""
    monkeypatch.setenv("MCLD_CHECKPOINTS", str(tmp_path / "checkpoints"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    """A network this small only waits for its threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the weights belong."""
    return tmp_path / "checkpoints" / "densepose_r50_fpn_dl.torchscript"


PHOTO = np.random.default_rng(0).integers(0, 256, (240, 200, 3), np.uint8)
seeds = st.integers(0, 2**32 - 1)


# --- Non-maximum suppression -----------------------------------------------------------------------------------------


def some_boxes(rng: np.random.Generator, count: int) -> tuple[Tensor, Tensor]:
    """Boxes in whole pixels, so that many touch, agree or are empty, and scores of which many are equal."""
    corner, size = rng.integers(0, 12, (count, 2)), rng.integers(0, 9, (count, 2))
    return torch.tensor(np.hstack([corner, corner + size])).float(), torch.tensor(rng.integers(0, 6, count) / 5).float()


def suppressed_one_by_one(boxes: Tensor, scores: Tensor, threshold: float) -> list[int]:
    """The definition, box by box."""
    left = sorted(range(len(boxes)), key=lambda i: -float(scores[i]))  # sorted keeps the order of equals
    kept = []
    while left:
        best = left.pop(0)
        kept.append(best)
        left = [other for other in left if not shared(boxes[best].tolist(), boxes[other].tolist()) > threshold]
    return kept


def shared(a: list[float], b: list[float]) -> float:
    wide, high = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    inter = max(wide, 0) * max(high, 0)
    union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - inter
    return float(np.float32(inter) / np.float32(union)) if union else 0.0


@given(seeds, st.integers(0, 40), st.sampled_from([0.0, 0.2, 0.25, 0.3, 0.5, 0.7, 1.0]), st.sampled_from([3, 256]))
def test_the_best_boxes_stay_and_those_that_overlap_them_go(
    seed: int, count: int, threshold: float, block: int
) -> None:
    boxes, scores = some_boxes(np.random.default_rng(seed), count)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(operators, "_NMS_BLOCK", block)  # small, so that decisions reach from one block into the next
        kept = operators.nms(boxes, scores, threshold)
    assert kept.dtype == torch.int64
    assert kept.tolist() == suppressed_one_by_one(boxes, scores, threshold)


def test_a_box_that_is_not_finite_takes_no_other_with_it() -> None:
    boxes = torch.tensor([[0, 0, 4, 4], [torch.nan] * 4, [0, 0, 4, 5]])
    assert operators.nms(boxes, torch.tensor([0.5, 0.9, 0.4]), 0.5).tolist() == [1, 0]


def test_boxes_of_a_wrong_shape_are_refused_as_torchvision_refuses_them() -> None:
    with pytest.raises(RuntimeError, match="nms"):
        operators.nms(torch.zeros(3, 5), torch.zeros(3), 0.5)
    with pytest.raises(RuntimeError, match="roi_align"):
        operators.roi_align(torch.zeros(1, 1, 4, 4), torch.zeros(1, 4), 1.0, 2, 2, 2, True)


# --- RoIAlign --------------------------------------------------------------------------------------------------------


def read_between(plane: np.ndarray, y: float, x: float) -> float:
    """Bilinear interpolation; the nearest cell up to one cell outside, and 0 beyond."""
    height, width = plane.shape
    if not (-1 <= y <= height and -1 <= x <= width):
        return 0.0
    y, x = min(max(y, 0), height - 1), min(max(x, 0), width - 1)
    top, left = int(y), int(x)
    bottom, right = min(top + 1, height - 1), min(left + 1, width - 1)
    ly, lx = y - top, x - left
    above = plane[top, left] * (1 - lx) + plane[top, right] * lx
    below = plane[bottom, left] * (1 - lx) + plane[bottom, right] * lx
    return above * (1 - ly) + below * ly


def aligned_one_by_one(
    features: np.ndarray, rois: np.ndarray, scale: float, pooled: tuple[int, int], ratio: int, aligned: bool
) -> np.ndarray:
    """The definition, sample by sample."""
    out = np.zeros((len(rois), features.shape[1], *pooled))
    for k, (picture, x0, y0, x1, y1) in enumerate(rois):
        x, y = x0 * scale - aligned / 2, y0 * scale - aligned / 2
        wide, high = (x1 - x0) * scale, (y1 - y0) * scale
        if not aligned:
            wide, high = max(wide, 1), max(high, 1)
        bin_high, bin_wide = high / pooled[0], wide / pooled[1]
        down = ratio if ratio > 0 else max(int(np.ceil(bin_high)), 0)
        across = ratio if ratio > 0 else max(int(np.ceil(bin_wide)), 0)
        for place in np.ndindex(*out.shape[1:]):
            channel, i, j = place
            total = 0.0
            for a in range(down):
                for b in range(across):
                    at_y = y + i * bin_high + (a + 0.5) * bin_high / down
                    at_x = x + j * bin_wide + (b + 0.5) * bin_wide / across
                    total += read_between(features[int(picture), channel], at_y, at_x)
            out[(k, *place)] = total / max(down * across, 1)
    return out


@given(
    seeds, st.sampled_from([-1, 0, 1, 2, 3]), st.booleans(), st.sampled_from([1.0, 0.5, 0.25]),
    st.tuples(st.integers(1, 3), st.integers(1, 3)),
)  # fmt: skip
def test_each_bin_is_the_mean_of_what_is_read_between_the_cells(
    seed: int, ratio: int, aligned: bool, scale: float, pooled: tuple[int, int]
) -> None:
    rng = np.random.default_rng(seed)
    height, width = rng.integers(1, 8, 2)
    features = rng.normal(size=(2, 2, height, width))
    corner, size = rng.uniform(-6, 10, (4, 2)), rng.uniform(-1, 9, (4, 2))  # outside, empty, and turned inside out too
    rois = np.hstack([rng.integers(0, 2, (4, 1)), corner, corner + size])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(operators, "_SAMPLES", int(rng.choice([1, 1 << 24])))  # one box at a time, or all at once
        found = operators.roi_align(torch.tensor(features), torch.tensor(rois), scale, *pooled, ratio, aligned)
    wanted = aligned_one_by_one(features, rois, scale, pooled, ratio, aligned)
    np.testing.assert_allclose(found.numpy(), wanted, atol=1e-9)


def test_pooling_is_done_in_single_precision_and_given_in_the_features_own() -> None:
    features = torch.arange(64.0).reshape(1, 1, 8, 8)
    rois = torch.tensor([[0, 0.3, 1.7, 7.9, 6.1]])
    half = operators.roi_align(features.half(), rois, 1.0, 2, 2, 2, True)
    assert half.dtype == torch.float16
    torch.testing.assert_close(half.float(), operators.roi_align(features, rois, 1.0, 2, 2, 2, True), atol=0.03, rtol=0)


@pytest.mark.parametrize("ratio", [0, 2])
def test_boxes_that_are_not_finite_or_of_no_picture_pool_nothing(ratio: int) -> None:
    bad = [[0, torch.nan, 0, 4, 4], [0, 0, 0, torch.inf, 4], [7, 0, 0, 4, 4], [-1, 0, 0, 4, 4]]
    found = operators.roi_align(torch.ones(1, 2, 5, 5), torch.tensor([*bad, [0.0, 0, 0, 4, 4]]), 1.0, 2, 2, ratio, True)
    assert not found[:4].any()
    torch.testing.assert_close(found[4], torch.ones(2, 2, 2))


def test_no_boxes_pool_to_no_bins() -> None:
    assert operators.roi_align(torch.ones(1, 2, 5, 5), torch.zeros(0, 5), 1.0, 3, 4, 0, True).shape == (0, 2, 3, 4)


@pytest.mark.parametrize("aligned", [False, True])
@pytest.mark.parametrize("ratio", [0, 2])
def test_both_operators_agree_with_torchvision(ratio: int, aligned: bool) -> None:
    try:
        import torchvision.ops
    except Exception as error:
        pytest.skip(f"torchvision does not import here: {error}")
    rng = np.random.default_rng(1)
    corner = rng.uniform(-20, 120, (300, 2))
    boxes = torch.tensor(np.hstack([corner, corner + rng.uniform(1, 80, (300, 2))])).float()
    scores = torch.rand(300, generator=torch.Generator().manual_seed(0))
    assert operators.nms(boxes, scores, 0.5).equal(torchvision.ops.nms(boxes, scores, 0.5))
    features = torch.randn(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    rois = torch.cat([torch.zeros(300, 1), boxes], 1)
    ours = operators.roi_align(features, rois, 0.25, 7, 7, ratio, aligned)
    theirs = torchvision.ops.roi_align(features, rois, (7, 7), 0.25, ratio, aligned)
    torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=0)


# --- Registering them ------------------------------------------------------------------------------------------------


def test_torch_knows_both_operators_with_torchvisions_signatures() -> None:
    ensure_operators()
    nms, roi_align = torch.ops.torchvision.nms.default._schema, torch.ops.torchvision.roi_align.default._schema
    assert str(nms) == "torchvision::nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
    assert str(roi_align) == (
        "torchvision::roi_align(Tensor input, Tensor rois, float spatial_scale, SymInt pooled_height, "
        "SymInt pooled_width, int sampling_ratio, bool aligned) -> Tensor"
    )


def test_beside_a_torchvision_that_does_not_fit_many_threads_register_them_once(tmp_path: Path) -> None:
    (tmp_path / "torchvision.py").write_text("raise RuntimeError('operator torchvision::nms does not exist')")
    code = (
        f"import sys, threading; sys.path.insert(0, {str(tmp_path)!r})\n"
        "from mcld_app.perception.operators import ensure_operators\n"
        "said = []\n"
        "threads = [threading.Thread(target=lambda: said.append(ensure_operators())) for _ in range(8)]\n"
        "[thread.start() for thread in threads]; [thread.join() for thread in threads]\n"
        "assert said == ['here'] * 8, said\n"
        "import torch; assert torch.ops.torchvision.nms(torch.ones(2, 4), torch.ones(2), 0.5).tolist() == [0, 1]"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parent.parent)


def test_a_torchvision_that_comes_later_does_not_register_them_again() -> None:
    if ensure_operators() == "torchvision":
        pytest.skip("torchvision is here, and its operators are used")
    with pytest.raises(ImportError):
        import torchvision  # noqa: F401


# --- Maps against numbers --------------------------------------------------------------------------------------------


def test_labels_u_and_v_are_those_the_network_gave_pixel_by_pixel(file: Path) -> None:
    part = np.zeros((140, 90), np.int64)
    part[5:135, 15:75] = 2
    part[10:40, 30:60] = 23
    part[60:130, 15:45] = 9
    u = np.linspace(0, 1, 140)[:, None].repeat(90, 1)
    v = np.linspace(1, 0, 90)[None].repeat(140, 0)
    # The box has the planes' own size, so that nothing is resampled.
    export_saying(file, [((50, 60, 140, 200), planes_of(part, u, v))], PHOTO.shape[:2])
    (body,) = DensePose.load(file, "cpu").bodies(PHOTO)
    wanted = np.zeros((240, 200, 3), np.uint8)
    inner = np.dstack([part, np.float32(u) * np.float32(255), np.float32(v) * np.float32(255)]).astype(np.uint8)
    wanted[60:200, 50:140] = np.where(part[..., None] > 0, inner, 0)
    np.testing.assert_array_equal(body.iuv, wanted)
    assert body.box == (60, 50, 140, 90)
    assert body.score is None
    check_iuv(body.iuv, PHOTO)


def as_detectron2_does(charts: DensePoseOutput, height: int, width: int) -> np.ndarray:
    """Its converters, in torch: all planes are resampled to the box, bilinearly, and then decided."""

    def resampled(planes: np.ndarray) -> Tensor:
        return nn.functional.interpolate(torch.tensor(planes)[None], (height, width), mode="bilinear")[0]

    part = resampled(charts.fine).argmax(0) * (resampled(charts.coarse).argmax(0) > 0)
    u, v = (resampled(planes).gather(0, part[None])[0] * 255 for planes in (charts.u, charts.v))
    iuv = torch.stack([part, u.clamp(0, 255), v.clamp(0, 255)], -1)
    return torch.where(part[..., None] > 0, iuv, 0).byte().numpy()


@given(seeds, st.sampled_from([2, 15]), st.integers(1, 60), st.integers(1, 60))
def test_scores_are_resampled_to_the_box_before_they_are_decided(
    seed: int, coarse: int, height: int, width: int
) -> None:
    rng = np.random.default_rng(seed)
    planes = [rng.normal(size=(channels, 12, 12)).astype(np.float32) for channels in (coarse, 25)]
    places = [rng.uniform(-0.1, 1.1, (25, 12, 12)).astype(np.float32) for _ in range(2)]
    charts = DensePoseOutput(np.float32([3, 5, 3 + width, 5 + height]), *planes, *places)
    found = iuv_of(charts, (70, 70))
    wanted = as_detectron2_does(charts, height, width)
    inner = found[5 : 5 + height, 3 : 3 + width]
    same = inner[..., 0] == wanted[..., 0]
    assert same.mean() > 0.998  # two scores within one rounding of each other may fall either way
    assert np.abs(inner.astype(int) - wanted)[same].max(initial=0) <= 1
    assert np.count_nonzero(found[..., 0]) == np.count_nonzero(inner[..., 0])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("coarse", [2, 15])
def test_a_whole_detector_in_either_form_gives_maps_that_pass_every_check(file: Path, form: str, coarse: int) -> None:
    random_export(file, form, coarse=coarse)
    bodies = DensePose.load(file, "cpu").bodies(PHOTO)
    assert bodies
    for body in bodies:
        check_iuv(body.iuv, PHOTO)
        top, left, height, width = body.box
        outside = body.iuv.copy()
        outside[top : top + height, left : left + width] = 0
        assert not outside.any()
        assert not body.iuv[body.iuv[..., 0] == 0].any()
        assert (body.score is None) == (form == "tuple")


def test_both_forms_of_one_network_give_the_same_people(file: Path) -> None:
    found = [DensePose.load(random_export(file, form), "cpu").bodies(PHOTO) for form in FORMS]
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one.iuv, other.iuv)


class _TellsColours(nn.Module):
    """Writes the mean of the picture's first channel into U and of its last into V."""

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        coarse = torch.tensor([0.0, 1.0]).view(1, 2, 1, 1).expand(1, 2, 4, 4)
        fine = (torch.arange(25) == 2).float().view(1, 25, 1, 1).expand(1, 25, 4, 4)
        first, last = image[0].float().mean() / 255, image[2].float().mean() / 255
        planes = torch.ones(1, 25, 4, 4)
        assert image.dtype == torch.uint8
        box = torch.tensor([[0.0, 0.0, float(image.size(2)), float(image.size(1))]])
        return box, coarse, fine, first * planes, last * planes


def test_unless_something_speaks_for_another_order_the_network_sees_blue_first_and_red_last(file: Path) -> None:
    save(_TellsColours(), file)
    photo = np.zeros((200, 200, 3), np.uint8)
    photo[..., 0], photo[..., 2] = 240, 30
    (body,) = DensePose.load(file, "cpu").bodies(photo)
    assert set(map(tuple, body.iuv.reshape(-1, 3).tolist())) == {(2, 30, 240)}


class _FindsMore(nn.Module):
    """Sees everything as body, but the left half alone where colours come in another order than it takes them."""

    def __init__(self, red_first: bool) -> None:
        super().__init__()
        self.red_first = red_first

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        # Skin is redder than blue, whatever the ground: in the middle, where the drawn people's faces are.
        height, width = float(image.size(1)), float(image.size(2))
        face = image[:, int(0.05 * height) : int(0.16 * height), int(0.42 * width) : int(0.58 * width)].float()
        red_came_first = float(face[0].mean()) > float(face[2].mean())
        share = 1.0 if red_came_first == self.red_first else 0.5
        planes = torch.zeros(1, 25, 4, 4)
        planes[:, 2] = 1
        coarse = torch.tensor([0.0, 1.0]).view(1, 2, 1, 1).expand(1, 2, 4, 4)
        return torch.tensor([[0.0, 0.0, width * share, height]]), coarse, planes, planes, planes


def all_skin() -> np.ndarray:
    photo = np.zeros((200, 200, 3), np.uint8)
    photo[..., 0] = 200
    return photo


@pytest.mark.parametrize(("red_first", "order"), [(True, "RGB"), (False, "BGR")])
def test_an_export_is_given_colours_in_the_order_in_which_it_finds_more_body(
    file: Path, red_first: bool, order: str
) -> None:
    save(_FindsMore(red_first), file)
    estimate = DensePose.load(file, "cpu")
    assert estimate.export.order == order
    (body,) = estimate.bodies(all_skin())
    assert body.box == (0, 0, 200, 200), "and so it finds the whole"
    (line,) = (line for weight, line in reader_lines(file.parent) if weight.name == "densepose")
    assert f"{'red' if red_first else 'blue'} first, as it finds more body so" in line.text


def test_what_an_export_takes_is_tried_once_for_each_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []
    monkeypatch.setattr(densepose_probe, "better_order", lambda export: tried.append(export.path) or "RGB")
    save(_FindsMore(True), file)
    assert [DensePose.load(file, "cpu").export.order for _ in range(3)] == ["RGB"] * 3 and len(tried) == 1
    random_export(file)  # another file in its place
    DensePose.load(file, "cpu")
    assert len(tried) == 2
    random_export(file, "dict")  # whose own code says the order
    assert DensePose.load(file, "cpu").export.order == "BGR" and len(tried) == 2


def test_of_two_orders_that_find_about_as_much_the_usual_one_is_kept_and_that_is_said(file: Path) -> None:
    export_saying(file, [((10, 10, 190, 230), one_part(1))], PHOTO.shape[:2])
    assert DensePose.load(file, "cpu").export.order == "BGR"
    (line,) = (line for weight, line in reader_lines(file.parent) if weight.name == "densepose")
    assert "about as much body either way" in line.text


def test_how_much_body_is_found_counts_pixels_and_how_sure_the_network_is(file: Path) -> None:
    coarse = torch.zeros(2, 2, 4, 4)
    coarse[:, 1, :2] = 1  # the upper half of each box
    rest = torch.zeros(2, 25, 4, 4)
    boxes = np.float32([[0, 0, 100, 50], [-50, 0, 50, 100]])  # one of them half outside
    found = Instances(boxes, np.float32([1.0, 0.5]), (coarse, rest, rest, rest))
    assert densepose_probe.body_found(found, (200, 200)) == pytest.approx(2500 + 2500 * 0.5)
    assert densepose_probe.body_found(Instances(boxes, None, found.planes), (200, 200)) == pytest.approx(5000)


@pytest.mark.parametrize(
    ("size", "wanted"),
    [
        ((240, 200), (960, 800)),  # small ones are enlarged
        ((256, 176), (1164, 800)),
        ((1101, 750), (1174, 800)),
        ((512, 352), (1164, 800)),
        ((2666, 1600), (1333, 800)),
        ((500, 1000), (667, 1333)),  # the longer side is the limit
        ((800, 1333), (800, 1333)),
        ((1, 5000), (1, 1333)),
    ],
)
def test_a_photo_comes_to_the_size_that_detectron2_brings_it_to(size: tuple[int, int], wanted: tuple[int, int]) -> None:
    assert network_size(size) == wanted
    assert network_size(size[::-1]) == wanted[::-1]
    assert network_size(wanted) == wanted or min(wanted) == 1, "an export that scales by itself has nothing left to do"


@pytest.mark.parametrize("size", [(60, 40), (1200, 900)])
def test_it_is_scaled_by_pillows_bilinear_filter(size: tuple[int, int]) -> None:
    photo = np.random.default_rng(1).integers(0, 256, (*size, 3), np.uint8)
    height, width = network_size(size)
    theirs = np.asarray(Image.fromarray(photo).resize((width, height), Image.Resampling.BILINEAR))
    np.testing.assert_array_equal(at_network_size(photo), theirs)


class _TellsSize(nn.Module):
    """Writes the picture's height into U and its width into V, in eights."""

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        planes = torch.zeros(1, 25, 4, 4)
        planes[:, 2] = 1
        coarse = torch.tensor([0.0, 1.0]).view(1, 2, 1, 1).expand(1, 2, 4, 4)
        box = torch.tensor([[0.0, 0.0, float(image.size(2)), float(image.size(1))]])
        height, width = (torch.full((1, 25, 4, 4), (image.size(side) // 8 + 0.5) / 255.0) for side in (1, 2))
        return box, coarse, planes, height, width


def test_a_small_photo_is_enlarged_for_the_network(file: Path) -> None:
    save(_TellsSize(), file)
    (body,) = DensePose.load(file, "cpu").bodies(PHOTO)
    assert set(map(tuple, body.iuv.reshape(-1, 3).tolist())) == {(2, 960 // 8, 800 // 8)}


def test_a_large_photo_is_scaled_down_for_the_network_and_its_map_is_of_the_photos_size(file: Path) -> None:
    export_saying(file, [((200, 400, 1000, 2400), one_part(7))], (2666, 1600))
    (body,) = DensePose.load(file, "cpu").bodies(np.zeros((2666, 1600, 3), np.uint8))
    assert body.iuv.shape == (2666, 1600, 3)
    assert body.box == (400, 200, 2000, 800)
    assert (body.iuv[400:2400, 200:1000, 0] == 7).all()
    assert np.count_nonzero(body.iuv[..., 0]) == 2000 * 800


# --- People ----------------------------------------------------------------------------------------------------------


def one_part(number: int) -> tuple[np.ndarray, ...]:
    """Planes of a person who is all one part."""
    return planes_of(np.full((8, 8), number), np.full((8, 8), 0.25), np.full((8, 8), 0.75))


def bodies_of(file: Path, people: list, photo: np.ndarray = PHOTO, **more) -> tuple[DetectedBody, ...]:
    return DensePose.load(export_saying(file, people, photo.shape[:2], **more), "cpu").bodies(photo)


def test_the_largest_person_comes_first_and_each_has_a_map_of_their_own(file: Path) -> None:
    small, large = (40, 30, 120, 170), (60, 10, 190, 230)
    first, second = bodies_of(file, [(small, one_part(3)), (large, one_part(4))])
    assert (first.box, second.box) == ((10, 60, 220, 130), (30, 40, 140, 80))
    assert set(np.unique(first.iuv[..., 0])) == {0, 4}
    assert (second.iuv[30:170, 40:120, 0] == 3).all()  # where they overlap too
    assert (first.iuv[10:230, 60:190, 0] == 4).all()


def test_the_surest_person_comes_first_and_of_equally_sure_ones_the_largest(file: Path) -> None:
    far, near, aside = (40, 30, 120, 170), (60, 10, 190, 230), (5, 5, 95, 200)
    people = [(far, one_part(3)), (near, one_part(4)), (aside, one_part(5))]

    def order(scores: list[float]) -> list[int]:
        bodies = bodies_of(file, people, form="dict", scores=scores)
        return [int(body.iuv[..., 0].max()) for body in bodies]

    assert order([0.999, 0.998, 0.6]) == [4, 3, 5], "as sure, and larger"
    assert order([0.97, 0.7, 0.6]) == [3, 4, 5], "surer"
    assert order([0.6, 0.7, 0.97]) == [5, 4, 3]
    assert order([0.97, 0.93, 0.95]) == [4, 5, 3], "all as sure as the surest"


def test_for_a_data_set_the_one_with_the_highest_score_is_taken_as_the_authors_take_them(file: Path) -> None:
    people = [((10, 10, 60, 110), one_part(3)), ((70, 10, 190, 230), one_part(4))]

    def chosen(**more) -> int:
        export = export_saying(file, people, PHOTO.shape[:2], **more)
        return int(DensePose.load(export, "cpu").surest(PHOTO).iuv[..., 0].max())

    assert chosen(form="dict", scores=[0.999, 0.998]) == 3, "however small"
    assert chosen(form="dict", scores=[0.1, 0.3]) == 4, "however unsure"
    assert chosen(form="dict", scores=[0.3, float("nan")]) == 3
    assert chosen(form="tuple") == 4, "the largest where there are no scores"
    people.clear()
    with pytest.raises(NoPerson, match="No person was found"):
        chosen(form="dict")


def test_half_a_person_at_the_edge_keeps_the_half_that_is_seen(file: Path) -> None:
    part = np.full((8, 8), 1)
    part[:, 4:] = 2
    (body,) = bodies_of(file, [((-80, 20, 80, 220), planes_of(part, part / 24, part / 24))])
    assert body.box == (20, 0, 200, 80)
    assert set(np.unique(body.iuv[20:220, 2:80, 0])) == {2}
    assert not body.iuv[:, 80:].any()


@pytest.mark.parametrize("box", [(-300, -10, -5, 200), (201, 0, 400, 200), (10, 250, 90, 600)])
def test_a_box_beyond_the_photo_is_nobody(file: Path, box: tuple[int, ...]) -> None:
    (body,) = bodies_of(file, [(box, one_part(5)), ((20, 20, 120, 200), one_part(6))])
    assert body.box == (20, 20, 180, 100)


@pytest.mark.parametrize(
    "box",
    [[np.nan] * 4, (0, 0, np.inf, 200), (-np.inf, 0, 100, 200), (100, 20, 20, 200), (0, 0, 1e30, 1e30)],
)
def test_a_box_that_makes_no_sense_is_nobody(file: Path, box: tuple[float, ...]) -> None:
    with pytest.raises(NoPerson):
        bodies_of(file, [(box, one_part(5))])


def test_places_that_are_not_numbers_become_zero_and_scores_that_are_not_become_background(file: Path) -> None:
    coarse, fine, u, v = one_part(5)
    u[:], fine[:, :, 4:] = np.nan, np.nan
    (body,) = bodies_of(file, [((20, 20, 180, 220), (coarse, fine, u, v))])
    assert set(np.unique(body.iuv[20:220, 20:75], axis=0).reshape(-1, 3)[:, 0]) == {5}
    assert not body.iuv[..., 1].any()
    assert not body.iuv[:, 105:].any()


def test_a_weak_score_is_nobody(file: Path) -> None:
    people = [((10, 10, 90, 220), one_part(1)), ((100, 10, 190, 220), one_part(2))]
    (body,) = bodies_of(file, people, form="dict", scores=[0.2, 0.8])
    assert body.score == pytest.approx(0.8)
    assert set(np.unique(body.iuv[..., 0])) == {0, 2}


@pytest.mark.parametrize("form", FORMS)
def test_a_photo_without_a_person_is_told_in_a_sentence(file: Path, form: str) -> None:
    with pytest.raises(NoPerson, match="No person was found"):
        bodies_of(file, [], form=form)


def test_a_box_in_which_no_body_is_seen_is_nobody(file: Path) -> None:
    with pytest.raises(NoPerson, match="No person was found"):
        bodies_of(file, [((10, 10, 190, 230), planes_of(*[np.zeros((8, 8), int)] * 3))])


def test_where_body_and_background_score_the_same_there_is_background(file: Path) -> None:
    coarse, *others = one_part(5)
    coarse[:, :, :4] = 0.5
    (body,) = bodies_of(file, [((0, 0, 200, 240), (coarse, *others))])
    assert not body.iuv[:, :80].any()
    assert (body.iuv[:, 110:, 0] == 5).all()


def test_a_person_too_small_is_told_the_size_that_is_wanted(file: Path) -> None:
    with pytest.raises(NoPerson, match=f"only 50 x 100 pixels.*at least {MIN_PERSON} pixels"):
        bodies_of(file, [((10, 10, 60, 110), one_part(1)), ((100, 10, 120, 30), one_part(2))])


def test_small_people_behind_a_large_one_are_left_out(file: Path) -> None:
    (body,) = bodies_of(file, [((10, 10, 60, 110), one_part(1)), ((70, 10, 190, 230), one_part(2))])
    assert body.box == (10, 70, 220, 120)


@pytest.mark.parametrize("photo", [PHOTO[..., 0], PHOTO.astype(np.float32), PHOTO[:0]])
def test_only_a_photo_is_looked_at(file: Path, photo: np.ndarray) -> None:
    with pytest.raises(PictureError):
        bodies_of(file, [((10, 10, 190, 230), one_part(1))], photo)


def test_several_threads_may_look_at_photos_at_once(file: Path) -> None:
    estimate = DensePose.load(random_export(file, "dict"), "cpu")
    photos = [np.random.default_rng(seed).integers(0, 256, (320, 240 + 8 * seed, 3), np.uint8) for seed in range(4)]
    wanted = [[body.iuv for body in estimate.bodies(photo)] for photo in photos]
    found: dict[int, list[np.ndarray]] = {}

    def look(number: int) -> None:
        found[number] = [body.iuv for body in estimate.bodies(photos[number])]

    threads = [threading.Thread(target=look, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number, maps in enumerate(wanted):
        np.testing.assert_array_equal(found[number], maps)


# --- Files -----------------------------------------------------------------------------------------------------------


def test_a_file_nobody_vouched_for_is_not_loaded(file: Path) -> None:
    random_export(file, trusted=False)
    with pytest.raises(UntrustedWeights, match="trust"):
        DensePose.load(file, "cpu")


def test_a_file_cut_short_is_told_in_a_sentence(file: Path) -> None:
    random_export(file)
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BrokenWeights, match="cut short"):
        DensePose.load(file, "cpu")


def test_a_web_page_saved_under_its_name_is_told_in_a_sentence(file: Path) -> None:
    file.parent.mkdir(parents=True)
    file.write_text("<!DOCTYPE html><html><title>densepose</title></html>")
    with pytest.raises(BrokenWeights, match="web page"):
        DensePose.load(file, "cpu")


def test_too_little_memory_to_load_it_is_told_as_that(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_, **__):
        raise torch.OutOfMemoryError("CUDA out of memory")

    random_export(file)
    monkeypatch.setattr(torch.jit, "load", full)
    with pytest.raises(StudioError, match="not enough memory on cpu") as told:
        DensePose.load(file, "cpu")
    assert not isinstance(told.value, BrokenWeights)


def test_torchs_own_zip_of_tensors_is_no_torchscript(file: Path) -> None:
    file.parent.mkdir(parents=True)
    torch.save({"weight": torch.zeros(3)}, file)
    trust(file)
    with pytest.raises(BrokenWeights, match="no TorchScript model"):
        DensePose.load(file, "cpu")


class _NeedsMore(Detector):
    def forward(self, image: Tensor, size: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        return image, image, image, image, size


@pytest.mark.parametrize("other", [nn.Linear(3, 3), nn.LSTM(3, 3), _NeedsMore()])
def test_torchscript_of_something_else_is_known_before_it_is_run(file: Path, other: nn.Module) -> None:
    save(other, file)
    with pytest.raises(BrokenWeights, match="something else"):
        DensePose.load(file, "cpu")


class _Throws(nn.Module):
    def forward(self, image: Tensor) -> dict[str, Tensor]:
        if image.size(0) == 3:
            raise RuntimeError("a wheel came off")
        return {"image": image}


class _OtherKeys(nn.Module):
    def forward(self, image: Tensor) -> dict[str, Tensor]:
        return {"masks": image}


class _TooFew(nn.Module):
    def forward(self, image: Tensor) -> list[Tensor]:
        return [image, image]


def test_a_model_that_throws_is_told_with_what_it_threw(file: Path) -> None:
    save(_Throws(), file)
    with pytest.raises(BrokenWeights, match="a wheel came off"):
        DensePose.load(file, "cpu").bodies(PHOTO)


@pytest.mark.parametrize(("other", "said"), [(_OtherKeys(), "masks: 3 x 960 x 800"), (_TooFew(), "3 x 960 x 800, ")])
def test_a_model_that_gives_other_things_is_told_with_what_it_gave(file: Path, other: nn.Module, said: str) -> None:
    save(other, file)
    with pytest.raises(BrokenWeights, match=said):
        DensePose.load(file, "cpu").bodies(PHOTO)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("which", [0, 1, 2, 3])
def test_planes_of_a_wrong_number_are_told_in_a_sentence(file: Path, form: str, which: int) -> None:
    planes = list(one_part(1))
    planes[which] = planes[which][:1]
    with pytest.raises(BrokenWeights, match="no DensePose export"):
        bodies_of(file, [((10, 10, 190, 230), tuple(planes))], form=form)


def test_after_a_broken_file_a_good_one_in_its_place_is_used(file: Path) -> None:
    file.parent.mkdir(parents=True)
    file.write_text("<html>")
    with pytest.raises(StudioError):
        estimator()
    file.unlink()
    random_export(file)
    assert estimator().bodies(PHOTO)


# --- The one that is there -------------------------------------------------------------------------------------------


def test_without_weights_there_is_no_estimator() -> None:
    assert estimator() is None


def test_the_better_network_is_taken_where_both_are_there(file: Path) -> None:
    random_export(file)
    assert estimator(device="cpu").export.path == file
    better = random_export(file.with_name("densepose_r101_fpn_dl.torchscript"), seed=1)
    assert estimator(device="cpu").export.path == better


def test_it_is_loaded_once_and_again_when_its_file_changes(file: Path) -> None:
    random_export(file)
    first = estimator()
    assert estimator() is first
    random_export(file, "dict")
    assert estimator() is not first
    assert estimator().export.form == "dict"


def test_in_the_page_of_a_zerogpu_space_it_stays_on_the_processor(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There torch says that there is a GPU, and none is lent to this process."""
    random_export(file)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    assert estimator().export.device == "cpu" and estimator().bodies(PHOTO)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("form", FORMS)
def test_on_a_gpu_the_same_people_are_found(file: Path, form: str) -> None:
    random_export(file, form)
    here, there = (DensePose.load(file, device).bodies(PHOTO) for device in ("cpu", "cuda"))
    assert [body.box for body in here] == [body.box for body in there]
    for one, other in zip(here, there, strict=True):
        assert (one.iuv[..., 0] == other.iuv[..., 0]).mean() > 0.98
