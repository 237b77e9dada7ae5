"""`python -m mcld_app generate`: recipes drawn without the page, with the bundled model."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mcld_app.body.mannequin.pose import named_poses
from mcld_app.cli import generate
from mcld_app.cli.main import main
from mcld_app.editing import look as looks
from mcld_app.editing import samples
from mcld_app.editing.conditioning import conditions_of
from mcld_app.editing.edits.wear import Wear
from mcld_app.editing.recipe import Recipe, read_recipe, write_recipe
from mcld_app.engine.registry import engine_for
from mcld_app.output.provenance import read_recipe_text
from mcld_app.output.recipe_file import encode_drawn
from mcld_app.request import Job, Settings

FAST = Settings(steps=2, guidance=1.0)


def a_look():
    look = looks.add(looks.of(samples.sample_person("person:mara")), Wear(samples.sample_garment("garment:jeans")))
    return looks.stand(look, named_poses()["walking"])


def a_recipe(folder: Path, name: str = "one.json", seeds: tuple[int, ...] = (7,)) -> Path:
    path = folder / name
    path.write_text(write_recipe(Recipe(a_look(), FAST, seeds, "bundled")), "utf-8")
    return path


def pixels(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB"))


def test_a_recipe_draws_what_the_engine_draws(tmp_path: Path) -> None:
    out = tmp_path / "out" / "picture.png"
    assert main(["generate", str(a_recipe(tmp_path)), "-o", str(out)]) == 0
    drawn = engine_for("bundled").generate([Job(conditions_of(a_look()), 7)], FAST)[0].picture
    assert np.array_equal(pixels(out), drawn)


def test_a_picture_is_a_recipe_itself_and_draws_itself_again_bit_for_bit(tmp_path: Path) -> None:
    first, second = tmp_path / "first.png", tmp_path / "second.png"
    main(["generate", str(a_recipe(tmp_path)), "-o", str(first)])
    recipe = read_recipe(read_recipe_text(first.read_bytes()))
    assert recipe.drawn_with["device"] and recipe.drawn_with["batch"] == 1 and recipe.seeds == (7,)
    assert main(["generate", str(first), "-o", str(second)]) == 0
    assert np.array_equal(pixels(first), pixels(second))


def test_several_seeds_make_several_pictures(tmp_path: Path) -> None:
    assert main(["generate", str(a_recipe(tmp_path, seeds=(1, 2))), "-o", str(tmp_path / "p.png")]) == 0
    assert (pixels(tmp_path / "p-1.png") != pixels(tmp_path / "p-2.png")).any()


def test_a_folder_goes_on_after_a_failure_and_where_it_was_stopped(tmp_path: Path, capsys) -> None:
    folder, out = tmp_path / "recipes", tmp_path / "out"
    folder.mkdir()
    a_recipe(folder, "a.json")
    (folder / "b.json").write_text(json.dumps({"format": "mcld-recipe", "version": 99}), "utf-8")
    shutil.copy(folder / "a.json", folder / "c.json")
    assert main(["generate", str(folder), "-o", str(out)]) == 1
    assert sorted(p.name for p in out.iterdir()) == ["a.png", "c.png"]
    assert "failed: b.json: This recipe was made by a newer MCLD Studio." in capsys.readouterr().err
    (out / "c.png").unlink()
    before = (out / "a.png").stat().st_mtime_ns
    main(["generate", str(folder), "-o", str(out)])
    assert (out / "c.png").exists() and (out / "a.png").stat().st_mtime_ns == before
    main(["generate", str(folder), "-o", str(out), "--again"])
    assert (out / "a.png").stat().st_mtime_ns > before


def test_a_folder_may_hold_drawn_pictures_and_endings_in_capitals(tmp_path: Path, monkeypatch) -> None:
    """What is drawn is not the point here: which files are taken, what they are called, and what is said of others."""
    folder, out = tmp_path / "recipes", tmp_path / "out"
    folder.mkdir()
    text = a_recipe(folder, "UPPER.JSON").read_text("utf-8")
    made = read_recipe(text)
    for name in ("drawn.png", "upper.png"):
        (folder / name).write_bytes(encode_drawn(np.zeros((64, 44, 3), np.uint8), made, "m"))
    Image.new("RGB", (64, 44)).save(folder / "holiday.png")
    asked = []

    def draw(recipe: Path, picture: Path, **_) -> list[Path]:
        asked.append((recipe.name, picture.name))
        return [picture]

    monkeypatch.setattr(generate, "draw_recipe", draw)
    results = list(generate.draw_folder(folder, out))
    assert asked == [("UPPER.JSON", "UPPER.png"), ("drawn.png", "drawn.png"), ("upper.png", "upper.png.png")]
    assert [r.picture.name for r in results if isinstance(r, generate.LeftOut)] == ["holiday.png"]
    asked.clear()
    list(generate.draw_folder(folder, folder, again=True))
    assert asked == [("UPPER.JSON", "UPPER.png")], "no picture is drawn over itself"


@pytest.mark.parametrize("what", ["missing", "empty folder", "binary"])
def test_what_cannot_be_drawn_is_told_on_stderr(tmp_path: Path, capsys, what: str) -> None:
    place = tmp_path / "x.json"
    if what == "empty folder":
        place.mkdir()
    elif what == "binary":
        place.write_bytes(b"\xff\xfe\x00")
    assert main(["generate", str(place), "-o", str(tmp_path / "y.png")]) == 1
    err = capsys.readouterr().err
    assert "recipe" in err and "Traceback" not in err and err.strip().endswith(".")
