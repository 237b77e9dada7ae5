"""Old clothes and hands in a person's photo, where what is worn below them is new."""

from __future__ import annotations

import numpy as np

from mcld_app.editing.photo_hands import beside_hands, without_left

SIZE = (512, 352)
ROW, COLUMN = np.mgrid[: SIZE[0], : SIZE[1]]
RED, WHITE, BLUE, SKIN = (200, 30, 40), (240, 240, 240), (60, 90, 160), (220, 180, 150)
THIGH, ARM, THUMB = COLUMN < 180, COLUMN > 220, (COLUMN >= 150) & (COLUMN < 180) & (ROW > 240) & (ROW < 270)


def in_the_map() -> np.ndarray:
    """A thigh, ground beside it, and a forearm with a thumb over the thigh."""
    iuv = np.zeros((*SIZE, 3), np.uint8)
    iuv[THIGH, 0], iuv[ARM, 0], iuv[THUMB, 0] = 9, 19, 4
    return iuv


def test_old_cloth_that_the_map_takes_for_a_thumb_shows_the_new_cloths_pattern() -> None:
    striped = np.where(((ROW // 4) % 2 == 0)[..., None], np.uint8(RED), np.uint8(WHITE))
    picture = np.where(THIGH[..., None], striped, np.uint8(SKIN))
    picture[THUMB] = BLUE
    found = without_left(picture, THUMB, THIGH & ~THUMB, in_the_map())
    assert (found[THUMB] == striped[THUMB]).all(1).mean() > 0.9
    assert (found[~THUMB & (COLUMN < 140)] == picture[~THUMB & (COLUMN < 140)]).all()
    assert without_left(picture, np.zeros(SIZE, bool), THIGH, in_the_map()) is picture


def test_old_cloth_nearer_to_what_stays_takes_its_colours() -> None:
    at_cuff = (COLUMN > 216) & (COLUMN < 222) & (ROW > 100) & (ROW < 130)
    picture = np.where(THIGH[..., None], np.uint8(RED), np.uint8(SKIN))
    picture[at_cuff] = BLUE
    found = without_left(picture, at_cuff, THIGH, in_the_map())
    assert np.abs(found[at_cuff].astype(int) - SKIN).max() < 12


def test_new_cloth_reaches_the_hand_before_it_and_no_ground_is_filled() -> None:
    iuv = np.zeros((*SIZE, 3), np.uint8)
    hand, cloth = (COLUMN >= 150) & (COLUMN < 190) & (ROW > 240) & (ROW < 300), COLUMN < 148
    iuv[hand, 0] = 4
    drawn = np.dstack([np.broadcast_to(np.uint8(RED), (*SIZE, 3)), cloth * np.uint8(255)])
    found = beside_hands(drawn, iuv)
    gap = (COLUMN >= 148) & (COLUMN < 150) & (ROW > 245) & (ROW < 295)
    assert (found[gap] == (*RED, 255)).all()
    assert not found[(COLUMN > 195) | (COLUMN >= 148) & (ROW < 230), 3].any()
