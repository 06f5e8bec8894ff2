from __future__ import annotations

import pytest

from facebank.sources.schemas import SERVED_COLUMNS
from facebank.sources.serving import VideoFrames, own_labels, reason_counts, served_variants

FRAMES = {"width": 640, "height": 480, "rotation": 0, "packets": 30}
VARIANTS = [{"variant": name, "source": name[0], **FRAMES} for name in ("a0", "a1", "b0")]


def video(labels: str, source: str, variant: str) -> dict[str, object]:
    """Give a row of videos.parquet."""
    return {"source": labels, "source_episode": source, "variant": variant}


@pytest.mark.parametrize(
    ("videos", "labels", "labelled_on", "reasons"),
    [
        ([], ["", "", ""], ["", "", ""], ["NOT_LABELLED"] * 3),
        ([video("a", "a", "a1")], ["a", "a", ""], ["a1", "a1", ""], ["", "", "NOT_LABELLED"]),
        (
            [video("a1", "a", "a1"), video("b", "b", "b0")],
            ["", "a1", "b"],
            ["", "a1", "b0"],
            ["NOT_LABELLED", "FACES_DIFFER", ""],
        ),
        (
            [video("a0", "a", "a0"), video("a1", "a", "a1")],
            ["a0", "a1", ""],
            ["a0", "a1", ""],
            ["FACES_DIFFER", "FACES_DIFFER", "NOT_LABELLED"],
        ),
    ],
)
def test_labels_are_the_sources_or_the_variants_own(
    videos: list[dict[str, object]], labels: list[str], labelled_on: list[str], reasons: list[str]
) -> None:
    served = served_variants(VARIANTS, videos)
    assert [row["variant"] for row in served] == ["a0", "a1", "b0"]
    assert [row["labels"] for row in served] == labels
    assert [row["file"] for row in served] == [name and f"{name}.face_labels.json" for name in labels]
    assert [row["labelled_on"] for row in served] == labelled_on
    assert [row["reason"] for row in served] == reasons
    assert all(tuple(row) == SERVED_COLUMNS for row in served)


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"width": 1280, "height": 960}, "SIZE_DIFFERS"),
        ({"height": 960}, "SIZE_DIFFERS"),
        ({"rotation": 180}, "ROTATION_DIFFERS"),
        ({"packets": 29}, "LENGTH_DIFFERS"),
        ({"packets": 31}, "LENGTH_DIFFERS"),
        ({"width": 480, "height": 640, "rotation": 90}, "SIZE_DIFFERS ROTATION_DIFFERS"),
    ],
)
def test_a_sources_labels_do_not_serve_a_variant_of_other_frames(other: dict[str, int], reason: str) -> None:
    a0, a1, b0 = VARIANTS
    variants = [a0, {**a1, **other}, b0]
    served = served_variants(variants, [video("a", "a", "a0")])
    assert [row["labels"] for row in served] == ["a", "", ""]
    assert [row["labelled_on"] for row in served] == ["a0", "", ""]
    assert [row["reason"] for row in served] == ["", reason, "NOT_LABELLED"]
    served = served_variants(variants, [video("a", "a", "a0"), video("a1", "a", "a1")])
    assert [row["labels"] for row in served] == ["a", "a1", ""]
    assert [row["labelled_on"] for row in served] == ["a0", "a1", ""]
    assert [row["reason"] for row in served] == ["", reason, "NOT_LABELLED"]
    assert reason_counts(served, labelled=True) == {reason: 1}
    assert reason_counts(served, labelled=False) == {"NOT_LABELLED": 1}


def test_labels_of_a_video_that_is_no_variant_serve_nobody() -> None:
    assert [row["labels"] for row in served_variants(VARIANTS, [video("a", "a", "a9")])] == ["", "", ""]


@pytest.mark.parametrize(
    ("variant", "name"), [("a__var01", "a__var01"), ("a", "a__itself"), ("b", "b"), ("", "")]
)
def test_labels_of_a_variants_own_are_called_as_it_and_never_as_its_source(variant: str, name: str) -> None:
    assert own_labels(variant, "a") == name


def test_a_recordings_own_labels_serve_no_variant_of_it() -> None:
    recording = {"variant": "a", "source": "a", **FRAMES}
    served = served_variants([*VARIANTS[:2], recording], [video("a__itself", "a", "a")])
    assert [row["labels"] for row in served] == ["", "", "a__itself"]


@pytest.mark.parametrize(
    ("other", "codes"),
    [
        ((640, 480, 0, 30), []),
        ((640, 480, 0, 31), ["LENGTH_DIFFERS"]),
        ((480, 640, 90, 31), ["SIZE_DIFFERS", "ROTATION_DIFFERS", "LENGTH_DIFFERS"]),
    ],
)
def test_what_differs_is_named(other: tuple[int, int, int, int], codes: list[str]) -> None:
    here, there = VideoFrames(640, 480, 0, 30), VideoFrames(*other)
    assert here.differences(there) == there.differences(here) == codes
