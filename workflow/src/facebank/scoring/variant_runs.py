"""The evaluations behind a comparison of variants, sample by sample beside each other."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from facebank.gold.naming import latest_time
from facebank.gold.rows import Rejections
from facebank.scoring.evaluation import Meeting, PredictionFile
from facebank.scoring.evaluation_files import EvaluationFiles
from facebank.scoring.scores import score
from facebank.scoring.summary import FIGURES, RESAMPLES, PairedTally, known_figures

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from facebank.gold.labels import LabelReader
    from facebank.gold.samples import GoldSample, Prediction
    from facebank.predictor.settings import RegionSettings
    from facebank.scoring.variants import Variant

__all__ = ["CALIBRATION_SUFFIX", "VariantRuns", "evaluate_variants"]

CALIBRATION_SUFFIX = "_calibration.ndjson"


@dataclass(slots=True)
class VariantRuns:
    """What the evaluations of some variants gave.

    Attributes
    ----------
    files : dict
        Files and tally of each group, by group id.
    paired : dict
        Differences of each figure from the baseline, by group id.
    rejections : Rejections
        Rows that could not be read.
    time : str
        The latest time among the gold rows.
    local_samples : int
        Samples that the local predictor predicted.
    """

    files: dict[str, EvaluationFiles] = field(default_factory=dict)
    paired: dict[str, dict[str, PairedTally]] = field(default_factory=dict)
    rejections: Rejections = field(default_factory=Rejections)
    time: str = field(default_factory=lambda: latest_time([]))
    local_samples: int = 0

    def tests(self) -> dict[str, dict[str, Any]]:
        """Give the paired difference of each figure of each group from the baseline, and its test."""
        return {
            group: {name: tally.figures(f"{group} {name}") for name, tally in tallies.items()}
            for group, tallies in self.paired.items()
        }

    def document(self) -> dict[str, Any]:
        """Give what is known beyond the format's reports, as plain values."""
        return {
            "rejected": self.rejections.counts(),
            "local_samples": self.local_samples,
            "test": {"method": "sign flips of paired differences, two-sided", "resamples": RESAMPLES},
            "differences_from_baseline": self.tests(),
        }


def evaluate_variants(
    groups: Sequence[Variant],
    *,
    gold_labels: Path,
    predictions: Path | None,
    reader: LabelReader,
    predictors: Mapping[RegionSettings, Callable[[GoldSample], Prediction] | None],
    run_id: str,
    folder: Path,
) -> VariantRuns:
    """Evaluate every variant on every sample.

    Parameters
    ----------
    groups : sequence of Variant
        The variants, the baseline first.
    gold_labels, predictions : Path
        Rows of gold labels and, if there are any, of predictions.
    reader : LabelReader
        Reads and draws labels.
    predictors : mapping
        The local predictor of samples without a row for each variant's settings; None if there is none.
    run_id : str
        Id of the comparison; a group's evaluation bears it and the group's name.
    folder : Path
        Where each group's files go; it exists.

    Returns
    -------
    VariantRuns
        Tallies, differences, rejections.
    """
    runs = VariantRuns(
        paired={group.group_id: {name: PairedTally() for name in FIGURES} for group in groups[1:]}
    )
    ways = list(dict.fromkeys(predictors[group.settings] for group in groups))
    with ExitStack() as stack:
        rows = stack.enter_context(PredictionFile.indexed(predictions, runs.rejections, strict=reader.strict))
        for group in groups:
            name = f"{run_id}_{group.group_id}"
            files = EvaluationFiles(
                folder, f"eval_gold_{name}", f"{group.group_id}{CALIBRATION_SUFFIX}", name, reader.grid
            )
            runs.files[group.group_id] = stack.enter_context(files)
        # One stream of samples for each way of predicting; all run over the same gold rows in step.
        streams = [
            Meeting(
                gold_labels,
                rows,
                reader,
                runs.rejections if number == 0 else Rejections(),
                predict,
            ).samples()
            for number, predict in enumerate(ways)
        ]
        for mets in zip(*streams, strict=True):
            by_way = dict(zip(ways, mets, strict=True))
            runs.time = max(runs.time, latest_time([mets[0].created_at]))
            runs.local_samples += mets[0].pred_source == "local_rerun"
            before: dict[str, float | None] = {}
            for number, group in enumerate(groups):
                met = by_way[predictors[group.settings]]
                result = None if met.comparison is None else score(met.comparison, group.rules)
                runs.files[group.group_id].add(met, result)
                figures = dict.fromkeys(FIGURES) if result is None else known_figures(result)
                if number == 0:
                    before = figures
                    continue
                for name, tally in runs.paired[group.group_id].items():
                    tally.add(before[name], figures[name])
    return runs
