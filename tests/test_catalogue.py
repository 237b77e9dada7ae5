"""A table of pictures: which rows there are, which are still to be drawn, and what becomes of bad ones."""

from __future__ import annotations

import csv
import json
import shutil
import tracemalloc
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock
from PIL import Image

from mcld_app.catalogue import run as runs
from mcld_app.catalogue.drawing import Options, Outcome, RowDrawer
from mcld_app.catalogue.looks import Wardrobe
from mcld_app.catalogue.matrix import matrix, named, numbers
from mcld_app.catalogue.place import Place, inside
from mcld_app.catalogue.plan import LARGEST_GROUP, groups, plan_of, recipe_rows
from mcld_app.catalogue.row import Row, picture_of
from mcld_app.catalogue.table import read_rows, write_rows
from mcld_app.cli.main import main
from mcld_app.editing import look as looks
from mcld_app.editing import samples
from mcld_app.editing.edits.face_swap import FaceSwap
from mcld_app.editing.edits.wear import Wear
from mcld_app.editing.recipe import Recipe, write_recipe
from mcld_app.errors import DiskFull, StudioError


def table(path: Path, *rows: str, columns: str = "person,clothes,pose,face,seed") -> str:
    path.write_text("\n".join([columns, *rows]) + "\n", "utf-8")
    return str(path)


def all_drawn(out: Place):
    """In place of an engine: each picture is a few bytes."""

    def draw(rows: Sequence[Row]) -> Iterator[Outcome]:
        for row in rows:
            out.write(row.file, b"drawn")
            yield Outcome(row)

    return draw


# --- rows and tables ------------------------------------------------------------------------------------------------


def test_everything_is_combined_with_everything_and_people_change_last() -> None:
    rows = list(matrix(["a", "b"], ["x", "y"], ["photo"], ["own"], [0, 1]))
    assert len(rows) == 8 and [row.person for row in rows] == ["a"] * 4 + ["b"] * 4
    assert len({picture_of(row) for row in rows}) == 8
    with pytest.raises(StudioError, match="no people"):
        list(matrix([]))


def test_a_folder_stands_for_its_pictures_and_files_outside_are_refused(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "people").mkdir(parents=True)
    for name in ("b.jpg", "a.PNG", "a_iuv.png", ".hidden.png", "notes.txt"):
        (root / "people" / name).touch()
    assert named([str(root / "people"), "person:mara"], root, (".png", ".jpg"), samples=("person:mara",)) == [
        "people/a.PNG", "people/b.jpg", "person:mara"]  # fmt: skip
    (tmp_path / "outside.png").touch()
    for word, said in ((tmp_path / "outside.png", "not below"), (root / "none", "no file and no folder"),
                       (root, "nothing to take")):  # fmt: skip
        with pytest.raises(StudioError, match=said):
            named([str(word)], root, (".png",))


def test_seeds_are_typed_as_lists_and_ranges() -> None:
    assert numbers("0-2, 7") == [0, 1, 2, 7]
    with pytest.raises(StudioError):
        numbers("-1")


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_table_is_read_as_it_was_written(tmp_path: Path, ending: str) -> None:
    if ending == "parquet":
        pytest.importorskip("pyarrow", reason="Parquet needs pyarrow, which requirements-cluster.txt brings")
    rows = list(matrix(["person:mara", "ä, “b”.jpg"], ["garment:jeans"], seeds=[0, 2**62]))
    path = tmp_path / f"t.{ending}"
    assert write_rows(path, rows) == 4
    assert list(read_rows(str(path))) == rows


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("person,colour\na,b\n", "'colour', which is not known"),
        ("clothes\nx\n", "no column “person”"),
        ("person,person\na,b\n", "a column twice"),
        ("person\na,b\n", "Line 2"),
        ("", "no column"),
        ('person\n"a\n', "no CSV"),
    ],
)
def test_a_table_that_is_none_is_refused_before_anything_is_drawn(tmp_path: Path, capsys, text: str, said: str) -> None:
    (tmp_path / "t.csv").write_text(text, "utf-8")
    assert main(["generate", str(tmp_path / "t.csv"), "-o", str(tmp_path / "out")]) == 1
    assert said in capsys.readouterr().err


def test_paths_stay_below_their_folder() -> None:
    assert inside("a/./b.png") == inside("a\\b.png") == "a/b.png"
    for path in ("../a", "/a", "a/../../b", "C:\\a", "s3://a/b", ""):
        with pytest.raises(StudioError, match="no path below the folder"):
            inside(path)


# --- what a row means -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def wardrobe(tmp_path_factory: pytest.TempPathFactory) -> Wardrobe:
    root = tmp_path_factory.mktemp("root")
    for ending in (".png", "_iuv.png"):
        shutil.copy(samples.ASSETS / "people" / f"aiko{ending}", root / f"someone{ending}")
    (root / "a.json").write_text(write_recipe(Recipe(looks.of(samples.sample_person("person:mara")))), "utf-8")
    return Wardrobe(Place(str(root)))


def test_a_row_is_a_look(wardrobe: Wardrobe) -> None:
    made = wardrobe.recipe(Row("person:mara", "garment:jeans + garment:tank", "walking", "person:aiko", "3"))
    assert made.seeds == (3,) and made.look.person is samples.sample_person("person:mara")
    assert [type(edit) for edit in made.look.edits] == [Wear, Wear, FaceSwap] and made.look.pose.name
    again = wardrobe.recipe(Row("someone.png", pose="photo"))
    assert wardrobe.recipe(Row("someone.png")).look.person is again.look.person
    assert wardrobe.recipe(Row("a.json", face="none")).look.face_edit.donor is None
    assert wardrobe.recipe(Row(recipe="a.json")).seeds == (0,)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (Row(), "says nobody"),
        (Row("person:nobody"), "no sample person 'person:nobody'"),
        (Row("gone.jpg"), "no file gone.jpg"),
        (Row("../gone.jpg"), "no path below"),
        (Row("person:mara", "garment:none"), "no sample garment"),
        (Row("person:mara", pose="standing on one leg"), "no pose"),
        (Row("person:mara", seed="-1"), "seed"),
        (Row("person:mara", recipe="a.json"), "says nothing else"),
    ],
)
def test_a_row_that_cannot_be_drawn_says_why(wardrobe: Wardrobe, row: Row, said: str) -> None:
    with pytest.raises(StudioError, match=said):
        wardrobe.recipe(row)


# --- which rows are drawn -------------------------------------------------------------------------------------------


def test_what_is_there_is_left_out_and_a_bad_file_costs_its_row() -> None:
    rows = [Row("b"), Row("a"), Row("c", file="../c.png"), Row("b"), Row("d", file="d.jpg"),
            Row(recipe="x.json", file="x.png")]  # fmt: skip
    plan = plan_of(rows, {picture_of(Row("a")), "x-12.png"})
    assert [row.person for row in plan.todo] == ["b"] and plan.there == 2 and plan.total == 6
    assert [row.person for row, _ in plan.failed] == ["c", "b", "d"]
    assert len(plan_of(rows[:2], {picture_of(Row("a"))}, again=True).todo) == 2


def test_a_row_s_own_picture_is_no_seed_of_another_one_s() -> None:
    rows = [Row(recipe="mara-2.json", file="mara-2.png"), Row(recipe="mara.json", file="mara.png")]
    plan = plan_of(rows, {"mara-2.png"})
    assert [row.file for row in plan.todo] == ["mara.png"] and plan.there == 1


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_rows_come_back_from_a_table_whatever_the_first_one_has(tmp_path: Path, ending: str) -> None:
    if ending == "parquet":
        pytest.importorskip("pyarrow")
    rows = [Row("person:mara"), Row(recipe="r.json", file="r.png", seed="3")]
    assert write_rows(tmp_path / f"jobs.{ending}", rows) == 2
    assert list(read_rows(str(tmp_path / f"jobs.{ending}"))) == rows


def test_recipes_of_a_folder_are_rows(tmp_path: Path) -> None:
    for name in ("b.json", "a.JSON", "B.json.txt"):
        (tmp_path / name).write_text("{}")
    Image.new("RGB", (4, 4)).save(tmp_path / "b.png")
    rows = list(recipe_rows(Place(str(tmp_path)), Place(str(tmp_path / "out"))))
    assert [(row.recipe, row.file) for row in rows] == [("a.JSON", "a.png"), ("b.json", "b.png")]


def makespan(pieces: Sequence[Sequence[Row]], workers: int, encode: float, draw: float) -> float:
    """Seconds until all is drawn by workers that each keep the last person, and take the next group when free."""
    free, last = [0.0] * workers, [""] * workers
    for piece in pieces:
        k = free.index(min(free))
        for row in piece:
            free[k] += draw + encode * (row.person != last[k])
            last[k] = row.person
    return max(free)


def test_groups_save_encoding_and_leave_nobody_idle() -> None:
    """240 rows of 20 people on 8 actors; a person takes 3 times as long to encode as a picture to be drawn."""
    rows = list(matrix([f"p{k:02}" for k in range(20)], poses=[str(k) for k in range(12)]))
    singly, together = makespan([[row] for row in rows], 8, 3, 1), makespan(list(groups(rows, 8)), 8, 3, 1)
    assert sum(map(len, groups(rows, 8))) == 240 and max(map(len, groups(rows, 8))) <= min(LARGEST_GROUP, 12)
    assert (singly, together) == (90, 54)
    assert makespan(list(groups(rows, 8)), 8, 0, 1) == makespan([[row] for row in rows], 8, 0, 1) == 30, "none is idle"
    assert len(list(groups(rows, 8))[-1]) == 1


def test_a_million_rows_take_little_memory() -> None:
    """A twentieth of them, measured: the plan holds texts, and no pictures."""
    people = [f"people/{k:05}.jpg" for k in range(2500)]
    tracemalloc.start()
    plan = plan_of(matrix(people, ["garments/shirt.png"], [f"poses.json#{k}" for k in range(20)]), set())
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(plan.todo) == 50_000 and most * 20 < 1 << 30


# --- a run ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["disk", "memory"])
def test_a_second_run_draws_only_what_is_missing(tmp_path: Path, where: str) -> None:
    out = Place(str(tmp_path / "out") if where == "disk" else f"memory://catalogue{tmp_path.name}")
    rows, told = list(matrix(["a", "b"], poses=["1", "2"])), []
    first = runs.run_rows(rows, out, all_drawn(out), on_row=lambda now: told.append(now.done))
    assert (first.made, first.there, told) == (4, 0, [0, 1, 2, 3, 4])
    out.remove(picture_of(rows[2]))
    second = runs.run_rows(rows, out, all_drawn(out))
    assert (second.made, second.there) == (1, 3) and {picture_of(row) for row in rows} <= out.names()


def test_a_bad_row_costs_itself_and_its_list_is_a_table(tmp_path: Path) -> None:
    out = Place(str(tmp_path / "out"))

    def draw(rows: Sequence[Row]) -> Iterator[Outcome]:
        yield from (Outcome(row, "There is nobody." if row.person == "b" else "") for row in rows)

    totals = runs.run_rows(matrix(["a", "b", "c"]), out, draw)
    assert (totals.made, [why for _, why in totals.failed]) == (2, ["There is nobody."])
    failed = tmp_path / "out" / runs.FAILED
    [told] = csv.DictReader(failed.open(encoding="utf-8"))
    assert (told["person"], told["why"]) == ("b", "There is nobody.")
    again = runs.run_rows(read_rows(str(failed)), out, all_drawn(out))
    assert again.made == 1 and not failed.exists()


def test_two_runs_in_one_folder_are_refused(tmp_path: Path) -> None:
    out = Place(str(tmp_path))
    with FileLock(tmp_path / ".mcld-run.lock"), pytest.raises(StudioError, match="Another run"):
        runs.run_rows(matrix(["a"]), out, all_drawn(out))
    assert runs.run_rows(matrix(["a"]), out, all_drawn(out)).made == 1


def test_a_full_disk_ends_the_run_and_the_row_is_told(tmp_path: Path) -> None:
    out = Place(str(tmp_path))

    def draw(rows: Sequence[Row]) -> Iterator[Outcome]:
        yield Outcome(rows[0])
        yield Outcome(rows[1], "The disk became full.", full=True)
        raise AssertionError("nothing goes on")

    with pytest.raises(DiskFull):
        runs.run_rows(matrix(["a", "b", "c"]), out, draw)
    assert (tmp_path / runs.FAILED).read_text("utf-8").count("disk became full") == 1


def test_the_disk_of_the_machine_that_drew_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawer = RowDrawer(Place(str(tmp_path)), Place(str(tmp_path)), Options())

    def full(*_) -> Iterator:
        raise DiskFull("The disk became full.")
        yield

    monkeypatch.setattr("mcld_app.catalogue.drawing.drawn_files", full)
    told = Outcome.of(json.loads(json.dumps(drawer(Row("person:mara", file="a.png")).told)))
    assert told.full and "process" in told.why and told.row.person == "person:mara"


def test_a_table_is_drawn_as_its_recipes_are(tmp_path: Path, capsys) -> None:
    """By the bundled model, two steps: rows and recipes give the same pixels; a bad row is told."""
    jobs = table(tmp_path / "t.csv", "person:mara,garment:jeans,walking,,7,a.png", "person:nobody,,,,,b.png",
                 columns="person,clothes,pose,face,seed,file")  # fmt: skip
    out = tmp_path / "out"
    assert main(["generate", jobs, "-o", str(out), "--steps", "2"]) == 1
    said = capsys.readouterr().err
    assert "1 pictures drawn, 0 were there, 1 rows failed." in said and "no sample person 'person:nobody'" in said
    assert sorted(path.name for path in out.iterdir() if not path.name.startswith(".")) == ["a.png", "failed.csv"]
    assert main(["generate", str(out / "a.png"), "-o", str(tmp_path / "again.png")]) == 0
    one, other = (np.asarray(Image.open(path)) for path in (out / "a.png", tmp_path / "again.png"))
    assert np.array_equal(one, other)
    assert main(["generate", jobs, "-o", str(out)]) == 1
    assert "0 pictures drawn, 1 were there, 1 rows failed." in capsys.readouterr().err
