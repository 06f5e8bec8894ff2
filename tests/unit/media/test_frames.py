"""Parts of frames: the pixels that the whole frame has there."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clips import encode
from facebank.media.videos import frames
from laws import examples

if TYPE_CHECKING:
    from pathlib import Path

    from facebank.media.frames import Frame


@cache
def noisy(folder: Path, width: int, height: int, codec: str) -> Frame:
    """Record a frame of coloured noise, which no conversion can get right by chance."""
    picture = np.random.default_rng(0).integers(0, 255, (height, width, 3), dtype=np.uint8)
    return next(frames(encode(folder / f"{width}-{height}.mp4", [picture], codec=codec)))


@pytest.mark.parametrize("codec", ["libx264", "mpeg4"])
@settings(max_examples=examples(25), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(size=st.sampled_from([(64, 48), (98, 66), (320, 180), (150, 62)]), data=st.data())
def test_a_part_has_the_pixels_of_the_whole(
    tmp_path_factory: pytest.TempPathFactory, codec: str, size: tuple[int, int], data: st.DataObject
) -> None:
    frame = noisy(tmp_path_factory.getbasetemp(), *size, codec)
    x1, y1 = (data.draw(st.integers(0, side - 1)) for side in size)
    x2, y2 = (data.draw(st.integers(start + 1, side)) for start, side in zip((x1, y1), size, strict=True))
    part = frame.part((x1, y1, x2, y2))
    assert part.shape == (y2 - y1, x2 - x1, 3)
    assert np.array_equal(part, frame.pixels[y1:y2, x1:x2])
