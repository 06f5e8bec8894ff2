"""The JSON, CSV and Markdown reports of a comparison of variants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from facebank.gold.tables import cell, code, csv_text, table
from facebank.scoring.variants import METRICS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from facebank.scoring.variants import GroupResult

__all__ = [
    "NOT_EVALUATED",
    "ComparisonHeader",
    "comparison_csv",
    "comparison_document",
    "comparison_markdown",
]

#: Stands where a variant has no figures.
NOT_EVALUATED = "not evaluated"

_REGRESSION_COLUMNS = (
    "source",
    "sample_hash",
    "driver_delta",
    "strong_miou_delta",
    "under_eye_cov_delta",
    "under_eye_leak_bg_delta",
    "under_eye_leak_hair_delta",
    "forehead_hair_overlap_delta",
    "fail_reason_base",
    "fail_reason_variant",
)
_RATIONALE = (
    "- rationale: maximize strong_module_mIoU while penalizing forehead_hair_overlap and under-eye leakage."
)
_CSV_DELTAS = ("strong_module_miou_mean", "forehead_hair_overlap_rate_mean")


@dataclass(frozen=True, slots=True)
class ComparisonHeader:
    """What the reports say of their run, see `facebank.scoring.evaluation_report.EvaluationHeader`."""

    run_id: str
    generated_at: str
    gold_labels: str
    predictions: str | None
    local_prediction: bool
    grid_size: int
    min_coverage: float
    json: str
    csv: str
    markdown: str
    compat: bool = False


def comparison_document(
    header: ComparisonHeader,
    groups: Sequence[GroupResult],
    best: GroupResult,
    regressed: Sequence[dict[str, Any]],
) -> dict[str, Any]:
    """Give the JSON report.

    Parameters
    ----------
    header : ComparisonHeader
        The run.
    groups : sequence of GroupResult
        The groups, the baseline first.
    best : GroupResult
        The recommended group.
    regressed : sequence of dict
        Samples that it makes worse.
    """
    return {
        "ok": True,
        "run_id": header.run_id,
        "generated_at": header.generated_at,
        "gold_labels": header.gold_labels,
        "pred_jsonl": header.predictions,
        "rerun_local": header.local_prediction,
        "grid_size": header.grid_size,
        "recommended_group": best.variant.group_id,
        "baseline_group": groups[0].variant.group_id,
        "groups": [
            {
                "group_id": group.variant.group_id,
                "kind": group.variant.kind,
                "note": group.variant.note if group.metrics else f"{group.variant.note} ({NOT_EVALUATED})",
                "score": group.score,
                "metrics": group.metrics,
                "delta_vs_baseline": group.delta,
                "eval_artifacts": group.artifacts,
            }
            for group in groups
        ],
        "top_regression_samples": list(regressed),
    }


def comparison_csv(groups: Sequence[GroupResult]) -> str:
    """Write the figures of the groups; a group that was not evaluated has empty cells."""
    columns = ["group_id", "kind", "score", *METRICS, *(f"delta_{name}" for name in _CSV_DELTAS)]
    rows = [
        {"group_id": group.variant.group_id, "kind": group.variant.kind, "score": group.score}
        | {name: (group.metrics or {}).get(name) for name in METRICS}
        | {f"delta_{name}": (group.delta or {}).get(name) for name in _CSV_DELTAS}
        for group in groups
    ]
    # Every text in them is ours.
    return csv_text(columns, rows, compat=True)


def comparison_markdown(
    header: ComparisonHeader,
    groups: Sequence[GroupResult],
    best: GroupResult,
    regressed: Sequence[dict[str, Any]],
) -> str:
    """Write the Markdown report, see `comparison_document`."""
    lines = [
        "# Eval Gold AB",
        "",
        f"- run_id: {header.run_id}",
        f"- generated_at: {header.generated_at}",
        f"- gold_labels: {code(header.gold_labels, compat=header.compat)}",
        f"- pred_jsonl: {code(header.predictions, compat=header.compat)}",
        f"- rerun_local: {cell(header.local_prediction)}",
        f"- grid_size: {header.grid_size}",
        f"- under_eye_min_coverage(variant2): {cell(header.min_coverage)}",
        "",
        "## Group Metrics",
        "",
        *table(
            (
                "group",
                "skin_iou:",
                "strong_module_mIoU:",
                "under_eye_cov:",
                "under_eye_leak_bg:",
                "under_eye_leak_hair:",
                "forehead_hair_overlap:",
                "score:",
                "delta_vs_baseline (strong_mIoU / forehead_hair_overlap)",
            ),
            (_group_cells(group) for group in groups),
            compat=header.compat,
        ),
        "",
        "## Recommendation",
        "",
        f"- recommended_group: `{best.variant.group_id}`",
        _RATIONALE,
        "",
        "## Top 20 Regression Samples (recommended - baseline)",
        "",
        *table(
            (
                "rank:",
                "source",
                "sample_hash",
                "driver_delta:",
                "strong_mIoU_delta:",
                "under_eye_cov_delta:",
                "under_eye_leak_bg_delta:",
                "under_eye_leak_hair_delta:",
                "forehead_hair_overlap_delta:",
                "fail_reason_base",
                "fail_reason_recommended",
            ),
            ([rank, *(row[name] for name in _REGRESSION_COLUMNS)] for rank, row in enumerate(regressed, 1)),
            compat=header.compat,
        ),
        "",
        "## Artifacts",
        "",
        f"- report_json: {code(header.json, compat=header.compat)}",
        f"- report_csv: {code(header.csv, compat=header.compat)}",
        f"- report_md: {code(header.markdown, compat=header.compat)}",
        "",
        "",
    ]
    return "\n".join(lines)


def _group_cells(group: GroupResult) -> list[object]:
    """Give the cells of a group's line."""
    if group.metrics is None or group.delta is None:
        return [group.variant.group_id, *[NOT_EVALUATED] * (len(METRICS) + 2)]
    delta = "/".join(cell(group.delta[name]) for name in _CSV_DELTAS)
    return [group.variant.group_id, *(group.metrics[name] for name in METRICS), group.score, delta]
