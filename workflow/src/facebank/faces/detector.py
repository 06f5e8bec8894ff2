"""Open the detector of a pack, by its family."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facebank.errors import ModelError
from facebank.faces.retinaface import RetinaFace
from facebank.faces.scrfd import Scrfd

if TYPE_CHECKING:
    from facebank.faces.detections import Detector
    from facebank.runtime.packs import ModelPack

__all__ = ["open_detector"]


def open_detector(pack: ModelPack, *, device: str = "cpu", threads: int = 1) -> Detector:
    """Open the detector of a pack.

    Parameters
    ----------
    pack : ModelPack
        The pack.
    device : str
        ``cpu``, ``cuda`` or ``cuda:N``.
    threads : int
        Threads within one operator, on the CPU.

    Raises
    ------
    ModelError
        If the model cannot be loaded, differs from its contract, or is of a family that does not run here.
    """
    match pack.detector.family:
        case "retinaface":
            return RetinaFace(pack, device=device, threads=threads)
        case "scrfd":
            return Scrfd(pack, device=device, threads=threads)
        case family:
            raise ModelError(
                f"Detectors of the family '{family}' are not run by ONNX Runtime",
                file=pack.folder,
                expected="retinaface or scrfd",
                found=family,
                remedy="Export the weights to ONNX and describe them as 'retinaface' in pack.yaml.",
            )
