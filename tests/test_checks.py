"""One check for a picture, whoever asks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes

from mcld_app.body.checks import check_rgb, is_picture
from mcld_app.errors import IUVError, PictureError


@given(array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=5), st.sampled_from(["uint8", "int8", "float32"]))
def test_a_picture_is_three_channels_of_8_bits_and_not_empty(shape: tuple[int, ...], dtype: str) -> None:
    fits = dtype == "uint8" and len(shape) == 3 and shape[2] == 3 and 0 not in shape
    picture = np.zeros(shape, dtype)
    assert is_picture(picture) is fits
    if fits:
        check_rgb(picture, "Only pictures can be shown")
        return
    with pytest.raises(PictureError, match=rf"^Only pictures can be shown; this is {dtype} of shape \(.*\)\.$"):
        check_rgb(picture, "Only pictures can be shown")


@pytest.mark.parametrize("value", [None, "photo.png", [[[0, 0, 0]]]])
def test_what_is_no_array_is_no_picture(value: object) -> None:
    with pytest.raises(IUVError, match=f"A map is needed; this is {type(value).__name__}."):
        check_rgb(value, "A map is needed", error=IUVError)


def test_transparency_is_allowed_where_it_is_asked_for() -> None:
    picture = np.zeros((2, 2, 4), np.uint8)
    assert is_picture(picture, (3, 4)) and not is_picture(picture)
    check_rgb(picture, "A picture is needed", channels=(3, 4))
