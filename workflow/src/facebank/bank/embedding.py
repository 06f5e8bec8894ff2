"""The faces of many photos: each from the cache, or computed and kept there."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from threading import Lock
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import onnxruntime
import PIL

from facebank.artifacts.code import stage_digest
from facebank.artifacts.digests import digest_of, sha256_bytes
from facebank.bank.extraction import PhotoFaces, extract_faces
from facebank.faces.detector import open_detector
from facebank.faces.embedder import open_embedder
from facebank.media.images import PhotoRejected
from facebank.media.limits import read_at_most
from facebank.runtime.progress import follow
from facebank.runtime.sessions import at_work_on, provider_class

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from facebank.bank.extraction import ExtractionRules
    from facebank.faces.detections import Detector
    from facebank.faces.embedder import Embedder
    from facebank.media.readers import MediaReader
    from facebank.runtime.cache import ArrayCache
    from facebank.runtime.packs import ModelPack

__all__ = ["EmbeddedPhoto", "PhotoEmbedder", "made_by"]


@dataclass(frozen=True, slots=True)
class EmbeddedPhoto:
    """A photo, the digest of the bytes that were read, and the faces in it."""

    photo: str
    sha256: str
    faces: PhotoFaces


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
    media : MediaReader
        Decodes the photos.
    refused : frozenset of str
        SHA-256 of photos that are not embedded.
    """

    root: Path
    pack: ModelPack
    rules: ExtractionRules
    cache: ArrayCache
    device: str
    threads: int
    media: MediaReader
    refused: frozenset[str] = frozenset()

    def embed(self, photos: Sequence[str]) -> list[EmbeddedPhoto]:
        """Find and embed the faces of photos.

        Parameters
        ----------
        photos : sequence of str
            Paths relative to the bank.

        Returns
        -------
        list of EmbeddedPhoto
            In the order of `photos`, without those that are refused or cannot be read or decoded: the
            inventory says why.
        """
        _ = self._opening  # one lock, made before there are threads
        with ThreadPoolExecutor(self.threads) as pool:
            embedded = follow(pool.map(self._embedded, photos), "Embedding photos", len(photos))
            return [found for found in embedded if found is not None]

    @property
    def _models(self) -> tuple[Detector, Embedder]:
        """The detector and the embedder; opened once, and not where the cache has all."""
        with self._opening:
            return self._opened

    @cached_property
    def _opening(self) -> Lock:
        """Keeps two threads from opening the models twice."""
        return Lock()

    @cached_property
    def _opened(self) -> tuple[Detector, Embedder]:
        """What `_models` gives."""
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
                    "pillow-heif": _version_if_installed("pillow-heif"),
                    "scikit-image": version("scikit-image"),
                },
            }
        )

    def _key(self, sha256: str) -> str:
        """Give the cache key of a photo; `facebank forget` finds it by its head, the photo's digest."""
        return f"{sha256}-{self._preprocessing}"

    def _embedded(self, photo: str) -> EmbeddedPhoto | None:
        """Give one photo's faces, from the cache or from its pixels."""
        try:
            data = read_at_most(self.root / photo, self.media.photo_limits.max_bytes)
        except OSError:
            return None
        if data is None:
            return None
        sha256 = sha256_bytes(data)
        if sha256 in self.refused:
            return None
        key = self._key(sha256)
        cached = self.cache.read(key)
        if cached is not None:
            return EmbeddedPhoto(photo, sha256, PhotoFaces.from_arrays(cached))
        try:
            pixels = self.media.photo(data).pixels
        except PhotoRejected:
            return None
        models = self._models
        with at_work_on(photo):
            faces = extract_faces(pixels, *models, self.rules)
        self.cache.write(key, faces.arrays())
        return EmbeddedPhoto(photo, sha256, faces)


def _version_if_installed(package: str) -> str | None:
    """Give the version of a package that need not be there."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None
