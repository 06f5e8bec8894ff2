"""Rows of gold labels and of predictions that were rejected, at any stage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facebank.gold.rows import Rejections, read_rows
from facebank.report.folders import document, rows

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from facebank.report.folders import Folders

__all__ = ["rejected_gold", "rejected_gold_share"]

_LABELS = "gold_labels.ndjson"


def rejected_gold_share(folders: Folders) -> float | None:
    """Give the largest of three shares; None without gold labels.

    They are: of the labels, what import or evaluation rejected; of the rows of a file of predictions, what
    the evaluation rejected; of the pictures in which regions should be predicted here, those in which they
    are not. A great many rows of one kind cannot hide what became of another. A further annotation of a
    task, where all were asked for, is no loss: its sample is scored by the task's first one.
    """
    if folders.gold_labels is None:
        return None
    refused = len(rows(folders.gold_labels, "rejected.tsv"))
    total = refused + _lines(folders.gold_labels / _LABELS)
    evaluated = document(folders.gold_evaluation, "gold_summary.json").get("rows", {})
    labels, given = evaluated.get("gold_labels", {}), evaluated.get("predictions", {})
    lost = labels.get("rejected", 0) - len(_further_annotations(folders))
    shares = [(refused + lost, total), (given.get("rejected", 0), given.get("read", 0))]
    if folders.gold_predictions is not None:
        missed = len(rows(folders.gold_predictions, "rejected.tsv"))
        shares.append((missed, missed + document(folders.gold_predictions, "summary.json")["predicted"]))
    return max(part / whole if whole else 0.0 for part, whole in shares)


def rejected_gold(folders: Folders) -> list[str]:
    """List the rejected rows that count with their reasons, in the order of the stages."""
    wanted = _further_annotations(folders)
    evaluated = [row for row in rows(folders.gold_evaluation, "rejected.tsv") if _place(row) not in wanted]
    stages = (folders.gold_labels, folders.gold_predictions)
    found = [row for folder in stages for row in rows(folder, "rejected.tsv")] + evaluated
    return [f"{row['file']} line {row.get('line', '?')} ({row['reason']})" for row in found]


def _further_annotations(folders: Folders) -> frozenset[tuple[str, str]]:
    """Find the rows that the evaluation rejects since an annotation of the same task came before.

    Where one annotation of each task was asked for, there are none: a task that stands twice is a fault.
    The same annotation twice is one too, and so are two tasks of one sample.
    """
    imported = document(folders.gold_labels, "provenance.json").get("parameters", {})
    if folders.gold_labels is None or not imported.get("all_annotations"):
        return frozenset()
    again = {
        _place(row)
        for row in rows(folders.gold_evaluation, "rejected.tsv")
        if row["file"] == _LABELS and row["reason"] == "DUPLICATE_HASH"
    }
    if not again:
        return frozenset()
    found, tasks, annotations = set(), set(), set()
    for row in read_rows(folders.gold_labels / _LABELS, Rejections(), strict=True):
        place, label = (_LABELS, str(row.number)), row.value
        task = (label["sample_hash"], label["meta"]["task_id"])
        annotation = (*task, label["annotation_id"])
        if place in again and task[1] and task in tasks and annotation not in annotations:
            found.add(place)
        tasks.add(task)
        annotations.add(annotation)
    return frozenset(found)


def _place(row: Mapping[str, str]) -> tuple[str, str]:
    """Tell where a rejected row stands: its file and line."""
    return row["file"], row["line"]


def _lines(path: Path) -> int:
    """Count the lines of a file."""
    with path.open("rb") as file:
        return sum(1 for _ in file)
