"""How many faces are seen at once, by a look into a few videos."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from facebank.errors import DataError
from facebank.faces.detector import open_detector
from facebank.media.isolation import media_reader
from facebank.media.limits import PROCESS_LIMITS
from facebank.project import PROJECT
from facebank.runtime.packs import load_pack, verify_pack

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from facebank.sources.discovery import Variant

__all__ = ["FacesSeen", "most_faces"]

#: A look takes a second or two: some frames from the first seconds of some videos.
_VIDEOS = 4
_FRAMES = 4
_STRIDE = 15

#: As in `facebank.config.sections.DetectionsSection`.
_DET_SIZE = 640
_MIN_SCORE = 0.5


@dataclass(frozen=True, slots=True)
class FacesSeen:
    """What a look saw: the most faces in one frame, and how many frames and videos were looked at."""

    faces: int
    frames: int
    videos: int


def most_faces(root: Path, variants: Sequence[Variant], pack: str) -> FacesSeen:
    """Count the faces in a few frames of the first videos of different sources.

    Parameters
    ----------
    root : Path
        The sources' root.
    variants : sequence of Variant
        Its videos.
    pack : str
        Name of an embedded model pack.

    Raises
    ------
    ModelError
        If the model pack cannot be used. A video that cannot be read is passed over: the inventory lists it.
    """
    loaded = load_pack(PROJECT / "resources" / "models" / pack)
    verify_pack(loaded)
    detector = open_detector(loaded)
    first = {variant.source: variant for variant in reversed(variants)}
    most = looked = opened = 0
    # Nothing is known yet of these files: a decoder that crashes on one shall not end the look.
    with media_reader(isolate=True, process_limits=PROCESS_LIMITS) as media:
        for _, variant in sorted(first.items())[:_VIDEOS]:
            try:
                shown = media.frames(root / variant.video, span=variant.span)
                pixels = [frame.pixels for frame in islice(shown, 0, _FRAMES * _STRIDE, _STRIDE)]
            except DataError:
                continue
            found = detector.detect(pixels, det_size=_DET_SIZE, score_threshold=_MIN_SCORE) if pixels else []
            opened += 1
            looked += len(found)
            most = max([most, *(len(faces.scores) for faces in found)])
    return FacesSeen(most, looked, opened)
