"""The rows of varied samples, digit by digit, against the plain reference of the benchmarks."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from facebank.stages.evaluate_gold import evaluate_gold
from facebank.stages.import_gold import import_gold

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"
GRID, SAMPLES = 64, 4


def test_rows_are_those_of_the_plain_reference(tmp_path: Path) -> None:
    sys.path.append(str(BENCHMARKS))
    from gold_samples import write_samples
    from reference.gold_rows import reference_row

    write_samples(tmp_path, SAMPLES, grid=GRID)
    import_gold(export=tmp_path / "export.json", output_dir=tmp_path / "labels-1", grid_size=GRID)
    gold = tmp_path / "labels-1" / "gold_labels.ndjson"
    evaluate_gold(
        gold_labels=gold,
        predictions=tmp_path / "pred.jsonl",
        output_dir=tmp_path / "out",
        grid_size=GRID,
        run_id="r",
    )
    ours, labels, predictions = (
        [json.loads(line) for line in path.read_text().splitlines()]
        for path in (tmp_path / "out" / "eval_gold_r.jsonl", gold, tmp_path / "pred.jsonl")
    )
    reference = [reference_row(*pair, GRID) for pair in zip(labels, predictions, strict=True)]
    assert ours == reference
    # Outlines alone, drawn at the evaluation, score as the importer's masks do.
    outlines = [{name: value for name, value in row.items() if "_mask" not in name} for row in labels]
    assert [reference_row(*pair, GRID) for pair in zip(outlines, predictions, strict=True)] == reference
