"""People made up from a seed: adults of all peoples, ages and builds, always dressed."""

from __future__ import annotations

import numpy as np

from mcld_app.body.mannequin.pose import BodyShape
from mcld_app.synthetic.drawn.outfits import outfit
from mcld_app.synthetic.drawn.spec import Colour, DrawnPerson, Garment, Hair, Head, Skin
from mcld_app.synthetic.drawn.store import heads

TONES: tuple[Colour, ...] = (
    (238, 204, 182), (230, 190, 164), (222, 178, 148), (210, 162, 130), (194, 144, 110),
    (170, 120, 88), (144, 98, 70), (116, 76, 54), (92, 60, 44), (74, 48, 37),
)  # fmt: skip
HAIRS: tuple[Colour, ...] = (
    (26, 21, 20), (40, 30, 25), (58, 42, 32), (82, 58, 40), (112, 82, 54), (160, 124, 82), (196, 164, 112),
    (138, 74, 42), (104, 46, 32), (104, 102, 100), (158, 156, 152),
)  # fmt: skip
IRISES: tuple[Colour, ...] = (
    (66, 44, 30),
    (88, 60, 38),
    (78, 104, 126),
    (96, 128, 150),
    (88, 108, 78),
    (112, 112, 104),
)
_MEN_HAIR = ("bald", "shaved", "shaved", "crop", "crop", "tousled", "tousled", "layered", "layered", "parted")
_WOMEN_HAIR = ("long", "long", "ponytail", "ponytail", "bob", "fringe", "braid", "parted", "layered", "tousled")
_UNEVEN = 0.42  # how far faces differ, in units of the shapes' full amounts
_FAR = 0.85


def make_person(seed: int) -> DrawnPerson:
    """Make up a person. The same seed gives the same person on every machine."""
    rng = np.random.default_rng(seed)

    def pick(choices):
        return choices[int(rng.integers(len(choices)))]

    def between(low: float, high: float) -> float:
        return float(rng.uniform(low, high))

    man = bool(rng.random() < 0.5)
    tone_number = int(rng.integers(len(TONES)))
    darkness = tone_number / (len(TONES) - 1)
    races = rng.dirichlet((0.3 + 3.5 * darkness**2, 0.8, 0.3 + 2.5 * (1 - darkness) ** 2))
    old = float(rng.beta(1.2, 2.6))
    knobs = _knobs(rng, races, old)
    head = Head(tuple(round(float(r), 3) for r in races), _off(rng, man), round(old * 0.9, 3), knobs)
    tone = TONES[tone_number]
    hair = _hair(rng, pick, man, darkness, old)
    garments = outfit(rng, man)
    if rng.random() < 0.06:
        hair, cover = Hair("covered", hair.colour), "beanie" if man else "headscarf"
        garments = (*garments, Garment(cover, pick(garments[1:]).cloth))
    lips = np.array(tone) * ((0.86, 0.66, 0.64) if man else (0.90, 0.58, 0.60))
    beard, cut = (
        (between(0.55, 1.0), pick(("full", "stubble", "stubble", "goatee", "moustache")))
        if (man and rng.random() < 0.6)
        else (0.0, "full")
    )
    brows = np.array(hair.colour) * (0.8 if sum(hair.colour) > 330 else 1.0)
    skin = Skin(
        tone, _colour(lips), pick(IRISES[:2]) if darkness > 0.45 else pick(IRISES), _colour(brows),
        brow=between(0.85, 1.35) if man else between(0.55, 0.9), brow_lift=between(-0.001, 0.003),
        beard=beard, cut=cut, makeup=0.0 if man else between(0.0, 0.9) * (rng.random() < 0.7),
        freckles=between(0.3, 1.0) if darkness < 0.35 and rng.random() < 0.25 else 0.0, blush=between(0.2, 1.0),
    )  # fmt: skip
    height = between(0.97, 1.06) if man else between(0.90, 1.00)
    shape = (between(0.1, 0.9) if man else between(-1.5, -0.5), *rng.normal(0, 0.55, 5).clip(-1.1, 1.1).tolist())
    return DrawnPerson(seed, BodyShape(height, between(-0.6, 0.7), shape), head, skin, hair, garments)


def _knobs(rng: np.random.Generator, races: np.ndarray, old: float) -> tuple[tuple[str, float], ...]:
    amounts = {name: float(np.clip(rng.normal(0, _UNEVEN), -_FAR, _FAR)) for name in heads().knobs}
    amounts["eye-fold"] = 0.8 * float(races[1]) + 0.2 * amounts["eye-fold"]
    amounts["smile"] = abs(amounts["smile"]) * 0.9 + 0.15
    amounts["age"] = 0.8 * old
    amounts["eye-open"] = 0.5 * amounts["eye-open"] + 0.15
    for name in ("ear-size", "nose-flare", "chin-out", "face-wide", "brow-angle", "eye-bag"):
        amounts[name] *= 0.6
    return tuple((name, round(amount, 3)) for name, amount in amounts.items())


def _hair(rng: np.random.Generator, pick, man: bool, darkness: float, old: float) -> Hair:
    if darkness > 0.6:
        style = pick(
            ("shaved", "shaved", "crop", "afro", "bald") if man else ("afro", "afro", "long", "braid", "shaved")
        )
    else:
        style = pick(_MEN_HAIR if man else _WOMEN_HAIR)
    grey = old > 0.5 and rng.random() < 0.75
    colour = pick(HAIRS[9:]) if grey else pick(HAIRS[:2]) if darkness > 0.5 else pick(HAIRS[:9])
    return Hair(style, colour)


def _off(rng: np.random.Generator, man: bool) -> float:
    """How much of a man's head shape somebody has; nobody is all of one."""
    away = 0.3 * float(rng.random())
    return round(1 - away if man else away * 0.6, 3)


def _colour(values: np.ndarray) -> Colour:
    r, g, b = (int(np.clip(v, 0, 255)) for v in values)
    return r, g, b
