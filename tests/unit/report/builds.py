"""A small build: version folders as the stages write them, with hostile names, for what reads many stages."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pyarrow as pa
from PIL import Image

from facebank.artifacts.atomic import write_json, write_text
from facebank.artifacts.digests import sha256_file
from facebank.artifacts.provenance import building
from facebank.artifacts.tables import REJECTED_COLUMNS, write_table, write_tsv
from facebank.audit.mapping import episode_mapping
from facebank.bank.schemas import PHOTOS
from facebank.gallery.tables import DUPLICATE_COLUMNS, IDENTITIES, PHOTO_FIELDS
from facebank.report.folders import Folders
from facebank.sources.schemas import (
    DETECTIONS,
    EPISODE_COLUMNS,
    EXCLUSION_COLUMNS,
    FINDING_COLUMNS,
    FRAMES,
    SERVED_COLUMNS,
    SLOTS,
    SOURCES,
    VARIANTS,
    VERDICTS,
    VIDEOS,
)
from facebank.stages.validate_gallery import LOO, UNKNOWN_COLUMNS

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE = "<img src=x onerror=alert(1)> & \u202e'Zoë'.jpg"
SOURCE = "quick_ada_OLS_ep01"
VARIANTS_OF_SOURCE = (f"{SOURCE}__t3_0000_v00", f"{SOURCE}__t3_0000_v01")
SLUGS = ("ada", "bob", "carl")
DIMENSION = 4
SIZE = 64
N_FRAMES = 12
MODELS = ({"name": "detector.onnx", "sha256": "ab" * 32, "licence": "MIT"},)


@dataclass(frozen=True, slots=True)
class Build:
    """The build and the roots that it was made from."""

    folders: Folders
    bank_root: Path
    sources_root: Path


def make_build(folder: Path) -> Build:
    """Make every version folder of a small build under `folder`."""
    bank, sources = folder / "bank", folder / "sources"
    photos = _bank(bank)
    _videos(sources)
    made = folder / "results"
    return Build(
        Folders(
            models=_models(made),
            inventory_photos=_inventory_photos(made, photos),
            inventory_sources=_inventory_sources(made),
            embeddings=_embeddings(made),
            gallery=_gallery(made, photos),
            validation=_validation(made, photos),
            detections=_detections(made),
            face_labels=_face_labels(made),
            audit=_audit(made),
            gold_labels=_gold_labels(made),
            gold_predictions=_gold_predictions(made),
            gold_evaluation=_gold_evaluation(made),
            gold_variants=_gold_variants(made),
            gold_agreement=_gold_agreement(made),
        ),
        bank,
        sources,
    )


def _version(made: Path, stage: str, rule: str, **parameters: Any) -> Any:
    return building(made / stage / "v-00000000", rule=rule, parameters=parameters, inputs={}, models=MODELS)


def _bank(root: Path) -> list[dict[str, Any]]:
    rows = []
    for place, slug in enumerate(SLUGS):
        names = (HOSTILE, "2.jpg") if slug == "ada" else ("1.jpg", "2.jpg")
        for number, name in enumerate(names):
            photo = f"scraped/{slug}/{name}"
            pixels = np.random.default_rng(10 * place + number).integers(
                0, 256, (SIZE, SIZE, 3), dtype=np.uint8
            )
            data = io.BytesIO()
            exif = Image.Exif()
            exif[0x010E] = "SECRET PLACE"
            Image.fromarray(pixels).save(data, "JPEG", exif=exif)
            (root / photo).parent.mkdir(parents=True, exist_ok=True)
            (root / photo).write_bytes(data.getvalue())
            facts = {"width": SIZE, "height": SIZE, "orientation": 1, "format": "JPEG", "phash": "0" * 16}
            rows.append(
                {
                    "photo": photo,
                    "set": "scraped",
                    "folder": slug,
                    "identity": slug,
                    "sha256": sha256_file(root / photo),
                    "bytes": len(data.getvalue()),
                    **facts,
                }
            )
    return sorted(rows, key=lambda row: row["photo"])


def _videos(root: Path) -> None:
    for number, variant in enumerate(VARIANTS_OF_SOURCE):
        path = root / _video(variant)
        path.parent.mkdir(parents=True)
        with av.open(str(path), "w") as container:
            stream = container.add_stream("mpeg4", rate=30)
            stream.width, stream.height, stream.pix_fmt = 96, SIZE, "yuv420p"
            for index in range(N_FRAMES):
                noise = np.random.default_rng(100 * number + index)
                pixels = noise.integers(0, 256, (SIZE, 96, 3), dtype=np.uint8)
                container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
            container.mux(stream.encode())


def _video(variant: str) -> str:
    return f"{variant}/videos/camera1/file-000.mp4"


def _rejected(file: str, reason: str) -> dict[str, str]:
    return {"file": file, "reason": reason, "sha256": "cd" * 32, "detail": "found so", "remedy": "Mend it."}


def _models(made: Path) -> Path:
    with _version(made, "models", "check_models", pack="lite") as folder:
        files = [{**model, "role": "detector", "permitted_use": "any"} for model in MODELS]
        write_json(folder / "models.json", {"pack": "lite", "files": files})
    return made / "models/v-00000000"


def _inventory_photos(made: Path, photos: list[dict[str, Any]]) -> Path:
    with _version(made, "inventory_photos", "index_photos", sets=["scraped"]) as folder:
        write_table(folder / "photos.parquet", photos, PHOTOS)
        rejected = [
            _rejected("scraped/ada/<b>cut</b>.jpg", "TRUNCATED"),
            _rejected("scraped/bob/q.jpg", "QUARANTINED"),
        ]
        write_tsv(folder / "rejected.tsv", REJECTED_COLUMNS, rejected)
        write_tsv(
            folder / "ignored.tsv", REJECTED_COLUMNS, [_rejected("scraped/ada/<b>.txt", "NOT_AN_IMAGE")]
        )
        write_json(folder / "summary.json", {"unknown_sets": {"<train>": 12}})
    return made / "inventory_photos/v-00000000"


def _inventory_sources(made: Path) -> Path:
    size = {"width": 96, "height": SIZE, "fps": 30.0, "codec": "mpeg4", "rotation": 0}
    with _version(made, "inventory_sources", "index_sources") as folder:
        source = {"source": SOURCE, "representative": VARIANTS_OF_SOURCE[0], "variants": 2, "slots": 2}
        video = {"video": _video(VARIANTS_OF_SOURCE[0]), "sha256": "ef" * 32, "frames_declared": N_FRAMES}
        write_table(folder / "sources.parquet", [{**source, **video, **size}], SOURCES)
        variants = [
            {
                "variant": name,
                "source": SOURCE,
                "base": False,
                "representative": name == VARIANTS_OF_SOURCE[0],
                "claims": ["ada", "bob"],
                "target": "bob",
                **video,
                "packets": N_FRAMES,
                **size,
                "video": _video(name),
            }
            for name in VARIANTS_OF_SOURCE
        ]
        write_table(folder / "variants.parquet", variants, VARIANTS)
        write_tsv(folder / "findings.tsv", FINDING_COLUMNS, [])
        merged = {"source": SOURCE, "base": "no", "used": "yes", "frames": N_FRAMES}
        episodes = [
            {"episode_index": it, "variant": name, **merged} for it, name in enumerate(VARIANTS_OF_SOURCE)
        ]
        write_tsv(folder / "episodes.tsv", EPISODE_COLUMNS, episodes)
        write_tsv(folder / "rejected.tsv", REJECTED_COLUMNS, [])
        write_tsv(folder / "ignored.tsv", REJECTED_COLUMNS, [_rejected("notes <i>", "NOT_A_VARIANT")])
    return made / "inventory_sources/v-00000000"


def _embeddings(made: Path) -> Path:
    with _version(made, "embeddings", "collect_embeddings", det_sizes=[320, 640]) as folder:
        write_tsv(folder / "rejected.tsv", REJECTED_COLUMNS, [_rejected("scraped/bob/wall.png", "NO_FACE")])
        write_json(folder / "summary.json", {"photos": 6, "faces": 6, "embedding_dim": DIMENSION})
        write_table(folder / "faces.parquet", [{"photo": "bystander"}], pa.schema([("photo", pa.string())]))
    return made / "embeddings/v-00000000"


def _gallery(made: Path, photos: list[dict[str, Any]]) -> Path:
    with _version(made, "gallery", "build_gallery", centroid="mean") as folder:
        celebs: dict[str, Any] = {}
        rows = []
        for place, photo in enumerate(photos):
            vector = np.eye(DIMENSION, dtype=np.float32)[place % DIMENSION]
            npy = folder / "arcface_embeddings" / f"{photo['photo']}.arcface.npy"
            npy.parent.mkdir(parents=True, exist_ok=True)
            np.save(npy, vector)
            entry = celebs.setdefault(
                photo["identity"], {"photos": {}, "centroid": vector.tolist(), "n_photos": 0}
            )
            entry["photos"][photo["photo"]] = f"{photo['photo']}.arcface.npy"
            entry["n_photos"] += 1
            broken = photo["identity"] == "carl"
            rows.append(
                {name: photo.get(name) for name, _ in PHOTO_FIELDS}
                | {"embedding": vector.tolist()}
                | {
                    "face": 0,
                    "faces_found": 1 + place % 2,
                    "x1": 8.0,
                    "y1": 8.0,
                    "x2": 40.0,
                    "y2": 48.0,
                    "score": 0.9,
                }
                | {"own_similarity": 0.1 if broken else 0.9 - 0.1 * (place % 2), "best_other": "bob"}
                | {"best_other_similarity": 0.4, "margin": 0.5}
                | {
                    "verdict": "intruder" if broken else "ok",
                    "evidence": "looks like bob" if broken else None,
                }
            )
        manifest = {
            "bank_root": "arcface_embeddings",
            "buffalo_l_det_size": 640,
            "schema_version": 1,
            "celebs": celebs,
        }
        write_json(folder / "celeb_embeddings.json", manifest)
        vectors = pa.field("embedding", pa.list_(pa.float32(), DIMENSION))
        write_table(folder / "photos.parquet", rows, pa.schema([*PHOTO_FIELDS, vectors]))
        identities = [
            {
                "identity": slug,
                "sets": ["scraped"],
                "photos": 2,
                "pictures": 2,
                "status": "broken" if slug == "carl" else "thin",
                "own_similarity": 0.5,
                "own_similarity_min": 0.4,
                "nearest": "bob",
                "nearest_similarity": 0.3,
                "evidence": "2 of 2 pictures are outliers or intruders" if slug == "carl" else "2 pictures",
            }
            for slug in SLUGS
        ]
        write_table(folder / "identities.parquet", identities, IDENTITIES)
        pair = {
            "group": 1,
            "photo": f"scraped/ada/{HOSTILE}",
            "copy_of": "scraped/bob/1.jpg",
            "hash_distance": 0,
        }
        copies = [{**pair, "scope": "across identities", "evidence": "sha256"}]
        write_tsv(folder / "duplicates.tsv", DUPLICATE_COLUMNS, copies)
        np.save(folder / "confusion_matrix.npy", np.eye(3, dtype=np.float32))
        write_json(
            folder / "summary.json", {"identities": 3, "in_centroids": {"ok": 4, "weak": 0, "intruder": 2}}
        )
    return made / "gallery/v-00000000"


def _validation(made: Path, photos: list[dict[str, Any]]) -> Path:
    with _version(made, "validation", "validate_gallery") as folder:
        rows = [
            {
                "photo": photo["photo"],
                "identity": photo["identity"],
                "verdict": "ok",
                "n_photos": 2,
                "tested": True,
                "correct": photo["identity"] != "carl",
                "own_similarity": 0.1 if photo["identity"] == "carl" else 0.8,
                "margin": -0.7 if photo["identity"] == "carl" else 0.4,
                "top1": "bob" if photo["identity"] == "carl" else photo["identity"],
                "top1_similarity": 0.8,
            }
            for photo in photos
        ]
        write_table(folder / "loo.parquet", rows, LOO)
        write_json(folder / "ood_loo_rows.json", [])
        write_tsv(
            folder / "unknown.tsv",
            UNKNOWN_COLUMNS,
            [{"identity": "ada", "max_similarity": 0.5, "mean_similarity": 0.4}],
        )
        top1 = {"hits": 4, "trials": 6, "share": 4 / 6, "interval": [0.3, 0.9]}
        clean = {"hits": 4, "trials": 4, "share": 1.0, "interval": [0.51, 1.0]}
        summary = {
            "queries": 6,
            "top1_hits": 4,
            "top1": 4 / 6,
            "top1_interval": [0.3, 0.9],
            "top5": 1.0,
            "macro_top1": 4 / 6,
            "identities_untested": [],
            "trusted": {"top1": clean, "top5": clean, "macro_top1": 1.0},
            "buckets": [{"bucket": "2", "identities": 3, "top1": top1, "top1_top2": 0.4, "margin": 0.1}],
            "open_set": {
                "impostor_pairs": 12,
                "tar_at_far": [{"target": 0.01, "supported": False, "threshold": None, "tar": None}],
                "threshold": 0.6,
                "threshold_because": "few pairs",
                "identified_at_threshold": 1.0,
                "unknown_accepted_at_threshold": 0.25,
            },
        }
        write_json(folder / "summary.json", summary)
        write_text(folder / "validation.md", "# Validation\n")
        write_text(folder / "roc.svg", '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>\n')
    return made / "validation/v-00000000"


def _detections(made: Path) -> Path:
    with _version(made, "detections", "collect_detections", stride=5) as folder:
        video = {"source": SOURCE, "variant": VARIANTS_OF_SOURCE[0], "frames": N_FRAMES}
        video |= {"width": 96, "height": SIZE}
        values = {
            field.name: video.get(field.name, 0 if pa.types.is_integer(field.type) else None)
            for field in VIDEOS
        }
        write_table(folder / "videos.parquet", [values], VIDEOS)
        write_table(folder / "frames.parquet", [], FRAMES)
        write_table(folder / "detections.parquet", [], DETECTIONS)
        frame = pa.schema([("pixels", pa.binary())])
        write_table(folder / "thumbnails.parquet", [{"pixels": b"a frame's pixels"}], frame)
        write_tsv(folder / "rejected.tsv", REJECTED_COLUMNS, [])
        write_json(folder / "summary.json", {"sources": 1})
    return made / "detections/v-00000000"


def statuses(slot: int) -> list[str]:
    """Give the status of a slot in each frame: slot 1 is hidden from frame 4 to 7."""
    looks = ["detected" if frame in (0, 5, 10, 11) else "interpolated" for frame in range(N_FRAMES)]
    return looks if slot == 0 else looks[:4] + ["hidden"] * 4 + looks[8:]


def _face_labels(made: Path) -> Path:
    with _version(made, "face_labels", "interpolate_labels", slots=2) as folder:
        rows = [
            {"source": SOURCE, "frame": frame, "slot": slot, "status": status}
            | (
                {}
                if status == "hidden"
                else {
                    "x1": 10.0 + 40 * slot,
                    "y1": 10.0,
                    "x2": 30.0 + 40 * slot,
                    "y2": 35.0,
                    "score": 0.9,
                    "confidence": 0.8,
                }
            )
            for frame in range(N_FRAMES)
            for slot, status in enumerate((statuses(0)[frame], statuses(1)[frame]))
        ]
        write_table(folder / "slots.parquet", rows, SLOTS)
        file = f"{SOURCE}.face_labels.json"
        served = {"source": SOURCE, "labels": SOURCE, "file": file, "labelled_on": VARIANTS_OF_SOURCE[0]}
        write_tsv(
            folder / "variants.tsv",
            SERVED_COLUMNS,
            [{"variant": name, **served} for name in VARIANTS_OF_SOURCE],
        )
        columns = (
            "source",
            "frames",
            "all_slots",
            "slot_0",
            "centre_std_0",
            "hidden_0",
            "slot_1",
            "centre_std_1",
        )
        coverage = {
            "source": SOURCE,
            "frames": N_FRAMES,
            "all_slots": 8 / 12,
            "centre_std_0": 0.123,
            "slot_0": 1,
        }
        write_tsv(folder / "coverage.tsv", (*columns, "hidden_1", "problem"), [coverage])
        found = [row["status"] for row in rows]
        summary = {
            "sources": 1,
            "frames": N_FRAMES,
            "slots": 2,
            "all_slots": 0.6667,
            "below_70_percent": [SOURCE],
            "statuses": {status: found.count(status) for status in sorted(set(found))},
        }
        write_json(folder / "summary.json", summary)
        frames = [{"frame_idx": index, "n_visible_faces": 0, "bboxes": []} for index in range(N_FRAMES)]
        document = {"source_episode": SOURCE, "n_frames": N_FRAMES, "schema_version": 1, "frames": frames}
        write_json(folder / f"{SOURCE}.face_labels.json", document, indent=None)
    return made / "face_labels/v-00000000"


def _audit(made: Path) -> Path:
    with _version(made, "audit", "collect_verdicts", frames=5) as folder:
        rows = []
        for variant in VARIANTS_OF_SOURCE:
            for slot, claimed in enumerate(("ada", "bob")):
                wrong = (variant, slot) == (VARIANTS_OF_SOURCE[1], 1)
                rows.append(
                    {
                        "variant": variant,
                        "source": SOURCE,
                        "slot": slot,
                        "claimed": claimed,
                        "verdict": "mismatch" if wrong else "confirmed",
                        "shown": "carl" if wrong else claimed,
                        "similarity": 0.7,
                        "claimed_similarity": 0.3,
                        "margin": 0.4,
                        "frames": 5,
                        "agreeing": 5,
                        "reason": "",
                        "excluded": wrong,
                    }
                )
        write_table(folder / "verdicts.parquet", rows, VERDICTS)
        write_tsv(
            folder / "exclusions.tsv",
            EXCLUSION_COLUMNS,
            [row for row in rows if row["verdict"] == "mismatch"],
        )
        timing = {"in_step": 1, "out_of_step": [VARIANTS_OF_SOURCE[0]]}
        write_json(folder / "summary.json", {"mismatch": 1, "timing": timing})
        listed = [
            {"variant": name, "source": SOURCE, "labels": SOURCE, "base": False}
            for name in VARIANTS_OF_SOURCE
        ]
        write_json(folder / "episode_mapping.json", episode_mapping(listed))
    return made / "audit/v-00000000"


def _figures(mean: float) -> dict[str, Any]:
    return {"known": 2, "unknown": 1, "mean": mean, "low": mean - 0.1, "high": mean}


def _gold_labels(made: Path) -> Path:
    with _version(made, "gold_labels", "import_gold") as folder:
        write_text(
            folder / "gold_labels.ndjson",
            '{"sample_hash": "a"}\n{"sample_hash": "b"}\n{"sample_hash": "c"}\n',
        )
        flagged = {"qc_status": "QC_WARN", "qc_flags": [{"level": "WARN", "code": "MASK_TOO_SMALL"}]}
        clean = {"qc_status": "QC_PASS", "qc_flags": []}
        text = "".join(json.dumps({**row, "skipped_reason": None}) + "\n" for row in (flagged, clean, clean))
        write_text(folder / "gold_import_qc_r.jsonl", text)
        write_json(folder / "summary.json", {"unknown_labels": {HOSTILE: 3}})
        write_tsv(
            folder / "rejected.tsv", (*REJECTED_COLUMNS, "line"), [{**_rejected("e.json", "BAD"), "line": 4}]
        )
    return made / "gold_labels/v-00000000"


def _gold_predictions(made: Path) -> Path:
    with _version(made, "gold_predictions", "predict_regions") as folder:
        write_text(folder / "predictions.jsonl", '{"sample_hash": "a"}\n{"sample_hash": "b"}\n')
        write_json(folder / "summary.json", {"predicted": 2, "rejected": {}})
        write_tsv(folder / "rejected.tsv", (*REJECTED_COLUMNS, "line"), [])
    return made / "gold_predictions/v-00000000"


def _gold_evaluation(made: Path) -> Path:
    names = ("oval_iou", "skin_iou", "strong_module_miou", "under_eye_band_coverage")
    with _version(made, "gold_evaluation", "evaluate_gold") as folder:
        figures = {name: _figures(0.875) for name in names}
        coverage = {
            "samples": 3,
            "samples_with_prediction": 2,
            "samples_with_gold_label": {"skin": 3, "nose": 2},
            "samples_with_predicted_module": {"nose": 1},
        }
        modules = {"nose": {"iou": _figures(0.5), "coverage": _figures(0.75)}}
        (folder / "overlays").mkdir()
        Image.new("P", (8, 8)).save(folder / "overlays/01.png")
        worst = {"sample_hash": HOSTILE, "source": "<lapa>", "driver_score": 1.25}
        summary = {
            "coverage": coverage,
            "predictions_without_gold": 4,
            "overall": figures,
            "sources": {"<lapa>": figures, "all": figures},
            "modules": modules,
            "modules_by_source": {"<lapa>": modules, "<none>": {}},
            "worst": [worst | {"picture": f"overlays/0{place}.png"} for place in (1, 2)],
        }
        write_json(folder / "gold_summary.json", summary)
        scores = {"under_eye_band_coverage_mean": 1, "forehead_hair_overlap_rate": None, "fail_reason": None}
        sample = {
            "sample_hash": "a",
            "source": "lapa",
            "strong_module_miou_mean": 0.5,
            "skin_iou": 0.8,
            **scores,
        }
        write_text(folder / "eval_gold_r.jsonl", json.dumps({**sample, "pred_source": "pred_jsonl"}) + "\n")
        write_text(folder / "eval_gold_r.md", "# Gold\n")
    return made / "gold_evaluation/v-00000000"


def _gold_variants(made: Path) -> Path:
    with _version(made, "gold_variants", "compare_gold_variants") as folder:
        metrics = {
            "skin_iou_mean": 0.8,
            "strong_module_miou_mean": 0.7,
            "under_eye_band_coverage_mean": 1,
            "forehead_hair_overlap_rate_mean": 0.2,
        }
        groups = [
            {"group_id": "baseline", "note": "as it is", "score": 3.2, "metrics": metrics},
            {"group_id": "variant3", "note": "clip", "score": None, "metrics": None},
        ]
        write_json(folder / "eval_gold_ab_r.json", {"recommended_group": "baseline", "groups": groups})
        changed = _figures(-0.331) | {"p_value": 0.002}
        unchanged = {"known": 2, "unknown": 1, "mean": 0.0, "low": 0.0, "high": 0.0, "p_value": 1.0}
        differences = {"variant1": {"skin_iou": changed, "oval_iou": unchanged}}
        write_json(folder / "gold_summary.json", {"differences_from_baseline": differences})
    return made / "gold_variants/v-00000000"


def _gold_agreement(made: Path) -> Path:
    with _version(made, "gold_agreement", "measure_agreement") as folder:
        pair = {"task_key": "<7>", "sample_hash": HOSTILE, "source": "lapa"}
        figures = {"strong_module_miou_a_vs_b": 0.625, "disagreement_score": 0.5}
        document = {
            "comparable_task_pairs": 1,
            "min_miou_threshold": 0.75,
            "summary": {"strong_module_miou_a_vs_b_mean": 0.625, "soft_gate_pass": False},
            "top_disagreement_tasks": [pair | figures],
        }
        write_json(folder / "eval_gold_iaa_r.json", document)
        agreed = {"strong_module_miou": _figures(0.625), "nose": _figures(0.5)}
        write_json(folder / "gold_summary.json", {"agreement": agreed, "pairs_of_one_annotator": 1})
        write_tsv(
            folder / "rejected.tsv", (*REJECTED_COLUMNS, "line"), [{**_rejected("a.json", "BAD"), "line": 2}]
        )
    return made / "gold_agreement/v-00000000"
