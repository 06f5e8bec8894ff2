"""Model packs as they are published, in archives of four kinds, and ONNX models with and without weights."""

from __future__ import annotations

import hashlib
import io
import zipfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from facebank.errors import ModelError
from facebank.runtime.catalogue import LockedPack
from facebank.runtime.packs import read_pack
from facebank.runtime.self_contained import require_self_contained
from facebank.runtime.unpacking import unpack
from mutations import mutated as changed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

__all__ = ["corpus", "mutated", "read"]

_TINY = Path(__file__).parents[2] / "resources" / "models" / "tiny"
_ARCHIVE, _MODEL = b"pack.zip\0", b"model.onnx\0"


def _models() -> dict[str, bytes]:
    """Give the content of a pack's two models, as small as can be."""
    pack = read_pack(_TINY)
    return {pack.detector.file: b"detector" * 100, pack.embedder.file: bytes(range(256)) * 4}


@cache
def _pack() -> LockedPack:
    """Give the pack that has them."""
    models = _models()
    pack = read_pack(_TINY)
    files = {
        part: getattr(pack, part).model_copy(
            update={"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
        )
        for part, data in zip(("detector", "embedder"), models.values(), strict=True)
    }
    return LockedPack.model_construct(**{**dict(pack), **files, "archive": None})


def _zipped(method: int) -> bytes:
    """Pack the two models and another file."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, data in {**_models(), "README": b"hello"}.items():
            archive.writestr(zipfile.ZipInfo(f"published/{name}"), data, compress_type=method)
    return made.getvalue()


def _onnx(*, beside: bool) -> bytes:
    """Make a model of one weight, in the file or beside it."""
    weight = numpy_helper.from_array(np.ones((4, 4), np.float32), "w")
    if beside:
        weight.ClearField("raw_data")
        weight.data_location = TensorProto.EXTERNAL
        weight.external_data.add(key="location", value="weights.bin")
    shown = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 4]) for name in ("x", "y")]
    node = helper.make_node("MatMul", ["x", "w"], ["y"], doc_string="location")
    graph = helper.make_graph([node], "g", shown[:1], shown[1:], [weight])
    return bytes(onnx.ModelProto.SerializeToString(helper.make_model(graph)))


def corpus() -> list[bytes]:
    """Give archives of each kind and two models; the name says which."""
    kinds = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
    return [_ARCHIVE + _zipped(kind) for kind in kinds] + [_MODEL + _onnx(beside=it) for it in (False, True)]


def mutated(data: bytes, others: Sequence[bytes], numbers: Random) -> bytes:
    """Change the file behind its name."""
    name, mark, body = data.partition(b"\0")
    return name + mark + changed(body, [it.partition(b"\0")[2] for it in others], numbers)


def read(data: bytes, folder: Path) -> str:
    """Unpack the archive, or look where the model has its weights."""
    name, _, body = data.partition(b"\0")
    path = folder / name.decode()
    path.write_bytes(body)
    out = folder / "unpacked"
    try:
        if path.suffix == ".onnx":
            require_self_contained(path)
            return "used"
        unpack(_pack(), path, out)
        assert {file: (out / file).read_bytes() for file in _models()} == _models()
    except ModelError as error:
        return f"{path.name}: {str(error).partition(':')[0]}"
    else:
        return "used"
    finally:
        for file in [*out.glob("*")] if out.is_dir() else []:
            file.unlink()
        if out.is_dir():
            out.rmdir()
        assert {it.name for it in folder.iterdir()} <= {"pack.zip", "model.onnx"}
