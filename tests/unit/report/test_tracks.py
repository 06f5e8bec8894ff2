from __future__ import annotations

from typing import TYPE_CHECKING

from facebank.report.timeline import strip_of
from facebank.report.tracks import read_tracks
from unit.report.builds import N_FRAMES, SOURCE, statuses

if TYPE_CHECKING:
    from unit.report.builds import Build


def test_without_a_folder_there_are_no_tracks() -> None:
    assert read_tracks(None) == []


def test_tracks_of_a_source(build: Build) -> None:
    (tracks,) = read_tracks(build.folders.face_labels)
    assert (tracks.source, tracks.frames, tracks.problem) == (SOURCE, N_FRAMES, "")
    assert tracks.strips == (strip_of(0, statuses(0)), strip_of(1, statuses(1)))
    assert tracks.stability == (0.123, None)


def test_shown_frames_are_a_full_one_and_the_middle_of_the_hidden_stretch(build: Build) -> None:
    (tracks,) = read_tracks(build.folders.face_labels)
    assert {frame: [box.slot for box in boxes] for frame, boxes in tracks.boxes.items()} == {
        0: [0, 1],
        5: [0],
    }
    assert tracks.boxes[0][1].box == (50.0, 10.0, 70.0, 35.0)
    assert {slot: frame for slot, (frame, _) in tracks.detected.items()} == {0: 0, 1: 0}
