"""The fixed places of a source's slots, found from where its faces are.

The camera stands still and so do the portraits: a slot's face is seen at one place and in one size over the
whole episode. A passer-by moves, a false detection comes and goes; neither keeps a place for long.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from facebank.tracks.distances import GATE, anchor_distances

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["AnchorFit", "fit_anchors"]

#: A place needs a face in this share of the keyframes, and in so many, to be a slot's.
MIN_SHARE = 0.1
MIN_SIGHTINGS = 3

#: Half of a place's faces lie within this distance of its typical one: portraits stand still, people do not.
MAX_MOTION = 0.05

#: The strongest place that is left over may have this share of the weakest chosen one's support, not more.
MAX_RIVAL = 0.8

#: A place where faces do not stand still may have this many times the weakest chosen one's support, not more:
#: it may be a slot whose portrait was laid down anew, and the chosen one where that was parked meanwhile.
MAX_UNSTEADY = 2.0

#: Reassignments after the first pass; on a fixed camera the second changes nothing.
_ROUNDS = 5


@dataclass(frozen=True, slots=True)
class AnchorFit:
    """The places of a source's slots.

    Attributes
    ----------
    boxes : float64 (slots, 4) or (0, 4)
        Typical face box of each slot, xyxy in pixels, left to right; empty when the slots cannot be told.
    support : float64 (places,)
        Sum of scores over keyframes of every place where faces keep being found, strongest first.
    problem : str
        Empty, or why there are no boxes: ``UNSTEADY_PLACES`` where the faces are seen and do not stand still,
        ``FEWER_PLACES_THAN_SLOTS`` or ``AMBIGUOUS_PLACES``.
    """

    boxes: NDArray[np.float64]
    support: NDArray[np.float64]
    problem: str


def fit_anchors(
    boxes: NDArray[np.floating],
    scores: NDArray[np.floating],
    keyframes: NDArray[np.integer],
    *,
    slots: int,
    keyframe_count: int,
) -> AnchorFit:
    """Find the places of `slots` faces that a still camera sees.

    Where the places cannot be told for certain, none are given: with a face that is never found, or with a
    lasting false one, any numbering of the slots would be a guess, and a guess puts a name on the wrong face.

    Parameters
    ----------
    boxes : float (n, 4)
        Faces of all keyframes of one source, xyxy in pixels.
    scores : float (n,)
        Their detector scores.
    keyframes : int (n,)
        The keyframe of each.
    slots : int
        How many places to find.
    keyframe_count : int
        Keyframes looked at, those without a face too.

    Returns
    -------
    AnchorFit
        The places, left to right by centre.
    """
    boxes = np.asarray(boxes, dtype=np.float64).reshape(-1, 4)
    places = _places(boxes)
    member = _nearest(boxes, places)
    needed = max(MIN_SHARE * keyframe_count, min(MIN_SIGHTINGS, keyframe_count))
    candidates = []
    unsteady = []
    for place, box in enumerate(places):
        mine = member == place
        if len(np.unique(keyframes[mine])) < max(needed, 1):
            continue
        strength = _support(scores, keyframes, mine)
        if np.median(anchor_distances(boxes[mine], box[None])) <= MAX_MOTION:
            candidates.append((strength, box))
        else:
            unsteady.append(strength)
    candidates.sort(key=lambda candidate: (-candidate[0], *candidate[1]))
    support = np.array([strength for strength, _ in candidates], dtype=np.float64)
    if len(candidates) < slots:
        moving = len(candidates) + len(unsteady) >= slots
        problem = "UNSTEADY_PLACES" if moving else "FEWER_PLACES_THAN_SLOTS"
        return AnchorFit(np.empty((0, 4)), support, problem)
    weakest = support[slots - 1]
    rival = support[slots] if len(candidates) > slots else 0.0
    if rival > MAX_RIVAL * weakest or max(unsteady, default=0.0) > MAX_UNSTEADY * weakest:
        return AnchorFit(np.empty((0, 4)), support, "AMBIGUOUS_PLACES")
    chosen = np.array([box for _, box in candidates[:slots]])
    left_to_right = np.argsort(chosen[:, 0] + chosen[:, 2], kind="stable")
    return AnchorFit(chosen[left_to_right], support, "")


def _places(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the boxes (m, 4) around which the others gather."""
    leaders = np.empty((0, 4))
    for box in boxes:
        if not len(leaders) or anchor_distances(box[None], leaders).min() > GATE:
            leaders = np.vstack([leaders, box])
    for _ in range(_ROUNDS):
        member = _nearest(boxes, leaders)
        counts = np.bincount(member[member >= 0], minlength=len(leaders))
        moved = np.empty((0, 4))
        for place in np.argsort(-counts, kind="stable")[: np.count_nonzero(counts)]:
            box = np.median(boxes[member == place], axis=0)
            # A place within the gate of a stronger one is the same place, seen less well.
            if not len(moved) or anchor_distances(box[None], moved).min() > GATE:
                moved = np.vstack([moved, box])
        if np.array_equal(moved, leaders):
            break
        leaders = moved
    return leaders


def _nearest(boxes: NDArray[np.float64], places: NDArray[np.float64]) -> NDArray[np.intp]:
    """Give each box's nearest place within the gate, or -1."""
    if not len(boxes) or not len(places):
        return np.full(len(boxes), -1, dtype=np.intp)
    distances = anchor_distances(boxes, places)
    nearest = distances.argmin(axis=1)
    return np.where(distances[np.arange(len(boxes)), nearest] <= GATE, nearest, -1)


def _support(
    scores: NDArray[np.floating], keyframes: NDArray[np.integer], chosen: NDArray[np.bool_]
) -> float:
    """Sum the best score of each keyframe over the chosen faces."""
    best: dict[int, float] = {}
    for keyframe, score in zip(keyframes[chosen].tolist(), scores[chosen].tolist(), strict=True):
        best[keyframe] = max(score, best.get(keyframe, 0.0))
    return float(sum(best.values()))
