"""Label names, units and brushes of an annotation; tasks and annotators of an export."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from facebank.gold import masks
from facebank.gold.rows import Rejections, RowProblem
from facebank.label_studio.brush import decode_brush
from facebank.label_studio.drawings import Drawing, canonical_label, read_drawing
from facebank.label_studio.tasks import Task, annotator_of, read_tasks

if TYPE_CHECKING:
    from pathlib import Path

GRID = 64


def polygon(label: str, points: object, **value: object) -> dict[str, Any]:
    return {"type": "Polygonlabels", "value": {"polygonlabels": [label], "points": points, **value}}


def drawn(*results: object, strict: bool = True, **data: object) -> Drawing:
    task = Task(1, None, None, "a", "s", None, dict(data), (), double=False)
    return read_drawing(task, {"result": list(results)}, GRID, strict=strict)


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("", None),
        ("ear", None),
        (" Face Oval ", "face_oval"),
        ("[Skin]", "skin"),
        ("Under-Eye  (Left)", "under_eye_left"),
        ("left - cheek", "left_cheek"),
        ("BG", "background"),
        ("fore__head", "forehead"),
    ],
)
def test_canonical_label(name: str, label: str | None) -> None:
    assert canonical_label(name) == label


def test_nothing_drawn() -> None:
    assert drawn() == Drawing({}, {}, [], 0)
    assert drawn(None, {"type": "choices", "from_name": "skin"}) == Drawing({}, {}, [], 0)


def test_from_name_counts_only_without_labels() -> None:
    points = [[10, 10], [90, 10], [90, 90]]
    named = {"type": "polygon", "from_name": "chin", "value": {"polygonlabels": [], "points": points}}
    assert list(drawn(named, polygon("nose", points) | {"from_name": "hair"}).rings) == ["nose", "chin"]


def test_rings_of_a_label_stand_by_area() -> None:
    small, large = [[0, 0], [10, 0], [10, 10]], [[0, 0], [50, 0], [50, 50]]
    rings = drawn(polygon("skin", small), polygon("skin", large), polygon("skin", small)).rings["skin"]
    assert [ring[1, 0] for ring in rings] == [0.5, 0.1, 0.1]


def test_a_small_percent_polygon_beside_others_is_percent() -> None:
    tiny = polygon("nose", [[0, 0], [1, 0], [1, 1]])
    large = polygon("skin", [[0, 0], [100.5, 0], [100, 100]])
    assert drawn(large, tiny).rings["nose"][0][1].tolist() == [0.01, 0]
    # Alone each is taken for what its own range suggests: shares, and pixels of a picture of unknown size.
    compat = drawn(large, tiny, strict=False)
    assert compat.rings["nose"][0][1].tolist() == [1, 0]
    assert [flag["code"] for flag in compat.flags] == ["INVALID_POLYGON_GEOMETRY"]


def test_one_corner_dragged_out_of_the_picture_does_not_make_pixels_of_all() -> None:
    size = {"original_width": 640, "original_height": 480}
    skin = polygon("skin", [[10, 10], [90, 10], [90, 107.5]]) | size
    nose = polygon("nose", [[40, 40], [60, 40], [60, 60]]) | size
    assert drawn(skin, nose).rings["skin"][0].tolist() == [[0.1, 0.1], [0.9, 0.1], [0.9, 1]]
    assert drawn(skin, nose).rings["nose"][0][0].tolist() == [0.4, 0.4]
    # The first tools read the same outline as pixels of the upper left corner.
    assert drawn(skin, nose, strict=False).rings["skin"][0][0].tolist() == [0.015625, 0.020833]


@pytest.mark.parametrize("place", ["value", "result", "data", "plain"])
def test_the_size_of_the_picture_may_stand_in_four_places(place: str) -> None:
    size = {"original_width": 200, "original_height": 400}
    result = polygon("skin", [{"X": 100, "Y": 0}, {"x": 200, "y": 0, "X": 1, "Y": 1}, [0, 400]])
    data: dict[str, object] = {}
    if place == "value":
        result["value"] |= size
    elif place == "result":
        result |= size
    else:
        data = dict(size) if place == "data" else {"width": 200, "height": 400}
    assert drawn(result, **data).rings["skin"][0].tolist() == [[0.5, 0], [1, 0], [0, 1]]


def brush_code(alpha: list[int], repeated: bool) -> list[int]:
    """Encode an RGBA image as one run after the other, each pixel's channels alike."""
    words = [value for value in alpha for _ in range(4)]
    bits = f"{len(words):032b}" + f"{7:05b}" + "".join(f"{width - 1:04b}" for width in (2, 4, 8, 16))
    if repeated:
        bits += "".join(f"1{0:02b}{3:02b}{value:08b}" for value in alpha)
    else:
        bits += f"0{3:02b}{len(words) - 1:016b}" + "".join(f"{word:08b}" for word in words)
    bits += "0" * (-len(bits) % 8)
    return [int(bits[k : k + 8], 2) for k in range(0, len(bits), 8)]


@pytest.mark.parametrize("repeated", [True, False])
def test_brushes_are_decoded(repeated: bool) -> None:
    alpha = [0, 255, 255, 0]
    assert decode_brush(brush_code(alpha, repeated), 16)[3::4].tolist() == alpha
    result = {
        "type": "brushlabels",
        "original_width": 2,
        "original_height": 2,
        "value": {"brushlabels": ["Hair"], "format": "rle", "rle": brush_code(alpha, repeated)},
    }
    found = drawn(result)
    pixels = masks.to_pixels(found.brushes["hair"][0], GRID)
    assert np.array_equal(pixels, np.kron([[0, 1], [1, 0]], np.ones((32, 32))) > 0)
    assert [flag["code"] for flag in found.flags] == ["BRUSH_LABEL_DECODED"]
    compat = drawn(result, strict=False)
    assert (compat.brushes, compat.unsupported_brushes) == ({}, 1)


SQUARE = [[25, 25], [75, 25], [75, 75], [25, 75]]


def codes(drawing: Drawing) -> list[str]:
    return [flag["code"] for flag in drawing.flags]


def shape(kind: str, label: str, **value: object) -> dict[str, Any]:
    return {"type": kind, "value": {kind: [label], **value}}


@pytest.mark.parametrize(
    ("lost", "code"),
    [
        (shape("rectanglelabels", "Nose", x=25, y=25, width=50, height=50, rotation=0), "SHAPE_UNSUPPORTED"),
        (shape("ellipselabels", "nose", x=50, y=50, radiusX=5, radiusY=9, rotation=3), "SHAPE_UNSUPPORTED"),
        (shape("labels", "nose", points=SQUARE), "SHAPE_UNSUPPORTED"),
        (shape("brushlabels", "nose", format="rle", rle=[1, 2, 3]), "BRUSH_LABEL_UNSUPPORTED"),
        (polygon("nose", SQUARE) | {"image_rotation": 90}, "PICTURE_TURNED"),
        (polygon("nose", [[25, 25], [75, None], [75, 75]]), "INVALID_POLYGON_GEOMETRY"),
        (polygon("nose", [[25, 25], [75], [75, 75], [25, 75]]), "INVALID_POLYGON_GEOMETRY"),
        ({"type": "polygonlabels", "from_name": "nose"}, "INVALID_POLYGON_GEOMETRY"),
    ],
)
def test_a_label_of_which_a_part_cannot_be_read_is_left_out(lost: dict[str, Any], code: str) -> None:
    whole = (polygon("skin", SQUARE), polygon("nose", SQUARE))
    found = drawn(*whole, lost)
    assert (set(found.rings), found.brushes, found.unread) == ({"skin"}, {}, {"nose"})
    assert codes(found) == [code]
    assert set(drawn(*whole, lost, strict=False).rings) == {"skin", "nose"}


def test_a_keypoint_takes_nothing_from_the_outline_of_its_label() -> None:
    found = drawn(polygon("nose", SQUARE), shape("keypointlabels", "nose", x=50, y=50, width=1))
    assert (set(found.rings), codes(found), found.unread) == ({"nose"}, ["SHAPE_UNSUPPORTED"], frozenset())


def test_a_region_of_two_labels_is_drawn_for_both() -> None:
    both = polygon("nose", SQUARE)
    both["value"]["polygonlabels"] = ["nose", "spot", "Skin", "nose"]
    found = drawn(both)
    assert ({label: len(rings) for label, rings in found.rings.items()}, found.unknown) == (
        {"skin": 1, "nose": 1},
        ("spot",),
    )
    assert set(drawn(both, strict=False).rings) == {"nose"}


def test_names_of_regions_that_are_no_labels_are_told() -> None:
    choice = {"type": "choices", "from_name": "quality", "value": {"choices": ["good"]}}
    found = drawn(polygon("forehead_left", SQUARE), shape("keypointlabels", "iris", x=1, y=1), choice)
    assert (found.unknown, found.flags) == (("forehead_left",), [])


def test_what_label_studio_wrote_is_percent_however_far_out_a_corner_lies() -> None:
    size = {"original_width": 640, "original_height": 480, "image_rotation": 0}
    far, near = (polygon("skin", [[10, 10], [90, 10], [90, y]]) | size for y in (130, 110))
    found = drawn(far, polygon("nose", SQUARE) | size)
    assert found.rings["nose"][0][0].tolist() == [0.25, 0.25]
    # A corner that is clamped from far away bends the outline within the picture.
    assert ("skin" in found.rings, codes(found), found.unread) == (False, ["CORNER_OUTSIDE"], {"skin"})
    assert (drawn(near).rings["skin"][0][2].tolist(), drawn(near).flags) == ([0.9, 1], [])
    corner = polygon("nose", [[0, 0], [1, 0], [1, 1]]) | size
    assert drawn(corner).rings["nose"][0][2].tolist() == [0.01, 0.01]


@pytest.mark.parametrize(
    "code", [[], [1, 2], ["a"], brush_code([0, 1], repeated=True), brush_code([0] * 4, repeated=False)[:-9]]
)
def test_broken_brushes_are_refused(code: list[int]) -> None:
    with pytest.raises(RowProblem):
        decode_brush(code, 16)


@pytest.mark.parametrize(
    ("annotation", "name"),
    [
        ({}, "unknown_annotator"),
        ({"completed_by": " a "}, "a"),
        ({"completed_by": 7}, "7"),
        ({"completed_by": {"username": "u", "email": ""}}, "u"),
        ({"user": {"id": 3}, "created_by": "c"}, "3"),
        ({"completed_by": None, "updated_by": "x"}, "x"),
    ],
)
def test_annotators_are_known_by_a_digest(annotation: dict[str, Any], name: str) -> None:
    assert annotator_of(annotation, None, None) == f"ann_{hashlib.sha256(name.encode()).hexdigest()[:12]}"


@pytest.mark.parametrize(
    ("data", "path"),
    [
        ({}, None),
        ({"local_path": "a\\b.png", "image": "/c"}, "a/b.png"),
        ({"image": "file:///c d.png"}, "/c d.png"),
        ({"image": "https://host/x.png"}, None),
    ],
)
def test_tasks_and_their_pictures(tmp_path: Path, data: dict[str, Any], path: str | None) -> None:
    export = tmp_path / "tasks.jsonl"
    export.write_text("\ufeff" + json.dumps({"id": 5, "data": data, "source": " LaPa "}) + "\r\n\n")
    [task] = read_tasks(export, Rejections(), strict=True)
    assert (task.task_id, task.source, task.image_path, task.annotations) == ("5", "lapa", path, ())
    named = f"lapa:{json.dumps(data, separators=(',', ':')) if path is None else path}"
    assert task.sample_hash == hashlib.sha256(named.encode()).hexdigest()[:24]


def test_a_task_that_was_skipped_has_no_annotation(tmp_path: Path) -> None:
    kept, cancelled = {"id": 1, "result": []}, {"id": 2, "result": [{}, {}], "was_cancelled": True}
    export = tmp_path / "tasks.json"
    export.write_text(json.dumps([{"annotations": [kept, cancelled]}]))
    [task] = read_tasks(export, Rejections(), strict=True)
    assert (task.annotations, task.double, task.cancelled) == ((kept,), False, 1)
    [task] = read_tasks(export, Rejections(), strict=False)
    assert (task.annotations, task.double, task.cancelled) == ((cancelled, kept), True, 0)


@pytest.mark.parametrize("word", ["meta", "metadata", "data"])
def test_a_word_marks_a_task_as_doubly_annotated(tmp_path: Path, word: str) -> None:
    value: dict[str, Any] = {"data": {}, "meta": ["no object"]}
    value[word] = {"double_annotate": "Yes"}
    (tmp_path / "tasks.json").write_text(json.dumps([value]))
    assert [task.double for task in read_tasks(tmp_path / "tasks.json", Rejections(), strict=True)] == [True]
