"""Whether a still camera sees the same as before, beyond the noise of its own sensor and codec.

Everything is measured on grey thumbnails: a cell averages many pixels, so noise is small in it, while an edge
that moves by half a pixel is not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from facebank.tracks.brightness import MAD_TO_SIGMA, fit_brightness, medians
from facebank.tracks.regions import in_blocks

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["EVERYWHERE", "Levelled", "Light", "Region", "Stillness", "fit_light", "noise_of"]

#: Rows and columns of a thumbnail.
Region = tuple[slice, slice]
EVERYWHERE: Region = (slice(None), slice(None))

#: A cell has changed when it differs by this many standard deviations of noise, and by this many levels: a
#: codec moves the mean of a block by a level or two where nothing happens.
_NOISE_FACTOR = 6.0
_MIN_LEVELS = 4.0

#: Light may change by this factor before a detection is no longer good for what is seen now.
_MAX_GAIN = 1.15

_LEAST_LIGHT = 1e-3

_MOST_LEVEL = 255

#: Cells of the fit of brightness in each direction: one of so many.
_THINNING = 3


def noise_of(pictures: NDArray[np.uint8]) -> float:
    """Estimate the noise of thumbnails from how they differ from one frame to the next.

    Parameters
    ----------
    pictures : uint8 (frames, height, width)
        Thumbnails of frames that follow each other.

    Returns
    -------
    float
        Standard deviation in levels of one cell in one frame, 0 of a single frame. What moves is left out, as
        long as it covers less than half of the picture, and so is a flicker of the whole.
    """
    if len(pictures) < 2:  # noqa: PLR2004 - a difference takes two
        return 0.0
    # Levels are whole and their medians whole or half: the median of all is counted, and none is kept.
    counts = np.zeros(4 * _MOST_LEVEL + 1, np.int64)
    for rows in in_blocks(len(pictures) - 1):
        steps = np.diff(pictures[rows.start : rows.stop + 1].astype(np.float32), axis=0)
        steps -= medians(steps.reshape(len(steps), -1))[:, None, None]
        halves = np.abs(2 * steps).astype(np.intp)
        counts += np.bincount(halves.ravel(), minlength=len(counts))
    total = int(counts.sum())
    middles = np.searchsorted(counts.cumsum(), [(total - 1) // 2, total // 2], side="right") / 2
    return float(MAD_TO_SIGMA * np.float32(middles.mean()) / np.sqrt(2))


@dataclass(frozen=True, slots=True, eq=False)
class Light:
    """How pictures are lit beside one of them: as ``gain`` times its levels plus ``offset``.

    Attributes
    ----------
    gain : float32 (frames,)
        1 where none can be told.
    offset : float32 (frames,)
        Levels.
    """

    gain: NDArray[np.float32]
    offset: NDArray[np.float32]

    def taken_from(self, cells: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Bring cells of these pictures, uint8 (frames, ...), to the light of that one, as float32."""
        each = (len(cells), *[1] * (cells.ndim - 1))
        levels = cells.astype(np.float32)
        levels -= self.offset.reshape(each)
        levels /= self.gain.reshape(each)
        return levels


def fit_light(pictures: NDArray[np.uint8], base: NDArray[np.uint8]) -> Light:
    """Fit the brightness of each picture as a whole.

    Parameters
    ----------
    pictures : uint8 (frames, height, width)
        Thumbnails.
    base : uint8 (height, width)
        The one beside which they are seen.
    """
    before = base[::_THINNING, ::_THINNING].astype(np.float32)
    fits = [
        fit_brightness(pictures[rows, ::_THINNING, ::_THINNING].astype(np.float32), before)
        for rows in in_blocks(len(pictures))
    ]
    gain, offset = (np.concatenate([np.zeros(0, np.float32), *parts]) for parts in zip(*fits, strict=True))
    return Light(gain, offset)


@dataclass(frozen=True, slots=True, eq=False)
class Levelled:
    """Thumbnails brought to the brightness of one of them.

    Attributes
    ----------
    cells : float32 (frames, height, width)
        Levels.
    gain : float32 (frames,)
        By what a difference is multiplied to be in levels of its own frame again.
    light : float32 (frames,)
        Brightness of the whole picture as a multiple of that one's.
    """

    cells: NDArray[np.float32]
    gain: NDArray[np.float32]
    light: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Stillness:
    """Compares thumbnails of one video.

    Attributes
    ----------
    noise : float
        See `noise_of`.
    """

    noise: float

    def levelled(self, pictures: NDArray[np.uint8], base: NDArray[np.uint8]) -> Levelled:
        """Fit the brightness of each picture as a whole, once for all comparisons between them.

        Parameters
        ----------
        pictures : uint8 (frames, height, width)
            Thumbnails.
        base : uint8 (height, width)
            The one to whose brightness they are brought.
        """
        fit = fit_light(pictures, base)
        middle = float(np.median(base)) or 1.0
        light = np.maximum(fit.gain + fit.offset / middle, _LEAST_LIGHT).astype(np.float32)
        return Levelled(fit.taken_from(pictures), fit.gain, light)

    def changed(
        self, pictures: Levelled, reference: int, frames: slice, region: Region = EVERYWHERE
    ) -> NDArray[np.bool_]:
        """Tell which cells differ from a reference.

        Parameters
        ----------
        pictures : Levelled
            Thumbnails.
        reference : int
            Row of what they are compared with: the frame of a detection and not the frame before, so that
            many small changes add up.
        frames : slice
            Rows of those that are compared.
        region : Region
            Only these cells.

        Returns
        -------
        bool (frames, rows, columns)
            A change of brightness of the whole picture counts only when it is large: then every cell has
            changed.
        """
        rows, columns = region
        return self._differ(
            pictures.cells[frames, rows, columns] - pictures.cells[reference, rows, columns],
            pictures.gain[frames, None, None],
            (pictures.light[frames] / pictures.light[reference])[:, None, None],
        )

    def changed_from(self, pictures: Levelled, references: NDArray[np.intp], frame: int) -> NDArray[np.bool_]:
        """Tell which cells of one frame differ, each from its own reference.

        Parameters
        ----------
        pictures : Levelled
            Thumbnails.
        references : intp (rows, columns)
            Row of what each cell is compared with.
        frame : int
            Row of the frame.

        Returns
        -------
        bool (rows, columns)
            See `changed`.
        """
        cells = np.take_along_axis(pictures.cells, references[None], axis=0)[0]
        light = pictures.light[frame] / pictures.light[references]
        return self._differ(pictures.cells[frame] - cells, pictures.gain[frame], light)

    def _differ(
        self,
        difference: NDArray[np.float32],
        gain: NDArray[np.float32] | np.float32,
        light: NDArray[np.float32],
    ) -> NDArray[np.bool_]:
        """Tell where a difference is one, by its frame's gain and by its light beside the reference's."""
        np.abs(difference, out=difference)
        difference *= gain
        changed: NDArray[np.bool_] = difference > max(_NOISE_FACTOR * self.noise, _MIN_LEVELS)
        changed |= (light > _MAX_GAIN) | (light < 1 / _MAX_GAIN)
        return changed
