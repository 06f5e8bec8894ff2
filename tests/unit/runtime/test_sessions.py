"""Sessions: the requested device or an error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import onnxruntime
import pytest

from facebank.errors import ConfigError, ModelError
from facebank.runtime.sessions import open_session, provider_class, require_provider
from portraits import TINY

if TYPE_CHECKING:
    from pathlib import Path

HAS_CUDA = "CUDAExecutionProvider" in onnxruntime.get_available_providers()


@pytest.mark.parametrize(("device", "expected"), [("cpu", "cpu"), ("cuda", "cuda"), ("cuda:3", "cuda")])
def test_a_device_means_a_class_of_provider(device: str, expected: str) -> None:
    assert provider_class(device) == expected


@pytest.mark.parametrize("device", ["", "auto", "gpu", "cuda:", "cuda:x", "CPU"])
def test_there_is_no_other_device(device: str) -> None:
    with pytest.raises(ConfigError, match="cpu, cuda or cuda:N"):
        provider_class(device)


def test_a_session_has_the_threads_and_the_provider_that_were_asked_for() -> None:
    session = open_session(TINY / "mobileface.onnx", threads=2)
    options = session.get_session_options()
    assert session.get_providers() == ["CPUExecutionProvider"]
    assert (options.intra_op_num_threads, options.inter_op_num_threads) == (2, 1)
    assert options.execution_mode == onnxruntime.ExecutionMode.ORT_SEQUENTIAL


@pytest.mark.skipif(HAS_CUDA, reason="this machine has CUDA")
def test_cuda_is_never_replaced_in_silence() -> None:
    with pytest.raises(ModelError, match=r"CUDAExecutionProvider for device cuda:0.*CPUExecutionProvider"):
        require_provider("cuda:0")
    with pytest.raises(ModelError, match="CUDAExecutionProvider"):
        open_session(TINY / "mobileface.onnx", device="cuda")


@pytest.mark.parametrize(
    ("content", "message"), [(None, "missing"), (b"", "cannot load"), (b"junk", "cannot load")]
)
def test_a_file_that_is_no_model_is_named(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "model.onnx"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError, match=rf"{message}.*model\.onnx"):
        open_session(path)
