"""ONNX Runtime sessions on exactly the device that was asked for.

There is no automatic choice and no silent fall-back: a session on another provider than the requested
one is an error.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal

import onnxruntime

from facebank.errors import ConfigError, ModelError
from facebank.runtime.cuda import DRIVER, count_devices, missing_libraries
from facebank.runtime.installed import installed_runtimes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["CudaSession", "Session", "at_work_on", "open_session", "provider_class", "require_provider"]

#: Shapes of input that a session on CUDA is ready for at the same time; the one unused longest goes first.
_SHAPES_READY = 16
#: ONNX Runtime's severity from which on it prints.
_ERRORS = 3
_PROVIDERS = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}


class Session(onnxruntime.InferenceSession):  # type: ignore[misc] # the library ships no types
    """A session whose failures name the model and what to do."""

    #: The model's file, where the session did not read it itself.
    file: Path | None = None

    def run(self, *arguments: Any, **named: Any) -> Any:
        """Run the model, as `onnxruntime.InferenceSession.run` does.

        Raises
        ------
        ModelError
            If the model fails on these inputs.
        """
        try:
            return super().run(*arguments, **named)
        except Exception as error:  # ONNX Runtime's errors share no base class but Exception
            raise ModelError(
                "The model failed",
                file=self.file or self._model_path,
                found=" ".join(str(error).split()),
                remedy="Build again: what is finished stays. If it fails again, give the job more memory.",
            ) from error


@contextmanager
def at_work_on(name: str) -> Iterator[None]:
    """Name the photo or video, too, where a model fails on it.

    Parameters
    ----------
    name : str
        Its path, as the user knows it.

    Raises
    ------
    ModelError
        The failure, with the name.
    """
    try:
        yield
    except ModelError as error:
        raise ModelError(f"A model could not be run on {name}. {str(error).rstrip('.')}") from error


class CudaSession(Session):
    """A session on CUDA, with a session of its own for each shape of input.

    cuDNN plans the convolutions of a session for one shape, and again whenever another comes: sessions that
    each see one shape plan once. `facebank.runtime.shapes` keeps the shapes few.
    """

    def __init__(self, model: str | bytes, options: onnxruntime.SessionOptions, **providers: Any) -> None:
        super().__init__(model, options, **providers)
        self._opening = Lock()
        self._of_shapes = lru_cache(_SHAPES_READY)(lambda _shapes: Session(model, options, **providers))

    def run(self, output_names: Any, input_feed: Any, run_options: Any = None) -> Any:
        """Run the model on the session for these shapes, see `Session.run`."""
        shapes = tuple((name, value.shape) for name, value in sorted(input_feed.items()))
        with self._opening:
            session = self._of_shapes(shapes)
        return session.run(output_names, input_feed, run_options)


def provider_class(device: str) -> Literal["cpu", "cuda"]:
    """Give the class of execution provider that a device means; provenance records it.

    Parameters
    ----------
    device : str
        ``cpu``, ``cuda`` or ``cuda:N``.

    Raises
    ------
    ConfigError
        If `device` is none of these.
    """
    if device == "cpu":
        return "cpu"
    if re.fullmatch(r"cuda(:\d+)?", device):
        return "cuda"
    raise ConfigError("Unknown device", expected="cpu, cuda or cuda:N", found=repr(device))


def require_provider(device: str) -> None:
    """Insist that the execution provider of a device is installed and finds on this machine what it needs.

    Parameters
    ----------
    device : str
        ``cpu``, ``cuda`` or ``cuda:N``.

    Raises
    ------
    ModelError
        Listing the ONNX Runtimes and providers that are there, and for CUDA the libraries that are not. What
        passes may still fail to start: `open_session` sees.
    """
    available = onnxruntime.get_available_providers()
    if _PROVIDERS[provider_class(device)] not in available:
        raise _provider_error(
            device,
            found=_found(available),
            remedy="put onnxruntime-gpu in place of onnxruntime (`facebank doctor --device cuda` says how)",
        )
    if provider_class(device) == "cuda":
        _require_cuda(device)


def open_session(
    model: Path, *, device: str = "cpu", threads: int = 1, content: bytes | None = None
) -> Session:
    """Open an ONNX model.

    Operators run one after the other, each on `threads` threads. On CUDA the options that are known to make
    two runs differ are off: no search for convolution algorithms by trial, no TF32, deterministic kernels.
    GPU memory grows by what is asked for, not by powers of two. (On the CPU, ONNX Runtime's default arena was
    the smallest of the three tried, over inputs of many sizes, so it stays.)

    Parameters
    ----------
    model : Path
        The ``.onnx`` file.
    device : str
        ``cpu``, ``cuda`` or ``cuda:N``.
    threads : int
        Threads within one operator, on the CPU.
    content : bytes, optional
        What is run in place of the file: the same model in another form. For the CPU alone.

    Returns
    -------
    Session
        A session whose first provider is the requested one. Its ``run`` may be called from several threads.

    Raises
    ------
    ModelError
        If the file is missing or no ONNX model, or the provider cannot be used.
    """
    require_provider(device)
    provider = _PROVIDERS[provider_class(device)]
    if not model.is_file():
        raise ModelError(
            "The model file is missing", file=model, remedy="Check the pack's folder and its pack.yaml."
        )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.use_deterministic_compute = True
    if provider_class(device) == "cuda":
        # It warns of each session that shapes are computed on the processor, which is as it should be.
        options.log_severity_level = _ERRORS
        onnxruntime.set_default_logger_severity(_ERRORS)
    try:
        kind = CudaSession if provider_class(device) == "cuda" else Session
        session = kind(
            content or str(model),
            options,
            providers=[provider],
            provider_options=[_provider_options(device)],
        )
    except Exception as error:  # ONNX Runtime's errors share no base class but Exception
        raise ModelError(
            "ONNX Runtime cannot load the model",
            file=model,
            found=" ".join(str(error).split()),
            remedy="Fetch or copy the file again.",
        ) from error
    session.file = model
    if session.get_providers()[0] != provider:
        raise _provider_error(
            device,
            found=f"a session on {', '.join(session.get_providers())}",
            remedy="see above what ONNX Runtime says, and install the CUDA and cuDNN that it names",
        )
    return session


def _provider_options(device: str) -> dict[str, Any]:
    """Give the options of the device's execution provider."""
    if provider_class(device) == "cpu":
        return {}
    return {
        "device_id": str(_device_number(device)),
        "arena_extend_strategy": "kSameAsRequested",
        # By cuDNN's rules, not by trial. (DEFAULT means its fallback kernels since ONNX Runtime 1.20.)
        "cudnn_conv_algo_search": "HEURISTIC",
        "use_tf32": "0",
    }


def _require_cuda(device: str) -> None:
    """Insist on the libraries that CUDA needs, and on the GPU itself."""
    missing = missing_libraries()
    if missing:
        needed = ["NVIDIA's driver"] if DRIVER in missing else []
        if set(missing) - {DRIVER}:
            from_pip = "`pip install 'onnxruntime-gpu[cuda,cudnn]'`"
            needed.append(f"CUDA {onnxruntime.cuda_version} and cuDNN, which {from_pip} brings")
        raise _provider_error(
            device,
            found=f"{_found(onnxruntime.get_available_providers())}, but no {', '.join(missing)}",
            remedy=f"install {' and '.join(needed)}",
        )
    devices = count_devices()
    if _device_number(device) >= devices:
        raise ModelError(
            "The requested device cannot be used",
            expected=f"GPU {_device_number(device)} for device {device}",
            found="1 GPU" if devices == 1 else f"{devices} GPUs",
            remedy="See which GPUs nvidia-smi lists, and whether CUDA_VISIBLE_DEVICES hides any.",
        )


def _device_number(device: str) -> int:
    """Give the number of a CUDA device."""
    return int(device.partition(":")[2] or 0)


def _found(providers: list[str]) -> str:
    """Say which runtimes are installed and what they offer."""
    runtimes = " and ".join(f"{name} {version}" for name, version in installed_runtimes().items())
    return f"{runtimes or 'no package of it'} with {', '.join(providers)}"


def _provider_error(device: str, found: str, remedy: str) -> ModelError:
    """Say that another provider than the requested one would run."""
    return ModelError(
        "The requested device cannot be used",
        expected=f"{_PROVIDERS[provider_class(device)]} for device {device}",
        found=found,
        remedy=f"Set 'device: cpu', or {remedy}.",
    )
