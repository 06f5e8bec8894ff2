"""What a slot of a variant looks like in more frames than are searched for faces.

Few frames are searched: a portrait may be another one in between. So the pictures that a variant's timing
is told from are looked at for each slot, too, and faces are sought where one shows what hardly any frame that
was searched shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from facebank.keyframes.fitting import spread_out
from facebank.tracks.appearance import alike_faces
from facebank.tracks.evidence import changed_share
from facebank.tracks.regions import region_cells

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

__all__ = ["SlotViews", "slot_views", "unfamiliar_frames"]

#: A face is in full view while no more of its cells than these show something else than they usually do.
#: What stands before a part of it looks different in each variant.
_MOST_COVERED = 0.05

#: A look is known when as many searched frames have it: by one frame alone nothing is proven.
_KNOWN = 2


@dataclass(frozen=True, eq=False, slots=True)
class SlotViews:
    """Where the slots' faces lie in the video of their labels, and when nothing stands before them.

    Attributes
    ----------
    in_view : bool (frames, slots)
        Where a face is in full view at the keyframe itself, or at those before and after.
    cells : bool (height, width)
        Cells of a thumbnail in which a face lies, and those around them.
    """

    in_view: NDArray[np.bool_]
    cells: NDArray[np.bool_]


def slot_views(
    boxes: NDArray[np.floating],
    keyframes: Sequence[int],
    thumbnails: NDArray[np.uint8],
    size: tuple[int, int],
) -> SlotViews:
    """Find when slots are in full view.

    Parameters
    ----------
    boxes : float (frames, slots, 4)
        The labels: xyxy in pixels, NaN without a box.
    keyframes : sequence of int
        The keyframes' numbers, rising.
    thumbnails : uint8 (keyframes, height, width)
        Their grey thumbnails.
    size : (int, int)
        Width and height of the frame in pixels.
    """
    frames, slots = boxes.shape[:2]
    in_view = np.zeros((frames, slots), dtype=np.bool_)
    cells = np.zeros(thumbnails.shape[1:], dtype=np.bool_)
    sides = np.tile(size, 2)
    for slot in range(slots):
        labelled = ~np.isnan(boxes[:, slot]).any(axis=1)
        shown = labelled[list(keyframes)]
        if not shown.any():
            continue
        place = np.median(boxes[labelled, slot], axis=0)
        changed = changed_share(thumbnails, place / sides, shown)
        whole = shown & (changed <= _MOST_COVERED)
        in_view[:, slot] = labelled & (np.interp(np.arange(frames), keyframes, whole) == 1)
        for region in np.unique(boxes[labelled, slot] / sides, axis=0):
            rows, columns = region_cells(region, cells.shape)
            cells[max(rows.start - 1, 0) : rows.stop + 1, max(columns.start - 1, 0) : columns.stop + 1] = True
    return SlotViews(in_view, cells)


def unfamiliar_frames(
    searched: Mapping[int, NDArray[np.uint8]],
    looks: Mapping[int, NDArray[np.uint8]],
    regions: NDArray[np.floating],
    in_view: NDArray[np.bool_],
) -> list[int]:
    """Choose frames in which a slot shows what hardly any frame shows that was searched.

    Parameters
    ----------
    searched : mapping
        Frame number -> thumbnail, uint8 (height, width), of the frames in which the slot's face was found.
    looks : mapping
        The same of all others that there are pictures of.
    regions : float (frames, 4)
        The slot's labels in all frames: xyxy as shares of the frame's width and height.
    in_view : bool (frames,)
        Where the slot is in full view.

    Returns
    -------
    list of int
        As many as it takes to know another look; none where all looks are known.
    """
    others = [frame for frame in looks if in_view[frame] and frame not in searched]
    if not searched or not others:
        return []
    frames = [*searched, *others]
    pictures = np.stack([*searched.values(), *(looks[frame] for frame in others)])
    place = np.median(regions[frames], axis=0)
    alike = alike_faces(pictures, regions[frames], place, range(len(searched))).sum(axis=0)
    known = alike[len(searched) :] >= min(_KNOWN, len(searched))
    return spread_out([frame for frame, it in zip(others, known, strict=True) if not it], _KNOWN)
