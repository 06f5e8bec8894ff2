"""Models that keep weights in other files."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from facebank.errors import ModelError
from facebank.runtime.self_contained import require_self_contained

MODELS = Path(__file__).parents[3] / "resources" / "models"


def tensor(location: str | None) -> TensorProto:
    """Make a tensor of four ones, kept in another file or not."""
    made = numpy_helper.from_array(np.ones(4, np.float32), "location")
    if location is not None:
        made.ClearField("raw_data")
        made.data_location = TensorProto.EXTERNAL
        entry = made.external_data.add()
        entry.key, entry.value = "location", location
    return made


def model(path: Path, location: str | None, *, constant: bool) -> Path:
    """Write a model that adds a tensor, a weight or a node's own."""
    made = tensor(location)
    nodes = [helper.make_node("Constant", [], ["location"], value=made)] if constant else []
    nodes.append(helper.make_node("Add", ["x", "location"], ["y"]))
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [4]) for name in "xy"]
    graph = helper.make_graph(nodes, "g", values[:1], values[1:], [] if constant else [made])
    path.write_bytes(helper.make_model(graph).SerializeToString())
    return path


@pytest.mark.parametrize("constant", [False, True])
@pytest.mark.parametrize("location", ["weights.bin", "../../secret", "/etc/passwd"])
def test_weights_in_another_file_are_refused(tmp_path: Path, location: str, *, constant: bool) -> None:
    path = model(tmp_path / "m.onnx", location, constant=constant)
    with pytest.raises(ModelError, match=rf"another file: .*m\.onnx; expected .*, found {location}"):
        require_self_contained(path)


@pytest.mark.parametrize("constant", [False, True])
def test_a_name_that_only_looks_like_it_is_none(tmp_path: Path, *, constant: bool) -> None:
    require_self_contained(model(tmp_path / "m.onnx", None, constant=constant))


@pytest.mark.parametrize("data", [b"", b"no model", b"location \xff\xff\xff"])
def test_what_is_no_model_names_no_file(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "m.onnx").write_bytes(data)
    require_self_contained(tmp_path / "m.onnx")


def test_the_packs_of_the_project_hold_their_weights() -> None:
    paths = sorted(MODELS.glob("*/*.onnx"))
    assert paths
    for path in paths:
        require_self_contained(path)
    assert onnx.load_model(paths[0], load_external_data=False).graph.node
