"""The pictures of a report: photos and frames that pages show, kept once each under ``thumbs/``."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image

from facebank.artifacts.digests import sha256_bytes, sha256_file
from facebank.errors import DataError
from facebank.media.images import PhotoRejected, decode_photo
from facebank.media.videos import read_frames
from facebank.report.clips import write_clip
from facebank.report.pictures import crop_around, draw_outlines, encode_jpeg, fit, pixelate

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from facebank.media.containers import Span
    from facebank.report.pictures import Faces, Outline

__all__ = ["Album", "Box", "Picture"]

#: x1, y1, x2, y2 in pixels.
Box = tuple[float, float, float, float]

#: Longer sides of pictures, in pixels.
_PHOTO_SIDE = 220
_FRAME_SIDE = 640
_CLIP_SIDE = 426

#: Squares along the longer side of a portrait or crop when faces are blurred.
_BLOCKS = 8
#: The most squares along the longer side of a frame, so that it can still be read; and the most over a face.
_FRAME_BLOCKS = 32
_FACE_BLOCKS = 4


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that a page shows.

    Attributes
    ----------
    url : str
        Relative to the pages.
    width, height : int
        Pixels of the picture, so that a page keeps its place before it loads.
    """

    url: str
    width: int
    height: int


class Album:
    """Makes and keeps the pictures of one report.

    Parameters
    ----------
    folder : Path
        The report's folder.
    faces : {"full", "blurred", "none"}
        How people are shown. With ``none`` no file is opened and every picture is None.
    bank_root, sources_root : Path, optional
        Where photos and videos are; without them there are no pictures of them.
    """

    def __init__(
        self, folder: Path, faces: Faces, *, bank_root: Path | None = None, sources_root: Path | None = None
    ) -> None:
        self.faces = faces
        self._folder = folder
        self._bank_root = bank_root
        self._sources_root = sources_root
        self._photos: dict[tuple[str, str], Picture | None] = {}

    def photo(self, photo: str, sha256: str) -> Picture | None:
        """Give a small picture of a photo.

        Parameters
        ----------
        photo : str
            Its path, relative to the bank.
        sha256 : str
            Its digest when it was indexed.

        Returns
        -------
        Picture or None
            None if photos are not shown, or this one cannot be read or is not the same as then.
        """
        key = (photo, sha256)
        if key not in self._photos:
            self._photos[key] = self._photo(photo, sha256)
        return self._photos[key]

    def frames(
        self, video: str, outlines: Mapping[int, Sequence[Outline]], *, span: Span | None = None
    ) -> dict[int, Picture]:
        """Give pictures of a video's frames with boxes drawn on them.

        Parameters
        ----------
        video : str
            Path of the video, relative to the sources.
        outlines : mapping
            Frame index -> boxes in pixels of the frame.
        span : Span, optional
            Only this stretch of the video; frames are counted from its first.

        Returns
        -------
        dict
            Frame index -> picture; empty where frames are not shown or the video cannot be read.
        """
        found = {}
        for index, pixels in self._decode(video, outlines, span):
            shown = self._veil(pixels, _frame_blocks(pixels, outlines[index]))
            found[index] = self._keep(fit(draw_outlines(shown, outlines[index]), _FRAME_SIDE))
        return found

    def clip(
        self,
        video: str,
        outlines: Mapping[int, Sequence[Outline]],
        fps: float,
        *,
        span: Span | None = None,
    ) -> Picture | None:
        """Give a clip of a video's frames with boxes drawn on them.

        Parameters
        ----------
        video : str
            Path of the video, relative to the sources.
        outlines : mapping
            Frame index -> boxes in pixels of the frame, for each frame of the clip.
        fps : float
            Frames a second.
        span : Span, optional
            Only this stretch of the video; frames are counted from its first.

        Returns
        -------
        Picture or None
            The clip; None where frames are not shown, the video cannot be read, or no frame is asked for.
        """
        if self.faces == "none" or self._sources_root is None:
            return None
        path = self._folder / "clips" / "unnamed.mp4"
        path.parent.mkdir(exist_ok=True)
        pictures = (
            fit(
                draw_outlines(
                    self._veil(frame.pixels, _frame_blocks(frame.pixels, outlines[frame.index])),
                    outlines[frame.index],
                ),
                _CLIP_SIDE,
            )
            for frame in read_frames(self._sources_root / video, outlines, span=span)
        )
        try:
            size = write_clip(path, pictures, fps)
        except DataError:
            path.unlink(missing_ok=True)
            return None
        if size is None:
            return None
        url = f"clips/{sha256_file(path)[:16]}.mp4"
        path.replace(self._folder / url)
        return Picture(url, *size)

    def crop(self, video: str, frame: int, box: Box, *, span: Span | None = None) -> Picture | None:
        """Give a picture of one box in one frame, or None where frames are not shown or cannot be read."""
        found = [
            self._keep(fit(self._veil(crop_around(pixels, box), _BLOCKS), _PHOTO_SIDE))
            for _, pixels in self._decode(video, [frame], span)
        ]
        return found[0] if found else None

    def drawing(self, path: Path) -> Picture | None:
        """Take in a PNG that a stage drew; outlines need no veil.

        Parameters
        ----------
        path : Path
            The file in its version folder.

        Returns
        -------
        Picture or None
            None if faces are not shown, which keeps every picture out of a release, or the file is gone.
        """
        if self.faces == "none" or not path.is_file():
            return None
        data = path.read_bytes()
        with Image.open(io.BytesIO(data)) as image:
            width, height = image.size
        return self._write(data, "png", width, height)

    def _photo(self, photo: str, sha256: str) -> Picture | None:
        """Make the picture of a photo."""
        if self.faces == "none" or self._bank_root is None:
            return None
        try:
            data = (self._bank_root / photo).read_bytes()
            if sha256_bytes(data) != sha256:
                return None
            pixels = decode_photo(data).pixels
        except (OSError, PhotoRejected):
            return None
        return self._keep(self._veil(fit(pixels, _PHOTO_SIDE), _BLOCKS))

    def _decode(
        self, video: str, wanted: Collection[int], span: Span | None
    ) -> list[tuple[int, NDArray[np.uint8]]]:
        """Decode frames of a video."""
        if self.faces == "none" or self._sources_root is None:
            return []
        try:
            found = read_frames(self._sources_root / video, wanted, span=span)
            return [(frame.index, frame.pixels) for frame in found]
        except DataError:
            return []

    def _veil(self, pixels: NDArray[np.uint8], blocks: int) -> NDArray[np.uint8]:
        """Show people as the report is told to."""
        return pixelate(pixels, blocks) if self.faces == "blurred" else pixels

    def _keep(self, pixels: NDArray[np.uint8]) -> Picture:
        """Write a picture under the digest of its bytes: names of the user's files stay out of paths."""
        return self._write(encode_jpeg(pixels), "jpg", pixels.shape[1], pixels.shape[0])

    def _write(self, data: bytes, ending: str, width: int, height: int) -> Picture:
        """Write a picture's file."""
        url = f"thumbs/{sha256_bytes(data)[:16]}.{ending}"
        path = self._folder / url
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        return Picture(url, width, height)


def _frame_blocks(pixels: NDArray[np.uint8], outlines: Sequence[Outline]) -> int:
    """Choose how many squares a blurred frame has: few over its largest face, and few where none is known."""
    sides = [max(x2 - x1, y2 - y1, 1.0) for x1, y1, x2, y2 in (outline.box for outline in outlines)]
    if not sides:
        return _BLOCKS
    over_faces = int(_FACE_BLOCKS * max(pixels.shape[:2]) / max(sides))
    return min(_FRAME_BLOCKS, max(1, over_faces))
