"""Recorded sources of three real people, run through the stages once a session."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest

from clips import HIDDEN, LETTERS, PACK, VARIANTS, Clip, encode, portrait
from facebank.artifacts.provenance import building
from facebank.artifacts.tables import write_table
from facebank.faces.detector import open_detector
from facebank.faces.embedder import open_embedder, unit
from facebank.runtime.packs import load_pack
from facebank.sources.discovery import CAMERA
from facebank.stages.collect_detections import collect_detections
from facebank.stages.detect_keyframes import detect_keyframes
from facebank.stages.index_sources import index_sources
from facebank.stages.interpolate_labels import interpolate_labels

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Record one source in three variants; give the folder, with ``root``, ``S``, ``D`` and ``L`` in it."""
    base = tmp_path_factory.mktemp("recorded")
    root = base / "root"
    for name, (people, layout) in VARIANTS.items():
        encode(
            root / name / "videos" / CAMERA / "chunk-000" / "file-000.mp4",
            Clip(people, 66, HIDDEN).pictures(),
        )
        (root / name / "meta").mkdir()
        (root / name / "meta" / "info.json").write_text(json.dumps({"total_frames": 66}))
        augmentation = {"src_episode": "ep01", "new_layout_camera_lmr": layout, "n_frames": 66}
        (root / name / "augmentation.json").write_text(json.dumps(augmentation))
    index_sources(root=root, output_dir=base / "S", letters=LETTERS)
    detect_keyframes(
        root=root,
        pack=PACK,
        output=base / "shard.parquet",
        cache=base / "cache",
    )
    collect_detections(
        shards=(base / "shard.parquet",),
        variants=base / "S" / "variants.parquet",
        pack=PACK,
        output_dir=base / "D",
    )
    interpolate_labels(detections=base / "D", variants=base / "S" / "variants.parquet", output_dir=base / "L")
    return base


@pytest.fixture(scope="session")
def known_gallery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a gallery of five people: a folder of the stage gallery with what the audit reads of it."""
    folder = tmp_path_factory.mktemp("gallery") / "G"
    pack = load_pack(PACK)
    detector, embedder = open_detector(pack), open_embedder(pack)
    vector = pa.list_(pa.float32(), embedder.dimension)
    photos: list[dict[str, Any]] = []
    for name in sorted(LETTERS.values()):
        for gain in (0.7, 1.0, 1.25):
            picture = np.clip(portrait(name)[0] * gain, 0, 255).astype(np.uint8)
            (faces,) = detector.detect([picture], det_size=320, score_threshold=0.5)
            embedding = unit(embedder.embed_faces(picture, faces.landmarks[:1]))[0]
            photos.append(
                {
                    "identity": name,
                    "verdict": "ok",
                    "in_centroid": True,
                    "duplicate_group": None,
                    "embedding": embedding.tolist(),
                }
            )
    centroids = [
        {
            "identity": name,
            "centroid": unit(
                np.sum([row["embedding"] for row in photos if row["identity"] == name], axis=0)[None]
            )[0].tolist(),
        }
        for name in sorted(LETTERS.values())
    ]
    identities = [{"identity": name, "status": "sound"} for name in sorted(LETTERS.values())]
    with building(folder, rule="build_gallery", parameters={}, inputs={}) as staging:
        name, text = ("identity", pa.string()), pa.string()
        write_table(
            staging / "photos.parquet",
            photos,
            pa.schema(
                [
                    name,
                    ("verdict", text),
                    ("in_centroid", pa.bool_()),
                    ("duplicate_group", pa.int32()),
                    ("embedding", vector),
                ]
            ),
        )
        write_table(staging / "centroids.parquet", centroids, pa.schema([name, ("centroid", vector)]))
        write_table(staging / "identities.parquet", identities, pa.schema([name, ("status", text)]))
    return folder
