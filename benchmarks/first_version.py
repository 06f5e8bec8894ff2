"""What the stages do in the first version's way, on what a build has made: the same models, one thread.

Where the first version had nothing like a stage, there is no reference: inventories, checks, the report (it
had scripts that drew some debug pictures), the release. Gold labels have theirs in `gold_evaluate` and
`gold_import`, and matching photos with identities in `seed_bank`.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from facebank.audit.known_people import read_known_people
from facebank.faces.embedder import Embedder
from facebank.faces.retinaface import RetinaFace
from facebank.runtime.packs import load_pack
from figures import seconds
from photos import PACK
from reference.seed_audit import audit_first_frame
from reference.seed_bank import average_every, embed_every
from reference.seed_detection import detect_every
from reference.seed_labels import label_every

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reference.seed_labels import Box
    from workload import Workload

__all__ = ["STAGES", "first_version"]

#: Stages that the first version had, in other words.
STAGES = ("embed_photos", "build_gallery", "detect_keyframes", "interpolate_labels", "audit_slots")
_PHOTO_SIZE, _FRAME_SIZE, _STRIDE = 320, 640, 5


def first_version(work: Workload) -> dict[str, float]:
    """Give the seconds of each of `STAGES`, on photos and videos of which everything is built."""
    pack = load_pack(PACK)
    detector = RetinaFace(pack)._session  # noqa: SLF001 - the bare model, and nothing else
    embedder = Embedder(pack)._model.session  # noqa: SLF001
    variants = _rows(work, "inventory/sources-*/variants.parquet")
    labelled = [row for row in variants if row["representative"]]
    root = work.folder / "sources"
    keyframes, first = _detections(work), _first_labels(work)
    people = read_known_people(_only(work, "gallery/*"))
    centroids = dict(zip(people.slugs, people.centroids, strict=True))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)

        def detect() -> None:
            for row in labelled:
                detect_every(root / row["video"], detector, stride=_STRIDE, det_size=_FRAME_SIZE, threads=1)

        def audit() -> None:
            for row in variants:
                boxes = first[row["source"]]
                audit_first_frame(
                    root / row["video"], boxes, centroids, detector, embedder, det_size=_FRAME_SIZE
                )

        spent = {
            "embed_photos": seconds(
                lambda: embed_every(work.photos, detector, embedder, folder, det_size=_PHOTO_SIZE)
            )
        }
        files = defaultdict(list)
        for number, photo in enumerate(work.photos):
            if (file := folder / f"{number}.npy").is_file():
                files[photo.parent.name].append(file)
        spent["build_gallery"] = seconds(lambda: average_every(files, folder / "celeb_embeddings.json"))
        spent["detect_keyframes"] = seconds(detect)
        spent["interpolate_labels"] = seconds(
            lambda: [
                label_every(boxes, source, folder / f"{source}.face_labels.json")
                for source, boxes in keyframes.items()
            ]
        )
        spent["audit_slots"] = seconds(audit)
    return spent


def _only(work: Workload, pattern: str) -> Path:
    """Give the one version folder of a kind."""
    [found] = work.results.glob(pattern)
    return found


def _rows(work: Workload, pattern: str) -> list[dict[str, Any]]:
    """Read a table of the build."""
    rows: list[dict[str, Any]] = pq.read_table(_only(work, pattern)).to_pylist()
    return rows


def _detections(work: Workload) -> Mapping[str, Mapping[int, list[Box]]]:
    """Give the boxes of each keyframe of each source: what the reference would have found itself."""
    found: dict[str, dict[int, list[Box]]] = defaultdict(dict)
    for row in _rows(work, "detections/*/frames.parquet"):
        if row["keyframe"]:
            found[row["source"]][row["frame"]] = []
    for row in _rows(work, "detections/*/detections.parquet"):
        box = (row["x1"], row["y1"], row["x2"], row["y2"], row["score"])
        found[row["source"]][row["frame"]].append(box)
    return found


def _first_labels(work: Workload) -> Mapping[str, list[list[float]]]:
    """Give the labels of each source's first frame."""
    found = defaultdict(list)
    for row in _rows(work, "face_labels/*/slots.parquet"):
        if row["frame"] == 0 and row["x1"] is not None:
            found[row["source"]].append([row["x1"], row["y1"], row["x2"], row["y2"]])
    return found
