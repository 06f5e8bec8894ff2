"""How the local predictor fits modules to a face."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["RegionSettings"]


@dataclass(frozen=True, slots=True)
class RegionSettings:
    """How modules are fitted to a face.

    Attributes
    ----------
    min_pixels : int
        A module that the clip to face oval and skin leaves fewer pixels keeps its outline instead.
    min_keep_ratio : float
        The same for a module of which less than this share would be left.
    under_eye_min_pixels : int or None
        Another least number for the under-eye bands.
    hair_aware : bool
        Take hair off the forehead.
    """

    min_pixels: int = 8
    min_keep_ratio: float = 0.2
    under_eye_min_pixels: int | None = None
    hair_aware: bool = True
