"""A source's slots from everything that was seen in it: the whole way from faces to tracks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from facebank.tracks.anchors import fit_anchors
from facebank.tracks.appearance import same_face
from facebank.tracks.evidence import COVERED_SHARE, changed_share
from facebank.tracks.interpolation import track_slot
from facebank.tracks.matching import match_to_slots

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from facebank.tracks.interpolation import SlotTrack

__all__ = ["Scene", "TrackedScene", "track_scene"]


@dataclass(frozen=True, slots=True)
class Scene:
    """What a still camera saw.

    Attributes
    ----------
    times : float64 (frames,)
        Time of display of every frame in seconds.
    keyframes : int64 (k,)
        Frame numbers at which faces were looked for, rising.
    faces_at : int64 (faces,)
        The keyframe of each face, rising.
    boxes : float64 (faces, 4)
        xyxy in pixels.
    scores : float64 (faces,)
        Detector scores.
    detected_at : int64 (faces,)
        The frame in which the detector found it: its keyframe, or an earlier one with the same pixels.
    unchanged_since : int64 (faces,)
        The detection before, where the face's pixels are the same in all frames up to `detected_at`.
    regular : bool (k,)
        Keyframes that lie evenly. Only these tell where the slots are: where keyframes lie close together, a
        passer-by would seem to stand still.
    thumbnails : uint8 (k, height, width)
        The keyframes in grey, over the whole frame; any size, but one.
    frame_size : (int, int)
        Width and height of a frame in pixels.
    """

    times: NDArray[np.float64]
    keyframes: NDArray[np.int64]
    faces_at: NDArray[np.int64]
    boxes: NDArray[np.float64]
    scores: NDArray[np.float64]
    detected_at: NDArray[np.int64]
    unchanged_since: NDArray[np.int64]
    regular: NDArray[np.bool_]
    thumbnails: NDArray[np.uint8]
    frame_size: tuple[int, int]


@dataclass(frozen=True, slots=True)
class TrackedScene:
    """A scene's slots.

    Attributes
    ----------
    tracks : tuple of SlotTrack
        One a slot, left to right.
    problem : str
        Empty, or why no slot has a box, see `facebank.tracks.anchors.AnchorFit`.
    """

    tracks: tuple[SlotTrack, ...]
    problem: str


def track_scene(scene: Scene, *, slots: int, max_gap_s: float, max_hold_s: float) -> TrackedScene:
    """Find a scene's slots and fill every frame of them.

    Parameters
    ----------
    scene : Scene
        What was seen.
    slots : int
        How many slots there are.
    max_gap_s, max_hold_s : float
        See `facebank.tracks.interpolation.track_slot`.

    Returns
    -------
    TrackedScene
        Where the slots' places cannot be told, every slot is missing in every frame.
    """
    even = np.isin(scene.faces_at, scene.keyframes[scene.regular])
    fit = fit_anchors(
        scene.boxes[even],
        scene.scores[even],
        scene.faces_at[even],
        slots=slots,
        keyframe_count=int(scene.regular.sum()),
    )
    boxes = np.full((slots, len(scene.keyframes), 4), np.nan)
    scores = np.full((slots, len(scene.keyframes)), np.nan)
    # Without a face these two are not read.
    detected_at = np.tile(scene.keyframes, (slots, 1))
    unchanged_since = detected_at.copy()
    if not fit.problem:
        starts = np.searchsorted(scene.faces_at, scene.keyframes, side="left")
        ends = np.searchsorted(scene.faces_at, scene.keyframes, side="right")
        for place, (start, end) in enumerate(zip(starts, ends, strict=True)):
            chosen = match_to_slots(scene.boxes[start:end], fit.boxes)
            matched = np.flatnonzero(chosen >= 0)
            boxes[matched, place] = scene.boxes[start + chosen[matched]]
            scores[matched, place] = scene.scores[start + chosen[matched]]
            detected_at[matched, place] = scene.detected_at[start + chosen[matched]]
            unchanged_since[matched, place] = scene.unchanged_since[start + chosen[matched]]
    tracks = []
    for slot in range(slots):
        covered = np.zeros(len(scene.keyframes), dtype=bool)
        if not fit.problem:
            sides = np.tile(scene.frame_size, 2)
            region = fit.boxes[slot] / sides
            shown = np.isfinite(scores[slot])
            own = same_face(scene.thumbnails[shown], boxes[slot, shown] / sides, region, scene.regular[shown])
            # Another face at the slot's place hides the slot's own.
            another = np.flatnonzero(shown)[~own]
            shown[another] = False
            boxes[slot, another] = scores[slot, another] = np.nan
            usual = shown & scene.regular if (shown & scene.regular).any() else shown
            covered = changed_share(scene.thumbnails, region, usual) >= COVERED_SHARE
            covered[another] = True
        tracks.append(
            track_slot(
                scene.times,
                scene.keyframes,
                boxes[slot],
                scores[slot],
                covered,
                detected_at=detected_at[slot],
                unchanged_since=unchanged_since[slot],
                max_gap_s=max_gap_s,
                max_hold_s=max_hold_s,
            )
        )
    return TrackedScene(tuple(tracks), fit.problem)
