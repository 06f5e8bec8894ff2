"""The rearranged network finds what the published one finds."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from facebank.faces.detector import open_detector
from facebank.faces.retinaface import RetinaFace
from facebank.faces.retinaface_cells import LARGE, RetinaFaceCells, open_cells
from facebank.faces.retinaface_graph import rearranged
from facebank.runtime.packs import load_pack
from portraits import TINY, astronaut, friends, landscape

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from facebank.faces.detections import Detections
    from facebank.runtime.packs import DetectorContract, ModelPack

PUBLISHED = load_pack(TINY).file("detector").path


@pytest.fixture(params=[False, True], ids=["short vectors", "long vectors"])
def _vectors(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Open networks as on a processor with short vectors or long ones."""
    monkeypatch.setattr(cv2, "checkHardwareSupport", lambda _: request.param)


def pack_with(**contract: object) -> ModelPack:
    """Give the pack with another contract of its detector."""
    pack = load_pack(TINY)
    changed: DetectorContract = dataclasses.replace(pack.detector, **contract)  # type: ignore[arg-type] - as named
    return dataclasses.replace(pack, detector=changed)


@pytest.mark.usefixtures("_vectors")
@pytest.mark.parametrize(
    ("image", "det_size", "threshold"),
    [
        (landscape(), 320, 0.5),
        (landscape(), 320, 2.0),
        (landscape(), 64, 0.0),
        (friends(), 640, 0.5),
        (friends(), 333, 0.02),
        (astronaut()[:401, :], 415, 0.02),
        (astronaut()[:, :77], 97, 0.1),
        (astronaut()[:1, :1], 1, 0.0),
        (astronaut(), 512, 1.0),
    ],
)
def test_the_same_faces_are_found(image: NDArray[np.uint8], det_size: int, threshold: float) -> None:
    pack = load_pack(TINY)
    models = RetinaFace(pack), open_cells(pack)
    assert models[1] is not None
    ((one,), (two,)) = (
        model.detect([image], det_size=det_size, score_threshold=threshold) for model in models
    )
    assert len(one) == len(two)
    np.testing.assert_allclose(two.boxes, one.boxes, atol=1e-3)
    np.testing.assert_allclose(two.scores, one.scores, atol=1e-5)
    np.testing.assert_allclose(two.landmarks, one.landmarks, atol=1e-3)


@pytest.mark.parametrize(
    ("colour", "std"), [("bgr", 1.0), ("rgb", 1.0), ("bgr", 2.0), ("rgb", (1.0, 1.5, 2.0))]
)
def test_the_input_is_what_the_contract_says(colour: str, std: float | tuple[float, ...]) -> None:
    pack = pack_with(colour=colour, std=std)
    model = open_cells(pack)
    assert model is not None
    image = friends()[:300, :400]
    (faces,), (expected,) = (
        it.detect([image], det_size=400, score_threshold=0.02) for it in (model, RetinaFace(pack))
    )
    assert len(expected)
    np.testing.assert_allclose(faces.boxes, expected.boxes, atol=1e-3)
    np.testing.assert_allclose(faces.scores, expected.scores, atol=1e-5)


@pytest.mark.usefixtures("_vectors")
@pytest.mark.parametrize("size", [(32, 32), (64, 32), (320, 288), (416, 512)])
def test_where_levels_are_doubled_all_numbers_are_the_same(size: tuple[int, int]) -> None:
    model = open_cells(load_pack(TINY))
    assert model is not None
    every_size = RetinaFaceCells(model._contract, model._any_size, model._any_size)
    image = astronaut()[: size[0], : size[1]]
    (one,), (two,) = (
        it.detect([image], det_size=max(size), score_threshold=0.02) for it in (model, every_size)
    )
    for kind in ("boxes", "scores", "landmarks"):
        np.testing.assert_array_equal(getattr(one, kind), getattr(two, kind))


@pytest.mark.usefixtures("_vectors")
@pytest.mark.parametrize(
    "picture", [friends(), astronaut(), landscape()], ids=["friends", "astronaut", "none"]
)
@pytest.mark.parametrize("size", [(512, 512), (416, 512), (416, 416)])
def test_large_faces_are_found_the_same_where_small_ones_may_be_left_out(
    picture: NDArray[np.uint8], size: tuple[int, int]
) -> None:
    every, found = with_and_without_small_faces(picture, size)
    large = [it.take((it.boxes[:, 2:] - it.boxes[:, :2]).max(axis=1) >= LARGE) for it in (every, found)]
    for kind in ("boxes", "scores", "landmarks"):
        np.testing.assert_array_equal(*(getattr(it, kind) for it in large))


@pytest.mark.parametrize(("size", "count"), [((320, 320), 1), ((320, 333), 6)])
def test_small_faces_are_left_out_where_a_pictures_sides_allow_it(size: tuple[int, int], count: int) -> None:
    every, found = with_and_without_small_faces(friends(), size)
    assert (len(every), len(found)) == (6, count)


def with_and_without_small_faces(
    picture: NDArray[np.uint8], size: tuple[int, int]
) -> tuple[Detections, Detections]:
    """Find the faces of a picture of a size with the detector for all faces, and with that for large ones."""
    image = np.asarray(cv2.resize(picture, size[::-1], interpolation=cv2.INTER_AREA), dtype=np.uint8)
    model = open_cells(load_pack(TINY))
    assert model is not None
    large = model.for_large_faces
    assert large is model.for_large_faces is large.for_large_faces
    (every,), (found,) = (
        it.detect([image], det_size=max(size), score_threshold=0.5) for it in (model, large)
    )
    return every, found


def test_it_is_what_a_processor_runs() -> None:
    assert isinstance(open_detector(load_pack(TINY)), RetinaFaceCells)


def conv(model: onnx.ModelProto, place: int) -> onnx.NodeProto:
    """Give a convolution."""
    return [node for node in model.graph.node if node.op_type == "Conv"][place]


def with_four_colours(model: onnx.ModelProto) -> None:
    """Let the first convolution take a fourth plane."""
    first = conv(model, 0)
    (weights,) = (it for it in model.graph.initializer if it.name == first.input[1])
    values = numpy_helper.to_array(weights)
    weights.CopyFrom(numpy_helper.from_array(np.concatenate([values, values[:, :1]], axis=1), weights.name))


def with_padding_by_name(model: onnx.ModelProto) -> None:
    """Let the first convolution be padded by a rule."""
    conv(model, 0).attribute.append(helper.make_attribute("auto_pad", "VALID"))


def without_bias(model: onnx.ModelProto) -> None:
    """Take the first convolution's bias away."""
    del conv(model, 0).input[2]


def with_scores_as_they_are(model: onnx.ModelProto) -> None:
    """Let no softmax follow the scores."""
    (softmax,) = (node for node in model.graph.node if node.op_type == "Softmax")
    softmax.op_type = "Identity"
    del softmax.attribute[:]


def with_other_names(model: onnx.ModelProto) -> None:
    """Name an output otherwise."""
    model.graph.output[0].name = "boxes"


def with_cells_in_columns(model: onnx.ModelProto) -> None:
    """Turn a head's cells in another way."""
    head = next(node for node in model.graph.node if node.op_type == "Transpose")
    head.attribute[0].ints[:] = [0, 3, 2, 1]


def with_smooth_scaling(model: onnx.ModelProto) -> None:
    """Let a level be scaled otherwise than by repeating pixels."""
    scaling = next(node for node in model.graph.node if node.op_type == "Resize")
    (mode,) = (it for it in scaling.attribute if it.name == "mode")
    mode.s = b"linear"


@pytest.mark.parametrize(
    "change",
    [
        with_smooth_scaling,
        with_four_colours,
        with_padding_by_name,
        without_bias,
        with_scores_as_they_are,
        with_other_names,
        with_cells_in_columns,
    ],
)
def test_a_graph_of_another_form_is_left_as_it_is(
    tmp_path: Path, change: Callable[[onnx.ModelProto], Any]
) -> None:
    model = onnx.load(PUBLISHED)
    change(model)
    path = tmp_path / "model.onnx"
    onnx.save(model, path)
    assert rearranged(path, reverse_colours=True) is None


@pytest.mark.parametrize("content", [b"", b"no model"])
def test_what_is_no_model_is_left_to_who_opens_it(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    assert rearranged(path, reverse_colours=True) is None
