"""Two folders or releases are compared by what they were told, then by what they hold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from facebank.artifacts.provenance import building
from facebank.cli import main
from facebank.errors import DataError
from facebank.versions.differences import compare
from facebank.versions.sides import open_side

MODEL = {"name": "m", "sha256": "1", "licence": "MIT"}


def folder(
    place: Path,
    rule: str,
    tables: dict[str, list[dict[str, Any]]] | None = None,
    summary: dict[str, Any] | None = None,
    *,
    inputs: dict[str, Path] | None = None,
    models: tuple[dict[str, str], ...] = (),
    **parameters: object,
) -> Path:
    """Build a version folder with some tables and a summary."""
    with building(place, rule=rule, parameters=parameters, inputs=inputs or {}, models=models) as staging:
        for name, rows in (tables or {}).items():
            pq.write_table(pa.Table.from_pylist(rows), staging / name)
        (staging / "summary.json").write_text(json.dumps(summary or {}), encoding="utf-8")
    return place


def differences(a: Path, b: Path) -> Any:
    return compare(open_side(a), open_side(b))


def test_equal_folders_differ_in_nothing(tmp_path: Path) -> None:
    a, b = (folder(tmp_path / name / "v-1", "index_photos", summary={"photos": 1}) for name in "ab")
    found = differences(a, b)
    assert found.none
    assert (found.photos, found.identities, found.boxes) == (None, None, None)


def test_parameters_come_first_and_metrics_have_deltas(tmp_path: Path) -> None:
    a = folder(tmp_path / "a", "build_gallery", summary={"top1": 0.5, "deep": [{"n": 1}], "ok": True}, k=1)
    b = folder(tmp_path / "b", "build_gallery", summary={"top1": 0.75, "deep": [{"n": 1}], "new": 2}, k=2)
    found = differences(a, b)
    assert found.parameters == [{"artifact": "gallery", "parameter": "k", "a": 1, "b": 2}]
    assert found.metrics == [
        {"artifact": "gallery", "metric": "new", "a": None, "b": 2, "delta": None},
        {"artifact": "gallery", "metric": "top1", "a": 0.5, "b": 0.75, "delta": 0.25},
    ]


def test_photos_are_told_apart_by_path_and_bytes(tmp_path: Path) -> None:
    def rows(**photos: str) -> dict[str, list[dict[str, Any]]]:
        return {"photos.parquet": [{"photo": photo, "sha256": sha256} for photo, sha256 in photos.items()]}

    a = folder(tmp_path / "a", "index_photos", rows(same="1", gone="2", edited="3"))
    b = folder(tmp_path / "b", "index_photos", rows(same="1", new="2", edited="4"))
    assert differences(a, b).photos == {"added": ["new"], "removed": ["gone"], "changed": ["edited"]}


@pytest.mark.parametrize(
    ("sha256", "drift"), [("1", {"turned": pytest.approx(1 - np.cos(0.3), abs=1e-8)}), ("2", None)]
)
def test_identities_drift_by_the_angle_of_their_centroids(
    tmp_path: Path, sha256: str, drift: dict[str, float] | None
) -> None:
    def gallery(name: str, model: str, **angles: float) -> Path:
        embeddings = folder(
            tmp_path / name / "embeddings" / "e-1", "collect_embeddings", models=({**MODEL, "sha256": model},)
        )
        rows = [
            {"identity": identity, "centroid": [np.cos(angle), np.sin(angle)]}
            for identity, angle in angles.items()
        ]
        tables = {"centroids.parquet": rows}
        return folder(
            tmp_path / name / "gallery" / "g-1", "build_gallery", tables, inputs={"embeddings": embeddings}
        )

    a = gallery("a", "1", still=1.0, turned=0.1, gone=0.0)
    b = gallery("b", sha256, still=1.0, turned=0.4, new=0.0)
    # Vectors of two embedders have no angle.
    assert differences(a, b).identities == {"added": ["new"], "removed": ["gone"], "drift": drift}


def test_boxes_shift_by_the_farther_of_their_corners(tmp_path: Path) -> None:
    def rows(*boxes: tuple[str, int, list[float] | None]) -> dict[str, list[dict[str, Any]]]:
        corners = ("x1", "y1", "x2", "y2")
        return {
            "slots.parquet": [
                {
                    "source": source,
                    "frame": frame,
                    "slot": 0,
                    **dict(zip(corners, box or [None] * 4, strict=True)),
                }
                for source, frame, box in boxes
            ]
        }

    box = [0.0, 0.0, 10.0, 10.0]
    a = folder(tmp_path / "a", "interpolate_labels", rows(("s", 0, box), ("s", 1, box), ("same", 0, box)))
    moved = rows(("s", 0, [3.0, 4.0, 10.0, 11.0]), ("s", 1, None), ("s", 2, box), ("same", 0, box))
    b = folder(tmp_path / "b", "interpolate_labels", moved)
    assert differences(a, b).boxes == [
        {"source": "s", "compared": 1, "mean_shift_px": 5.0, "max_shift_px": 5.0, "only_a": 1, "only_b": 1}
    ]


def test_the_command_says_it_in_text_and_in_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a = folder(tmp_path / "a", "build_gallery", summary={"top1": 0.5}, k=1)
    b = folder(tmp_path / "b", "build_gallery", summary={"top1": 0.75}, k=2)
    assert main(["diff", str(a), str(b)]) == 0
    assert capsys.readouterr().out == (
        "a -> b\nParameters\n  gallery k: 1 -> 2\nMetrics\n  gallery top1: 0.5 -> 0.75 (+0.25)\n"
    )
    assert main(["diff", str(a), str(a)]) == 0
    assert capsys.readouterr().out == "a -> a\nnothing differs\n"
    assert main(["diff", str(a), str(b), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["metrics"][0]["delta"] == 0.25


def test_what_is_no_build_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="There is nothing to compare"):
        open_side(tmp_path)
