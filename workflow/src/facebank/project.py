"""Where the project lies: a module of its own, so that who needs only this loads nothing else."""

from __future__ import annotations

from pathlib import Path

__all__ = ["PROJECT"]

#: The folder that holds the Snakefile and ``resources/``.
PROJECT = Path(__file__).resolve().parents[3]
