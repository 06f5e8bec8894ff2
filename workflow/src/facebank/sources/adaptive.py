"""Keyframes that follow what happens: the detector runs where pixels changed, and nowhere else.

A *place* is where a face was seen. At every stride-th frame each place is either looked at, or its pixels are
those of its last look in every frame since. Where they changed within a stride, the frames between are halved
until the face's coming or going lies between two neighbouring frames, and its box moves in straight lines.
What is no place of a face is watched more coarsely: if it changed, the whole frame is looked at from time to
time, and a face that is new there is traced back to its first frame.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Protocol

import cv2
import numpy as np

from facebank.faces.boxes import nms
from facebank.sources.stillness import Stillness, noise_of
from facebank.tracks.anchors import GATE, anchor_distances
from facebank.tracks.evidence import region_cells
from facebank.tracks.matching import match_to_slots

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from facebank.faces.detections import Detections

__all__ = ["THUMBNAIL_SIDE", "Face", "Keyframe", "Picture", "Window", "adaptive_keyframes", "faces_of"]

#: Longer side of a keyframe's thumbnail in pixels: a face of 50 px in a frame of 640 covers 6 of them.
THUMBNAIL_SIDE = 80

#: Part of a frame, ``x1, y1, x2, y2`` in whole pixels.
Window = tuple[int, int, int, int]

#: The whole frame is looked at after so many strides if something changed in it, and after so many anyway.
PATIENCE = 12
REFRESH = 30

#: Around a face the detector is shown as much as this share of the face's longer side. Measured with the
#: embedded detector: boxes lie 0.3 px on average from those of the whole frame.
_CONTEXT = 0.75
#: Windows begin and end at multiples of this, in pixels of the detector's input, as its coarsest cells do.
_CELL = 32

#: A box that moved by no more pixels than this between two looks moved in a straight line.
_STRAIGHT = 1.0

#: A face's pixels have changed when this share of its cells did, and it is hidden from this share on.
_CHANGED_SHARE = 0.04
_COVERED_SHARE = 0.25
#: The rest has changed when a square of so many cells a side did: 16 px in a frame of 640.
_CHANGED_SQUARE = 2
#: When this share of the frame changes within a stride, the camera moves and every frame is looked at.
_MOVING_SHARE = 0.4
#: Boxes that overlap by more are one face.
_SAME_FACE = 0.4


class Picture(Protocol):
    """What is needed of a frame, see `facebank.media.videos.Frame`."""

    @property
    def index(self) -> int:
        """Place in decoding order from 0."""
        ...

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        ...

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """RGB, uint8 (height, width, 3)."""
        ...

    def thumbnail(self, longer_side: int) -> NDArray[np.uint8]:
        """Give the frame in grey, small."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """A face at a keyframe.

    Attributes
    ----------
    box : float32 (4,)
        xyxy in pixels.
    score : float
        The detector's.
    landmarks : float32 (5, 2)
        x and y in pixels.
    detected_at : int
        The frame in which the detector found it; at a later keyframe the face is there because its pixels
        are unchanged.
    unchanged_since : int
        The frame of the detection before, if the face's pixels are the same in all frames between the two;
        else `detected_at`.
    """

    box: NDArray[np.float32]
    score: float
    landmarks: NDArray[np.float32]
    detected_at: int
    unchanged_since: int


@dataclass(frozen=True, slots=True, eq=False)
class Keyframe:
    """All faces of one frame.

    Attributes
    ----------
    index : int
        The frame.
    basis : str
        ``frame`` if the detector saw all of it, ``windows`` if it saw what had changed around known faces,
        ``unchanged`` if it saw nothing of it, because nothing there had changed.
    faces : tuple of Face
        Best first.
    thumbnail : uint8 (height, width)
        The frame in grey.
    """

    index: int
    basis: str
    faces: tuple[Face, ...]
    thumbnail: NDArray[np.uint8]


def adaptive_keyframes(
    frames: Iterable[Picture],
    look: Callable[[NDArray[np.uint8], Window], Detections],
    *,
    stride: int,
    det_size: int,
) -> Iterator[Keyframe]:
    """Find the faces of a video by looking only where something changed.

    Parameters
    ----------
    frames : iterable of Picture
        All frames in order, of one size. No more than ``PATIENCE * stride + 2`` of them are kept at a time.
    look : callable
        Runs the detector on a window of a frame; boxes in pixels of the frame.
    stride : int
        The first frame, every stride-th one and the last one are keyframes, besides those that are found.
    det_size : int
        Longer side in pixels at which the detector sees a whole frame.

    Yields
    ------
    Keyframe
        In rising order.
    """
    watch = _Watch(look, stride, det_size)
    for chunk, last in _chunks(frames, PATIENCE * stride):
        yield from watch.follow(chunk, last=last)


def _chunks(frames: Iterable[Picture], length: int) -> Iterator[tuple[list[Picture], bool]]:
    """Cut frames into runs that share their ends with their neighbours, and tell which is the last."""
    chunk: list[Picture] = []
    for frame in frames:
        if len(chunk) == length + 1:
            yield chunk, False
            chunk = chunk[-1:]
        chunk.append(frame)
    if chunk:
        yield chunk, True


@dataclass(eq=False, slots=True)
class _Place:
    """Where a face was seen, and what each look at it found, by frame."""

    box: NDArray[np.float32]
    looks: dict[int, Face | None]

    def last_look(self, frame: int) -> int:
        """Give the frame of the last look at or before a frame."""
        return max(at for at in self.looks if at <= frame)

    def face(self, frame: int) -> Face | None:
        """Give what the last look at or before a frame found."""
        return self.looks[self.last_look(frame)]

    def box_near(self, frame: int) -> NDArray[np.float32]:
        """Give the box last found at or before a frame, or else the first one known."""
        found = [face for at, face in self.looks.items() if face is not None and at <= frame]
        return max(found, key=lambda face: face.detected_at).box if found else self.box

    def forget(self) -> None:
        """Keep the last look, and the last one that found the face."""
        found = [at for at, face in self.looks.items() if face is not None]
        keep = {max(self.looks), max(found, default=max(self.looks))}
        self.looks = {at: self.looks[at] for at in sorted(keep)}


class _Watch:
    """What is known of a video up to a frame."""

    def __init__(
        self, look: Callable[[NDArray[np.uint8], Window], Detections], stride: int, det_size: int
    ) -> None:
        self._look = look
        self._stride = stride
        self._det_size = det_size
        self._places: list[_Place] = []
        self._frames: dict[int, Picture] = {}
        self._pixels: dict[int, NDArray[np.uint8]] = {}
        self._thumbnails: dict[int, NDArray[np.uint8]] = {}
        self._changed: dict[int, NDArray[np.bool_]] = {}
        self._stillness = Stillness(0.0)
        #: Frames that were looked at as a whole: those of this chunk, and the last one before.
        self._whole: set[int] = set()

    def follow(self, chunk: Sequence[Picture], *, last: bool) -> Iterator[Keyframe]:
        """Give the keyframes of a chunk but its last frame, with which the next one begins."""
        self._frames = {frame.index: frame for frame in chunk}
        for frame in chunk:
            if frame.index not in self._thumbnails:
                self._thumbnails[frame.index] = frame.thumbnail(THUMBNAIL_SIDE)
        start, end = chunk[0].index, chunk[-1].index
        if not self._whole:
            self._stillness = Stillness(noise_of(self._stack(start - 1, end)))
            self._look_at_all([start], start)
        grid = [*range(start, end, self._stride), end]
        for before, after in pairwise(grid):
            # Where the camera moves, nothing is as it was.
            if self._cells(before, after - 1, after).mean() >= _MOVING_SHARE:
                self._look_at_all(range(before + 1, after + 1), start)
        overdue = end - max(self._whole) >= REFRESH * self._stride
        if last or overdue or self._rest_changed(end):
            self._look_at_all([end], start)
        for before, after in pairwise(grid):
            self._settle(before, after)
        looked = {at for place in self._places for at in place.looks} | self._whole
        keyframes = [self._keyframe(index) for index in sorted({*grid, *looked}) if index >= start]
        # What comes may still give a reason to look at the last one.
        yield from keyframes if last else keyframes[:-1]
        self._forget(end)

    def _look_at_all(self, frames: Iterable[int], start: int) -> None:
        """Look at whole frames. A face at no known place was not there at the chunk's start."""
        for frame in frames:
            if frame not in self._whole:
                self._look_at_whole(frame, start)

    def _look_at_whole(self, frame: int, start: int) -> None:
        """Look at a whole frame."""
        picture = self._frames[frame]
        faces = faces_of(self._look(self._seen(frame), (0, 0, *picture.size)), frame)
        boxes = np.array([face.box for face in faces]).reshape(-1, 4)
        known = np.array([place.box_near(frame) for place in self._places]).reshape(-1, 4)
        chosen = match_to_slots(boxes, known)
        for place, row in zip(self._places, chosen.tolist(), strict=True):
            place.looks[frame] = None if row < 0 else faces[row]
        for row in sorted(set(range(len(faces))) - set(chosen.tolist())):
            looks: dict[int, Face | None] = (
                {} if frame == start else dict.fromkeys([start, *self._whole_in(start, frame)])
            )
            self._places.append(_Place(faces[row].box, {**looks, frame: faces[row]}))
        self._whole.add(frame)

    def _whole_in(self, start: int, frame: int) -> list[int]:
        """List the frames between two that were looked at as a whole."""
        return sorted(at for at in self._whole if start < at < frame)

    def _look_at(self, place: _Place, frame: int) -> None:
        """Look at a place."""
        if frame in place.looks:
            return
        picture, box = self._frames[frame], place.box_near(frame)
        faces = faces_of(self._look(self._seen(frame), _window(box, picture.size, self._det_size)), frame)
        place.looks[frame] = None
        if faces:
            distances = anchor_distances(np.array([face.box for face in faces]), box[None])[:, 0]
            if distances.min() <= GATE:
                place.looks[frame] = faces[int(distances.argmin())]

    def _refine(self, place: _Place, before: int, after: int) -> None:
        """Look at a place until nothing happens unseen between two keyframes, the first of which is known."""
        between = [at for at in place.looks if before < at < after]
        if between:
            self._refine(place, before, between[0])
            self._refine(place, between[0], after)
            return
        share = self._share(place, before, after)
        happened = np.flatnonzero(share >= _CHANGED_SHARE)
        if not len(happened):
            return
        still = before + int(happened[0])
        if place.face(still) is not None:
            # The last frame in which all is as before: what was seen is seen again, and ends here.
            self._look_at(place, still)
        self._look_at(place, after)
        covered = bool((share[still - before : -1] >= _COVERED_SHARE).any())
        if after - still > 1 and _unsettled(place.face(still), place.face(after), covered=covered):
            middle = (still + after) // 2
            self._refine(place, still, middle)
            self._refine(place, middle, after)

    def _settle(self, before: int, after: int) -> None:
        """See to it that nothing happens unseen in a stride, and that each keyframe tells of every place."""
        for place in self._places:
            self._refine(place, before, after)
        keyframes = {at for place in self._places for at in place.looks if before < at <= after} | {after}
        for place in self._places:
            for frame in sorted(keyframes - place.looks.keys()):
                known = max(before, place.last_look(frame))
                if (self._share(place, known, frame) >= _CHANGED_SHARE).any():
                    self._look_at(place, frame)

    def _keyframe(self, index: int) -> Keyframe:
        """Give what is known of a frame."""
        faces = [face for place in self._places if (face := self._known(place, index)) is not None]
        faces.sort(key=lambda face: (-face.score, *face.box.tolist()))
        boxes = np.array([face.box for face in faces], dtype=np.float32).reshape(-1, 4)
        scores = np.array([face.score for face in faces], dtype=np.float32)
        # Two places may have come to the same face.
        kept = nms(boxes, scores, _SAME_FACE)
        looked = any(index in place.looks for place in self._places)
        basis = "frame" if index in self._whole else "windows" if looked else "unchanged"
        return Keyframe(index, basis, tuple(faces[row] for row in kept), self._thumbnails[index])

    def _known(self, place: _Place, frame: int) -> Face | None:
        """Give a place's face at a keyframe."""
        if frame < min(place.looks) or (face := place.face(frame)) is None:
            return None
        earlier = [at for at in place.looks if at < frame]
        # Keyframes come in order, so a face that was found before this one has been told already.
        if face.detected_at == frame and earlier and place.looks[max(earlier)] is not None:
            since = max(earlier)
            if (self._share(place, max(since, min(self._frames)), frame, since) < _CHANGED_SHARE).all():
                face = place.looks[frame] = replace(face, unchanged_since=since)
        return face

    def _rest_changed(self, frame: int) -> bool:
        """Tell whether anything but the faces differs from the last look at the whole."""
        changed = self._cells(max(self._whole), frame - 1, frame)[0].astype(np.uint8)
        for place in self._places:
            if place.face(frame) is not None:
                changed[self._region(place.box_near(frame))] = 0
        square = np.ones((_CHANGED_SQUARE, _CHANGED_SQUARE), np.uint8)
        return bool(cv2.erode(changed, square).any())

    def _share(
        self, place: _Place, before: int, after: int, reference: int | None = None
    ) -> NDArray[np.float64]:
        """Give the share of a place's cells that differ from its last look, for frames behind `before`."""
        at = place.last_look(before) if reference is None else reference
        rows, columns = self._region(place.box_near(before))
        share: NDArray[np.float64] = self._cells(at, before, after)[:, rows, columns].mean(axis=(1, 2))
        return share

    def _cells(self, reference: int, before: int, after: int) -> NDArray[np.bool_]:
        """Tell which cells differ from a frame, for the frames behind `before` up to `after`."""
        first, end = max(reference, min(self._frames)), max(self._frames)
        if reference not in self._changed:
            pictures = self._stack(first, end)
            self._changed[reference] = self._stillness.changed(pictures, self._thumbnails[reference])
        return self._changed[reference][before - first : after - first]

    def _stack(self, before: int, after: int) -> NDArray[np.uint8]:
        """Give the thumbnails of the frames behind `before` up to `after`."""
        return np.stack([self._thumbnails[frame] for frame in range(before + 1, after + 1)])

    def _region(self, box: NDArray[np.floating]) -> tuple[slice, slice]:
        """Give the rows and columns of a box in thumbnails."""
        frame = next(iter(self._frames.values()))
        return region_cells(box / np.tile(frame.size, 2), self._thumbnails[frame.index].shape)

    def _forget(self, end: int) -> None:
        """Keep what the next chunk is compared with."""
        self._places = [
            place
            for place in self._places
            if any(
                face is not None and face.detected_at >= end - REFRESH * self._stride
                for face in place.looks.values()
            )
            or place.face(end) is not None
        ]
        for place in self._places:
            place.forget()
        self._whole = {max(self._whole)}
        kept = {end, *self._whole, *(max(place.looks) for place in self._places)}
        self._thumbnails = {index: self._thumbnails[index] for index in sorted(kept)}
        self._changed = {}
        self._pixels = {}

    def _seen(self, frame: int) -> NDArray[np.uint8]:
        """Give a frame's pixels, converted once."""
        if frame not in self._pixels:
            self._pixels[frame] = self._frames[frame].pixels
        return self._pixels[frame]


def faces_of(found: Detections, frame: int) -> list[Face]:
    """Give the faces that the detector found in a frame."""
    rows = zip(found.boxes, found.scores.tolist(), found.landmarks, strict=True)
    return [Face(box, score, landmarks, frame, frame) for box, score, landmarks in rows]


def _unsettled(first: Face | None, second: Face | None, *, covered: bool) -> bool:
    """Tell whether something between two looks at a place has to be seen."""
    if first is None or second is None:
        return first is not second
    return covered or float(np.abs(first.box - second.box).max()) > _STRAIGHT


def _window(box: NDArray[np.floating], size: tuple[int, int], det_size: int) -> Window:
    """Give the part of a frame around a box that the detector is shown."""
    x1, y1, x2, y2 = box.tolist()
    cell = _CELL * max(size) / det_size
    around = max(_CONTEXT * max(x2 - x1, y2 - y1), cell)
    left, top = (max(round(np.floor((start - around) / cell) * cell), 0) for start in (x1, y1))
    right, bottom = (
        min(round(np.ceil((stop + around) / cell) * cell), side)
        for stop, side in zip((x2, y2), size, strict=True)
    )
    # A face that left the frame is looked for at its border.
    left, top = min(left, size[0] - round(cell)), min(top, size[1] - round(cell))
    return max(left, 0), max(top, 0), max(right, round(cell)), max(bottom, round(cell))
