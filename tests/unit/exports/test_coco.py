"""COCO, read back by pycocotools."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools.coco import COCO

from facebank.exports.coco import ANNOTATIONS, UNNAMED, write_coco
from facebank.exports.records import Claim
from label_scenes import labels_of, looks, video_of, visible_boxes
from laws import examples

ADA, BOB = Claim("ada", "confirmed"), Claim("bob", "unknown")
WRONG = Claim("", "mismatch", excluded=True)
SCENE = [[("seen", 4, (10, 20))], [("hidden", 2, (0, 0)), ("held", 2, (300, 40))]]


@given(scene=st.tuples(looks, looks))
@settings(max_examples=examples(30))
def test_every_real_box_and_no_other_comes_back(
    scene: tuple[list[object], list[object]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("export")
    first = video_of(labels_of(list(scene)), ADA, BOB)  # type: ignore[arg-type]
    second = video_of(labels_of(SCENE), BOB, WRONG, name="ep02__v00")
    write_coco(folder, [first, second])
    coco = COCO(str(folder / ANNOTATIONS))
    for video in (first, second):
        images = {it["id"]: it for it in coco.imgs.values() if it["file_name"].startswith(video.name)}
        assert sorted(it["frame_id"] for it in images.values()) == list(range(video.frames))
        assert all((it["width"], it["height"]) == (640, 480) for it in images.values())
        found = {}
        for annotation in coco.loadAnns(coco.getAnnIds(imgIds=list(images))) if images else []:
            x, y, width, height = annotation["bbox"]
            key = images[annotation["image_id"]]["frame_id"], annotation["attributes"]["slot"]
            found[key] = pytest.approx((x, y, x + width, y + height), abs=0.011)
            assert annotation["area"] == pytest.approx(width * height, abs=1e-3)
        assert visible_boxes(video) == found


def test_an_excluded_slot_has_no_name_and_is_marked(tmp_path: Path) -> None:
    write_coco(tmp_path, [video_of(labels_of(SCENE), ADA, WRONG), video_of(labels_of(SCENE), BOB, Claim())])
    coco = COCO(str(tmp_path / ANNOTATIONS))
    names = {number: it["name"] for number, it in coco.cats.items()}
    # Tools take category 0 for the background.
    assert names == {1: UNNAMED, 2: "ada", 3: "bob"}
    assert [(it["id"], it["source"], it["length"]) for it in coco.dataset["videos"]] == [
        (1, "ep01", 4),
        (2, "ep01", 4),
    ]
    said = {
        (it["video_id"], it["attributes"]["slot"]): (
            names[it["category_id"]],
            it["attributes"]["verdict"],
            it["attributes"]["excluded"],
        )
        for it in coco.anns.values()
    }
    assert said == {
        (1, 0): ("ada", "confirmed", False),
        (1, 1): (UNNAMED, "mismatch", True),
        (2, 0): ("bob", "unknown", False),
        (2, 1): (UNNAMED, "unaudited", False),
    }
    assert {(it["video_id"], it["frame_id"]) for it in coco.imgs.values()} == {
        (video, frame) for video in (1, 2) for frame in range(4)
    }
    tracks = {(it["video_id"], it["attributes"]["slot"]): it["track_id"] for it in coco.anns.values()}
    assert tracks == {(1, 0): 1, (1, 1): 2, (2, 0): 3, (2, 1): 4}


@pytest.mark.parametrize("videos", [[], [video_of(labels_of([[], []]), ADA, BOB)]])
def test_nothing_is_a_valid_file(videos: list[object], tmp_path: Path) -> None:
    write_coco(tmp_path, videos)  # type: ignore[arg-type]
    document = json.loads((tmp_path / ANNOTATIONS).read_text(encoding="utf-8"))
    assert (document["images"], document["annotations"]) == ([], [])


def test_a_frame_past_the_last_label_is_no_image_without_faces(tmp_path: Path) -> None:
    write_coco(tmp_path, [video_of(labels_of(SCENE), ADA, BOB, frames=9)])
    assert len(COCO(str(tmp_path / ANNOTATIONS)).imgs) == 4
    write_coco(tmp_path, [video_of(labels_of(SCENE), ADA, BOB, frames=2)])
    assert len(COCO(str(tmp_path / ANNOTATIONS)).anns) == 2
