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
    assert (found.photos, found.identities, found.boxes, found.detections) == (None, None, None, None)


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
            tmp_path / name / "embeddings" / "e-1",
            "collect_embeddings",
            models=({**MODEL, "sha256": model, "licence": name},),
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


def labels(place: Path, *boxes: tuple[str, int, list[float] | None]) -> Path:
    """Make a folder of face labels of one slot."""
    corners = ("x1", "y1", "x2", "y2")
    rows = [
        {"source": source, "frame": frame, "slot": 0, **dict(zip(corners, box or [None] * 4, strict=True))}
        for source, frame, box in boxes
    ]
    return folder(place, "interpolate_labels", {"slots.parquet": rows})


BOX = [0.0, 0.0, 10.0, 10.0]
#: The columns of a source's row after its name.
SHIFT = ("missing_in", "compared", "mean_shift_px", "max_shift_px", "only_a", "only_b")


def test_boxes_shift_by_the_farther_of_their_corners(tmp_path: Path) -> None:
    a = labels(tmp_path / "a", ("s", 0, BOX), ("s", 1, BOX), ("same", 0, BOX), ("unseen", 0, None))
    moved = (("s", 0, [3.0, 4.0, 10.0, 11.0]), ("s", 1, None), ("s", 2, BOX), ("same", 0, BOX))
    b = labels(tmp_path / "b", *moved, ("unseen", 0, None))
    assert differences(a, b).boxes == [
        {"source": "s", **dict(zip(SHIFT, (None, 1, 5.0, 5.0, 1, 1), strict=True))}
    ]


def test_a_source_that_one_side_lacks_is_said_to_be_missing_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing of it was compared, so nothing of it stood still."""
    a = labels(tmp_path / "a", ("gone", 0, BOX), ("gone", 1, None), ("hidden", 0, BOX), ("both", 0, BOX))
    b = labels(tmp_path / "b", ("hidden", 0, None), ("new", 0, None), ("both", 0, BOX))
    expected = {"gone": ("b", 0, None, None, 1, 0), "hidden": (None, 0, None, None, 1, 0)}
    expected["new"] = ("a", 0, None, None, 0, 0)
    assert differences(a, b).boxes == [
        {"source": source, **dict(zip(SHIFT, row, strict=True))} for source, row in expected.items()
    ]
    assert main(["diff", str(a), str(b)]) == 0
    assert capsys.readouterr().out == (
        "a -> b\nBoxes\n  gone: B has no labels of it; 1 gone, 0 new\n"
        "  hidden: none in both; 1 gone, 0 new\n  new: A has no labels of it; 0 gone, 0 new\n"
    )


def test_detections_of_a_source_that_one_side_lacks_are_all_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a = detections(tmp_path / "a", {0: [LEFT, RIGHT], 5: [LEFT]}, source="gone")
    b = detections(tmp_path / "b", {0: []}, source="new")
    assert main(["diff", str(a), str(b)]) == 0
    assert capsys.readouterr().out == (
        "a -> b\nDetections\n  gone: B has no detections of it; 3 gone, 0 new\n"
        "  new: A has no detections of it; 0 gone, 0 new\n"
    )
    assert main(["diff", str(a), str(b), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["detections"]
    assert [(it["source"], it["missing_in"], it["max_shift_px"]) for it in found] == [
        ("gone", "b", None),
        ("new", "a", None),
    ]


def detections(place: Path, faces: dict[int, list[list[float]]], *, source: str = "s") -> Path:
    """Make a folder of detections, keyframe by keyframe, with a frame behind each that is none."""
    schema = pa.schema(
        [
            ("source", pa.string()),
            ("frame", pa.int32()),
            *((it, pa.float32()) for it in ("x1", "y1", "x2", "y2")),
        ]
    )
    rows = [[source, frame, *box] for frame, boxes in faces.items() for box in boxes]
    frames = [
        {"source": source, "frame": frame + after, "keyframe": not after}
        for frame in faces
        for after in (0, 1)
    ]
    with building(place, rule="collect_detections", parameters={}, inputs={}) as staging:
        table = pa.Table.from_pylist([dict(zip(schema.names, row, strict=True)) for row in rows], schema)
        pq.write_table(table, staging / "detections.parquet")
        pq.write_table(pa.Table.from_pylist(frames), staging / "frames.parquet")
    return place


LEFT, RIGHT = [0.0, 0.0, 100.0, 100.0], [200.0, 0.0, 300.0, 100.0]
MOVED = [3.0, 4.0, 100.0, 101.0]


@pytest.mark.parametrize(
    ("a", "b", "found"),
    [
        ({0: []}, {0: []}, None),
        ({0: [LEFT, RIGHT]}, {0: [RIGHT, LEFT]}, None),
        # What one side did not look at says nothing.
        ({0: [LEFT], 2: [LEFT]}, {0: [LEFT], 8: []}, None),
        ({0: [LEFT], 2: []}, {0: [], 2: [RIGHT]}, (2, None, 0, None, None, 1, 1)),
        ({0: [LEFT, RIGHT]}, {0: [RIGHT, MOVED]}, (1, None, 2, 2.5, 5, 0, 0)),
        # Less than half in common: another face.
        ({0: [LEFT]}, {0: [[60.0, 0.0, 160.0, 100.0]]}, (1, None, 0, None, None, 1, 1)),
        # The better of two goes, whatever their order.
        ({0: [LEFT]}, {0: [[20.0, 0.0, 120.0, 100.0], MOVED]}, (1, None, 1, 5, 5, 0, 1)),
    ],
)
def test_detected_faces_are_those_that_overlap_at_keyframes_of_both(
    tmp_path: Path, a: Any, b: Any, found: tuple[float | None, ...] | None
) -> None:
    names = ("keyframes", *SHIFT)
    expected = [] if found is None else [{"source": "s", **dict(zip(names, found, strict=True))}]
    assert differences(detections(tmp_path / "a", a), detections(tmp_path / "b", b)).detections == expected


def test_the_command_says_how_far_detections_moved(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folders = [detections(tmp_path / name, {0: [box]}) for name, box in (("a", LEFT), ("b", MOVED))]
    assert main(["diff", *map(str, folders)]) == 0
    assert capsys.readouterr().out == (
        "a -> b\nDetections\n  s, 1 keyframe of both:"
        " 1 in both, shifted by 5.000 px on average and 5.000 px at most; 0 gone, 0 new\n"
    )


def audit(place: Path, *slots: tuple[str, int, str, str, bool]) -> Path:
    names = ("variant", "slot", "claimed", "verdict", "excluded")
    return folder(
        place, "collect_verdicts", {"verdicts.parquet": [dict(zip(names, it, strict=True)) for it in slots]}
    )


def test_claims_and_exclusions_are_told_slot_by_slot(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two persons that changed places leave every count as it is."""
    same = ("v0", 2, "eve", "confirmed", False)
    gone, new = ("gone", 0, "eve", "unknown", False), ("new", 0, "eve", "unknown", False)
    before = [("v0", 0, "ada", "confirmed", False), ("v0", 1, "bob", "mismatch", True)]
    after = [("v0", 0, "bob", "mismatch", True), ("v0", 1, "", "unclaimed", False)]
    a, b = audit(tmp_path / "a", *before, same, gone), audit(tmp_path / "b", *after, same, new)
    found = differences(a, b)
    assert not found.none
    assert [(it["variant"], it["slot"]) for it in found.claims] == [
        ("gone", None),
        ("new", None),
        ("v0", 0),
        ("v0", 1),
    ]
    assert main(["diff", str(a), str(b)]) == 0
    assert capsys.readouterr().out.splitlines()[-5:] == [
        "Claims",
        "  gone: B does not have it",
        "  new: A does not have it",
        "  v0:0: ada, confirmed -> bob, mismatch, excluded",
        "  v0:1: bob, mismatch, excluded -> nobody, unclaimed",
    ]
    assert differences(a, a).claims == []


def test_items_of_lists_are_known_by_their_names(tmp_path: Path) -> None:
    """Another item before them would move their places, and a place may look like another's name."""
    before = {
        "buckets": [{"bucket": "1", "hits": 0}, {"bucket": "2", "hits": 5}, {"bucket": "3-4", "hits": 7}],
        "pairs": [{"identities": ["ada", "bob"], "cos": 0.5}],
        "interval": [0.25, 0.5],
    }
    after = {
        "buckets": [{"bucket": "2", "hits": 4}, {"bucket": "3-4", "hits": 7}],
        "pairs": [{"identities": ["ada", "eve"], "cos": 0.75}, {"identities": ["ada", "bob"], "cos": 0.5}],
        "interval": [0.25, 0.75],
    }
    a, b = (
        folder(tmp_path / name, "build_gallery", summary=it) for name, it in (("a", before), ("b", after))
    )
    assert {it["metric"]: (it["a"], it["b"]) for it in differences(a, b).metrics} == {
        "buckets[1].hits": (0, None),
        "buckets[2].hits": (5, 4),
        "interval.1": (0.5, 0.75),
        "pairs[ada eve].cos": (None, 0.75),
    }


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


@pytest.mark.parametrize("command", ["diff", "compare"])
def test_folders_of_different_kinds_are_not_compared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    a = folder(tmp_path / "a" / "v-1", "build_gallery")
    b = folder(tmp_path / "b" / "v-1", "collect_verdicts")
    words = ["--output-dir", str(tmp_path / "page")] if command == "compare" else []
    assert main([command, str(a), str(b), *words]) == 3
    told = capsys.readouterr().err
    assert f"These are of different kinds: {b}; expected a release, or gallery as in {a}, found audit" in told
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]
