"""Which of the packages that exclude each other are installed; nothing of them is imported."""

from __future__ import annotations

import re
from importlib.metadata import distributions

__all__ = ["installed", "installed_opencvs", "installed_runtimes"]


def installed() -> dict[str, str]:
    """Give the version of each installed package by its normalised name."""
    found = ((it.metadata["Name"], it.version) for it in distributions())
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in found if name}


def installed_runtimes() -> dict[str, str]:
    """Give the installed packages that are an ONNX Runtime: each of them fills the folder ``onnxruntime``."""
    return _matching(r"(ort-nightly|onnxruntime)(-[a-z]+)*")


def installed_opencvs() -> dict[str, str]:
    """Give the installed packages that are an OpenCV: each of them fills the folder ``cv2``."""
    return _matching(r"opencv-(contrib-)?python(-headless)?")


def _matching(pattern: str) -> dict[str, str]:
    """Give the installed packages whose whole name matches, by name."""
    return {name: it for name, it in sorted(installed().items()) if re.fullmatch(pattern, name)}
