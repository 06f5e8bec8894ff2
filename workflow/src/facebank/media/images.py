"""The one decoder of photos: bytes in, upright RGB pixels out.

Formats are recognised by content, not by name: JPEG, PNG, WebP, BMP, and HEIC where pillow-heif is installed.
Colour profiles are not applied; transparent pixels stand before white.
"""

from __future__ import annotations

import io
import time
import warnings
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from facebank.media.limits import PHOTO_LIMITS, read_at_most

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from facebank.media.limits import PhotoLimits

try:
    from pillow_heif import register_heif_opener  # type: ignore[import-not-found,unused-ignore]  # optional
except ImportError:
    _HEIF: tuple[str, ...] = ()
else:
    register_heif_opener()
    _HEIF = ("HEIF",)

__all__ = [
    "FORMATS",
    "HEIF_SUFFIXES",
    "SUFFIXES",
    "UNREAD_SUFFIXES",
    "Photo",
    "PhotoRejected",
    "decode_photo",
    "read_photo",
    "too_many_bytes",
]

#: Formats that are decoded, as Pillow names them.
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", *_HEIF)
#: Suffixes, in lower case, of files that claim to be such photos.
SUFFIXES = (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".bmp")
#: Suffixes of photos that only pillow-heif decodes.
HEIF_SUFFIXES = (".heic", ".heif")
#: Suffixes of pictures in formats that are not decoded: whoever has such photos is told so.
UNREAD_SUFFIXES = (".avif", ".gif", ".jp2", ".jxl", ".tif", ".tiff")
#: How a HEIC photo begins, behind four bytes, whatever it is called.
_HEIF_STARTS = tuple(b"ftyp" + brand for brand in (b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1"))

# Load the plugins of all formats: Pillow loads the rarer ones only when it has to guess.
Image.init()
# decode_photo has a pixel limit of its own, taken from the config; Pillow's is one for the whole process.
Image.MAX_IMAGE_PIXELS = None
# Damaged metadata is not worth a warning for each photo; the pixels are what counts here.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")


class PhotoRejected(Exception):  # noqa: N818  (a decision about a photo, not a failure of the program)
    """A photo that is not used.

    Parameters
    ----------
    reason_code : str
        A stable code: ``UNREADABLE``, ``TRUNCATED``, ``CORRUPT``, ``TOO_MANY_PIXELS``, ``TOO_MANY_BYTES``,
        ``TOO_SLOW``, ``NO_DECODER``; from a process of its own, see `facebank.media.isolation`, also
        ``TOO_MUCH_MEMORY`` and ``DECODER_CRASHED``.
    detail : str
        What was found, in words.
    """

    def __init__(self, reason_code: str, detail: str) -> None:
        super().__init__(f"{reason_code}: {detail}")
        self.reason_code = reason_code
        self.detail = detail


@dataclass(frozen=True, eq=False)
class Photo:
    """A decoded photo.

    Attributes
    ----------
    picture : Image
        RGB of 8 bits, upright, as Pillow keeps it.
    orientation : int
        The EXIF orientation (1 to 8) that was applied; 1 where the file has none or an unknown one.
    format : str
        Pillow's name of the format: ``JPEG``, ``PNG``, ``WEBP``, ``BMP``, ...
    """

    picture: Image.Image
    orientation: int
    format: str

    @cached_property
    def pixels(self) -> NDArray[np.uint8]:
        """The same as an array (H, W, 3) of uint8: a copy, which whoever needs no array is spared."""
        return np.asarray(self.picture)


class _Watched(io.BytesIO):
    """The bytes of a photo, which refuse to be read on once its decoder has taken too long."""

    def __init__(self, data: bytes, max_seconds: float) -> None:
        super().__init__(data)
        self._max_seconds = max_seconds
        # Of this thread, in which decoders work: a machine that is busy with other things rejects no photo.
        self._end = time.thread_time() + max_seconds

    def read(self, size: int | None = -1, /) -> bytes:
        if time.thread_time() > self._end:
            raise PhotoRejected("TOO_SLOW", f"more than {self._max_seconds:g} s of processor time")
        return super().read(size)


def decode_photo(data: bytes, *, limits: PhotoLimits = PHOTO_LIMITS) -> Photo:
    """Decode a photo; of a file that holds several pictures, the first.

    Parameters
    ----------
    data : bytes
        Content of the file.
    limits : PhotoLimits
        Bytes and pixels are counted before any pixel is decoded. Time is looked at whenever a decoder asks
        for more of the file; those of WebP and HEIC ask once, and are bounded by bytes and pixels alone.

    Raises
    ------
    PhotoRejected
        If the bytes are no photo in a known format, end too early, are damaged, or ask for too much.
    """
    if len(data) > limits.max_bytes:
        raise too_many_bytes(limits)
    try:
        image = Image.open(_Watched(data, limits.max_seconds), formats=FORMATS)
    except (PhotoRejected, MemoryError):
        raise
    except UnidentifiedImageError as error:
        if "HEIF" not in FORMATS and data.startswith(_HEIF_STARTS, 4):
            raise PhotoRejected("NO_DECODER", "a HEIC photo, and pillow-heif is not installed") from error
        detail = "the file is empty" if not data else "no photo in a known format"
        raise PhotoRejected("UNREADABLE", detail) from error
    except Exception as error:  # decoders raise whatever a damaged header leads them to
        raise PhotoRejected("UNREADABLE", _said(error)) from error
    if image.width * image.height > limits.max_pixels:
        raise PhotoRejected(
            "TOO_MANY_PIXELS",
            f"{image.width} x {image.height} pixels, the limit is {limits.max_pixels} pixels",
        )
    file_format = str(image.format)
    try:
        image.load()
        # pillow-heif turns a photo itself, and leaves the orientation that it applied here.
        applied = image.info.get("original_orientation")
        orientation = applied or image.getexif().get(ExifTags.Base.Orientation, 1)
        ImageOps.exif_transpose(image, in_place=True)
    except (PhotoRejected, MemoryError):
        raise
    except Exception as error:
        raise PhotoRejected("TRUNCATED" if _ends_early(error) else "CORRUPT", _said(error)) from error
    known = orientation if orientation in range(1, 9) else 1
    return Photo(_rgb(image), known, file_format)


def read_photo(
    path: Path, *, limits: PhotoLimits = PHOTO_LIMITS, decode: Callable[[bytes], Photo] | None = None
) -> Photo:
    """Read and decode a photo file; see `decode_photo`.

    Parameters
    ----------
    path : Path
        The file.
    limits : PhotoLimits
        What it may ask for.
    decode : callable, optional
        Decodes its bytes, if this process shall not.

    Raises
    ------
    PhotoRejected
        Also if the file cannot be read at all.
    """
    try:
        data = read_at_most(path, limits.max_bytes)
    except OSError as error:
        raise PhotoRejected("UNREADABLE", str(error.strerror)) from error
    if data is None:
        raise too_many_bytes(limits)
    return decode_photo(data, limits=limits) if decode is None else decode(data)


def too_many_bytes(limits: PhotoLimits) -> PhotoRejected:
    """Give the rejection of a file that is larger than the limit."""
    return PhotoRejected("TOO_MANY_BYTES", f"more than {limits.max_bytes} bytes")


def _said(error: Exception) -> str:
    """Give what a decoder said, in one line."""
    return " ".join(str(error).split()) or type(error).__name__


def _ends_early(error: Exception) -> bool:
    """Tell a file that ends too early from one that is damaged within."""
    return isinstance(error, EOFError) or "truncated" in str(error).lower()


def _rgb(image: Image.Image) -> Image.Image:
    """Give a picture as RGB of 8 bits, whatever the mode of the file."""
    if image.mode == "RGB":
        return image
    if image.mode.startswith("I;16"):
        # Pillow would clip 16 bits to 8 instead of scaling them.
        grey = (np.asarray(image).astype(np.uint32) >> 8).astype(np.uint8)
        return Image.fromarray(grey).convert("RGB")
    if image.has_transparency_data:
        with_alpha = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", with_alpha.size, "white"), with_alpha)
    return image.convert("RGB")
