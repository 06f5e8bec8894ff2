"""The faces of many photos: each from the cache, or computed and kept there."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import onnxruntime
import PIL

from facebank.artifacts.code import stage_digest
from facebank.artifacts.digests import digest_of, sha256_bytes
from facebank.bank.extraction import PhotoFaces, extract_faces
from facebank.errors import DataError
from facebank.faces.detector import open_detector
from facebank.faces.embedder import open_embedder
from facebank.media.images import PhotoRejected, decode_photo
from facebank.runtime.sessions import provider_class

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from facebank.bank.extraction import ExtractionRules
    from facebank.runtime.cache import ArrayCache
    from facebank.runtime.packs import ModelPack

__all__ = ["BankPhoto", "PhotoEmbedder", "made_by"]


@dataclass(frozen=True, slots=True)
class BankPhoto:
    """A photo of the inventory: where it lies, what its bytes have to be, and its upright size."""

    photo: str
    sha256: str
    width: int
    height: int


def made_by(pack: ModelPack, rules: ExtractionRules, device: str) -> dict[str, Any]:
    """Say by what faces are made: models, execution provider and rules, as plain values."""
    return {
        "models": [file.sha256 for file in pack.files],
        "provider": provider_class(device),
        **rules.described(),
    }


@dataclass(frozen=True)
class PhotoEmbedder:
    """Embeds the photos of a bank.

    On the CPU a photo is one unit of work on one core: decoding, detecting and embedding of different photos
    run side by side. With the embedded packs that was faster than batches on all cores, and it makes the
    result of a photo independent of every other photo.

    Attributes
    ----------
    root : Path
        The bank.
    pack : ModelPack
        The models.
    rules : ExtractionRules
        Which faces are kept.
    cache : ArrayCache
        Where results are kept.
    device : str
        ``cpu``, ``cuda`` or ``cuda:N``.
    threads : int
        How many photos are in work at once; also bounds the memory.
    """

    root: Path
    pack: ModelPack
    rules: ExtractionRules
    cache: ArrayCache
    device: str
    threads: int

    def embed(self, photos: Sequence[BankPhoto]) -> list[PhotoFaces]:
        """Give the faces of photos, in order.

        Raises
        ------
        DataError
            If a photo is missing, cannot be decoded, or has other bytes than the inventory says.
        """
        # Models are opened here, not by the first thread that needs them; and not where the cache has it all.
        if any(not self.cache.path(self._key(photo.sha256)).is_file() for photo in photos):
            _ = self._models
        with ThreadPoolExecutor(self.threads) as pool:
            return list(pool.map(self._faces, photos))

    @cached_property
    def _models(self) -> tuple[Any, Any]:
        """The detector and the embedder."""
        return open_detector(self.pack, device=self.device), open_embedder(self.pack, device=self.device)

    @cached_property
    def _preprocessing(self) -> str:
        """Digest of everything but the photo that its faces depend on, code and libraries included."""
        return digest_of(
            {
                **made_by(self.pack, self.rules, self.device),
                "contracts": [repr(self.pack.detector), repr(self.pack.embedder)],
                "code": stage_digest("embed_photos"),
                "libraries": {
                    "insightface": version("insightface"),
                    "numpy": np.__version__,
                    "onnxruntime": onnxruntime.__version__,
                    "opencv": cv2.__version__,
                    "pillow": PIL.__version__,
                    "scikit-image": version("scikit-image"),
                },
            }
        )

    def _key(self, sha256: str) -> str:
        """Give the cache key of a photo."""
        return digest_of({"photo": sha256, "preprocessing": self._preprocessing})

    def _faces(self, photo: BankPhoto) -> PhotoFaces:
        """Give the faces of one photo, from the cache or from its pixels."""
        data = self._bytes(photo)
        key = self._key(photo.sha256)
        cached = self.cache.read(key)
        if cached is not None:
            return PhotoFaces.from_arrays(cached)
        try:
            decoded = decode_photo(data, max_pixels=photo.width * photo.height)
        except PhotoRejected as rejection:
            raise DataError(
                "A photo of the inventory cannot be decoded",
                file=self.root / photo.photo,
                found=str(rejection),
                remedy="Index the photos again with the libraries that are installed now.",
            ) from rejection
        faces = extract_faces(decoded.pixels, *self._models, self.rules)
        self.cache.write(key, faces.arrays())
        return faces

    def _bytes(self, photo: BankPhoto) -> bytes:
        """Read a photo and insist on the bytes that were indexed."""
        path = self.root / photo.photo
        try:
            data = path.read_bytes()
        except OSError as error:
            raise DataError(
                "A photo of the inventory cannot be read",
                file=path,
                found=str(error.strerror),
                remedy="Index the photos again.",
            ) from error
        found = sha256_bytes(data)
        if found != photo.sha256:
            raise DataError(
                "A photo has changed since it was indexed",
                file=path,
                expected=f"SHA-256 {photo.sha256}",
                found=found,
                remedy="Index the photos again.",
            )
        return data
