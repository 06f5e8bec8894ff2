"""Commands that answers tell the user to run."""

from __future__ import annotations

import shlex
from pathlib import Path

from facebank.project import PROJECT

__all__ = ["build_command"]


def build_command(config: Path) -> str:
    """Give the command that builds all that a config means, from the working directory."""
    words = ["snakemake", "--cores", "all"]
    snakefile = PROJECT / "Snakefile"
    if not Path("Snakefile").exists() or not Path("Snakefile").samefile(snakefile):
        words += ["--snakefile", str(snakefile)]
    return shlex.join([*words, "--configfile", str(config)])
