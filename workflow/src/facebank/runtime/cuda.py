"""What CUDA needs of a machine: the libraries that ONNX Runtime's provider links to, a driver, a device."""

from __future__ import annotations

import contextlib
import ctypes
import io
import shutil
import subprocess
from pathlib import Path

import onnxruntime

__all__ = ["DRIVER", "count_devices", "missing_libraries"]

#: NVIDIA's driver; it comes with the system, all other libraries may come with pip.
DRIVER = "libcuda.so.1"
_PROVIDER = "libonnxruntime_providers_cuda.so"


def missing_libraries() -> list[str]:
    """List the shared libraries that the CUDA provider links to and that cannot be loaded.

    Libraries that pip installed are loaded on the way, as ONNX Runtime wants it before the first session.

    Returns
    -------
    list of str
        Their names, in the order of the linker; empty where all are there or there is no CUDA provider.
    """
    provider = Path(onnxruntime.__file__).parent / "capi" / _PROVIDER
    if not provider.is_file():
        return []
    # It prints what it does not find; that is said below, in one sentence.
    with contextlib.redirect_stdout(io.StringIO()):
        onnxruntime.preload_dlls(msvc=False)
    return [name for name in _not_found(provider) if not _loads(name)]


def count_devices() -> int:
    """Count the GPUs that NVIDIA's driver shows to this process; 0 without a driver."""
    try:
        driver = ctypes.CDLL(DRIVER)
    except OSError:
        return 0
    number = ctypes.c_int(0)
    if driver.cuInit(0) != 0 or driver.cuDeviceGetCount(ctypes.byref(number)) != 0:
        return 0
    return number.value


def _not_found(library: Path) -> list[str]:
    """List what the dynamic linker does not find for a library."""
    ldd = shutil.which("ldd")
    if ldd is None:
        return [] if _loads(DRIVER) else [DRIVER]
    done = subprocess.run([ldd, str(library)], capture_output=True, text=True, check=False)  # noqa: S603 (ours)
    return [line.split()[0] for line in done.stdout.splitlines() if line.endswith("=> not found")]


def _loads(name: str) -> bool:
    """Tell whether a shared library is loaded, or can be."""
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True
