"""How the training code that the release's JSON was made for reads it: list positions, patch by patch.

It knows no slots, statuses or exclusions, and it sees frames of 640x480. What it finds valid and what
`facebank.supervision` gives must be the same wherever nothing is excluded.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Eye:
    """What a policy sees: sides in pixels of its input."""

    side: int
    grid: int
    above: int

    @property
    def patch(self) -> int:
        """Side of a patch."""
        return self.side // self.grid


SMOLVLA_EYE = Eye(side=512, grid=8, above=128)
PI05_EYE = Eye(side=224, grid=16, above=28)


def touched(box: Mapping[str, float], eye: Eye) -> NDArray[np.bool_]:
    """Ask each patch whether the box comes into it."""
    ratio = max(640 / eye.side, 480 / eye.side)
    left, right = box["x1"] / ratio, box["x2"] / ratio
    top, bottom = box["y1"] / ratio + eye.above, box["y2"] / ratio + eye.above
    return np.array(
        [
            left // eye.patch <= column < math.ceil(right / eye.patch)
            and top // eye.patch <= row < math.ceil(bottom / eye.patch)
            for row in range(eye.grid)
            for column in range(eye.grid)
        ]
    )


def consume(
    frame: Mapping[str, Any],
    people: Sequence[str],
    celebs: Mapping[str, Mapping[str, Any]],
    eye: Eye,
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.float32]]:
    """Give masks (N, P), valid (N,) and targets (N, D) of one entry of ``frames``."""
    dimension = next(len(person["centroid"]) for person in celebs.values() if person["centroid"])
    masks = np.zeros((len(people), eye.grid**2), dtype=bool)
    valid = np.zeros(len(people), dtype=bool)
    targets = np.zeros((len(people), dimension), dtype=np.float32)
    for slot, (slug, box) in enumerate(zip(people, frame["bboxes"], strict=False)):
        centroid = celebs.get(slug, {"centroid": None})["centroid"]
        if centroid is not None:
            masks[slot] = touched(box, eye)
            valid[slot] = masks[slot].any()
            targets[slot] = centroid
    return masks, valid, targets
