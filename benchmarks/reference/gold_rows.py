"""The evaluation of one gold sample in the plainest way: a list of pixels a mask, a loop for everything.

It is what the established tool does for a sample, by its description, with none of its shortcuts missing
and none added: outlines of modules are drawn even where a mask is given. The benchmark measures against it,
and the tests compare its rows with ours.
"""

from __future__ import annotations

import math
from typing import Any

from reference.mask_functions import Pixels, box, decode, polygon, shared, union

__all__ = ["reference_row"]

_STRONG = ("nose", "forehead", "left_cheek", "right_cheek", "chin")
_BANDS = ("under_eye_left", "under_eye_right")
_CORE = ("face_oval", "skin", "hair", "background")
_BOXES = {
    "nose": (0.42, 0.32, 0.16, 0.32),
    "forehead": (0.2, 0.03, 0.6, 0.22),
    "left_cheek": (0.08, 0.34, 0.34, 0.3),
    "right_cheek": (0.58, 0.34, 0.34, 0.3),
    "chin": (0.33, 0.67, 0.34, 0.26),
}


def reference_row(gold: dict[str, Any], prediction: dict[str, Any], grid: int) -> dict[str, Any]:
    """Give the row of a sample whose prediction has run lengths for skin, oval and modules."""
    regions: dict[str, Pixels] = {}
    for name in (*_CORE, *_STRONG, *_BANDS):
        masks = gold if name in _CORE else gold.get("module_masks", {})
        payload = masks.get(f"{name}_mask" if name in _CORE else name)
        label = gold["labels"].get(name)
        drawn = _draw(label, grid) if label and (name not in _CORE or not payload) else None
        found = decode(payload["rle_norm"], grid) if payload else drawn
        if found is not None:
            regions[name] = found
    skin, oval = (decode(prediction[f"pred_{name}_mask_rle_norm"], grid) for name in ("skin", "oval"))
    modules = {name: decode(mask["rle_norm"], grid) for name, mask in prediction["module_masks"].items()}
    hair, background = regions.get("hair"), regions.get("background")
    strong = [
        _strong_score(name, modules.get(name) or box(*_BOXES[name], grid), regions[name], background, hair)
        for name in _STRONG
        if name in regions
    ]
    bands = [
        _band_score(name, modules.get(name) or [0] * (grid * grid), regions[name], background, hair)
        for name in _BANDS
        if name in regions
    ]
    overlap = _leak(modules["forehead"], hair) if "forehead" in modules else None
    skin_iou = _iou(skin, regions.get("skin"))
    strong_mean = _mean([score["iou"] for score in strong])
    leaks = [_mean([band[name] for band in bands]) for name in ("leakage_bg", "leakage_hair")]
    driver = 1.0 if strong_mean is None else 1.0 - strong_mean
    for term in (*leaks, overlap):
        driver += term or 0.0
    driver += 0.5 if skin_iou is None else 0.5 * (1.0 - skin_iou)
    return {
        "sample_hash": gold["sample_hash"],
        "source": gold["source"],
        "pred_source": "pred_jsonl",
        "fail_reason": None,
        "modules_count": prediction["modules_count"],
        "module_pixels_min": None,
        "pred_skin_pixels": sum(skin),
        "gold_skin_pixels": sum(regions.get("skin", [])),
        "oval_iou": _rounded(_iou(oval, regions.get("face_oval"))),
        "skin_iou": _rounded(skin_iou),
        "hair_as_skin_rate": _rounded(_leak(skin, hair)),
        "bg_as_skin_rate": _rounded(_leak(skin, background)),
        "skin_miss_rate": _rounded(_missed(skin, regions.get("skin"))),
        "strong_module_miou_mean": _rounded(strong_mean),
        "strong_module_scored_count": len(strong),
        "under_eye_band_coverage_mean": _rounded(_mean([band["band_coverage"] for band in bands])),
        "under_eye_leakage_bg_mean": _rounded(leaks[0]),
        "under_eye_leakage_hair_mean": _rounded(leaks[1]),
        "under_eye_scored_count": len(bands),
        "forehead_hair_overlap_rate": _rounded(overlap),
        "driver_score": _rounded(driver),
        "strong_module_scores": [_rounded_score(score) for score in strong],
        "under_eye_scores": [_rounded_score(band) for band in bands],
    }


def _draw(label: dict[str, Any], grid: int) -> Pixels:
    outlines = [[(point["x"], point["y"]) for point in outline] for outline in label["polygons_norm"]]
    return union([[0] * (grid * grid), *(polygon(outline, grid) for outline in outlines)])


def _iou(a: Pixels, b: Pixels | None) -> float | None:
    if b is None:
        return None
    both = shared(a, b)
    either = sum(a) + sum(b) - both
    return both / either if either else None


def _leak(predicted: Pixels, bad: Pixels | None) -> float | None:
    return None if bad is None or not any(predicted) else shared(predicted, bad) / sum(predicted)


def _covered(predicted: Pixels, gold: Pixels) -> float | None:
    return shared(predicted, gold) / sum(gold) if any(gold) else None


def _missed(predicted: Pixels, gold: Pixels | None) -> float | None:
    return None if gold is None or not any(gold) else (sum(gold) - shared(predicted, gold)) / sum(gold)


def _strong_score(
    name: str, predicted: Pixels, gold: Pixels, background: Pixels | None, hair: Pixels | None
) -> dict[str, Any]:
    return {
        "module_id": name,
        "iou": _iou(predicted, gold),
        "coverage": _covered(predicted, gold),
        "leakage_bg": _leak(predicted, background),
        "leakage_hair": _leak(predicted, hair),
        "pred_pixels": sum(predicted),
        "gt_pixels": sum(gold),
    }


def _band_score(
    name: str, predicted: Pixels, gold: Pixels, background: Pixels | None, hair: Pixels | None
) -> dict[str, Any]:
    score = _strong_score(name, predicted, gold, background, hair)
    return {"module_id": name, "band_coverage": score["coverage"], **dict(list(score.items())[3:])}


def _mean(values: list[float | None]) -> float | None:
    total = 0.0
    for value in values:
        total += value or 0.0
    return total / len(values) if values else None


def _rounded(value: float | None) -> float:
    thousandfold = (value or 0.0) * 1000
    below = math.floor(thousandfold)
    return (below + (thousandfold - below >= 0.5)) / 1000


def _rounded_score(score: dict[str, Any]) -> dict[str, Any]:
    return {key: value if isinstance(value, str | int) else _rounded(value) for key, value in score.items()}
