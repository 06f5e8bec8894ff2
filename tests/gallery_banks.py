"""Banks of embeddings with a known truth, and the folders that the gallery's stages read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import imagehash
import numpy as np
import pyarrow as pa
from PIL import Image

from facebank.artifacts.digests import sha256_bytes
from facebank.artifacts.provenance import building
from facebank.artifacts.tables import REJECTED_COLUMNS, write_table, write_tsv
from facebank.bank.schemas import PHOTOS, faces_schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path


def people(
    sizes: Sequence[int], *, alike: float, strangers: float, dimension: int = 128, seed: int = 0
) -> np.ndarray:
    """Embeddings of people in a row: photos of one have cosines near `alike`, of two near `strangers`."""
    rng = np.random.default_rng(seed)

    def directions(count: int) -> np.ndarray:
        drawn = rng.normal(size=(count, dimension))
        return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)

    common, own, noise = directions(1), directions(len(sizes)), directions(sum(sizes))
    rows = (
        np.sqrt(strangers) * common
        + np.sqrt(alike - strangers) * np.repeat(own, sizes, axis=0)
        + np.sqrt(1 - alike) * noise
    )
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def texture(seed: int, size: tuple[int, int] = (96, 72)) -> Image.Image:
    """A picture (width, height) that no other seed gives."""
    coarse = np.random.default_rng(seed).integers(0, 255, (7, 9, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)


def write_inputs(
    root: Path,
    photos: Mapping[str, Image.Image | bytes],
    faces: Iterable[tuple[str, Sequence[float], np.ndarray]],
    folder: Path,
    *,
    no_face: Sequence[str] = (),
    rejected: Sequence[str] = (),
    slug_map: Mapping[str, str] | None = None,
) -> tuple[Path, Path]:
    """Write photos below `root` and the version folders of their inventory and embeddings.

    `faces` are (photo, box, embedding) in order of size.
    """
    known = {}
    for photo, content in photos.items():
        path = root / photo
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            content.save(path)
        image = Image.open(path)
        name = photo.split("/")[1]
        known[photo] = {
            "photo": photo,
            "set": photo.split("/")[0],
            "folder": name,
            "identity": (slug_map or {}).get(name, name),
            "sha256": sha256_bytes(path.read_bytes()),
            "bytes": path.stat().st_size,
            "width": image.width,
            "height": image.height,
            "orientation": 1,
            "format": "PNG",
            "phash": str(imagehash.phash(image)),
            "licence": None,
        }
    inventory, embeddings = folder / "inventory", folder / "embeddings"
    told = {"slug_map": dict(slug_map or {}), "aliases": {}}
    with building(inventory, rule="index_photos", parameters=told, inputs={}) as staging:
        write_table(staging / "photos.parquet", [known[photo] for photo in sorted(known)], PHOTOS)
        rows = [{"file": photo, "reason": "TRUNCATED"} for photo in rejected]
        write_tsv(staging / "rejected.tsv", REJECTED_COLUMNS, rows)
    table = _faces(known, list(faces))
    with building(embeddings, rule="collect_embeddings", parameters={}, inputs={}) as staging:
        write_table(staging / "faces.parquet", table, table.schema)
        write_tsv(
            staging / "rejected.tsv", REJECTED_COLUMNS, [{"file": p, "reason": "NO_FACE"} for p in no_face]
        )
        dimension = table.schema.field("embedding").type.list_size
        summary = {"embedding_dim": dimension, "model_pack": "drawn", "det_sizes": [320, 640]}
        (staging / "summary.json").write_text(json.dumps(summary))
    return inventory, embeddings


def _faces(
    known: Mapping[str, Mapping[str, Any]], faces: Sequence[tuple[str, Sequence[float], np.ndarray]]
) -> pa.Table:
    names = [photo for photo, _, _ in faces]
    rows = []
    for place, (photo, box, embedding) in enumerate(faces):
        numbers = dict.fromkeys(("score", "norm", "blur", "yaw", "pitch", "roll", "share"), 1.0)
        rows.append(
            {
                **known[photo],
                **numbers,
                **dict(zip(("x1", "y1", "x2", "y2"), map(float, box), strict=True)),
                "face": names[:place].count(photo),
                "faces_found": names.count(photo),
                "attempt": "plain",
                "landmarks": [0.0] * 10,
                "embedding": embedding.tolist(),
            }
        )
    rows.sort(key=lambda row: (row["photo"], row["face"]))
    return pa.Table.from_pylist(rows, schema=faces_schema(len(faces[0][2])))
