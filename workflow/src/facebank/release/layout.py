"""Which file of which stage stands where in a release.

The head of the layout is what readers of the first data set of this kind expect: ``celeb_embeddings.json``,
``arcface_embeddings/`` and ``face_labels/`` at the top. No file in it shows a face: the thumbnails that the
detections keep as evidence, and the vectors of bystanders, stay behind.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from facebank.report.folders import Folders

__all__ = ["LATEST", "LAYOUT", "MATERIALS", "Part", "place_of", "placed_files"]

#: The link beside the releases that leads to the one that was built last.
LATEST = "latest"

#: Where the bill of materials stands: it names packages and models, and nobody.
MATERIALS = "sbom.cdx.json"


@dataclass(frozen=True, slots=True)
class Part:
    """Some files of one stage, and where they go.

    Attributes
    ----------
    stage : str
        Name of the version folder, as in `facebank.report.folders.Folders`.
    patterns : tuple of str
        Glob patterns relative to it; ``**`` keeps the folders below.
    target : str
        Folder in the release; "" is its top.
    """

    stage: str
    patterns: tuple[str, ...]
    target: str


LAYOUT = (
    Part("gallery", ("celeb_embeddings.json", "arcface_embeddings/**/*.npy"), ""),
    Part("gallery", ("*.parquet", "*.tsv", "confus*", "summary.json"), "tables/gallery"),
    Part("inventory_photos", ("*.parquet", "*.tsv", "summary.json"), "tables/inventory_photos"),
    Part("inventory_sources", ("*.parquet", "*.tsv", "summary.json"), "tables/inventory_sources"),
    Part("models", ("models.json",), "tables/models"),
    Part("embeddings", ("rejected.tsv", "summary.json"), "tables/embeddings"),
    Part("validation", ("validation.md",), ""),
    Part("validation", ("*.parquet", "*.json"), "tables/validation"),
    Part(
        "detections",
        ("detections.parquet", "frames.parquet", "videos.parquet", "*.tsv", "summary.json"),
        "tables/detections",
    ),
    Part("face_labels", ("*.face_labels.json", "variants.tsv"), "face_labels"),
    Part("face_labels", ("slots.parquet", "coverage.tsv", "summary.json"), "tables/face_labels"),
    Part("audit", ("*.tsv", "*.parquet", "*.json"), "audit"),
    Part("gold_labels", ("*.ndjson", "*.md", "*.jsonl", "*.tsv", "*.json"), "gold/labels"),
    Part("gold_predictions", ("*.jsonl", "*.tsv", "*.json", "*.xml"), "gold/predictions"),
    Part("gold_evaluation", ("*.ndjson", "*.md", "*.jsonl", "*.csv", "*.tsv", "*.json"), "gold/evaluation"),
    Part("gold_variants", ("*.md", "*.csv", "*.tsv", "*.json"), "gold/variants"),
    Part("gold_agreement", ("*.md", "*.jsonl", "*.tsv", "*.json"), "gold/agreement"),
    Part("limits", ("limits.json",), "tables/limits"),
)

#: Provenance has its own place in a release; run.json (time, host, commit) has none.
_LEFT_BEHIND = ("provenance.json", "run.json")


def placed_files(folders: Folders) -> dict[str, Path]:
    """Give path in the release -> file for all files that stages contribute, sorted by path."""
    present = folders.present()
    placed = {f"provenance/{name}.json": folder / "provenance.json" for name, folder in present.items()}
    for part in LAYOUT:
        folder = present.get(part.stage)
        if folder is None:
            continue
        for path in (found for pattern in part.patterns for found in folder.glob(pattern)):
            if path.is_file() and path.name not in _LEFT_BEHIND:
                placed["/".join(filter(None, (part.target, path.relative_to(folder).as_posix())))] = path
    return dict(sorted(placed.items()))


def place_of(stage: str, name: str) -> str | None:
    """Give the path in a release of a file that stands at the top of a version folder.

    Other files of the release may have the same name: its own ``summary.json`` is that of no stage.

    Parameters
    ----------
    stage : str
        Name of the version folder, as in `facebank.report.folders.Folders`.
    name : str
        The file's name in it.

    Returns
    -------
    str or None
        None where a release does not hold the file.
    """
    file = PurePosixPath(name)
    for part in LAYOUT:
        if part.stage == stage and any(file.match(pattern) for pattern in part.patterns):
            return "/".join(filter(None, (part.target, name)))
    return None
