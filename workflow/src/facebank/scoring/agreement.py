"""How far two annotators of the same picture agree."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from facebank.gold.javascript import mean, number_text, percentile, round3
from facebank.gold.modules import STRONG_MODULES, UNDER_EYE_MODULES
from facebank.gold.samples import read_gold
from facebank.scoring.atoms import split
from facebank.scoring.summary import KnownTally

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from facebank.gold.labels import LabelReader

__all__ = [
    "AGREEMENT_METRICS",
    "DEFAULT_THRESHOLD",
    "Pair",
    "agreement_summary",
    "known_agreement",
    "pair_row",
    "pairs_of",
    "top_disagreements",
]

#: The least mean IoU of the strong modules for labels to count as agreed.
DEFAULT_THRESHOLD = 0.75

#: Field of a pair -> its name in the report.
AGREEMENT_METRICS = {
    "strong_module_miou_a_vs_b": "strong_module_mIoU_A_vs_B",
    "forehead_hair_overlap_diff_abs": "forehead_hair_overlap_diff_abs",
    "under_eye_band_coverage_diff_abs": "under_eye_band_coverage_diff_abs",
    "under_eye_leakage_bg_diff_abs": "under_eye_leakage_bg_diff_abs",
    "under_eye_leakage_hair_diff_abs": "under_eye_leakage_hair_diff_abs",
}
_FIGURES = (
    "forehead_hair_overlap",
    "under_eye_band_coverage",
    "under_eye_leakage_bg",
    "under_eye_leakage_hair",
)
_LISTED = 20


@dataclass(frozen=True, slots=True)
class Pair:
    """Two gold rows of one task."""

    task_key: str
    first: dict[str, Any]
    second: dict[str, Any]


def pairs_of(rows: Iterable[dict[str, Any]], *, strict: bool) -> list[Pair]:
    """Pair the annotations of each task that has more than one.

    Parameters
    ----------
    rows : iterable of dict
        Gold rows of all annotations.
    strict : bool
        Keep tasks of one id apart if they are of several pictures, as in joined exports of two projects, and
        compare no annotation with itself. Otherwise the id alone makes the task.

    Returns
    -------
    list of Pair
        In the order in which tasks were met. The earliest two annotations of different annotators; of one
        annotator if there is no other.
    """
    tasks: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    met: set[tuple[str, ...]] = set()
    for row in rows:
        key: tuple[str, ...] = (row["meta"]["task_id"] or row["sample_hash"],)
        if strict:
            key += (row["source"], row["sample_hash"], str(row["image_path"]))
            annotation = (*key, row["annotation_id"])
            if annotation in met:
                continue
            met.add(annotation)
        tasks.setdefault(key, []).append(row)
    pairs = []
    for key, members in tasks.items():
        members.sort(key=lambda row: _milliseconds(row["created_at"]))
        first, *others = members
        if others:
            # If any two differ, one of them differs from the first.
            differing = (row for row in others if row["annotator_id"] != first["annotator_id"])
            pairs.append(Pair(key[0], first, next(differing, others[0])))
    return pairs


def _milliseconds(text: str) -> float:
    """Give a time in whole milliseconds, as fine as the format looks at it; 0 if it is none."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return 0.0
    return math.floor((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp() * 1000)


def pair_row(pair: Pair, reader: LabelReader) -> dict[str, Any]:
    """Compare the two annotations of a pair.

    Parameters
    ----------
    pair : Pair
        The annotations.
    reader : LabelReader
        Reads and draws their labels.

    Returns
    -------
    dict
        Rounded figures in the field order of the format; what is unknown counts as 0.

    Raises
    ------
    RowProblem
        If `reader` refuses a label.
    """
    regions = [read_gold(row, reader).regions for row in (pair.first, pair.second)]
    drawn = reader.draw([region for of_one in regions for region in of_one.values()])
    shared = split(drawn, reader.grid).overlaps().tolist()
    a = {name: place for place, name in enumerate(regions[0])}
    b = {name: place for place, name in enumerate(regions[1], len(a))}
    ious = [(name, _iou(shared, a[name], b[name])) for name in STRONG_MODULES if name in a and name in b]
    strong = mean(iou for _, iou in ious)
    row: dict[str, Any] = {
        "task_key": pair.task_key,
        "task_id": pair.first["meta"]["task_id"],
        "sample_hash": pair.first["sample_hash"],
        "source": pair.first["source"],
        "annotator_a": pair.first["annotator_id"],
        "annotator_b": pair.second["annotator_id"],
        "strong_scores": [{"module_id": name, "iou": round3(iou)} for name, iou in ious],
        "strong_module_miou_a_vs_b": round3(strong),
    }
    disagreement = 1.0 - (strong or 0.0)
    figures_a, figures_b = _figures(shared, a), _figures(shared, b)
    for name in _FIGURES:
        difference = abs((figures_a[name] or 0.0) - (figures_b[name] or 0.0))
        row |= {
            f"{name}_a": round3(figures_a[name]),
            f"{name}_b": round3(figures_b[name]),
            f"{name}_diff_abs": round3(difference),
        }
        disagreement += difference
    return row | {"disagreement_score": round3(disagreement)}


def _figures(shared: Sequence[Sequence[float]], places: dict[str, int]) -> dict[str, float | None]:
    """Measure one annotation by the pixels that its masks share; unknown is None."""
    bands = [places[name] for name in UNDER_EYE_MODULES if name in places]
    skin, hair, background = (places.get(name) for name in ("skin", "hair", "background"))
    return {
        "forehead_hair_overlap": _part(shared, places.get("forehead"), hair),
        # The format measures the share of the skin that the bands make up, not how much of them is skin.
        "under_eye_band_coverage": mean(_part(shared, skin, band) for band in bands),
        "under_eye_leakage_bg": mean(_part(shared, band, background) for band in bands),
        "under_eye_leakage_hair": mean(_part(shared, band, hair) for band in bands),
    }


def _part(shared: Sequence[Sequence[float]], whole: int | None, other: int | None) -> float | None:
    """Give the share of a mask that lies in another; None if one is missing or the first is empty."""
    if whole is None or other is None or not shared[whole][whole]:
        return None
    return shared[whole][other] / shared[whole][whole]


def _iou(shared: Sequence[Sequence[float]], a: int, b: int) -> float | None:
    """Give intersection over union; None of two empty masks."""
    either = shared[a][a] + shared[b][b] - shared[a][b]
    return shared[a][b] / either if either else None


def agreement_summary(rows: Sequence[dict[str, Any]], threshold: float) -> dict[str, Any]:
    """Give mean, median and 90th percentile of the rounded figures, and whether they pass the soft gate.

    Parameters
    ----------
    rows : sequence of dict
        All pairs. Without a pair there is nothing to judge: figures are None and the gate is not passed.
    threshold : float
        The least mean IoU of the strong modules.
    """
    summary: dict[str, Any] = {}
    for name in AGREEMENT_METRICS:
        values = [row[name] for row in rows]
        figures = {"mean": mean(values), "p50": percentile(values, 0.5), "p90": percentile(values, 0.9)}
        summary |= {
            f"{name}_{key}": None if value is None else round3(value) for key, value in figures.items()
        }
    strong = summary["strong_module_miou_a_vs_b_mean"]
    passed = strong is not None and strong >= threshold
    if strong is None:
        note = "IAA not measured: no task has two annotations"
    elif passed:
        note = f"IAA strong_module_mIoU_A_vs_B_mean >= {number_text(threshold)}"
    else:
        note = (
            f"IAA below threshold ({number_text(strong)} < {number_text(threshold)});"
            " tighten labeling guide/process"
        )
    return summary | {"soft_gate_pass": passed, "soft_gate_note": note}


def top_disagreements(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give the 20 pairs that agree least, the worst first."""
    return sorted(rows, key=lambda row: -(row["disagreement_score"] or 0.0))[:_LISTED]


def known_agreement(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Give the mean IoU over and of the strong modules, with intervals; what is not shared is unknown."""
    tallies = {name: KnownTally() for name in ("strong_module_miou", *STRONG_MODULES)}
    for row in rows:
        ious = {score["module_id"]: score["iou"] for score in row["strong_scores"]}
        tallies["strong_module_miou"].add(row["strong_module_miou_a_vs_b"] if ious else None)
        for name in STRONG_MODULES:
            tallies[name].add(ious.get(name))
    return {name: tally.figures(f"agreement {name}") for name, tally in tallies.items()}
