"""A garment from a picture, worn: `python -m mcld_app garment PICTURE --kind top -o RECIPE` of a garment alone,
`--piece top` of somebody who wears it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from mcld_app.errors import StudioError

_KINDS = ("top", "dress", "coat", "trousers", "shorts", "skirt")
_PIECES = ("top", "bottom", "dress", "shoes", "outfit")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("picture", type=Path, help="a garment laid out flat, on a plain ground or a transparent one; "
                        "or a photo of somebody who wears it")  # fmt: skip
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--kind", choices=_KINDS, help="what the garment laid out flat is")
    what.add_argument("--piece", choices=_PIECES, help="which piece of what somebody in the photo wears")
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="RECIPE", help="the recipe to write, .json")
    parser.add_argument("--onto", default="person:mara", metavar="RECIPE",
                        help="who puts it on: a recipe, or a sample person such as person:mara")  # fmt: skip
    parser.add_argument("--point", action="append", default=[], metavar="NAME=X,Y", help="where a key point is, 0 to 1 "
                        "of the picture's width and height; may be given several times")  # fmt: skip
    parser.add_argument("--no-sleeves", action="store_true", help="what look like sleeves are none")
    parser.add_argument("--seen", type=Path, metavar="PNG", help="also write there how the picture was understood: the "
                        "garment and its key points")  # fmt: skip


def run(chosen: argparse.Namespace) -> int:
    """Dress the person and write the recipe, with its pictures; returns the exit status."""
    from mcld_app.editing import look as looks
    from mcld_app.editing.edits.wear import Wear
    from mcld_app.editing.recipe import Recipe, write_recipe
    from mcld_app.files import write_whole, writing

    garment = _worn(chosen) if chosen.piece else _alone(chosen)
    look = looks.add(_look(chosen.onto), Wear(garment))
    with writing(chosen.out):
        write_whole(chosen.out, write_recipe(Recipe(look), pictures=True).encode())
    print(f"written: {chosen.out}. Draw it: python -m mcld_app generate {chosen.out} -o PICTURE.png", file=sys.stderr)
    return 0


def _alone(chosen: argparse.Namespace):
    from mcld_app.editing.flat_garment import flat_garment, marked

    points = dict(_point(text) for text in chosen.point)
    made = flat_garment(chosen.picture, chosen.kind, points, sleeves=not chosen.no_sleeves, name=chosen.picture.stem)
    _write_seen(chosen, lambda: marked(made))
    garment = made.garment
    for name, (x, y) in made.points.places.items():
        print(f"{name}={x:.3f},{y:.3f}{' (guessed)' if name in made.points.guessed else ''}")
    return garment


def _worn(chosen: argparse.Namespace):
    from mcld_app.editing.worn_garment import marked_pieces, pieces_of
    from mcld_app.perception.wearers import worn_garment

    if chosen.point or chosen.no_sleeves:
        raise StudioError("--point and --no-sleeves belong to a garment laid out flat: leave them out with --piece.")
    garment = worn_garment(chosen.picture.stem, chosen.picture, chosen.piece)
    _write_seen(chosen, lambda: marked_pieces(garment.wearer))
    print("pieces: " + ", ".join(pieces_of(garment.wearer).shown))
    return garment


def _write_seen(chosen: argparse.Namespace, picture) -> None:
    from mcld_app.body.photo import encode_png
    from mcld_app.files import write_whole, writing

    if chosen.seen is not None:
        with writing(chosen.seen):
            write_whole(chosen.seen, encode_png(picture()))


def _look(onto: str):
    from mcld_app.editing import look as looks
    from mcld_app.editing import samples
    from mcld_app.output.recipe_file import open_recipe

    if onto in samples.people():
        return looks.of(samples.sample_person(onto))
    file = Path(onto)
    if not file.is_file():
        raise StudioError(f"There is no recipe and no sample person {onto!r}. The samples are: "
                          f"{', '.join(samples.people())}.")  # fmt: skip
    return open_recipe(file.read_bytes()).look


def _point(text: str) -> tuple[str, tuple[float, float]]:
    name, _, place = text.partition("=")
    try:
        x, y = (float(number) for number in place.split(","))
    except ValueError:
        raise StudioError(f"--point {text}: give a point as NAME=X,Y, for instance neckline=0.5,0.18.") from None
    return name, (x, y)
