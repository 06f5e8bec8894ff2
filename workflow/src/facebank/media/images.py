"""The one decoder of photos: bytes in, upright RGB pixels out.

Formats are recognised by content, not by name: JPEG, PNG, WebP, BMP, and HEIC where pillow-heif is installed.
Colour profiles are not applied; transparent pixels stand before white.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

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
    "MAX_PIXELS",
    "SUFFIXES",
    "Photo",
    "PhotoRejected",
    "decode_photo",
    "read_photo",
]

#: Formats that are decoded, as Pillow names them.
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", *_HEIF)
#: Suffixes, in lower case, of files that claim to be such photos.
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp")
#: Suffixes of photos that only pillow-heif decodes.
HEIF_SUFFIXES = (".heic", ".heif")
#: Photos with more pixels are not decoded, unless the caller says otherwise.
MAX_PIXELS = 89_478_485

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
        A stable code: ``UNREADABLE``, ``TRUNCATED``, ``CORRUPT``, ``TOO_MANY_PIXELS``.
    detail : str
        What was found, in words.
    """

    def __init__(self, reason_code: str, detail: str) -> None:
        super().__init__(f"{reason_code}: {detail}")
        self.reason_code = reason_code
        self.detail = detail


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """A decoded photo.

    Attributes
    ----------
    pixels : ndarray (H, W, 3) of uint8
        RGB, upright.
    orientation : int
        The EXIF orientation (1 to 8) that was applied; 1 where the file has none or an unknown one.
    format : str
        Pillow's name of the format: ``JPEG``, ``PNG``, ``WEBP``, ``BMP``, ...
    """

    pixels: NDArray[np.uint8]
    orientation: int
    format: str


def decode_photo(data: bytes, *, max_pixels: int = MAX_PIXELS) -> Photo:
    """Decode a photo.

    Parameters
    ----------
    data : bytes
        Content of the file.
    max_pixels : int
        Larger photos are rejected by their header, before any pixel is decoded.

    Raises
    ------
    PhotoRejected
        If the bytes are no photo in a known format, end too early, are damaged, or hold too many pixels.
    """
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
    except UnidentifiedImageError as error:
        detail = "the file is empty" if not data else "no photo in a known format"
        raise PhotoRejected("UNREADABLE", detail) from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise PhotoRejected("UNREADABLE", str(error)) from error
    if image.width * image.height > max_pixels:
        raise PhotoRejected(
            "TOO_MANY_PIXELS", f"{image.width} x {image.height} pixels, the limit is {max_pixels} pixels"
        )
    file_format = str(image.format)
    try:
        image.load()
        # pillow-heif turns a photo itself, and leaves the orientation that it applied here.
        applied = image.info.get("original_orientation")
        orientation = applied or image.getexif().get(ExifTags.Base.Orientation, 1)
        ImageOps.exif_transpose(image, in_place=True)
    except (OSError, SyntaxError, ValueError, EOFError, IndexError) as error:
        raise PhotoRejected("TRUNCATED" if _ends_early(error) else "CORRUPT", str(error)) from error
    known = orientation if orientation in range(1, 9) else 1
    return Photo(_rgb(image), known, file_format)


def read_photo(path: Path, *, max_pixels: int = MAX_PIXELS) -> Photo:
    """Read and decode a photo file; see `decode_photo`.

    Raises
    ------
    PhotoRejected
        Also if the file cannot be read at all.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise PhotoRejected("UNREADABLE", str(error.strerror)) from error
    return decode_photo(data, max_pixels=max_pixels)


def _ends_early(error: Exception) -> bool:
    """Tell a file that ends too early from one that is damaged within."""
    return isinstance(error, EOFError) or "truncated" in str(error).lower()


def _rgb(image: Image.Image) -> NDArray[np.uint8]:
    """Give the pixels as RGB of 8 bits, whatever the mode of the file."""
    if image.mode == "RGB":
        return np.asarray(image)
    if image.mode.startswith("I;16"):
        # Pillow would clip 16 bits to 8 instead of scaling them.
        grey = (np.asarray(image).astype(np.uint32) >> 8).astype(np.uint8)
        return np.repeat(grey[:, :, None], 3, axis=2)
    if image.has_transparency_data:
        with_alpha = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", with_alpha.size, "white"), with_alpha)
    return np.asarray(image.convert("RGB"))
