"""From drawings to gold rows: masks, quality flags and the records of the quality report."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from facebank.gold import masks
from facebank.gold.javascript import round3, stringify, text_of, trim
from facebank.gold.modules import CORE, LABELS, MODULES, STRONG_MODULES, UNDER_EYE_MODULES
from facebank.label_studio.drawings import read_drawing
from facebank.label_studio.tasks import annotator_of, is_name, results_of, time_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from facebank.gold.masks import Mask
    from facebank.label_studio.drawings import Drawing
    from facebank.label_studio.rings import Ring
    from facebank.label_studio.tasks import Task

__all__ = ["SCHEMA_VERSION", "ImportRules", "Imported", "import_task"]

SCHEMA_VERSION = "aurora.gold_labels.v2"


@dataclass(frozen=True, slots=True)
class ImportRules:
    """How an export is imported.

    Attributes
    ----------
    grid : int
        Pixels per side of the masks.
    qa_status : str
        What every row says of its approval.
    annotator : str or None
        Name of the annotator where the export names none; if not `strict`, in place of what it names.
    all_annotations : bool
        Import every annotation of a task, not only the first.
    least_mask_pixels : int
        Masks of fewer pixels are flagged.
    hair_overlap_warn : float
        A forehead that shares more with the hair is flagged.
    strict : bool
        See `facebank.label_studio.drawings.read_drawing`.
    fallback_time : callable
        Gives the time of annotations that have none; it is asked only if there is one.
    """

    grid: int
    qa_status: str
    annotator: str | None
    all_annotations: bool
    least_mask_pixels: int
    hair_overlap_warn: float
    strict: bool
    fallback_time: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of one annotation.

    Its record for the quality report, its gold row if it has one, and names of regions that are no labels.
    """

    record: dict[str, Any]
    row: dict[str, Any] | None
    unknown: tuple[str, ...] = ()


def import_task(task: Task, rules: ImportRules) -> Iterator[Imported]:
    """Import the annotations of a task.

    Parameters
    ----------
    task : Task
        The task.
    rules : ImportRules
        How.

    Yields
    ------
    Imported
        One for each annotation that the rules take; one without a row if there is none.
    """
    if not task.annotations:
        reason = "CANCELLED" if task.cancelled else "NO_ANNOTATION"
        yield Imported(_skipped(task, None, None, None, reason), None)
    for annotation in task.annotations if rules.all_annotations else task.annotations[:1]:
        yield _import_annotation(task, annotation, rules)


def _import_annotation(task: Task, annotation: dict[str, Any], rules: ImportRules) -> Imported:
    """Import one annotation."""
    drawing = read_drawing(task, annotation, rules.grid, strict=rules.strict)
    names = (None, rules.annotator) if rules.strict else (rules.annotator, None)
    annotator_id = annotator_of(annotation, *names)
    created_at = text_of(time_of(annotation) or rules.fallback_time())
    annotation_id = _annotation_id(task, annotation, annotator_id, created_at)
    drawn = _draw(drawing, rules.grid)
    if not drawn:
        unread = "UNREAD_REGIONS" if drawing.unread else "NO_VALID_POLYGONS"
        reason = "ONLY_BRUSH_UNSUPPORTED" if drawing.unsupported_brushes else unread
        return Imported(_skipped(task, annotation_id, annotator_id, drawing, reason), None, drawing.unknown)
    overlap = _hair_overlap(drawn)
    tiny = _too_small(drawn, rules.least_mask_pixels)
    flags = (*drawing.flags, *tiny, *_too_hairy(overlap, rules.hair_overlap_warn))
    counts = {level: sum(flag["level"] == level for flag in flags) for level in ("FAIL", "WARN")}
    status = "QC_FAIL" if counts["FAIL"] else "QC_WARN" if counts["WARN"] else "QC_PASS"
    identity = {
        "annotator_id": annotator_id,
        "annotation_id": annotation_id,
        "created_at": created_at,
        "is_double_annotated": task.double,
    }
    quality = {
        "qc_status": status,
        "qc_warn_count": counts["WARN"],
        "qc_fail_count": counts["FAIL"],
        "qc_flags": list(flags),
    }
    payloads = {label: _payload(mask, rules.grid) for label, mask in drawn.items()}
    row = {
        "schema_version": SCHEMA_VERSION,
        "sample_hash": task.sample_hash,
        "source": task.source,
        "image_path": task.image_path,
        "qa_status": rules.qa_status,
        "grid_size": rules.grid,
        "labels": {label: _label(drawing.rings[label]) for label in LABELS if label in drawing.rings},
        **{f"{name}_mask": payloads.get(name) for name in CORE},
        "module_masks": {
            name: payloads[name] | {"gt_kind": "strong" if name in STRONG_MODULES else "weak"}
            for name in MODULES
            if name in payloads
        },
        "module_gt": {
            "strong_modules": STRONG_MODULES,
            "weak_modules": UNDER_EYE_MODULES,
            "strong_modules_present": [name for name in STRONG_MODULES if name in payloads],
            "weak_modules_present": [name for name in UNDER_EYE_MODULES if name in payloads],
        },
        **identity,
        **quality,
        "forehead_hair_overlap_rate": round3(overlap),
        "meta": {
            "annotator": annotator_id,
            "created_at": created_at,
            "annotation_id": annotation_id,
            "tool": "label_studio",
            "task_id": task.task_id,
            "unsupported_brush_count": drawing.unsupported_brushes,
            "is_double_annotated": task.double,
            "tiny_mask_entries": [{"field": flag["field"], "pixels": flag["pixels"]} for flag in tiny],
        },
    }
    record = {
        "sample_hash": task.sample_hash,
        "source": task.source,
        "task_id": task.task_id,
        "annotation_id": annotation_id,
        "annotator_id": annotator_id,
        "created_at": created_at,
        "is_double_annotated": task.double,
        **quality,
        "unsupported_brush_count": drawing.unsupported_brushes,
        "forehead_hair_overlap_rate": round3(overlap),
        "skipped_reason": None,
    }
    return Imported(record, row, drawing.unknown)


def _annotation_id(task: Task, annotation: dict[str, Any], annotator_id: str, created_at: str) -> str:
    """Give an annotation's id, or derive one."""
    for key in ("id", "annotation_id", "pk"):
        value = annotation.get(key)
        if is_name(value) and (text := trim(text_of(value))):
            return text
    facts = {
        "task_id": task.task_id,
        "sample_hash": task.sample_hash,
        "annotator_id": annotator_id,
        "created_at": created_at,
        "result_len": len(results_of(annotation)),
    }
    return f"ann_{hashlib.sha256(stringify(facts).encode('utf-8', 'replace')).hexdigest()[:16]}"


def _draw(drawing: Drawing, grid: int) -> dict[str, Mask]:
    """Draw the union of each label's outlines and brushes, in the order of the labels."""
    outlines = iter(masks.polygons([ring for rings in drawing.rings.values() for ring in rings], grid))
    parts = {label: [next(outlines) for _ in rings] for label, rings in drawing.rings.items()}
    for label, brushes in drawing.brushes.items():
        parts.setdefault(label, []).extend(brushes)
    return {label: masks.union(parts[label]) for label in LABELS if label in parts}


def _label(rings: list[Ring]) -> dict[str, Any]:
    """Describe a label by its outlines."""
    polygons = [_points(ring) for ring in rings]
    return {"type": "polygon", "points_norm": polygons[0], "polygons_norm": polygons}


def _points(ring: Ring) -> list[dict[str, float]]:
    """Give a ring's corners as they print: 0 and 1 without a fraction."""
    return [
        {"x": x if 0.0 < x < 1.0 else int(x), "y": y if 0.0 < y < 1.0 else int(y)} for x, y in ring.tolist()
    ]


def _payload(mask: Mask, grid: int) -> dict[str, Any]:
    """Describe a mask."""
    return {"grid_size": grid, "pixels": masks.pixel_count(mask), "rle_norm": masks.encode(mask, grid)}


def _hair_overlap(drawn: dict[str, Mask]) -> float | None:
    """Give the share of the forehead that is hair; None without forehead or hair."""
    if "forehead" not in drawn or "hair" not in drawn or not drawn["forehead"].size:
        return None
    forehead, hair = drawn["forehead"], drawn["hair"]
    own, other = masks.pixel_count(forehead), masks.pixel_count(hair)
    return (own + other - masks.pixel_count(masks.union([forehead, hair]))) / own


def _too_small(drawn: dict[str, Mask], least: int) -> list[dict[str, Any]]:
    """Flag masks of too few pixels."""
    fields = {name: f"{name}_mask" for name in CORE} | {name: f"module_masks.{name}" for name in MODULES}
    pixels = {fields[name]: masks.pixel_count(mask) for name, mask in drawn.items()}
    return [
        {"level": "WARN", "code": "MASK_TOO_SMALL", "field": field, "pixels": count, "threshold": least}
        for field, count in pixels.items()
        if count < least
    ]


def _too_hairy(overlap: float | None, warn: float) -> list[dict[str, Any]]:
    """Flag a forehead that lies too much in the hair."""
    if overlap is None or overlap <= warn:
        return []
    return [
        {
            "level": "WARN",
            "code": "FOREHEAD_HAIR_OVERLAP_HIGH",
            "overlap_rate": round3(overlap),
            "threshold": warn,
        }
    ]


def _skipped(
    task: Task,
    annotation_id: str | None,
    annotator_id: str | None,
    drawing: Drawing | None,
    reason: str,
) -> dict[str, Any]:
    """Give the record of an annotation that makes no gold row."""
    flags = drawing.flags if drawing else []
    return {
        "sample_hash": task.sample_hash,
        "source": task.raw_source,
        "task_id": task.task_id,
        "annotation_id": annotation_id,
        "annotator_id": annotator_id,
        "qc_status": "SKIPPED",
        "qc_warn_count": sum(flag["level"] == "WARN" for flag in flags),
        "qc_fail_count": sum(flag["level"] == "FAIL" for flag in flags),
        "qc_flags": flags,
        "unsupported_brush_count": drawing.unsupported_brushes if drawing else 0,
        "skipped_reason": reason,
    }
