"""Banks of random unit vectors, as large as wished: identities are directions, photos scatter around them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from facebank.artifacts.atomic import write_json
from facebank.artifacts.digests import sha256_bytes
from facebank.artifacts.provenance import building
from facebank.artifacts.tables import REJECTED_COLUMNS, write_table, write_tsv
from facebank.bank.schemas import PHOTOS, faces_schema

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["DIMENSION", "RandomBank", "random_bank", "write_bank"]

DIMENSION = 512
#: Photos that are drawn at a time, which bounds the memory beside the bank itself.
_CHUNK = 10_000


@dataclass(frozen=True, slots=True)
class RandomBank:
    """A bank for leave-one-out.

    Attributes
    ----------
    embeddings : ndarray of float32, shape (N, 512)
        Unit rows.
    identities : ndarray of int64, shape (N,)
        Each of the K identities has a photo.
    pictures : ndarray of int64, shape (N,)
        No two photos are copies.
    """

    embeddings: NDArray[np.float32]
    identities: NDArray[np.int64]
    pictures: NDArray[np.int64]


def random_bank(photos: int, identities: int) -> RandomBank:
    """Draw a bank; the same numbers give the same bank."""
    rng = np.random.Generator(np.random.PCG64(photos))
    centres = rng.standard_normal((identities, DIMENSION), dtype=np.float32)
    names = np.concatenate([np.arange(identities), rng.integers(0, identities, photos - identities)])
    embeddings = np.empty((photos, DIMENSION), dtype=np.float32)
    for first in range(0, photos, _CHUNK):
        rows = slice(first, min(first + _CHUNK, photos))
        drawn = rng.standard_normal((rows.stop - first, DIMENSION), dtype=np.float32)
        drawn += centres[names[rows]]
        embeddings[rows] = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    return RandomBank(embeddings, names, np.arange(photos))


def write_bank(bank: RandomBank, folder: Path) -> tuple[Path, Path]:
    """Write the version folders that the gallery's stages read: of an inventory, and of embeddings.

    Every photo has one face, and a perceptual hash that is like no other.
    """
    inventory, embeddings = folder / "inventory", folder / "embeddings"
    known = [
        {
            "photo": f"scraped/person-{identity:05d}/{number:06d}.jpg",
            "set": "scraped",
            "folder": f"person-{identity:05d}",
            "identity": f"person-{identity:05d}",
            "sha256": f"{number:064x}",
            "bytes": 1,
            "width": 640,
            "height": 640,
            "orientation": 1,
            "format": "JPEG",
            "phash": sha256_bytes(b"%d" % number)[:16],
            "licence": None,
        }
        for number, identity in enumerate(bank.identities.tolist())
    ]
    order = sorted(range(len(known)), key=lambda number: str(known[number]["photo"]))
    with building(
        inventory, rule="index_photos", parameters={"slug_map": {}, "aliases": {}}, inputs={}
    ) as made:
        write_table(made / "photos.parquet", [known[number] for number in order], PHOTOS)
        write_tsv(made / "rejected.tsv", REJECTED_COLUMNS, [])
    plain = dict.fromkeys(("score", "norm", "blur", "yaw", "pitch", "roll", "share"), 1.0)
    face = {"face": 0, "faces_found": 1, "attempt": "plain", "landmarks": [0.0] * 10}
    box = {"x1": 0.0, "y1": 0.0, "x2": 99.0, "y2": 99.0}
    rows = [
        {**known[number], **plain, **face, **box, "embedding": bank.embeddings[number].tolist()}
        for number in order
    ]
    schema = faces_schema(DIMENSION)
    with building(embeddings, rule="collect_embeddings", parameters={}, inputs={}) as made:
        write_table(made / "faces.parquet", pa.Table.from_pylist(rows, schema=schema), schema)
        write_tsv(made / "rejected.tsv", REJECTED_COLUMNS, [])
        facts = {"embedding_dim": DIMENSION, "model_pack": "drawn", "det_sizes": [320, 640]}
        write_json(made / "summary.json", facts)
    return inventory, embeddings
