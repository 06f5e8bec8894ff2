"""How much memory this process took."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

__all__ = ["peak_memory"]

#: The unit of ru_maxrss: kilobytes, on macOS bytes.
_MAXRSS_BYTES = 1 if sys.platform == "darwin" else 1024


def peak_memory() -> int:
    """Give the largest resident memory that this process ever had, in bytes."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
        (kilobytes,) = (line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))
    except (OSError, ValueError):
        # Where only this is there: on Linux it begins with the memory of whoever started the process.
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _MAXRSS_BYTES
    return int(kilobytes) * 1024
