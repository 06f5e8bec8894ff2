"""The first version's way from photos to recall, on the same models: what our gallery is compared with.

One photo at a time: decoded by OpenCV, padded to a square, shown to the detector, its largest face cut out by
insightface, embedded alone, and kept in a file. Then a centroid for each person, kept as text, and for each
photo one more, without it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import cv2
import numpy as np

from facebank.faces.boxes import area
from reference.seed_faces import embedding, faces

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from onnxruntime import InferenceSession

__all__ = ["average_every", "embed_every", "match_every"]


def embed_every(
    photos: Sequence[Path],
    detector: InferenceSession,
    embedder: InferenceSession,
    folder: Path,
    *,
    det_size: int,
) -> int:
    """Write the embedding of each photo's largest face into a folder; tell how many photos have one."""
    written = 0
    for number, photo in enumerate(photos):
        pixels = cv2.imdecode(np.frombuffer(photo.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
        boxes, landmarks = faces(np.asarray(pixels), detector, det_size)
        if not len(boxes):
            continue
        largest = int(np.argmax(area(boxes)))
        vector = embedding(np.asarray(pixels), landmarks[largest], embedder)
        np.save(folder / f"{number}.npy", vector, allow_pickle=False)
        written += 1
    return written


def average_every(files: Mapping[str, Sequence[Path]], output: Path) -> None:
    """Write the centroid of each person's embeddings, by slug, into one JSON file."""
    people = {}
    for slug, own in files.items():
        vectors = [np.load(file, allow_pickle=False) for file in own]
        centroid = _unit(np.mean(vectors, axis=0)).tolist() if vectors else None
        people[slug] = {"centroid": centroid, "n_photos": len(vectors), "photos": [file.name for file in own]}
    output.write_text(json.dumps({"celebs": people}, indent=2), encoding="utf-8")


def match_every(embeddings: NDArray[np.float32], identities: NDArray[np.int64]) -> float:
    """Match each photo with the centroids of all, its own made without it; give the recall."""
    rows = {name: np.flatnonzero(identities == name) for name in np.unique(identities).tolist()}
    centroids = {name: _unit(embeddings[members].mean(axis=0)) for name, members in rows.items()}
    hits, tested = 0, 0
    for name, members in rows.items():
        for photo in members.tolist() if len(members) > 1 else []:
            without = _unit(embeddings[members[members != photo]].mean(axis=0))
            scores = {
                other: float(embeddings[photo] @ (without if other == name else centroid))
                for other, centroid in centroids.items()
            }
            hits += max(scores, key=scores.__getitem__) == name
            tested += 1
    return hits / tested


def _unit(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    """Give a vector of length 1."""
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)
