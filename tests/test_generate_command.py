"""`python -m mcld_app generate`: recipes drawn without the page, with the bundled model."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mcld_app.body.mannequin.pose import named_poses
from mcld_app.cli.main import main
from mcld_app.editing import look as looks
from mcld_app.editing import samples
from mcld_app.editing.conditioning import conditions_of
from mcld_app.editing.edits.wear import Wear
from mcld_app.editing.recipe import Recipe, read_recipe, write_recipe
from mcld_app.engine.registry import engine_for
from mcld_app.output.provenance import read_recipe_text
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
    a_recipe(folder, "c.json", seeds=(1, 2))
    Image.new("RGB", (64, 44)).save(folder / "holiday.png")
    assert main(["generate", str(folder), "-o", str(out)]) == 1
    assert {p.name for p in out.glob("*.png")} == {"a.png", "c-1.png", "c-2.png"}
    said = capsys.readouterr().err
    assert "failed: b.json: This recipe was made by a newer MCLD Studio." in said and "left out: holiday.png" in said
    (out / "c-2.png").unlink()
    before = {name: (out / name).stat().st_mtime_ns for name in ("a.png", "c-1.png")}
    main(["generate", str(folder), "-o", str(out)])
    assert (out / "c-2.png").exists(), "of two seeds one was missing"
    assert "1 pictures drawn, 1 were there, 1 rows failed" in capsys.readouterr().err
    assert {name: (out / name).stat().st_mtime_ns for name in before} == before
    main(["generate", str(folder), "-o", str(out), "--again"])
    assert all((out / name).stat().st_mtime_ns > then for name, then in before.items())


def test_a_recipe_is_drawn_in_so_many_steps(tmp_path: Path, capsys) -> None:
    out = tmp_path / "p.png"
    assert main(["generate", str(a_recipe(tmp_path)), "-o", str(out), "--steps", "1"]) == 0
    assert read_recipe(read_recipe_text(out.read_bytes())).settings.steps == 1
    assert main(["generate", str(a_recipe(tmp_path)), "-o", str(out), "--steps", "0"]) == 1
    assert "steps" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("jobs", "words", "said"),
    [
        ("one.json", ["--root", "x"], "--root is for a table"),
        ("", ["--root", "x"], "--root is for a table"),
        ("", ["--seen", "x"], "--seen is for one recipe"),
        ("one.json", ["--gpus", "1"], "--gpus is for a Ray cluster: say --ray"),
        ("", ["--least-actors", "2"], "--least-actors is for a Ray cluster"),
        ("one.json", ["--ray"], "One recipe is drawn on this machine"),
    ],
)
def test_what_would_be_ignored_is_refused(tmp_path: Path, capsys, jobs: str, words: list[str], said: str) -> None:
    a_recipe(tmp_path)
    assert main(["generate", str(tmp_path / jobs), "-o", str(tmp_path / "out"), *words]) == 1
    assert said in capsys.readouterr().err and not (tmp_path / "out").exists()


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
