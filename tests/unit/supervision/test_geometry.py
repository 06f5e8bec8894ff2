from __future__ import annotations

from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facebank.errors import ConfigError
from facebank.supervision import PI05, SMOLVLA, Geometry, resize_with_pad
from seed_consumer import PI05_EYE, SMOLVLA_EYE, Eye, touched

PAIRS = [pytest.param(SMOLVLA, SMOLVLA_EYE, id="smolvla"), pytest.param(PI05, PI05_EYE, id="pi05")]

#: Hundredths of a pixel, as labels are rounded, near and beyond the frame, and the borders of patches.
places = st.one_of(
    st.integers(-10_000, 90_000).map(lambda hundredths: hundredths / 100),
    st.sampled_from([40.0 * k for k in range(-2, 20)]),
    st.sampled_from([40.0 * k + step for k in range(17) for step in (-0.01, 0.01)]),
)


def test_the_two_that_are_known() -> None:
    assert astuple(SMOLVLA) == (640, 480, 512, 512, 1.25, 0, 128, 64)
    assert (SMOLVLA.rows, SMOLVLA.columns, SMOLVLA.patches) == (8, 8, 64)
    assert astuple(PI05) == (640, 480, 224, 224, 640 / 224, 0, 28, 14)
    assert (PI05.rows, PI05.columns, PI05.patches) == (16, 16, 256)


def test_an_odd_rest_of_padding_goes_behind() -> None:
    geometry = resize_with_pad((100, 60), (50, 35), patch=5, padding="centre")
    assert (geometry.scale, geometry.pad_left, geometry.pad_top) == (2.0, 0, 2)
    upright = resize_with_pad((60, 100), (50, 50), patch=25, padding="left-top")
    assert (upright.scale, upright.pad_left, upright.pad_top) == (2.0, 20, 0)
    middle = resize_with_pad((60, 100), (50, 50), patch=25, padding="centre")
    assert (middle.scale, middle.pad_left, middle.pad_top) == (2.0, 10, 0)


def test_no_boxes_have_no_masks() -> None:
    assert SMOLVLA.masks(np.zeros((0, 3, 4))).shape == (0, 3, 64)


@pytest.mark.parametrize(
    ("box", "columns", "rows"),
    [
        ((0, 0, 0, 0), range(0), range(0)),
        ((100, 100, 100, 150), range(0), range(0)),
        ((100, 100, 150, 100), range(0), range(0)),
        ((150, 100, 100, 150), range(0), range(0)),
        ((80, 0, 160, 80), range(1, 2), range(2, 3)),
        ((79.99, 0, 160.01, 80.01), range(3), range(2, 4)),
        ((-500, 0, -100, 80), range(0), range(0)),
        ((700, 0, 800, 80), range(0), range(0)),
        ((-50, -300, 1000, 1000), range(8), range(8)),
    ],
)
def test_any_overlap_counts_and_a_border_is_none(box: tuple[float, ...], columns: range, rows: range) -> None:
    mask = SMOLVLA.masks(np.array(box)).reshape(8, 8)
    assert [tuple(it) for it in np.argwhere(mask)] == [(row, column) for row in rows for column in columns]


@pytest.mark.parametrize(("geometry", "eye"), PAIRS)
@given(corner=st.tuples(places, places), end=st.tuples(places, places))
def test_boxes_touch_what_they_touched_before(
    geometry: Geometry, eye: Eye, corner: tuple[float, float], end: tuple[float, float]
) -> None:
    (x1, x2), (y1, y2) = (sorted(pair) for pair in zip(corner, end, strict=True))
    if x1 == x2 or y1 == y2:
        return
    expected = touched({"x1": x1, "y1": y1, "x2": x2, "y2": y2}, eye)
    # As they are kept, and with all their digits.
    for kind in (np.float32, np.float64):
        np.testing.assert_array_equal(geometry.masks(np.array([x1, y1, x2, y2], dtype=kind)), expected)


@pytest.mark.parametrize(("geometry", "eye"), PAIRS)
def test_the_placeholder_of_a_hidden_slot_touches_nothing(geometry: Geometry, eye: Eye) -> None:
    assert not touched(dict.fromkeys(("x1", "y1", "x2", "y2"), 0.0), eye).any()
    assert not geometry.masks(np.zeros(4)).any()


@pytest.mark.parametrize(
    "change", [{"patch": 60}, {"patch": 0}, {"scale": 0.0}, {"pad_top": -1}, {"frame_width": 0}]
)
def test_what_no_model_does_is_refused(change: dict[str, float]) -> None:
    names = Geometry.__slots__
    values = dict(zip(names, astuple(SMOLVLA), strict=True)) | change
    with pytest.raises(ConfigError, match="whole patches"):
        Geometry(**values)


def test_padding_that_goes_nowhere_is_refused() -> None:
    with pytest.raises(ConfigError, match="left-top or centre, found 'center'"):
        resize_with_pad((640, 480), (512, 512), patch=64, padding="center")  # type: ignore[arg-type]
