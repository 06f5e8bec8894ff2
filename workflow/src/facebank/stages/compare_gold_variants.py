"""The rule `compare_gold_variants`: one evaluation for each way of shaping predictions, side by side."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - the command line reads the annotations

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no types

from facebank.artifacts.atomic import write_json, write_text
from facebank.artifacts.provenance import building, describe_inputs
from facebank.errors import DataError
from facebank.gold.javascript import stringify
from facebank.gold.labels import LabelReader, clamped_grid
from facebank.gold.naming import printed_input, printed_output, run_id_of
from facebank.media.isolation import media_reader
from facebank.media.limits import PROCESS_LIMITS
from facebank.scoring.evaluation import no_picture
from facebank.scoring.evaluation_report import EvaluationHeader
from facebank.scoring.scores import ScoringRules
from facebank.scoring.variant_runs import CALIBRATION_SUFFIX, VariantRuns, evaluate_variants
from facebank.scoring.variants import (
    DEFAULT_MIN_COVERAGE,
    GroupResult,
    Variant,
    deltas,
    group_metrics,
    group_score,
    parse_sweep,
    recommended,
    regressions,
    variants,
)
from facebank.scoring.variants_report import (
    ComparisonHeader,
    comparison_csv,
    comparison_document,
    comparison_markdown,
)

__all__ = ["compare_gold_variants"]


def compare_gold_variants(
    *,
    gold_labels: Path,
    output_dir: Path,
    predictions: Path | None = None,
    grid_size: int = 256,
    sweep: str = "8:0.2,12:0.25,16:0.3,24:0.35",
    under_eye_min_coverage: float = DEFAULT_MIN_COVERAGE,
    local_prediction: bool = True,
    image_roots: tuple[Path, ...] = (),
    model_pack: Path | None = None,
    cache: Path | None = None,
    device: str = "cpu",
    isolate: bool = False,
    compat: bool = False,
    run_id: str | None = None,
    generated_at: str | None = None,
    contents: str = "",
) -> None:
    """Compare variants of predictions against gold labels.

    Writes ``eval_gold_ab_<run id>.json``, ``.csv`` and ``.md``, an evaluation of each group in
    ``groups/``, ``gold_summary.json`` with paired tests, and ``rejected.tsv``.

    Parameters
    ----------
    gold_labels : Path
        The gold rows, ``gold_labels.ndjson``.
    output_dir : Path
        The version folder to make.
    predictions : Path, optional
        Predictions, one row a sample.
    grid_size : int
        Pixels per side of the masks, 64 to 512.
    sweep : str, optional
        Pairs ``min_pixels:min_keep_ratio,...`` of the swept variants of the local predictor.
    under_eye_min_coverage : float
        Least coverage of the under-eye guard; 0 stands for 0.08.
    local_prediction : bool
        Predict samples that have no row with the local predictor, if their picture lies in an image root.
    image_roots : tuple of Path
        Folders in which pictures may be opened; none by default.
    model_pack : Path, optional
        The model pack of the local predictor.
    cache : Path, optional
        Root of the content-addressed cache, where it keeps the landmarks that it found.
    device : str
        cpu, cuda or cuda:N, for the local predictor.
    isolate : bool
        Decode in a process of its own: a decoder that crashes or hangs costs its picture alone.
    compat : bool
        Repeat the baseline where a variant cannot act, accept damaged rows, and print paths from the
        working directory.
    run_id : str, optional
        Id of the run, in names and reports; derived from the content unless given.
    generated_at : str, optional
        Time of the reports; the latest time in the gold rows unless given.
    contents
        Digest of the files that are read, as the workflow saw them; kept in provenance.json.

    Raises
    ------
    DataError
        If a file of rows is missing.
    """
    inputs = {"gold_labels": gold_labels} | ({} if predictions is None else {"predictions": predictions})
    for path in inputs.values():
        if not path.is_file():
            raise DataError("A file of rows is missing", file=path, remedy="Check the path.")
    reader = LabelReader(clamped_grid(grid_size), strict=not compat)
    least = ScoringRules.clamped(under_eye_min_coverage) or DEFAULT_MIN_COVERAGE
    pairs = parse_sweep(sweep)
    predictor = None
    if local_prediction and image_roots:
        # Models and what runs them are loaded only where they are needed.
        from facebank.predictor.prediction import local_predictor

        predictor = local_predictor(model_pack, image_roots, cache=cache, device=device)
    parameters = {
        "grid_size": reader.grid,
        "sweep": [list(pair) for pair in pairs],
        "under_eye_min_coverage": least,
        "local_prediction": local_prediction,
        "compat": compat,
        "run_id": run_id,
        "generated_at": generated_at,
    }
    described = describe_inputs(inputs)
    run = run_id or run_id_of("compare_gold_variants", parameters, (described[name] for name in inputs))
    groups = variants(pairs, least)
    fallback = no_picture if local_prediction else None
    with (
        media_reader(isolate=isolate, process_limits=PROCESS_LIMITS) as media,
        building(
            output_dir,
            rule="compare_gold_variants",
            parameters=parameters,
            inputs=inputs,
            models=predictor.models if predictor else (),
            provider=predictor.provider if predictor else None,
            contents=contents,
            described=described,
        ) as folder,
    ):
        if predictor:
            predictor.media = media
        (folder / "groups").mkdir()
        predictors = {
            group.settings: predictor.at(reader.grid, group.settings) if predictor else fallback
            for group in groups
        }
        # The matrices are small: a second thread costs more than it gives.
        with threadpool_limits(limits=1):
            runs = evaluate_variants(
                # What acts on local predictions only has nothing to act on without a predictor.
                [group for group in groups if predictor or compat or not group.acts_locally_only],
                gold_labels=gold_labels,
                predictions=predictions,
                reader=reader,
                predictors=predictors,
                run_id=run,
                folder=folder / "groups",
            )
        header = ComparisonHeader(
            run_id=run,
            generated_at=generated_at or runs.time,
            gold_labels=printed_input(gold_labels, compat=compat),
            predictions=None if predictions is None else printed_input(predictions, compat=compat),
            local_prediction=local_prediction,
            grid_size=reader.grid,
            min_coverage=least,
            json=printed_output(output_dir, f"eval_gold_ab_{run}.json", compat=compat),
            csv=printed_output(output_dir, f"eval_gold_ab_{run}.csv", compat=compat),
            markdown=printed_output(output_dir, f"eval_gold_ab_{run}.md", compat=compat),
            compat=compat,
        )
        results = [_result(group, runs, header, output_dir, compat=compat) for group in groups]
        for result in results:
            result.delta = result.metrics and deltas(result.metrics, results[0].metrics or {})
        best = recommended(results)
        regressed = regressions(
            *(folder / "groups" / _rows_name(runs, group) for group in (results[0], best))
        )
        document = comparison_document(header, results, best, regressed)
        write_text(folder / f"eval_gold_ab_{run}.json", stringify(document, indent=2) + "\n")
        write_text(folder / f"eval_gold_ab_{run}.csv", comparison_csv(results))
        write_text(folder / f"eval_gold_ab_{run}.md", comparison_markdown(header, results, best, regressed))
        write_json(folder / "gold_summary.json", {"run_id": run, "grid_size": reader.grid} | runs.document())
        runs.rejections.write(folder / "rejected.tsv")
    print(  # noqa: T201 - the stage's result
        f"compare-gold-variants: {len(groups)} groups, recommended {best.variant.group_id} ({best.score})"
    )


def _rows_name(runs: VariantRuns, result: GroupResult) -> str:
    """Name the file of a group's rows."""
    return f"{runs.files[result.variant.group_id].stem}.jsonl"


def _result(
    group: Variant, runs: VariantRuns, header: ComparisonHeader, output_dir: Path, *, compat: bool
) -> GroupResult:
    """Write a group's reports and give its figures; none if the variant had nothing to act on."""
    files = runs.files.get(group.group_id)
    if files is None or (group.acts_locally_only and not runs.local_samples and not compat):
        return GroupResult(group, None, None, None)

    def printed(name: str) -> str:
        return printed_output(output_dir, f"groups/{name}", compat=compat)

    names = {f"report_{ending}": printed(f"{files.stem}.{ending}") for ending in ("md", "csv", "jsonl")}
    files.write_reports(
        EvaluationHeader(
            run_id=files.run_id,
            generated_at=header.generated_at,
            gold_labels=header.gold_labels,
            predictions=header.predictions,
            grid_size=header.grid_size,
            local_prediction=header.local_prediction,
            forehead_hair_aware_clip=group.rules.forehead_hair_aware_clip,
            under_eye_min_coverage=group.rules.under_eye_min_coverage,
            jsonl=names["report_jsonl"],
            csv=names["report_csv"],
            calibration=printed(f"{group.group_id}{CALIBRATION_SUFFIX}"),
            compat=compat,
        )
    )
    tally = files.tally
    metrics = group_metrics(tally.source_blocks()[0], tally.samples_total, tally.samples_scored)
    return GroupResult(group, metrics, group_score(metrics), names)
