"""RetinaFace's graph as ONNX Runtime computes it fastest on a processor: the same sums in another order.

A published graph takes planes of colour and gives three outputs for the whole pyramid. Here

* the first convolution takes rows of interleaved pixels: one plane, whose taps are wider and step further,
  so that its sums go through memory once and not once a colour;
* channels are filled up to whole vectors with zeros where that keeps layers in the runtime's own layout;
* the heads of a level of the pyramid are one convolution, and its cells are an output as they are;
* where a picture's sides allow it, a level is doubled and not scaled to the size of the next one, so that it
  stays in the runtime's own layout.

Weights are rearranged and never changed: what the network finds differs by the rounding of its sums.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from onnx import ModelProto, NodeProto

__all__ = ["EVEN", "PUBLISHED", "Rearranged", "rearranged"]

#: The outputs of a published graph, in the order in which a rearranged cell holds them for each prior: two
#: scores, four numbers of a box and ten of landmarks.
PUBLISHED = {"conf": 2, "loc": 4, "landmarks": 10}

#: Where a picture's sides are multiples of it, a level of the pyramid has half the sides of the finer one.
EVEN = 32

_COLOURS = 3
#: Numbers in a vector of the processor, on which the runtime's layout of channels rests.
_LANES = 16
#: OpenCV's number of the instructions on such vectors: CPU_AVX512_SKX, for which Python has no name.
_AVX512 = 256
_ACTIVATIONS = frozenset({"LeakyRelu", "Relu"})
#: How a level is scaled so that doubling it is the same: each pixel is that of its left upper quarter.
_NEAREST = {"coordinate_transformation_mode": b"asymmetric", "mode": b"nearest", "nearest_mode": b"floor"}


@dataclass(frozen=True, slots=True)
class Rearranged:
    """A published graph, rearranged.

    Each is a model whose input is float32 (N, 1, H, W * 3), pixel by pixel, and whose outputs are one a level
    of the pyramid, finest first: float32 (N, rows, columns, numbers of a cell), where a cell has the numbers
    of one prior after the other: those for ``conf``, then those for ``loc``, then those for ``landmarks``.

    Attributes
    ----------
    any_size : bytes
        For pictures of all sizes.
    even : bytes
        The same numbers in less time, for pictures whose sides are multiples of `EVEN`.
    coarse : bytes
        As `even`, without the finest level: that is where most of the time goes.
    """

    any_size: bytes
    even: bytes
    coarse: bytes


def rearranged(path: Path, *, reverse_colours: bool) -> Rearranged | None:
    """Rearrange a published graph.

    Parameters
    ----------
    path : Path
        The ``.onnx`` file: input (N, 3, H, W), outputs as in `PUBLISHED`, each (N, priors, numbers).
    reverse_colours : bool
        Whether the published graph wants colours in the reverse order of the pixels that this one is given.

    Returns
    -------
    Rearranged or None
        None if the graph is not of the form that is known here.
    """
    # Heavy, and needed by the processor alone.
    from google.protobuf.message import DecodeError
    from onnx import load_model

    try:
        graph = _Graph(load_model(path, load_external_data=False))
        _interleave(graph, reverse_colours=reverse_colours)
        if cv2.checkHardwareSupport(_AVX512):
            _fill_up(graph)
        _join_heads(graph)
        any_size = graph.model.SerializeToString()
        _double(graph)
        even = graph.model.SerializeToString()
        _drop_finest(graph)
        return Rearranged(any_size, even, graph.model.SerializeToString())
    except (DecodeError, _OtherFormError):
        return None


class _OtherFormError(Exception):
    """A graph is not of the form that is known here."""


@dataclass
class _Graph:
    """A model, and how its nodes hang together."""

    model: ModelProto

    @property
    def nodes(self) -> Sequence[NodeProto]:
        """All nodes, each behind those that it rests on."""
        nodes: Sequence[NodeProto] = self.model.graph.node
        return nodes

    def consumers(self, name: str) -> list[NodeProto]:
        """Give the nodes that read a value."""
        return [node for node in self.nodes if name in node.input]

    def producer(self, name: str, kind: str) -> NodeProto:
        """Give the node that makes a value, of the kind that it has to be."""
        return _require(next((node for node in self.nodes if name in node.output), None), kind)

    def weights(self, conv: NodeProto) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Give a convolution's weights (outputs, inputs of a group, height, width) and bias."""
        from onnx.numpy_helper import to_array

        tensors = {tensor.name: tensor for tensor in self.model.graph.initializer}
        # Equal weights may stand there once, and go by other names elsewhere.
        for node in self.nodes:
            if node.op_type == "Identity" and node.input[0] in tensors:
                tensors[node.output[0]] = tensors[node.input[0]]
        try:
            weights, bias = (to_array(tensors[name]) for name in conv.input[1:])
        except (KeyError, ValueError):
            raise _OtherFormError from None
        return weights, bias

    def set_weights(self, conv: NodeProto, weights: NDArray[np.float32], bias: NDArray[np.float32]) -> None:
        """Give a convolution weights and a bias of its own."""
        from onnx.numpy_helper import from_array

        tensors = self.model.graph.initializer
        for place, values in enumerate((weights, bias), start=1):
            name = f"{conv.output[0]}:{place}"
            for before in [tensor for tensor in tensors if tensor.name == name]:
                tensors.remove(before)
            tensors.append(from_array(np.ascontiguousarray(values), name))
            conv.input[place] = name

    def drop_unread(self) -> None:
        """Drop what no output rests on."""
        graph = self.model.graph
        read = {output.name for output in graph.output}
        for node in reversed(list(graph.node)):
            if read.isdisjoint(node.output):
                graph.node.remove(node)
            else:
                read.update(node.input)
        for tensor in [tensor for tensor in graph.initializer if tensor.name not in read]:
            graph.initializer.remove(tensor)


def _interleave(graph: _Graph, *, reverse_colours: bool) -> None:
    """Let the first convolution take pixels whose colours lie side by side, in a picture thrice as wide."""
    if len(graph.model.graph.input) != 1:
        raise _OtherFormError
    (entry,) = graph.model.graph.input
    conv = _require(_only(graph.consumers(entry.name)), "Conv")
    weights, bias = graph.weights(conv)
    outputs, colours, height, width = weights.shape
    numbers = {"pads": [0] * 4, "strides": [1, 1]} | _integers(conv)
    plain = numbers.get("dilations", [1, 1]) == [1, 1] and "auto_pad" not in numbers
    if colours != _COLOURS or not plain or _groups(conv) != 1:
        raise _OtherFormError
    # Left and right, but not above and below, all is three times as much.
    wider = {
        "kernel_shape": [height, width * _COLOURS],
        "strides": [numbers["strides"][0], numbers["strides"][1] * _COLOURS],
        "pads": [pad * (1, _COLOURS)[side % 2] for side, pad in enumerate(numbers["pads"])],
    }
    _set_integers(conv, wider)
    taps = weights[:, ::-1] if reverse_colours else weights
    graph.set_weights(conv, taps.transpose(0, 2, 3, 1).reshape(outputs, 1, height, width * _COLOURS), bias)
    sides = entry.type.tensor_type.shape.dim
    sides[1].dim_value = 1
    sides[3].dim_param = "row"


def _fill_up(graph: _Graph) -> None:
    """Fill channels up to whole vectors where nothing but convolutions sees them.

    The runtime keeps a value in its own layout while it goes from convolution to convolution, but a
    convolution that reads a part of a vector of channels takes it out of there.
    """
    filled: dict[str, int] = {}
    for node in graph.nodes:
        source = node.input[0] if node.input else ""
        if node.op_type in _ACTIVATIONS and source in filled:
            filled[node.output[0]] = filled[source]
        if node.op_type != "Conv":
            continue
        depthwise = _groups(node) > 1
        if source in filled:
            weights, bias = graph.weights(node)
            if depthwise:
                more = filled[source] - len(weights)
                graph.set_weights(node, *(_with_zeros(values, more, axis=0) for values in (weights, bias)))
                _set_integers(node, {"group": filled[source]})
                filled[node.output[0]] = filled[source]
            else:
                more = filled[source] - weights.shape[1]
                graph.set_weights(node, _with_zeros(weights, more, axis=1), bias)
        if not depthwise and _seen_by_convolutions(graph, node.output[0]):
            weights, bias = graph.weights(node)
            more = -len(weights) % _LANES
            if more:
                graph.set_weights(node, *(_with_zeros(values, more, axis=0) for values in (weights, bias)))
                filled[node.output[0]] = len(weights) + more


def _seen_by_convolutions(graph: _Graph, name: str) -> bool:
    """Tell whether a value leads to convolutions alone, and a depthwise one to others again."""
    readers = graph.consumers(name)
    return bool(readers) and all(_takes_zeros(graph, node) for node in readers)


def _takes_zeros(graph: _Graph, node: NodeProto) -> bool:
    """Tell whether a node makes nothing of channels of zeros, or others that go to convolutions again."""
    if node.op_type == "Conv" and _groups(node) == 1:
        return True
    depthwise = node.op_type == "Conv" and graph.weights(node)[0].shape[:2] == (_groups(node), 1)
    return (depthwise or node.op_type in _ACTIVATIONS) and _seen_by_convolutions(graph, node.output[0])


def _join_heads(graph: _Graph) -> None:
    """Make the heads of a level one convolution, whose cells are an output."""
    from onnx import TensorProto
    from onnx.helper import make_node, make_tensor_value_info

    if {output.name for output in graph.model.graph.output} != set(PUBLISHED):
        raise _OtherFormError
    heads = {name: _head(graph, name) for name in PUBLISHED}
    outputs = []
    for level, convs in enumerate(zip(*heads.values(), strict=True)):
        if len({conv.input[0] for conv in convs}) > 1:
            raise _OtherFormError
        parts = [graph.weights(conv) for conv in convs]
        priors = {divmod(len(bias), size) for (_, bias), size in zip(parts, PUBLISHED.values(), strict=True)}
        count, rest = priors.pop()
        if priors or rest or any(weights.shape[2:] != (1, 1) for weights, _ in parts):
            raise _OtherFormError
        joined, cells = f"joined{level}", f"cells{level}"
        conv = make_node("Conv", [convs[0].input[0], "", ""], [joined], kernel_shape=[1, 1])
        graph.set_weights(conv, *(_by_prior(kind, count) for kind in zip(*parts, strict=True)))
        turned = make_node("Transpose", [joined], [cells], perm=[0, 2, 3, 1])
        graph.model.graph.node.extend([conv, turned])
        outputs.append(make_tensor_value_info(cells, TensorProto.FLOAT, [None] * 4))
    del graph.model.graph.output[:]
    graph.model.graph.output.extend(outputs)
    graph.drop_unread()


def _by_prior(heads: Sequence[NDArray[np.float32]], priors: int) -> NDArray[np.float32]:
    """Join the weights or the biases of heads, so that what is of one prior lies side by side."""
    each = [values.reshape(priors, -1, *values.shape[1:]) for values in heads]
    return np.concatenate(each, axis=1).reshape(-1, *heads[0].shape[1:])


def _double(graph: _Graph) -> None:
    """Let levels that are scaled to the size of another be doubled."""
    from onnx.numpy_helper import from_array

    twice = "twice"
    for node in graph.nodes:
        if node.op_type == "Resize":
            modes = {it.name: it.s for it in node.attribute if it.type == it.STRING}
            if modes != _NEAREST:
                raise _OtherFormError
            # In place of the size: the finer level's.
            del node.input[2:]
            node.input.append(twice)
    graph.model.graph.initializer.append(from_array(np.array([1, 1, 2, 2], np.float32), twice))
    graph.drop_unread()


def _drop_finest(graph: _Graph) -> None:
    """Leave out the finest level of the pyramid."""
    del graph.model.graph.output[0]
    graph.drop_unread()


def _head(graph: _Graph, output: str) -> list[NodeProto]:
    """Give the convolutions that make an output, one a level of the pyramid."""
    if output == "conf":
        output = graph.producer(output, "Softmax").input[0]
    rows = [graph.producer(name, "Reshape") for name in graph.producer(output, "Concat").input]
    turned = [graph.producer(node.input[0], "Transpose") for node in rows]
    if any(_integers(node).get("perm") != [0, 2, 3, 1] for node in turned):
        raise _OtherFormError
    return [graph.producer(node.input[0], "Conv") for node in turned]


def _with_zeros(values: NDArray[np.float32], more: int, *, axis: int) -> NDArray[np.float32]:
    """Add zeros behind the values."""
    return np.pad(values, [(0, more if place == axis else 0) for place in range(values.ndim)])


def _integers(node: NodeProto) -> dict[str, Any]:
    """Give a node's attributes that are integers."""
    return {it.name: it.i if it.type == it.INT else list(it.ints) for it in node.attribute}


def _groups(conv: NodeProto) -> int:
    """Give the number of groups of a convolution's channels."""
    return int(_integers(conv).get("group", 1))


def _set_integers(node: NodeProto, values: Mapping[str, int | list[int]]) -> None:
    """Set attributes of a node."""
    from onnx.helper import make_attribute

    kept = [it for it in node.attribute if it.name not in values]
    changed = [make_attribute(name, value) for name, value in values.items()]
    del node.attribute[:]
    node.attribute.extend(chain(kept, changed))


def _only(nodes: Sequence[NodeProto]) -> NodeProto | None:
    """Give the one node there is; None if there are more or none."""
    return nodes[0] if len(nodes) == 1 else None


def _require(node: NodeProto | None, kind: str) -> NodeProto:
    """Insist on a node of a kind."""
    if node is None or node.op_type != kind:
        raise _OtherFormError
    return node
