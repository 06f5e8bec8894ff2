"""Figures: what is compared is measured in turn, and slopes are exponents."""

from __future__ import annotations

import pytest

from figures import Figure, in_turn, ratios, slope


def test_works_take_turns() -> None:
    order: list[str] = []

    def work(name: str) -> dict[str, float]:
        order.append(name)
        return {name: float(len(order))}

    measured = in_turn(3, lambda: work("a"), lambda: work("b"))
    assert order == ["a", "b"] * 3
    assert measured == {"a": (1, 3, 5), "b": (2, 4, 6)}


def test_ratio_is_taken_round_by_round() -> None:
    # The machine was four times as slow in the second round, for both sides.
    figure = ratios("a / b", [2.0, 8.8, 2.2], [1.0, 4.0, 1.0], at_most=2.1)
    assert figure.values == pytest.approx((2.0, 2.2, 2.2))
    assert figure.met is False


@pytest.mark.parametrize(
    ("values", "at_most", "met"),
    [((1.0,), None, None), ((1.0, 1.15, 9.0), 1.15, True), ((1.0, 1.16, 1.2), 1.15, False)],
)
def test_target_is_for_the_median(values: tuple[float, ...], at_most: float | None, met: bool | None) -> None:
    assert Figure("a", "s", values, at_most).met is met


@pytest.mark.parametrize("exponent", [0.0, 1.0, 2.0])
def test_slope_is_the_exponent(exponent: float) -> None:
    sizes = [60, 240, 960]
    series = [[3 * size**exponent, 5 * size**exponent] for size in sizes]
    assert slope("cost", sizes, series).values == pytest.approx((exponent, exponent))
