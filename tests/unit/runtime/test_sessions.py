"""Sessions: the requested device or an error."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import onnxruntime
import pytest

import facebank.runtime.sessions
from facebank.errors import ConfigError, ModelError
from facebank.runtime import sessions
from facebank.runtime.sessions import CudaSession, Session, open_session, provider_class, require_provider
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


@pytest.fixture
def cuda_runtime(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Pretend that onnxruntime-gpu is installed, with all its libraries, on a machine with two GPUs."""
    monkeypatch.setattr(sessions, "installed_runtimes", lambda: {"onnxruntime-gpu": "1.2"})
    monkeypatch.setattr(
        onnxruntime, "get_available_providers", lambda: ["CUDAExecutionProvider", "CPUExecutionProvider"]
    )
    monkeypatch.setattr(onnxruntime, "cuda_version", "13.0")
    monkeypatch.setattr(sessions, "missing_libraries", list)
    monkeypatch.setattr(sessions, "count_devices", lambda: 2)
    return monkeypatch


@pytest.mark.usefixtures("cuda_runtime")
@pytest.mark.parametrize("device", ["cpu", "cuda", "cuda:1"])
def test_a_machine_that_has_all_is_good(device: str) -> None:
    require_provider(device)


@pytest.mark.parametrize(
    ("missing", "remedy"),
    [
        (["libcuda.so.1"], "install NVIDIA's driver."),
        (["libcublas.so.13"], "install CUDA 13.0 and cuDNN, which"),
        (["libcublas.so.13", "libcuda.so.1"], "install NVIDIA's driver and CUDA 13.0 and cuDNN, which"),
    ],
)
def test_missing_libraries_are_named(
    cuda_runtime: pytest.MonkeyPatch, missing: list[str], remedy: str
) -> None:
    cuda_runtime.setattr(sessions, "missing_libraries", lambda: missing)
    with pytest.raises(ModelError) as caught:
        require_provider("cuda")
    found = "found onnxruntime-gpu 1.2 with CUDAExecutionProvider, CPUExecutionProvider"
    assert f"{found}, but no {', '.join(missing)}." in str(caught.value)
    assert f"Set 'device: cpu', or {remedy}" in str(caught.value)


def test_a_gpu_that_is_not_there_is_an_error(cuda_runtime: pytest.MonkeyPatch) -> None:
    with pytest.raises(ModelError, match="expected GPU 2 for device cuda:2, found 2 GPUs"):
        require_provider("cuda:2")
    cuda_runtime.setattr(sessions, "count_devices", lambda: 1)
    with pytest.raises(ModelError, match=r"expected GPU 1 for device cuda:1, found 1 GPU\."):
        require_provider("cuda:1")


def test_a_session_that_fell_back_is_refused(cuda_runtime: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}

    class FellBack:
        def __init__(self, *_: object, **options: Any) -> None:
            asked.update(options)

        def get_providers(self) -> list[str]:
            return ["CPUExecutionProvider"]

    cuda_runtime.setattr(facebank.runtime.sessions, "CudaSession", FellBack)
    with pytest.raises(ModelError, match="for device cuda:1, found a session on CPUExecutionProvider"):
        open_session(TINY / "mobileface.onnx", device="cuda:1")
    assert asked["providers"] == ["CUDAExecutionProvider"]
    assert asked["provider_options"] == [
        {
            "device_id": "1",
            "arena_extend_strategy": "kSameAsRequested",
            "cudnn_conv_algo_search": "HEURISTIC",
            "use_tf32": "0",
        }
    ]


def test_each_shape_has_a_session_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Session] = []

    class Counted(Session):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            opened.append(self)

    model, options = str(TINY / "mobileface.onnx"), onnxruntime.SessionOptions()
    # The processor stands for CUDA: what is shown is which session runs, not what runs it.
    session = CudaSession(model, options, providers=["CPUExecutionProvider"])
    monkeypatch.setattr(sessions, "Session", Counted)
    (name,) = [given.name for given in session.get_inputs()]
    plain = Session(model, options, providers=["CPUExecutionProvider"])
    for rows, so_far in ((1, 1), (4, 2), (1, 2), (4, 2)):
        planes = np.full((rows, 3, 112, 112), rows, np.float32)
        (found,) = session.run(None, {name: planes})
        np.testing.assert_array_equal(found, plain.run(None, {name: planes})[0])
        assert len(opened) == so_far
    for rows in range(1, 40):
        session.run(None, {name: np.zeros((rows, 3, 112, 112), np.float32)})
    assert session._of_shapes.cache_info().currsize == sessions._SHAPES_READY


@pytest.mark.parametrize(
    ("content", "message"), [(None, "missing"), (b"", "cannot load"), (b"junk", "cannot load")]
)
def test_a_file_that_is_no_model_is_named(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "model.onnx"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError, match=rf"{message}.*model\.onnx"):
        open_session(path)


def test_inference_reports_to_nobody(tmp_path: Path) -> None:
    """What reports would keep an id of the machine and its reports in the home directory."""
    program = (
        "import sys; from pathlib import Path; from facebank.runtime.sessions import open_session; "
        "open_session(Path(sys.argv[1]), threads=1)"
    )
    told = {"ORT_DISABLE_TELEMETRY", "XDG_CACHE_HOME"}
    environment = {name: value for name, value in os.environ.items() if name not in told}
    command = [sys.executable, "-c", program, str(TINY / "mobileface.onnx")]
    subprocess.run(command, env=environment | {"HOME": str(tmp_path)}, check=True)
    assert list(tmp_path.iterdir()) == []
