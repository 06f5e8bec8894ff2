"""Brush labels of Label Studio: masks in a bit-packed run-length code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from facebank.gold import masks
from facebank.gold.javascript import first_truthy, to_number
from facebank.gold.rows import RowProblem

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from facebank.gold.masks import Mask

__all__ = ["brush_mask", "decode_brush"]

_CHANNELS = 4
_LARGEST_IMAGE = 2**28


def brush_mask(result: dict[str, Any], grid: int) -> Mask:
    """Read the mask of a brush result and resample it to a square grid by the nearest pixel.

    Parameters
    ----------
    result : dict
        A result of an annotation whose value has ``format: rle``.
    grid : int
        Pixels per side of the mask.

    Raises
    ------
    RowProblem
        If the code or the size of the image is missing or wrong.
    """
    value = result.get("value")
    code = value.get("rle") if isinstance(value, dict) else None
    width, height = (to_number(first_truthy(result.get(f"original_{side}"))) for side in ("width", "height"))
    if not isinstance(code, list) or not (1 <= width * height <= _LARGEST_IMAGE):
        raise RowProblem("UNUSABLE_BRUSH", "no run-length code or no image size")
    size = int(width), int(height)
    alpha = decode_brush(code, size[0] * size[1] * _CHANNELS)[_CHANNELS - 1 :: _CHANNELS]
    columns, rows = ((np.floor((np.arange(grid) + 0.5) * side / grid)).astype(np.int64) for side in size)
    return masks.from_pixels(alpha.reshape(size[1], size[0])[np.ix_(rows, columns)] > 0)


def decode_brush(code: list[int], expected: int) -> NDArray[np.uint8]:
    """Decode Label Studio's run-length code.

    The bit stream holds the number of words (32 bits), the width of a word less one (5), four widths of
    run lengths less one (4 each), then runs: a bit that says whether one word is repeated or each is
    given, the index of the run length's width (2), the length less one, and the word or words.
    Source: Label Studio documentation, "Brush segmentation: RLE format"; thi.ng/rle-pack.

    Parameters
    ----------
    code : list of int
        The stream in bytes, the highest bit first.
    expected : int
        How many words there must be.

    Returns
    -------
    ndarray, (expected,) uint8
        The words.

    Raises
    ------
    RowProblem
        If the stream ends early, has another number of words, or is no list of bytes.
    """
    try:
        bits = "".join(f"{byte:08b}" for byte in bytes(code))
    except (TypeError, ValueError) as error:
        raise RowProblem("UNUSABLE_BRUSH", "the code is no list of bytes") from error
    at = 0

    def take(width: int) -> int:
        nonlocal at
        at += width
        if at > len(bits):
            raise RowProblem("UNUSABLE_BRUSH", "the code ends early")
        return int(bits[at - width : at], 2)

    if take(32) != expected:
        raise RowProblem("UNUSABLE_BRUSH", "the code is for another image size")
    word = take(5) + 1
    lengths = [take(4) + 1 for _ in range(4)]
    words = np.empty(expected, dtype=np.uint8)
    done = 0
    while done < expected:
        repeated = take(1)
        end = done + 1 + take(lengths[take(2)])
        if end > expected or word > 8:  # noqa: PLR2004 - a channel is a byte
            raise RowProblem("UNUSABLE_BRUSH", "the code holds more than the image")
        words[done:end] = take(word) if repeated else [take(word) for _ in range(end - done)]
        done = end
    return words
