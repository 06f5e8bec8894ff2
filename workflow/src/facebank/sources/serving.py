"""Which labels serve each variant: its source's, or its own where the source has none for all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["served_variants"]


def served_variants(
    variants: Sequence[Mapping[str, Any]], videos: Sequence[Mapping[str, Any]]
) -> list[dict[str, str]]:
    """Find the labels of every variant.

    Parameters
    ----------
    variants : sequence of mappings
        Rows of variants.parquet, with ``variant``, ``source``, ``width``, ``height``, ``rotation`` and
        ``packets``, the frames of its video.
    videos : sequence of mappings
        Rows of videos.parquet: ``source``, the name of a set of labels; ``source_episode``, the recorded
        source that it is of; ``variant``, whose video it is from.

    Returns
    -------
    list of dict
        Rows of ``variants.tsv``, one a variant in order. Where no labels serve a variant, the last three
        columns are empty: its source's do not where its frames have another size, in which boxes would lie
        elsewhere, or are not as many, for then frames are missing or more somewhere, and the labels of all
        that follow would be those of other frames.
    """
    shared = {row["source_episode"]: row for row in videos if row["source"] == row["source_episode"]}
    own = {row["variant"] for row in videos if row["source"] != row["source_episode"]}
    frames = {row["variant"]: _frames(row) for row in variants}
    served = []
    for variant in variants:
        name, source = variant["variant"], variant["source"]
        model = shared.get(source)
        if model is not None and frames.get(model["variant"]) != _frames(variant):
            model = None
        labels = name if name in own else "" if model is None else source
        served.append(
            {
                "variant": name,
                "source": source,
                "labels": labels,
                "file": f"{labels}.face_labels.json" if labels else "",
                "labelled_on": name if name in own else "" if model is None else model["variant"],
            }
        )
    return served


def _frames(row: Mapping[str, Any]) -> tuple[int, ...]:
    """Give what has to be the same of two videos whose frames one set of labels serves."""
    return row["width"], row["height"], row["rotation"], row["packets"]
