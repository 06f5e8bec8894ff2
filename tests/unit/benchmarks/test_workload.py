"""Videos that are played again have as many frames more, and say so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from clips import encode
from facebank.media.videos import frames, probe
from remux import remux


@pytest.mark.parametrize("times", [1, 3])
def test_a_video_is_played_again_and_again(tmp_path: Path, times: int) -> None:
    shades = [10, 120, 230]
    encode(tmp_path / "a.mp4", [np.full((48, 64, 3), shade, np.uint8) for shade in shades])
    remux(tmp_path / "a.mp4", tmp_path / "b.mp4", times=times, comment="b")
    seen = [frame.pixels.mean() for frame in frames(tmp_path / "b.mp4")]
    assert seen == pytest.approx(shades * times, abs=5)
    assert probe(tmp_path / "b.mp4").packets == len(shades) * times
    assert (tmp_path / "a.mp4").read_bytes() != (tmp_path / "b.mp4").read_bytes()
