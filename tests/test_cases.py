"""Files as people have them, from the folder of reference data: each comes out right, or is named for what it is.

The same kinds of file are made by hand in `test_file_kinds`, `test_photo`, `test_iuv`, `test_bodies` and
`test_keypoints`, so that the suite proves them without that folder.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path

import numpy as np
import pytest
import studio_actions as actions

from mcld_app.body.iuv import check_iuv, match_photo, read_iuv
from mcld_app.body.keypoint_pose import pose_of_skeleton
from mcld_app.body.keypoints import read_skeletons
from mcld_app.body.mannequin.handles import joint_points
from mcld_app.body.mannequin.pose import named_poses
from mcld_app.body.parts import parts_mask
from mcld_app.body.photo import read_photo, read_sized_photo
from mcld_app.editing import look as looks
from mcld_app.editing.diagnostics.of_look import findings_of
from mcld_app.editing.person import read_person
from mcld_app.errors import IUVError, PictureError
from mcld_app.output.recipe_file import open_recipe
from mcld_app.studio.panels.upload import api_start_with_photo
from mcld_app.studio.state import EditorState, initial_state


@pytest.fixture
def cases(shared: Path) -> Path:
    folder = shared / "cases"
    if not folder.is_dir():
        pytest.skip(f"the cases are not here: no folder {folder}")
    return folder


def file_of(path: Path) -> dict[str, str]:
    return {"name": path.name, "data": base64.b64encode(path.read_bytes()).decode()}


def brought(photo: Path, iuv: Path | None = None) -> EditorState:
    return actions.use_upload(initial_state(), {"photo": file_of(photo), "iuv": iuv and file_of(iuv)})


def differing(one, other) -> float:
    """The share of texels that both maps know and that differ by more than 40 levels, or that one of them lacks."""
    either = one.coverage | other.coverage
    both = one.coverage & other.coverage
    far = np.abs(one.image.astype(int) - other.image).max(-1) > 40
    return ((far & both) | (one.coverage ^ other.coverage)).sum() / either.sum()


def test_of_two_people_on_one_map_the_larger_is_taken_and_the_other_offered(cases: Path) -> None:
    state = brought(cases / "two.png", cases / "two_iuv.png")
    assert "2 people were found" in state.note.text and len(state.detections) == 2
    alone = read_person("alone", cases / "photo.png", cases / "photo_net.png")
    assert differing(state.look.person.texture, alone.texture) <= 0.01
    other = actions.choose_body(state, {"index": 1}).look.person
    torso = np.median(other.photo[other.iuv[..., 0] == 2], 0)
    assert torso[2] > torso[0] + 40, "she wears the blue top"
    by_number = read_person("two", cases / "two.png", cases / "two_iuv.png", who=1)
    assert by_number.key == other.key
    with pytest.raises(IUVError, match="2 people"):
        read_person("two", cases / "two.png", cases / "two_iuv.png", who=2)


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("dump.pkl", "Python objects"),
        ("dp_viridis.png", "parts in flat colours"),
        ("dp_segm_black.png", "parts in flat colours"),
        ("dp_u.png", "one plane in false colours"),
        ("clip.mp4", "a video"),
        ("raw.dng", "raw file"),
    ],
)
def test_what_is_no_map_is_named_and_never_called_swapped_resized_or_jpeg(cases: Path, file: str, said: str) -> None:
    with pytest.raises(IUVError, match=said) as told:
        brought(cases / "photo.png", cases / file)
    assert not any(word in str(told.value) for word in ("swapped", "resiz", "JPEG"))


@pytest.mark.parametrize(
    ("file", "said"), [("clip.mp4", "a video"), ("raw.dng", "raw file"), ("dump.pkl", "Python objects")]
)
def test_what_is_no_photo_is_named(cases: Path, file: str, said: str) -> None:
    with pytest.raises(PictureError, match=said):
        brought(cases / file)


def test_a_map_as_an_array_is_read_exactly(cases: Path) -> None:
    array, iuv = np.load(cases / "iuv_float.npy"), read_iuv(cases / "iuv_float.npy")
    scale = 255 if array[..., 1:].max() <= 1 else 1
    assert np.array_equal(iuv[..., 0], array[..., 0])
    assert np.abs(iuv[..., 1:] - array[..., 1:] * scale).max() <= 1


def test_a_map_of_half_the_size_fits_its_photo_and_a_crop_does_not(cases: Path) -> None:
    photo, half = read_photo(cases / "photo.png"), read_iuv(cases / "dp_half.png")
    person = read_person("half", cases / "photo.png", cases / "dp_half.png")
    assert person.iuv.shape == person.photo.shape
    assert set(np.unique(person.iuv[..., 0])) <= set(np.unique(half[..., 0])), "no part is invented"
    crop = match_photo(np.ascontiguousarray(read_iuv(cases / "photo_net.png")[20:492, 76:276]), photo)
    with pytest.raises(IUVError, match="Make the map from this very photo"):
        check_iuv(crop, photo)


def test_48_megapixels_and_their_map_are_a_pair(cases: Path) -> None:
    photo, stored = read_sized_photo(cases / "p48mp.jpg")
    iuv = read_iuv(cases / "p48mp_iuv.png")
    assert photo.shape == iuv.shape == (2048, 1536, 3) and stored.size == (8064, 6048)
    body = iuv[..., 0] == 2
    assert np.abs(photo[body].astype(int).mean(0) - photo[iuv[..., 0] == 0].mean(0)).max() > 20, "it lies on the body"


def test_display_p3_looks_as_srgb_does(cases: Path) -> None:
    p3, srgb = read_photo(cases / "red_p3.png"), read_photo(cases / "red_srgb.png")
    assert np.abs(p3.astype(int) - srgb).max() <= 2
    assert np.abs(srgb[200, 176].astype(int) - (220, 30, 40)).max() <= 2


def test_avif_is_read(cases: Path) -> None:
    pytest.importorskip("PIL.AvifImagePlugin")
    photo, same = read_photo(cases / "photo.avif"), read_photo(cases / "photo.png")
    assert np.abs(photo.astype(int) - same).mean() <= 3


def test_heic_is_read_or_its_package_is_named(cases: Path, tmp_path: Path) -> None:
    renamed = tmp_path / "photo.jpg"
    renamed.write_bytes((cases / "photo.heic").read_bytes())
    for path in (cases / "photo.heic", renamed):
        try:
            import pillow_heif  # noqa: F401
        except ImportError:
            with pytest.raises(PictureError, match=r"HEIC.*pillow-heif"):
                read_photo(path)
        else:
            assert np.abs(read_photo(path).astype(int) - read_photo(cases / "photo.png")).mean() <= 4


def test_our_own_pose_dropped_on_the_page_is_the_pose(cases: Path) -> None:
    state = actions.open_recipe(initial_state(), {"file": file_of(cases / "saved-pose.json")})
    assert state.pose == named_poses()["walking"] or state.pose.name == "Walking"
    assert state.pose.yaw == 28 and state.pose.angles["left_hip.forward"] == 28


def test_an_openpose_skeleton_dropped_on_the_page_is_the_pose(cases: Path) -> None:
    state = actions.open_recipe(initial_state(), {"file": file_of(cases / "op25.json")})
    [skeleton] = read_skeletons((cases / "op25.json").read_text())
    seen = {point.name: np.array([point.x * 352, point.y * 512]) for point in joint_points(state.pose)}
    for name in ("left_shoulder", "right_shoulder"):
        assert np.linalg.norm(seen[name] - skeleton.points[name]) <= 0.03 * 512
    for name in ("left_wrist", "right_wrist", "left_ankle", "right_ankle"):
        assert np.linalg.norm(seen[name] - skeleton.points[name]) <= 0.05 * 512
    assert pose_of_skeleton(skeleton).height == 1.0


def test_a_recipe_with_a_byte_order_mark_opens(cases: Path) -> None:
    data = (cases / "recipe_bom.json").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    assert open_recipe(data).look.pose.name == open_recipe(data.decode("utf-8")).look.pose.name == "Walking"


def test_what_curl_sends_arrives(cases: Path) -> None:
    for name in ("curl_two_arguments", "curl_data_url"):
        told = json.loads((cases / f"{name}.json").read_text())["data"]
        assert told[0].startswith("data:image/png;base64,") == (name == "curl_data_url")
        assert "mcld-recipe" in api_start_with_photo(*told)


def test_from_behind_the_front_wears_the_same_print_and_a_finding_says_that_it_is_invented(cases: Path) -> None:
    person = read_person("behind", cases / "from_behind_print.png", cases / "from_behind_print_iuv.png")
    filled, seen = person.filled.image.astype(float), person.texture.coverage
    printed = filled[parts_mask({1}) & seen].std(0).max()
    assert filled[parts_mask({2}) & ~seen].std(0).max() >= printed / 2
    look = looks.stand(looks.of(person), named_poses()["standing"])
    told = {finding.kind: finding.text for finding in findings_of(look)}
    assert "front is invented from their back" in told["texture_invented"]
    assert "texture_invented" not in {finding.kind for finding in findings_of(looks.of(person))}
