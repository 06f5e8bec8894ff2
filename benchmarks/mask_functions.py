"""Each function of the mask code at grid 256 against plain Python, on outlines of faces; equal before timed.

A call is about all masks of a sample, as the stages make it: drawing and reading many at once, the others one
after the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from facebank.demo.gold import OUTLINES
from facebank.gold import masks
from facebank.scoring.atoms import split
from figures import Figure, in_turn, ratios, seconds, timings
from gold_samples import GRID
from reference import mask_functions as plain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from facebank.gold.masks import Mask

__all__ = ["compared", "measure"]

#: Another grid, as of predictions that were made for one.
_OTHER = 192
#: Ours take microseconds, so a round is the mean of many calls.
_CALLS = 200


@dataclass(frozen=True, slots=True)
class Compared:
    """One function of ours and the plain one.

    Attributes
    ----------
    ours, plain : callable
        They do the same, to all masks of a sample.
    as_plain : callable
        Puts what ours gives as the plain one does.
    """

    ours: Callable[[], Any]
    plain: Callable[[], Any]
    as_plain: Callable[[Any], Any]


def measure(rounds: int) -> list[Figure]:
    """Compare results, then measure."""
    functions = compared(GRID)
    for name, it in functions.items():
        if it.as_plain(it.ours()) != it.plain():
            raise SystemExit(f"{name} differs from the plain function")
    works = [partial(_timed, name, it) for name, it in functions.items()]
    spent = in_turn(rounds, *works)
    return [
        *timings(spent),
        *(ratios(f"{name} / plain {name}", spent[name], spent[f"plain {name}"]) for name in functions),
    ]


def compared(grid: int) -> dict[str, Compared]:
    """Give the functions by name, with the masks that they work on."""
    outlines = [np.array(outline, dtype=np.float64) / 100 for outline in OUTLINES.values()]
    corners = [[(float(x), float(y)) for x, y in outline] for outline in outlines]
    boxes = [(*it.min(axis=0).tolist(), *np.ptp(it, axis=0).tolist()) for it in outlines]
    drawn = masks.polygons(outlines, grid)
    listed = [plain.polygon(outline, grid) for outline in corners]
    texts = [plain.encode(pixels) for pixels in listed]

    def pixels(found: list[Mask], side: int = grid) -> list[plain.Pixels]:
        return [masks.to_pixels(mask, side).ravel().astype(int).tolist() for mask in found]

    return {
        "polygons": Compared(
            lambda: masks.polygons(outlines, grid),
            lambda: [plain.polygon(outline, grid) for outline in corners],
            pixels,
        ),
        "box": Compared(
            lambda: [masks.box(*it, grid) for it in boxes],
            lambda: [plain.box(*it, grid) for it in boxes],
            pixels,
        ),
        "encode": Compared(
            lambda: [masks.encode(mask, grid) for mask in drawn],
            lambda: [plain.encode(mask) for mask in listed],
            list,
        ),
        "decode": Compared(
            lambda: masks.decode(texts, grid), lambda: [plain.decode(text, grid) for text in texts], pixels
        ),
        "decode_leniently": Compared(
            lambda: [masks.decode_leniently(text, grid) for text in texts],
            lambda: [plain.decode(text, grid) for text in texts],
            pixels,
        ),
        "resize": Compared(
            lambda: [masks.resize(mask, grid, _OTHER) for mask in drawn],
            lambda: [plain.resize(mask, grid, _OTHER) for mask in listed],
            partial(pixels, side=_OTHER),
        ),
        "union": Compared(lambda: [masks.union(drawn)], lambda: [plain.union(listed)], pixels),
        "to_pixels": Compared(
            lambda: [masks.to_pixels(mask, grid) for mask in drawn],
            lambda: [plain.decode(text, grid) for text in texts],
            lambda found: [it.ravel().astype(int).tolist() for it in found],
        ),
        "from_pixels": _from_pixels(drawn, listed, grid),
        "pixel_count": Compared(
            lambda: [masks.pixel_count(mask) for mask in drawn],
            lambda: [plain.pixel_count(mask) for mask in listed],
            list,
        ),
        "bounds": Compared(
            lambda: [masks.bounds(mask, grid) for mask in drawn],
            lambda: [plain.bounds(mask, grid) for mask in listed],
            list,
        ),
        "overlaps": Compared(
            lambda: split(drawn, grid).overlaps(),
            lambda: plain.overlaps(listed),
            lambda found: found.astype(int).tolist(),
        ),
    }


def _from_pixels(drawn: list[Mask], listed: list[plain.Pixels], grid: int) -> Compared:
    """Compare finding the runs of drawn pixels, which ours gives as boundaries."""
    arrays = [masks.to_pixels(mask, grid) for mask in drawn]
    return Compared(
        lambda: [masks.from_pixels(pixels) for pixels in arrays],
        lambda: [plain.encode(pixels) for pixels in listed],
        lambda found: [masks.encode(mask, grid) for mask in found],
    )


def _timed(name: str, it: Compared) -> Mapping[str, float]:
    """Time a function and the plain one in turn."""
    return {name: seconds(it.ours, calls=_CALLS), f"plain {name}": seconds(it.plain)}
