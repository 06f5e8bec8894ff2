"""The rule `evaluate_gold`: predictions of face regions are measured against gold labels."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - the command line reads the annotations
from typing import Any

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no types

from facebank.artifacts.atomic import write_json
from facebank.artifacts.provenance import building, describe_inputs
from facebank.errors import DataError
from facebank.gold.labels import LabelReader, clamped_grid
from facebank.gold.naming import latest_time, printed_input, printed_output, run_id_of
from facebank.gold.rows import Rejections
from facebank.runtime.progress import follow
from facebank.scoring.aggregates import Worst
from facebank.scoring.evaluation import Meeting, PredictionFile, no_picture
from facebank.scoring.evaluation_files import EvaluationFiles
from facebank.scoring.evaluation_report import EvaluationHeader
from facebank.scoring.overlays import Sketch, draw_overlay, encode_png
from facebank.scoring.scores import ScoringRules, score
from facebank.scoring.summary import EvaluationSummary

__all__ = ["evaluate_gold"]

CALIBRATION = "calibration_train_samples.ndjson"

#: How many of the worst samples are drawn.
OVERLAYS = 8


def evaluate_gold(
    *,
    gold_labels: Path,
    output_dir: Path,
    predictions: Path | None = None,
    grid_size: int = 256,
    forehead_hair_aware_clip: bool = False,
    under_eye_min_coverage: float = 0.0,
    local_prediction: bool = True,
    image_roots: tuple[Path, ...] = (),
    model_pack: Path | None = None,
    cache: Path | None = None,
    device: str = "cpu",
    compat: bool = False,
    run_id: str | None = None,
    generated_at: str | None = None,
    contents: str = "",
) -> None:
    """Evaluate predictions of face regions against gold labels.

    Writes ``eval_gold_<run id>.md``, ``.jsonl`` and ``.csv``, ``calibration_train_samples.ndjson``,
    ``gold_summary.json``, ``rejected.tsv``, and pictures of the worst samples in ``overlays/``.

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
    forehead_hair_aware_clip : bool
        Take the gold hair off the predicted forehead first.
    under_eye_min_coverage : float
        Empty an under-eye band that covers less of its gold band; 0 empties none.
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
    compat : bool
        Accept damaged rows as the format's first tools did, and print paths from the working directory.
    run_id : str, optional
        Id of the run, in names and reports; derived from the content unless given.
    generated_at : str, optional
        Time of the report; the latest time in the gold rows unless given.
    contents
        Digest of the files that are read, as the workflow saw them; kept in provenance.json.

    Raises
    ------
    DataError
        If the gold rows or, unless `compat`, the predictions are missing.
    """
    # The first tools took a missing file for one without rows.
    passed_over = compat and predictions is not None and not predictions.is_file()
    predictions_read = None if passed_over else predictions
    inputs = {"gold_labels": gold_labels} | (
        {} if predictions_read is None else {"predictions": predictions_read}
    )
    for path in inputs.values():
        if not path.is_file():
            raise DataError("A file of rows is missing", file=path, remedy="Check the path.")
    reader = LabelReader(clamped_grid(grid_size), strict=not compat)
    rules = ScoringRules(forehead_hair_aware_clip, ScoringRules.clamped(under_eye_min_coverage))
    predictor = None
    if local_prediction and image_roots:
        # Models and what runs them are loaded only where they are needed.
        from facebank.predictor.prediction import local_predictor

        predictor = local_predictor(model_pack, image_roots, cache=cache, device=device)
    fallback = no_picture if local_prediction else None
    predict = predictor.at(reader.grid) if predictor else fallback
    parameters = {
        "grid_size": reader.grid,
        "forehead_hair_aware_clip": forehead_hair_aware_clip,
        "under_eye_min_coverage": rules.under_eye_min_coverage,
        "local_prediction": local_prediction,
        "compat": compat,
        "run_id": run_id,
        "generated_at": generated_at,
    }
    described = describe_inputs(inputs)
    run = run_id or run_id_of("evaluate_gold", parameters, (described[name] for name in inputs))
    stem = f"eval_gold_{run}"
    rejections, summary = Rejections(), EvaluationSummary()
    worst: Worst[Sketch] = Worst(size=OVERLAYS)
    with building(
        output_dir,
        rule="evaluate_gold",
        parameters=parameters,
        inputs=inputs,
        models=predictor.models if predictor else (),
        provider=predictor.provider if predictor else None,
        contents=contents,
        described=described,
    ) as folder:
        time = ""
        with (
            # The matrices are small: a second thread costs more than it gives.
            threadpool_limits(limits=1),
            PredictionFile.indexed(predictions_read, rejections, strict=reader.strict) as rows,
            EvaluationFiles(folder, stem, CALIBRATION, run, reader.grid) as files,
        ):
            samples = Meeting(gold_labels, rows, reader, rejections, predict).samples()
            for met in follow(samples, "Scoring gold samples"):
                result = None if met.comparison is None else score(met.comparison, rules)
                row = files.add(met, result)
                summary.add(met, result)
                if met.comparison is not None:
                    drawn = Sketch(row["sample_hash"], row["source"], row["driver_score"], met.comparison)
                    worst.add(drawn.driver_score, drawn)
                time = max(time, latest_time([met.created_at]))
        header = EvaluationHeader(
            run_id=run,
            generated_at=generated_at or time or latest_time([]),
            gold_labels=printed_input(gold_labels, compat=compat),
            predictions=None if predictions is None else printed_input(predictions, compat=compat),
            grid_size=reader.grid,
            local_prediction=local_prediction,
            forehead_hair_aware_clip=forehead_hair_aware_clip,
            under_eye_min_coverage=rules.under_eye_min_coverage,
            jsonl=printed_output(output_dir, f"{stem}.jsonl", compat=compat),
            csv=printed_output(output_dir, f"{stem}.csv", compat=compat),
            calibration=printed_output(output_dir, CALIBRATION, compat=compat),
            compat=compat,
        )
        files.write_reports(header)
        facts = {
            "run_id": run,
            "grid_size": reader.grid,
            "rejected": rejections.counts(),
            "rows": {name: rejections.of(path) for name, path in inputs.items()},
            "predictions": len(rows),
            "predictions_without_gold": rows.unasked,
        }
        shown = [
            _draw(sketch, place, rules, reader.grid, folder) for place, sketch in enumerate(worst.ranked(), 1)
        ]
        write_json(folder / "gold_summary.json", facts | summary.document() | {"worst": shown})
        rejections.write(folder / "rejected.tsv")
    tally = files.tally
    print(  # noqa: T201 - the stage's result
        f"evaluate-gold: {tally.samples_scored} of {tally.samples_total} samples scored,"
        f" {len(rejections.rows)} rows rejected"
    )


def _draw(sketch: Sketch, place: int, rules: ScoringRules, grid: int, folder: Path) -> dict[str, Any]:
    """Write the picture of a sample and say what it shows; a sample's own name is no file's name."""
    name = f"overlays/{place:02}.png"
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_bytes(encode_png(draw_overlay(sketch.comparison, rules, grid)))
    return {
        "sample_hash": sketch.sample_hash,
        "source": sketch.source,
        "driver_score": sketch.driver_score,
        "picture": name,
    }
