"""SCRFD detectors, by insightface's own class on our session."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from insightface.model_zoo.scrfd import SCRFD

from facebank.errors import ModelError
from facebank.faces.boxes import nms
from facebank.faces.detections import Detections, scaled
from facebank.runtime.sessions import open_session
from facebank.runtime.shapes import InputShapes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from facebank.runtime.packs import ModelPack

__all__ = ["Scrfd"]

#: The model's feature maps halve the input five times; its sides have to be multiples of this.
_MULTIPLE = 32


class Scrfd:
    """A detector of the family ``scrfd``; see `facebank.faces.detections.Detector`.

    The published models take one image at a time, so there is nothing to batch.
    """

    def __init__(self, pack: ModelPack, *, device: str = "cpu", threads: int = 1) -> None:
        self._shapes = InputShapes.on(device)
        self._nms_threshold = pack.detector.nms_threshold
        path = pack.file("detector").path
        session = open_session(path, device=device, threads=threads)
        self._model = SCRFD(str(path), session=session, static_shape_sessions=False)
        if not self._model.use_kps:
            raise ModelError(
                "The detector gives no landmarks",
                file=path,
                expected="an SCRFD model with 9 or 15 outputs",
                found=f"{len(session.get_outputs())} outputs",
            )
        contract = (pack.detector.colour, *pack.detector.mean, pack.detector.std)
        model = ("rgb", *[self._model.input_mean] * 3, self._model.input_std)
        if contract != model:
            raise ModelError(
                "The detector differs from its contract in pack.yaml (colour, mean, std)",
                file=path,
                expected=str(contract),
                found=str(model),
            )

    def detect(
        self, images: Sequence[NDArray[np.uint8]], *, det_size: int, score_threshold: float
    ) -> list[Detections]:
        """Find the faces of some images; see `facebank.faces.detections.Detector.detect`."""
        return [self._detect_one(image, det_size, score_threshold) for image in images]

    def _detect_one(self, image: NDArray[np.uint8], det_size: int, score_threshold: float) -> Detections:
        """Run the model on one image."""
        seen = scaled(image, det_size)
        height, width = seen.shape[:2]
        # insightface takes BGR, and swaps back to the RGB that the model was trained on.
        rows, columns = self._shapes.sides(height + -height % _MULTIPLE, width + -width % _MULTIPLE)
        padded = cv2.copyMakeBorder(
            cv2.cvtColor(seen, cv2.COLOR_RGB2BGR),
            0,
            rows - height,
            0,
            columns - width,
            cv2.BORDER_CONSTANT,
        )
        scores, boxes, landmarks = (
            np.concatenate(rows) for rows in self._model.forward(padded, score_threshold)
        )
        factors = np.array([image.shape[1] / width, image.shape[0] / height], dtype=np.float32)
        faces = Detections(
            (boxes * np.tile(factors, 2)).astype(np.float32),
            scores.reshape(-1).astype(np.float32),
            (landmarks * factors).astype(np.float32),
        )
        return faces.take(nms(faces.boxes, faces.scores, self._nms_threshold))
