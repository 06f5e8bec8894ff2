"""Lines of JSON: what is read quickly is what the thorough way reads."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facebank.gold.rows import RowProblem, row_object
from facebank.reading.limits import DEEPEST

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.dictionaries(st.text(), values), st.booleans(), st.booleans(), st.booleans())
def test_a_line_is_read_as_it_was_written(
    row: dict[str, Any], ascii_only: bool, spaced: bool, strict: bool
) -> None:
    text = json.dumps(row, ensure_ascii=ascii_only, separators=None if spaced else (",", ":"))
    if "Infinity" in text:
        text = text.replace("Infinity", "1e999")
        row = json.loads(text)
    assert row_object(text.encode("utf-8", "surrogatepass"), strict=strict) == (row or {})


@pytest.mark.parametrize("line", ["", "\n", "\ufeff", " \u00a0\n", "null", "0", "false", '""'])
@pytest.mark.parametrize("strict", [False, True])
def test_nothing_is_on_a_line(line: str, strict: bool) -> None:
    assert row_object(line.encode(), strict=strict) is None


@pytest.mark.parametrize(
    ("line", "reason", "detail"),
    [
        (b'{"a": 1', "MALFORMED_JSON", "line 1 column"),
        (b'{"a": NaN}', "MALFORMED_JSON", "NaN"),
        (b'{"a": "\xff"}', "NOT_UTF8", "position"),
        (b"[1]", "NOT_AN_OBJECT", "a list"),
        (b'{"a":' + b"[" * 70 + b"]" * 70 + b', "b": 1e999}', "MALFORMED_JSON", f"more than {DEEPEST}"),
        (b'{"a":' + b"[" * 300 + b"]" * 300 + b"}", "MALFORMED_JSON", f"more than {DEEPEST}"),
        (b'{"a":' + b"[" * 9999 + b"]" * 9999 + b"}", "MALFORMED_JSON", "deep"),
    ],
)
@pytest.mark.parametrize("strict", [False, True])
def test_what_is_no_row_has_a_reason(line: bytes, reason: str, detail: str, strict: bool) -> None:
    if not strict and reason == "NOT_UTF8":
        assert row_object(line, strict=False) == {"a": "\ufffd"}
        return
    with pytest.raises(RowProblem, match=detail) as caught:
        row_object(line, strict=strict)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    "line",
    [
        b'{"a":1,"a":1}',
        b'{"b":[{"x":0.1,"x":0.9,"y":0}]}',
        b'{"a":1,"\\u0061":2}',
        # The colon of the key that is lost comes back where an escaped one is written as it is.
        b'{"a":1,"a":"\\u003a"}',
        b'{"a": 1, "a": "\\u003A"}',
    ],
)
def test_a_key_that_stands_twice_has_two_meanings(line: bytes) -> None:
    with pytest.raises(RowProblem, match="twice"):
        row_object(line, strict=True)
    assert row_object(line, strict=False) is not None
