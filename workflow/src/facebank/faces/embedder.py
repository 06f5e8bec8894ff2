"""Turn aligned faces into vectors, by insightface's own recognition class on our session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from facebank.errors import DataError, ModelError
from facebank.faces.alignment import align
from facebank.runtime.sessions import open_session
from facebank.runtime.shapes import InputShapes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from facebank.runtime.packs import ModelPack

__all__ = ["Embedder", "open_embedder", "unit"]

#: Crops that go through the model together; bounds the memory of a call.
_BATCH = 16


class Embedder:
    """An embedder of a pack, see `open_embedder`.

    Attributes
    ----------
    dimension : int
        Length of an embedding.
    input_size : int
        Side of an aligned crop in pixels.
    """

    def __init__(self, pack: ModelPack, *, device: str = "cpu", threads: int = 1) -> None:
        # It loads half of SciPy with it, which who only names embedders need not wait for.
        from insightface.model_zoo.arcface_onnx import ArcFaceONNX

        path = pack.file("embedder").path
        contract = pack.embedder
        # insightface decides from the graph how pixels go in: what it finds has to be what the pack says.
        self._model = ArcFaceONNX(str(path), session=open_session(path, device=device, threads=threads))
        expected = (contract.input_size, contract.mean, contract.std, contract.dimension)
        found = (
            *self._model.input_size[:1],
            self._model.input_mean,
            self._model.input_std,
            self._model.output_shape[1],
        )
        if found != expected:
            raise ModelError(
                "The embedder differs from its contract in pack.yaml (input size, mean, std, dimension)",
                file=path,
                expected=str(expected),
                found=str(found),
            )
        self._shapes = InputShapes.on(device)
        self._order = (2, 1, 0) if contract.colour == "bgr" else (0, 1, 2)
        self.dimension = contract.dimension
        self.input_size = contract.input_size

    def embed(self, crops: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Embed aligned crops.

        Parameters
        ----------
        crops : sequence of ndarray (S, S, 3) of uint8
            Aligned RGB crops, S = `input_size`.

        Returns
        -------
        ndarray (N, D) of float32
            Raw embeddings, not normalised: their length says how sure the model is.

        Raises
        ------
        DataError
            If a crop has another size.
        """
        expected = (self.input_size, self.input_size, 3)
        for crop in crops:
            if crop.shape != expected:
                raise DataError(
                    "An aligned face has a wrong size", expected=str(expected), found=str(crop.shape)
                )
        # `forward` takes planes as they are; `get_feat` would take BGR and swap, always.
        batches = [self._forward(crops[start : start + _BATCH]) for start in range(0, len(crops), _BATCH)]
        return np.concatenate([np.empty((0, self.dimension), np.float32), *batches])

    def _forward(self, crops: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Run the model on a batch of crops."""
        planes = _planes(crops, self._order, self._shapes.rows(len(crops)))
        embeddings: NDArray[np.float32] = self._model.forward(planes)[: len(crops)]
        return embeddings

    def embed_faces(self, image: NDArray[np.uint8], landmarks: NDArray[np.float32]) -> NDArray[np.float32]:
        """Align and embed faces of one image.

        Parameters
        ----------
        image : ndarray (H, W, 3) of uint8
            RGB image.
        landmarks : ndarray (N, 5, 2)
            Five landmarks of each face, in pixels of the image.

        Returns
        -------
        ndarray (N, D) of float32
            Raw embeddings.
        """
        return self.embed([align(image, points, self.input_size) for points in landmarks])


def _planes(
    crops: Sequence[NDArray[np.uint8]], order: tuple[int, int, int], rows: int
) -> NDArray[np.float32]:
    """Give RGB crops of one size as the model's input, (rows, 3, S, S), their channels in an order."""
    planes = np.empty((rows, 3, *crops[0].shape[:2]), dtype=np.float32)
    planes[len(crops) :] = 0
    for place, crop in enumerate(crops):
        channels = cv2.split(crop)
        for plane, channel in zip(planes[place], order, strict=True):
            plane[:] = channels[channel]
    return planes


def open_embedder(pack: ModelPack, *, device: str = "cpu", threads: int = 1) -> Embedder:
    """Open the embedder of a pack.

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
        If the model cannot be loaded or differs from its contract.
    """
    return Embedder(pack, device=device, threads=threads)


def unit(vectors: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    """Scale each row to length 1 (L2).

    Parameters
    ----------
    vectors : ndarray (N, D)
        Rows.

    Returns
    -------
    ndarray (N, D)
        Rows of length 1, in the precision of `vectors`.

    Raises
    ------
    DataError
        If a row has no length, or none that is a number.
    """
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    useless = np.flatnonzero(~(np.isfinite(norms[:, 0]) & (norms[:, 0] > 0)))
    if useless.size:
        raise DataError(
            "A vector cannot be normalised",
            expected="a finite length above 0",
            found=f"{norms[useless[0], 0]} in row {useless[0]}",
        )
    scaled: NDArray[np.floating[Any]] = vectors / norms
    return scaled
