"""The page of the gold labels: face regions measured against labels drawn by people."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from facebank.gold.javascript import parse_json, round3
from facebank.report.folders import document, rows
from facebank.scoring.overlays import COLOURS

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from facebank.report.album import Album, Picture
    from facebank.report.folders import Folders

__all__ = ["FIGURE_NAMES", "GoldPage", "Overlay", "gold_page", "known_rows", "one_document"]

_WORST = 10
#: Figure of a sample -> its name on pages.
FIGURE_NAMES = {
    "oval_iou": "Oval, IoU",
    "skin_iou": "Skin, IoU",
    "strong_module_miou": "Strong modules, mean IoU",
    "under_eye_band_coverage": "Under-eye coverage",
    "under_eye_leakage_bg": "Under-eye in background",
    "under_eye_leakage_hair": "Under-eye in hair",
    "forehead_hair_overlap_rate": "Forehead in hair",
    "hair_as_skin_rate": "Hair taken for skin",
    "bg_as_skin_rate": "Background taken for skin",
    "skin_miss_rate": "Skin that is missed",
    "iou": "IoU",
    "coverage": "Coverage",
    "leakage_bg": "In background",
    "leakage_hair": "In hair",
}


@dataclass(frozen=True, slots=True)
class Overlay:
    """The picture of a sample.

    Attributes
    ----------
    sample_hash, source : str
        The sample.
    driver_score : float
        How bad it is.
    picture : Picture or None
        Its outlines; None if the file is gone.
    """

    sample_hash: str
    source: str
    driver_score: float
    picture: Picture | None


@dataclass(frozen=True, slots=True)
class GoldPage:
    """What the page shows.

    Attributes
    ----------
    summary : dict
        gold_summary.json of the evaluation: coverage, figures with intervals by source and module.
    worst : tuple of dict
        The samples with the lowest overlaps.
    overlays : tuple of Overlay
        Pictures of the samples with the highest driver scores, the worst first.
    colours : dict
        What is drawn in them -> CSS colour.
    flags : dict
        Flag of the import's check -> number of rows with it.
    quality : dict
        Outcome of the import's check -> number of rows.
    unknown : dict
        Name of imported regions that is no label -> number of them.
    variants : dict
        The comparison: baseline, recommended group, groups.
    tests : dict
        Group -> figure -> its paired difference from the baseline, with interval and p-value.
    agreement : dict
        The agreement of annotators.
    agreed : dict
        Figure -> how far annotators agree in it, with its interval.
    alone : int
        Pairs of two annotations of one annotator.
    rejected : tuple of dict
        Rows that could not be read, with their stage.
    """

    summary: dict[str, Any]
    worst: tuple[dict[str, Any], ...]
    overlays: tuple[Overlay, ...]
    colours: dict[str, str]
    flags: dict[str, int]
    quality: dict[str, int]
    unknown: dict[str, int]
    variants: dict[str, Any]
    tests: dict[str, dict[str, Any]]
    agreement: dict[str, Any]
    agreed: dict[str, Any]
    alone: int
    rejected: tuple[dict[str, Any], ...]


def gold_page(folders: Folders, album: Album) -> GoldPage:
    """Gather what the page of the gold labels shows."""
    imported = _lines(folders.gold_labels, "gold_import_qc_*.jsonl")
    flags = [str(flag["code"]) for row in imported for flag in row["qc_flags"]]
    states = [row["qc_status"] if row["skipped_reason"] is None else "skipped" for row in imported]
    summary = document(folders.gold_evaluation, "gold_summary.json")
    tests = document(folders.gold_variants, "gold_summary.json")
    agreement = document(folders.gold_agreement, "gold_summary.json")
    return GoldPage(
        summary=summary,
        worst=tuple(sorted(known_rows(folders.gold_evaluation), key=_overlap)[:_WORST]),
        overlays=_overlays(folders.gold_evaluation, summary, album),
        colours={name: f"rgb({r} {g} {b})" for name, (r, g, b) in COLOURS.items() if name != "nothing"},
        flags=_counts(flags),
        quality=_counts(states),
        unknown=document(folders.gold_labels, "summary.json").get("unknown_labels", {}),
        variants=one_document(folders.gold_variants, "eval_gold_ab_*.json"),
        tests=tests.get("differences_from_baseline", {}),
        agreement=one_document(folders.gold_agreement, "eval_gold_iaa_*.json"),
        agreed=agreement.get("agreement", {}),
        alone=agreement.get("pairs_of_one_annotator", 0),
        rejected=tuple(
            {"stage": name, **row}
            for name, folder in (
                ("import", folders.gold_labels),
                ("prediction", folders.gold_predictions),
                ("evaluation", folders.gold_evaluation),
                ("agreement", folders.gold_agreement),
            )
            for row in rows(folder, "rejected.tsv")
        ),
    )


def known_rows(folder: Path | None) -> list[dict[str, Any]]:
    """Read the rows of an evaluation's samples, without the zeros that stand for what is unknown.

    A strong module that is not predicted is missed in them, whatever the format assumes in its place.
    """
    missed = document(folder, "gold_summary.json").get("missed", {})
    return [_known(row, missed.get(row["sample_hash"], ())) for row in _lines(folder, "eval_gold_*.jsonl")]


def _overlays(folder: Path | None, summary: dict[str, Any], album: Album) -> tuple[Overlay, ...]:
    """Take the pictures of an evaluation into the report."""
    if folder is None:
        return ()
    return tuple(
        Overlay(it["sample_hash"], it["source"], it["driver_score"], album.drawing(folder / it["picture"]))
        for it in summary.get("worst", ())
    )


#: Figure of a sample's row -> what is 0 there where the label that it needs was not drawn.
_NEEDED = {
    "strong_module_miou_mean": "strong_module_scored_count",
    "skin_iou": "gold_skin_pixels",
    "under_eye_band_coverage_mean": "under_eye_scored_count",
}


def _known(row: dict[str, Any], missed: Collection[str]) -> dict[str, Any]:
    """Give a sample's row without what the format writes for what is unknown or missed."""
    known = row | {figure: None for figure, needed in _NEEDED.items() if row.get(needed) == 0}
    if not missed:
        return known
    scores = [
        0.0 if it["module_id"] in missed else it["iou"]
        for it in row["strong_module_scores"]
        if it["gt_pixels"] or (it["pred_pixels"] and it["module_id"] not in missed)
    ]
    return known | {"strong_module_miou_mean": round3(sum(scores) / len(scores)) if scores else None}


def _overlap(row: dict[str, Any]) -> tuple[bool, float, float, str]:
    """Sort samples by their overlaps, the lowest first; no prediction before, unknown after."""
    strong, skin = row.get("strong_module_miou_mean"), row.get("skin_iou")
    return (
        row.get("pred_source") != "none",
        math.inf if strong is None else strong,
        math.inf if skin is None else skin,
        str(row["sample_hash"]),
    )


def _lines(folder: Path | None, pattern: str) -> list[dict[str, Any]]:
    """Read the one JSON-lines file of a folder whose name fits; the run's id is in it."""
    if folder is None:
        return []
    # A name may hold a line separator that splitlines would take for a line end.
    return [
        parse_json(line)
        for path in sorted(folder.glob(pattern))
        for line in path.read_text("utf-8").split("\n")
        if line
    ]


def one_document(folder: Path | None, pattern: str) -> dict[str, Any]:
    """Read the one JSON object of a folder whose name fits."""
    if folder is None:
        return {}
    found = sorted(folder.glob(pattern))
    return document(folder, found[0].name) if found else {}


def _counts(names: list[str]) -> dict[str, int]:
    """Count names, sorted by name."""
    return {name: names.count(name) for name in sorted(set(names))}
