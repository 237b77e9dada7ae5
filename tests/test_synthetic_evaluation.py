"""The fixed cases of drawn people, and what is measured on them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from mcld_app.body.parts import region_mask
from mcld_app.data.synthetic import drawn_person, kept_for_tests
from mcld_app.errors import StudioError
from mcld_app.evaluation import cases
from mcld_app.evaluation.cases import Case, RenderedCase, clothing_region, head_region, read_cases
from mcld_app.evaluation.synthetic import evaluate_drawn
from mcld_app.request import Settings


@pytest.fixture(scope="module", autouse=True)
def rendered_once() -> Iterator[None]:
    """A case takes a second to render."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cases, "render_case", cache(cases.render_case))
        yield


@pytest.fixture(scope="module")
def worked_out(rendered_once: None) -> RenderedCase:
    return cases.render_case(read_cases()[3])


def test_there_are_256_cases_of_256_people():
    listed = read_cases()
    assert len(listed) == len({case.person for case in listed}) == 256
    for case in listed:
        assert len({case.person, case.clothes, case.face}) == 3, "three people in each"


def test_no_case_shows_a_garment_that_was_trained_on():
    for case in read_cases():
        for n in (case.person, case.clothes):
            person = drawn_person(n, test=True)
            assert kept_for_tests(person.top.cloth) and kept_for_tests(person.bottom.cloth)


def test_a_damaged_list_is_told(tmp_path: Path):
    (tmp_path / "cases.csv").write_text("person,clothes\n1,2\n")
    with pytest.raises(StudioError, match="missing or damaged"):
        read_cases(tmp_path / "cases.csv")


def test_clothes_change_the_clothes_and_nothing_of_the_head(worked_out: RenderedCase):
    before, after = cases.conditions(worked_out), cases.dressed(worked_out)
    changed = (before.texture != after.texture).any(2)
    assert changed[region_mask("top")].mean() > 0.3
    assert not changed[region_mask("head")].any()
    assert not changed[region_mask("shoes")].any()
    assert np.array_equal(before.face.head, after.face.head)
    assert not np.array_equal(before.photo, after.photo), "the photo shows them too"


def test_a_face_changes_the_heads_texels_and_the_identity(worked_out: RenderedCase):
    before, after = cases.conditions(worked_out), cases.faced(worked_out)
    changed = (before.texture != after.texture).any(2)
    assert changed[region_mask("head")].mean() > 0.3
    assert not changed[~region_mask("head")].any()
    assert np.array_equal(after.other_face.head, worked_out.face.head) and after.face_mix == 1


def test_by_identity_alone_the_head_is_blank(worked_out: RenderedCase):
    given = cases.faced_by_identity_alone(worked_out)
    assert len(np.unique(given.texture[region_mask("head")].reshape(-1, 3), axis=0)) == 1
    assert np.array_equal(given.other_face.head, worked_out.face.head) and given.face_mix == 1


class Perfect:
    """An engine that draws the truth, one grey level off."""

    def __init__(self, listed: list[Case]) -> None:
        self.kinds = [(p.truth, p.dressed, p.faced, p.faced) for p in map(cases.render_case, listed)]
        self.calls = 0

    def generate(self, jobs, settings, *, step_pictures):
        kind, self.calls = self.calls % 4, self.calls + 1
        pictures = [kinds[kind] for kinds in self.kinds]
        return [SimpleNamespace(picture=np.where(p < 255, p + 1, 254).astype(np.uint8)) for p in pictures]


def by_pixels(heads) -> np.ndarray:
    """A judge that knows a head by its pixels."""
    flat = np.stack([head.astype(np.float32).ravel() - 127 for head in heads])
    return flat / np.linalg.norm(flat, axis=1, keepdims=True)


def test_perfect_pictures_get_perfect_figures(tmp_path: Path):
    listed = read_cases()[2:4]
    found = evaluate_drawn(Perfect(listed), by_pixels, listed, Settings())
    m = found.means
    assert m["ours PSNR"] == pytest.approx(20 * np.log10(255), abs=0.05)
    assert m["ours SSIM"] > 0.995 > m["preview SSIM"] > m["copy SSIM"]
    assert m["ours foreground"] > 40 > m["preview foreground"]
    assert m["clothes_edited"] > 40 > m["clothes_unedited"]
    assert m["clothes_outside"] == pytest.approx(m["clothes_outside_unedited"], abs=3)
    assert m.count("swap_new") >= 1
    assert m["swap_new"] == pytest.approx(m["truth_new"], abs=0.02)
    assert m["same"] == pytest.approx(m["truth_same"], abs=0.02)
    paths = found.write(tmp_path)
    assert [p.name for p in paths] == ["drawn.md", "drawn.csv", "drawn.png"]
    assert "texture preview" in paths[0].read_text() and "2 cases, 20 steps" in paths[0].read_text()


def test_regions_lie_where_the_pose_shows_them(worked_out: RenderedCase):
    cloth, head = clothing_region(worked_out), head_region(worked_out)
    assert cloth.any() and head.any()
    assert (worked_out.pose[..., 0][cloth] > 0).all()
    assert head[worked_out.pose[..., 0] >= 23].all()
