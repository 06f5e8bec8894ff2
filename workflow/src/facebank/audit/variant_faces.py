"""What is seen in one pass over a variant's own video: faces in some frames, and whether it is in step."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from facebank.audit.timing import Moment, compare_timing
from facebank.faces.embedder import unit
from facebank.keyframes.keyframe import THUMBNAIL_SIDE
from facebank.media.readers import DIRECT, MediaReader
from facebank.runtime.sessions import at_work_on
from facebank.sources.cache import cached_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from facebank.audit.timing import Recording
    from facebank.faces.detections import Detector
    from facebank.faces.embedder import Embedder
    from facebank.media.containers import Span
    from facebank.media.frames import Frame

__all__ = ["FaceReader", "FrameFaces", "SeenVariant"]


def _nothing() -> None:
    """Require nothing."""


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
    thumbnail : uint8 (height, width)
        The frame in grey.
    """

    frame: int
    boxes: NDArray[np.float64]
    embeddings: NDArray[np.float32]
    thumbnail: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class SeenVariant:
    """What was seen of a variant.

    Attributes
    ----------
    faces : list of FrameFaces
        One for each wanted frame.
    moments : list of Moment
        What its frames look like beside those that its labels are from; none without a recording.
    looks : dict
        The numbers of these frames -> their thumbnails, in which no more is left than where slots are.
    """

    faces: list[FrameFaces]
    moments: list[Moment]
    looks: dict[int, NDArray[np.uint8]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FaceReader:
    """Reads faces with one detector and embedder, and keeps what it read. Several threads may share it.

    Attributes
    ----------
    detector, embedder : Detector, Embedder
        The models.
    made_with : dict
        What a result depends on besides the video and the frames, as plain values: digests and contracts of
        the models, provider, code, versions of what computes and decodes.
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
    made_with: dict[str, Any]
    det_size: int
    min_score: float
    cache: Path
    media: MediaReader = DIRECT

    def read(
        self,
        video: Path,
        sha256: str,
        wanted: Sequence[int],
        *,
        span: Span | None = None,
        recording: Recording | None = None,
        require_unchanged: Callable[[], object] = _nothing,
    ) -> SeenVariant:
        """Find and embed the faces of some frames, and compare others with those of a recording.

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
        recording : Recording, optional
            What the frames should look like.
        require_unchanged : callable
            Called when all is read and nothing is kept yet; raises where the video is another one by now.

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
            "recording": "" if recording is None else recording.digest,
        }

        def made() -> list[dict[str, Any]]:
            seen = self._rows(video, wanted, span, recording)
            require_unchanged()
            return seen

        rows = cached_rows(self.cache, "variant_faces", sha256, key, _schema(size), made)
        return SeenVariant(
            faces=[
                FrameFaces(
                    frame=row["frame"],
                    boxes=np.array(row["boxes"], dtype=np.float64).reshape(-1, 4),
                    embeddings=np.array(row["embeddings"], dtype=np.float32).reshape(-1, size),
                    thumbnail=_picture(row),
                )
                for row in rows
                if row["boxes"] is not None
            ],
            moments=[
                Moment(**{name: row[name] for name in Moment.__slots__})
                for row in rows
                if row["cells"] is not None
            ],
            looks={row["frame"]: _picture(row) for row in rows if row["cells"] is not None},
        )

    def _rows(
        self, video: Path, wanted: Sequence[int], span: Span | None, recording: Recording | None
    ) -> list[dict[str, Any]]:
        """Decode the frames that are asked for once, and look at each; a row a frame."""
        compared = () if recording is None else recording.compared
        rows: dict[int, dict[str, Any]] = {}
        thumbnails = []
        faces_in, alike = frozenset(wanted), frozenset(compared)
        for frame in self.media.read_frames(video, faces_in | alike, span=span):
            thumbnail = frame.thumbnail(THUMBNAIL_SIDE)
            kept = thumbnail
            if frame.index in alike:
                thumbnails.append(thumbnail)
            if frame.index not in faces_in and recording is not None and recording.views is not None:
                # Nothing else is ever asked for, and zeros take no place in the cache.
                kept = np.where(recording.views.cells, thumbnail, np.uint8(0))
            rows[frame.index] = {"frame": frame.index, "rows": len(kept), "thumbnail": kept.tobytes()}
            if frame.index in faces_in:
                rows[frame.index] |= self._faces(frame, video)
        if recording is not None:
            for moment in compare_timing(recording, np.stack(thumbnails)):
                rows[moment.frame] |= asdict(moment)
        return list(rows.values())

    def _faces(self, frame: Frame, video: Path) -> dict[str, Any]:
        """Find and embed the faces of a frame."""
        pixels = frame.pixels
        with at_work_on(str(video)):
            (faces,) = self.detector.detect([pixels], det_size=self.det_size, score_threshold=self.min_score)
            embeddings = unit(self.embedder.embed_faces(pixels, faces.landmarks))
        return {"boxes": faces.boxes.tolist(), "embeddings": embeddings.tolist()}


def _picture(row: dict[str, Any]) -> NDArray[np.uint8]:
    """Give a row's thumbnail."""
    return np.frombuffer(row["thumbnail"], np.uint8).reshape(row["rows"], -1)


def _schema(dimension: int) -> pa.Schema:
    """Give the columns of a cache entry: what was seen where faces were looked for, and a moment's parts."""
    return pa.schema(
        [
            pa.field("frame", pa.int32()),
            pa.field("boxes", pa.list_(pa.list_(pa.float32(), 4))),
            pa.field("embeddings", pa.list_(pa.list_(pa.float32(), dimension))),
            pa.field("rows", pa.int32()),
            pa.field("thumbnail", pa.binary()),
            *(pa.field(name, pa.int32()) for name in Moment.__slots__ if name != "frame"),
        ]
    )
