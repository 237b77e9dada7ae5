"""A recipe that begins with a photo: `python -m mcld_app start PHOTO -o RECIPE`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from mcld_app.errors import StudioError


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("photo", type=Path, help="a photo of somebody")
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="RECIPE", help="the recipe to write, .json")
    parser.add_argument("--iuv", type=Path, help="the photo's IUV map, if you have one; else the body is found")
    parser.add_argument("--pose", default="", metavar="NAME", help="a named pose to stand in, as in assets/poses")
    parser.add_argument("--who", type=int, default=0, help="which of the people found, the largest being 0")
    parser.add_argument("--closer", action="store_true", help="look for people who are small in the photo")


def run(chosen: argparse.Namespace) -> int:
    """Find the person and write the recipe, with its pictures; returns the exit status."""
    from mcld_app.body.mannequin.pose import named_poses
    from mcld_app.body.photo import read_photo
    from mcld_app.checkpoints.wheel_models import how_to_get
    from mcld_app.editing import look as looks
    from mcld_app.editing.person import read_person
    from mcld_app.editing.recipe import Recipe, write_recipe
    from mcld_app.files import write_whole, writing
    from mcld_app.perception.detections import detect_people

    if chosen.pose and chosen.pose not in named_poses():
        raise StudioError(f"There is no pose {chosen.pose!r}. Choose one of: {', '.join(named_poses())}.")
    if chosen.iuv is not None:
        person = read_person(chosen.photo.stem, chosen.photo, chosen.iuv)
    else:
        people = detect_people(chosen.photo.stem, read_photo(chosen.photo), closer=chosen.closer)
        if people is None:
            raise StudioError(f"Nothing is installed here to find a body in a photo. {how_to_get()} Or give --iuv.")
        person = people.person(chosen.who)
        if len(people) > 1:
            print(f"{len(people)} people were found; --who chooses another one.", file=sys.stderr)
    look = looks.of(person)
    look = looks.stand(look, looks.in_their_shape(look, named_poses()[chosen.pose] if chosen.pose else None))
    with writing(chosen.out):
        write_whole(chosen.out, write_recipe(Recipe(look), pictures=True).encode())
    print(f"written: {chosen.out}. Draw it: python -m mcld_app generate {chosen.out} -o PICTURE.png", file=sys.stderr)
    return 0
