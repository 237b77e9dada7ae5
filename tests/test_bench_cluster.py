"""What many GPUs would do on paper, and when drawing began."""

from __future__ import annotations

import pytest

from mcld_app.bench.cluster import GUESSED_BYTES, GUESSED_SECONDS, on_paper, paper_table, rows, timed
from mcld_app.catalogue.drawing import Outcome
from mcld_app.catalogue.row import Row
from mcld_app.editing.samples import people


def test_on_paper_all_grows_with_the_gpus_and_overhead_slows_it() -> None:
    one, many = on_paper(1, 0.1), on_paper(64, 0.1)
    assert one.rate == pytest.approx(1 / (GUESSED_SECONDS + 0.1)) and many.rate == pytest.approx(64 * one.rate)
    assert many.hours == pytest.approx(one.hours / 64) and many.written == pytest.approx(many.rate * GUESSED_BYTES)
    assert on_paper(1, 0.2).rate < one.rate


def test_the_table_says_what_is_used_up_first() -> None:
    text = paper_table(0.0, 98)
    assert len(text.splitlines()) == 2 + 4 + 2
    assert "At 512 GPUs the disk takes 213 new files a second" in text and "used up at 235 GPUs" in text


def test_the_first_row_was_begun_a_piece_before_it_was_told() -> None:
    def told(at: float, where: str, seconds: float) -> tuple[float, Outcome]:
        return at, Outcome(Row(), seconds=seconds, where=where)

    heard = [told(10, "a", 2), told(10, "a", 1), told(11, "b", 5), told(12, "a", 2)]
    assert timed(heard, 4.0) == (2.0, 6.0)


def test_so_many_rows_of_the_samples() -> None:
    made = list(rows(30))
    assert len(set(made)) == 30 and {row.person for row in made} <= set(people())
