from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from clips import encode
from facebank.errors import ConfigError, DataError
from facebank.faces.detections import Detections
from facebank.sources.detection import DetectionSettings, detect_video

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from facebank.sources.detection import Schedule


class Counting:
    """A detector that finds no face and notes what it was shown at a time."""

    def __init__(self) -> None:
        self.batches: list[list[float]] = []

    def detect(
        self, images: Sequence[NDArray[np.uint8]], *, det_size: int, score_threshold: float
    ) -> list[Detections]:
        assert score_threshold == 0.5
        assert det_size <= 640
        self.batches.append([float(image.mean()) for image in images])
        return [Detections.empty() for _ in images]


def greys(path: Path, count: int, **settings: object) -> Path:
    """Write a video whose frame i has brightness 50 + i."""
    pictures = (np.full((48, 64, 3), 50 + index, np.uint8) for index in range(count))
    return encode(path, pictures, **settings)  # type: ignore[arg-type] - the encoder's own settings


@pytest.mark.parametrize(
    ("threads", "batch", "sizes"), [(1, 8, [8, 8, 4]), (2, 1, [1] * 20), (2, 8, [8, 8, 4])]
)
def test_neither_threads_nor_batches_change_what_is_found(
    tmp_path: Path, threads: int, batch: int, sizes: list[int]
) -> None:
    path, detector = greys(tmp_path / "a.mp4", 20), Counting()
    settings = DetectionSettings(stride=1, det_size=640, min_score=0.5)
    found = detect_video(path, detector, settings, threads=threads, batch=batch)
    assert found == detect(path, Counting())
    assert sorted(map(len, detector.batches)) == sorted(sizes)


def detect(path: Path, detector: Counting, stride: int = 1) -> dict[str, list[int]]:
    """Detect at every stride-th frame."""
    return detect_video(path, detector, DetectionSettings(stride=stride, det_size=640, min_score=0.5))


@pytest.mark.parametrize(("count", "stride"), [(1, 1), (1, 5), (20, 1), (20, 3), (22, 3)])
def test_every_keyframe_is_shown_once_and_few_are_held(tmp_path: Path, count: int, stride: int) -> None:
    detector = Counting()
    found = detect(greys(tmp_path / "a.mp4", count), detector, stride)
    keyframes = sorted({*range(0, count, stride), count - 1})
    assert found["keyframes"] == keyframes
    shown = [brightness for batch in detector.batches for brightness in batch]
    assert shown == pytest.approx([50 + keyframe for keyframe in keyframes], abs=3)
    assert set(map(len, detector.batches)) == {1}
    assert len(found["pts"]) == count
    assert found["boxes"] == []


@pytest.mark.parametrize("count", [1, 2, 61, 140])
def test_decoding_ahead_changes_nothing(tmp_path: Path, count: int) -> None:
    path = greys(tmp_path / "a.mp4", count)
    settings = DetectionSettings(stride=5, det_size=640, min_score=0.5, keyframes="adaptive")
    one, two = (detect_video(path, Counting(), settings, threads=threads) for threads in (1, 2))
    assert one == two
    assert len(one["pts"]) == count


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("keyframes", ["fixed", "adaptive"])
def test_a_video_that_breaks_off_is_an_error(tmp_path: Path, keyframes: Schedule, threads: int) -> None:
    rng = np.random.default_rng(0)
    pictures = (rng.integers(0, 255, (48, 64, 3), dtype=np.uint8) for _ in range(40))
    path = encode(tmp_path / "a.mp4", pictures)
    path.write_bytes(path.read_bytes()[:900])
    settings = DetectionSettings(stride=1, det_size=640, min_score=0.5, keyframes=keyframes)
    with pytest.raises(DataError, match=r"a\.mp4"):
        detect_video(path, Counting(), settings, threads=threads)


@pytest.mark.parametrize(("stride", "det_size"), [(0, 640), (5, 0), (-1, 640)])
def test_settings_that_make_no_sense_are_an_error(stride: int, det_size: int) -> None:
    with pytest.raises(ConfigError, match="at least 1"):
        DetectionSettings(stride=stride, det_size=det_size, min_score=0.5)
