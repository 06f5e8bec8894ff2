"""What changed in a run of frames, and where, by their thumbnails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from facebank.keyframes.stillness import EVERYWHERE, Stillness
from facebank.tracks.regions import region_cells

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from facebank.keyframes.stillness import Region

__all__ = ["CHANGED_SHARE", "Changes"]

#: A face's pixels have changed when this share of its cells did.
CHANGED_SHARE = 0.04


class Changes:
    """Compares the frames of a run with each other, and with some from before it.

    Parameters
    ----------
    thumbnails : mapping
        Frame -> uint8 (height, width): a run of frames that follow each other, and any before it.
    start : int
        The run's first frame.
    size : (int, int)
        Width and height of a frame in pixels.
    noise : float
        See `facebank.keyframes.stillness.noise_of`.
    """

    def __init__(
        self, thumbnails: Mapping[int, NDArray[np.uint8]], start: int, size: tuple[int, int], noise: float
    ) -> None:
        frames = sorted(thumbnails)
        self._rows = {frame: row for row, frame in enumerate(frames)}
        self._first = self._rows[start]
        # The same for arrays of frames; a frame that is none of them has no row.
        self._oldest, self._newest = frames[0], frames[-1]
        self._row_of = np.full(self._newest - self._oldest + 1, len(frames), np.intp)
        self._row_of[np.subtract(frames, frames[0])] = np.arange(len(frames))
        self._shares: dict[tuple[int, bytes], NDArray[np.float64]] = {}
        self._stillness = Stillness(noise)
        pictures = np.stack([thumbnails[frame] for frame in frames])
        self._sides = np.array([*size, *size])
        self._shape = pictures.shape[1:]
        self._pictures = self._stillness.levelled(pictures, thumbnails[start])

    def changed(
        self, reference: int, before: int, after: int, region: Region = EVERYWHERE
    ) -> NDArray[np.bool_]:
        """Tell which cells differ from those of a reference.

        Parameters
        ----------
        reference : int
            Any of the frames.
        before, after : int
            Frames of the run: those behind `before` up to `after` are compared.
        region : Region
            Only these cells.

        Returns
        -------
        bool (frames, rows, columns)
        """
        end = self._rows[after] + 1
        return self._stillness.changed(
            self._pictures, self._rows[reference], slice(end - (after - before), end), region
        )

    def since(self, looks: NDArray[np.int64], frame: int) -> NDArray[np.bool_]:
        """Tell which cells of a frame differ from those of other frames.

        Parameters
        ----------
        looks : int64 (rows, columns)
            Any of the frames for each cell: the one it is compared with.
        frame : int
            A frame.

        Returns
        -------
        bool (rows, columns)

        Raises
        ------
        IndexError
            If a cell is compared with a frame between them that is none of them.
        """
        return self._stillness.changed_from(
            self._pictures, self._row_of[looks - self._oldest], self._rows[frame]
        )

    def lies_still(self, frame: int, reach: int) -> NDArray[np.bool_]:
        """Tell which cells of a frame are as they were for some frames before it, or will be for some behind.

        Parameters
        ----------
        frame : int
            A frame of the run, more than `reach` frames behind its first.
        reach : int
            How many frames; those behind the run's last do not count.

        Returns
        -------
        bool (rows, columns)
        """
        near = self.changed(frame, frame - reach - 1, min(frame + reach, self._newest))
        return np.asarray(~near[: reach + 1].any(axis=0) | ~near[reach:].any(axis=0))

    def share(
        self, reference: int, before: int, after: int, box: NDArray[np.floating]
    ) -> NDArray[np.float64]:
        """Give the share of a box's cells that differ, see `changed` and `region`: float64 (frames,)."""
        asked = reference, box.tobytes()
        if asked not in self._shares:
            # All at once: most is asked for again, a stride after the other.
            changed = self._stillness.changed(
                self._pictures, self._rows[reference], slice(self._first + 1, None), self.region(box)
            )
            self._shares[asked] = np.count_nonzero(changed, axis=(1, 2)) / changed[:1].size
        return self._shares[asked][self._rows[before] - self._first : self._rows[after] - self._first]

    def same(
        self, reference: int, frame: int, box: NDArray[np.floating], *, share: float = CHANGED_SHARE
    ) -> bool:
        """Tell whether of a box's cells less than a share differ between two frames."""
        changed = self.changed(reference, frame - 1, frame, self.region(box))
        return bool(changed.mean() < share)

    def region(self, box: NDArray[np.floating]) -> Region:
        """Give the cells of a box (4,), xyxy in pixels."""
        return region_cells(box / self._sides, self._shape)
