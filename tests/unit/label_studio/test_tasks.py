"""Who labelled a task, what it shows, and which of its annotations come first."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from facebank.gold.rows import Rejections
from facebank.label_studio.tasks import Task, annotator_of, read_tasks


def read(folder: Path, *tasks: object, suffix: str = ".json", strict: bool = True) -> list[Task]:
    path = folder / f"export{suffix}"
    lines = json.dumps(tasks) if suffix == ".json" else "".join(json.dumps(task) + "\n" for task in tasks)
    path.write_text(lines)
    return list(read_tasks(path, Rejections(), strict=strict))


def annotation(name: str, results: int, **times: str) -> dict[str, Any]:
    return {"name": name, "result": [{}] * results, **times}


@pytest.mark.parametrize("suffix", [".json", ".JSONL", ".ndjson"])
def test_most_results_come_first_and_of_as_many_the_latest(tmp_path: Path, suffix: str) -> None:
    made = [
        annotation("old", 2, created_at="2026-01-01T00:00:00Z"),
        annotation("new", 2, created_at="2026-01-02T00:00:00Z"),
        annotation("changed", 2, created_at="2025-01-01T00:00:00Z", updated_at="2026-01-03T00:00:00Z"),
        annotation("untold", 2),
        annotation("few", 1, created_at="2026-02-01T00:00:00Z"),
        annotation("most", 3, created_at="2024-01-01T00:00:00Z"),
        {"name": "none", "result": "lost"},
        annotation("cancelled", 4) | {"was_cancelled": True},
        "no annotation",
    ]
    [task] = read(tmp_path, {"data": {}, "annotations": made}, suffix=suffix)
    order = ["most", "changed", "new", "old", "untold", "few", "none"]
    assert [it["name"] for it in task.annotations] == order
    assert (task.cancelled, task.double) == (1, True)
    [task] = read(tmp_path, {"data": {}, "annotations": made}, suffix=suffix, strict=False)
    assert [it["name"] for it in task.annotations] == ["cancelled", *order]


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("2026-02-12T10:30:00+02:00", "2026-02-12T09:00:00Z"),
        ("2026-02-12T09:00:00Z", "2026-02-12T09:00:00.500Z"),
        ("2026-02-12T09:00:00", "2026-02-12 09:00:01"),
        ("yesterday", "1999-01-01"),
    ],
)
def test_times_are_compared_as_instants(tmp_path: Path, earlier: str, later: str) -> None:
    made = [annotation("early", 1, updated_at=earlier), annotation("late", 1, updated_at=later)]
    [task] = read(tmp_path, {"data": {}, "annotations": made})
    assert [it["name"] for it in task.annotations] == ["late", "early"]
    # The format's first tools compared text, and their figures are those of what they took.
    [task] = read(tmp_path, {"data": {}, "annotations": made}, strict=False)
    assert [it["name"] for it in task.annotations] == ["early", "late"]


@pytest.mark.parametrize(
    ("data", "path"),
    [
        ({"local_path": "a.png", "image_path": "b.png", "image": "/c.png"}, "a.png"),
        ({"image_path": "a\\b.png"}, "a/b.png"),
        ({"image": "file:///d/c.png"}, "/d/c.png"),
        ({"image": "/d/c.png"}, "/d/c.png"),
        ({"image": "https://there/c.png"}, None),
        ({}, None),
    ],
)
def test_a_picture_is_named_by_its_path_and_by_no_address(
    tmp_path: Path, data: dict[str, str], path: str | None
) -> None:
    [task] = read(tmp_path, {"data": {"source": "s"} | data, "annotations": []})
    assert task.image_path == path
    named = path or json.dumps({"source": "s"} | data, separators=(",", ":"))
    assert task.sample_hash == hashlib.sha256(f"{task.source}:{named}".encode()).hexdigest()[:24]
    [given] = read(tmp_path, {"data": data | {"sample_hash": " 1f "}, "annotations": []})
    assert given.sample_hash == "1f"


@pytest.mark.parametrize(("word", "double"), [(" Yes ", True), ("no", False), (None, False)])
@pytest.mark.parametrize("holder", ["meta", "metadata", "data"])
def test_a_task_may_ask_for_two_annotations(
    tmp_path: Path, holder: str, word: str | None, double: bool
) -> None:
    [task] = read(tmp_path, {"data": {}, "annotations": [], holder: {"double_annotate": word}})
    assert (task.double, task.task_id) == (double, None)


@pytest.mark.parametrize(
    ("annotation", "name"),
    [
        ({}, "unknown_annotator"),
        ({"completed_by": True, "created_by": "eve"}, "eve"),
        ({"completed_by": 7}, "7"),
        ({"completed_by": {"email": " ", "username": "bob"}, "user": {"email": "ann"}}, "bob"),
        ({"completed_by": [1], "user": {"id": 3}}, "3"),
    ],
)
def test_the_first_name_that_is_not_blank_counts(annotation: dict[str, Any], name: str) -> None:
    expected = f"ann_{hashlib.sha256(name.encode()).hexdigest()[:12]}"
    assert annotator_of(annotation, None, None) == expected
