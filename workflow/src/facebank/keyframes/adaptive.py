"""Keyframes that follow what happens: the detector runs where pixels changed, and nowhere else.

A *place* is where a face was seen. At every stride-th frame each place is either looked at, or its pixels are
those of its last look in every frame since. Where they changed within a stride, the frames between are halved
until the face's coming or going lies between two neighbouring frames, and its box moves in straight lines.
What is no place of a face is watched more coarsely. What changed there is shown to the detector at the end of
each run of strides, and before it where it may be a face on paper: paper lies still. A face that is new there
is traced back to its first frame; one that moves about where none was seen, and is gone by the end of a run,
is not seen.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import chain, islice, pairwise
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from facebank.keyframes.changes import CHANGED_SHARE, Changes
from facebank.keyframes.keyframe import Face, Keyframe, distinct, faces_of
from facebank.keyframes.places import (
    CLOSE,
    MIDDLE,
    WIDE,
    Place,
    around_both,
    assigned,
    happened,
    overlap,
    window_around,
)
from facebank.keyframes.rest import (
    coarse_share,
    contrasted,
    square_in_face,
    squares,
    windows_over,
    with_neighbours,
    within_a_face,
)
from facebank.keyframes.stillness import noise_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from facebank.keyframes.keyframe import Look, Picture
    from facebank.media.frames import Window

__all__ = ["PATIENCE", "adaptive_keyframes"]

#: So many strides are told of at a time. Behind the last of them the whole frame is looked at if it was not
#: for so many: every 36 strides where nothing else is a reason to.
PATIENCE = 12
REFRESH = 30

#: A face may be hidden in a frame of which this share of cells differs from those around it.
_COVERED_SHARE = 0.25
#: When this share of the frame changes within a stride, the camera moves and every frame is looked at.
_MOVING_SHARE = 0.4
#: Noise in levels beyond this is no sensor's: the camera moves in the first frames. Measured, pixels with 14
#: levels of noise give thumbnails of 1.05; a camera that is turned over a patterned cloth gives 4 to 26.
_MOST_NOISE = 2.5

_T = TypeVar("_T")


def adaptive_keyframes(
    frames: Iterable[tuple[Picture, NDArray[np.uint8]]],
    look: Look,
    *,
    stride: int,
    det_size: int,
) -> Iterator[Keyframe]:
    """Find the faces of a video by looking only where something changed.

    Parameters
    ----------
    frames : iterable of (Picture, uint8 (height, width))
        All frames in order, of one size, each with its grey thumbnail. No more than ``PATIENCE * stride + 2``
        of them are kept at a time.
    look : Look
        Runs the detector on a window of a frame.
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
    left = iter(frames)
    for first in islice(left, 1):
        watch.begin(*first)
        left = chain([first], left)
    for chunk, last in _chunks(left, PATIENCE * stride):
        yield from watch.follow(chunk, last=last)


def _chunks(frames: Iterable[_T], length: int) -> Iterator[tuple[list[_T], bool]]:
    """Cut frames into runs that share their ends with their neighbours, and tell which is the last."""
    chunk: list[_T] = []
    for frame in frames:
        if len(chunk) == length + 1:
            yield chunk, False
            # Emptied, since whoever was given it still has it while the next frames are decoded.
            del chunk[:-1]
        chunk.append(frame)
    if chunk:
        yield chunk, True


class _Watch:
    """What is known of a video up to a frame."""

    def __init__(self, look: Look, stride: int, det_size: int) -> None:
        self._look = look
        self._stride = stride
        self._det_size = det_size
        self._places: list[Place] = []
        self._frames: dict[int, Picture] = {}
        self._thumbnails: dict[int, NDArray[np.uint8]] = {}
        self._changes: Changes
        #: The regular keyframes of a chunk.
        self._grid: list[int] = []
        self._noise: float | None = None
        #: Frames that were looked at as a whole: those of this chunk, and the last one before.
        self._whole: set[int] = set()
        #: The places' faces at the last keyframe, and what was told of them.
        self._found: list[Face] = []
        self._told: tuple[Face, ...] = ()
        #: For each cell of the thumbnail, the frame in which it was looked at last.
        self._seen = np.zeros((0, 0), np.int64)
        #: Cells that changed since then in a frame that was passed over.
        self._unseen = np.zeros((0, 0), np.bool_)

    def begin(self, picture: Picture, thumbnail: NDArray[np.uint8]) -> None:
        """Look at the first frame."""
        start = picture.index
        self._frames, self._thumbnails = {start: picture}, {start: thumbnail}
        self._look_at_whole(start, start)

    def follow(self, chunk: Sequence[tuple[Picture, NDArray[np.uint8]]], *, last: bool) -> Iterator[Keyframe]:
        """Give the keyframes of a chunk but its last frame, with which the next one begins."""
        self._frames = {frame.index: frame for frame, _ in chunk}
        start, end = chunk[0][0].index, chunk[-1][0].index
        if self._noise is None:
            self._noise = min(noise_of(np.stack([thumbnail for _, thumbnail in chunk])), _MOST_NOISE)
        self._thumbnails.update((frame.index, thumbnail) for frame, thumbnail in chunk)
        self._changes = Changes(self._thumbnails, start, chunk[0][0].size, self._noise)
        grid = self._grid = [*range(start, end, self._stride), end]
        for before, after in pairwise(grid):
            # Where the camera moves, nothing is as it was.
            if self._changes.changed(before, after - 1, after).mean() >= _MOVING_SHARE:
                self._look_at_all(range(before + 1, after + 1), start)
        whole = last or end - max(self._whole) >= REFRESH * self._stride
        self._look_at_rest(grid[1:-1] if whole else grid[1:], start)
        if whole:
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
        faces = faces_of(self._look(picture, (0, 0, *picture.size)), frame)
        chosen = assigned(self._places, faces, frame)
        for place, face in zip(self._places, chosen, strict=True):
            place.looks[frame] = face
            place.known = place.known if face is None else face
        for face in faces:
            if all(face is not other for other in chosen):
                looks: dict[int, Face | None] = (
                    {} if frame == start else dict.fromkeys([start, *self._whole_in(start, frame)])
                )
                self._places.append(Place(face, {**looks, frame: face}))
        self._whole.add(frame)
        self._seen = np.full(self._thumbnails[frame].shape, frame)
        self._unseen = np.zeros(self._seen.shape, np.bool_)

    def _whole_in(self, start: int, frame: int) -> list[int]:
        """List the frames between two that were looked at as a whole."""
        return sorted(at for at in self._whole if start < at < frame)

    def _look_at_rest(self, frames: Iterable[int], start: int) -> None:
        """Look at all but the places of faces where it changed.

        In the run's last frame wherever it did. Before it where there may be a face on paper that is not
        there, or not all of it, to be seen in the last frame as well: what lies still and has contrast.
        """
        end = self._grid[-1]
        for frame in frames:
            if frame in self._whole:
                continue
            changed = self._changed_beside(frame)
            shown = changed
            if frame != end and changed.any():
                shown = squares(changed & self._of_paper(frame, end))
            if self._comes(frame, shown):
                self._look_at_whole(frame, start)
                continue
            # What lies beside it was in the window as well.
            shown = changed & with_neighbours(shown)
            self._seen[shown] = frame
            self._unseen = (self._unseen | changed) & ~shown

    def _changed_beside(self, frame: int) -> NDArray[np.bool_]:
        """Tell which cells beside the places of faces changed since they were looked at.

        What is again as it was has changed too: all of a face may have been seen, and never all at once.
        """
        changed = self._changes.since(self._seen, frame) | self._unseen
        for place in self._places:
            changed[self._changes.region(place.box_sought(frame))] = False
        return squares(changed)

    def _of_paper(self, frame: int, end: int) -> NDArray[np.bool_]:
        """Tell which cells may be of a face on paper of which something is gone in another frame."""
        paper = contrasted(self._thumbnails[frame])
        paper &= self._changes.lies_still(frame, (self._stride - 1) // 2)
        cell = max(self._frames[frame].size) / max(paper.shape)
        sides = [place.longer_side for place in self._places]
        gone = squares(paper & self._changes.changed(frame, end - 1, end)[0], square_in_face(sides, cell))
        return paper & within_a_face(gone, sides, cell)

    def _comes(self, frame: int, changed: NDArray[np.bool_]) -> bool:
        """Tell whether a face comes where cells changed beside the known ones; where none is, it may."""
        if not changed.any():
            return False
        if not self._places:
            return True
        picture = self._frames[frame]
        sides = [place.longer_side for place in self._places]
        share = coarse_share(sides, picture.size, self._det_size)
        for window in windows_over(changed, sides, picture.size, self._det_size * share):
            faces = faces_of(self._look(picture, window, share=share), frame)
            known = assigned(self._places, faces, frame)
            if sum(face is not None for face in known) < len(faces):
                return True
        return False

    def _look_at(self, place: Place, frame: int, context: float) -> None:
        """Look at a place."""
        if frame in place.looks:
            return
        sought = place.box_sought(frame)
        if sought is not place.box and not overlap(sought, place.box):
            face = self._face_around(place, sought, frame, context)
            if not place.holds(face):
                # Perhaps somebody who passed was followed, and the face is where it was.
                known = self._face_around(place, place.box, frame, context)
                face = known if place.holds(known) else face
        else:
            face = self._face_around(place, around_both(sought, place.box), frame, context)
        if face is not None and place.holds(face) and self._as_known(place, frame):
            face = replace(face, box=place.known.box, landmarks=place.known.landmarks)
        elif face is None and self._is_bare(place, frame):
            # A faint face is found with all around it where it is not in a window.
            face = self._face_in(place, (0, 0, *self._frames[frame].size), frame)
        place.looks[frame] = face

    def _is_bare(self, place: Place, frame: int) -> bool:
        """Tell whether a place's face was there at the last look, and little of it has changed."""
        known = place.known
        return place.face(frame) is not None and self._changes.same(
            known.detected_at, frame, known.box, share=_COVERED_SHARE
        )

    def _face_around(self, place: Place, box: NDArray[np.float32], frame: int, context: float) -> Face | None:
        """Look around a box for the face of a place."""
        size = self._frames[frame].size
        return self._face_in(place, window_around(box, size, self._det_size, context=context), frame)

    def _face_in(self, place: Place, window: Window, frame: int) -> Face | None:
        """Look for the face of a place in a window."""
        faces = faces_of(self._look(self._frames[frame], window, least_side=place.least_side), frame)
        return assigned(self._places, faces, frame)[self._places.index(place)]

    def _context(self, place: Place, frame: int) -> float:
        """Tell how much around a face is shown: the less, the fewer frames what is found is good for."""
        if frame not in self._grid or self._as_known(place, frame):
            return CLOSE
        following = min(frame + self._stride, self._grid[-1])
        passes = bool((self._share(place, frame, following, frame) >= _COVERED_SHARE).any())
        return MIDDLE if passes else WIDE

    def _context_of_still(self, place: Place, frame: int) -> float:
        """Tell how much around a face is shown where it is about to change."""
        return CLOSE if self._as_known(place, frame) else WIDE

    def _as_known(self, place: Place, frame: int) -> bool:
        """Tell whether a place's pixels are those of the last look at the whole frame that found its face.

        What was found there stands then: with all around it, a box is truer than within a window.
        """
        return self._changes.same(place.known.detected_at, frame, place.known.box)

    def _refine(self, place: Place, before: int, after: int) -> None:
        """Look at a place until nothing happens unseen between two keyframes, the first of which is known."""
        between = [at for at in place.looks if before < at < after]
        if between:
            self._refine(place, before, between[0])
            self._refine(place, between[0], after)
            return
        share = self._share(place, before, after)
        changed = np.flatnonzero(share >= CHANGED_SHARE)
        if not len(changed):
            return
        still = before + int(changed[0])
        if place.face(still) is not None:
            # The last frame in which all is as before: what was seen is seen again, and ends here.
            self._look_at(place, still, self._context_of_still(place, still))
        self._look_at(place, after, self._context(place, after))
        # What looks as it does where the face is found, at one end or at the other, hides it no more.
        unlike = np.minimum(share, self._share(place, before, after, after))[still - before : -1]
        covered = bool((unlike >= _COVERED_SHARE).any())
        first, second = place.face(still), place.face(after)
        if after - still > 1 and happened(first, second, covered=covered):
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
                if (self._share(place, known, frame) >= CHANGED_SHARE).any():
                    self._look_at(place, frame, self._context(place, frame))

    def _keyframe(self, index: int) -> Keyframe:
        """Give what is known of a frame."""
        faces = [face for place in self._places if (face := self._known(place, index)) is not None]
        if faces != self._found:
            self._found, self._told = faces, distinct(faces)
        looked = any(index in place.looks for place in self._places)
        basis = "frame" if index in self._whole else "windows" if looked else "unchanged"
        return Keyframe(index, basis, self._told, self._thumbnails[index])

    def _known(self, place: Place, frame: int) -> Face | None:
        """Give a place's face at a keyframe."""
        if (face := place.face(frame)) is None:
            return None
        earlier = [at for at in place.looks if at < frame]
        # Keyframes come in order, so a face that was found before this one has been told already.
        if face.detected_at == frame and earlier and place.looks[max(earlier)] is not None:
            since = max(earlier)
            if (self._share(place, max(since, min(self._frames)), frame, since) < CHANGED_SHARE).all():
                face = place.looks[frame] = replace(face, unchanged_since=since)
        return face

    def _share(
        self, place: Place, before: int, after: int, reference: int | None = None
    ) -> NDArray[np.float64]:
        """Give the share of a place's cells that differ from its last look, for frames behind `before`."""
        at = place.last_look(before) if reference is None else reference
        return self._changes.share(at, before, after, place.box_sought(before))

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
        kept = {end, *self._whole}
        for place in self._places:
            kept |= {max(place.looks), place.known.detected_at}
        kept |= {*np.unique(self._seen).tolist()}
        self._thumbnails = {index: self._thumbnails[index] for index in sorted(kept)}
        self._frames = {}
