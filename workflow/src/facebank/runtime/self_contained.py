"""Whether an ONNX model holds its own weights.

A model may say that weights stand in other files. ONNX Runtime follows such a name within the model's folder,
and no digest of the pack would cover what it finds there.
"""

from __future__ import annotations

import mmap
from typing import TYPE_CHECKING, Any

from facebank.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["require_self_contained"]

#: The key under which a tensor names its file (ONNX, "External Data"); no tensor can name one without it.
_KEY = b"location"


def require_self_contained(path: Path) -> None:
    """Insist that a model names no file beside itself.

    Parameters
    ----------
    path : Path
        The model. A file that is no ONNX model names none.

    Raises
    ------
    ModelError
        Naming the first file that it names.
    """
    if not _holds(path, _KEY):
        return
    from google.protobuf.message import DecodeError
    from onnx import load_model
    from onnx.external_data_helper import uses_external_data

    try:
        model = load_model(path, load_external_data=False)
    except DecodeError:
        return
    for tensor in _tensors(model):
        if uses_external_data(tensor):
            raise ModelError(
                "The model keeps weights in another file",
                file=path,
                expected="a model in one file, whose digest covers it",
                found=next((it.value for it in tensor.external_data if it.key == "location"), "no name"),
                remedy="Save it as one file: onnx.save(onnx.load(PATH), PATH).",
            )


def _holds(path: Path, part: bytes) -> bool:
    """Tell whether a file holds some bytes; it is not read into memory."""
    with path.open("rb") as file:
        if not path.stat().st_size:
            return False
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return content.find(part) >= 0


def _tensors(message: Any) -> Iterator[Any]:
    """Give every tensor of a model: weights, constants of nodes, and those of graphs within nodes."""
    if message.DESCRIPTOR.name == "TensorProto":
        yield message
        return
    for field, value in message.ListFields():
        if field.message_type is not None:
            for item in value if hasattr(value, "__len__") else (value,):
                yield from _tensors(item)
