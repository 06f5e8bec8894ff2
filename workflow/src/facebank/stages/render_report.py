"""Stage report: every stage's results as pages for a browser."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 (the command line reads the annotations)
from typing import Literal

from facebank.artifacts.provenance import building
from facebank.report.album import Album
from facebank.report.folders import Folders
from facebank.report.render import render

__all__ = ["render_report"]


def render_report(
    *,
    output_dir: Path,
    title: str = "facebank",
    note: str = "",
    faces: Literal["full", "blurred", "none"] = "full",
    clip_s: float = 0,
    models: Path | None = None,
    inventory_photos: Path | None = None,
    inventory_sources: Path | None = None,
    embeddings: Path | None = None,
    gallery: Path | None = None,
    validation: Path | None = None,
    detections: Path | None = None,
    face_labels: Path | None = None,
    audit: Path | None = None,
    gold_labels: Path | None = None,
    gold_predictions: Path | None = None,
    gold_evaluation: Path | None = None,
    gold_variants: Path | None = None,
    gold_agreement: Path | None = None,
    bank_root: Path | None = None,
    sources_root: Path | None = None,
) -> None:
    """Render the static report.

    A page is made for each part that the build has: the bank, its validation, the sources, the gold labels.

    Parameters
    ----------
    output_dir
        The version folder to make; `index.html` is the first page.
    title
        Title of the pages.
    note
        A sentence for the first page: what a reader must know of this data set.
    faces
        How photos and frames are shown: as they are, blurred, or not at all.
    clip_s
        Seconds of a clip of each source with its boxes; 0 makes none.
    models
        Folder of the stage models.
    inventory_photos
        Folder of the inventory of photos.
    inventory_sources
        Folder of the inventory of sources.
    embeddings
        Folder of the stage embeddings.
    gallery
        Folder of the stage gallery.
    validation
        Folder of the stage validation.
    detections
        Folder of the stage detections.
    face_labels
        Folder of the stage face_labels.
    audit
        Folder of the stage audit.
    gold_labels
        Folder of the imported gold labels.
    gold_predictions
        Folder of the regions that were predicted here.
    gold_evaluation
        Folder of the gold evaluation.
    gold_variants
        Folder of the comparison of gold variants.
    gold_agreement
        Folder of the annotators' agreement.
    bank_root
        The bank, for pictures of its photos.
    sources_root
        The sources, for pictures of their frames.

    Raises
    ------
    DataError
        If a folder is unfinished or cannot be read.
    """
    folders = Folders(
        models=models,
        inventory_photos=inventory_photos,
        inventory_sources=inventory_sources,
        embeddings=embeddings,
        gallery=gallery,
        validation=validation,
        detections=detections,
        face_labels=face_labels,
        audit=audit,
        gold_labels=gold_labels,
        gold_predictions=gold_predictions,
        gold_evaluation=gold_evaluation,
        gold_variants=gold_variants,
        gold_agreement=gold_agreement,
    )
    parameters = {"title": title, "note": note, "faces": faces, "clip_s": clip_s}
    inputs = folders.present()
    with building(output_dir, rule="render_report", parameters=parameters, inputs=inputs) as folder:
        album = Album(folder, faces, bank_root=bank_root, sources_root=sources_root)
        pages = render(folder, folders, album, title=title, note=note, clip_s=clip_s)
    print(f"{len(pages)} pages: {output_dir / 'index.html'}")  # noqa: T201 (the stage's one line)
