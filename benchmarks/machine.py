"""What the figures were measured on."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path

from threadpoolctl import threadpool_info  # type: ignore[import-untyped]  # ships no types

from facebank.console import memory

__all__ = ["facts", "peak_memory", "private_memory"]

PACKAGES = ("insightface", "numpy", "onnxruntime", "opencv-python", "pillow", "pyarrow", "scipy")


def facts() -> dict[str, str]:
    """Give what the speed of a machine hangs on, as text by name; nothing that names the machine."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "processor": _processor(),
        "cores": str(len(os.sched_getaffinity(0))),
        "memory": f"{memory / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "blas": ", ".join(sorted({_blas(pool) for pool in threadpool_info() if pool["user_api"] == "blas"})),
        **{package: version(package) for package in PACKAGES},
    }


def peak_memory() -> float:
    """Give the largest resident memory that this process ever had, in MiB."""
    return memory.peak_memory() / 2**20


def private_memory() -> float:
    """Give the memory that this process shares with no other, in MiB.

    A map of a file that another process maps too does not count.
    """
    lines = Path("/proc/self/smaps_rollup").read_text(encoding="utf-8").splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) / 1024


def _processor() -> str:
    """Give the processor's model name."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())


def _blas(pool: dict[str, object]) -> str:
    """Describe a BLAS library."""
    return f"{pool['internal_api']} {pool['version']} {pool.get('architecture', '')}".strip()
