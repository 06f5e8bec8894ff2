"""Faces at the keyframes of one video, in one pass over it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import numpy as np

from facebank.errors import ConfigError, DataError
from facebank.faces.detections import Detections
from facebank.faces.detector import for_faces_from
from facebank.keyframes.adaptive import PATIENCE, adaptive_keyframes
from facebank.keyframes.ahead import made_ahead, worked_on
from facebank.keyframes.keyframe import THUMBNAIL_SIDE, Keyframe, faces_of
from facebank.media.containers import CONVERT
from facebank.media.readers import DIRECT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from facebank.faces.detections import Detector
    from facebank.media.containers import Span
    from facebank.media.frames import Frame, Window
    from facebank.media.readers import MediaReader

__all__ = ["DetectionSettings", "Schedule", "detect_video"]

#: Which frames are keyframes: every stride-th, or those as well at which something happens, see
#: `facebank.keyframes.adaptive`.
Schedule = Literal["fixed", "adaptive"]

#: On one thread so many keyframes are decoded before they are looked at: decoder and model each push the
#: other out of the processor's caches. A multiple of the batches that are in use.
_RUN = 16

_T = TypeVar("_T")


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
    keyframes : {"fixed", "adaptive"}
        Whether the detector sees every keyframe, or only what changed.

    Raises
    ------
    ConfigError
        If the stride or the size is not positive.
    """

    stride: int
    det_size: int
    min_score: float
    keyframes: Schedule = "fixed"

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
    batch: int = 1,
    media: MediaReader = DIRECT,
) -> dict[str, Any]:
    """Decode a video from its first frame to its last and find the faces at its keyframes.

    Parameters
    ----------
    path : Path
        The video.
    detector : Detector
        The face detector; with several threads it is called by all of them.
    settings : DetectionSettings
        Which frames, and how.
    span : Span, optional
        Only this stretch of the video; frames are counted from its first.
    threads : int
        Threads that decode and detect; with adaptive keyframes there is work for two.
    batch : int
        Keyframes that go through the detector in one call. One at a time is the fastest on a CPU, where more
        do not fit its caches.
    media : MediaReader
        Decodes the video.

    Returns
    -------
    dict
        Columns of `facebank.sources.schemas.DETECTED_VIDEOS` from ``width`` on: the time of every frame, and
        for each keyframe its number, what its faces rest on, its thumbnail and how many faces it has; boxes,
        scores, landmarks and frames of detection of all faces one after the other, in pixels of the upright
        frame.

    Raises
    ------
    DataError
        If the video cannot be decoded to its end, changes its size, or its frames' times do not rise.
    """
    decoded = _Decoded(path, span, media)
    passing = decoded.frames()
    if settings.keyframes == "adaptive":
        columns = _columns(_adaptive(passing, detector, settings, threads=threads))
    else:
        columns = _columns(_fixed(passing, detector, settings, threads=threads, batch=batch))
    first = decoded.first
    if first is None:
        raise DataError("The video holds no frame", file=path, expected="at least one", found="none")
    if np.any(np.diff(decoded.pts) <= 0):
        raise DataError("The video's frames are not in the order of their times", file=path, remedy=CONVERT)
    return {
        "width": first.size[0],
        "height": first.size[1],
        "time_base_num": first.time_base.numerator,
        "time_base_den": first.time_base.denominator,
        "pts": decoded.pts,
        **columns,
    }


class _Decoded:
    """The frames of a video as they pass: the first, and the times of all."""

    def __init__(self, path: Path, span: Span | None, media: MediaReader) -> None:
        self.path = path
        self.span = span
        self.media = media
        self.first: Frame | None = None
        self.pts: list[int] = []

    def frames(self) -> Iterator[Frame]:
        """Give all frames."""
        for frame in self.media.frames(self.path, span=self.span):
            self.first = self.first or frame
            if frame.size != self.first.size:
                raise DataError(
                    "The video changes its size",
                    file=self.path,
                    expected=str(self.first.size),
                    found=f"{frame.size} in frame {frame.index}",
                )
            self.pts.append(frame.pts)
            yield frame


def _columns(keyframes: Iterable[Keyframe]) -> dict[str, Any]:
    """Give keyframes as columns."""
    names = ("keyframes", "basis", "faces", "boxes", "scores", "landmarks", "detected_at", "unchanged_since")
    columns: dict[str, list[Any]] = {name: [] for name in (*names, "thumbnails")}
    shape: tuple[int, ...] = (0, 0)
    for keyframe in keyframes:
        shape = keyframe.thumbnail.shape
        columns["keyframes"].append(keyframe.index)
        columns["basis"].append(keyframe.basis)
        columns["faces"].append(len(keyframe.faces))
        columns["thumbnails"].append(keyframe.thumbnail.tobytes())
        for face in keyframe.faces:
            columns["boxes"].append(face.box.tolist())
            columns["scores"].append(face.score)
            columns["landmarks"].append(face.landmarks.reshape(10).tolist())
            columns["detected_at"].append(face.detected_at)
            columns["unchanged_since"].append(face.unchanged_since)
    return {**columns, "thumbnail_width": shape[1], "thumbnail_height": shape[0]}


def _adaptive(
    decoded: Iterable[Frame], detector: Detector, settings: DetectionSettings, *, threads: int
) -> Iterator[Keyframe]:
    """Look where something changed; with several threads, one more decodes meanwhile."""
    look = partial(_look, detector=detector, settings=settings)
    # The pool begins with its thread when it is given something to do.
    with ThreadPoolExecutor(1) as pool:
        if threads > 1:
            decoded = made_ahead(decoded, run=2 * settings.stride, runs=PATIENCE, pool=pool)
        passing = ((frame, frame.thumbnail(THUMBNAIL_SIDE)) for frame in decoded)
        yield from adaptive_keyframes(passing, look, stride=settings.stride, det_size=settings.det_size)


def _look(
    picture: Frame,
    window: Window,
    *,
    detector: Detector,
    settings: DetectionSettings,
    share: float = 1.0,
    least_side: float = 0.0,
) -> Detections:
    """Find the faces in a part of a frame, see `facebank.keyframes.keyframe.Look`."""
    part = picture.part(window)
    scale = settings.det_size * share / max(picture.size)
    seeing = for_faces_from(least_side * scale, detector)
    size = max(1, round(scale * max(part.shape[:2])))
    (faces,) = seeing.detect([part], det_size=size, score_threshold=settings.min_score)
    shift = np.array(window[:2], np.float32)
    return Detections(faces.boxes + np.tile(shift, 2), faces.scores, faces.landmarks + shift)


def _fixed(
    decoded: Iterable[Frame], detector: Detector, settings: DetectionSettings, *, threads: int, batch: int
) -> Iterator[Keyframe]:
    """Look at every stride-th frame and at the last one; with several threads, at some side by side."""
    whole = partial(_look_at_all, detector=detector, settings=settings)
    keyframes = _every(decoded, settings.stride)
    if threads == 1:
        for run in _batches(keyframes, _RUN):
            for chosen in _batches(run, batch):
                yield from whole(chosen)
        return
    seen = worked_on(whole, _batches(keyframes, batch), threads=threads, run=max(1, _RUN // threads // batch))
    yield from sorted(chain.from_iterable(seen), key=attrgetter("index"))


def _look_at_all(
    batch: Sequence[tuple[Frame, NDArray[np.uint8]]], *, detector: Detector, settings: DetectionSettings
) -> list[Keyframe]:
    """Look at whole frames."""
    results = detector.detect(
        [frame.pixels for frame, _ in batch], det_size=settings.det_size, score_threshold=settings.min_score
    )
    return [
        Keyframe(frame.index, "frame", tuple(faces_of(found, frame.index)), thumbnail)
        for (frame, thumbnail), found in zip(batch, results, strict=True)
    ]


def _every(decoded: Iterable[Frame], stride: int) -> Iterator[tuple[Frame, NDArray[np.uint8]]]:
    """Give every stride-th frame and the last one, each with its thumbnail.

    It is made here, where the frame was decoded, while the processor's caches still hold it.
    """
    last = None
    for frame in decoded:
        if frame.index % stride == 0:
            yield frame, frame.thumbnail(THUMBNAIL_SIDE)
        # Only its decoded form is kept, and only until the next frame comes.
        last = frame
    if last is not None and last.index % stride:
        yield last, last.thumbnail(THUMBNAIL_SIDE)


def _batches(keyframes: Iterable[_T], size: int) -> Iterator[list[_T]]:
    """Gather keyframes for one call of the detector."""
    left = iter(keyframes)
    while batch := list(islice(left, size)):
        yield batch
