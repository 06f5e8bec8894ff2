"""The rule `import_gold`: a Label Studio export becomes gold labels and a report on their quality."""

from __future__ import annotations

from functools import cache
from pathlib import Path  # noqa: TC003 - the command line reads the annotations

from facebank.artifacts.atomic import write_json, write_text
from facebank.artifacts.provenance import building, describe_inputs
from facebank.errors import DataError
from facebank.gold.javascript import json_line, stringify
from facebank.gold.labels import clamped_grid
from facebank.gold.naming import EPOCH, latest_time, printed_input, printed_output, run_id_of
from facebank.gold.rows import REMEDIES, Rejections, RowProblem
from facebank.label_studio.import_report import ImportHeader, ImportTally, import_markdown
from facebank.label_studio.label_import import ImportRules, import_task
from facebank.label_studio.tasks import read_tasks, times_of
from facebank.shown import shown

__all__ = ["import_gold"]

_MOST_PIXELS, _DEFAULT_PIXELS, _DEFAULT_OVERLAP = 1024, 12, 0.6


def import_gold(
    *,
    export: Path,
    output_dir: Path,
    grid_size: int = 256,
    all_annotations: bool = False,
    qa_status: str = "approved",
    annotator: str | None = None,
    qc_min_mask_pixels: int = _DEFAULT_PIXELS,
    qc_forehead_hair_overlap_warn: float = _DEFAULT_OVERLAP,
    compat: bool = False,
    run_id: str | None = None,
    generated_at: str | None = None,
    contents: str = "",
) -> None:
    """Import gold labels from a Label Studio export.

    Writes ``gold_labels.ndjson``, ``gold_import_qc_<run id>.md`` and ``.jsonl``,
    ``summary.json`` and ``rejected.tsv``.

    Parameters
    ----------
    export : Path
        The export: a JSON list, ``{"tasks": [...]}``, or one task a line (.jsonl, .ndjson).
    output_dir : Path
        The version folder to make.
    grid_size : int
        Pixels per side of the masks, 64 to 512.
    all_annotations : bool
        Import every annotation of a task, not only the one with the most results.
    qa_status : str
        What the rows say of their approval.
    annotator : str, optional
        Who labelled, where the export does not say (with `compat`: whatever it says).
    qc_min_mask_pixels : int
        Flag masks of fewer pixels; 0 stands for 12.
    qc_forehead_hair_overlap_warn : float
        Flag a forehead that lies in the hair by more than this share; 0 stands for 0.6.
    compat : bool
        Guess the unit of each polygon alone and leave brushes unread, as the format's first tools did.
    run_id : str, optional
        Id of the run, in names and reports; derived from the content unless given.
    generated_at : str, optional
        Time of the report, and of annotations that have none; the latest time in the export unless given.
    contents
        Digest of the files that are read, as the workflow saw them; kept in provenance.json.

    Raises
    ------
    DataError
        If the export is missing or no JSON.
    """
    if not export.is_file():
        raise DataError("The export is missing", file=export, remedy="Check the path.")
    grid = clamped_grid(grid_size)
    least_pixels = min(max(qc_min_mask_pixels or _DEFAULT_PIXELS, 0), _MOST_PIXELS)
    overlap_warn = qc_forehead_hair_overlap_warn or _DEFAULT_OVERLAP
    parameters = {
        "grid_size": grid,
        "all_annotations": all_annotations,
        "qa_status": qa_status,
        "annotator": annotator,
        "qc_min_mask_pixels": least_pixels,
        "qc_forehead_hair_overlap_warn": overlap_warn,
        "compat": compat,
        "run_id": run_id,
        "generated_at": generated_at,
    }
    described = describe_inputs({"export": export})
    run = run_id or run_id_of("import_gold", parameters, described.values())

    @cache
    def fallback_time() -> str:
        """Read the export for its latest time, before any row is written."""
        tasks = read_tasks(export, Rejections(), strict=not compat)
        return generated_at or latest_time(time for task in tasks for time in times_of(task))

    rules = ImportRules(
        grid=grid,
        qa_status=qa_status,
        annotator=annotator,
        all_annotations=all_annotations,
        least_mask_pixels=least_pixels,
        hair_overlap_warn=overlap_warn,
        strict=not compat,
        fallback_time=fallback_time,
    )
    rejections, tally, latest = Rejections(), ImportTally(), EPOCH
    stem = f"gold_import_qc_{run}"
    with (
        building(
            output_dir,
            rule="import_gold",
            parameters=parameters,
            inputs={"export": export},
            contents=contents,
            described=described,
        ) as folder,
        (folder / "gold_labels.ndjson").open("wb") as gold_rows,
        (folder / f"{stem}.jsonl").open("wb") as records,
    ):
        for task in read_tasks(export, rejections, strict=not compat):
            latest = max(latest, latest_time(times_of(task)))
            for imported in import_task(task, rules):
                tally.add(imported.record)
                tally.unknown.update(imported.unknown)
                records.write(json_line(imported.record))
                if imported.row is not None:
                    gold_rows.write(json_line(imported.row))
                reason = imported.record["skipped_reason"]
                if reason is not None:
                    problem = RowProblem(reason, f"task {task.task_id}: {REMEDIES[reason]}")
                    rejections.add(export, task.number, stringify(task.data).encode(), problem)
        header = ImportHeader(
            run_id=run,
            generated_at=generated_at or latest,
            export=printed_input(export, compat=compat),
            gold_labels=printed_output(output_dir, "gold_labels.ndjson", compat=compat),
            jsonl=printed_output(output_dir, f"{stem}.jsonl", compat=compat),
            markdown=printed_output(output_dir, f"{stem}.md", compat=compat),
            compat=compat,
        )
        write_text(folder / f"{stem}.md", import_markdown(header, tally))
        write_json(
            folder / "summary.json", {"run_id": run} | tally.document() | {"rejected": rejections.counts()}
        )
        rejections.write(folder / "rejected.tsv")
    unknown = f", regions with unknown labels: {', '.join(sorted(tally.unknown))}" if tally.unknown else ""
    print(  # noqa: T201 - the stage's result
        f"import-gold: {tally.imported} gold rows, {len(rejections.rows)} rejected{shown(unknown)}"
    )
