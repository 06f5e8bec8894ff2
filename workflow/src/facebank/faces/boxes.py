"""Axis-aligned boxes as rows ``x1, y1, x2, y2``.

Coordinates are continuous pixels of the upright image, x to the right and y down: a box from 0 to the
width covers the whole image, and its width is ``x2 - x1`` without any plus one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

__all__ = ["area", "centres", "clip_boxes", "iou_matrix", "nms", "nms_nested"]


def area(boxes: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    """Give the area of each box; an inverted box has none.

    Parameters
    ----------
    boxes : ndarray (N, 4)
        Boxes.

    Returns
    -------
    ndarray (N,)
        Areas in square pixels, in the precision of `boxes`.
    """
    sides: NDArray[np.floating[Any]] = np.maximum(boxes[:, 2:] - boxes[:, :2], 0)
    return sides[:, 0] * sides[:, 1]


def centres(boxes: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    """Give the centre of each box.

    Parameters
    ----------
    boxes : ndarray (N, 4)
        Boxes.

    Returns
    -------
    ndarray (N, 2)
        x and y of the centres.
    """
    return (boxes[:, :2] + boxes[:, 2:]) / 2


def clip_boxes(boxes: NDArray[np.floating[Any]], width: float, height: float) -> NDArray[np.floating[Any]]:
    """Cut boxes to an image.

    Parameters
    ----------
    boxes : ndarray (N, 4)
        Boxes.
    width, height : float
        Size of the image in pixels.

    Returns
    -------
    ndarray (N, 4)
        New boxes within ``0..width`` and ``0..height``; one that lay outside has no area.
    """
    limits = np.array([width, height, width, height], dtype=boxes.dtype)
    clipped: NDArray[np.floating[Any]] = np.clip(boxes, 0, limits)
    return clipped


def iou_matrix(a: NDArray[np.floating[Any]], b: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    """Give the intersection over union of each box of `a` with each of `b`.

    Parameters
    ----------
    a : ndarray (N, 4)
        Boxes.
    b : ndarray (M, 4)
        Boxes.

    Returns
    -------
    ndarray (N, M)
        Values in 0..1; two boxes without area share nothing.
    """
    shared = _shared_area(a, b)
    return _ratio(shared, area(a)[:, None] + area(b)[None, :] - shared)


def nms(
    boxes: NDArray[np.floating[Any]], scores: NDArray[np.floating[Any]], threshold: float
) -> NDArray[np.intp]:
    """Keep the best box of each group that overlaps: greedy non-maximum suppression.

    Parameters
    ----------
    boxes : ndarray (N, 4)
        Boxes.
    scores : ndarray (N,)
        Their scores; of equal scores the earlier box is the better one.
    threshold : float
        A box whose intersection over union with a better kept one is larger than this goes.

    Returns
    -------
    ndarray (K,) of intp
        Indices of the kept boxes, best first.
    """
    return _greedy(boxes, scores, threshold, _union)


def nms_nested(
    boxes: NDArray[np.floating[Any]], scores: NDArray[np.floating[Any]], threshold: float
) -> NDArray[np.intp]:
    """Keep the best box of each group that overlaps, where a box within another counts as the same.

    A face that fills the picture is often found twice: whole, and once more as a smaller face around the
    nose. Their intersection over union is small, but most of the smaller one lies in the larger one.

    Parameters
    ----------
    boxes : ndarray (N, 4)
        Boxes.
    scores : ndarray (N,)
        Their scores; of equal scores the earlier box is the better one.
    threshold : float
        A box goes when its intersection with a better kept one is larger than this share of the smaller
        of the two. That is never less than their intersection over union.

    Returns
    -------
    ndarray (K,) of intp
        Indices of the kept boxes, best first.
    """
    return _greedy(boxes, scores, threshold, _smaller)


def _greedy(
    boxes: NDArray[np.floating[Any]],
    scores: NDArray[np.floating[Any]],
    threshold: float,
    whole: Callable[[Any, NDArray[np.floating[Any]], NDArray[np.floating[Any]]], NDArray[np.floating[Any]]],
) -> NDArray[np.intp]:
    """Keep the best box, drop what shares more than `threshold` of a whole with it, go on with what is left.

    `whole` takes the area of the best box, those of the others, and what they share with it.
    """
    waiting = np.argsort(-scores, kind="stable")
    boxes = boxes[waiting]
    areas = area(boxes)
    kept = []
    while waiting.size:
        kept.append(waiting[0])
        best, boxes = boxes[0], boxes[1:]
        sides = np.maximum(np.minimum(best[2:], boxes[:, 2:]) - np.maximum(best[:2], boxes[:, :2]), 0)
        shared = sides[:, 0] * sides[:, 1]
        left = _ratio(shared, whole(areas[0], areas[1:], shared)) <= threshold
        waiting, boxes, areas = waiting[1:][left], boxes[left], areas[1:][left]
    return np.array(kept, dtype=np.intp)


def _union(
    best: Any, others: NDArray[np.floating[Any]], shared: NDArray[np.floating[Any]]
) -> NDArray[np.floating[Any]]:
    """Give the area that two boxes cover together, for `_greedy`."""
    covered: NDArray[np.floating[Any]] = best + others - shared
    return covered


def _smaller(
    best: Any, others: NDArray[np.floating[Any]], _shared: NDArray[np.floating[Any]]
) -> NDArray[np.floating[Any]]:
    """Give the area of the smaller of two boxes, for `_greedy`."""
    smaller: NDArray[np.floating[Any]] = np.minimum(best, others)
    return smaller


def _shared_area(a: NDArray[np.floating[Any]], b: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    """Give the area that each box of `a` shares with each of `b`, ndarray (N, M)."""
    top_left = np.maximum(a[:, None, :2], b[None, :, :2])
    bottom_right = np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared: NDArray[np.floating[Any]] = np.prod(np.maximum(bottom_right - top_left, 0), axis=2)
    return shared


def _ratio(part: NDArray[np.floating[Any]], whole: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    """Divide; nothing of nothing is 0."""
    quotient: NDArray[np.floating[Any]] = np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
    return quotient
