"""The Markdown report on the quality of an import."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from facebank.gold.javascript import code_units
from facebank.gold.tables import code, table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["ImportHeader", "ImportTally", "import_markdown"]

_LISTED = 50
_STATUSES = ("QC_PASS", "QC_WARN", "QC_FAIL")
_ROW_FIELDS = (
    "sample_hash",
    "source",
    "task_id",
    "annotation_id",
    "annotator_id",
    "qc_fail_count",
    "qc_warn_count",
)


@dataclass(frozen=True, slots=True)
class ImportHeader:
    """What the report says of its run, see `facebank.scoring.evaluation_report.EvaluationHeader`."""

    run_id: str
    generated_at: str
    export: str
    gold_labels: str
    jsonl: str
    markdown: str
    compat: bool = False


@dataclass(slots=True)
class ImportTally:
    """Counts over the records of an import."""

    statuses: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    flags: Counter[tuple[str, str]] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)
    listed: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {"QC_FAIL": [], "QC_WARN": []})

    def add(self, record: dict[str, Any]) -> None:
        """Count a record of the quality report."""
        status = record["qc_status"]
        self.statuses[status] += 1
        self.flags.update((flag["level"], flag["code"]) for flag in record["qc_flags"])
        if record["skipped_reason"] is not None:
            self.skipped[record["skipped_reason"]] += 1
        rows = self.listed.get(status)
        if rows is not None and len(rows) < _LISTED:
            rows.append(record)

    def document(self) -> dict[str, Any]:
        """Give the counts as plain values; names of regions that are no labels only if there are some."""
        unknown = {"unknown_labels": dict(sorted(self.unknown.items()))} if self.unknown else {}
        return {
            "imported_rows": self.imported,
            "statuses": {status: self.statuses[status] for status in _STATUSES},
            "skipped": dict(sorted(self.skipped.items())),
            "flags": {code: count for (_, code), count in sorted(self.flags.items())},
        } | unknown

    @property
    def imported(self) -> int:
        """How many annotations became gold rows."""
        return sum(self.statuses[status] for status in _STATUSES)


def import_markdown(header: ImportHeader, tally: ImportTally) -> str:
    """Write the quality report of an import.

    Parameters
    ----------
    header : ImportHeader
        The run.
    tally : ImportTally
        Its counts.

    Returns
    -------
    str
        Markdown that ends with an empty line.
    """
    skipped = sorted(tally.skipped.items(), key=lambda item: -item[1])
    flags = sorted(
        ((level, code, count) for (level, code), count in tally.flags.items()),
        key=lambda item: (-item[2], code_units(item[1])),
    )
    lines = [
        "# Gold Import QC Report",
        "",
        f"- run_id: {header.run_id}",
        f"- generated_at: {header.generated_at}",
        f"- input: {code(header.export, compat=header.compat)}",
        f"- output_ndjson: {code(header.gold_labels, compat=header.compat)}",
        f"- imported_rows: {tally.imported}",
        *(f"- {status.lower()}: {tally.statuses[status]}" for status in _STATUSES),
        "",
        "## Skip Summary",
        "",
        *table(
            (
                "skipped_reason",
                "count:",
            ),
            skipped or [("-", 0)],
            compat=header.compat,
        ),
        "",
        "## QC Flags",
        "",
        *table(
            (
                "level",
                "code",
                "count:",
            ),
            flags or [("-", "-", 0)],
            compat=header.compat,
        ),
        "",
    ]
    for status, rows in tally.listed.items():
        lines += [
            f"## {status} Rows (Top {_LISTED})",
            "",
            *table(
                (*_ROW_FIELDS[:5], *(f"{name}:" for name in _ROW_FIELDS[5:])),
                _row_cells(rows),
                compat=header.compat,
            ),
            "",
        ]
    lines += [
        "## Artifacts",
        "",
        f"- qc_jsonl: {code(header.jsonl, compat=header.compat)}",
        f"- qc_md: {code(header.markdown, compat=header.compat)}",
        "",
        "",
    ]
    return "\n".join(lines)


def _row_cells(rows: Iterable[dict[str, Any]]) -> Sequence[Sequence[object]]:
    """Give the cells of listed records, one line of dashes if there is none."""
    cells: list[list[object]] = [[row[name] for name in _ROW_FIELDS] for row in rows]
    return cells or [["-", "-", "-", "-", "-", 0, 0]]
