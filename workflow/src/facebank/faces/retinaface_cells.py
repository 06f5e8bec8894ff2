"""RetinaFace on a processor: the published network with its graph rearranged."""

from __future__ import annotations

from functools import cached_property, partial
from math import inf, log
from typing import TYPE_CHECKING

import cv2
import numpy as np

from facebank.faces.detections import Detections
from facebank.faces.retinaface import decode_faces, detect_scaled, prior_boxes
from facebank.faces.retinaface_graph import EVEN, PUBLISHED, rearranged
from facebank.runtime.sessions import open_session

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from facebank.runtime.packs import DetectorContract, ModelPack
    from facebank.runtime.sessions import Session

__all__ = ["LARGE", "RetinaFaceCells", "open_cells"]

#: Longer side in pixels, as the model sees it, from which on the finest level of the pyramid finds no face:
#: its priors are of 16 and 32 px, those of the next level of 64 px and more. Measured with the embedded
#: detector: all of 583 looks at whole faces of 54 to 95 px found the same without it, most at 50 px did not.
LARGE = 54.0
#: Beyond it a difference of scores is certainty.
_CERTAIN = 80
#: What rounding may do to a margin.
_SLACK = 1e-3
#: How many numbers a prior has, and where those of its box and of its landmarks are.
_NUMBERS = sum(PUBLISHED.values())
_LOC = slice(PUBLISHED["conf"], PUBLISHED["conf"] + PUBLISHED["loc"])
_LANDMARKS = slice(_LOC.stop, _NUMBERS)


def open_cells(pack: ModelPack, *, threads: int = 1) -> RetinaFaceCells | None:
    """Open the detector of a pack with its graph rearranged.

    Parameters
    ----------
    pack : ModelPack
        A pack whose detector is of the family ``retinaface``.
    threads : int
        Threads within one operator.

    Returns
    -------
    RetinaFaceCells or None
        None if the graph is not of the form that can be rearranged.

    Raises
    ------
    ModelError
        If the model cannot be loaded.
    """
    path = pack.file("detector").path
    graph = rearranged(path, reverse_colours=pack.detector.colour == "bgr") if path.is_file() else None
    if graph is None:
        return None
    opened = partial(open_session, path, threads=threads)
    any_size, even = (opened(content=content) for content in (graph.any_size, graph.even))
    return RetinaFaceCells(pack.detector, any_size, even, partial(opened, content=graph.coarse))


class RetinaFaceCells:
    """A detector of the family ``retinaface`` whose graph was rearranged for a processor.

    It finds what `facebank.faces.retinaface.RetinaFace` finds, to the rounding of sums. See
    `facebank.faces.detections.Detector`, and `facebank.faces.retinaface_graph.Rearranged` for the models.
    """

    def __init__(
        self,
        contract: DetectorContract,
        any_size: Session,
        even: Session,
        open_coarse: Callable[[], Session] | None = None,
    ) -> None:
        self._contract = contract
        self._any_size = any_size
        self._even = even
        self._open_coarse = open_coarse
        self._input = any_size.get_inputs()[0].name

    @cached_property
    def for_large_faces(self) -> RetinaFaceCells:
        """One that may leave out faces shorter than `LARGE`, opened when it is asked for first."""
        if self._open_coarse is None:
            return self
        return RetinaFaceCells(self._contract, self._any_size, self._open_coarse())

    def detect(
        self, images: Sequence[NDArray[np.uint8]], *, det_size: int, score_threshold: float
    ) -> list[Detections]:
        """Find the faces of some images; see `facebank.faces.detections.Detector.detect`."""
        return detect_scaled(images, det_size, lambda batch: self._detect_batch(batch, score_threshold))

    def _detect_batch(self, images: Sequence[NDArray[np.uint8]], score_threshold: float) -> list[Detections]:
        """Run the model on images of one size; results in pixels of these images."""
        height, width = images[0].shape[:2]
        session = self._any_size if height % EVEN or width % EVEN else self._even
        levels = session.run(None, {self._input: self._rows(images)})
        priors = prior_boxes(height, width)
        return [self._decode(image, priors, score_threshold) for image in zip(*levels, strict=True)]

    def _rows(self, images: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Give images of one size as the model's input, ndarray (N, 1, H, W * 3)."""
        height, width = images[0].shape[:2]
        rows = np.empty((len(images), 1, height, width * 3), np.float32)
        # OpenCV's numbers for the channels of a pixel are four.
        mean = np.array([*self._of_pixels(self._contract.mean), 0.0])
        for image, of_image in zip(images, rows, strict=True):
            # In one pass.
            cv2.subtract(image, mean, dst=of_image.reshape(image.shape), dtype=cv2.CV_32F)
        if self._contract.std != 1:
            rows /= np.tile(self._of_pixels(self._contract.std), width)
        return rows

    def _of_pixels(self, values: float | tuple[float, ...]) -> NDArray[np.float32]:
        """Give a number of the contract for each colour, in the order of the pixels."""
        each = np.broadcast_to(np.array(values, np.float32), 3)
        return each[::-1] if self._contract.colour == "bgr" else each

    def _decode(
        self, levels: Sequence[NDArray[np.float32]], priors: NDArray[np.float32], score_threshold: float
    ) -> Detections:
        """Turn one image's cells, (rows, columns, numbers) a level, into faces."""
        of_priors = [level.reshape(-1, _NUMBERS) for level in levels]
        # A model of fewer levels lacks the finest, whose priors come first.
        first = len(priors) - sum(map(len, of_priors))
        least = _least_margin(score_threshold)
        likely, of_likely = [], []
        for rows in of_priors:
            places = np.flatnonzero(rows[:, 1] - rows[:, 0] >= least)
            likely.append(rows[places])
            of_likely.append(priors[first : first + len(rows)][places])
            first += len(rows)
        numbers = np.concatenate(likely)
        if not len(numbers):
            return Detections.empty()
        # The softmax of two numbers is a function of their difference.
        margins = numbers[:, 1] - numbers[:, 0]
        scores = 1 / (1 + np.exp(-margins.clip(-_CERTAIN, _CERTAIN)))
        sure = scores >= score_threshold
        scores, numbers, priors = scores[sure], numbers[sure], np.concatenate(of_likely)[sure]
        return decode_faces(
            scores, numbers[:, _LOC], numbers[:, _LANDMARKS], priors, self._contract.nms_threshold
        )


def _least_margin(score: float) -> float:
    """Give a margin that every prior of at least this score has; few others have it."""
    if score <= 0:
        return -inf
    return log(score / (1 - score)) - _SLACK if score < 1 else _SLACK
