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
from mcld_app.catalogue.on_ray import row_worker
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
from mcld_app.output.recipe_file import encode_drawn


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
    assert said in capsys.readouterr().err and not (tmp_path / "out").exists()


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
    plan = plan_of(rows, {picture_of(Row("a")), "x.png"})
    assert [row.person for row in plan.todo] == ["b"] and plan.there == 2 and plan.total == 6
    assert [row.person for row, _ in plan.failed] == ["c", "b", "d"]
    assert len(plan_of(rows[:2], {picture_of(Row("a"))}, again=True).todo) == 2


def test_a_row_s_own_picture_is_no_seed_of_another_one_s() -> None:
    rows = [Row(recipe="mara-2.json", file="mara-2.png"), Row(recipe="mara.json", file="mara.png")]
    plan = plan_of(rows, {"mara-2.png"}, seeds=lambda row: (7,))
    assert [row.file for row in plan.todo] == ["mara.png"] and plan.there == 1


def test_a_recipe_of_several_seeds_is_drawn_once_all_its_pictures_are() -> None:
    asked = []

    def seeds(row: Row) -> tuple[int, ...]:
        asked.append(row.recipe)
        return 1, 2

    rows = [Row(recipe="x.json", file="x.png"), Row(recipe="y.json", file="y.png"), Row(recipe="z.json", file="z.png")]
    plan = plan_of(rows, {"x-1.png", "y-1.png", "y-2.png"}, seeds=seeds)
    assert [row.recipe for row in plan.todo] == ["x.json", "z.json"] and plan.there == 1
    assert asked == ["x.json", "y.json"], "others are not read"


def test_hashes_of_a_million_rows_differ() -> None:
    """By the birthday bound: n^2/2 pairs, of which each is one with the chance of a hash."""
    digits = len(picture_of(Row("a")).removesuffix(".png").rpartition("-")[2])
    assert 1e6**2 / 2 / 16**digits < 1e-6


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_rows_come_back_from_a_table_whatever_the_first_one_has(tmp_path: Path, ending: str) -> None:
    if ending == "parquet":
        pytest.importorskip("pyarrow")
    rows = [Row("person:mara"), Row(recipe="r.json", file="r.png", seed="3")]
    assert write_rows(tmp_path / f"jobs.{ending}", rows) == 2
    assert list(read_rows(str(tmp_path / f"jobs.{ending}"))) == rows


def test_recipes_of_a_folder_are_rows(tmp_path: Path) -> None:
    folder, told = tmp_path / "recipes", []
    folder.mkdir()
    made = Recipe(looks.of(samples.sample_person("person:mara")))
    (folder / "UPPER.JSON").write_text(write_recipe(made), "utf-8")
    (folder / "b.json.txt").write_text("{}")
    for name in ("drawn.png", "upper.png"):
        (folder / name).write_bytes(encode_drawn(np.zeros((64, 44, 3), np.uint8), made, "m"))
    Image.new("RGB", (4, 4)).save(folder / "holiday.png")
    rows = list(recipe_rows(Place(str(folder)), Place(str(tmp_path / "out")), told.append))
    assert [(row.recipe, row.file) for row in rows] == [
        ("UPPER.JSON", "UPPER.png"), ("drawn.png", "drawn.png"), ("upper.png", "upper.png.png")]  # fmt: skip
    assert told == ["holiday.png"]
    for same in (str(folder), folder.as_uri(), str(tmp_path / "recipes" / ".." / "recipes")):
        rows = list(recipe_rows(Place(str(folder)), Place(same)))
        assert [row.recipe for row in rows] == ["UPPER.JSON"], "none is drawn over itself"


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


@pytest.mark.parametrize("where", ["disk", "file", "memory"])
def test_a_second_run_draws_only_what_is_missing(tmp_path: Path, where: str) -> None:
    folder = tmp_path / "out"
    out = Place({"disk": str(folder), "file": folder.as_uri(), "memory": f"memory://catalogue{tmp_path.name}"}[where])
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


def test_a_run_that_is_stopped_keeps_what_the_list_says_of_the_others(tmp_path: Path) -> None:
    """The list may be the very table that is drawn."""
    out, failed = Place(str(tmp_path)), tmp_path / runs.FAILED

    def first_is_drawn(rows: Sequence[Row]) -> Iterator[Outcome]:
        yield from all_drawn(out)(rows[:1])
        raise KeyboardInterrupt

    def none(rows: Sequence[Row]) -> Iterator[Outcome]:
        yield from (Outcome(row, "There is nobody.") for row in rows)

    runs.run_rows(matrix(["a", "b", "c"]), out, none)
    with pytest.raises(KeyboardInterrupt):
        runs.run_rows(read_rows(str(failed)), out, first_is_drawn)
    left = list(csv.DictReader(failed.open(encoding="utf-8")))
    assert [(line["person"], line["why"]) for line in left] == [("b", "There is nobody."), ("c", "There is nobody.")]
    assert runs.run_rows(read_rows(str(failed)), out, all_drawn(out)).made == 2 and not failed.exists()


@pytest.mark.parametrize("name", [str, Path.as_uri])
def test_two_runs_in_one_folder_are_refused(tmp_path: Path, name) -> None:
    out = Place(name(tmp_path))
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
    work = row_worker(Place(str(tmp_path)), Place(str(tmp_path)), Options(), again=False)
    done = json.loads(work(json.dumps([Row("person:mara", file=f"{name}.png") for name in "abc"])))
    assert len(done) == 1, "the rest of what was handed out is not drawn for a disk that is full"


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
