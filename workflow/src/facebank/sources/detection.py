"""Faces at the keyframes of one video, in one pass over it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from facebank.errors import ConfigError, DataError
from facebank.media.videos import frames

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from facebank.faces.detections import Detector
    from facebank.media.videos import Frame, Span

__all__ = ["THUMBNAIL_SIDE", "DetectionSettings", "detect_video"]

#: Longer side of a keyframe's thumbnail in pixels: a face of 50 px in a frame of 640 covers 6 of them.
THUMBNAIL_SIDE = 80

#: Keyframes that are held as pixels at a time. Bounds the memory, whatever the video's length.
_BATCH = 8


@dataclass(frozen=True, slots=True)
class DetectionSettings:
    """How faces are looked for.

    Attributes
    ----------
    stride : int
        Every stride-th frame from the first is a keyframe; the last frame always is.
    det_size : int
        Longer side in pixels at which the detector sees a frame.
    min_score : float
        Least score of a detection that is kept.

    Raises
    ------
    ConfigError
        If the stride or the size is not positive.
    """

    stride: int
    det_size: int
    min_score: float

    def __post_init__(self) -> None:
        if self.stride < 1 or self.det_size < 1:
            raise ConfigError(
                "Detection needs a stride and a size of at least 1",
                found=f"stride {self.stride}, size {self.det_size}",
            )


def detect_video(
    path: Path,
    detector: Detector,
    settings: DetectionSettings,
    *,
    span: Span | None = None,
    threads: int = 1,
) -> dict[str, Any]:
    """Decode a video from its first frame to its last and find the faces at its keyframes.

    Parameters
    ----------
    path : Path
        The video.
    detector : Detector
        The face detector.
    settings : DetectionSettings
        Which frames, and how.
    span : Span, optional
        Only this stretch of the video; frames are counted from its first.
    threads : int
        Decoder threads.

    Returns
    -------
    dict
        Columns of `facebank.sources.schemas.DETECTED_VIDEOS` from ``width`` on: the time of every frame, and
        for each keyframe its number, its thumbnail and how many faces it has; boxes, scores and landmarks of
        all faces one after the other, in pixels of the upright frame.

    Raises
    ------
    DataError
        If the video cannot be decoded to its end, changes its size, or its frames' times do not rise.
    """
    pts: list[int] = []
    found: dict[str, list[Any]] = {
        name: [] for name in ("keyframes", "faces", "boxes", "scores", "landmarks", "thumbnails")
    }
    first: Frame | None = None
    shape: tuple[int, ...] = (0, 0)
    for batch in _batches(_keyframes(path, span, settings.stride, pts, threads)):
        first = first or batch[0]
        pictures = [frame.pixels for frame in batch]
        results = detector.detect(pictures, det_size=settings.det_size, score_threshold=settings.min_score)
        for frame, faces in zip(batch, results, strict=True):
            thumbnail = frame.thumbnail(THUMBNAIL_SIDE)
            shape = thumbnail.shape
            found["keyframes"].append(frame.index)
            found["thumbnails"].append(thumbnail.tobytes())
            found["faces"].append(len(faces.scores))
            found["boxes"] += faces.boxes.tolist()
            found["scores"] += faces.scores.tolist()
            found["landmarks"] += faces.landmarks.reshape(-1, 10).tolist()
    if first is None:
        raise DataError("The video holds no frame", file=path, expected="at least one", found="none")
    if np.any(np.diff(pts) <= 0):
        raise DataError("The video's frames are not in the order of their times", file=path)
    return {
        "width": first.size[0],
        "height": first.size[1],
        "time_base_num": first.time_base.numerator,
        "time_base_den": first.time_base.denominator,
        "pts": pts,
        "thumbnail_width": shape[1],
        "thumbnail_height": shape[0],
        **found,
    }


def _keyframes(path: Path, span: Span | None, stride: int, pts: list[int], threads: int) -> Iterator[Frame]:
    """Give every stride-th frame and the last one; note the time of all."""
    size, last = None, None
    for frame in frames(path, span=span, threads=threads):
        size = size or frame.size
        if frame.size != size:
            found = f"{frame.size} in frame {frame.index}"
            raise DataError("The video changes its size", file=path, expected=str(size), found=found)
        pts.append(frame.pts)
        if frame.index % stride == 0:
            yield frame
        # Only its decoded form is kept, and only until the next frame comes.
        last = frame
    if last is not None and last.index % stride:
        yield last


def _batches(keyframes: Iterator[Frame]) -> Iterator[list[Frame]]:
    """Gather frames for one call of the detector."""
    batch: list[Frame] = []
    for frame in keyframes:
        batch.append(frame)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
