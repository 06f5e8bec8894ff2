"""The local predictor: from a picture within the image roots to predicted regions, and its file formats."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from facebank.artifacts.code import code_digest
from facebank.artifacts.digests import digest_of, sha256_bytes
from facebank.artifacts.provenance import runtime_versions
from facebank.errors import ConfigError
from facebank.faces.boxes import area
from facebank.faces.detector import open_detector
from facebank.gold import masks
from facebank.gold.modules import CORE, MODULES, STRONG_MODULES
from facebank.gold.rows import RowProblem
from facebank.media.images import PhotoRejected, too_many_bytes
from facebank.media.limits import PHOTO_LIMITS, read_at_most
from facebank.media.readers import DIRECT
from facebank.predictor.regions import FaceRegions, find_regions, shape_modules
from facebank.predictor.settings import RegionSettings
from facebank.runtime.cache import ArrayCache
from facebank.runtime.packs import load_pack, verify_pack
from facebank.runtime.sessions import at_work_on, provider_class

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from facebank.faces.detections import Detector
    from facebank.gold.samples import GoldSample, Prediction
    from facebank.media.readers import MediaReader

__all__ = [
    "LABELLING_CONFIG",
    "LocalPredictor",
    "local_predictor",
    "picture_within",
    "pre_annotation",
    "prediction_row",
]

_DET_SIZE = 640
_SCORE_THRESHOLD = 0.5
_CONTOUR_DETAIL = 0.004

#: A labelling project for the regions, to be pasted into Label Studio.
LABELLING_CONFIG = "\n".join(
    [
        "<View>",
        '  <Image name="image" value="$image" zoom="true"/>',
        '  <PolygonLabels name="region" toName="image" strokeWidth="2" opacity="0.3">',
        *(f'    <Label value="{label}"/>' for label in (*CORE, *MODULES)),
        "  </PolygonLabels>",
        "</View>",
        "",
    ]
)


@dataclass(slots=True)
class LocalPredictor:
    """Predicts the regions of the largest face of a picture. Several threads may share it.

    Attributes
    ----------
    roots : tuple of Path
        The only folders in which pictures are opened.
    detector : Detector
        Finds faces and their landmarks.
    models : list of dict
        Name, digest and licence of the model files, for provenance.
    provider : str
        ``cpu`` or ``cuda``.
    detection : str
        Digest of all but the picture that landmarks depend on.
    cache : ArrayCache or None
        Where landmarks are kept from run to run.
    media : MediaReader
        Decodes the pictures.
    """

    roots: tuple[Path, ...]
    detector: Detector
    models: list[dict[str, str]]
    provider: str
    detection: str
    cache: ArrayCache | None = None
    media: MediaReader = DIRECT
    _last: tuple[Path, int, FaceRegions] | None = field(default=None)

    def at(self, grid: int, settings: RegionSettings | None = None) -> Callable[[GoldSample], Prediction]:
        """Give the predictor of a gold sample's regions, at one grid and one way of fitting modules."""
        fitting = settings or RegionSettings()
        return lambda sample: shape_modules(self.regions(sample.image_path, grid), fitting)

    def regions(self, image_path: str | None, grid: int) -> FaceRegions:
        """Find the regions of a picture.

        Parameters
        ----------
        image_path : str or None
            The picture as a row names it.
        grid : int
            Pixels per side of the masks.

        Raises
        ------
        RowProblem
            If it lies in no root, is missing or unreadable, or shows no face.
        """
        path = picture_within(image_path, self.roots)
        # The variants of one sample follow each other: they share what is found in its picture.
        last = self._last
        if last is None or last[:2] != (path, grid):
            last = self._last = (path, grid, self._find(path, grid))
        return last[2]

    def _find(self, path: Path, grid: int) -> FaceRegions:
        """Find the regions in a picture's file."""
        try:
            data = read_at_most(path, PHOTO_LIMITS.max_bytes)
            if data is None:
                raise too_many_bytes(PHOTO_LIMITS)
            pixels = self.media.photo(data).pixels
        except OSError as problem:
            raise RowProblem("UNREADABLE", str(problem.strerror)) from problem
        except PhotoRejected as problem:
            raise RowProblem("UNREADABLE", f"{problem.reason_code}: {problem.detail}") from problem
        with at_work_on(str(path)):
            landmarks = self._landmarks(sha256_bytes(data), pixels)
        if not len(landmarks):
            raise RowProblem("NO_FACE", f"no face of a score of at least {_SCORE_THRESHOLD}")
        return find_regions(pixels, landmarks[0], grid)

    def _landmarks(self, sha256: str, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Give the landmarks of a picture's largest face, (1, 5, 2) in pixels; (0, 5, 2) without a face."""
        key = digest_of({"picture": sha256, "detection": self.detection})
        kept = self.cache and self.cache.read(key)
        if kept:
            return kept["landmarks"].astype(np.float32, copy=False)
        [faces] = self.detector.detect([pixels], det_size=_DET_SIZE, score_threshold=_SCORE_THRESHOLD)
        largest = np.argsort(-area(faces.boxes), kind="stable")[:1]
        landmarks = faces.landmarks[largest].astype(np.float32, copy=False)
        if self.cache:
            self.cache.write(key, {"landmarks": landmarks})
        return landmarks


def local_predictor(
    model_pack: Path | None,
    image_roots: Sequence[Path],
    *,
    cache: Path | None = None,
    device: str = "cpu",
) -> LocalPredictor | None:
    """Open the local predictor; None without image roots, in which case no picture may be opened.

    Raises
    ------
    ConfigError
        If there are image roots but no model pack.
    ModelError
        If the pack cannot be used.
    """
    if not image_roots:
        return None
    if model_pack is None:
        raise ConfigError(
            "The local predictor needs a model pack", remedy="Name one with --model-pack, or no image roots."
        )
    pack = load_pack(model_pack)
    verify_pack(pack)
    detector = open_detector(pack, device=device)
    roots = tuple(root.absolute() for root in image_roots)
    detection = {
        "model": pack.file("detector").sha256,
        "contract": repr(pack.detector),
        "provider": provider_class(device),
        "det_size": _DET_SIZE,
        "min_score": _SCORE_THRESHOLD,
        "code": code_digest(__name__),
        "runtime": runtime_versions(),
    }
    return LocalPredictor(
        roots=roots,
        detector=detector,
        models=pack.described(),
        provider=provider_class(device),
        detection=digest_of(detection),
        cache=None if cache is None else ArrayCache(cache / "landmarks"),
    )


def picture_within(image_path: str | None, roots: Sequence[Path]) -> Path:
    """Find a picture within the image roots; nothing outside is touched.

    Parameters
    ----------
    image_path : str or None
        Absolute, or relative to any of the roots.
    roots : sequence of Path
        Absolute folders.

    Raises
    ------
    RowProblem
        If there is no path, it leads out of every root (by ``..`` or a link), or nothing is there.
    """
    if not image_path:
        raise RowProblem("IMAGE_MISSING", "no image_path")
    inside = False
    for root in roots:
        path = Path(os.path.normpath(root / image_path))
        try:
            if path.is_relative_to(root) and path.resolve().is_relative_to(root.resolve()):
                inside = True
                if path.is_file():
                    return path
        except (OSError, RuntimeError, ValueError) as problem:
            # A name with a null character or of too many letters, a link that leads to itself.
            raise RowProblem("IMAGE_MISSING", f"{image_path!r}: {problem}") from problem
    raise RowProblem("IMAGE_MISSING" if inside else "IMAGE_OUTSIDE_ROOTS", image_path)


def prediction_row(sample_hash: str, source: str, prediction: Prediction, grid: int) -> dict[str, Any]:
    """Give a local prediction as a row of a file of predictions."""
    drawn = {name: mask for name, mask in prediction.modules.items() if isinstance(mask, np.ndarray)}
    assert isinstance(prediction.skin, np.ndarray)
    assert isinstance(prediction.oval, np.ndarray)
    return {
        "sample_hash": sample_hash,
        "source": source,
        "pred_skin_mask_rle_norm": masks.encode(prediction.skin, grid),
        "pred_oval_mask_rle_norm": masks.encode(prediction.oval, grid),
        "module_masks": {
            name: {
                "grid_size": grid,
                "pixels": masks.pixel_count(mask),
                "rle_norm": masks.encode(mask, grid),
                "gt_kind": "strong" if name in STRONG_MODULES else "weak",
            }
            for name, mask in drawn.items()
        },
        "modules_count": prediction.modules_count,
        "module_pixels_map": {name: masks.pixel_count(mask) for name, mask in drawn.items()},
        "quality_grade": prediction.quality_grade,
    }


def pre_annotation(
    number: int, sample_hash: str, source: str, picture: str, regions: FaceRegions
) -> dict[str, Any]:
    """Give a Label Studio task with the outlines as its prediction: a labeller corrects, and need not draw.

    Parameters
    ----------
    number : int
        The task's number, from 1.
    sample_hash, source, picture : str
        The sample; its picture relative to the image root, which Label Studio serves as local files.
    regions : FaceRegions
        Its regions.
    """
    outlines = dict(regions.outlines) | {
        label: outline
        for label, pixels in (("skin", regions.skin), ("hair", regions.hair))
        if (outline := _contour(pixels)) is not None
    }
    results = [
        {
            "id": f"{sample_hash}-{label}",
            "type": "polygonlabels",
            "from_name": "region",
            "to_name": "image",
            "value": {
                "polygonlabels": [label],
                "points": [[round(x * 100, 3), round(y * 100, 3)] for x, y in outlines[label].tolist()],
                "closed": True,
            },
        }
        for label in (*CORE, *MODULES)
        if label in outlines
    ]
    data = {
        "sample_hash": sample_hash,
        "source": source,
        "image_path": picture,
        "image": f"/data/local-files/?d={picture}",
    }
    return {
        "id": number,
        "data": data,
        "predictions": [{"model_version": "facebank-regions", "result": results}],
    }


def _contour(pixels: np.ndarray[Any, np.dtype[np.bool_]]) -> np.ndarray[Any, np.dtype[np.float64]] | None:
    """Give the outline of the largest patch of (grid, grid) pixels in shares; None if there is none."""
    found, _ = cv2.findContours(pixels.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    if not found:
        return None
    largest = max(found, key=cv2.contourArea)
    plain = cv2.approxPolyDP(largest, _CONTOUR_DETAIL * cv2.arcLength(largest, closed=True), closed=True)[
        :, 0
    ]
    corners = (plain.astype(np.float64) + 0.5) / pixels.shape[0]
    return corners if len(corners) >= 3 else None  # noqa: PLR2004 - a polygon
