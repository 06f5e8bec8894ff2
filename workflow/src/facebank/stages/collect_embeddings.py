"""Stage embeddings: the shards become one table, joined with what the inventory knows of each photo."""

from __future__ import annotations

from collections import Counter
from pathlib import Path  # noqa: TC003 - the command line reads the annotations
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from facebank.artifacts.atomic import write_json
from facebank.artifacts.provenance import building
from facebank.artifacts.shards import distrust, require_whole, shard_versions
from facebank.artifacts.tables import REJECTED_COLUMNS, read_table, write_table, write_tsv
from facebank.bank.embedding import made_by
from facebank.bank.extraction import ExtractionRules
from facebank.bank.schemas import PHOTOS, faces_schema
from facebank.bank.shards import read_shards
from facebank.errors import DataError
from facebank.runtime.packs import load_pack
from facebank.runtime.sessions import provider_class

__all__ = ["collect_embeddings"]


def collect_embeddings(
    *,
    shards: tuple[Path, ...],
    photos: Path,
    pack: Path,
    output_dir: Path,
    det_sizes: tuple[int, ...] = (320, 640),
    min_score: float = 0.5,
    keep_faces: int = 4,
    device: str = "cpu",
) -> None:
    """Collect the shards of embedded photos into one table.

    Parameters
    ----------
    shards
        The files that embed-photos wrote, all of them.
    photos
        The inventory's photos.parquet.
    pack
        Folder of the model pack that the shards were made with.
    output_dir
        The version folder to make.
    det_sizes
        Longer side in pixels at which the detector saw a photo, as told to embed-photos.
    min_score
        Smallest detector score of a face, as told to embed-photos.
    keep_faces
        How many faces of a photo were kept, as told to embed-photos.
    device
        Where the models ran: cpu, cuda or cuda:N.

    Raises
    ------
    DataError
        If a shard is damaged or was made by other models or settings, or the shards do not hold each photo of
        the inventory once, with the bytes that it lists. Photos that the inventory does not use are dropped.
    ModelError
        If the pack cannot be read.
    """
    require_whole(shards)
    model_pack = load_pack(pack)
    dimension = model_pack.embedder.dimension
    rules = ExtractionRules(tuple(sorted(set(det_sizes))), min_score, keep_faces)
    inventory = read_table(photos, PHOTOS)
    embedded = read_shards(shards, dimension=dimension, made_by=made_by(model_pack, rules, device))
    rows = embedded.filter(pc.is_in(embedded["photo"], value_set=inventory["photo"].combine_chunks()))
    try:
        _require_same_photos(inventory, rows, photos)
    except DataError:
        distrust(shards)
        raise

    schema = faces_schema(dimension)
    known = inventory.take(pc.index_in(rows["photo"], value_set=inventory["photo"].combine_chunks()))
    columns = {**_columns(known), **_columns(rows)}
    joined = pa.table({name: columns[name] for name in schema.names})
    without_face = pc.is_null(joined["face"])
    faces = joined.filter(pc.invert(without_face))
    rejected = [
        _rejection(row, rules) for row in rows.select(["photo", "sha256"]).filter(without_face).to_pylist()
    ]
    with building(
        output_dir,
        rule="collect_embeddings",
        parameters=rules.described(),
        inputs={"photos": photos},
        models=model_pack.described(),
        provider=provider_class(device),
        shards=len(shards),
        shard_versions=shard_versions(shards),
    ) as folder:
        write_table(folder / "faces.parquet", faces, schema)
        write_tsv(folder / "rejected.tsv", REJECTED_COLUMNS, rejected)
        summary = {
            "photos": inventory.num_rows,
            "faces": faces.num_rows,
            "rejected": len(rejected),
            "photos_with_several_faces": faces["face"].to_pylist().count(1),
            "attempts": dict(sorted(Counter(_first_faces(faces)["attempt"].to_pylist()).items())),
            "embedding_dim": dimension,
            "model_pack": model_pack.name,
            "det_sizes": list(rules.det_sizes),
        }
        write_json(folder / "summary.json", summary)
    print(  # noqa: T201 - the stage's one line
        f"{inventory.num_rows} photos, {faces.num_rows} faces kept, {len(rejected)} photos without a face"
    )


def _columns(table: pa.Table) -> dict[str, Any]:
    """Give the columns of a table by name."""
    return dict(zip(table.column_names, table.columns, strict=True))


def _first_faces(rows: pa.Table) -> pa.Table:
    """Give one row a photo: its largest face, or the row that says that it has none."""
    return rows.filter(pa.array([face in (None, 0) for face in rows["face"].to_pylist()], pa.bool_()))


def _require_same_photos(inventory: pa.Table, rows: pa.Table, file: Path) -> None:
    """Insist that the shards hold exactly the inventory's photos, with the bytes that it lists."""
    expected = set(zip(inventory["photo"].to_pylist(), inventory["sha256"].to_pylist(), strict=True))
    first = _first_faces(rows)
    found = Counter(zip(first["photo"].to_pylist(), first["sha256"].to_pylist(), strict=True))
    wrong = sorted(expected - found.keys()) + sorted(photo for photo, count in found.items() if count > 1)
    wrong += sorted(found.keys() - expected)
    if wrong:
        photo = wrong[0]
        raise DataError(
            "The shards do not hold each photo of the inventory once, with the same bytes",
            file=file,
            expected=f"{photo[0]} {'once' if photo in expected else 'not'}",
            found=f"{found[photo]} times",
            remedy="A photo changed while it was read: build again.",
        )


def _rejection(row: dict[str, Any], rules: ExtractionRules) -> dict[str, str]:
    """Say why a photo without a face is not used."""
    sizes = ", ".join(map(str, rules.det_sizes))
    return {
        "file": row["photo"],
        "reason": "NO_FACE",
        "sha256": row["sha256"],
        "detail": f"no face of score {rules.min_score} or more at {sizes} px, padded, enlarged or turned",
        "remedy": "Replace or remove it, or lower embeddings.min_score.",
    }
