"""The faces in some frames of a variant's own video: boxes and embeddings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from facebank.faces.embedder import unit
from facebank.media.readers import DIRECT, MediaReader
from facebank.runtime.sessions import at_work_on
from facebank.sources.cache import cached_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from facebank.faces.detections import Detector
    from facebank.faces.embedder import Embedder
    from facebank.media.containers import Span

__all__ = ["FaceReader", "FrameFaces"]


#: Raised when other faces are found in the same frames than before: it names the cache's entries.
_RULES = 2


@dataclass(frozen=True, slots=True)
class FrameFaces:
    """The faces of one frame.

    Attributes
    ----------
    frame : int
        Frame number.
    boxes : float64 (n, 4)
        xyxy in pixels of the upright frame.
    embeddings : float32 (n, dimension)
        Unit rows.
    """

    frame: int
    boxes: NDArray[np.float64]
    embeddings: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class FaceReader:
    """Reads faces with one detector and embedder, and keeps what it read. Several threads may share it.

    Attributes
    ----------
    detector, embedder : Detector, Embedder
        The models.
    made_with : dict
        What a result depends on besides the video and the frames: model digests, provider, as plain values.
    det_size : int
        Longer side in pixels at which the detector sees a frame.
    min_score : float
        Least score of a face.
    cache : Path
        Root of the cache.
    media : MediaReader
        Decodes the videos.
    """

    detector: Detector
    embedder: Embedder
    made_with: dict[str, str]
    det_size: int
    min_score: float
    cache: Path
    media: MediaReader = DIRECT

    def read(
        self, video: Path, sha256: str, wanted: Sequence[int], *, span: Span | None = None
    ) -> list[FrameFaces]:
        """Find and embed the faces of some frames.

        Parameters
        ----------
        video : Path
            The video.
        sha256 : str
            Digest of its content: with the frames and the models it is the key in the cache.
        wanted : sequence of int
            Frame numbers, rising.
        span : Span, optional
            Only this stretch of the video; frames are counted from its first.

        Returns
        -------
        list of FrameFaces
            One for each wanted frame.

        Raises
        ------
        DataError
            If the video cannot be decoded up to the last of them.
        """
        size = self.embedder.dimension
        key = {
            **self.made_with,
            "frames": list(wanted),
            "det_size": self.det_size,
            "min_score": self.min_score,
            "rules": _RULES,
        }
        rows = cached_rows(
            self.cache,
            "variant_faces",
            sha256,
            key,
            _schema(size),
            lambda: list(self._rows(video, wanted, span)),
        )
        return [
            FrameFaces(
                frame=row["frame"],
                boxes=np.array(row["boxes"], dtype=np.float64).reshape(-1, 4),
                embeddings=np.array(row["embeddings"], dtype=np.float32).reshape(-1, size),
            )
            for row in rows
        ]

    def _rows(self, video: Path, wanted: Sequence[int], span: Span | None) -> Iterator[dict[str, Any]]:
        """Decode the wanted frames and look at each."""
        for frame in self.media.read_frames(video, wanted, span=span):
            pixels = frame.pixels
            with at_work_on(str(video)):
                (faces,) = self.detector.detect(
                    [pixels], det_size=self.det_size, score_threshold=self.min_score
                )
                embeddings = unit(self.embedder.embed_faces(pixels, faces.landmarks))
            yield {"frame": frame.index, "boxes": faces.boxes.tolist(), "embeddings": embeddings.tolist()}


def _schema(dimension: int) -> pa.Schema:
    """Give the columns of a cache entry."""
    return pa.schema(
        [
            pa.field("frame", pa.int32()),
            pa.field("boxes", pa.list_(pa.list_(pa.float32(), 4))),
            pa.field("embeddings", pa.list_(pa.list_(pa.float32(), dimension))),
        ]
    )
