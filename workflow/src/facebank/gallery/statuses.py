"""What the gallery says of an identity, in a word."""

from __future__ import annotations

from typing import Literal

__all__ = ["UNSOUND", "Status"]

Status = Literal["sound", "thin", "scattered", "broken", "same-person-as", "empty"]

#: Whoever has such a status is never named, and never a target: the centroid is nobody's, or also another's.
UNSOUND = frozenset[Status]({"broken", "same-person-as"})
