"""Rows of gold labels and of predictions that were rejected, at any stage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facebank.report.folders import document, rows

if TYPE_CHECKING:
    from pathlib import Path

    from facebank.report.folders import Folders

__all__ = ["rejected_gold", "rejected_gold_share"]


def rejected_gold_share(folders: Folders) -> float | None:
    """Give the largest of three shares; None without gold labels.

    They are: of the labels, what import or evaluation rejected; of the rows of a file of predictions, what
    the evaluation rejected; of the pictures in which regions should be predicted here, those in which they
    are not. A great many rows of one kind cannot hide what became of another.
    """
    if folders.gold_labels is None:
        return None
    refused = len(rows(folders.gold_labels, "rejected.tsv"))
    total = refused + _lines(folders.gold_labels / "gold_labels.ndjson")
    evaluated = document(folders.gold_evaluation, "gold_summary.json").get("rows", {})
    labels, given = evaluated.get("gold_labels", {}), evaluated.get("predictions", {})
    shares = [(refused + labels.get("rejected", 0), total), (given.get("rejected", 0), given.get("read", 0))]
    if folders.gold_predictions is not None:
        missed = len(rows(folders.gold_predictions, "rejected.tsv"))
        shares.append((missed, missed + document(folders.gold_predictions, "summary.json")["predicted"]))
    return max(part / whole if whole else 0.0 for part, whole in shares)


def rejected_gold(folders: Folders) -> list[str]:
    """List the rejected rows with their reasons, in the order of the stages."""
    stages = (folders.gold_labels, folders.gold_predictions, folders.gold_evaluation)
    found = [row for folder in stages for row in rows(folder, "rejected.tsv")]
    return [f"{row['file']} line {row.get('line', '?')} ({row['reason']})" for row in found]


def _lines(path: Path) -> int:
    """Count the lines of a file."""
    with path.open("rb") as file:
        return sum(1 for _ in file)
