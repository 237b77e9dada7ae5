"""Several people on one IUV map: each is told apart, whether they stand apart, touch or hide one another."""

from __future__ import annotations

import numpy as np
import pytest

from mcld_app.body.bodies import bodies_in
from mcld_app.body.iuv import resize_iuv
from mcld_app.body.mannequin.pose import named_poses
from mcld_app.body.mannequin.rendering import kept_drawing

POSES = named_poses()
HEIGHT, WIDTH = 512, 352  # of the picture a person is drawn on; they stand in its middle


def group(*people: tuple[str, float, int]) -> tuple[np.ndarray, np.ndarray]:
    """People on one map, (HEIGHT, 900, 3) uint8, each in front of those before; and who is seen where, from 1.

    Each is a pose, a size (1 is the picture's) and where the middle of the body is across.
    """
    iuv, who = np.zeros((HEIGHT, 900, 3), np.uint8), np.zeros((HEIGHT, 900), int)
    for number, (pose, size, middle) in enumerate(people, 1):
        height, width = int(HEIGHT * size), int(WIDTH * size)
        own = resize_iuv(kept_drawing(POSES[pose]).iuv, (height, width))
        top, left = HEIGHT - height, middle - width // 2
        cut = slice(max(0, -left), min(width, 900 - left))
        body = own[:, cut, 0] > 0
        there = slice(top, HEIGHT), slice(left + cut.start, left + cut.stop)
        iuv[there][body], who[there][body] = own[:, cut][body], number
    return iuv, who


def overlaps(bodies: tuple[np.ndarray, ...], who: np.ndarray) -> list[float]:
    """For each person, how well one of the bodies covers what is seen of them (intersection over union)."""
    found = [body[..., 0] > 0 for body in bodies]
    people = [who == number for number in range(1, who.max() + 1)]
    return [max((mask & person).sum() / (mask | person).sum() for mask in found) for person in people]


@pytest.mark.parametrize("pose", list(POSES))
def test_one_body_is_one_whatever_its_arms_hide(pose: str) -> None:
    iuv = kept_drawing(POSES[pose]).iuv
    [body] = bodies_in(iuv)
    assert body is iuv


APART = ("standing", 1.0, 250), ("standing", 0.8, 620)
HAND_IN_HAND = ("standing", 1.0, 330), ("standing", 0.95, 480)
OVERLAPPING = ("walking", 0.95, 330), ("dancing", 1.0, 430)
BEHIND = ("standing", 0.8, 340), ("standing", 1.0, 430)
FRONT_AND_BACK = ("standing", 1.0, 330), ("back", 1.0, 480)
GROUPS = {"apart": APART, "hand in hand": HAND_IN_HAND, "overlapping": OVERLAPPING, "one behind the other": BEHIND,
          "one from behind": FRONT_AND_BACK, "three": (*APART, ("back", 0.7, 440))}  # fmt: skip


@pytest.mark.parametrize("case", GROUPS)
def test_people_are_told_apart(case: str) -> None:
    iuv, who = group(*GROUPS[case])
    bodies = bodies_in(iuv)
    assert len(bodies) == len(GROUPS[case])
    assert min(overlaps(bodies, who)) > 0.9
    sizes = [np.count_nonzero(body[..., 0]) for body in bodies]
    assert sizes == sorted(sizes, reverse=True), "the largest first"
    for body in bodies:
        shown = body[..., 0] > 0
        assert np.array_equal(body[shown], iuv[shown]) and not body[~shown].any(), "pixels stay as they are"
    assert not (np.sum([body[..., 0] > 0 for body in bodies], 0) > 1).any(), "no pixel is of two people"


def test_what_something_in_front_cuts_off_stays_with_its_body() -> None:
    iuv, who = group(*APART)
    bar = slice(330, 350)
    iuv[bar], who[bar] = 0, 0
    bodies = bodies_in(iuv)
    assert len(bodies) == 2 and min(overlaps(bodies, who)) > 0.98


def test_a_strangers_arm_at_the_edge_is_nobody_and_of_nobody() -> None:
    iuv, who = group(("standing", 1.0, 250), ("t-pose", 1.0, 760))
    seen = who == 2
    torso = np.flatnonzero((seen & (iuv[..., 0] == 2)).any(0))[0]
    iuv[:, torso - 30 :], who[:, torso - 30 :] = 0, 0
    assert (who == 2).any(), "an arm is left"
    both = group(("standing", 1.0, 250))[0]
    [body] = bodies_in(both)
    assert np.array_equal(bodies_in(iuv)[0][who == 1], body[who == 1])
    assert len(bodies_in(iuv)) == 1


@pytest.mark.parametrize("size", [(96, 169), (1024, 1800)])
def test_small_and_large_maps_are_told_apart_too(size: tuple[int, int]) -> None:
    iuv, who = group(*HAND_IN_HAND)
    small, labels = resize_iuv(iuv, size), resize_iuv(np.dstack([who] * 3).astype(np.uint8), size)[..., 0]
    bodies = bodies_in(small)
    assert len(bodies) == 2 and min(overlaps(bodies, labels.astype(int))) > 0.9


def test_odd_maps_are_one_body() -> None:
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (80, 60, 3), np.uint8)
    noise[..., 0] %= 25
    for iuv in (noise, np.zeros((40, 40, 3), np.uint8), np.full((40, 40, 3), 3, np.uint8)):
        assert len(bodies_in(iuv)) >= 1
    legs = kept_drawing(POSES["standing"]).iuv * np.isin(kept_drawing(POSES["standing"]).iuv[..., :1], (9, 10, 13, 14))
    [body] = bodies_in(legs.astype(np.uint8))
    assert np.array_equal(body, legs)
