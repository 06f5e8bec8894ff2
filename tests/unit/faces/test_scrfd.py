"""SCRFD through insightface's class, on a drawn model whose faces are known: no real one can be shipped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
import pytest
import yaml
from onnx import TensorProto, helper, numpy_helper

from facebank.artifacts.digests import sha256_file
from facebank.errors import ModelError
from facebank.faces.detector import open_detector
from facebank.faces.scrfd import Scrfd
from facebank.runtime.packs import load_pack, verify_pack
from facebank.runtime.shapes import InputShapes
from portraits import TINY

if TYPE_CHECKING:
    from pathlib import Path

    from facebank.runtime.packs import ModelPack

#: Reach of each drawn face from its anchor, in strides: left, top, right, bottom.
REACH = (1.0, 2.0, 3.0, 4.0)


def red_detector(path: Path, outputs: int = 9) -> None:
    """Write a model with SCRFD's outputs that sees a face wherever a cell of 8 pixels is wholly red."""
    red = np.array([1, -1, -1], np.float32).reshape(1, 3, 1, 1) / 3
    columns = np.ones((1, 4), np.float32) * REACH
    constants = {
        "red": red,
        "nothing": np.zeros((1, 1), np.float32),
        "column": np.array([-1, 1], np.int64),
        "reach": columns.astype(np.float32),
        "points": np.arange(10, dtype=np.float32)[None] / 10,
    }
    nodes = [helper.make_node("Conv", ["input", "red"], ["redness"], kernel_shape=[1, 1])]
    names: dict[str, list[str]] = {"score": [], "box": [], "points": []}
    for stride in (8, 16, 32):
        cell, both, score = f"cell{stride}", f"both{stride}", f"score{stride}"
        nodes += [
            helper.make_node(
                "AveragePool", ["redness"], [cell], kernel_shape=[stride] * 2, strides=[stride] * 2
            ),
            helper.make_node("Concat", [cell, cell], [both], axis=1),
            helper.make_node("Transpose", [both], [f"rows{stride}"], perm=[0, 2, 3, 1]),
            helper.make_node("Reshape", [f"rows{stride}", "column"], [score]),
            helper.make_node("Mul", [score, "nothing"], [f"zero{stride}"]),
            helper.make_node("Add", [f"zero{stride}", "reach"], [f"box{stride}"]),
            helper.make_node("Add", [f"zero{stride}", "points"], [f"points{stride}"]),
        ]
        for kind, found in names.items():
            found.append(f"{kind}{stride}")
    width = {"score": 1, "box": 4, "points": 10}
    graph = helper.make_graph(
        nodes,
        "red",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, "height", "width"])],
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, width[kind]])
            for kind, found in names.items()
            for name in found
        ][:outputs],
        [numpy_helper.from_array(array, name) for name, array in constants.items()],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)


def scrfd_pack(folder: Path, outputs: int = 9, **contract: object) -> ModelPack:
    """Make a pack around the drawn model."""
    red_detector(folder / "red.onnx", outputs)
    document = yaml.safe_load((TINY / "pack.yaml").read_text())
    document["detector"] |= {
        "file": "red.onnx",
        "sha256": sha256_file(folder / "red.onnx"),
        "contract": {
            "family": "scrfd",
            "colour": "rgb",
            "mean": [127.5] * 3,
            "std": 128,
            "nms_threshold": 0.4,
            **contract,
        },
    }
    (folder / "pack.yaml").write_text(yaml.safe_dump(document))
    (folder / "mobileface.onnx").symlink_to(TINY / "mobileface.onnx")
    pack = load_pack(folder)
    verify_pack(pack)
    return pack


@pytest.mark.parametrize("shapes", [InputShapes.on("cpu"), InputShapes.on("cuda")])
@pytest.mark.parametrize(("colour", "faces"), [((0, 0, 255), 0), ((255, 255, 255), 0), ((255, 0, 0), 1)])
def test_faces_come_back_in_pixels_of_the_photo(
    tmp_path: Path, colour: tuple[int, int, int], faces: int, shapes: InputShapes
) -> None:
    detector = Scrfd(scrfd_pack(tmp_path))
    detector._shapes = shapes
    # 200 x 100 is seen as 100 x 50 and padded to 128 x 64, on CUDA to 128 x 128; one cell of 8 is red, at
    # column 3 and row 2.
    image = np.zeros((100, 200, 3), np.uint8)
    image[32:48, 48:64] = colour
    found = detector.detect([image], det_size=100, score_threshold=0.9)[0]
    assert len(found) == faces
    if faces:
        corner = np.array([2 * 24, 2 * 16])
        left, top, right, bottom = np.array(REACH) * 8 * 2
        expected = np.tile(corner, 2) + np.array([-left, -top, right, bottom])
        np.testing.assert_allclose(found.boxes[0], expected)
        np.testing.assert_allclose(
            found.landmarks[0], corner + np.arange(10).reshape(5, 2) / 10 * 16, rtol=1e-6
        )
        assert found.scores[0] == pytest.approx(0.997, abs=0.002)


def test_a_contract_that_insightface_would_not_keep_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"differs from its contract.*117"):
        open_detector(scrfd_pack(tmp_path, mean=[104, 117, 123]))


def test_a_model_without_landmarks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no landmarks.*6 outputs"):
        open_detector(scrfd_pack(tmp_path, outputs=6))
