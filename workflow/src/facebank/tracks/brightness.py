"""How much brighter or darker one picture of a scene is than another, whatever stands before a part of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["fit_brightness"]

#: A fit outside this range is none: the picture shows something else.
_GAINS = (0.5, 2.0)

#: Rounds of the fit; each leaves out what the round before could not explain.
_ROUNDS = 2


def fit_brightness(
    now: NDArray[np.float32], before: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Fit each of some pictures as ``gain * before + offset``, without what is in the way.

    Parameters
    ----------
    now : float32 (pictures, ...)
        Levels of grey.
    before : float32 (...)
        The picture that they are compared with, of the same shape.

    Returns
    -------
    gain, offset : float32 (pictures,)
        A gain of 1 where none can be told.
    """
    x = before.reshape(1, -1)
    y = now.reshape(len(now), x.size)
    gain, offset = np.ones(len(y), np.float32), np.median(y - x, axis=1).astype(np.float32)
    for _ in range(_ROUNDS):
        rest = np.abs(y - (gain[:, None] * x + offset[:, None]))
        trusted = rest <= np.maximum(3 * np.median(rest, axis=1, keepdims=True), 1.0)
        count = trusted.sum(axis=1)
        mean_x, mean_y = (x * trusted).sum(axis=1) / count, (y * trusted).sum(axis=1) / count
        deviation = (x - mean_x[:, None]) * trusted
        spread = (deviation**2).sum(axis=1)
        slope = (deviation * (y - mean_y[:, None])).sum(axis=1) / np.maximum(spread, 1e-6)
        # A picture of one tone has no gain of its own.
        fits = (spread > count) & (slope >= _GAINS[0]) & (slope <= _GAINS[1])
        gain = np.where(fits, slope, 1.0).astype(np.float32)
        offset = (mean_y - gain * mean_x).astype(np.float32)
    return gain, offset
