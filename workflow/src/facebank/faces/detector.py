"""Open the detector of a pack, by its family."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facebank.faces.retinaface import RetinaFace
from facebank.faces.retinaface_cells import LARGE, RetinaFaceCells, open_cells
from facebank.faces.retinaface_pytorch import RetinaFacePytorch, require_torch_packages
from facebank.runtime.sessions import provider_class

if TYPE_CHECKING:
    from facebank.faces.detections import Detector
    from facebank.runtime.packs import ModelPack

__all__ = ["for_faces_from", "open_detector", "require_detector_packages"]


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
        If the model cannot be loaded or differs from its contract, or a package that its family needs is not
        installed here.
    """
    match pack.detector.family:
        case "retinaface":
            cells = open_cells(pack, threads=threads) if provider_class(device) == "cpu" else None
            return cells or RetinaFace(pack, device=device, threads=threads)
        case "scrfd":
            # insightface loads half of SciPy and scikit-image with it.
            from facebank.faces.scrfd import Scrfd

            return Scrfd(pack, device=device, threads=threads)
        case "retinaface-pytorch":
            return RetinaFacePytorch(pack, device=device, threads=threads)


def for_faces_from(least_side: float, detector: Detector) -> Detector:
    """Give a detector that may leave out small faces: a faster one, where there is one.

    Parameters
    ----------
    least_side : float
        Longer side of the smallest face that is looked for, in pixels as the model sees it.
    detector : Detector
        The detector for faces of all sizes.
    """
    if isinstance(detector, RetinaFaceCells) and least_side >= LARGE:
        return detector.for_large_faces
    return detector


def require_detector_packages(pack: ModelPack) -> None:
    """Insist that this Python has the packages that the detector of a pack needs. None is imported.

    Parameters
    ----------
    pack : ModelPack
        The pack.

    Raises
    ------
    ModelError
        Naming the packages that are missing, and the environment that has them.
    """
    if pack.detector.family == "retinaface-pytorch":
        require_torch_packages()
