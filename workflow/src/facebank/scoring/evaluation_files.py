"""The files of one evaluation, written while its samples go by."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from facebank.artifacts.atomic import write_text
from facebank.gold.javascript import json_line
from facebank.scoring.aggregates import EvaluationTally
from facebank.scoring.evaluation_report import EvaluationHeader, evaluation_csv, evaluation_markdown
from facebank.scoring.score_rows import calibration_row, scored_row, unscored_row

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType
    from typing import BinaryIO

    from facebank.scoring.evaluation import Met
    from facebank.scoring.scores import SampleScore

__all__ = ["EvaluationFiles"]


@dataclass(slots=True)
class EvaluationFiles:
    """Writes the rows of an evaluation as they come, and its reports in the end.

    Attributes
    ----------
    folder : Path
        Where the files go; it exists.
    stem : str
        Name of the report files without their endings.
    calibration : str
        Name of the file of calibration rows.
    run_id : str
        The run's id, which calibration rows carry.
    grid : int
        Pixels per side of the masks.
    tally : EvaluationTally
        The figures so far.
    """

    folder: Path
    stem: str
    calibration: str
    run_id: str
    grid: int
    tally: EvaluationTally = field(default_factory=EvaluationTally)
    _stack: ExitStack = field(default_factory=ExitStack)
    _rows: BinaryIO | None = None
    _calibration_rows: BinaryIO | None = None

    def __enter__(self) -> Self:
        self._rows = self._stack.enter_context((self.folder / f"{self.stem}.jsonl").open("wb"))
        self._calibration_rows = self._stack.enter_context((self.folder / self.calibration).open("wb"))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def add(self, met: Met, score: SampleScore | None) -> dict[str, Any]:
        """Write one sample's rows.

        Parameters
        ----------
        met : Met
            The sample and its prediction.
        score : SampleScore or None
            Its score, if it has a prediction.

        Returns
        -------
        dict
            The row, as it was written.
        """
        assert self._rows is not None
        assert self._calibration_rows is not None
        if score is None or met.prediction is None:
            row = unscored_row(met.sample, met.fail_reason or "")
        else:
            row = scored_row(met.sample, met.prediction, score, met.pred_source)
            calibration = calibration_row(
                met.sample, met.prediction, score, run_id=self.run_id, grid=self.grid
            )
            if calibration is not None:
                self._calibration_rows.write(json_line(calibration))
        self._rows.write(json_line(row))
        self.tally.add(row)
        return row

    def write_reports(self, header: EvaluationHeader) -> None:
        """Write the Markdown and CSV reports of all samples so far."""
        write_text(self.folder / f"{self.stem}.md", evaluation_markdown(header, self.tally))
        write_text(self.folder / f"{self.stem}.csv", evaluation_csv(self.tally, compat=header.compat))
