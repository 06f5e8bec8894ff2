"""Do the models work here? A check on two portraits that come with installed packages."""

from __future__ import annotations

from dataclasses import asdict
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np
import skimage.data

from facebank.errors import ModelError
from facebank.faces.boxes import iou_matrix
from facebank.faces.embedder import unit
from facebank.media.images import decode_photo
from facebank.runtime.packs import ReferenceFindings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from facebank.faces.detections import Detections, Detector
    from facebank.faces.embedder import Embedder

__all__ = ["reference_check"]

_DET_SIZE = 320
_MIN_SCORE = 0.5
#: The face in scikit-image's astronaut, as a person draws it, and how well a detector has to agree.
_ASTRONAUT_FACE = np.array([[178.0, 60.0, 272.0, 178.0]])
_MIN_IOU = 0.5
#: How far a finding may be from what the pack says. Swapped channels moved one by 0.0125 or more in every
#: pack tried; devices, threads and releases of ONNX Runtime move them in the fourth digit.
_TOLERANCE = 0.005


def reference_check(
    detector: Detector, embedder: Embedder, expected: ReferenceFindings | None = None
) -> ReferenceFindings:
    """Detect and embed two portraits and a mirrored one.

    Parameters
    ----------
    detector : Detector
        The pack's detector.
    embedder : Embedder
        The pack's embedder.
    expected : ReferenceFindings, optional
        What the pack says of them. Without it, only what is plainly wrong is seen: most models still tell the
        portraits apart when channels are swapped or scaled otherwise than in training.

    Returns
    -------
    ReferenceFindings
        Scores and similarities.

    Raises
    ------
    ModelError
        If a face is not found where it is, the mirrored portrait is not nearer than the other person, or a
        finding is not as expected.
    DataError
        If an embedding has no finite length.
    """
    # scikit-image is typed in parts only.
    astronaut = np.asarray(skimage.data.astronaut())  # type: ignore[no-untyped-call]
    other = decode_photo(files("insightface").joinpath("data/images/Tom_Hanks_54745.png").read_bytes()).pixels
    pictures = (astronaut, np.ascontiguousarray(astronaut[:, ::-1]), other)
    faces = [_best_face(detector, picture) for picture in pictures]
    raw = [
        embedder.embed_faces(picture, face.landmarks) for picture, face in zip(pictures, faces, strict=True)
    ]
    embeddings = unit(np.concatenate(raw))
    findings = ReferenceFindings(
        score=float(faces[0].scores[0]),
        overlap=float(iou_matrix(faces[0].boxes, _ASTRONAUT_FACE)[0, 0]),
        same_person=float(embeddings[0] @ embeddings[1]),
        other_person=float(embeddings[0] @ embeddings[2]),
    )
    if findings.overlap < _MIN_IOU or findings.same_person <= findings.other_person:
        raise ModelError(
            "The models do not see the reference portraits as they should",
            expected=f"an overlap of {_MIN_IOU} or more, and the mirrored portrait nearest",
            found=str(findings),
            remedy="Check colour, mean, std and alignment in pack.yaml.",
        )
    if expected is not None:
        _require_expected(findings, expected)
    return findings


def _require_expected(findings: ReferenceFindings, expected: ReferenceFindings) -> None:
    """Insist on what the pack says."""
    said, seen = asdict(expected), asdict(findings)
    others = [name for name in said if abs(said[name] - seen[name]) > _TOLERANCE]
    if others:
        raise ModelError(
            "The models see the reference portraits otherwise than their pack.yaml says",
            expected=", ".join(f"{name} {said[name]:.4f}" for name in others) + f" within {_TOLERANCE}",
            found=", ".join(f"{seen[name]:.4f}" for name in others),
            remedy="Check colour, mean, std and alignment in pack.yaml: one of them is wrong for the models.",
        )


def _best_face(detector: Detector, picture: NDArray[np.uint8]) -> Detections:
    """Give the face with the best score."""
    faces = detector.detect([picture], det_size=_DET_SIZE, score_threshold=_MIN_SCORE)[0]
    if not len(faces):
        raise ModelError(
            "The detector does not find the face in a reference portrait",
            expected=f"a face with a score of at least {_MIN_SCORE}",
            found="none",
            remedy="Check family, colour, mean and std in pack.yaml.",
        )
    return faces.take(np.array([0]))
