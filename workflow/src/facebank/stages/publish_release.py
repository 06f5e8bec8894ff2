"""Stage release: the data set under the name of its content."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 (the command line reads the annotations)

from facebank.artifacts.atomic import write_json, write_text
from facebank.artifacts.provenance import require_unaltered
from facebank.errors import ConfigError
from facebank.release.card import CardFacts, data_card, numbers_document
from facebank.release.citation import CITATION, citation
from facebank.release.crate import WORKFLOW, write_crate
from facebank.release.layout import MATERIALS, placed_files
from facebank.release.materials import describe_materials
from facebank.release.photos import copy_photos
from facebank.release.publish import assemble, point_latest, settle, staging_folder
from facebank.release.receipt import write_receipt
from facebank.release.supervision import gather_supervision, write_supervision
from facebank.report.album import Album
from facebank.report.folders import Folders
from facebank.report.numbers import gather_numbers
from facebank.report.provenance import model_files
from facebank.report.render import render
from facebank.report.validation import bucket_rows

__all__ = ["publish_release"]


def publish_release(
    *,
    output_dir: Path,
    receipt: Path,
    date: str = "1970-01-01",
    licence: str = "other",
    title: str = "facebank",
    note: str = "",
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
    report: Path | None = None,
    limits: Path | None = None,
    workflow: Path | None = None,
    requirements: Path | None = None,
    include_photos: bool = False,
    bank_root: Path | None = None,
    contents: str = "",
) -> None:
    """Publish a release: content-addressed, never edited, and without a picture unless asked for one.

    Its name is the digest of its content, so the same build is the same release. The report in it is rendered
    anew without faces.

    Parameters
    ----------
    output_dir
        Where releases stand; the release is a folder in it, and the link `latest` leads to it.
    receipt
        File that says which release this was; it is written last.
    date
        The only date in a release: YYYY-MM-DD.
    licence
        Licence of the data, as its card names it.
    title
        Title of the card and of the report.
    note
        A sentence for the card and the report: what a reader must know of this data set.
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
    report
        Folder of the report for people here. It is not copied: it may show faces.
    limits
        Folder of the stage limits.
    include_photos
        Whether the release holds the photos that the gallery uses.
    bank_root
        The bank, where these are.
    workflow
        The Snakefile, which the release holds and its RO-Crate is about; without one there is no RO-Crate.
    requirements
        The folder of the lock files, which the bill of materials follows; without one there is none.
    contents
        Digest of the Snakefile and of these files, as the workflow saw them; kept in the receipt.

    Raises
    ------
    ConfigError
        If photos are asked for without a gallery or a bank.
    DataError
        If a folder is unfinished, cannot be read or was altered, or the same release is there already and was
        damaged.
    """
    if include_photos and (gallery is None or bank_root is None):
        raise ConfigError(
            "A release without a bank has no photos", remedy="Set release.include_photos to false."
        )
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
        limits=limits,
    )
    for folder in folders.present().values():
        require_unaltered(folder)
    numbers = gather_numbers(folders)
    with staging_folder(output_dir) as staging:
        assemble(staging, placed_files(folders))
        if include_photos and gallery is not None and bank_root is not None:
            copy_photos(staging, gallery, bank_root)
        pages = staging / "report"
        pages.mkdir()
        render(pages, folders, Album(pages, "none"), title=title, note=note)
        write_json(staging / "summary.json", numbers_document(numbers))
        write_supervision(staging, gather_supervision(folders))
        write_text(staging / CITATION, citation(title=title, date=date, licence=licence))
        if workflow is not None:
            write_text(staging / WORKFLOW, workflow.read_text(encoding="utf-8"))
        used = model_files(folders)
        if requirements is not None:
            write_json(staging / MATERIALS, describe_materials(folders, requirements, used))
        facts = CardFacts(
            title=title,
            note=note,
            date=date,
            licence=licence,
            models=used,
            buckets=bucket_rows(folders.validation),
            files=frozenset(it.relative_to(staging).as_posix() for it in staging.rglob("*") if it.is_file()),
        )
        write_text(staging / "README.md", data_card(facts, numbers))
        if workflow is not None:
            write_crate(staging, title=title, date=date, licence=licence, models=facts.models)
        release = settle(staging, output_dir)
    point_latest(release)
    read = folders.present() if report is None else {**folders.present(), "report": report}
    write_receipt(receipt, release, read, contents=contents)
    print(f"release {release.name}: {release}")  # noqa: T201 (the stage's one line)
