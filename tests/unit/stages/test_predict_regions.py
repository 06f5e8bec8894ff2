"""The rule predict_regions on a real face, and what it may open."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import skimage.data
from PIL import Image

from facebank.artifacts.tables import read_tsv
from facebank.errors import ConfigError
from facebank.faces.detector import open_detector
from facebank.gold import masks
from facebank.gold.modules import MODULES
from facebank.predictor.regions import layout_on
from facebank.runtime.packs import load_pack
from facebank.stages.compare_gold_variants import compare_gold_variants
from facebank.stages.evaluate_gold import evaluate_gold
from facebank.stages.import_gold import import_gold
from facebank.stages.predict_regions import predict_regions

if TYPE_CHECKING:
    from numpy.typing import NDArray

PACK = Path(__file__).parents[3] / "resources" / "models" / "tiny"
GRID = 128


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Predict one face; six other rows must not be opened or have none."""
    folder = tmp_path_factory.mktemp("regions")
    roots = folder / "pictures"
    roots.mkdir()
    Image.fromarray(skimage.data.astronaut()[:256, 96:352]).save(roots / "astronaut.png")
    Image.fromarray(skimage.data.astronaut()[300:, :200]).save(roots / "faceless.png")
    Image.fromarray(skimage.data.astronaut()).save(folder / "outside.png")
    (roots / "link.png").symlink_to(folder / "outside.png")
    (roots / "broken.png").write_bytes(b"no picture")
    paths = (
        "astronaut.png",
        "faceless.png",
        "broken.png",
        "../outside.png",
        str(folder / "outside.png"),
        "link.png",
        "none.png",
    )
    rows = [{"sample_hash": f"s{k}", "source": "a", "image_path": path} for k, path in enumerate(paths)]
    (folder / "rows.ndjson").write_text("".join(json.dumps(row) + "\n" for row in [*rows, rows[0]]))
    predict_regions(
        labels=folder / "rows.ndjson",
        output_dir=folder / "predictions-1",
        image_roots=(roots,),
        model_pack=PACK,
        grid_size=GRID,
    )
    return folder


def layout() -> NDArray[Any]:
    """Give the forehead of the layout on the face."""
    pixels = np.ascontiguousarray(skimage.data.astronaut()[:256, 96:352])
    detector = open_detector(load_pack(PACK))
    [faces] = detector.detect([pixels], det_size=640, score_threshold=0.5)
    return layout_on(faces.landmarks[0], 256, 256)["forehead"]


def drawn(made: Path) -> dict[str, NDArray[Any]]:
    [row] = [
        json.loads(line) for line in (made / "predictions-1" / "predictions.jsonl").read_text().splitlines()
    ]
    texts = {name: row["module_masks"][name]["rle_norm"] for name in MODULES} | {
        "skin": row["pred_skin_mask_rle_norm"]
    }
    found = masks.decode(list(texts.values()), GRID)
    return {name: masks.to_pixels(mask, GRID) for name, mask in zip(texts, found, strict=True)}


def test_modules_lie_where_they_belong(made: Path) -> None:
    pixels = drawn(made)
    middle = {name: [float(axis.mean()) for axis in found.nonzero()] for name, found in pixels.items()}
    assert middle["forehead"][0] < middle["under_eye_left"][0] < middle["nose"][0] + 2 < middle["chin"][0]
    assert middle["left_cheek"][1] < middle["nose"][1] < middle["right_cheek"][1]
    assert all(found.any() for found in pixels.values())
    # The fringe covers much of the forehead: hair is taken off it.
    outline = masks.to_pixels(masks.polygon(layout(), GRID), GRID)
    assert 0.2 < pixels["forehead"].sum() / outline.sum() < 0.9


def test_what_is_not_opened_is_named(made: Path) -> None:
    rows = read_tsv(made / "predictions-1" / "rejected.tsv")
    assert [(row["line"], row["reason"]) for row in rows] == [
        ("2", "NO_FACE"),
        ("3", "UNREADABLE"),
        ("4", "IMAGE_OUTSIDE_ROOTS"),
        ("5", "IMAGE_OUTSIDE_ROOTS"),
        ("6", "IMAGE_OUTSIDE_ROOTS"),
        ("7", "IMAGE_MISSING"),
    ]


def test_pre_annotations_can_be_imported_as_labels(made: Path, tmp_path: Path) -> None:
    tasks = json.loads((made / "predictions-1" / "label_studio_tasks.json").read_text())
    config = (made / "predictions-1" / "labelling_config.xml").read_text()
    assert all(f'<Label value="{name}"/>' in config for name in MODULES)
    assert str(made) not in json.dumps(tasks)
    view = ET.fromstring(config)  # noqa: S314 - our own
    tags = {tag.get("name"): tag for tag in view}
    for task in tasks:
        assert task["data"][tags["image"].attrib["value"].removeprefix("$")].endswith(
            task["data"]["image_path"]
        )
        for result in task["predictions"][0]["result"]:
            assert result["type"] == tags[result["from_name"]].tag.lower()
            assert tags[result["from_name"]].get("toName") == result["to_name"] == tags["image"].get("name")
            assert result["value"]["polygonlabels"][0] in [label.get("value") for label in tags["region"]]
        task["annotations"] = task.pop("predictions")
    (tmp_path / "export.json").write_text(json.dumps(tasks))
    import_gold(export=tmp_path / "export.json", output_dir=tmp_path / "labels-1")
    [row] = [
        json.loads(line) for line in (tmp_path / "labels-1" / "gold_labels.ndjson").read_text().splitlines()
    ]
    assert set(row["module_masks"]) == set(MODULES)
    # The polygons come back as they were given.
    for result in tasks[0]["annotations"][0]["result"]:
        [label] = result["value"]["polygonlabels"]
        points = row["labels"][label]["points_norm"]
        assert [[point["x"] * 100, point["y"] * 100] for point in points] == [
            pytest.approx(point, abs=1e-9) for point in result["value"]["points"]
        ]
    assert row["qc_fail_count"] == 0
    options: dict[str, Any] = {"image_roots": (made / "pictures",), "model_pack": PACK, "run_id": "r"}
    gold = tmp_path / "labels-1" / "gold_labels.ndjson"
    evaluate_gold(gold_labels=gold, output_dir=tmp_path / "evaluation-1", **options)
    scored = json.loads((tmp_path / "evaluation-1" / "eval_gold_r.jsonl").read_text())
    assert scored["pred_source"] == "local_rerun"
    assert scored["skin_iou"] > 0.7
    compare_gold_variants(gold_labels=gold, output_dir=tmp_path / "variants-1", sweep="1:0,1:1", **options)
    document = json.loads((tmp_path / "variants-1" / "eval_gold_ab_r.json").read_text())
    clipped, kept = document["groups"][3:]
    # Keeping whole modules where any of it would be clipped fits the drawn outlines best.
    assert kept["metrics"]["strong_module_miou_mean"] > clipped["metrics"]["strong_module_miou_mean"]


@pytest.mark.parametrize(
    "picture", ["../outside.png", "/outside.png", "link.png", "away/outside.png", "a\0b"]
)
def test_no_stage_opens_a_picture_outside_the_roots(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, picture: str
) -> None:
    if not (made / "pictures" / "away").exists():
        (made / "pictures" / "away").symlink_to(made)
    named = f"{made}{picture}" if picture.startswith("/") else picture
    gold = tmp_path / "gold.ndjson"
    gold.write_text(json.dumps({"sample_hash": "s", "image_path": named}) + "\n")
    opened: list[Path] = []
    read = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: opened.append(path) or read(path))
    options: dict[str, Any] = {"image_roots": (made / "pictures",), "model_pack": PACK, "run_id": "r"}
    evaluate_gold(gold_labels=gold, output_dir=tmp_path / "evaluation-1", **options)
    compare_gold_variants(gold_labels=gold, output_dir=tmp_path / "variants-1", **options)
    row = json.loads((tmp_path / "evaluation-1" / "eval_gold_r.jsonl").read_text())
    assert (row["pred_source"], row["fail_reason"]) == ("none", "missing_image_path")
    assert [path for path in opened if path.suffix == ".png"] == []


def predict_and_keep(made: Path, folder: Path, name: str) -> None:
    """Predict regions, with a cache that all names of a folder share."""
    predict_regions(
        labels=made / "rows.ndjson",
        output_dir=folder / name / "predictions-1",
        image_roots=(made / "pictures",),
        model_pack=PACK,
        grid_size=GRID,
        cache=folder / "cache",
    )


def test_landmarks_are_kept_and_change_nothing(made: Path, tmp_path: Path) -> None:
    for name in ("first", "second"):
        predict_and_keep(made, tmp_path, name)
    # A face, and a picture without one.
    assert len(list((tmp_path / "cache").rglob("*.arrays"))) == 2
    for file in ("predictions.jsonl", "rejected.tsv"):
        found = {(tmp_path / name / "predictions-1" / file).read_bytes() for name in ("first", "second")}
        assert found == {(made / "predictions-1" / file).read_bytes()}


@pytest.mark.parametrize(("name", "other"), [("runtime_versions", {"pyav": "0"}), ("code_digest", "0")])
def test_landmarks_are_found_again_by_other_code_and_libraries(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, other: object
) -> None:
    for place in ("first", "second"):
        predict_and_keep(made, tmp_path, place)
        monkeypatch.setattr(f"facebank.predictor.prediction.{name}", lambda *_: other)
    assert len(list((tmp_path / "cache").rglob("*.arrays"))) == 4


@pytest.mark.parametrize("threads", [1, 2])
def test_a_sample_is_predicted_once_from_the_first_row_that_can_be(
    made: Path, tmp_path: Path, threads: int
) -> None:
    pictures = ["none.png", *["astronaut.png", "broken.png", "astronaut.png"] * 3]
    rows = [{"sample_hash": f"s{k % 2}", "image_path": path} for k, path in enumerate(pictures)]
    (tmp_path / "rows.ndjson").write_text("".join(json.dumps(row) + "\n" for row in [{}, *rows]))
    predict_regions(
        labels=tmp_path / "rows.ndjson",
        output_dir=tmp_path / "predictions-1",
        image_roots=(made / "pictures",),
        model_pack=PACK,
        grid_size=GRID,
        threads=threads,
    )
    lines = (tmp_path / "predictions-1" / "predictions.jsonl").read_text().splitlines()
    assert [json.loads(line)["sample_hash"] for line in lines] == ["s1", "s0"]
    tasks = json.loads((tmp_path / "predictions-1" / "label_studio_tasks.json").read_text())
    assert [(task["id"], task["data"]["sample_hash"]) for task in tasks] == [(1, "s1"), (2, "s0")]
    rejected = read_tsv(tmp_path / "predictions-1" / "rejected.tsv")
    assert [(row["line"], row["reason"]) for row in rejected] == [
        ("1", "NO_SAMPLE_HASH"),
        ("2", "IMAGE_MISSING"),
        ("4", "UNREADABLE"),
    ]


def test_no_roots(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="image root"):
        predict_regions(labels=tmp_path, output_dir=tmp_path / "out", image_roots=(), model_pack=PACK)
