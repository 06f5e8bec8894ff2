"""``celeb_embeddings.json`` and the ``.arcface.npy`` files: the gallery in the form that training code reads.

Schema 1.1 of the data set that the format comes from: the keys that its readers know, in their order, and
two more at the root, ``model_pack`` and ``embedding_dim``. Paths in it are relative to `BANK_ROOT`, a
folder beside it.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from facebank.artifacts.file_names import folded_name, with_digest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from facebank.gallery.bank import Bank
    from facebank.gallery.failures import Failure

__all__ = [
    "BANK_ROOT",
    "embedding_path",
    "embedding_paths",
    "failure_text",
    "json_floats",
    "manifest",
    "set_order",
    "write_embeddings",
]

BANK_ROOT = "arcface_embeddings"
SCHEMA_VERSION = 1

#: Sets come in this order, others after them by name.
_SETS = ("heldout", "scraped")
#: What readers of the format know a reason as; other codes are written in words.
_REASONS = {"NO_FACE": "no face detected"}


def manifest(
    bank: Bank,
    centroids: NDArray[np.float32],
    failures: Sequence[Failure],
    *,
    det_sizes: Sequence[int],
    model_pack: str,
) -> dict[str, Any]:
    """Give the content of celeb_embeddings.json.

    Parameters
    ----------
    bank : Bank
        The photos that make up the gallery.
    centroids : ndarray of float32, shape (K, D)
        The centroids of the bank's identities.
    failures : sequence of Failure
        The photos that could not be used. An identity that has no others is listed without a centroid.
    det_sizes : sequence of int
        The detector's sizes; the largest stands under the key that readers know.
    model_pack : str
        Name of the model pack.
    """
    columns = bank.faces[["set", "folder", "photo", "identity"]]
    photos = sorted(columns.itertuples(index=False, name=None), key=lambda row: (set_order(row[0]), *row[1:]))
    folders = {(name, folder, identity) for name, folder, _, identity in photos}
    folders |= {(failure.set, failure.folder, failure.identity) for failure in failures if failure.identity}
    n_failed = Counter(failure.identity for failure in failures)
    known = dict(zip(bank.slugs, centroids, strict=True))
    celebs: dict[str, dict[str, Any]] = {}
    for _, _, identity in sorted(folders, key=lambda row: (set_order(row[0]), *row[1:])):
        celebs[identity] = {
            "photos": {},
            "centroid": json_floats(known[identity]) if identity in known else None,
            "n_photos": 0,
            "n_failed": n_failed[identity],
        }
    paths = embedding_paths(bank)
    for _, _, photo, identity in photos:
        celebs[identity]["photos"][photo] = paths[photo]
        celebs[identity]["n_photos"] += 1
    return {
        "bank_root": BANK_ROOT,
        "buffalo_l_det_size": max(det_sizes),
        "schema_version": SCHEMA_VERSION,
        "model_pack": model_pack,
        "embedding_dim": bank.embeddings.shape[1],
        "celebs": celebs,
        "failed": [f"{failure.photo} ({failure_text(failure.reason)})" for failure in failures],
    }


def embedding_paths(bank: Bank) -> dict[str, str]:
    """Give the path of each photo's embedding, relative to `BANK_ROOT`.

    Photos whose names some file systems take for one have the head of their digest before the name.
    """
    photos = list(zip(bank.faces["photo"], bank.faces["sha256"], strict=True))
    alike = Counter(folded_name(photo) for photo, _ in photos)
    return {
        photo: embedding_path(photo if alike[folded_name(photo)] == 1 else with_digest(photo, sha256))
        for photo, sha256 in photos
    }


def embedding_path(photo: str) -> str:
    """Give the path of the embedding of a photo that no other one's name is like."""
    return f"{photo}.arcface.npy"


def failure_text(reason: str) -> str:
    """Give a reason code in words: ``TOO_SMALL`` -> ``too small``."""
    return _REASONS.get(reason, reason.replace("_", " ").lower())


def json_floats(vector: NDArray[np.float32]) -> list[float]:
    """Give float32 numbers in the fewest digits that read back as the same float32."""
    return [float(str(number)) for number in vector.astype(np.float32)]


def set_order(name: str) -> tuple[int, str]:
    """Give the key that sorts sets."""
    return (_SETS.index(name) if name in _SETS else len(_SETS), name)


def write_embeddings(folder: Path, bank: Bank) -> None:
    """Write one ``.npy`` file (version 1.0, float32, shape (D,)) per photo below `folder`/`BANK_ROOT`."""
    paths = embedding_paths(bank)
    for photo, embedding in zip(bank.faces["photo"], bank.embeddings, strict=True):
        path = folder / BANK_ROOT / paths[photo]
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            np.lib.format.write_array(file, embedding, version=(1, 0))
