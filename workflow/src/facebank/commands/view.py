"""``facebank view``: the faces that are found in a photo or in a frame, drawn into a picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from facebank.artifacts.atomic import write_bytes
from facebank.audit.identification import identify
from facebank.audit.known_people import read_known_people
from facebank.config.load import load_config, parse_config
from facebank.console.answers import answer, answer_rows
from facebank.errors import ConfigError, DataError
from facebank.faces.boxes import area, clip_boxes
from facebank.faces.detector import open_detector
from facebank.faces.drawing import draw_faces
from facebank.faces.embedder import open_embedder, unit
from facebank.faces.search import find_faces
from facebank.media.images import PhotoRejected, read_photo
from facebank.media.isolation import media_reader
from facebank.media.limits import PhotoLimits, ProcessLimits, VideoLimits
from facebank.plan.plan import Plan
from facebank.report.pictures import encode_jpeg
from facebank.report.wording import counted
from facebank.runtime.packs import require_licences, verify_pack
from facebank.sources.discovery import VIDEO_SUFFIXES

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from numpy.typing import NDArray

    from facebank.config.sections import Config
    from facebank.faces.detections import Detections
    from facebank.media.readers import MediaReader

__all__ = ["view"]


def view(
    file: Path, *, frame: int | None = None, output: Path | None = None, configfile: Path | None = None
) -> None:
    """Draw the faces that are found in a photo, or in one frame of a video, into a picture for a quick look.

    Boxes have the detector's scores. The face that would stand for its photo is green. With a config whose
    gallery is built, each face also has the identity that it resembles most.

    Parameters
    ----------
    file
        The photo or video.
    frame
        Which frame of a video, from 0; the first if left out.
    output
        The picture to write, JPEG; `<name>.faces.jpg` in the working directory if left out.
    configfile
        A config whose model pack and settings are used; the neutral defaults if left out.

    Raises
    ------
    ConfigError
        If a frame of a photo is asked for, or the picture would replace the file.
    DataError
        If the file is no photo or video that can be read, or has no such frame.
    ModelError
        If the model pack or the device cannot be used.
    """
    if not file.is_file():
        raise DataError("There is no such photo or video", file=file, remedy="Correct the path.")
    video = file.suffix.lower() in VIDEO_SUFFIXES
    if frame is not None and not video:
        raise ConfigError("A photo has no frames", file=file, remedy="Leave out --frame.")
    if frame is not None and frame < 0:
        raise ConfigError("There is no such frame", found=str(frame), expected="0 or more")
    number = frame or 0
    stem = f"{file.stem}.frame-{number}" if video else file.stem
    target = output or Path(f"{stem}.faces.jpg")
    if target.exists() and target.samefile(file):
        raise ConfigError(
            "The picture would replace the file", file=target, remedy="Name another with --output."
        )
    config = parse_config({}) if configfile is None else load_config(configfile)
    plan = Plan(config)
    with _reader(config) as media:
        pixels = _frame(file, number, media) if video else _photo(file, media)
    faces = _faces(pixels, plan, video=video)
    names = None if configfile is None else _names(pixels, faces, plan)
    captions = [f"{place + 1}  {score:.2f}" for place, score in enumerate(faces.scores)]
    if names is not None:
        captions = [f"{caption}  {name}" for caption, name in zip(captions, names, strict=True)]
    # A gallery takes the largest face by default; in a frame every slot has its own.
    sizes = area(clip_boxes(faces.boxes, pixels.shape[1], pixels.shape[0]))
    first = None if video or not len(faces) else int(np.argmax(sizes))
    write_bytes(target, encode_jpeg(draw_faces(pixels, faces, captions, first)))
    height, width = pixels.shape[:2]
    which = f" frame {number}" if video else ""
    answer(f"{file}{which}: {counted(len(faces), 'face')} in {width} x {height} pixels, drawn in {target}")
    answer_rows(
        [
            (caption, f"x {x1:.0f} to {x2:.0f}, y {y1:.0f} to {y2:.0f}")
            for caption, (x1, y1, x2, y2) in zip(captions, faces.boxes.tolist(), strict=True)
        ]
    )


def _reader(config: Config) -> AbstractContextManager[MediaReader]:
    """Decode within the limits of bank and sources, in a process of its own where the config wants that."""
    bank, sources, media = config.bank, config.sources, config.media
    return media_reader(
        isolate=media.isolate,
        process_limits=ProcessLimits(media.max_seconds, media.max_memory_mb),
        photo_limits=PhotoLimits(bank.max_pixels, bank.max_bytes, media.max_seconds),
        video_limits=VideoLimits(sources.max_pixels, sources.max_frames, sources.max_bytes),
    )


def _photo(file: Path, media: MediaReader) -> NDArray[np.uint8]:
    """Read a photo as the bank does."""
    try:
        return read_photo(file, limits=media.photo_limits, decode=media.photo).pixels
    except PhotoRejected as rejection:
        raise DataError(
            "The photo cannot be used",
            file=file,
            found=f"{rejection.reason_code}, {rejection.detail}",
            remedy="Copy or convert it again.",
        ) from rejection


def _frame(file: Path, number: int, media: MediaReader) -> NDArray[np.uint8]:
    """Decode one frame: all before it are decoded too, since seeking is not exact."""
    last = -1
    for frame in media.frames(file):
        last = frame.index
        if last == number:
            return frame.pixels
    raise DataError("The video has no such frame", file=file, expected=f"0 to {last}", found=str(number))


def _faces(pixels: NDArray[np.uint8], plan: Plan, *, video: bool) -> Detections:
    """Find faces as the stage does that reads such files."""
    verify_pack(plan.pack)
    require_licences(plan.pack, plan.config.models.accept_licences)
    detector = open_detector(plan.pack, device=plan.config.device)
    if video:
        detections = plan.config.detections
        (found,) = detector.detect(
            [pixels], det_size=detections.det_size, score_threshold=detections.min_score
        )
        return found
    rules = plan.config.embeddings
    return find_faces(pixels, detector, det_sizes=rules.det_sizes, min_score=rules.min_score).faces


def _names(pixels: NDArray[np.uint8], faces: Detections, plan: Plan) -> list[str] | None:
    """Say whom each face resembles as no stranger does; None where the gallery is not built."""
    gallery = Path(plan.folder("gallery"))
    if not (gallery / "provenance.json").is_file():
        return None
    people = read_known_people(gallery)
    embedder = open_embedder(plan.pack, device=plan.config.device)
    similarities = unit(embedder.embed_faces(pixels, faces.landmarks)) @ people.centroids.T
    found = [
        identify(row[None], claimed=None, usable=people.usable, levels=people.levels) for row in similarities
    ]
    return [f"{people.name(it.shown) or 'nobody known'}  {it.similarity:.2f}" for it in found]
