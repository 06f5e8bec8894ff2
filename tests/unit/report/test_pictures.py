from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from facebank.report.pictures import Outline, crop_around, draw_outlines, encode_jpeg, fit, pixelate


def noise(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    ("size", "side", "expected"), [((1, 1), 10, (1, 1)), ((40, 80), 20, (10, 20)), ((300, 2), 30, (30, 1))]
)
def test_fit_scales_down_only(size: tuple[int, int], side: int, expected: tuple[int, int]) -> None:
    assert fit(noise(*size), side).shape[:2] == expected


def test_pixelating_leaves_few_colours_and_the_size() -> None:
    veiled = pixelate(noise(120, 90), 10)
    assert veiled.shape == (120, 90, 3)
    assert len(np.unique(veiled.reshape(-1, 3), axis=0)) <= 10 * 8


def test_pixelating_averages_and_does_not_sample() -> None:
    stripes = np.zeros((40, 40, 3), np.uint8)
    stripes[:, ::2] = 200
    assert set(np.unique(pixelate(stripes, 4))) == {100}


@given(
    box=st.tuples(*[st.floats(-500, 500)] * 4),
    size=st.tuples(st.integers(1, 60), st.integers(1, 60)),
)
def test_a_crop_lies_in_the_picture_and_is_never_empty(
    box: tuple[float, float, float, float], size: tuple[int, int]
) -> None:
    crop = crop_around(noise(*size), box)
    assert 1 <= crop.shape[0] <= size[0]
    assert 1 <= crop.shape[1] <= size[1]


def test_a_crop_holds_its_box_with_a_margin() -> None:
    assert crop_around(noise(100, 100), (40, 40, 60, 50)).shape == (36, 36, 3)


def test_outlines_are_drawn_on_a_copy() -> None:
    pixels = np.zeros((20, 20, 3), np.uint8)
    drawn = draw_outlines(pixels, [Outline((4.0, 4.0, 12.0, 12.0), (255, 0, 0))])
    assert not pixels.any()
    assert drawn[4, 8].tolist() == [255, 0, 0]
    assert drawn[8, 8].tolist() == [0, 0, 0]


def test_jpeg_has_pixels_only_and_the_same_bytes_each_time() -> None:
    data = encode_jpeg(noise(30, 20))
    assert data == encode_jpeg(noise(30, 20))
    with Image.open(io.BytesIO(data)) as image:
        assert (image.size, image.format, dict(image.getexif())) == ((20, 30), "JPEG", {})
