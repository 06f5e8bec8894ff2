"""What the mask code computes, in the plainest way: masks are lists of pixels, 0 or 1, row by row."""

from __future__ import annotations

import math
from typing import TypeAlias

__all__ = [
    "Pixels",
    "bounds",
    "box",
    "decode",
    "encode",
    "overlaps",
    "pixel_count",
    "polygon",
    "resize",
    "shared",
    "union",
]

Pixels: TypeAlias = list[int]


def polygon(corners: list[tuple[float, float]], grid: int) -> Pixels:
    """Ask of each pixel's centre whether it lies inside, by the even-odd rule; corners in shares."""
    pixels = [0] * (grid * grid)
    for row in range(grid):
        for column in range(grid):
            if _inside(corners, (column + 0.5) / grid, (row + 0.5) / grid):
                pixels[row * grid + column] = 1
    return pixels


def _inside(corners: list[tuple[float, float]], x: float, y: float) -> bool:
    odd = False
    xj, yj = corners[-1]
    for xi, yi in corners:
        if (yi > y) != (yj > y) and x < (xj - xi) * (y - yi) / ((yj - yi) or 1e-12) + xi:
            odd = not odd
        xj, yj = xi, yi
    return odd


def box(x: float, y: float, width: float, height: float, grid: int) -> Pixels:
    """Fill every pixel that a box touches; shares, not negative."""
    columns = range(math.floor(x * grid), math.ceil(min(x + width, 1) * grid))
    rows = range(math.floor(y * grid), math.ceil(min(y + height, 1) * grid))
    return [int(place % grid in columns and place // grid in rows) for place in range(grid * grid)]


def decode(text: str, grid: int) -> Pixels:
    """Read run lengths; the first run is off."""
    pixels = [0] * (grid * grid)
    at, value = 0, 0
    for token in text.split(","):
        for place in range(at, min(at + int(token), grid * grid)):
            pixels[place] = value
        at += int(token)
        value = 1 - value
    return pixels


def encode(pixels: Pixels) -> str:
    """Write run lengths; the first run is off."""
    runs, value, length = [], 0, 0
    for pixel in pixels:
        if pixel != value:
            runs.append(str(length))
            value, length = pixel, 0
        length += 1
    return ",".join([*runs, str(length)])


def resize(pixels: Pixels, source: int, target: int) -> Pixels:
    """Resample to another grid by the nearest pixel."""
    nearest = [min(math.floor((place + 0.5) * source / target), source - 1) for place in range(target)]
    return [pixels[row * source + column] for row in nearest for column in nearest]


def union(masks: list[Pixels]) -> Pixels:
    """Give the pixels that are on in any mask."""
    joined = [0] * len(masks[0])
    for mask in masks:
        for place, pixel in enumerate(mask):
            if pixel:
                joined[place] = 1
    return joined


def pixel_count(pixels: Pixels) -> int:
    """Count the pixels that are on."""
    count = 0
    for pixel in pixels:
        if pixel:
            count += 1
    return count


def bounds(pixels: Pixels, grid: int) -> tuple[int, int, int, int]:
    """Give left, top, right and bottom of a mask that is not empty, right and bottom exclusive."""
    rows = [place // grid for place, pixel in enumerate(pixels) if pixel]
    columns = [place % grid for place, pixel in enumerate(pixels) if pixel]
    return min(columns), min(rows), max(columns) + 1, max(rows) + 1


def shared(a: Pixels, b: Pixels) -> int:
    """Count the pixels that are on in both masks."""
    count = 0
    for one, other in zip(a, b, strict=True):
        if one and other:
            count += 1
    return count


def overlaps(masks: list[Pixels]) -> list[list[int]]:
    """Count what any two masks share; on the diagonal their sizes."""
    return [[shared(one, other) for other in masks] for one in masks]
