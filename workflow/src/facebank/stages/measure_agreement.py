"""The rule `measure_agreement`: how far two annotators of the same picture agree."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - the command line reads the annotations

from facebank.artifacts.atomic import write_json, write_text
from facebank.artifacts.provenance import building, describe_inputs
from facebank.errors import DataError
from facebank.gold.javascript import stringify
from facebank.gold.labels import LabelReader, clamped_grid
from facebank.gold.naming import EPOCH, latest_time, printed_input, printed_output, run_id_of
from facebank.gold.rows import Rejections
from facebank.label_studio.label_import import ImportRules, import_task
from facebank.label_studio.tasks import read_tasks
from facebank.scoring.agreement import (
    DEFAULT_THRESHOLD,
    agreement_summary,
    known_agreement,
    pair_row,
    pairs_of,
    top_disagreements,
)
from facebank.scoring.agreement_report import AgreementHeader, agreement_document, agreement_markdown

__all__ = ["measure_agreement"]


def measure_agreement(
    *,
    export: Path,
    output_dir: Path,
    grid_size: int = 256,
    min_miou_threshold: float = DEFAULT_THRESHOLD,
    compat: bool = False,
    run_id: str | None = None,
    generated_at: str | None = None,
    contents: str = "",
) -> None:
    """Measure the agreement of annotators on the tasks of a Label Studio export that two of them labelled.

    Writes ``eval_gold_iaa_<run id>.md``, ``.jsonl`` (the 20 worst pairs) and ``.json``, ``pairs.jsonl``
    (all of them), ``gold_summary.json`` and ``rejected.tsv``. Without a pair the figures are unknown.

    Parameters
    ----------
    export : Path
        The export, see import-gold.
    output_dir : Path
        The version folder to make.
    grid_size : int
        Pixels per side of the masks, 64 to 512.
    min_miou_threshold : float
        Least mean IoU of the strong modules for the soft gate; 0 stands for 0.75.
    compat : bool
        Guess the unit of each polygon alone, fail if there is no pair, and print paths from the working
        directory, as the format's first tools did.
    run_id : str, optional
        Id of the run, in names and reports; derived from the content unless given.
    generated_at : str, optional
        Time of the report, and of annotations that have none; the latest time in the export unless given.
    contents
        Digest of the files that are read, as the workflow saw them; kept in provenance.json.

    Raises
    ------
    DataError
        If the export is missing or no JSON or, with `compat`, has no pair.
    """
    if not export.is_file():
        raise DataError("The export is missing", file=export, remedy="Check the path.")
    reader = LabelReader(clamped_grid(grid_size), strict=not compat)
    threshold = min_miou_threshold or DEFAULT_THRESHOLD
    parameters = {
        "grid_size": reader.grid,
        "min_miou_threshold": threshold,
        "compat": compat,
        "run_id": run_id,
        "generated_at": generated_at,
    }
    described = describe_inputs({"export": export})
    run = run_id or run_id_of("measure_agreement", parameters, described.values())
    rules = ImportRules(
        grid=reader.grid,
        qa_status="approved",
        annotator=None,
        all_annotations=True,
        least_mask_pixels=12,
        hair_overlap_warn=0.6,
        strict=reader.strict,
        fallback_time=lambda: generated_at or EPOCH,
    )
    stem = f"eval_gold_iaa_{run}"
    rejections = Rejections()
    with building(
        output_dir,
        rule="measure_agreement",
        parameters=parameters,
        inputs={"export": export},
        contents=contents,
        described=described,
    ) as folder:
        imported = [
            item.row
            for task in read_tasks(export, rejections, strict=reader.strict)
            for item in import_task(task, rules)
            if item.row is not None
        ]
        rows = [pair_row(pair, reader) for pair in pairs_of(imported, strict=reader.strict)]
        alone = sum(row["annotator_a"] == row["annotator_b"] for row in rows)
        if compat and not rows:
            raise DataError(
                "No task has two annotations", file=export, remedy="Let two people label some tasks."
            )
        top, summary = top_disagreements(rows), agreement_summary(rows, threshold)
        header = AgreementHeader(
            run_id=run,
            generated_at=generated_at or latest_time(row["created_at"] for row in imported),
            export=printed_input(export, compat=compat),
            threshold=threshold,
            pairs=len(rows),
            markdown=printed_output(output_dir, f"{stem}.md", compat=compat),
            jsonl=printed_output(output_dir, f"{stem}.jsonl", compat=compat),
            compat=compat,
        )
        write_text(folder / f"{stem}.md", agreement_markdown(header, summary, top))
        write_text(folder / f"{stem}.jsonl", "".join(stringify(row) + "\n" for row in top))
        document = agreement_document(header, summary, top)
        write_text(folder / f"{stem}.json", stringify(document, indent=2) + "\n")
        write_text(folder / "pairs.jsonl", "".join(stringify(row) + "\n" for row in rows))
        known = {
            "run_id": run,
            "grid_size": reader.grid,
            "rejected": rejections.counts(),
            "pairs": len(rows),
            # The format pairs them where nobody else labelled a task: they agree with themselves.
            "pairs_of_one_annotator": alone,
            "agreement": known_agreement(rows),
        }
        write_json(folder / "gold_summary.json", known)
        rejections.write(folder / "rejected.tsv")
    gate = "passed" if summary["soft_gate_pass"] else "not passed"
    print(f"measure-agreement: {len(rows)} pairs, soft gate {gate}")  # noqa: T201 - the stage's result
