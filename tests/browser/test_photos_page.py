"""Photos alone, and weights, on the page: a studio with a small DensePose in place of the real one, in Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from acting import PICTURE, SLOW, new_picture, open_page, source_of
from conftest import Studio, run_studio
from playwright.sync_api import Page, expect
from small_densepose import export_saying, planes_of

from mcld_app.body.framing import person_box
from mcld_app.body.iuv import resize_iuv
from mcld_app.body.mannequin.pose import named_poses
from mcld_app.body.photo import encode_png
from mcld_app.synthetic.people import draw_person, render_person

pytestmark = pytest.mark.browser


def two_people() -> tuple[bytes, list[np.ndarray]]:
    """A photo of two people side by side, and each one's map."""
    photo, maps = np.full((512, 704, 3), 210, np.uint8), []
    for k, seed in enumerate((21, 22)):
        size = (512, 352) if k == 0 else (410, 282)
        picture, iuv = render_person(draw_person(seed), named_poses()["standing"], size, background=False)
        top, left = 512 - size[0], 352 * k
        photo[top:, left : left + size[1]] = picture
        whole = np.zeros_like(photo)
        whole[top:, left : left + size[1]] = iuv
        maps.append(whole)
    return encode_png(photo), maps


@pytest.fixture(scope="module")
def reading_studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Studio, bytes]]:
    """A studio with a DensePose that always sees the two people of that photo."""
    folder = tmp_path_factory.mktemp("reading")
    checkpoints, people = folder / "checkpoints", []
    photo, maps = two_people()
    for iuv in maps:
        top, left, height, width = person_box(iuv)
        square = resize_iuv(iuv[top : top + height, left : left + width], (112, 112))
        planes = planes_of(square[..., 0], square[..., 1] / 255, square[..., 2] / 255)
        people.append(((left, top, left + width, top + height), planes))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MCLD_CHECKPOINTS", str(checkpoints))
        export_saying(checkpoints / "densepose_r50_fpn_dl.torchscript", people, maps[0].shape[:2])
    alone = {"MCLD_CHECKPOINTS": str(checkpoints), "HOME": str(folder), "HF_HOME": str(folder / "hf")}
    with run_studio(folder, HF_ENDPOINT="http://127.0.0.1:9", **alone) as running:
        yield running, photo


def test_of_two_people_in_a_photo_the_larger_is_taken_and_the_other_can_be_meant(
    page: Page, reading_studio: tuple[Studio, bytes], tmp_path: Path
) -> None:
    studio, photo = reading_studio
    open_page(page, studio.url)
    page.get_by_role("button", name="Your own photo").click()
    field = page.locator(".upload-slot[data-kind=photo] input")
    field.set_input_files({"name": "us.png", "mimeType": "image/png", "buffer": photo})
    with new_picture(page):
        page.get_by_role("button", name="Use this photo").click()
    expect(page.locator(".upload-status")).to_contain_text("2 people were found", timeout=SLOW)
    expect(page.locator("#detections .detections img")).to_have_count(2)
    first = source_of(page, PICTURE)
    with new_picture(page):
        page.get_by_role("button", name="Person 2").click()
    assert source_of(page, PICTURE) != first
    expect(page.locator("#people-picker [role=option]", has_text="us")).to_have_count(2)
    assert "Traceback" not in studio.log() and "ERROR" not in studio.log()


def test_a_photo_is_found_takes_a_pose_and_its_body_is_adjusted_by_hand(
    page: Page, studio: Studio, body_finder: None
) -> None:
    photo = encode_png(render_person(draw_person(11), named_poses()["relaxed"], (512, 352))[0])
    page.context.route(lambda url: not url.startswith(studio.url), lambda route: route.abort())  # no network
    open_page(page, studio.url)
    page.get_by_role("button", name="Your own photo").click()
    field = page.locator(".upload-slot[data-kind=photo] input")
    field.set_input_files({"name": "walk.png", "mimeType": "image/png", "buffer": photo})
    with new_picture(page):
        page.get_by_role("button", name="Use this photo").click()
    expect(page.locator(".upload-status")).to_contain_text("is ready", timeout=SLOW)
    with new_picture(page):
        page.locator("#pose-picker [data-id=arms-up], [role=option][data-id=arms-up]").first.click()
    with new_picture(page):
        page.get_by_role("button", name="Adjust the body").click()
    expect(page.locator(".stage-outline-add")).to_be_visible()
    page.locator(".stage-outline-less").click()
    expect(page.locator(".stage-outline-less")).to_have_attribute("aria-pressed", "true")
    box = page.locator(".stage-frame").bounding_box()
    with new_picture(page):
        page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.5)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.55, box["y"] + box["height"] * 0.5, steps=4)
        page.mouse.up()
    with new_picture(page):
        page.locator(".stage-turn-round").click()
    with new_picture(page):
        page.get_by_role("button", name="Use this body").click()
    expect(page.locator(".stage-found")).to_be_visible()
    assert "Traceback" not in studio.log() and "ERROR" not in studio.log()


def test_the_page_says_which_weights_are_missing_and_a_download_that_fails_says_why(
    page: Page, reading_studio: tuple[Studio, bytes]
) -> None:
    open_page(page, reading_studio[0].url)
    page.get_by_text("Models and weights").click()
    listed = page.locator(".weights-list")
    expect(listed).to_contain_text("denoising UNet missing: 3.5 GB", timeout=SLOW)
    expect(listed).to_contain_text("DensePose, photo to IUV map (r50) ok")
    page.get_by_label("What to fetch").select_option("everything")
    expect(page.locator(".weights-licences")).to_contain_text("OpenRAIL-M")
    page.get_by_label("What to fetch").select_option("photos")
    expect(page.locator(".weights-licences p")).to_have_count(3)  # of the faces' models, and the better DensePose
    page.get_by_role("button", name="I have read the licences: download").click()
    expect(page.locator(".weights-status")).to_contain_text("no connection to http://127.0.0.1:9", timeout=60_000)
    expect(page.locator(".weights-busy")).to_be_hidden()
