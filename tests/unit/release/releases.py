"""A small release whose files agree, for the tests of what reads one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from facebank.artifacts.atomic import write_json
from facebank.artifacts.tables import write_table
from facebank.gallery.manifest import embedding_path, json_floats
from facebank.sources.schemas import SLOTS, VARIANTS, VERDICTS, VIDEOS

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

DIMENSION = 8
FRAMES, N_SLOTS = 3, 2
PEOPLE = {"ada": ("a/1.jpg", "a/2.jpg"), "bob": ("b/1.jpg",)}
CLAIMS = ["ada", "bob"]


def whole_row(schema: pa.Schema, **values: Any) -> dict[str, Any]:
    """Give a row of a schema: nothing but the given values."""
    return {**dict.fromkeys(schema.names), **values}


def write_gallery(
    release: Path, people: dict[str, tuple[str, ...]] = PEOPLE, left_out: Collection[str] = ()
) -> None:
    """Write embeddings, their centroids and the table of these; someone without photos is listed too."""
    random = np.random.default_rng(7)
    celebs: dict[str, Any] = {"carl": {"photos": {}, "centroid": None, "n_photos": 0, "n_failed": 1}}
    rows = []
    for slug, photos in people.items():
        vectors = random.normal(size=(len(photos), DIMENSION)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        for photo, vector in zip(photos, vectors, strict=True):
            path = release / "arcface_embeddings" / embedding_path(photo)
            path.parent.mkdir(parents=True, exist_ok=True)
            np.save(path, vector)
        counted = np.array([photo not in left_out for photo in photos])
        mean = vectors[counted].astype(np.float64).sum(axis=0)
        centroid = (mean / np.linalg.norm(mean)).astype(np.float32)
        celebs[slug] = {
            "photos": {photo: embedding_path(photo) for photo in photos},
            "centroid": json_floats(centroid),
            "n_photos": len(photos),
            "n_failed": 0,
        }
        rows.append({"identity": slug, "centroid": centroid.tolist()})
    document = {
        "bank_root": "arcface_embeddings",
        "buffalo_l_det_size": 640,
        "schema_version": 1,
        "model_pack": "tiny",
        "embedding_dim": DIMENSION,
        "celebs": celebs,
        "failed": ["c/1.jpg (no face detected)"],
    }
    write_json(release / "celeb_embeddings.json", document)
    write_json(release / "provenance" / "gallery.json", {"parameters": {"centroid": "mean"}})
    fields = pa.schema([("photo", pa.string()), ("in_centroid", pa.bool_())])
    tabled = [
        {"photo": photo, "in_centroid": photo not in left_out}
        for photos in people.values()
        for photo in photos
    ]
    write_table(release / "tables/gallery/photos.parquet", tabled, fields)
    schema = pa.schema([("identity", pa.string()), ("centroid", pa.list_(pa.float32(), DIMENSION))])
    write_table(release / "tables/gallery/centroids.parquet", rows, schema)


def label_document(frames: int = FRAMES) -> dict[str, Any]:
    """Give the labels of the source."""
    slot = {"status": "hidden", "box": None, "score": None, "confidence": 0.0, "keyframes": [None, 0]}
    box = dict.fromkeys(("x1", "y1", "x2", "y2", "score", "x_center"), 0.0)
    return {
        "source_episode": "s",
        "representative_variant": "s__v00",
        "n_frames": frames,
        "stride": 5,
        "score_thresh": 0.5,
        "schema_version": 1,
        "hidden_slots": "placeholder",
        "n_slots": N_SLOTS,
        "image_width": 64,
        "image_height": 48,
        "det_size": 640,
        "video_sha256": "ab" * 32,
        "problem": None,
        "frames": [
            {"frame_idx": index, "n_visible_faces": 0, "bboxes": [box] * N_SLOTS, "slots": [slot] * N_SLOTS}
            for index in range(frames)
        ],
    }


def write_sources(release: Path) -> None:
    """Write one labelled source, its table and its one variant's claims, with the audit's word on each."""
    write_json(release / "face_labels/s.face_labels.json", label_document())
    videos = [whole_row(VIDEOS, source="s", frames=FRAMES)]
    write_table(release / "tables/detections/videos.parquet", videos, VIDEOS)
    slots = [whole_row(SLOTS, source="s", frame=i, slot=j) for i in range(FRAMES) for j in range(N_SLOTS)]
    write_table(release / "tables/face_labels/slots.parquet", slots, SLOTS)
    write_claims(release, CLAIMS, reasons=["", ""])


def write_claims(
    release: Path, claims: list[str], reasons: list[str], *, verdict: str = "unknown", slots: int = 2
) -> None:
    """Write what the variant claims, and the audit's reasons; it takes no claims but one for each slot."""
    variants = [whole_row(VARIANTS, variant="s__v00", claims=claims)]
    write_table(release / "tables/inventory_sources/variants.parquet", variants, VARIANTS)
    verdicts = [
        whole_row(VERDICTS, variant="s__v00", slot=slot, claimed=claimed, reason=reason, verdict=verdict)
        for slot, (claimed, reason) in enumerate(
            zip(claims if len(claims) == slots else [""] * slots, reasons, strict=True)
        )
    ]
    write_table(release / "audit/verdicts.parquet", verdicts, VERDICTS)
