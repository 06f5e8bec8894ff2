"""The benchmarks are scripts beside the package: their folder is no package, so it goes on the path."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[3] / "benchmarks"))
