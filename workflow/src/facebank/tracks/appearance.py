"""Whether a face that was found at a slot's place is the face that shows there, or another before it.

A place and a size do not tell faces apart: somebody may pass before a portrait, a portrait may be exchanged,
and a camera that was pushed shows one slot's face where another's was. Thumbnails are enough to see that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from facebank.tracks.brightness import MAD_TO_SIGMA, fit_brightness

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["alike_faces", "same_face"]

#: A face is seen in so many samples a side, whatever its size.
_SIDE = 8

#: A sample has changed when it differs by this many levels; thumbnails average away the noise of sensors.
#: In a dim or pale picture two faces differ by less, as their own samples do: there it has changed when it
#: differs by this share of their standard deviation, and by this many of noise. Two persons' faces differ by
#: 0.24 or more in half of their samples, whatever the light (144 pairs of faces of 47 and 94 px).
_MIN_LEVELS = 5.0
_MIN_SPREAD = 0.2
_NOISE_FACTOR = 2.0

#: A face is the slot's own if no more than this share of its samples at the slot's place changed. Of two
#: persons' faces there, 99 % of pairs differed by more (60 faces of 60 px).
_MAX_CHANGED = 0.5

#: Least correlation of a face, where it was found, with the slot's. A face that moved by parts of a
#: thumbnail's cell keeps 0.9 and more; 96 % of pairs of different faces have less.
_MIN_CORRELATION = 0.9

#: So many faces are tried as the one that shows most of the time.
_CANDIDATES = 16


def same_face(
    thumbnails: NDArray[np.uint8],
    regions: NDArray[np.floating],
    place: NDArray[np.floating],
    regular: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """Tell which of the faces that were found at a slot's place are the slot's own.

    The slot's own face is the one that shows there most of the time.

    Parameters
    ----------
    thumbnails : uint8 (k, height, width)
        The keyframes in which a face was found there, in grey.
    regions : float (k, 4)
        These faces, xyxy as shares of the frame's width and height.
    place : float (4,)
        The slot's typical face, likewise.
    regular : bool (k,)
        Keyframes that lie evenly in time: these are counted, or all of them where there are none.

    Returns
    -------
    bool (k,)
        True where the slot's place has not changed as far as the face reaches, or the face looks the same
        where it was found: a face that is covered in part stays, and so does one that a pushed camera sees
        elsewhere. A change of light is no change.
    """
    if not len(thumbnails):
        return np.zeros(0, dtype=bool)
    at_place = _samples(thumbnails, np.broadcast_to(place, regions.shape))
    at_face = _samples(thumbnails, regions)
    reached = _reached(place, regions)
    noise = _noise(at_place)
    counted = np.flatnonzero(regular) if regular.any() else np.arange(len(thumbnails))
    parts = min(_CANDIDATES, len(counted))
    candidates = counted[(2 * np.arange(parts) + 1) * len(counted) // (2 * parts)]
    likeness = [
        _likeness(at_place, at_face, at_place[row], at_face[row], reached, noise=noise) for row in candidates
    ]
    # In sum: a face half covered is a little like the slot's, and like whoever covers it.
    most = max(likeness, key=lambda found: float(found[counted].sum()))
    own = counted[most[counted] > 0]
    usual_place, usual_face = (np.median(seen[own], axis=0) for seen in (at_place, at_face))
    alike: NDArray[np.bool_] = _likeness(at_place, at_face, usual_place, usual_face, reached, noise=noise) > 0
    return alike


def alike_faces(
    thumbnails: NDArray[np.uint8],
    regions: NDArray[np.floating],
    place: NDArray[np.floating],
    references: Sequence[int],
) -> NDArray[np.bool_]:
    """Tell which pictures show the same at a slot's place as some of them do.

    Parameters
    ----------
    thumbnails, regions, place
        As for `same_face`.
    references : sequence of int
        Rows of `thumbnails`.

    Returns
    -------
    bool (references, k)
        A change of light is no change.
    """
    at_place = _samples(thumbnails, np.broadcast_to(place, regions.shape))
    at_face = _samples(thumbnails, regions)
    reached, noise = _reached(place, regions), _noise(at_place)
    likeness = [
        _likeness(at_place, at_face, at_place[row], at_face[row], reached, noise=noise) for row in references
    ]
    return np.array(likeness).reshape(len(references), len(thumbnails)) > 0


def _points(regions: NDArray[np.floating]) -> NDArray[np.float64]:
    """Give where regions (k, 4) are sampled, float64 (k, samples, 2), x and y in the regions' units."""
    middles = (np.arange(_SIDE) + 0.5) / _SIDE
    shares = np.stack(np.meshgrid(middles, middles), axis=-1).reshape(-1, 2)
    corners = np.asarray(regions, dtype=np.float64)[:, None]
    points: NDArray[np.float64] = corners[..., :2] + (corners[..., 2:] - corners[..., :2]) * shares
    return points


def _reached(place: NDArray[np.floating], regions: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Tell which samples of a place lie within each face, bool (k, samples)."""
    (points,) = _points(place[None])
    reached: NDArray[np.bool_] = ((points >= regions[:, None, :2]) & (points <= regions[:, None, 2:])).all(
        axis=2
    )
    return reached


def _samples(pictures: NDArray[np.uint8], regions: NDArray[np.floating]) -> NDArray[np.float32]:
    """Sample one region of each picture, float32 (k, samples); beyond the border stands what is at it."""
    height, width = pictures.shape[1:]
    # A pixel's value stands at its middle.
    columns, rows = (_points(regions) * (width, height) - 0.5).astype(np.float32).transpose(2, 0, 1)
    samples = [
        cv2.remap(
            picture.astype(np.float32), x[None], y[None], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )[0]
        for picture, x, y in zip(pictures, columns.copy(), rows.copy(), strict=True)
    ]
    return np.array(samples, dtype=np.float32)


def _noise(samples: NDArray[np.float32]) -> float:
    """Estimate the noise of samples (k, samples) by what they differ from one keyframe to the next."""
    if len(samples) < 2:  # noqa: PLR2004 - a difference takes two
        return 0.0
    steps = np.diff(samples, axis=0)
    steps -= np.median(steps, axis=1, keepdims=True)
    return float(MAD_TO_SIGMA * np.median(np.abs(steps)) / np.sqrt(2))


def _likeness(
    at_place: NDArray[np.float32],
    at_face: NDArray[np.float32],
    place: NDArray[np.float32],
    face: NDArray[np.float32],
    reached: NDArray[np.bool_],
    *,
    noise: float,
) -> NDArray[np.float64]:
    """Tell how like one each face is: by its samples at the slot's place, and where it was found; or 0."""
    gain, offset = fit_brightness(at_place, place)
    rest = np.abs(at_place - (gain[:, None] * place + offset[:, None]))
    levels = np.maximum(_MIN_SPREAD * gain * place.std(), _NOISE_FACTOR * noise).clip(max=_MIN_LEVELS)
    count = reached.sum(axis=1)
    unchanged = ((rest <= levels[:, None]) & reached).sum(axis=1) / np.maximum(count, 1)
    correlation = _correlation(at_face, face)
    alike = ((unchanged >= 1 - _MAX_CHANGED) & (count > 0)) | (correlation >= _MIN_CORRELATION)
    likeness: NDArray[np.float64] = np.where(alike, np.maximum(unchanged, correlation), 0.0)
    return likeness


def _correlation(samples: NDArray[np.float32], reference: NDArray[np.float32]) -> NDArray[np.float64]:
    """Correlate each row with a reference, float64 (k,); 0 where one of the two is of one tone."""
    rows = samples - samples.mean(axis=1, keepdims=True)
    other = reference - reference.mean()
    length = np.linalg.norm(rows, axis=1) * np.linalg.norm(other)
    correlation: NDArray[np.float64] = np.divide(
        rows @ other, length, out=np.zeros(len(rows)), where=length > 0
    )
    return correlation
