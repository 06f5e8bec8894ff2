"""How well one prediction fits one gold sample: shares of pixel counts, nothing rounded, unknown is None."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from facebank.gold import masks
from facebank.gold.javascript import mean
from facebank.gold.modules import DEFAULT_BOXES, MODULES, STRONG_MODULES, UNDER_EYE_MODULES
from facebank.scoring.atoms import split

if TYPE_CHECKING:
    from facebank.gold.labels import LabelReader
    from facebank.gold.masks import Mask
    from facebank.gold.samples import GoldSample, Prediction
    from facebank.scoring.atoms import Atoms

__all__ = [
    "SKIN",
    "BandScore",
    "Comparison",
    "ModuleScore",
    "SampleScore",
    "ScoringRules",
    "compare",
    "score",
    "scored_atoms",
]


@dataclass(frozen=True, slots=True)
class ScoringRules:
    """What may be done to a prediction before it is scored.

    Attributes
    ----------
    forehead_hair_aware_clip : bool
        Take the gold hair off the predicted forehead, and the union of the predicted modules for the
        predicted skin.
    under_eye_min_coverage : float
        A band that covers less of its gold band is emptied; 0 empties none.
    """

    forehead_hair_aware_clip: bool = False
    under_eye_min_coverage: float = 0.0

    @staticmethod
    def clamped(coverage: float) -> float:
        """Give a least coverage within 0..1; NaN is 0."""
        return 0.0 if math.isnan(coverage) else min(max(coverage, 0.0), 1.0)


@dataclass(frozen=True, slots=True)
class ModuleScore:
    """One module with a sharp outline; `None` where a label is missing or nothing is predicted.

    Where the module is not `predicted`, the format scores a default box in its place.
    """

    module: str
    predicted: bool
    iou: float | None
    coverage: float | None
    leakage_bg: float | None
    leakage_hair: float | None
    pred_pixels: int
    gold_pixels: int


@dataclass(frozen=True, slots=True)
class BandScore:
    """One under-eye band."""

    module: str
    coverage: float | None
    leakage_bg: float | None
    leakage_hair: float | None
    pred_pixels: int
    gold_pixels: int


@dataclass(frozen=True)
class SampleScore:
    """All figures of one sample; masks of the skin are kept for its boxes."""

    pred_skin: Mask
    gold_skin: Mask | None
    pred_skin_pixels: int
    gold_skin_pixels: int | None
    oval_predicted: bool
    oval_iou: float | None
    skin_iou: float | None
    hair_as_skin_rate: float | None
    bg_as_skin_rate: float | None
    skin_miss_rate: float | None
    strong: tuple[ModuleScore, ...]
    under_eye: tuple[BandScore, ...]
    forehead_hair_overlap_rate: float | None

    @cached_property
    def strong_iou(self) -> float | None:
        """Mean IoU of the strong modules; an IoU of two empty masks counts as 0."""
        return mean(module.iou for module in self.strong)

    @cached_property
    def under_eye_coverage(self) -> float | None:
        """Mean coverage of the bands; unknown counts as 0."""
        return mean(band.coverage for band in self.under_eye)

    @cached_property
    def under_eye_leakage_bg(self) -> float | None:
        """Mean leakage of the bands into the background; unknown counts as 0."""
        return mean(band.leakage_bg for band in self.under_eye)

    @cached_property
    def under_eye_leakage_hair(self) -> float | None:
        """Mean leakage of the bands into the hair; unknown counts as 0."""
        return mean(band.leakage_hair for band in self.under_eye)

    @cached_property
    def driver(self) -> float:
        """How bad the sample is: the sum of what is missing and what leaks, at its worst where unknown."""
        strong, skin = self.strong_iou, self.skin_iou
        total = 1.0 if strong is None else 1.0 - strong
        total += self.under_eye_leakage_bg or 0.0
        total += self.under_eye_leakage_hair or 0.0
        total += self.forehead_hair_overlap_rate or 0.0
        return total + (0.5 if skin is None else 0.5 * (1.0 - skin))


@dataclass(frozen=True, slots=True)
class Comparison:
    """Gold and predicted masks of one sample, cut at each other's boundaries.

    Attributes
    ----------
    drawn : tuple of Mask
        The masks.
    atoms : Atoms
        The same, cut.
    gold, predicted : dict
        Place of each mask, by label and by module name; ``skin`` and ``face_oval`` of the
        prediction are the first two. Modules of unknown names are one.
    assumed : dict
        Places of the default boxes and of the oval that stand for strong modules, and for the face oval, that
        are not predicted.
    """

    drawn: tuple[Mask, ...]
    atoms: Atoms
    gold: dict[str, int]
    predicted: dict[str, int]
    assumed: dict[str, int]


#: Places of the predicted skin and face oval.
SKIN, OVAL = 0, 1
#: Stands for all predicted modules of other names.
_OTHERS = "others"


def compare(sample: GoldSample, prediction: Prediction, reader: LabelReader) -> Comparison:
    """Draw a sample's regions and cut them at each other's boundaries.

    Raises
    ------
    RowProblem
        If `reader` refuses a region.
    """
    regions = [prediction.skin, prediction.oval, *prediction.modules.values(), *sample.regions.values()]
    drawn = iter(reader.draw(regions))
    rows = [next(drawn), next(drawn)]
    modules = dict(zip(prediction.modules, drawn, strict=False))
    known = {name: mask for name, mask in modules.items() if name in MODULES}
    # Modules of other names count only together, when modules stand for the skin.
    if others := [mask for name, mask in modules.items() if name not in MODULES]:
        known[_OTHERS] = masks.union(others)
    rows += known.values()
    predicted = {name: row for row, name in enumerate(known, 2)}
    gold = {name: row for row, name in enumerate(sample.regions, len(rows))}
    rows += drawn
    missing: list[str] = [name for name in STRONG_MODULES if name in gold and name not in predicted]
    assumed = {name: row for row, name in enumerate(missing, len(rows))}
    if not prediction.oval_predicted:
        assumed["face_oval"] = OVAL
    rows += (masks.box(*DEFAULT_BOXES[name], reader.grid) for name in missing)
    return Comparison(tuple(rows), split(rows, reader.grid), gold, predicted, assumed)


def score(comparison: Comparison, rules: ScoringRules) -> SampleScore:
    """Measure a prediction against its gold sample.

    Parameters
    ----------
    comparison : Comparison
        The masks of both.
    rules : ScoringRules
        What is done to the prediction first.

    Returns
    -------
    SampleScore
        The figures; a figure is None if a label that it needs is missing or its denominator is 0.
    """
    gold, predicted = comparison.gold, comparison.predicted
    atoms = scored_atoms(comparison, rules)
    shared = atoms.overlaps().tolist()
    skin, oval, hair, background = (gold.get(name) for name in ("skin", "face_oval", "hair", "background"))

    def iou(row: int, gold_row: int | None) -> float | None:
        if gold_row is None:
            return None
        both = shared[row][gold_row]
        return _share(both, shared[row][row] + shared[gold_row][gold_row] - both)

    def leakage(row: int, gold_row: int | None) -> float | None:
        return None if gold_row is None else _share(shared[row][gold_row], shared[row][row])

    def coverage(row: int, gold_row: int) -> float | None:
        return _share(shared[row][gold_row], shared[gold_row][gold_row])

    strong = []
    for name in STRONG_MODULES:
        if name in gold:
            row, gold_row = predicted.get(name, comparison.assumed.get(name, -1)), gold[name]
            strong.append(
                ModuleScore(
                    module=name,
                    predicted=name in predicted,
                    iou=iou(row, gold_row),
                    coverage=coverage(row, gold_row),
                    leakage_bg=leakage(row, background),
                    leakage_hair=leakage(row, hair),
                    pred_pixels=int(shared[row][row]),
                    gold_pixels=int(shared[gold_row][gold_row]),
                )
            )
    under_eye = []
    for name in UNDER_EYE_MODULES:
        if name in gold:
            gold_pixels = int(shared[gold[name]][gold[name]])
            covered = coverage(predicted[name], gold[name]) if name in predicted else None
            if name not in predicted or (covered is not None and covered < rules.under_eye_min_coverage):
                under_eye.append(BandScore(name, _share(0, gold_pixels), None, None, 0, gold_pixels))
            else:
                row = predicted[name]
                leaks = leakage(row, background), leakage(row, hair)
                under_eye.append(BandScore(name, covered, *leaks, int(shared[row][row]), gold_pixels))
    return SampleScore(
        pred_skin=comparison.drawn[SKIN] if atoms is comparison.atoms else atoms.mask(SKIN),
        gold_skin=None if skin is None else comparison.drawn[skin],
        pred_skin_pixels=int(shared[SKIN][SKIN]),
        gold_skin_pixels=None if skin is None else int(shared[skin][skin]),
        oval_predicted="face_oval" not in comparison.assumed,
        oval_iou=iou(OVAL, oval),
        skin_iou=iou(SKIN, skin),
        hair_as_skin_rate=leakage(SKIN, hair),
        bg_as_skin_rate=leakage(SKIN, background),
        skin_miss_rate=None
        if skin is None
        else _share(shared[skin][skin] - shared[SKIN][skin], shared[skin][skin]),
        strong=tuple(strong),
        under_eye=tuple(under_eye),
        forehead_hair_overlap_rate=leakage(predicted["forehead"], hair) if "forehead" in predicted else None,
    )


def scored_atoms(comparison: Comparison, rules: ScoringRules) -> Atoms:
    """Give the masks as they are scored: if so ruled, without gold hair on the predicted forehead.

    In that case the modules together are taken for the skin.
    """
    states, predicted = comparison.atoms.states, comparison.predicted
    if not (rules.forehead_hair_aware_clip and "forehead" in predicted and "hair" in comparison.gold):
        return comparison.atoms
    states = states & ~(((states >> comparison.gold["hair"]) & 1) << predicted["forehead"])
    modules = sum(1 << row for row in predicted.values())
    skin = ((states & modules) != 0).astype(np.int64) << SKIN
    return replace(comparison.atoms, states=states & ~(1 << SKIN) | skin)


def _share(part: float, whole: float) -> float | None:
    """Divide two pixel counts; None if there is nothing to divide by."""
    return part / whole if whole else None
