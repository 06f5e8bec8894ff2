"""Gold samples met with their predictions, one after the other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from facebank.gold.rows import Rejections, Row, RowProblem, read_rows, row_object, sample_hash_of
from facebank.gold.samples import GoldSample, Prediction, read_gold, read_prediction
from facebank.scoring.scores import Comparison, compare

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import TracebackType
    from typing import BinaryIO

    from facebank.gold.labels import LabelReader

__all__ = [
    "MISSING_IMAGE",
    "NOT_PREDICTED",
    "PREDICTION_REJECTED",
    "Meeting",
    "Met",
    "PredictionFile",
    "no_picture",
]

#: Why a sample has no score.
NOT_PREDICTED = "prediction_unavailable"
MISSING_IMAGE = "missing_image_path"
PREDICTION_REJECTED = "prediction_rejected"

_LONGEST_REASON = 160


@dataclass(frozen=True, slots=True)
class Met:
    """A gold sample and what became of its prediction.

    Attributes
    ----------
    sample : GoldSample
        The gold row.
    created_at : object
        When it was labelled, as the row says.
    prediction, comparison : Prediction and Comparison, or None
        The prediction and its masks beside the gold ones.
    pred_source : str
        ``pred_jsonl`` or ``local_rerun``; ``none`` without a prediction.
    fail_reason : str or None
        Why there is none.
    """

    sample: GoldSample
    created_at: object
    prediction: Prediction | None = None
    comparison: Comparison | None = None
    pred_source: str = "none"
    fail_reason: str | None = None


@dataclass(slots=True)
class PredictionFile:
    """A file of predictions: the last row of each sample, read when it is asked for.

    Only the place of each row is held, some hundred bytes a row.

    Attributes
    ----------
    path : Path or None
        The file; None is the file without rows.
    """

    path: Path | None
    _places: dict[str, tuple[int, int]] = field(default_factory=dict)
    _asked: set[str] = field(default_factory=set)
    _file: BinaryIO | None = None

    @classmethod
    def indexed(cls, path: Path | None, rejections: Rejections, *, strict: bool) -> PredictionFile:
        """Find the rows of a file; `strict` notes a row that a later one of the same sample replaces."""
        predictions = cls(path)
        for row in read_rows(path, rejections, strict=strict) if path is not None else ():
            assert path is not None
            try:
                sample_hash = sample_hash_of(row.value)
            except RowProblem as problem:
                rejections.add(path, row.number, row.data, problem)
                continue
            former = predictions._places.get(sample_hash)
            if strict and former is not None:
                replaced = RowProblem("DUPLICATE_HASH", f"replaced by line {row.number}: {sample_hash}")
                rejections.add(path, former[0], _line_at(path, former[1]), replaced)
            predictions._places[sample_hash] = (row.number, row.offset)
        return predictions

    def __enter__(self) -> Self:
        if self.path is not None:
            self._file = self.path.open("rb")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def __len__(self) -> int:
        return len(self._places)

    @property
    def unasked(self) -> int:
        """How many samples of the file nobody asked for."""
        return len(self._places) - len(self._asked)

    def row(self, sample_hash: str) -> Row | None:
        """Read a sample's row; None if there is none."""
        place = self._places.get(sample_hash)
        if place is None or self._file is None:
            return None
        self._asked.add(sample_hash)
        number, offset = place
        self._file.seek(offset)
        data = self._file.readline()
        return Row(number, offset, data, row_object(data, strict=False) or {})


def _line_at(path: Path, offset: int) -> bytes:
    """Read the line that begins at `offset`."""
    with path.open("rb") as file:
        file.seek(offset)
        return file.readline()


def no_picture(sample: GoldSample) -> Prediction:
    """Predict nothing: the local predictor of a run that may open no picture."""
    raise RowProblem("IMAGE_MISSING", sample.image_path or "no image_path")


@dataclass(frozen=True, slots=True)
class Meeting:
    """Gold samples and predictions, to be put beside each other.

    Attributes
    ----------
    gold_labels : Path
        The gold rows.
    predictions : PredictionFile
        An opened file of predictions.
    reader : LabelReader
        Reads and draws labels. If it is strict, a sample hash that was met before is refused too.
    rejections : Rejections
        Takes rows that cannot be read. A sample whose prediction is refused goes on without one.
    predict : callable or None
        The local predictor for samples without a row, which raises `RowProblem`; None if there shall be none.
    """

    gold_labels: Path
    predictions: PredictionFile
    reader: LabelReader
    rejections: Rejections
    predict: Callable[[GoldSample], Prediction] | None

    def samples(self) -> Iterator[Met]:
        """Read gold samples in file order, each with its prediction; nothing of them is kept.

        Yields
        ------
        Met
            One for each sample.
        """
        seen: set[str] = set()
        for row in read_rows(self.gold_labels, self.rejections, strict=self.reader.strict):
            try:
                met = self._meet(row, seen)
            except RowProblem as problem:
                self.rejections.add(self.gold_labels, row.number, row.data, problem)
                continue
            seen.add(met.sample.sample_hash)
            yield met

    def _meet(self, row: Row, seen: set[str]) -> Met:
        """Read one gold row and find its prediction."""
        sample, created_at = read_gold(row.value, self.reader), row.value.get("created_at")
        if self.reader.strict and sample.sample_hash in seen:
            raise RowProblem("DUPLICATE_HASH", f"met before: {sample.sample_hash}")
        found = self.predictions.row(sample.sample_hash)
        try:
            prediction = None if found is None else read_prediction(found.value, self.reader)
            if prediction is not None:
                comparison = compare(sample, prediction, self.reader)
                return Met(sample, created_at, prediction, comparison, "pred_jsonl")
        except RowProblem as problem:
            # If the gold labels themselves cannot be drawn, this raises and the gold row is refused.
            self.reader.draw(list(sample.regions.values()))
            assert found is not None
            assert self.predictions.path is not None
            self.rejections.add(self.predictions.path, found.number, found.data, problem)
            return Met(sample, created_at, fail_reason=PREDICTION_REJECTED)
        self.reader.draw(list(sample.regions.values()))
        if self.predict is None:
            return Met(sample, created_at, fail_reason=NOT_PREDICTED)
        try:
            prediction = self.predict(sample)
        except RowProblem as problem:
            reason = MISSING_IMAGE if problem.reason.startswith("IMAGE_") else problem.detail
            return Met(sample, created_at, fail_reason=reason[:_LONGEST_REASON])
        return Met(sample, created_at, prediction, compare(sample, prediction, self.reader), "local_rerun")
