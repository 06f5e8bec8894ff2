from __future__ import annotations

import pytest

from facebank.sources.serving import served_variants

SIZE = {"width": 640, "height": 480}
VARIANTS = [{"variant": name, "source": name[0], **SIZE} for name in ("a0", "a1", "b0")]


def video(labels: str, source: str, variant: str) -> dict[str, object]:
    """Give a row of videos.parquet."""
    return {"source": labels, "source_episode": source, "variant": variant, **SIZE}


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


def test_labels_do_not_serve_a_variant_of_another_size() -> None:
    a0, a1, b0 = VARIANTS
    served = served_variants([a0, {**a1, "width": 1280, "height": 960}, b0], [video("a", "a", "a0")])
    assert [row["labels"] for row in served] == ["a", "", ""]
    assert [row["labelled_on"] for row in served] == ["a0", "", ""]
    own = [video("a0", "a", "a0"), video("a1", "a", "a1")]
    served = served_variants([a0, {**a1, "height": 960}], own)
    assert [row["labels"] for row in served] == ["a0", "a1"]
