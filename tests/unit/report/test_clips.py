from __future__ import annotations

from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

from facebank.report.album import Album
from facebank.report.clips import write_clip
from facebank.report.folders import Folders
from facebank.report.sources import sources_page
from facebank.report.tracks import boxes_by_frame
from unit.report.builds import N_FRAMES, SOURCE, VARIANTS_OF_SOURCE

if TYPE_CHECKING:
    from pathlib import Path

    from unit.report.builds import Build

VIDEO = f"{VARIANTS_OF_SOURCE[0]}/videos/camera1/file-000.mp4"


def pictures(count: int, height: int = 48, width: int = 64) -> list[np.ndarray]:
    return [np.full((height, width, 3), 10 * place, np.uint8) for place in range(count)]


def test_no_picture_makes_no_clip(tmp_path: Path) -> None:
    assert write_clip(tmp_path / "c.mp4", [], 30.0) is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("count", "height", "width"), [(1, 48, 64), (9, 49, 65)])
def test_a_clip_has_every_picture_in_an_even_size(
    tmp_path: Path, count: int, height: int, width: int
) -> None:
    assert write_clip(tmp_path / "c.mp4", pictures(count, height, width), 29.97) == (64, 48)
    with av.open(str(tmp_path / "c.mp4")) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
        assert container.streams.video[0].average_rate == pytest.approx(29.97, abs=0.01)
    assert [int(frame.mean().round(-1)) for frame in frames] == [10 * place for place in range(count)]


def test_the_same_pictures_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_clip(tmp_path / name, pictures(5), 30.0)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize(("faces", "clips"), [("full", 1), ("blurred", 1), ("none", 0)])
def test_a_source_has_a_clip_where_people_are_shown(
    build: Build, tmp_path: Path, faces: str, clips: int
) -> None:
    album = Album(tmp_path, faces, bank_root=build.bank_root, sources_root=build.sources_root)  # type: ignore[arg-type]
    assert [it.clip for it in sources_page(build.folders, album).sources] == [None]
    made = [it.clip for it in sources_page(build.folders, album, 0.2).sources]
    assert sum(it is not None for it in made) == clips
    files = [f"clips/{path.name}" for path in tmp_path.rglob("*.mp4")]
    assert files == [it.url for it in made if it is not None]
    for name in files:
        with av.open(str(tmp_path / name)) as container:
            assert sum(1 for _ in container.decode(video=0)) == 6


def test_a_video_that_ends_too_early_has_no_clip(build: Build, tmp_path: Path) -> None:
    album = Album(tmp_path, "full", sources_root=build.sources_root)
    assert album.clip(VIDEO, {frame: [] for frame in range(N_FRAMES + 5)}, 30.0) is None
    assert album.clip("gone.mp4", {0: []}, 30.0) is None
    assert list(tmp_path.rglob("*.mp4")) == []


def test_boxes_of_the_first_frames(build: Build) -> None:
    assert boxes_by_frame(None, SOURCE, 3) == {}
    assert boxes_by_frame(build.folders.face_labels, SOURCE, 0) == {}
    assert boxes_by_frame(build.folders.face_labels, "another", 3) == {}
    found = boxes_by_frame(build.folders.face_labels, SOURCE, 5)
    assert {frame: [box.slot for box in boxes] for frame, boxes in found.items()} == {
        **{frame: [0, 1] for frame in range(4)},
        4: [0],
    }


def test_without_labels_there_is_no_clip(build: Build, tmp_path: Path) -> None:
    some = Folders(inventory_sources=build.folders.inventory_sources)
    assert [it.clip for it in sources_page(some, Album(tmp_path, "none"), 1).sources] == [None]
