"""Whether a person's conditions hold what a target pose shows: the paper's failure cases 2 to 5 (section 4.5).

The thresholds stand between what was measured on healthy conditions and on poor ones. Healthy: the 12 sample people in
the 24 named poses, and 60 drawn people, photographed as for training (512 x 352), in 240 training poses. "Measured"
below means over those.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from mcld_app.body.charts import TEXTURE
from mcld_app.body.parts import BASE_REGIONS, REGIONS, parts_mask, region_mask, region_pixels
from mcld_app.body.texture.filling import mirrored_texel, unseen_torso
from mcld_app.body.texture.head_guess import unseen_back_of_head, unseen_face
from mcld_app.body.texture.lower_body_guess import unseen_feet, unseen_legs
from mcld_app.body.texture.texture_map import texels_seen
from mcld_app.editing.diagnostics.finding import Finding, SourceConditions
from mcld_app.editing.diagnostics.measures import reduced

_CLOTHES = ("top", "sleeves", "bottom", "shoes")

# Known share of the texels that a pose needs of a region. Measured, where photo and pose are turned by less than 45
# degrees: at least 0.20, the legs of people whose skirt hides them; nineteen of twenty above 0.31.
_LEAST_KNOWN, _HARDLY_KNOWN = 0.2, 0.05
_LEAST_NEEDED = 0.02  # of all texels a pose needs: a region of which it shows less does not matter
# Of a region, seen from any side: less of it is a gap, and nothing that could be squeezed. Measured at least 0.13 (legs
# under a skirt), else 0.31.
_LEAST_REGION = 0.1

# Photo pixels for each visible texel, the median of 72 people who fill a photo of 512 x 352. It differs by how large
# a region's charts are on the texture map. Measured: at least 0.5 of it. A quarter of it is a person half as tall.
_USUAL = {"top": 0.25, "sleeves": 0.29, "bottom": 0.60, "shoes": 0.20}
_LEAST_PIXELS, _HARDLY_PIXELS = 0.25, 0.0625

# Pixels from the forehead to the chin. Measured: at least 36 in nineteen of twenty drawn photos, 47 in the samples. The
# bundled model's face encoder, tried on 40 people kept for tests: at 20 pixels what it says is still that of the full
# size (cosine above 0.98 for nineteen of twenty), at 10 no more (0.94, and two people are taken for others).
_LEAST_FACE = 20
_FACE_SHOWN = 0.01  # of the body's pixels in the target: less is a head seen from behind; from the front it is 0.045

# Share of the target's body that the photo shows. Measured by the turn between the two: up to 70 degrees at least 0.45,
# 70 to 100 degrees 0.3 to 0.7, 100 to 140 degrees 0.13 to 0.38, beyond that at most 0.19.
_LEAST_SHARED, _HARDLY_SHARED = 0.45, 0.25
_LEAST_INVENTED = 0.3  # of the texels that a pose needs of the torso, or of another part
_LEAST_LEFT = 0.1  # of the body's pixels, to be judged once those that edits cover are left out


@dataclass(frozen=True, eq=False)
class _Need:
    """What a target pose shows.

    Attributes:
        texel: (N,) flat number of the texel that each of its body pixels shows.
        needed: (512 * 512,) bool, the texels among those.
    """

    texel: np.ndarray
    needed: np.ndarray


def source_findings(source: SourceConditions, target_iuv: np.ndarray) -> list[Finding]:
    """What the person's conditions lack for a target pose.

    Args:
        source: the person.
        target_iuv: (H, W, 3) uint8, channels I, U, V; shows a body.
    """
    need = _need(target_iuv)
    apart = far_apart(source, need)
    found = [
        gaps(source, need, turned=apart is not None), squeezed(source, need), invented(source, need),
        face(source, need), apart,
    ]  # fmt: skip
    return [finding for finding in found if finding]


def gaps(source: SourceConditions, need: _Need, *, turned: bool = False) -> Finding | None:
    """Clothes that the pose shows and neither photo nor edit does. Measure: the known share of the texels that the
    pose needs, of the region where it is least.

    `turned` says that the photo shows the person from another side: then regions that it does show, if from that
    side, are no gaps of their own, as another view would fill them."""
    known = (source.seen.coverage | source.chosen).ravel() & source.edited.coverage.ravel()
    region = _region_of_texel()
    needed, had = (np.bincount(region[m], minlength=8) for m in (need.needed, need.needed & known))
    whole, shown = (np.bincount(region[m], minlength=8) for m in (slice(None), known))
    missing = {}
    for name in _CLOTHES:
        k = _number(name)
        if needed[k] < _LEAST_NEEDED * needed[1:].sum() or (turned and shown[k] >= _LEAST_REGION * whole[k]):
            continue
        share = float(had[k] / needed[k])
        if share < _LEAST_KNOWN:
            missing[name] = share
    if not missing:
        return None
    least = min(missing.values())
    return Finding(
        "texture_incomplete", "warning" if least < _HARDLY_KNOWN else "note", least,
        f"Little is known of what this pose shows of {_listed(missing)}: add a photo that shows it, or put clothes on "
        "there.",
    )  # fmt: skip


def squeezed(source: SourceConditions, need: _Need) -> Finding | None:
    """Clothes that the pose shows and that were taken from too few pixels. Measure: photo pixels for each visible
    texel, over the usual number, of the region where it is least."""
    iuv = reduced(source.iuv)
    each = source.iuv.size / iuv.size  # pixels that each of those stands for
    region = _region_of_texel()
    pixels = np.bincount(region[_texels(iuv)], minlength=8) * each
    own = source.seen.coverage.ravel() & ~source.chosen.ravel()
    visible, whole, needed = (np.bincount(region[m], minlength=8) for m in (own, slice(None), need.needed))
    few = {}
    for name in _CLOTHES:
        k = _number(name)
        if visible[k] < _LEAST_REGION * whole[k] or needed[k] < _LEAST_NEEDED * needed[1:].sum():
            continue
        share = float(pixels[k] / visible[k]) / _USUAL[name]
        if share < _LEAST_PIXELS:
            few[name] = share
    if not few:
        return None
    least = min(few.values())
    return Finding(
        "texture_squeezed", "warning" if least < _HARDLY_PIXELS else "note", least,
        f"The photo has only a part of the usual pixels for {_listed(few)}: take a larger photo, or one from nearer.",
    )  # fmt: skip


def invented(source: SourceConditions, need: _Need) -> Finding | None:
    """What the photo does not show and was made up: a side of the torso's clothes, from the side that it shows, and
    parts of which it shows next to nothing. Measure: the made-up share of the texels that the pose needs of the torso,
    or else of the part where it is most."""
    made_up = (source.edited.coverage & ~source.seen.coverage & ~source.chosen).ravel()
    side = unseen_torso(source.seen.coverage)
    of_torso = _share(made_up & side.ravel(), need.needed & parts_mask({1, 2}).ravel())
    known = source.seen.coverage | source.seen.coverage.ravel()[mirrored_texel()]
    shares = {}
    for name, unseen in (
        ("the face", unseen_face),
        ("the back of the head", unseen_back_of_head),
        ("the legs", unseen_legs),
        ("the feet", unseen_feet),
    ):
        needed = need.needed & unseen(known).ravel()
        if np.count_nonzero(needed) < _LEAST_NEEDED * np.count_nonzero(need.needed):
            continue
        share = _share(made_up, needed)
        if share >= _LEAST_INVENTED:
            shares[name] = share
    others = ", ".join(f"{name} ({share:.0%})" for name, share in shares.items())
    if of_torso >= _LEAST_INVENTED:
        shown, other = ("front", "back") if (side & parts_mask({1})).any() else ("back", "front")
        text = f"The clothes’ {other} is invented from their {shown} ({of_torso:.0%} of the torso here)"
        text += f", and so is what no photo shows of {others}" if others else ""
        return Finding(
            "texture_invented", "note", of_torso, f"{text}: add a photo that shows it, or put clothes on there."
        )
    if not others:
        return None
    return Finding(
        "texture_invented", "note", max(shares.values()),
        f"Invented, as no photo shows it: {others}. Add a photo that does, or put something on there.",
    )  # fmt: skip


def _share(made_up: np.ndarray, needed: np.ndarray) -> float:
    return float(np.count_nonzero(made_up & needed) / max(np.count_nonzero(needed), 1))


def face(source: SourceConditions, need: _Need) -> Finding | None:
    """No face, or too small a one, where the pose shows one. Measure: its height in the photo, pixels; 0 for none."""
    number = _number("face")
    shown = np.count_nonzero(_region_of_texel()[need.texel] == number)
    if shown < _FACE_SHOWN * len(need.texel):
        return None
    if source.head is None:
        return Finding(
            "face", "warning", 0.0,
            "This pose shows a face, and of the person's own 0 pixels are known: take a photo that shows it, or "
            "another face.",
        )  # fmt: skip
    height = _face_height(source.iuv if source.face_iuv is None else source.face_iuv)
    if height >= _LEAST_FACE:
        return None
    return Finding(
        "face", "note", float(height),
        f"The face is only {height} pixels high in the photo, and {_LEAST_FACE} are needed to know it well: take a "
        "photo from nearer, or a second one of the face.",
    )  # fmt: skip


def far_apart(source: SourceConditions, need: _Need) -> Finding | None:
    """A pose that turns another side to us than the photo. Measure: the share of its body's pixels that the photo
    shows; those that edits cover are left out, as nobody need have seen them."""
    open_pixels = need.texel[~source.chosen.ravel()[need.texel]]
    if len(open_pixels) < _LEAST_LEFT * len(need.texel):
        return None
    share = float(source.seen.coverage.ravel()[open_pixels].mean())
    if share >= _LEAST_SHARED:
        return None
    return Finding(
        "views", "warning" if share < _HARDLY_SHARED else "note", share,
        f"The photo shows only {share:.0%} of what this pose shows: turn the pose towards the photo's view, or add a "
        "photo from that side.",
    )  # fmt: skip


def _need(iuv: np.ndarray) -> _Need:
    texel = _texels(iuv)
    return _Need(texel, np.bincount(texel, minlength=TEXTURE * TEXTURE) > 0)


def _texels(iuv: np.ndarray) -> np.ndarray:
    """(N,) flat number of the texel each body pixel shows."""
    _, xy = texels_seen(iuv)
    column, row = np.minimum(np.round(xy), TEXTURE - 1).astype(np.int32).T
    return row * TEXTURE + column


@lru_cache(maxsize=1)
def _region_of_texel() -> np.ndarray:
    """(512 * 512,) uint8: the base region of each texel, counted from 1 in the order of BASE_REGIONS; 0 is none."""
    out = np.zeros(TEXTURE * TEXTURE, np.uint8)
    for number, name in enumerate(BASE_REGIONS, 1):
        out[region_mask(name).ravel()] = number
    out.setflags(write=False)
    return out


def _number(name: str) -> int:
    return 1 + BASE_REGIONS.index(name)


def _listed(shares: dict[str, float]) -> str:
    """Regions and their shares, the lowest first: "shoes (0%), bottom (12%)"."""
    return ", ".join(f"{REGIONS[name].label.lower()} ({shares[name]:.0%})" for name in sorted(shares, key=shares.get))


def _face_height(iuv: np.ndarray) -> int:
    """Pixels from the forehead to the chin of the face on a map, however the head is tilted; 0 where there is none."""
    left, top, width, height = cv2.boundingRect((iuv[..., 0] >= 23).astype(np.uint8))
    shown = region_pixels("face", iuv[top : top + height, left : left + width]).astype(np.uint8)
    return max(cv2.boundingRect(shown)[2:]) if shown.any() else 0
