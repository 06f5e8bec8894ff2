"""Stage gallery: one centroid per identity, and what the bank says of its photos and identities."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - the command line reads the annotations
from typing import TYPE_CHECKING, Any, Literal

from facebank.artifacts.atomic import write_json
from facebank.artifacts.provenance import building, read_provenance
from facebank.artifacts.tables import REJECTED_COLUMNS, write_table, write_tsv
from facebank.gallery.bank import assemble
from facebank.gallery.confusions import write_matrix
from facebank.gallery.duplicates import find_copies, parse_hashes
from facebank.gallery.faces import read_faces
from facebank.gallery.failures import read_failures
from facebank.gallery.gallery import make_gallery, summary
from facebank.gallery.manifest import manifest, write_embeddings
from facebank.gallery.pictures import comparison
from facebank.gallery.side_tables import MATRIX_IDENTITIES, confusable_topk, confusion_slugs
from facebank.gallery.tables import (
    DUPLICATE_COLUMNS,
    IDENTITIES,
    centroid_table,
    duplicate_rows,
    identity_rows,
    photo_frame,
    photo_table,
)
from facebank.reading.json_documents import read_object
from facebank.runtime.threads import limit_threads

if TYPE_CHECKING:
    from facebank.gallery.bank import Bank

__all__ = ["build_gallery"]


def build_gallery(
    *,
    embeddings: Path,
    inventory: Path,
    output_dir: Path,
    photos_root: Path | None = None,
    face_policy: Literal["largest", "largest_central", "only_one", "closest_to_centroid"] = "largest",
    centroid: Literal["mean", "trimmed", "medoid"] = "mean",
    leave_out: tuple[Literal["weak", "outlier", "intruder", "duplicate"], ...] = (),
    confusable_top_k: int = 5,
    duplicate_hash_bits: int = 8,
    threads: int = 1,
) -> None:
    """Make the gallery: centroids, copies, and a verdict on every photo and identity.

    Parameters
    ----------
    embeddings
        Version folder of the embeddings (faces.parquet, rejected.tsv, summary.json).
    inventory
        Version folder of the inventory of photos (photos.parquet, rejected.tsv).
    output_dir
        The version folder to make.
    photos_root
        Root of the bank. The pixels of photos with like perceptual hashes are compared; without it only files
        with the same bytes count as copies.
    face_policy
        Which face of a photo stands for its person.
    centroid
        How a centroid is made of its photos' embeddings.
    leave_out
        Photos with these verdicts do not enter the centroids; all photos do, unless told. An identity that
        would have none left keeps them all.
    confusable_top_k
        How many nearest other identities to list for each.
    duplicate_hash_bits
        Photos whose 64-bit perceptual hashes differ in at most so many bits are compared in pixels.
    threads
        How many blocks of photos to compare side by side; never changes a byte of the output.

    Raises
    ------
    DataError
        If an input is missing or damaged, no photo is left, or a photo has changed since it was indexed.
    """
    # One thread per sum: a sum split over threads depends on their number. Blocks of photos run side by side.
    limit_threads(1)
    for folder in (embeddings, inventory):
        read_provenance(folder)  # refuses an unfinished one
    faces = read_faces(embeddings)
    made = read_object(embeddings / "summary.json", remedy="Rebuild the stage embeddings.")
    photos = faces.of_photos()
    copies = find_copies(
        photos["sha256"].tolist(),
        parse_hashes(photos["phash"].tolist()),
        max_distance=duplicate_hash_bits,
        compare=None if photos_root is None else comparison(photos, photos_root),
    )
    bank = assemble(faces, copies, face_policy)
    left_out = tuple(sorted(set(leave_out)))
    gallery = make_gallery(
        bank, centroid=centroid, confusable_top_k=confusable_top_k, leave_out=left_out, threads=threads
    )
    rejected = _rejections(bank, face_policy)
    failures = read_failures(inventory, embeddings, [(row["file"], row["reason"]) for row in rejected])
    judged = photo_frame(gallery)
    photo_rows = photo_table(judged, bank.embeddings)
    identities = identity_rows(gallery, judged, failures)
    centroid_rows = centroid_table(bank.slugs, gallery.centroids)
    told = {name: made[name] for name in ("model_pack", "det_sizes")}
    chosen = {"face_policy": face_policy, "centroid": centroid, "leave_out": list(left_out)}
    numbers = {
        **summary(gallery, identities),
        **told,
        **chosen,
        "failed": len(failures),
        "candidates_not_compared": copies.unconfirmed,
    }
    with building(
        output_dir,
        rule="build_gallery",
        parameters={
            **chosen,
            "confusable_top_k": confusable_top_k,
            "duplicate_hash_bits": duplicate_hash_bits,
            "pixels_compared": photos_root is not None,
        },
        inputs={"embeddings": embeddings, "inventory": inventory},
    ) as folder:
        write_embeddings(folder, bank)
        write_json(folder / "celeb_embeddings.json", manifest(bank, gallery.centroids, failures, **told))
        write_table(folder / "photos.parquet", photo_rows, photo_rows.schema)
        write_table(folder / "identities.parquet", identities, IDENTITIES)
        write_table(folder / "centroids.parquet", centroid_rows, centroid_rows.schema)
        write_tsv(folder / "duplicates.tsv", DUPLICATE_COLUMNS, duplicate_rows(gallery))
        write_tsv(folder / "rejected.tsv", REJECTED_COLUMNS, rejected)
        if len(bank.slugs) <= MATRIX_IDENTITIES:
            write_matrix(folder / "confusion_matrix.npy", gallery.centroids)
        write_json(folder / "confusion_slugs.json", confusion_slugs(gallery, identities))
        write_json(folder / "confusable_topk.json", confusable_topk(gallery, identities))
        write_json(folder / "summary.json", numbers)
    counts = ", ".join(f"{count} {verdict}" for verdict, count in numbers["verdicts"].items() if count)
    broken = f"broken: {', '.join(numbers['broken'])}" if numbers["broken"] else "none broken"
    if numbers["no_levels_because"]:
        broken = f"no photo could be judged: {numbers['no_levels_because']}"
    print(  # noqa: T201 - the stage's one line
        f"{numbers['photos']} photos of {numbers['identities']} identities ({counts}); {broken}"
    )


def _rejections(bank: Bank, face_policy: str) -> list[dict[str, Any]]:
    """Say of each photo that the face policy does not use why."""
    return [
        {
            "file": row["photo"],
            "reason": "MANY_FACES",
            "sha256": row["sha256"],
            "detail": f"{row['faces_found']} faces, and gallery.face_policy is {face_policy}",
            "remedy": "Crop the photo, or choose another gallery.face_policy.",
        }
        for row in bank.unused.to_dict("records")
    ]
