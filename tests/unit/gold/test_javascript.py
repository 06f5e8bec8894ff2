"""Number, text and JSON rules, each with a case that a plain Python rule gets wrong."""

from __future__ import annotations

import json
import math
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facebank.gold import javascript as js


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (None, 0),
        ("", 0),
        ("  \ufeff\u00a0", 0),
        (True, 1),
        (False, 0),
        ("0x10", 16),
        ("1e2", 100),
        (" -Infinity ", -math.inf),
        (".5", 0.5),
        ("5.", 5),
        ([], 0),
        (["7"], 7),
        ([None], 0),
        ([[3]], 3),
    ],
)
def test_to_number(value: object, number: float) -> None:
    assert js.to_number(value) == number


@pytest.mark.parametrize(
    "value", [js.ABSENT, {}, [1, 2], "1_000", "0x", "-0x10", "nan", "inf", "1e", "\x1c5", [True]]
)
def test_not_a_number(value: object) -> None:
    assert math.isnan(js.to_number(value))


@pytest.mark.parametrize(
    ("value", "rounded"),
    [
        (None, 0),
        (js.ABSENT, None),
        (math.inf, None),
        (0.0005, 0.001),
        (0.0025, 0.003),
        (-0.0025, -0.002),
        (-0.0005, 0),
        (0.00049999999999999994, 0),
        (1.0005, 1.001),
        ("0.2345", 0.235),
    ],
)
def test_round3_goes_half_up_by_the_floor(value: object, rounded: float | None) -> None:
    assert js.round3(value) == rounded


@given(st.lists(st.floats(-2, 2) | st.integers(-4000, 4000).map(lambda k: k / 2000)))
def test_rounded3_is_round3_of_each(values: list[float]) -> None:
    assert js.rounded3(np.array(values, dtype=np.float64)).tolist() == [js.round3(value) for value in values]


def test_round3_differs_from_round_on_ties() -> None:
    ties = [(2 * k + 1) / 2000 for k in range(96)]
    assert sum(js.round3(tie) != round(tie, 3) for tie in ties) > 20


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (1.0, "1"),
        (0.235, "0.235"),
        (1e-5, "0.00001"),
        (1.5e-6, "0.0000015"),
        (-1.25e-5, "-0.0000125"),
        (1e-7, "1e-7"),
        (1e20, "100000000000000000000"),
        (1.5e20, "150000000000000000000"),
        (1e21, "1e+21"),
        (2.0**53 + 2, "9007199254740994"),
        (math.nan, "NaN"),
        (-math.inf, "-Infinity"),
    ],
)
def test_number_text(value: float, text: str) -> None:
    assert js.number_text(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_number_text_reads_back(value: float) -> None:
    assert float(js.number_text(value)) == value


@given(st.one_of(st.integers(0, 128).map(lambda k: k / 128), st.floats(0, 1, exclude_min=True)))
def test_fixed6_is_half_up_on_the_exact_value(value: float) -> None:
    exact = Decimal(value).quantize(Decimal("0.000001"), ROUND_HALF_UP)
    assert js.fixed6(value) == float(exact)


def test_fixed6_differs_from_format_on_ties() -> None:
    assert js.fixed6(40 / 1024) == 0.039063
    assert f"{40 / 1024:.6f}" == "0.039062"


@pytest.mark.parametrize(
    ("values", "mean", "median"),
    [
        ([], None, None),
        ([js.ABSENT, math.inf], None, None),
        ([None, 1.0], 0.5, 0.0),
        ([1.0, 2.0, 3.0, 10.0], 4.0, 2.0),
    ],
)
def test_mean_and_lower_percentile(values: list[object], mean: float | None, median: float | None) -> None:
    assert js.mean(values) == mean
    assert js.percentile(values, 0.5) == median


def test_mean_adds_from_left_to_right() -> None:
    values = [0.1, 0.2, 0.3]
    assert js.mean(values) == (0.1 + 0.2 + 0.3) / 3
    assert js.mean(values) != math.fsum(values) / 3


def test_percentile_is_the_lower_element() -> None:
    assert js.percentile(range(20), 0.9) == 17


@pytest.mark.parametrize(
    ("text", "value"),
    [("1e999", math.inf), ('{"a":1,"a":2}', {"a": 2}), ('"\\ud800"', "\ud800")],
)
def test_parse_json(text: str, value: object) -> None:
    assert js.parse_json(text) == value


@pytest.mark.parametrize("digits", ["9007199254740993", "12345678901234567890", "9" * 30])
def test_an_integer_that_no_double_holds_counts_as_the_nearest_one(digits: str) -> None:
    value = js.parse_json(digits)
    assert js.to_number(value) == float(digits)
    assert js.text_of(value) == js.number_text(float(digits))
    assert js.stringify([value]) == f"[{js.number_text(float(digits))}]"


@pytest.mark.parametrize("text", ["", "NaN", "[Infinity]", "{'a':1}", "[" * 100_000])
def test_parse_json_refuses(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        js.parse_json(text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({}, "{}"),
        ([], "[]"),
        (1.0, "1"),
        ({"b": 1.0, "2": None, "1": True}, '{"1":true,"2":null,"b":1}'),
        ([1e-05, math.nan, -0.0], "[0.00001,null,0]"),
        ({"x0": 0.5, "t": "é\u2028\ud800\n"}, '{"x0":0.5,"t":"é\u2028\\ud800\\n"}'),
        (("a.0,", 3), '["a.0,",3]'),
    ],
)
def test_stringify(value: object, text: str) -> None:
    assert js.stringify(value) == text


def test_stringify_indented() -> None:
    assert (
        js.stringify({"a": [], "b": [1.0, {}]}, indent=2) == '{\n  "a": [],\n  "b": [\n    1,\n    {}\n  ]\n}'
    )


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_stringify_is_json_that_reads_back(value: object) -> None:
    text = js.stringify(value)
    assert js.stringify(json.loads(text)) == text
    assert json.loads(js.stringify(value, indent=2)) == json.loads(text)
    assert js.json_line(value) == text.encode() + b"\n"


@given(st.lists(st.none() | st.floats() | st.integers(-(2**70), 2**70) | st.text()))
def test_a_list_is_written_as_its_items_are(values: list[object]) -> None:
    # A value alone is written by our own code, a list by the library's where that comes to the same.
    assert js.stringify(values) == f"[{','.join(map(js.stringify, values))}]"


@pytest.mark.parametrize(
    ("value", "truthy"), [([], True), ({}, True), (math.nan, False), (js.ABSENT, False), ("0", True)]
)
def test_is_truthy(value: object, truthy: bool) -> None:
    assert js.is_truthy(value) is truthy


def test_trim_keeps_what_python_strips() -> None:
    assert js.trim("\x1c\u2029a\ufeff") == "\x1c\u2029a"


def test_sorting_is_by_code_units() -> None:
    assert sorted(["\uff5e", "\U0001f600"], key=js.code_units) == ["\U0001f600", "\uff5e"]
