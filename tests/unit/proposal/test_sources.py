"""How a folder of videos is laid out, and what is asked where it does not show."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from facebank.errors import ConfigError, DataError
from facebank.proposal.sources import OWN_SOURCE, propose_sources
from facebank.sources.discovery import CAMERA, PATTERN
from lerobot_datasets import write_dataset


def place(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"")


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="There is no such folder of videos"):
        propose_sources(tmp_path / "none", ())


@pytest.mark.parametrize(
    ("files", "found", "remedy"),
    [
        ([], "no video at all", "data set, found no video at all."),
        (["2024/may/clip.mp4"], "2024/may/clip.mp4", "may?"),
    ],
)
def test_where_no_video_is(tmp_path: Path, files: list[str], found: str, remedy: str) -> None:
    place(tmp_path, *files)
    with pytest.raises(DataError) as caught:
        propose_sources(tmp_path, ())
    assert f"found {found}." in str(caught.value)
    assert str(caught.value).endswith(remedy)


def test_plain_videos_are_sources_of_their_own(tmp_path: Path) -> None:
    place(tmp_path, "a.mp4", "b_v1.MOV", "readme.txt")
    found = propose_sources(tmp_path, ())
    assert (found.camera, found.pattern, found.sources, found.slots) == (CAMERA, PATTERN, 2, None)
    assert found.remarks == ("readme.txt is taken for no video: neither a folder nor a video.",)


def test_variants_of_a_source(tmp_path: Path) -> None:
    for number, (layout, people) in enumerate(
        [("AB", ["Ann", "bo"]), ("CA", ["cy", "ann"]), ("BA", ["ann", "bo"])]
    ):
        place(tmp_path, f"ep__var{number:02}/videos/cam/chunk-000/file-000.mp4")
        said = {"new_layout_camera_lmr": layout, "pid_to_celeb_full": dict(enumerate(people))}
        (tmp_path / f"ep__var{number:02}" / "augmentation.json").write_text(
            json.dumps(said), encoding="utf-8"
        )
    found = propose_sources(tmp_path, ("ann", "bo"))
    assert (found.camera, found.pattern, found.sources, found.slots) == ("cam", PATTERN, 1, 2)
    assert found.letters.known == {"A": "ann", "B": "bo", "C": "cy"}
    assert found.remarks == ("The bank has no photos of cy, whom variants claim to show.",)


def test_folders_of_other_names_are_sources_of_their_own(tmp_path: Path) -> None:
    place(tmp_path, f"one/videos/{CAMERA}/c/0.mp4", f"two/videos/{CAMERA}/c/0.mp4")
    found = propose_sources(tmp_path, ())
    assert (found.pattern, found.sources) == (OWN_SOURCE, 2)
    assert "a source of its own" in found.remarks[0]


def test_sources_whose_names_are_alike_are_said(tmp_path: Path) -> None:
    place(tmp_path, *(f"{name}/videos/{CAMERA}/c/0.mp4" for name in ("A__var00", "a__var00", "a__var01")))
    alike = "'a' and the source 'A' are one name where case or accents do not count: rename one"
    assert propose_sources(tmp_path, ()).remarks == (f"a__var00 cannot be used: {alike}; 1 other too.",)


def test_folders_beside_variants_are_asked_about(tmp_path: Path) -> None:
    place(tmp_path, f"one__var00/videos/{CAMERA}/c/0.mp4", f"two/videos/{CAMERA}/c/0.mp4")
    with pytest.raises(ConfigError, match="Of which source are these folders") as caught:
        propose_sources(tmp_path, ())
    assert "found two" in str(caught.value)
    assert propose_sources(tmp_path, (), pattern=r"(?P<source>[a-z]+).*").sources == 2


def test_several_cameras_are_asked_about(tmp_path: Path) -> None:
    place(tmp_path, "a__var00/videos/wrist/c/0.mp4", "a__var00/videos/top/c/0.mp4")
    with pytest.raises(ConfigError, match="Which camera sees the faces") as caught:
        propose_sources(tmp_path, ())
    assert "found top, wrist" in str(caught.value)
    assert propose_sources(tmp_path, (), camera="wrist").camera == "wrist"


def test_a_data_set_is_read(tmp_path: Path) -> None:
    pictures = [np.zeros((64, 64, 3), dtype=np.uint8)] * 3
    write_dataset(tmp_path, [[pictures, pictures]], camera="observation.images.front")
    found = propose_sources(tmp_path, ())
    assert (found.camera, found.sources) == ("observation.images.front", 2)
