"""The rule `predict_regions`: face regions of labelled pictures by the local predictor."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - the command line reads the annotations

from facebank.artifacts.atomic import write_json, write_text
from facebank.artifacts.provenance import building
from facebank.errors import ConfigError
from facebank.gold.javascript import json_line
from facebank.gold.labels import clamped_grid
from facebank.gold.region_prediction import (
    LABELLING_CONFIG,
    local_predictor,
    picture_within,
    pre_annotation,
    prediction_row,
)
from facebank.gold.region_settings import RegionSettings
from facebank.gold.regions import shape_modules
from facebank.gold.rows import Rejections, RowProblem, read_rows, sample_hash_of
from facebank.gold.samples import image_path_of, source_of
from facebank.media.isolation import media_reader
from facebank.media.limits import PROCESS_LIMITS
from facebank.runtime.threads import limit_threads

__all__ = ["predict_regions"]


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
        Threads of the model.
    contents
        Digest of the files that are read, as the workflow saw them; kept in provenance.json.

    Raises
    ------
    ConfigError
        If no image root is given.
    ModelError
        If the model pack cannot be used.
    """
    limit_threads(threads)
    predictor = local_predictor(model_pack, image_roots, cache=cache, device=device, threads=threads)
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
        for row in read_rows(labels, rejections, strict=True):
            try:
                sample_hash, source = sample_hash_of(row.value), source_of(row.value.get("source"))
                if sample_hash in tasks:
                    continue
                image_path = image_path_of(row.value)
                regions = predictor.regions(image_path, grid)
            except RowProblem as problem:
                rejections.add(labels, row.number, row.data, problem)
                continue
            prediction = shape_modules(regions, settings)
            predictions.write(json_line(prediction_row(sample_hash, source, prediction, grid)))
            path = picture_within(image_path, predictor.roots)
            picture = next(path.relative_to(root) for root in predictor.roots if path.is_relative_to(root))
            tasks[sample_hash] = pre_annotation(
                len(tasks) + 1, sample_hash, source, picture.as_posix(), regions
            )
        write_json(folder / "label_studio_tasks.json", list(tasks.values()))
        write_text(folder / "labelling_config.xml", LABELLING_CONFIG)
        write_json(folder / "summary.json", {"predicted": len(tasks), "rejected": rejections.counts()})
        rejections.write(folder / "rejected.tsv")
    print(f"predict-regions: {len(tasks)} pictures predicted, {len(rejections.rows)} rejected")  # noqa: T201 - the stage's result
