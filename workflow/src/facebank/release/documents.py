"""The form of every file of a release: a model for each JSON document, the columns of each table.

What is not named here by its path is still held to its kind: JSON to an object or a list without NaN, JSON
lines to one object a line, a table to one number of cells a row.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from facebank.artifacts.tables import REJECTED_COLUMNS
from facebank.bank.schemas import PHOTOS
from facebank.errors import CheckError
from facebank.gallery.schemas import LOO
from facebank.gallery.tables import DUPLICATE_COLUMNS, IDENTITIES, PHOTO_FIELDS
from facebank.gold.javascript import parse_json
from facebank.reading.limits import LARGEST_DOCUMENT, DocumentError, read_within
from facebank.sources.schemas import (
    DETECTIONS,
    EXCLUSION_COLUMNS,
    FINDING_COLUMNS,
    FRAMES,
    SLOTS,
    SOURCES,
    VARIANTS,
    VERDICTS,
    VIDEOS,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["CelebEmbeddings", "FaceLabels", "require_form"]

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
#: What `facebank.artifacts.digests.contents_digest` gives.
Contents = Annotated[str, Field(pattern=r"^[0-9a-f]{64}(-[1-9][0-9]*)?$")]
Count = Annotated[int, Field(ge=0)]


class _Document(BaseModel):
    """A JSON document, or a part of one, whose values are of their types without conversion."""

    model_config = ConfigDict(strict=True, allow_inf_nan=False, frozen=True)


class _Person(_Document):
    photos: dict[str, str]
    centroid: list[float] | None
    n_photos: Count
    n_failed: Count


class CelebEmbeddings(_Document):
    """``celeb_embeddings.json``: see `facebank.gallery.manifest`."""

    bank_root: str
    buffalo_l_det_size: int
    schema_version: int
    model_pack: str
    embedding_dim: Count
    celebs: dict[str, _Person]
    failed: list[str]


class _Box(_Document):
    x1: float
    y1: float
    x2: float
    y2: float
    score: float
    x_center: float


class _Slot(_Document):
    status: str
    box: Annotated[list[float], Field(min_length=4, max_length=4)] | None
    score: float | None
    confidence: float
    keyframes: Annotated[list[int | None], Field(min_length=2, max_length=2)]


class _Frame(_Document):
    frame_idx: Count
    n_visible_faces: Count
    bboxes: list[_Box]
    slots: list[_Slot]


class FaceLabels(_Document):
    """``<source>.face_labels.json``: see `facebank.tracks.labels`."""

    source_episode: str
    representative_variant: str
    n_frames: Count
    stride: int
    score_thresh: float
    schema_version: int
    hidden_slots: str
    n_slots: Count
    image_width: Count
    image_height: Count
    det_size: int
    video_sha256: Sha256
    problem: str | None
    frames: list[_Frame]


class _File(_Document):
    sha256: Sha256
    bytes: Count


class _Input(_File):
    name: str


class _Provenance(_Document):
    format: int
    rule: str
    version: str
    parameters: dict[str, Any]
    code: Sha256
    modules: dict[str, str]
    contents: Contents | None
    provider: str | None
    models: list[dict[str, str]]
    runtime: dict[str, str]
    packages: dict[str, str]
    shard_versions: dict[str, list[str]] = {}
    inputs: dict[str, _Input]
    outputs: dict[str, _File]


class _ModelFile(_Document):
    role: str
    path: str
    sha256: Sha256
    licence: str
    permitted_use: str


class _Models(_Document):
    pack: str
    files: list[_ModelFile]
    detector: dict[str, Any]
    embedder: dict[str, Any]
    reference: dict[str, float]


class _Episode(_Document):
    episode_index: Count
    is_base: bool
    variant_name: str
    source_episode: str


class _Episodes(_Document):
    schema_version: int
    episodes: list[_Episode]


class _LeaveOneOut(_Document):
    celeb: str
    photo: str
    n_photos: Count
    is_iid: bool
    top1_celeb: str | None
    top1_cos: float | None
    top2_celeb: str | None
    top2_cos: float | None
    own_cos_loo: float | None
    correct: bool


class _Limits(_Document):
    limits: dict[str, Any]


class _Crate(_Document):
    context: Any = Field(alias="@context")
    graph: list[dict[str, Any]] = Field(alias="@graph")


class _Material(_Document):
    type: str
    name: str
    ref: str = Field(alias="bom-ref")


class _Materials(_Document):
    kind: Literal["CycloneDX"] = Field(alias="bomFormat")
    version: str = Field(alias="specVersion")
    components: list[_Material] = []
    dependencies: list[dict[str, Any]]


_Object = dict[str, Any]

#: Path pattern -> what stands in the file; the first that fits counts.
_MODELS: Mapping[str, TypeAdapter[Any]] = {
    "celeb_embeddings.json": TypeAdapter(CelebEmbeddings),
    "face_labels/*.face_labels.json": TypeAdapter(FaceLabels),
    "provenance/*.json": TypeAdapter(_Provenance),
    "ro-crate-metadata.json": TypeAdapter(_Crate),
    "sbom.cdx.json": TypeAdapter(_Materials),
    "tables/models/models.json": TypeAdapter(_Models),
    "tables/limits/limits.json": TypeAdapter(_Limits),
    "tables/validation/ood_loo_rows.json": TypeAdapter(list[_LeaveOneOut]),
    "audit/episode_mapping.json": TypeAdapter(_Episodes),
    "*summary.json": TypeAdapter(_Object),
    "*.json": TypeAdapter(_Object | list[_Object]),
}

#: Path -> columns that stand in this order at its head; a table whose vectors have one length has more.
_SCHEMAS: Mapping[str, pa.Schema] = {
    "tables/inventory_photos/photos.parquet": PHOTOS,
    "tables/inventory_sources/sources.parquet": SOURCES,
    "tables/inventory_sources/variants.parquet": VARIANTS,
    "tables/gallery/photos.parquet": pa.schema(PHOTO_FIELDS),
    "tables/gallery/identities.parquet": IDENTITIES,
    "tables/gallery/centroids.parquet": pa.schema([("identity", pa.string())]),
    "tables/validation/loo.parquet": LOO,
    "tables/detections/detections.parquet": DETECTIONS,
    "tables/detections/frames.parquet": FRAMES,
    "tables/detections/videos.parquet": VIDEOS,
    "tables/face_labels/slots.parquet": SLOTS,
    "audit/verdicts.parquet": VERDICTS,
}

#: Path pattern -> the columns at the head of a tab-separated table.
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "*/rejected.tsv": REJECTED_COLUMNS,
    "*/ignored.tsv": REJECTED_COLUMNS,
    "audit/exclusions.tsv": EXCLUSION_COLUMNS,
    "tables/inventory_sources/findings.tsv": FINDING_COLUMNS,
    "tables/gallery/duplicates.tsv": DUPLICATE_COLUMNS,
}


def require_form(release: Path, name: str) -> None:
    """Insist that a file of a release has the form that its readers rely on.

    Parameters
    ----------
    release : Path
        The release.
    name : str
        Path of the file in it.

    Raises
    ------
    CheckError
        Naming the file, and the first place in it that is of another form.
    """
    path = release / name
    match path.suffix:
        case ".json":
            _require_document(path, name)
        case ".jsonl" | ".ndjson":
            _require_lines(path)
        case ".tsv":
            _require_cells(path, name)
        case ".parquet":
            _require_columns(path, name)


def _require_document(path: Path, name: str) -> None:
    model = next(model for pattern, model in _MODELS.items() if fnmatchcase(name, pattern))
    try:
        model.validate_json(read_within(path, LARGEST_DOCUMENT))
    except DocumentError as error:
        _fail(path, "the form of its format", str(error))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "the whole"
        _fail(path, "the form of its format", f"at {place}: {first['msg']}")


def _require_lines(path: Path) -> None:
    # A name may hold a line separator that splitlines would take for a line end.
    text = _text(path)
    for number, line in enumerate(text.removesuffix("\n").split("\n") if text else (), start=1):
        try:
            whole = isinstance(parse_json(line), dict)
        except ValueError:
            whole = False
        if not whole:
            _fail(path, "a JSON object a line", f"none in line {number}")


def _require_cells(path: Path, name: str) -> None:
    head, *rows = [line.split("\t") for line in _text(path).split("\n")[:-1]] or [[]]
    wanted = next(
        (list(columns) for pattern, columns in _COLUMNS.items() if fnmatchcase(name, pattern)), head
    )
    if not head or head[: len(wanted)] != wanted:
        _fail(path, f"the columns {', '.join(wanted)}", ", ".join(head) or "no header")
    for number, row in enumerate(rows, start=2):
        if len(row) != len(head):
            _fail(path, f"{len(head)} cells a row", f"{len(row)} in line {number}")


def _require_columns(path: Path, name: str) -> None:
    try:
        found = pq.read_schema(path).remove_metadata()
    except (OSError, pa.ArrowException) as error:
        _fail(path, "a Parquet file", str(error))
    wanted = _SCHEMAS.get(name)
    if wanted is not None and not pa.schema(list(found)[: len(wanted)]).equals(wanted):
        _fail(
            path,
            ", ".join(f"{it.name} {it.type}" for it in wanted),
            ", ".join(f"{it.name} {it.type}" for it in found),
        )


def _text(path: Path) -> str:
    """Read a file as text."""
    try:
        return read_within(path, LARGEST_DOCUMENT).decode("utf-8")
    except ValueError as error:
        _fail(path, "text in UTF-8", str(error))


def _fail(path: Path, expected: str, found: str) -> NoReturn:
    raise CheckError(
        "A file of the release has another form",
        file=path,
        expected=expected,
        found=found,
        remedy="Publish the release again.",
    )
