"""The page of the gold labels: face regions measured against labels drawn by people."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from facebank.report.folders import document, rows

if TYPE_CHECKING:
    from pathlib import Path

    from facebank.report.folders import Folders

__all__ = ["GoldPage", "gold_page"]

_WORST = 10


@dataclass(frozen=True, slots=True)
class GoldPage:
    """What the page shows.

    Attributes
    ----------
    summary : dict
        gold_summary.json of the evaluation: coverage, figures with intervals by source and module.
    worst : tuple of dict
        The samples with the lowest overlaps.
    flags : dict
        Flag of the import's check -> number of rows with it.
    quality : dict
        Outcome of the import's check -> number of rows.
    variants : dict
        The comparison: baseline, recommended group, groups.
    agreement : dict
        The agreement of annotators.
    rejected : tuple of dict
        Rows that could not be read, with their stage.
    """

    summary: dict[str, Any]
    worst: tuple[dict[str, Any], ...]
    flags: dict[str, int]
    quality: dict[str, int]
    variants: dict[str, Any]
    agreement: dict[str, Any]
    rejected: tuple[dict[str, Any], ...]


def gold_page(folders: Folders) -> GoldPage:
    """Gather what the page of the gold labels shows."""
    imported = _lines(folders.gold_labels, "gold_import_qc_*.jsonl")
    flags = [str(flag["code"]) for row in imported for flag in row["qc_flags"]]
    states = [row["qc_status"] if row["skipped_reason"] is None else "skipped" for row in imported]
    samples = _lines(folders.gold_evaluation, "eval_gold_*.jsonl")
    return GoldPage(
        summary=document(folders.gold_evaluation, "gold_summary.json"),
        worst=tuple(sorted(samples, key=_overlap)[:_WORST]),
        flags=_counts(flags),
        quality=_counts(states),
        variants=_one(folders.gold_variants, "eval_gold_ab_*.json"),
        agreement=_one(folders.gold_agreement, "eval_gold_iaa_*.json"),
        rejected=tuple(
            {"stage": name, **row}
            for name, folder in (("import", folders.gold_labels), ("evaluation", folders.gold_evaluation))
            for row in rows(folder, "rejected.tsv")
        ),
    )


def _overlap(row: dict[str, Any]) -> tuple[float, float, str]:
    """Sort samples by their overlaps, the lowest first; those without a prediction before all."""
    strong, skin = row.get("strong_module_miou_mean"), row.get("skin_iou")
    return (-1.0 if strong is None else strong, -1.0 if skin is None else skin, str(row["sample_hash"]))


def _lines(folder: Path | None, pattern: str) -> list[dict[str, Any]]:
    """Read the one JSON-lines file of a folder whose name fits; the run's id is in it."""
    if folder is None:
        return []
    return [
        json.loads(line)
        for path in sorted(folder.glob(pattern))
        for line in path.read_text("utf-8").splitlines()
    ]


def _one(folder: Path | None, pattern: str) -> dict[str, Any]:
    """Read the one JSON object of a folder whose name fits."""
    if folder is None:
        return {}
    found = sorted(folder.glob(pattern))
    return document(folder, found[0].name) if found else {}


def _counts(names: list[str]) -> dict[str, int]:
    """Count names, sorted by name."""
    return {name: names.count(name) for name in sorted(set(names))}
