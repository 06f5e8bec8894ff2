"""Stages before photos and videos whose decoders crash, hang or take all memory."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

__all__ = ["DECODERS", "facebank_attacked"]

#: A folder that makes decoders hostile in every Python that finds it first.
DECODERS = Path(__file__).parent / "hostile"

_SOURCES = Path(__file__).parents[1] / "workflow" / "src"


def facebank_attacked(*words: str) -> subprocess.CompletedProcess[str]:
    """Run the command line with hostile decoders, in processes of their own or not."""
    path = os.pathsep.join(map(str, (DECODERS, _SOURCES)))
    command = [sys.executable, "-m", "facebank", *words]
    return subprocess.run(
        command, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=False
    )
