"""The rule import_gold, end to end."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from facebank.artifacts.digests import sha256_file
from facebank.artifacts.tables import read_tsv
from facebank.demo.gold import make_gold_demo
from facebank.errors import DataError
from facebank.gold.naming import EPOCH
from facebank.stages.import_gold import import_gold
from golden.gold.seed_case import GOLD, digest, digest_with

if TYPE_CHECKING:
    from pathlib import Path

SQUARE = [[10, 10], [90, 10], [90, 90], [10, 90]]


def polygon(label: str, points: object) -> dict[str, Any]:
    return {"type": "polygonlabels", "from_name": "r", "value": {"polygonlabels": [label], "points": points}}


def task(*results: dict[str, Any], **extra: object) -> dict[str, Any]:
    return {
        "id": 1,
        "data": {"sample_hash": "s"},
        "annotations": [{"id": 7, "result": list(results)}],
        **extra,
    }


def imported(
    tmp_path: Path, document: object, **options: object
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Import a document; give its gold rows and quality records."""
    export = tmp_path / "export.json"
    export.write_text(json.dumps(document))
    import_gold(export=export, output_dir=tmp_path / "labels-1", run_id="r", **options)  # type: ignore[arg-type]
    names = "gold_labels.ndjson", "gold_import_qc_r.jsonl"
    rows, records = (
        [json.loads(line) for line in (tmp_path / "labels-1" / name).read_text().splitlines()]
        for name in names
    )
    return rows, records


def test_seed_case_byte_for_byte(tmp_path: Path) -> None:
    make_gold_demo(output_dir=tmp_path)
    out = tmp_path / "labels-1"
    time = "2026-11-22T01:25:49.705Z"
    import_gold(
        export=tmp_path / "label_studio_export.json", output_dir=out, run_id="seed", generated_at=time
    )
    assert sha256_file(out / "gold_labels.ndjson") == digest("gold_labels.ndjson")
    assert sha256_file(out / "gold_import_qc_seed.jsonl") == digest("import_qc/gold_import_qc_seed.jsonl")
    paths = {
        "`label_studio_export.json`": "`../seed/label_studio_export.json`",
        "labels-1/gold_labels.ndjson": GOLD,
        "labels-1/gold_import_qc_seed": "../seed/import_qc/gold_import_qc_seed",
    }
    assert digest_with(out / "gold_import_qc_seed.md", paths) == digest("import_qc/gold_import_qc_seed.md")


def test_same_content_elsewhere_gives_the_same_bytes(tmp_path: Path) -> None:
    folders = []
    for place in ("a", "b/deeper"):
        make_gold_demo(output_dir=tmp_path / place)
        folders.append(tmp_path / place / "labels-1")
        import_gold(export=tmp_path / place / "label_studio_export.json", output_dir=folders[-1])
    files = [{path.name: path.read_bytes() for path in folder.iterdir()} for folder in folders]
    for made in files:
        made.pop("run.json")
    assert files[0] == files[1]


def test_a_document_without_a_list_of_tasks_is_no_export(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"export\.json; .*found neither a list nor"):
        imported(tmp_path, {"other": 1})
    assert not (tmp_path / "labels-1").exists()
    assert imported(tmp_path, {"other": 1}, compat=True) == ([], [])


@pytest.mark.parametrize("document", [[], {"tasks": []}])
def test_nothing_to_import(tmp_path: Path, document: object) -> None:
    assert imported(tmp_path, document) == ([], [])
    assert (tmp_path / "labels-1" / "gold_labels.ndjson").read_bytes() == b""


@pytest.mark.parametrize(
    ("annotations", "reason"),
    [
        ([], "NO_ANNOTATION"),
        ([{"id": 1, "result": []}], "NO_VALID_POLYGONS"),
        ([{"id": 1, "result": [polygon("nose", [[0, 0], [1, 1]])]}], "NO_VALID_POLYGONS"),
        ([{"id": 1, "result": [{"type": "brushlabels", "from_name": "nose"}]}], "ONLY_BRUSH_UNSUPPORTED"),
        ([{"id": 1, "result": [{"type": "rectangle", "from_name": "nose"}]}], "UNREAD_REGIONS"),
    ],
)
def test_skipped_tasks_are_named(tmp_path: Path, annotations: list[object], reason: str) -> None:
    rows, records = imported(tmp_path, [{"id": 3, "data": {"sample_hash": "s"}, "annotations": annotations}])
    assert rows == []
    assert [record["skipped_reason"] for record in records] == [reason]
    assert "created_at" not in records[0]
    assert [row["reason"] for row in read_tsv(tmp_path / "labels-1" / "rejected.tsv")] == [reason]


def test_a_skipped_task_is_no_gold(tmp_path: Path) -> None:
    more = [polygon("skin", SQUARE), polygon("nose", SQUARE)]
    skipped = {"id": 2, "was_cancelled": True, "result": more}
    rows, records = imported(tmp_path, [task(annotations=[skipped])])
    assert (rows, [record["skipped_reason"] for record in records]) == ([], ["CANCELLED"])
    document = [task(annotations=[skipped, {"id": 1, "result": more[:1]}])]
    [row], _ = imported(tmp_path, document)
    assert (row["annotation_id"], row["is_double_annotated"], list(row["labels"])) == ("1", False, ["skin"])
    [row], _ = imported(tmp_path, document, compat=True)
    assert (row["annotation_id"], row["is_double_annotated"]) == ("2", True)


def test_regions_of_unknown_labels_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = [task(polygon("skin", SQUARE), polygon("forehead_left", SQUARE), polygon("a\x1b", SQUARE))]
    imported(tmp_path, document)
    summary = json.loads((tmp_path / "labels-1" / "summary.json").read_text())
    assert summary["unknown_labels"] == {"a\x1b": 1, "forehead_left": 1}
    assert (
        "1 gold rows, 0 rejected, regions with unknown labels: a\\x1b, forehead_left"
        in capsys.readouterr().out
    )
    imported(tmp_path, [task(polygon("skin", SQUARE))])
    assert "unknown_labels" not in json.loads((tmp_path / "labels-1" / "summary.json").read_text())


def test_damaged_tasks_do_not_stop_the_others(tmp_path: Path) -> None:
    rows, _ = imported(tmp_path, [None, {"data": None}, task(polygon("skin", SQUARE))])
    assert [row["sample_hash"] for row in rows] == ["s"]
    assert rows[0]["created_at"] == EPOCH
    rejected = read_tsv(tmp_path / "labels-1" / "rejected.tsv")
    assert [(row["reason"], row["line"]) for row in rejected] == [("BAD_TASK", "1"), ("BAD_TASK", "2")]


def test_an_export_as_json_min_is_told(tmp_path: Path) -> None:
    minimal = {"id": 1, "image": "/a.png", "label": [{"points": SQUARE, "polygonlabels": ["nose"]}]}
    assert imported(tmp_path, [minimal]) == ([], [])
    [row] = read_tsv(tmp_path / "labels-1" / "rejected.tsv")
    assert (row["reason"], "not as JSON-MIN" in row["remedy"]) == ("BAD_TASK", True)
    _, [record] = imported(tmp_path, [minimal], compat=True)
    assert record["skipped_reason"] == "NO_ANNOTATION"


def test_quality_flags_in_their_order(tmp_path: Path) -> None:
    bow = [[10, 10], [90, 80], [90, 10], [10, 50]]
    rows, records = imported(
        tmp_path,
        [
            task(
                polygon("forehead", bow),
                polygon("hair", [[0, 0], [100, 0], [100, 100], [0, 100]]),
                polygon("nose", [[1, 1], [2, 1]]),
                polygon("chin", [[50, 50], [50.5, 50], [50.5, 50.5]]),
            )
        ],
    )
    codes = [(flag["level"], flag["code"]) for flag in records[0]["qc_flags"]]
    assert codes == [
        ("FAIL", "POLYGON_SELF_INTERSECTION"),
        ("WARN", "INVALID_POLYGON_GEOMETRY"),
        ("WARN", "MASK_TOO_SMALL"),
        ("WARN", "FOREHEAD_HAIR_OVERLAP_HIGH"),
    ]
    assert (records[0]["qc_status"], rows[0]["qc_fail_count"], rows[0]["qc_warn_count"]) == ("QC_FAIL", 1, 3)


def test_annotator_is_a_fallback_and_with_compat_an_override(tmp_path: Path) -> None:
    document = [task(polygon("skin", SQUARE))]
    document[0]["annotations"][0]["completed_by"] = "someone"
    plain = imported(tmp_path, document)[0][0]["annotator_id"]
    assert imported(tmp_path, document, annotator="other")[0][0]["annotator_id"] == plain
    assert imported(tmp_path, document, annotator="other", compat=True)[0][0]["annotator_id"] != plain


def test_annotation_with_most_results_comes_before_the_latest(tmp_path: Path) -> None:
    document = [task(polygon("skin", SQUARE), polygon("hair", SQUARE))]
    document[0]["annotations"][0]["updated_at"] = "2020-01-01T00:00:00Z"
    later = {"id": 8, "updated_at": "2026-01-01T00:00:00Z", "result": [polygon("skin", SQUARE)]}
    document[0]["annotations"].insert(0, later)
    assert [row["annotation_id"] for row in imported(tmp_path, document)[0]] == ["7"]
    rows, _ = imported(tmp_path, document, all_annotations=True)
    assert [row["annotation_id"] for row in rows] == ["7", "8"]
    assert rows[0]["is_double_annotated"]


def test_missing_or_unreadable_export_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="missing"):
        import_gold(export=tmp_path / "no.json", output_dir=tmp_path / "out")
    (tmp_path / "bad.json").write_text("[NaN]")
    with pytest.raises(DataError, match="NaN is not JSON"):
        import_gold(export=tmp_path / "bad.json", output_dir=tmp_path / "out")
    assert not (tmp_path / "out").exists()
