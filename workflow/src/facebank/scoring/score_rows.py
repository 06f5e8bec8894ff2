"""A sample's score as rows of the report files: rounded, in the field order of the format."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from facebank.gold import masks
from facebank.gold.javascript import is_truthy, plain, round3

if TYPE_CHECKING:
    from facebank.gold.masks import Mask
    from facebank.gold.samples import GoldSample, Prediction
    from facebank.scoring.scores import SampleScore

__all__ = ["calibration_row", "scored_row", "unscored_row"]

_UNSCORED = (
    "oval_iou",
    "skin_iou",
    "hair_as_skin_rate",
    "bg_as_skin_rate",
    "skin_miss_rate",
    "strong_module_miou_mean",
    "under_eye_band_coverage_mean",
    "under_eye_leakage_bg_mean",
    "under_eye_leakage_hair_mean",
    "forehead_hair_overlap_rate",
)


def unscored_row(sample: GoldSample, fail_reason: str) -> dict[str, Any]:
    """Give the row of a sample without a usable prediction: all figures null."""
    head = {
        "sample_hash": sample.sample_hash,
        "source": sample.source,
        "pred_source": "none",
        "fail_reason": fail_reason,
    }
    return head | dict.fromkeys(_UNSCORED)


def scored_row(
    sample: GoldSample, prediction: Prediction, score: SampleScore, pred_source: str
) -> dict[str, Any]:
    """Give the row of a scored sample. The format writes **unknown as 0**: see `round3`."""
    least = prediction.least_module_pixels
    return {
        "sample_hash": sample.sample_hash,
        "source": sample.source,
        "pred_source": pred_source,
        "fail_reason": None,
        "modules_count": round3(prediction.modules_count),
        "module_pixels_min": None if least is None else plain(least),
        "pred_skin_pixels": score.pred_skin_pixels,
        "gold_skin_pixels": score.gold_skin_pixels or 0,
        "oval_iou": round3(score.oval_iou),
        "skin_iou": round3(score.skin_iou),
        "hair_as_skin_rate": round3(score.hair_as_skin_rate),
        "bg_as_skin_rate": round3(score.bg_as_skin_rate),
        "skin_miss_rate": round3(score.skin_miss_rate),
        "strong_module_miou_mean": round3(score.strong_iou),
        "strong_module_scored_count": len(score.strong),
        "under_eye_band_coverage_mean": round3(score.under_eye_coverage),
        "under_eye_leakage_bg_mean": round3(score.under_eye_leakage_bg),
        "under_eye_leakage_hair_mean": round3(score.under_eye_leakage_hair),
        "under_eye_scored_count": len(score.under_eye),
        "forehead_hair_overlap_rate": round3(score.forehead_hair_overlap_rate),
        "driver_score": round3(score.driver),
        "strong_module_scores": [
            {
                "module_id": module.module,
                "iou": round3(module.iou),
                "coverage": round3(module.coverage),
                "leakage_bg": round3(module.leakage_bg),
                "leakage_hair": round3(module.leakage_hair),
                "pred_pixels": module.pred_pixels,
                "gt_pixels": module.gold_pixels,
            }
            for module in score.strong
        ],
        "under_eye_scores": [
            {
                "module_id": band.module,
                "band_coverage": round3(band.coverage),
                "leakage_bg": round3(band.leakage_bg),
                "leakage_hair": round3(band.leakage_hair),
                "pred_pixels": band.pred_pixels,
                "gt_pixels": band.gold_pixels,
            }
            for band in score.under_eye
        ],
    }


def calibration_row(
    sample: GoldSample, prediction: Prediction, score: SampleScore, *, run_id: str, grid: int
) -> dict[str, Any] | None:
    """Give a sample's row for training a confidence calibration; None unless both skins have pixels.

    `pred_score` is 1 minus the share of the predicted skin that lies on background (0.5 where that is
    unknown); `gold_iou` is what it should have told.
    """
    if score.gold_skin is None or not score.gold_skin_pixels or not score.pred_skin_pixels:
        return None
    leak = 0.5 if score.bg_as_skin_rate is None else score.bg_as_skin_rate
    pred_score = round3(min(max(1 - leak, 0.0), 1.0))
    inference_id = f"gold_{run_id}_{sample.sample_hash}"
    return {
        "sample_hash": sample.sample_hash,
        "source": sample.source,
        "pred_score": pred_score,
        "gold_iou": round3(score.skin_iou),
        "features": {
            "oval_iou": round3(score.oval_iou),
            "bg_as_skin_rate": round3(score.bg_as_skin_rate),
            "hair_as_skin_rate": round3(score.hair_as_skin_rate),
            "skin_miss_rate": round3(score.skin_miss_rate),
            "pred_skin_pixels": score.pred_skin_pixels,
            "modules_count": round3(prediction.modules_count),
        },
        "model_output": {
            "inference_id": inference_id,
            "provider": "gold_eval_local",
            "quality_grade": prediction.quality_grade if is_truthy(prediction.quality_grade) else "unknown",
            "skin_tone_bucket": "unknown",
            "lighting_bucket": "unknown",
            "output_json": {"concerns": [_skin_concern(score.pred_skin, pred_score, grid)]},
        },
        "gold_label": {
            "inference_id": inference_id,
            "qa_status": "approved",
            "concerns": [_skin_concern(score.gold_skin, 1, grid)],
        },
    }


def _skin_concern(mask: Mask, confidence: float | None, grid: int) -> dict[str, Any]:
    """Describe a skin mask by its box in shares of the image."""
    corners = dict(
        zip(("x0", "y0", "x1", "y1"), (plain(side / grid) for side in masks.bounds(mask, grid)), strict=True)
    )
    return {
        "type": "skin",
        "confidence": confidence,
        "severity": 2,
        "regions": [{"kind": "bbox", "bbox_norm": corners}],
    }
