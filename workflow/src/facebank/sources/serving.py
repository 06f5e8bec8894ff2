"""Which labels serve each variant: its source's, or its own where those cannot."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["ITSELF", "VideoFrames", "own_labels", "reason_counts", "served_variants"]

#: Ends the name of labels that serve one video alone, where that is called as its source is.
ITSELF = "__itself"

#: Why labels that are from another video with as many frames of one size do not serve a variant.
_FACES = "FACES_DIFFER"

#: Why a variant has no labels whatever its frames are: no video of its source could be looked at to its end.
_NO_LABELS = "NOT_LABELLED"


class VideoFrames(NamedTuple):
    """What has to be the same of two videos whose frames one set of labels serves.

    Boxes would lie elsewhere in frames of another size. Where one video has more frames, some are missing
    somewhere in the other, and the labels of all that follow would be those of other frames.

    Attributes
    ----------
    width, height : int
        Of the upright frames, in pixels.
    rotation : int
        By which the video asks to be turned, in degrees.
    packets : int
        How many frames there are.
    """

    width: int
    height: int
    rotation: int
    packets: int

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> VideoFrames:
        """Take them from a row of variants.parquet."""
        return cls(row["width"], row["height"], row["rotation"], row["packets"])

    @property
    def picture(self) -> tuple[int, int, int]:
        """What has to be the same for a box to lie in the same place: width, height and rotation."""
        return (self.width, self.height, self.rotation)

    def differences(self, other: VideoFrames) -> list[str]:
        """Say why labels of one video do not serve the other; nothing where they may."""
        codes = {
            "SIZE_DIFFERS": self[:2] != other[:2],
            "ROTATION_DIFFERS": self.rotation != other.rotation,
            "LENGTH_DIFFERS": self.packets != other.packets,
        }
        return [code for code, differs in codes.items() if differs]


def own_labels(variant: str, source: str) -> str:
    """Name the labels that serve one variant alone.

    A recording is called as its source: its own labels have another name than those of the source, which
    readers would give to all other variants.
    """
    return variant if variant != source else f"{variant}{ITSELF}"


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
        Rows of ``variants.tsv``, one a variant in order. ``reason`` says why the labels of its source do not
        serve it, and is empty where they do. Where no labels serve it, ``labels``, ``file`` and
        ``labelled_on`` are empty.
    """
    shared = {row["source_episode"]: row["variant"] for row in videos if not _alone(row)}
    own = {row["variant"]: row["source"] for row in videos if _alone(row)}
    frames = {row["variant"]: VideoFrames.of_row(row) for row in variants}
    served = []
    for variant in variants:
        name, source = variant["variant"], variant["source"]
        model = shared.get(source)
        differences = frames[name].differences(frames[model]) if model in frames else []
        if name in own:
            labels, model, reason = own[name], name, " ".join(differences) or _FACES
        elif model in frames and not differences:
            labels, reason = source, ""
        else:
            labels, model, reason = "", None, " ".join(differences) or _NO_LABELS
        served.append(
            {
                "variant": name,
                "source": source,
                "labels": labels,
                "file": f"{labels}.face_labels.json" if labels else "",
                "labelled_on": model or "",
                "reason": reason,
            }
        )
    return served


def reason_counts(served: Sequence[Mapping[str, str]], *, labelled: bool) -> dict[str, int]:
    """Count why variants are labelled by themselves, or else why they have no labels; by name."""
    found = Counter(row["reason"] for row in served if row["reason"] and bool(row["labels"]) is labelled)
    return dict(sorted(found.items()))


def _alone(row: Mapping[str, Any]) -> bool:
    """Tell whether labels serve the one variant that they are from."""
    return bool(row["source"] != row["source_episode"])
