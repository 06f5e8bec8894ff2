"""One thread budget for every pool of a process.

NumPy's BLAS, OpenCV and Arrow each start a pool as large as the machine by themselves; a job that was
given two cores must not. ONNX Runtime takes its budget per session, see `facebank.runtime.sessions`.
"""

from __future__ import annotations

import cv2
import pyarrow as pa
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no types

from facebank.errors import ConfigError

__all__ = ["limit_threads"]


def limit_threads(threads: int) -> None:
    """Set the pools of BLAS, OpenMP, OpenCV and Arrow, once for the process.

    Parameters
    ----------
    threads : int
        How many threads each pool may use, at least 1.

    Raises
    ------
    ConfigError
        If `threads` is less than 1.
    """
    if threads < 1:
        raise ConfigError("The number of threads cannot be used", expected="1 or more", found=str(threads))
    threadpool_limits(limits=threads)
    cv2.setNumThreads(threads)
    pa.set_cpu_count(threads)
