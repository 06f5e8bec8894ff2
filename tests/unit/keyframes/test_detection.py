from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from clips import encode
from facebank.errors import ConfigError, DataError
from facebank.faces.detections import Detections
from facebank.keyframes.detection import THUMBNAIL_SIDE, DetectionSettings, _look, detect_video
from facebank.media.containers import Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from facebank.keyframes.detection import Schedule
    from facebank.media.frames import Window


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


@dataclass(frozen=True)
class Shot:
    """A frame of a video in memory."""

    index: int
    pts: int
    size: tuple[int, int] = (64, 48)
    time_base: Fraction = Fraction(2, 25)

    @property
    def pixels(self) -> NDArray[np.uint8]:
        return np.full((self.size[1], self.size[0], 3), self.index, np.uint8)

    def thumbnail(self, longer_side: int) -> NDArray[np.uint8]:
        return np.full((longer_side * self.size[1] // self.size[0], longer_side), self.index, np.uint8)

    def part(self, window: Window) -> NDArray[np.uint8]:
        x1, y1, x2, y2 = window
        return self.pixels[y1:y2, x1:x2]


class Seeing:
    """A detector that finds one face at a place of its own in every picture, and notes how it looked."""

    def __init__(self) -> None:
        self.asked: list[tuple[tuple[int, ...], int, float]] = []

    def detect(
        self, images: Sequence[NDArray[np.uint8]], *, det_size: int, score_threshold: float
    ) -> list[Detections]:
        self.asked += [(image.shape[:2], det_size, score_threshold) for image in images]
        box, score = np.array([[2, 1, 12, 21]], np.float32), np.array([0.75], np.float32)
        landmarks = np.arange(10, dtype=np.float32).reshape(1, 5, 2)
        return [Detections(box + int(image[0, 0, 0]), score, landmarks) for image in images]


def shown(
    shots: Sequence[Shot],
    detector: Seeing,
    settings: DetectionSettings,
    *,
    span: Span | None = None,
    **more: int,
) -> dict[str, Any]:
    """Detect in frames in memory, which are those of a stretch."""
    spans: list[Span | None] = []

    def frames(_path: Path, *, span: Span | None) -> Iterator[Shot]:
        spans.append(span)
        return iter(shots)

    media: Any = SimpleNamespace(frames=frames)
    found = detect_video(Path("a.mp4"), detector, settings, span=span, media=media, **more)
    assert spans == [span]
    return found


@pytest.mark.parametrize("threads", [1, 2])
def test_each_keyframe_has_its_own_faces_and_thumbnail(threads: int) -> None:
    shots, detector = [Shot(index, 10 + 2 * index) for index in range(7)], Seeing()
    found = shown(shots, detector, DetectionSettings(3, 320, 0.25), span=Span(1.0, 2.0), threads=threads)
    assert sorted(detector.asked) == [((48, 64), 320, 0.25)] * 3
    assert found == {
        "width": 64,
        "height": 48,
        "time_base_num": 2,
        "time_base_den": 25,
        "pts": [10, 12, 14, 16, 18, 20, 22],
        "keyframes": [0, 3, 6],
        "basis": ["frame"] * 3,
        "faces": [1, 1, 1],
        "boxes": [[2, 1, 12, 21], [5, 4, 15, 24], [8, 7, 18, 27]],
        "scores": [0.75] * 3,
        "landmarks": [[*range(10)]] * 3,
        "detected_at": [0, 3, 6],
        "unchanged_since": [0, 3, 6],
        "thumbnails": [Shot(index, 0).thumbnail(THUMBNAIL_SIDE).tobytes() for index in (0, 3, 6)],
        "thumbnail_width": THUMBNAIL_SIDE,
        "thumbnail_height": THUMBNAIL_SIDE * 3 // 4,
    }


def test_what_an_adaptive_schedule_knows_of_a_face_is_told() -> None:
    """Nothing moves: the face of the last frame is that of the first one."""
    settings = DetectionSettings(3, 320, 0.25, "adaptive")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Shot, "pixels", property(lambda it: np.zeros((it.size[1], it.size[0], 3), np.uint8)))
        patch.setattr(Shot, "thumbnail", lambda *_: np.zeros((60, 80), np.uint8))
        found = shown([Shot(index, index) for index in range(7)], Seeing(), settings)
    assert found["keyframes"] == [0, 3, 6]
    assert found["basis"] == ["frame", "unchanged", "frame"]
    assert found["detected_at"] == [0, 0, 6]
    assert found["unchanged_since"] == [0, 0, 0]


@pytest.mark.parametrize(
    ("shots", "problem"),
    [
        ([], "holds no frame"),
        ([Shot(0, 5), Shot(1, 5)], "not in the order of their times.* Convert it"),
        ([Shot(0, 5), Shot(1, 4)], "not in the order of their times.* Convert it"),
        ([Shot(0, 5), Shot(1, 6, (48, 64))], r"changes its size.* expected \(64, 48\).* in frame 1"),
        ([Shot(0, 5), Shot(1, 6, (64, 64)), Shot(2, 7, (64, 64))], "changes its size"),
    ],
)
def test_a_video_whose_frames_do_not_fit_is_an_error(shots: list[Shot], problem: str) -> None:
    with pytest.raises(DataError, match=f"(?s){problem}"):
        shown(shots, Seeing(), DetectionSettings(1, 320, 0.25))


@pytest.mark.parametrize(
    ("window", "share", "size"),
    [
        ((0, 0, 64, 48), 1.0, 320),
        ((8, 4, 40, 20), 1.0, 160),
        ((8, 4, 24, 36), 0.5, 80),
        ((0, 0, 1, 1), 0.1, 1),
    ],
)
def test_a_part_is_seen_at_the_scale_of_the_whole_and_told_in_its_pixels(
    window: Window, share: float, size: int
) -> None:
    detector = Seeing()
    settings = DetectionSettings(5, 320, 0.25)
    found = _look(
        Shot(0, 0),  # type: ignore[arg-type]  # as much of a frame as is asked for
        window,
        detector=detector,
        settings=settings,
        share=share,
    )
    x, y, right, bottom = window
    assert detector.asked == [((bottom - y, right - x), size, 0.25)]
    assert found.boxes.tolist() == [[2 + x, 1 + y, 12 + x, 21 + y]]
    assert found.landmarks[0, 1].tolist() == [2 + x, 3 + y]
    assert found.scores.tolist() == [0.75]


@pytest.mark.parametrize(("stride", "det_size"), [(0, 640), (5, 0), (-1, 640)])
def test_settings_that_make_no_sense_are_an_error(stride: int, det_size: int) -> None:
    with pytest.raises(ConfigError, match="at least 1"):
        DetectionSettings(stride=stride, det_size=det_size, min_score=0.5)
