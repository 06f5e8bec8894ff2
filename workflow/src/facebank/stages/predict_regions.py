"""The rule `predict_regions`: face regions of labelled pictures by the local predictor."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path  # noqa: TC003 - the command line reads the annotations
from typing import TYPE_CHECKING

from facebank.artifacts.atomic import write_json, write_text
from facebank.artifacts.provenance import building
from facebank.errors import ConfigError
from facebank.gold.javascript import json_line
from facebank.gold.labels import clamped_grid
from facebank.gold.rows import Rejections, RowProblem, read_rows, sample_hash_of
from facebank.gold.samples import image_path_of, source_of
from facebank.media.isolation import media_reader
from facebank.media.limits import PROCESS_LIMITS
from facebank.predictor.prediction import (
    LABELLING_CONFIG,
    local_predictor,
    picture_within,
    pre_annotation,
    prediction_row,
)
from facebank.predictor.regions import shape_modules
from facebank.predictor.settings import RegionSettings
from facebank.runtime.threads import limit_threads, side_by_side

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from facebank.gold.rows import Row
    from facebank.predictor.prediction import LocalPredictor
    from facebank.predictor.regions import FaceRegions

__all__ = ["predict_regions"]


@dataclass(frozen=True, slots=True)
class _Sample:
    """A row, and which sample it is of."""

    row: Row
    sample_hash: str
    source: str


@dataclass(frozen=True, slots=True, eq=False)
class _Predicted:
    """The regions of a sample's picture, which is named relative to its root, and its row of predictions."""

    picture: str
    regions: FaceRegions
    line: bytes


def predict_regions(
    *,
    labels: Path,
    output_dir: Path,
    image_roots: tuple[Path, ...],
    model_pack: Path,
    grid_size: int = 256,
    min_pixels: int = 8,
    min_keep_ratio: float = 0.2,
    hair_aware: bool = True,
    cache: Path | None = None,
    device: str = "cpu",
    isolate: bool = False,
    threads: int = 1,
    contents: str = "",
) -> None:
    """Predict the face regions of pictures.

    Writes ``predictions.jsonl``, ``label_studio_tasks.json`` (pre-annotated, for Label Studio),
    ``labelling_config.xml``, ``summary.json`` and ``rejected.tsv``.

    Parameters
    ----------
    labels : Path
        Rows with sample_hash, source and image_path, such as gold labels; each sample is predicted once.
    output_dir : Path
        The version folder to make.
    image_roots : tuple of Path
        The only folders in which pictures are opened.
    model_pack : Path
        The model pack whose detector finds the faces.
    grid_size : int
        Pixels per side of the masks, 64 to 512.
    min_pixels : int
        A module that the clip to face and skin leaves fewer pixels keeps its outline.
    min_keep_ratio : float
        The same for a module of which less than this share would be left.
    hair_aware : bool
        Take hair off the forehead.
    cache : Path, optional
        Root of the content-addressed cache; without it every picture's face is found anew.
    device : str
        cpu, cuda or cuda:N.
    isolate : bool
        Decode in a process of its own: a decoder that crashes or hangs costs its picture alone.
    threads : int
        Pictures that are looked at side by side.
    contents
        Digest of the files that are read, as the workflow saw them; kept in provenance.json.

    Raises
    ------
    ConfigError
        If no image root is given.
    ModelError
        If the model pack cannot be used.
    """
    limit_threads(1)  # each picture has a thread of its own
    predictor = local_predictor(model_pack, image_roots, cache=cache, device=device)
    if predictor is None:
        raise ConfigError("No image root is given", remedy="Name the folders of the pictures.")
    grid = clamped_grid(grid_size)
    settings = RegionSettings(min_pixels=min_pixels, min_keep_ratio=min_keep_ratio, hair_aware=hair_aware)
    parameters = {
        "grid_size": grid,
        "min_pixels": min_pixels,
        "min_keep_ratio": min_keep_ratio,
        "hair_aware": hair_aware,
    }
    rejections = Rejections()
    tasks: dict[str, dict[str, object]] = {}
    with (
        media_reader(isolate=isolate, process_limits=PROCESS_LIMITS) as media,
        building(
            output_dir,
            rule="predict_regions",
            parameters=parameters,
            inputs={"labels": labels},
            models=predictor.models,
            provider=predictor.provider,
            contents=contents,
        ) as folder,
        (folder / "predictions.jsonl").open("wb") as predictions,
    ):
        predictor.media = media
        predicted = partial(_predicted, predictor=predictor, grid=grid, settings=settings)
        for sample, found in side_by_side(predicted, _samples(labels, rejections, tasks), threads):
            if sample.sample_hash in tasks:
                continue  # while this row was in work, an earlier one of its sample was done
            if isinstance(found, RowProblem):
                rejections.add(labels, sample.row.number, sample.row.data, found)
                continue
            predictions.write(found.line)
            tasks[sample.sample_hash] = pre_annotation(
                len(tasks) + 1, sample.sample_hash, sample.source, found.picture, found.regions
            )
        write_json(folder / "label_studio_tasks.json", list(tasks.values()))
        write_text(folder / "labelling_config.xml", LABELLING_CONFIG)
        write_json(folder / "summary.json", {"predicted": len(tasks), "rejected": rejections.counts()})
        rejections.write(folder / "rejected.tsv")
    print(f"predict-regions: {len(tasks)} pictures predicted, {len(rejections.rows)} rejected")  # noqa: T201 - the stage's result


def _samples(labels: Path, rejections: Rejections, done: Container[str]) -> Iterator[_Sample]:
    """Read the rows whose samples are not done."""
    for row in read_rows(labels, rejections, strict=True):
        try:
            sample_hash = sample_hash_of(row.value)
        except RowProblem as problem:
            rejections.add(labels, row.number, row.data, problem)
            continue
        if sample_hash not in done:
            yield _Sample(row, sample_hash, source_of(row.value.get("source")))


def _predicted(
    sample: _Sample, *, predictor: LocalPredictor, grid: int, settings: RegionSettings
) -> tuple[_Sample, _Predicted | RowProblem]:
    """Find the regions of a sample's picture, or why there are none."""
    try:
        image_path = image_path_of(sample.row.value)
        regions = predictor.regions(image_path, grid)
        path = picture_within(image_path, predictor.roots)
    except RowProblem as problem:
        return sample, problem
    picture = next(path.relative_to(root) for root in predictor.roots if path.is_relative_to(root))
    row = prediction_row(sample.sample_hash, sample.source, shape_modules(regions, settings), grid)
    return sample, _Predicted(picture.as_posix(), regions, json_line(row))
