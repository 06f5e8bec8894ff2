"""Known figures, their intervals and paired tests."""

from __future__ import annotations

from collections import Counter

import pytest

from facebank.gold import masks
from facebank.gold.javascript import round3
from facebank.gold.labels import LabelReader
from facebank.gold.modules import DEFAULT_BOXES, STATIC_OVAL
from facebank.gold.samples import GoldSample, Prediction, read_prediction
from facebank.scoring.scores import ScoringRules, compare, score
from facebank.scoring.summary import KnownTally, PairedTally, known_figures


def tally(*values: float | None) -> KnownTally:
    found = KnownTally()
    for value in values:
        found.add(value)
    return found


def test_nothing_known() -> None:
    assert tally().figures("x") == {"known": 0, "unknown": 0, "mean": None, "low": None, "high": None}
    assert tally(None).figures("x")["unknown"] == 1


def test_values_count_alike_however_many_are_added_at_once() -> None:
    values = [k % 7 / 13 for k in range(700)] + [-0.0005, 0.0005, 1, 0]
    found = tally(*values)
    assert found.values == Counter(round3(value) for value in values)
    found.add(0.25)
    assert found.figures("x")["known"] == len(values) + 1


def test_interval_holds_the_mean_and_depends_on_the_name_alone() -> None:
    values = [0.1, 0.2, 0.4, 0.8, None, 0.9]
    figures = tally(*values).figures("x")
    assert figures["mean"] == pytest.approx(0.48)
    assert 0.1 <= figures["low"] < figures["mean"] < figures["high"] <= 0.9
    assert tally(*reversed(values)).figures("x") == figures


def test_interval_is_near_the_normal_one_for_many_values() -> None:
    figures = tally(*[k / 100 for k in range(101)] * 10).figures("x")
    # Ends at 90 % would lie 0.003 nearer.
    assert figures["low"] == pytest.approx(0.5 - 1.96 * 0.2916 / 1010**0.5, abs=0.002)
    assert figures["high"] == pytest.approx(0.5 + 1.96 * 0.2916 / 1010**0.5, abs=0.002)


@pytest.mark.parametrize(
    ("pairs", "low", "high"),
    [
        ([(0.5, 0.5)] * 9, 1.0, 1.0),
        ([(0.5, 0.6)] * 3, 0.15, 0.35),
        # The given signs are one of the 501 that were looked at, and the only ones so far from 0.
        ([(0.5, 0.6)] * 30, 1 / 502, 1 / 501),
        ([(0.5, 0.6), (0.6, 0.5)] * 20, 0.99, 1.0),
    ],
)
def test_p_value_of_sign_changes(pairs: list[tuple[float, float]], low: float, high: float) -> None:
    found = PairedTally()
    for baseline, variant in pairs:
        found.add(baseline, variant)
    found.add(None, 0.5)
    figures = found.figures("x")
    assert low <= figures["p_value"] <= high
    assert figures["unknown"] == 1


def test_a_strong_module_that_is_not_predicted_is_missed_whatever_box_the_format_assumes() -> None:
    nose, everything = masks.box(*DEFAULT_BOXES["nose"], 64), masks.box(0, 0, 1, 1, 64)
    sample = GoldSample("s", "a", None, {"nose": nose, "chin": everything})
    prediction = Prediction(everything, everything, {"chin": everything}, None, None, None)
    found = score(compare(sample, prediction, LabelReader(64, strict=True)), ScoringRules())
    assert found.strong_iou == 1
    assert known_figures(found)["strong_module_miou"] == 0.5


def test_an_oval_that_is_not_predicted_is_missed_whatever_oval_the_format_assumes() -> None:
    reader, skin = LabelReader(64, strict=True), "0,4096"
    oval = masks.polygon(STATIC_OVAL, 64)
    sample, unlabelled = GoldSample("s", "a", None, {"face_oval": oval}), GoldSample("s", "a", None, {})
    rows = ({}, {"pred_oval_points": STATIC_OVAL.tolist()})
    for row, known in zip(rows, (0, 1), strict=True):
        prediction = read_prediction({"pred_skin_mask_rle_norm": skin, **row}, reader)
        assert prediction is not None
        found = score(compare(sample, prediction, reader), ScoringRules())
        assert (found.oval_iou, known_figures(found)["oval_iou"]) == (1, known)
        nothing = score(compare(unlabelled, prediction, reader), ScoringRules())
        assert known_figures(nothing)["oval_iou"] is None
