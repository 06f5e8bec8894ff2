"""Faces of a variant's own frames: what is read, what is kept, and what names it in the cache."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from facebank.audit import variant_faces
from facebank.audit.looks import SlotViews
from facebank.audit.timing import Moment
from facebank.audit.variant_faces import FaceReader
from facebank.errors import DataError
from facebank.faces.detections import Detections
from facebank.media.containers import Span

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from numpy.typing import NDArray

VIDEO, SHA256 = Path("root/a.mp4"), "ab" * 32
#: Where slots are in the thumbnails.
CELLS = np.zeros((6, 8), bool)
CELLS[2:4, 1:5] = True


@dataclass
class Eye:
    """Decodes, detects and embeds: frame i shows i faces, at i and beside it. Notes what it is asked for."""

    dimension: int = 3
    read: list[tuple[Path, list[int], Span | None]] = field(default_factory=list)
    asked: list[tuple[int, float]] = field(default_factory=list)

    def read_frames(
        self, path: Path, wanted: Collection[int], *, span: Span | None = None
    ) -> Iterator[SimpleNamespace]:
        self.read.append((path, sorted(wanted), span))
        for index in sorted(wanted):
            pixels = np.full((48, 64, 3), index, np.uint8)
            thumbnail = np.full((6, 8), index, np.uint8)
            yield SimpleNamespace(index=index, pixels=pixels, thumbnail=lambda _side, made=thumbnail: made)

    def detect(
        self, images: Sequence[NDArray[np.uint8]], *, det_size: int, score_threshold: float
    ) -> list[Detections]:
        self.asked.append((det_size, score_threshold))
        count = int(images[0][0, 0, 0])
        rows = np.arange(count, dtype=np.float32)[:, None]
        boxes = np.array([[count, 0, count + 4, 8]], np.float32) + 10 * rows
        landmarks = np.broadcast_to(rows[:, :, None], (count, 5, 2)).astype(np.float32)
        return [Detections(boxes, np.ones(count, np.float32), landmarks)]

    def embed_faces(self, image: NDArray[np.uint8], landmarks: NDArray[np.float32]) -> NDArray[np.float32]:
        assert image.shape == (48, 64, 3)
        return np.array([[3, 4, row] for row in landmarks[:, 0, 0]], np.float32).reshape(-1, 3)


@dataclass(frozen=True)
class Recorded:
    """A recording that is compared in its frames 2 and 5."""

    digest: str = "d1"
    compared: tuple[int, ...] = (2, 5)
    views: SlotViews = field(default_factory=lambda: SlotViews(np.ones((6, 1), bool), CELLS))


def compare_timing(recording: Recorded, thumbnails: NDArray[np.uint8]) -> list[Moment]:
    """Tell what each thumbnail shows by its tone; no cell of the first one is compared."""
    return [
        Moment(frame, 10 * number, int(picture[0, 0]), 1, 2)
        for number, (frame, picture) in enumerate(zip(recording.compared, thumbnails, strict=True))
    ]


@pytest.fixture(autouse=True)
def _comparing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compare with what a recording here is."""
    monkeypatch.setattr(variant_faces, "compare_timing", compare_timing)


def reader(eye: Eye, cache: Path, **changed: Any) -> FaceReader:
    """Make a reader."""
    settings = {"made_with": {"model": "m1"}, "det_size": 320, "min_score": 0.25} | changed
    return FaceReader(detector=eye, embedder=eye, cache=cache, media=eye, **settings)  # type: ignore[arg-type]


def test_each_frame_has_its_own_faces_and_each_face_its_own_vector(tmp_path: Path) -> None:
    eye = Eye()
    for _ in range(2):  # made, and read
        seen = reader(eye, tmp_path).read(VIDEO, SHA256, [0, 1, 2], span=Span(1.0, 2.0))
        assert seen.moments == []
        assert [faces.frame for faces in seen.faces] == [0, 1, 2]
        assert [faces.boxes.tolist() for faces in seen.faces] == [
            [],
            [[1, 0, 5, 8]],
            [[2, 0, 6, 8], [12, 10, 16, 18]],
        ]
        assert [faces.thumbnail.tolist() for faces in seen.faces] == [[[shade] * 8] * 6 for shade in range(3)]
        assert [faces.embeddings.shape for faces in seen.faces] == [(0, 3), (1, 3), (2, 3)]
        expected = np.array([[3, 4, 0], [3, 4, 1]]) / np.sqrt([[25], [26]])
        assert seen.faces[2].embeddings == pytest.approx(expected)
    assert eye.read == [(VIDEO, [0, 1, 2], Span(1.0, 2.0))]
    assert eye.asked == [(320, 0.25)] * 3


def test_faces_and_moments_are_of_the_frames_that_each_is_wanted_of(tmp_path: Path) -> None:
    eye = Eye()
    for _ in range(2):
        seen = reader(eye, tmp_path).read(VIDEO, SHA256, [1, 2], recording=Recorded())  # type: ignore[arg-type]
        assert [faces.frame for faces in seen.faces] == [1, 2]
        assert seen.moments == [Moment(2, 0, 2, 1, 2), Moment(5, 10, 5, 1, 2)]
        # Of frames in which no face is sought, no more is kept than the slots.
        assert {frame: look.tolist() for frame, look in seen.looks.items()} == {
            2: np.full((6, 8), 2).tolist(),
            5: (5 * CELLS).tolist(),
        }
    assert eye.read == [(VIDEO, [1, 2, 5], None)]


@pytest.mark.parametrize(
    ("change", "times"),
    [
        ({}, 1),
        ({"made_with": {"model": "m2"}}, 2),
        ({"det_size": 640}, 2),
        ({"min_score": 0.5}, 2),
        ({"wanted": [1, 3]}, 2),
        ({"sha256": "cd" * 32}, 2),
        ({"recording": Recorded("d2")}, 2),
        ({"recording": None}, 2),
    ],
)
def test_what_was_read_is_read_again_where_anything_it_is_made_with_is_another(
    tmp_path: Path, change: dict[str, Any], times: int
) -> None:
    eye = Eye()
    asked: dict[str, Any] = {"video": VIDEO, "sha256": SHA256, "wanted": [1, 2], "recording": Recorded()}
    reader(eye, tmp_path).read(**asked)
    settings = {name: it for name, it in change.items() if name in {"made_with", "det_size", "min_score"}}
    again = {name: change.get(name, value) for name, value in asked.items()}
    seen = reader(eye, tmp_path, **settings).read(**again)
    assert len(eye.read) == times
    assert [faces.frame for faces in seen.faces] == again["wanted"]


def test_what_is_another_video_by_now_is_not_kept(tmp_path: Path) -> None:
    eye = Eye()

    def changed() -> None:
        assert len(eye.asked) == 2  # all is read by now
        raise DataError("another video")

    with pytest.raises(DataError, match="another video"):
        reader(eye, tmp_path).read(VIDEO, SHA256, [1, 2], require_unchanged=changed)
    assert list(tmp_path.iterdir()) == []
