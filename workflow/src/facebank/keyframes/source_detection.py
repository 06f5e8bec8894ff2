"""Which videos of a source are labelled, and the faces at their keyframes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from facebank.artifacts.digests import sha256_file
from facebank.errors import DataError
from facebank.keyframes.detection import DetectionSettings, detect_video
from facebank.keyframes.fitting import (
    FitLimits,
    agree_on_another,
    compare_faces,
    fits,
    more_faces,
    spread_out,
)
from facebank.media.containers import reason_of
from facebank.media.readers import DIRECT, MediaReader
from facebank.runtime.sessions import at_work_on
from facebank.sources.cache import cached_rows
from facebank.sources.inspection import require_unchanged
from facebank.sources.schemas import DETECTED_VIDEOS
from facebank.sources.selection import frames_of, representative
from facebank.sources.serving import own_labels

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from facebank.faces.detections import Detector
    from facebank.sources.discovery import Variant
    from facebank.sources.inspection import InspectedVariant

    Boxes = NDArray[np.float64]
    Usable = Callable[[Sequence[Variant]], list[InspectedVariant]]

__all__ = ["SourceDetector"]

#: The columns that come from the video's content alone: these are kept in the cache.
_CONTENT = pa.schema(list(DETECTED_VIDEOS)[DETECTED_VIDEOS.get_field_index("width") :])
_FACES = pa.schema([pa.field("frame", pa.int32()), pa.field("boxes", pa.list_(pa.list_(pa.float32(), 4)))])

#: Why a video has no labels that was decoded to its end: to other than one frame a packet.
_LEFT_OUT = "FRAMES_LEFT_OUT"

#: Keyframes in which a variant is compared with the representative.
_COMPARED_FRAMES = 3


@dataclass(frozen=True, slots=True)
class SourceDetector:
    """Finds the faces of sources.

    Attributes
    ----------
    root : Path
        The sources' root.
    detector : Detector
        The face detector.
    settings : DetectionSettings
        Which frames, and how.
    made_with : dict
        What the detections depend on besides the video, as plain values: their rows say it.
    found_by : dict
        What they depend on besides, and no row says: it names the cache's entries.
    limits : FitLimits or None
        When a representative serves the other variants; None: those that it does not serve have no labels.
    usable : callable
        Gives those of some variants of a source that can be used, their representative first.
    cache : Path
        Root of the cache.
    threads : int
        Threads that decode and detect.
    batch : int
        Keyframes that go through the detector in one call.
    file_digest : callable
        Gives the digest of a file; one that remembers, where many episodes lie in one file.
    media : MediaReader
        Decodes the videos.
    """

    root: Path
    detector: Detector
    settings: DetectionSettings
    made_with: dict[str, Any]
    found_by: dict[str, Any]
    limits: FitLimits | None
    usable: Usable
    cache: Path
    threads: int
    batch: int = 1
    file_digest: Callable[[Path], str] = sha256_file
    media: MediaReader = DIRECT

    def detect(self, variants: Sequence[Variant]) -> list[dict[str, Any]]:
        """Find the faces of one source.

        The first usable variant that can be decoded to its end stands for the source. One whose frames have
        another size or are not as many is looked at by itself, and its row has a name of its own in place of
        the source's. Every variant is, where the first one's faces do not lie where those of the others lie,
        or where it lacks one that is claimed and that most others show.

        Parameters
        ----------
        variants : sequence of Variant
            The source's variants in order.

        Returns
        -------
        list of dict
            Rows of `DETECTED_VIDEOS`, one for each video that was looked at to its end, broke off or was not
            decoded frame by frame; those that are only compared have none.

        Raises
        ------
        DataError
            If a video vanished or changed while it was read.
        """
        rows: list[dict[str, Any]] = []
        # Asked once: held against another representative, what the inventory refuses might be used.
        left = self.usable(variants)
        while (item := representative(left)) is not None:
            left = [other for other in left if other is not item]
            row = self._detected(item, label=item.variant.source)
            if not row["problem"]:
                return [*rows, *self._checked(item, row, left)]
            rows.append(row)
        return rows

    def _checked(
        self, item: InspectedVariant, chosen: dict[str, Any], others: Sequence[InspectedVariant]
    ) -> list[dict[str, Any]]:
        """Give the rows of the representative and of the variants that it does not serve."""
        if self.limits is None or not others:
            return [chosen]
        shared = frames_of(item)
        alike = [other for other in others if frames_of(other) == shared]
        seen = {
            other.variant.variant: self._compared(other, chosen)
            for other in spread_out(alike, self.limits.compared_variants)
        }
        compared = {name: [compare_faces(*pair) for pair in pairs] for name, pairs in seen.items()}
        faces = [fit for found_in in compared.values() for found in found_in for fit in found]
        evidence = {
            "compared": [name for name, found_in in compared.items() if any(found_in)],
            "overlaps": [fit.overlap for fit in faces],
            "size_ratios": [fit.size_ratio for fit in faces],
        }
        # Fewer than are claimed give no labels at all; more than that may be anybody who stands by.
        too_few = max(chosen["faces"], default=0) < max(len(known.claims) for known in (item, *others))
        more = [[more_faces(*pair) for pair in pairs] for pairs in seen.values()]
        lacks_one = too_few and agree_on_another(more)
        if not lacks_one and all(fits(found_in, self.limits) for found_in in compared.values()):
            apart = [self._by_itself(other) for other in others if frames_of(other) != shared]
            return [{**chosen, **evidence}, *apart]
        own = [self._by_itself(other) for other in others]
        chosen = {**chosen, "source": own_labels(item.variant.variant, item.variant.source)}
        return [{**row, **evidence} for row in (chosen, *own)]

    def _by_itself(self, item: InspectedVariant) -> dict[str, Any]:
        """Find the faces of a video for labels that serve no other one."""
        return self._detected(item, label=own_labels(item.variant.variant, item.variant.source))

    def _detected(self, item: InspectedVariant, *, label: str) -> dict[str, Any]:
        """Find the faces of one video, or say why it breaks off."""
        path = self.root / item.variant.video
        names = {
            "source": label,
            "source_episode": item.variant.source,
            "variant": item.variant.variant,
            "video": item.variant.video,
            "sha256": item.sha256,
            "frames_declared": item.frames_declared,
            **self.made_with,
        }
        try:
            with at_work_on(item.variant.video):
                (seen,) = cached_rows(
                    self.cache,
                    "detections",
                    item.sha256,
                    {**self.made_with, **self.found_by},
                    _CONTENT,
                    lambda: [self._seen(item)],
                )
        except DataError as error:
            require_unchanged(self.root, item.variant, item.sha256)
            problem = str(error).replace(str(path), item.variant.video)
            return {**names, "reason": reason_of(error), "problem": problem}
        found, packets = len(seen["pts"]), item.facts.packets
        if found != packets:
            # Nobody knows which are missing: the label of a frame might be that of another one.
            return {**names, "reason": _LEFT_OUT, "problem": f"{packets} frames, the decoder gives {found}"}
        return {**names, "reason": "", "problem": "", **seen}

    def _seen(self, item: InspectedVariant) -> dict[str, Any]:
        """Find the faces of a video that is still the one that was opened."""
        found = detect_video(
            self.root / item.variant.video,
            self.detector,
            self.settings,
            span=item.variant.span,
            threads=self.threads,
            batch=self.batch,
            media=self.media,
        )
        require_unchanged(self.root, item.variant, item.sha256, file_digest=self.file_digest)
        return found

    def _compared(self, item: InspectedVariant, chosen: dict[str, Any]) -> list[tuple[Boxes, Boxes]]:
        """Give a variant's faces and the representative's in a few frames that show most of them."""
        expected = _boxes_by_keyframe(chosen)
        most = max(map(len, expected.values()))
        wanted = spread_out(
            [frame for frame, boxes in sorted(expected.items()) if len(boxes) == most], _COMPARED_FRAMES
        )
        try:
            seen = cached_rows(
                self.cache,
                "variant_boxes",
                item.sha256,
                {**self.made_with, **self.found_by, "frames": wanted},
                _FACES,
                lambda: list(self._faces(item, wanted)),
            )
        except DataError:
            # One that is gone is not broken.
            require_unchanged(self.root, item.variant, item.sha256)
            # What cannot be decoded is said where it is needed.
            return []
        return [
            (np.array(row["boxes"], dtype=np.float64).reshape(-1, 4), expected[row["frame"]]) for row in seen
        ]

    def _faces(self, item: InspectedVariant, wanted: list[int]) -> Iterator[dict[str, Any]]:
        """Find the faces in some frames of a video."""
        path, span = self.root / item.variant.video, item.variant.span
        for frame in self.media.read_frames(path, wanted, span=span):
            with at_work_on(item.variant.video):
                (faces,) = self.detector.detect(
                    [frame.pixels],
                    det_size=self.settings.det_size,
                    score_threshold=self.settings.min_score,
                )
            yield {"frame": frame.index, "boxes": faces.boxes.tolist()}
        require_unchanged(self.root, item.variant, item.sha256, file_digest=self.file_digest)


def _boxes_by_keyframe(row: dict[str, Any]) -> dict[int, NDArray[np.float64]]:
    """Give the faces of each keyframe as (n, 4), xyxy in pixels."""
    boxes = np.array(row["boxes"], dtype=np.float64).reshape(-1, 4)
    parts = np.split(boxes, np.cumsum(row["faces"])[:-1])
    return dict(zip(row["keyframes"], parts, strict=True))
