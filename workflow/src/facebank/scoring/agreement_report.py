"""The Markdown and JSON reports on the agreement of annotators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from facebank.gold.tables import cell, code, table
from facebank.scoring.agreement import AGREEMENT_METRICS

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["AgreementHeader", "agreement_document", "agreement_markdown"]

_ROW_COLUMNS = (
    "sample_hash",
    "source",
    "task_id",
    "annotator_a",
    "annotator_b",
    "strong_module_miou_a_vs_b",
    "forehead_hair_overlap_diff_abs",
    "under_eye_band_coverage_diff_abs",
    "under_eye_leakage_bg_diff_abs",
    "under_eye_leakage_hair_diff_abs",
    "disagreement_score",
)


@dataclass(frozen=True, slots=True)
class AgreementHeader:
    """What the reports say of their run, see `facebank.scoring.evaluation_report.EvaluationHeader`."""

    run_id: str
    generated_at: str
    export: str
    threshold: float
    pairs: int
    markdown: str
    jsonl: str
    compat: bool = False


def agreement_document(
    header: AgreementHeader, summary: dict[str, Any], top: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    """Give the JSON report.

    Parameters
    ----------
    header : AgreementHeader
        The run.
    summary : dict
        See `facebank.scoring.agreement.agreement_summary`.
    top : sequence of dict
        The pairs that agree least.
    """
    return {
        "ok": True,
        "run_id": header.run_id,
        "comparable_task_pairs": header.pairs,
        "min_miou_threshold": header.threshold,
        "summary": summary,
        "top_disagreement_tasks": list(top),
        "report_md": header.markdown,
        "report_jsonl": header.jsonl,
    }


def agreement_markdown(
    header: AgreementHeader, summary: dict[str, Any], top: Sequence[dict[str, Any]]
) -> str:
    """Write the Markdown report, see `agreement_document`."""
    lines = [
        "# Eval Gold IAA",
        "",
        f"- run_id: {header.run_id}",
        f"- generated_at: {header.generated_at}",
        f"- ls_export: {code(header.export, compat=header.compat)}",
        f"- min_miou_threshold: {cell(header.threshold)}",
        f"- comparable_task_pairs: {header.pairs}",
        f"- soft_gate_pass: {cell(summary['soft_gate_pass'])}",
        f"- soft_gate_note: {summary['soft_gate_note']}",
        "",
        "## Metrics",
        "",
        *table(
            (
                "metric",
                "mean:",
                "p50:",
                "p90:",
            ),
            (
                [title, *(summary[f"{name}_{figure}"] for figure in ("mean", "p50", "p90"))]
                for name, title in AGREEMENT_METRICS.items()
            ),
            compat=header.compat,
        ),
        "",
        "## Top20 Disagreement Tasks",
        "",
        *table(
            (
                "rank:",
                "sample_hash",
                "source",
                "task_id",
                "annotator_a",
                "annotator_b",
                "strong_mIoU_A_vs_B:",
                "forehead_overlap_diff:",
                "under_eye_cov_diff:",
                "under_eye_leak_bg_diff:",
                "under_eye_leak_hair_diff:",
                "disagreement_score:",
            ),
            ([rank, *(row[name] for name in _ROW_COLUMNS)] for rank, row in enumerate(top, 1)),
            compat=header.compat,
        ),
        "",
        "## Artifacts",
        "",
        f"- report_md: {code(header.markdown, compat=header.compat)}",
        f"- report_jsonl: {code(header.jsonl, compat=header.compat)}",
        "",
        "",
    ]
    return "\n".join(lines)
