"""Stage validation: the leave-one-out proof that the gallery tells people apart."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - the command line reads the annotations
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from facebank.artifacts.atomic import write_bytes, write_json, write_text
from facebank.artifacts.provenance import building, read_provenance
from facebank.artifacts.tables import read_parquet, write_table, write_tsv
from facebank.errors import DataError
from facebank.gallery.faces import matrix_of, read_faces
from facebank.gallery.schemas import LOO
from facebank.reading.json_documents import read_object
from facebank.runtime.threads import limit_threads
from facebank.validation.findings import Findings, summary, validate
from facebank.validation.plots import plot_errors, plot_heat_map, plot_margins, plot_roc, plot_similarities
from facebank.validation.recall import parse_bucket
from facebank.validation.text import validation_text

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["validate_gallery"]

UNKNOWN_COLUMNS = ("rank", "identity", "photos", "nearest", "mean_similarity", "max_similarity", "accepted")


def validate_gallery(
    *,
    embeddings: Path,
    gallery: Path,
    output_dir: Path,
    buckets: tuple[str, ...] = ("1", "2", "3-4", "5-7", "8-12", "13+"),
    iid_sets: tuple[str, ...] = ("heldout",),
    threads: int = 1,
) -> None:
    """Prove by leave-one-out how well the gallery tells people apart.

    Parameters
    ----------
    embeddings
        Version folder of the embeddings that the gallery was made of.
    gallery
        Version folder of the gallery.
    output_dir
        The version folder to make.
    buckets
        Groups of identities by number of photos, for the table: n, n-m or n+.
    iid_sets
        Identities with a photo in one of these sets are marked is_iid in ood_loo_rows.json.
    threads
        How many blocks of queries to match side by side; never changes a byte of the output.

    Raises
    ------
    ConfigError
        If a bucket cannot be read.
    DataError
        If an input is missing or damaged, or the gallery was made of other embeddings.
    """
    limit_threads(
        1
    )  # a sum split over threads depends on their number; the blocks are what runs side by side
    groups = [parse_bucket(bucket) for bucket in buckets]
    for folder in (embeddings, gallery):
        read_provenance(folder)  # refuses an unfinished one
    made = read_object(gallery / "summary.json", remedy="Rebuild the stage gallery.")
    photos, units = _read_photos(embeddings, gallery)
    findings = validate(photos, units, groups, centroid=made["centroid"], threads=threads)
    told = {name: made[name] for name in ("model_pack", "centroid", "leave_out")}
    numbers = {**summary(findings), **told}
    centroids = read_parquet(gallery / "centroids.parquet")
    open_set = findings.open_set
    level = None if open_set.threshold is None else open_set.threshold.value
    with building(
        output_dir,
        rule="validate_gallery",
        parameters={"buckets": list(buckets), "iid_sets": list(iid_sets)},
        inputs={"embeddings": embeddings, "gallery": gallery},
    ) as folder:
        loo = pa.Table.from_pandas(findings.queries, schema=LOO, preserve_index=False)
        write_table(folder / "loo.parquet", loo, LOO)
        write_json(folder / "ood_loo_rows.json", _seed_rows(findings, iid_sets))
        write_tsv(folder / "unknown.tsv", UNKNOWN_COLUMNS, _unknown_rows(open_set.unknown))
        write_json(folder / "summary.json", numbers)
        write_text(folder / "validation.md", validation_text(findings, **told))
        write_bytes(folder / "margin_by_photos.svg", plot_margins(findings.queries))
        write_bytes(
            folder / "similarities.svg", plot_similarities(open_set.genuine, open_set.impostor_counts, level)
        )
        write_bytes(folder / "roc.svg", plot_roc(open_set.curve))
        write_bytes(folder / "errors.svg", plot_errors(open_set.curve, level))
        write_bytes(
            folder / "heat_map.svg",
            plot_heat_map(
                matrix_of(centroids, "centroid"), [str(slug) for slug in centroids["identity"].to_pylist()]
            ),
        )
    closed = findings.all_photos
    share = "" if closed.top1.share is None else f" = {closed.top1.share:.1%}"
    print(  # noqa: T201 - the stage's one line
        f"leave-one-out: {closed.top1.hits} of {closed.top1.trials} right{share}, "
        f"{findings.trusted.top1.hits} of {findings.trusted.top1.trials} without outliers and intruders; "
        f"{len(findings.untested)} identities cannot be tested"
    )


def _read_photos(embeddings: Path, gallery: Path) -> tuple[pd.DataFrame, NDArray[np.float32]]:
    """Read the gallery's photos, and their embeddings from where the gallery took them."""
    path = gallery / "photos.parquet"
    table = read_parquet(path)
    photos = table.drop_columns(["embedding"]).to_pandas()
    faces = read_faces(embeddings)
    rows = faces.table.assign(row=np.arange(len(faces.table)))
    joined = photos[["photo", "face", "sha256"]].merge(rows, on=["photo", "face", "sha256"], how="left")
    stale = joined["row"].isna().to_numpy()
    if not stale.any():
        units = faces.embeddings[joined["row"].to_numpy(np.int64)]
        stale = (units != matrix_of(table, "embedding")).any(axis=1)
    if stale.any():
        raise DataError(
            "The gallery was made of other embeddings",
            file=path,
            expected=f"the faces of {embeddings}",
            found=f"another embedding of {photos['photo'][int(np.argmax(stale))]}",
            remedy="Build the gallery again.",
        )
    return photos[["photo", "set", "identity", "verdict", "in_centroid", "duplicate_group"]], units


def _seed_rows(findings: Findings, iid_sets: tuple[str, ...]) -> list[dict[str, Any]]:
    """Give the tested queries in the keys of ood_loo_rows.json."""
    queries = findings.queries
    iid = set(queries.loc[queries["set"].isin(iid_sets), "identity"])
    return [
        {
            "celeb": row["identity"],
            "photo": row["photo"],
            "n_photos": row["n_photos"],
            "is_iid": row["identity"] in iid,
            "top1_celeb": row["top1"],
            "top1_cos": _float(row["top1_similarity"]),
            "top2_celeb": row["top2"],
            "top2_cos": _float(row["top2_similarity"]),
            "own_cos_loo": _float(row["own_similarity"]),
            "correct": row["correct"],
        }
        for row in queries[queries["tested"]].to_dict("records")
    ]


def _unknown_rows(unknown: pd.DataFrame) -> list[dict[str, Any]]:
    """Give the rows of unknown.tsv, similarities to four decimals."""
    # A float32 number of four decimals has many more digits as the number that is written.
    wide = unknown.astype({"mean_similarity": float, "max_similarity": float})
    rounded = wide.round({"mean_similarity": 4, "max_similarity": 4, "accepted": 4})
    return [{str(key): value for key, value in row.items()} for row in rounded.to_dict("records")]


def _float(value: float) -> float | None:
    """Give a float32 number in its fewest digits; None for NaN."""
    return None if np.isnan(value) else float(str(np.float32(value)))
