from __future__ import annotations

import pytest

from facebank.sources.serving import served_variants

FRAMES = {"width": 640, "height": 480, "rotation": 0, "packets": 30}
VARIANTS = [{"variant": name, "source": name[0], **FRAMES} for name in ("a0", "a1", "b0")]


def video(labels: str, source: str, variant: str) -> dict[str, object]:
    """Give a row of videos.parquet."""
    return {"source": labels, "source_episode": source, "variant": variant}


@pytest.mark.parametrize(
    ("videos", "labels", "labelled_on"),
    [
        ([], ["", "", ""], ["", "", ""]),
        ([video("a", "a", "a1")], ["a", "a", ""], ["a1", "a1", ""]),
        ([video("a1", "a", "a1"), video("b", "b", "b0")], ["", "a1", "b"], ["", "a1", "b0"]),
        ([video("a0", "a", "a0"), video("a1", "a", "a1")], ["a0", "a1", ""], ["a0", "a1", ""]),
    ],
)
def test_labels_are_the_sources_or_the_variants_own(
    videos: list[dict[str, object]], labels: list[str], labelled_on: list[str]
) -> None:
    served = served_variants(VARIANTS, videos)
    assert [row["variant"] for row in served] == ["a0", "a1", "b0"]
    assert [row["labels"] for row in served] == labels
    assert [row["file"] for row in served] == [name and f"{name}.face_labels.json" for name in labels]
    assert [row["labelled_on"] for row in served] == labelled_on


@pytest.mark.parametrize(
    "other",
    [{"width": 1280, "height": 960}, {"height": 960}, {"rotation": 180}, {"packets": 29}, {"packets": 31}],
)
def test_labels_do_not_serve_a_variant_of_other_frames(other: dict[str, int]) -> None:
    a0, a1, b0 = VARIANTS
    served = served_variants([a0, {**a1, **other}, b0], [video("a", "a", "a0")])
    assert [row["labels"] for row in served] == ["a", "", ""]
    assert [row["labelled_on"] for row in served] == ["a0", "", ""]
    own = [video("a0", "a", "a0"), video("a1", "a", "a1")]
    served = served_variants([a0, {**a1, **other}], own)
    assert [row["labels"] for row in served] == ["a0", "a1"]


def test_labels_of_a_video_that_is_no_variant_serve_nobody() -> None:
    assert [row["labels"] for row in served_variants(VARIANTS, [video("a", "a", "a9")])] == ["", "", ""]
