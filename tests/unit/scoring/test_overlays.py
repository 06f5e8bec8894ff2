"""Pictures of samples: each colour where it belongs."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from facebank.gold import masks
from facebank.gold.labels import LabelReader
from facebank.gold.samples import GoldSample, Prediction
from facebank.scoring.overlays import COLOURS, draw_overlay, encode_png
from facebank.scoring.scores import ScoringRules, compare

GRID = 64
NAMES = list(COLOURS)
READER = LabelReader(GRID, strict=True)


def drawn(
    gold: dict[str, masks.Mask], skin: masks.Mask, rules: ScoringRules, **modules: masks.Mask
) -> list[list[str]]:
    """Give what is drawn at the pixels of a coarse grid of 8 x 8, in their middles."""
    sample = GoldSample("s", "a", None, dict(gold))
    prediction = Prediction(skin, masks.EMPTY, dict(modules), None, None, None)
    picture = draw_overlay(compare(sample, prediction, READER), rules, GRID)
    assert picture.shape == (512, 512)
    return [[NAMES[place] for place in row] for row in picture[32::64, 32::64]]


def rows(top: int, bottom: int) -> masks.Mask:
    """Give the mask of some of eight rows."""
    return masks.box(0, top / 8, 1, (bottom - top) / 8, GRID)


def test_nothing_is_drawn_of_an_empty_sample() -> None:
    assert {name for row in drawn({}, masks.EMPTY, ScoringRules()) for name in row} == {"nothing"}


def test_fills_and_leaks() -> None:
    gold = {"hair": rows(0, 3), "skin": rows(3, 6), "background": rows(6, 8)}
    found = [row[3] for row in drawn(gold, rows(2, 7), ScoringRules())]
    assert found == ["hair", "hair", "leak", "skin", "skin", "skin", "leak", "background"]


def test_a_clipped_prediction_is_drawn_as_it_is_scored() -> None:
    gold = {"hair": rows(0, 3), "skin": rows(3, 8)}
    rules = ScoringRules(forehead_hair_aware_clip=True)
    found = [row[3] for row in drawn(gold, rows(0, 8), rules, forehead=rows(2, 4))]
    assert found == ["hair"] * 3 + ["skin"] * 5


@pytest.mark.parametrize(("skin", "colours"), [(rows(2, 4), {"gold", "predicted"}), (rows(5, 7), {"gold"})])
def test_both_outlines_show_where_they_run_together(skin: masks.Mask, colours: set[str]) -> None:
    sample = GoldSample("s", "a", None, {"skin": rows(2, 4)})
    prediction = Prediction(skin, masks.EMPTY, {}, None, None, None)
    picture = draw_overlay(compare(sample, prediction, READER), ScoringRules(), GRID)
    # About the upper border of the gold skin, in row 2 of 8.
    assert {NAMES[place] for place in picture[126:131, 256]} & {"gold", "predicted"} == colours


def test_png_has_the_colours() -> None:
    picture = np.arange(len(NAMES), dtype=np.uint8)[None]
    with Image.open(io.BytesIO(encode_png(picture))) as image:
        assert [image.convert("RGB").getpixel((x, 0)) for x in range(len(NAMES))] == list(COLOURS.values())
