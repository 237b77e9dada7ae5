"""A contact sheet: its table, how its pictures lie, and the sheet itself."""

from __future__ import annotations

import csv
import io
import zipfile

import numpy as np
import pytest

from mcld_app.errors import StudioError
from mcld_app.output.archive import zip_of
from mcld_app.output.contact_sheet import CELL, contact_sheet
from mcld_app.output.sheet_table import Choice, Grid, SheetTable, slug, table_csv


def choices(count: int, kind: str = "person") -> tuple[Choice, ...]:
    return tuple(Choice(f"{kind}:{n}", f"{kind.title()} {n}") for n in range(count))


def plain(grey: int) -> np.ndarray:
    return np.full((*CELL, 3), grey, np.uint8)


def test_everything_is_combined_with_everything_and_each_picture_has_a_row() -> None:
    table = SheetTable(choices(2), choices(3, "garment"), seed=7)
    assert len(table) == len(table.rows) == 6
    assert [(row.person, row.clothes) for row in table.rows[:4]] == [
        ("person:0", "garment:0"), ("person:0", "garment:1"), ("person:0", "garment:2"), ("person:1", "garment:0"),
    ]  # fmt: skip
    assert {(row.pose, row.face, row.seed) for row in table.rows} == {("", "", 7)}, "as it is now"
    assert table.rows[0].file == "01-person-0-garment-0.png"


def test_the_table_is_read_back_by_any_program() -> None:
    rows = SheetTable((Choice("own:1", 'Zoë, "7"'), Choice("own:2", "=1+1")), seed=3).rows
    read = list(csv.DictReader(io.StringIO(table_csv(rows))))
    assert [*read[0]] == ["person", "clothes", "pose", "face", "seed", "file"]
    assert [row["file"] for row in read] == ["01-zoe-7.png", "02-1-1.png"]
    assert [row["person"] for row in read] == ["own:1", "own:2"], "never a name, which a spreadsheet may take for a sum"


@pytest.mark.parametrize(("label", "name"), [("Mara’s outfit", "maras-outfit"), ("../../etc", "etc"), ("李", "")])
def test_a_name_becomes_a_piece_of_a_file_name(label: str, name: str) -> None:
    assert slug(label) == name


def test_more_pictures_than_are_drawn_at_once_and_one_thing_twice_are_refused() -> None:
    with pytest.raises(StudioError, match="would be 38 pictures; a sheet has at most 36"):
        SheetTable(choices(19), choices(2, "garment"))
    with pytest.raises(StudioError, match="chosen once"):
        SheetTable(choices(1) * 2)


def test_where_one_thing_varies_pictures_have_their_names_below_them() -> None:
    grid = SheetTable(choices(12), (Choice("garment:coat", "Coat"),)).grid
    assert (grid.columns, grid.left, grid.top) == (4, (), ()) and len(grid.below) == 12
    assert grid.title == "Coat", "what all of them wear is said once"
    assert SheetTable().grid == Grid(1, (), (), ("",)), "a sheet of one picture"


def test_where_two_vary_people_are_rows_and_clothes_columns() -> None:
    grid = SheetTable(choices(3), choices(4, "garment")).grid
    assert (grid.columns, len(grid.left), grid.top[0]) == (4, 3, "Garment 0")


def test_where_three_vary_the_sheet_is_no_strip() -> None:
    grid = SheetTable(choices(2), choices(3, "garment"), choices(4, "pose")).grid
    assert len(grid.left) == 6 and grid.top == tuple(f"Pose {n}" for n in range(4))
    assert grid.left[0] == "Person 0, Garment 0"


def test_each_picture_is_where_its_row_and_column_are() -> None:
    grid = SheetTable(choices(2), choices(3, "garment")).grid
    sheet = contact_sheet([plain(10 * n) for n in range(1, 7)], grid)
    greys = [int(line[0]) for line in sheet[sheet.shape[0] // 4, :, :1] if line[0] in range(10, 70, 10)]
    assert [*dict.fromkeys(greys)] == [10, 20, 30], "the first row"
    assert greys.count(20) == CELL[1]
    below = sheet[-60, -60]
    assert below.tolist() == [60, 60, 60], "the last picture is the lower right one"


def test_what_is_on_all_pictures_is_written_above_them() -> None:
    people, coat = choices(4), (Choice("garment:coat", "Coat"),)
    plain_sheet, titled = (
        contact_sheet([plain(250)] * 4, SheetTable(people, *clothes).grid) for clothes in ((), (coat,))
    )
    more = titled.shape[0] - plain_sheet.shape[0]
    assert more > 20 and (titled[more:] == plain_sheet)[60:].all(), "the rest stays as it is"
    assert (titled[:more] < 120).any()


def test_names_are_written_beside_and_above_and_a_long_one_stays_in_its_place() -> None:
    people = (Choice("a", "Mara"), Choice("b", "A person with a name that would go on and on and on"))
    sheet = contact_sheet([plain(250)] * 4, SheetTable(people, choices(2, "garment")).grid)
    ink = (sheet < 120).all(2)
    assert ink[:70].any() and ink[80:].any()
    assert not ink[:, :20].any() and not ink[80:, 330:].any(), "neither over the edge nor over the pictures"


@pytest.mark.parametrize("font", ["the machine's", "Pillow's own"])
def test_accents_are_written_or_left_out_but_never_as_boxes(font: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if font == "Pillow's own":
        monkeypatch.setattr("mcld_app.output.contact_sheet._FONTS", ())
    with_accent, without, boxes = (
        contact_sheet([plain(250)], SheetTable((Choice("a", name),)).grid) for name in ("é", "e", "\ufffe")
    )
    assert (with_accent != boxes).any()
    assert (with_accent == without).all() or font != "Pillow's own"


def test_small_pictures_are_made_larger_and_too_few_are_refused() -> None:
    one = SheetTable((Choice("a", "Mara"),)).grid
    assert contact_sheet([np.zeros((256, 176, 3), np.uint8)], one).shape[0] > CELL[0]
    with pytest.raises(StudioError, match="2 pictures"):
        contact_sheet([plain(1)] * 2, one)


def test_a_zip_has_every_file_and_says_nothing_of_the_time() -> None:
    files = {"a/1.png": b"\x89PNG", "table.csv": b"x" * 999}
    data = zip_of(files)
    assert data == zip_of(files) and len(data) < 700
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == files
