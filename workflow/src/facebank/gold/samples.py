"""Gold rows and prediction rows as records of regions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from facebank.gold import masks
from facebank.gold.javascript import is_truthy, text_of, to_number, trim
from facebank.gold.modules import CORE, MODULES, STATIC_OVAL
from facebank.gold.rows import RowProblem, sample_hash_of

if TYPE_CHECKING:
    from facebank.gold.labels import LabelReader, Region

__all__ = ["GoldSample", "Prediction", "image_path_of", "read_gold", "read_prediction", "source_of"]

UNKNOWN_SOURCE = "unknown"


@dataclass(frozen=True, slots=True)
class GoldSample:
    """What a human drew on one picture.

    Attributes
    ----------
    sample_hash, source : str
        The picture's id and where it is from.
    image_path : str or None
        The picture as the row names it.
    regions : dict
        Region by label name; a label that was not drawn is missing.
    """

    sample_hash: str
    source: str
    image_path: str | None
    regions: dict[str, Region]


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a predictor says of one picture.

    Attributes
    ----------
    skin, oval : Region
        Skin and face oval.
    modules : dict
        Region by module name; names beyond the seven modules are kept.
    modules_count : float or None
        The number of modules by the predictor's own account.
    least_module_pixels : float or None
        The smallest module's pixels by the predictor's own account.
    quality_grade : object
        Its grade of the picture, as it stands in the row.
    oval_predicted : bool
        Whether the oval is the predictor's, and not the one that the format assumes.
    """

    skin: Region
    oval: Region
    modules: dict[str, Region]
    modules_count: float | None
    least_module_pixels: float | None
    quality_grade: object
    oval_predicted: bool = True


def source_of(value: object) -> str:
    """Give a source's name: trimmed, in lower case; what is blank or falsy is ``unknown``."""
    return (trim(text_of(value)).lower() if is_truthy(value) else "") or UNKNOWN_SOURCE


def image_path_of(value: dict[str, Any]) -> str | None:
    """Give the picture that a row names, without ``file://``; None if it names none."""
    image = value.get("image_path")
    return text_of(image).removeprefix("file://") if is_truthy(image) else None


def read_gold(value: dict[str, Any], reader: LabelReader) -> GoldSample:
    """Read a gold row.

    Parameters
    ----------
    value : dict
        The row. A mask payload counts before the label of the same name.
    reader : LabelReader
        Reads its labels.

    Raises
    ------
    RowProblem
        If it has no sample hash, or `reader` refuses a label.
    """
    labels = reader.fields(value.get("labels"), "labels")
    modules = reader.fields(value.get("module_masks"), "module_masks")
    payloads = {name: value.get(f"{name}_mask") for name in CORE} | {
        name: modules.get(name) for name in MODULES
    }
    regions = {}
    for name, payload in payloads.items():
        region = reader.payload(payload)
        if region is None:
            region = reader.label(labels.get(name))
        if region is not None:
            regions[name] = region
    return GoldSample(
        sample_hash=sample_hash_of(value),
        source=source_of(value.get("source")),
        image_path=image_path_of(value),
        regions=regions,
    )


def read_prediction(value: dict[str, Any], reader: LabelReader) -> Prediction | None:
    """Read a prediction row; None if it predicts nothing, or no skin, without which nothing is scored.

    Skin and oval are run lengths at the evaluation's own grid, or points. A later entry of a module
    replaces an earlier one: first the object `module_masks`, then the list `modules` (or `pred_modules`).

    Raises
    ------
    RowProblem
        If `reader` refuses a region, or is strict and there are regions without skin.
    """
    skin = _text_or_points(value, "skin", reader)
    if skin is None and not reader.strict:
        return None
    oval = _text_or_points(value, "oval", reader)
    modules = _modules(value, reader)
    if skin is None and oval is None and not modules:
        return None
    if skin is None:
        raise RowProblem("NO_SKIN", f"no skin beside {', '.join(modules) or 'the oval'}")
    module_pixels = value.get("module_pixels_map")
    claimed = module_pixels.values() if isinstance(module_pixels, dict) else ()
    pixels = [to_number(item) for item in claimed]
    count = to_number(value["modules_count"]) if "modules_count" in value else math.nan
    return Prediction(
        skin=skin,
        oval=masks.polygon(STATIC_OVAL, reader.grid) if oval is None else oval,
        modules=modules,
        modules_count=float(max(math.trunc(count), 0)) if math.isfinite(count) else None,
        least_module_pixels=min((number for number in pixels if math.isfinite(number)), default=None),
        quality_grade=value.get("quality_grade"),
        oval_predicted=oval is not None,
    )


def _modules(value: dict[str, Any], reader: LabelReader) -> dict[str, Region]:
    """Read a prediction's modules."""
    modules: dict[str, Region] = {}
    for name, payload in reader.fields(value.get("module_masks"), "module_masks").items():
        if (region := reader.module(payload, name)) is not None:
            modules[name] = region
    listed = value.get("modules")
    if not isinstance(listed, list):
        reader.require(not is_truthy(listed), "modules that are no list")
        listed = value.get("pred_modules")
    reader.require(isinstance(listed, list) or not is_truthy(listed), "pred_modules that are no list")
    for item in listed if isinstance(listed, list) else []:
        entry = reader.fields(item, "a module")
        name = trim(text_of(entry["module_id"])) if is_truthy(entry.get("module_id")) else ""
        region = reader.payload(entry)
        if region is None:
            region = reader.box(entry.get("box"))
        reader.require(bool(name) or region is None, "a region without a module_id")
        if name and region is not None:
            modules[name] = region
    return modules


def _text_or_points(value: dict[str, Any], name: str, reader: LabelReader) -> Region | None:
    """Read a prediction's skin or oval."""
    text = reader.text(value.get(f"pred_{name}_mask_rle_norm"))
    if text is not None:
        return text
    points = value.get(f"pred_{name}_points_norm")
    return reader.points(points if is_truthy(points) else value.get(f"pred_{name}_points"))
