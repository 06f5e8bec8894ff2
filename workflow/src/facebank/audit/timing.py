"""Whether a variant shows at each moment what the video of its source's labels shows then.

Variants differ in what their portraits show. All else, what moves before all, they share, frame by frame:
where the frames of a variant look like other frames than their own, labels of hidden faces would be wrong.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from facebank.artifacts.digests import sha256_bytes
from facebank.keyframes.fitting import spread_out
from facebank.keyframes.stillness import Light, fit_light, noise_of
from facebank.tracks.distances import GATE, anchor_distances
from facebank.tracks.regions import in_blocks, region_cells

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from facebank.audit.looks import SlotViews

__all__ = ["Moment", "Recording", "compare_timing", "misplaced", "moved_through", "other_faces", "telling"]

#: Frames of a variant that are compared.
_COMPARED = 64

#: A cell shows something else when it differs by so many levels, by so many standard deviations of noise, and
#: by this share of all that it differs by in the recording: colours and contrast may be others.
_MIN_LEVELS = 8.0
_NOISE_FACTOR = 6.0
_SHARE_OF_RANGE = 0.4

#: A cell is compared when most of the time it is the same in both, up to so many levels and this share of its
#: range: portraits are not.
_SAME_LEVELS = 6.0
_SAME_SHARE = 0.25

#: Cells that move in a variant, by so many levels and so many standard deviations of noise, have to differ by
#: this share of what they differ by in the recording. Whatever moves is hardly seen where contrast is too low
#: to be fitted, and every moment looks like one without it.
_MOVING_LEVELS = 3.0
_LEAST_CONTRAST = 0.5

#: Contrast that is fitted to a frame as another one than is usual in its video, by this factor, is none.
_MOST_CONTRAST = 1.4

#: Darker and brighter cells of a variant are blind: other light may hide what moves there.
_SEEING = (5, 250)

#: A frame shows another moment when with that one at most this share is left of the cells that differ, and at
#: least so many and this share of those compared are explained. Measured on the demo: no frame of a variant
#: in step has both, not if it is coded beyond use (x264 at crf 48), or has other hues; half of those shifted
#: by 5 frames have.
_LEFT = 0.25
_MIN_CELLS = 8
_CELLS_SHARE = 0.02

#: So many frames of a variant show other moments before it is out of step: one may be damaged.
_MIN_FRAMES = 2

#: A portrait lies elsewhere when its face's centre is farther than this share of its side from where it is
#: usually. The paper around a face reaches as far as one side of it.
_ELSEWHERE = 0.25


@dataclass(frozen=True, eq=False)
class Recording:
    """The keyframes of the video that a source's labels are from; what they give is kept for all variants.

    Attributes
    ----------
    frames : tuple of int
        Their numbers, rising.
    thumbnails : uint8 (keyframes, height, width)
        Their grey thumbnails.
    left_out : bool (height, width)
        Cells that are not compared, see `moved_through`.
    views : SlotViews, optional
        Where the slots' faces are: of these cells, the pictures of a variant are kept.
    others : mapping
        A frame -> bool (height, width), cells that are not compared in it alone, see `other_faces`.
    """

    frames: tuple[int, ...]
    thumbnails: NDArray[np.uint8]
    left_out: NDArray[np.bool_]
    views: SlotViews | None = None
    others: Mapping[int, NDArray[np.bool_]] = field(default_factory=dict)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all that a comparison depends on."""
        shape = repr((self.frames, self.thumbnails.shape, tuple(self.others))).encode()
        views = [] if self.views is None else [self.views.cells]
        parts = [self.thumbnails, self.left_out, *views, *self.others.values()]
        return sha256_bytes(shape, *(part.ravel().data for part in parts))

    @property
    def compared(self) -> tuple[int, ...]:
        """Numbers of the frames that a variant is compared in, rising."""
        return tuple(self.frames[row] for row in self.rows)

    @property
    def rows(self) -> list[int]:
        """Rows of those frames."""
        return spread_out(range(len(self.frames)), _COMPARED)

    @cached_property
    def noise(self) -> float:
        """Standard deviation of one cell in levels."""
        return noise_of(self.thumbnails)

    @cached_property
    def usual(self) -> NDArray[np.uint8]:
        """What most of the frames show, uint8 (height, width)."""
        usual: NDArray[np.uint8] = np.median(self.thumbnails[self.rows], axis=0).astype(np.uint8)
        return usual

    @cached_property
    def light(self) -> Light:
        """The light of the thumbnails beside what they usually show."""
        return fit_light(self.thumbnails, self.usual)

    def levels(self, rows: slice | list[int], cells: NDArray[np.bool_] | None = None) -> NDArray[np.float32]:
        """Give some thumbnails in the light of what they usually show.

        Parameters
        ----------
        rows : slice or list of int
            Which ones.
        cells : bool (height, width), optional
            Which cells of them; all by default.

        Returns
        -------
        float32 (rows, height, width) or (rows, cells)
        """
        pictures = self.thumbnails[rows]
        light = Light(self.light.gain[rows], self.light.offset[rows])
        return light.taken_from(pictures if cells is None else pictures[:, cells])

    @cached_property
    def usual_levels(self) -> NDArray[np.float32]:
        """The same of that, float32 (height, width)."""
        return np.median(self.levels(self.rows), axis=0)

    @cached_property
    def reach(self) -> NDArray[np.float32]:
        """By how many levels each cell differs from itself, float32 (height, width)."""
        least, most = self.levels(slice(1))[0], self.levels(slice(1))[0]
        for rows in in_blocks(len(self.frames)):
            levels = self.levels(rows)
            least, most = np.minimum(least, levels.min(axis=0)), np.maximum(most, levels.max(axis=0))
        reach: NDArray[np.float32] = most - least
        return reach


@dataclass(frozen=True, slots=True)
class Moment:
    """What one frame of a variant looks like.

    Attributes
    ----------
    frame : int
        Its number.
    cells : int
        Cells that were compared: those in which the recording shows something moving.
    differing : int
        How many of them differ from the recording's frame of the same number.
    least : int
        How many differ from the frame of the recording that it resembles most.
    like : int
        The number of that frame.
    """

    frame: int
    cells: int
    differing: int
    least: int
    like: int


def moved_through(
    boxes: NDArray[np.floating], size: tuple[int, int], shape: tuple[int, int]
) -> NDArray[np.bool_]:
    """Give the cells in which a portrait lies that is usually elsewhere.

    There a variant differs from its recording for a while without being out of step.

    Parameters
    ----------
    boxes : float (frames, slots, 4)
        The labels: xyxy in pixels, NaN without a box.
    size : (int, int)
        Width and height of the frame in pixels.
    shape : (int, int)
        Rows and columns of the thumbnails.

    Returns
    -------
    bool (rows, columns)
    """
    cells = np.zeros(shape, dtype=np.bool_)
    for slot in np.moveaxis(boxes, 1, 0):
        seen = slot[~np.isnan(slot).any(axis=1)].reshape(-1, 2, 2)
        if not len(seen):
            continue
        centres, sides = seen.mean(axis=1), seen[:, 1] - seen[:, 0]
        away = np.abs(centres - np.median(centres, axis=0)) > _ELSEWHERE * sides
        _add_papers(cells, seen[away.any(axis=1)], size)
    return cells


def other_faces(
    frames: NDArray[np.integer],
    faces: NDArray[np.floating],
    boxes: NDArray[np.floating],
    size: tuple[int, int],
    shape: tuple[int, int],
) -> dict[int, NDArray[np.bool_]]:
    """Give the cells in which a recording shows a face at a slot's place that is not the slot's.

    Another portrait may lie there for a while, and in the variants the slot's own: they are in step.

    Parameters
    ----------
    frames : int (n,)
        The keyframe of each face.
    faces : float (n, 4)
        The faces: xyxy in pixels.
    boxes : float (frames, slots, 4)
        The labels, likewise, NaN without a box.
    size, shape
        See `moved_through`.

    Returns
    -------
    dict
        The frames that show some -> bool (rows, columns).
    """
    found: dict[int, NDArray[np.bool_]] = {}
    for slot in np.moveaxis(boxes, 1, 0):
        without = np.isnan(slot).any(axis=1)
        if without.all():
            continue
        place = np.median(slot[~without], axis=0)[None]
        there = without[frames] & (anchor_distances(faces, place)[:, 0] <= GATE)
        for frame, face in zip(frames[there].tolist(), faces[there], strict=True):
            cells = found.setdefault(frame, np.zeros(shape, dtype=np.bool_))
            _add_papers(cells, face.reshape(1, 2, 2), size)
    return found


def _add_papers(cells: NDArray[np.bool_], faces: NDArray[np.floating], size: tuple[int, int]) -> None:
    """Add the cells in which faces (n, 2, 2) lie, and the papers around them."""
    sides = faces[:, 1] - faces[:, 0]
    papers = np.stack([faces[:, 0] - sides, faces[:, 1] + sides], axis=1)
    for region in np.unique(papers / np.array(size), axis=0):
        cells[region_cells(region.ravel(), cells.shape)] = True


def compare_timing(recording: Recording, thumbnails: NDArray[np.uint8]) -> list[Moment]:
    """Find what the frames of a variant look like.

    Parameters
    ----------
    recording : Recording
        The keyframes that its labels are from.
    thumbnails : uint8 (frames, height, width)
        Thumbnails of the variant's frames `Recording.compared`.

    Returns
    -------
    list of Moment
        One for each frame. Where nothing moves, all is another scene, or contrast is too low, no cell is
        compared.
    """
    noise = max(recording.noise, noise_of(thumbnails))
    # Light and contrast of each frame are those of one picture.
    light = fit_light(thumbnails, recording.usual)
    seen = light.taken_from(thumbnails)
    fitted = _usual_contrast(recording.light.gain)[recording.rows] & _usual_contrast(light.gain)
    shift = np.median(seen, axis=0) - recording.usual_levels
    least, reach = max(_MIN_LEVELS, _NOISE_FACTOR * noise), recording.reach
    cells = (reach > 2 * least) & (np.abs(shift) <= np.maximum(_SAME_LEVELS, _SAME_SHARE * reach))
    cells &= ~recording.left_out
    if not fitted.any() or _faint(
        seen[fitted][:, cells], recording.levels(recording.rows, cells)[fitted], noise
    ):
        cells[:] = False
    limits = np.maximum(least, _SHARE_OF_RANGE * reach[cells])
    levels = thumbnails[:, cells]
    seeing = (levels >= _SEEING[0]) & (levels <= _SEEING[1]) & fitted[:, None]
    for row, frame in enumerate(recording.compared):
        if frame in recording.others:
            seeing[row, recording.others[frame][cells]] = False
    differing = _differing(
        recording, cells, seen[:, cells] - shift[cells], np.where(seeing, limits, np.float32(np.inf))
    )
    moments = []
    for row, counts in zip(recording.rows, differing, strict=True):
        # Of several that are as like, the frame itself, or else the first.
        like = row if counts[row] == counts.min() else int(counts.argmin())
        moments.append(
            Moment(
                frame=recording.frames[row],
                cells=int(cells.sum()),
                differing=int(counts[row]),
                least=int(counts[like]),
                like=recording.frames[like],
            )
        )
    return moments


def _differing(
    recording: Recording,
    cells: NDArray[np.bool_],
    found: NDArray[np.float32],
    limits: NDArray[np.float32],
) -> NDArray[np.int32]:
    """Count in how many cells each frame of a variant differs from each of the recording.

    Parameters
    ----------
    recording : Recording
        The keyframes.
    cells : bool (height, width)
        The cells that are compared.
    found : float32 (frames, cells)
        What the variant's frames show there.
    limits : float32 (frames, cells)
        From how many levels on a cell differs.

    Returns
    -------
    int32 (frames, keyframes)
    """
    counts = np.zeros((len(found), len(recording.frames)), np.int32)
    for rows in in_blocks(len(recording.frames)):
        expected = recording.levels(rows, cells)
        for frame, (picture, limit) in enumerate(zip(found, limits, strict=True)):
            differs = np.abs(expected - picture) > limit
            counts[frame, rows] = differs.view(np.uint8).sum(axis=1, dtype=np.int32)
    return counts


def _usual_contrast(gain: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Tell of which frames (frames,) the contrast was fitted as it is in most."""
    ratio = gain / np.median(gain)
    return (ratio < _MOST_CONTRAST) & (ratio > 1 / _MOST_CONTRAST)


def _faint(seen: NDArray[np.float32], expected: NDArray[np.float32], noise: float) -> bool:
    """Tell whether what moves in a variant is hardly seen beside the recording (frames, cells).

    Where all stands still, it is seen.
    """
    moved = np.ptp(seen, axis=0)
    moving = moved > max(_MOVING_LEVELS, _NOISE_FACTOR * noise)
    fainter = moved < _LEAST_CONTRAST * np.ptp(expected, axis=0)
    return bool(np.count_nonzero(fainter & moving) > np.count_nonzero(moving) / 2)


def telling(moments: Sequence[Moment]) -> list[Moment]:
    """Give the frames of a variant of which can be told what moment they show: enough moves there."""
    return [moment for moment in moments if moment.cells >= _MIN_CELLS]


def misplaced(moments: Sequence[Moment]) -> list[Moment]:
    """Give the frames of a variant that show other moments of the recording than their own.

    Parameters
    ----------
    moments : sequence of Moment
        What its frames look like.

    Returns
    -------
    list of Moment
        None of a variant in step: of one frame alone nothing is said.
    """
    found = [
        moment
        for moment in telling(moments)
        if moment.least <= _LEFT * moment.differing
        and moment.differing - moment.least >= max(_MIN_CELLS, _CELLS_SHARE * moment.cells)
    ]
    return found if len(found) >= _MIN_FRAMES else []
