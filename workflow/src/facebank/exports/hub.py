"""Parquet for the Hugging Face Hub: one folder a view, and the card that names them.

The card's header is that of the Hub's documentation, "Dataset Cards" and "Manual Configuration":
``configs`` with ``config_name`` and ``data_files``. The tables open with pandas, pyarrow, ``datasets`` and
the Hub's viewer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from facebank.artifacts.atomic import write_text
from facebank.artifacts.tables import read_parquet, read_table, write_table
from facebank.artifacts.yaml_block import yaml_block
from facebank.errors import DataError
from facebank.exports.reading import people_of_release, require_release
from facebank.reading.limits import LARGEST_CONFIG, read_within
from facebank.reading.yaml_documents import yaml_value
from facebank.shown import markdown
from facebank.sources.schemas import SLOTS

if TYPE_CHECKING:
    from pathlib import Path

    from facebank.exports.records import ExportData

__all__ = ["VIEWS", "write_hub"]

#: View -> what a row is.
VIEWS = {
    "photos": "a photo: its path in the bank, its identity, the gallery's verdict, and its embedding",
    "identities": "an identity: its slug, the gallery's status, and its centroid (null where it has none)",
    "face_labels": "a frame and slot of a source, or of a variant labelled by itself: its status and its box",
    "claims": "a slot of a variant: who stands there (null where nobody is named or the audit excludes it),"
    " and the `source` in face_labels that serves it",
}

_COORDINATES = (
    "Boxes are `[x1, y1, x2, y2]` in continuous pixels of the upright frame, from 0 at its upper left."
)

_CLAIM_COLUMNS: dict[str, pa.DataType] = {
    "variant": pa.string(),
    "source": pa.string(),
    "labels": pa.string(),
    "slot": pa.int32(),
    "identity": pa.string(),
    "verdict": pa.string(),
    "excluded": pa.bool_(),
    "target": pa.bool_(),
    "frames": pa.int64(),
    "labelled_frames": pa.int64(),
}


def write_hub(folder: Path, data: ExportData) -> None:
    """Write a Parquet file for each of `VIEWS` that the release has, and the card ``README.md``.

    Parameters
    ----------
    folder : Path
        Where to write.
    data : ExportData
        A release.

    Raises
    ------
    DataError
        If it is no release, or its card or a table cannot be read.
    """
    require_release(data)
    header = _header(data.folder / "README.md")
    views = {
        "photos": _photos(data.folder / "tables" / "gallery" / "photos.parquet"),
        "identities": _identities(data.folder),
        "face_labels": _face_labels(data.folder / "tables" / "face_labels" / "slots.parquet"),
        "claims": _claims(data),
    }
    present = {name: table for name, table in views.items() if len(table)}
    for name, table in present.items():
        write_table(folder / _file(name), table, table.schema)
    header["configs"] = [{"config_name": name, "data_files": _file(name)} for name in present]
    write_text(folder / "README.md", _card(header, data.release, list(present)))


def _file(view: str) -> str:
    """Give where a view's table stands, as the Hub names the only file of a split."""
    return f"data/{view}/train-00000-of-00001.parquet"


def _header(path: Path) -> dict[str, Any]:
    """Read the header of the release's card."""
    try:
        # Lines of dashes: a title may end in some.
        header, _ = read_within(path, LARGEST_CONFIG).decode("utf-8").split("\n---\n", 1)
        return dict(yaml_value(header))
    except (OSError, ValueError, TypeError) as error:
        raise DataError(
            "The card of the release cannot be read",
            file=path,
            expected="a YAML header between lines of dashes",
            found=f"{type(error).__name__}: {error}",
            remedy="Check the release with `facebank verify`.",
        ) from error


def _card(header: dict[str, Any], release: str, views: list[str]) -> str:
    """Write the card."""
    rows = "".join(f"| `{name}` | {VIEWS[name]} |\n" for name in views)
    text = yaml_block(header)
    return (
        f"---\n{text}---\n\n# {markdown(header.get('pretty_name', 'facebank'))}\n\n"
        f"The tables of the facebank release `{release}`.\n\n"
        f"| View | A row is |\n|---|---|\n{rows}\n{_COORDINATES}\n\n"
        "A slot that the audit excludes has no identity here. Embeddings of faces are biometric data: they\n"
        "identify people. Use them for the purpose that they were collected for, and delete a person's data\n"
        "in every copy when that person asks for it.\n"
    )


def _photos(path: Path) -> pa.Table:
    """Give the gallery's photos as they are: the length of an embedding is the pack's."""
    if not path.is_file():
        return pa.table({})
    return read_parquet(path)


def _identities(release: Path) -> pa.Table:
    """Give the identities and their centroids."""
    people = people_of_release(release)
    dimension = max((len(person.centroid) for person in people if person.centroid is not None), default=0)
    schema = pa.schema(
        {
            "identity": pa.string(),
            "status": pa.string(),
            "centroid": pa.list_(pa.float32(), dimension),
        }
    )
    rows = [{name: getattr(person, name) for name in schema.names} for person in people]
    return pa.Table.from_pylist(rows, schema=schema)


def _face_labels(path: Path) -> pa.Table:
    """Give every frame and slot, with the four sides as one box."""
    if not path.is_file():
        return pa.table({})
    table = read_table(path, SLOTS)
    sides = np.stack([table[name].to_numpy() for name in ("x1", "y1", "x2", "y2")], axis=-1)
    hidden = np.isnan(sides).any(axis=1)
    boxes = pa.FixedSizeListArray.from_arrays(pa.array(sides.reshape(-1)), 4, mask=pa.array(hidden))
    kept = table.drop_columns(["x1", "y1", "x2", "y2"])
    return kept.add_column(kept.schema.get_field_index("score"), "box", boxes)


def _claims(data: ExportData) -> pa.Table:
    """Give who stands where in which variant."""
    rows = [
        {
            "variant": video.name,
            "source": video.source,
            "labels": video.label_set or None,
            "slot": slot,
            "identity": claim.identity or None,
            "verdict": claim.verdict,
            "excluded": claim.excluded,
            "target": slot == video.target_slot,
            "frames": video.frames,
            "labelled_frames": video.labelled_frames,
        }
        for video in data.videos
        for slot, claim in enumerate(video.claims)
    ]
    return pa.Table.from_pylist(rows, schema=pa.schema(_CLAIM_COLUMNS))
