"""JSON of others: one meaning or none."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facebank.errors import DataError
from facebank.reading.json_documents import json_value, read_json, read_object
from facebank.reading.limits import DEEPEST, DocumentError

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8")),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(st.text(st.characters(codec="utf-8")), below),
    max_leaves=20,
)


@given(VALUES, st.booleans())
def test_what_json_writes_is_read_as_it_was(value: Any, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only)
    assert json_value(text) == value
    assert json_value(text.encode()) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b"\xef\xbb\xbf{}", {}),
        ("\ufeff[]", []),
        (r'"\ud83d\ude00"', "\N{GRINNING FACE}"),
        ("9223372036854775807", 2**63 - 1),
        ("-9223372036854775808", -(2**63)),
        ("9223372036854775808", 2.0**63),
        ("1" + "0" * 300, 1e300),
        ("[" * DEEPEST + "]" * DEEPEST, None),
    ],
)
def test_what_is_unusual_and_clear(text: bytes | str, value: Any) -> None:
    found = json_value(text)
    if value is not None:
        assert found == value
        assert type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (b"", "no JSON: Expecting value"),
        (b"{", "no JSON"),
        (b"{} {}", "no JSON: Extra data"),
        (b'{"a": "\x00"}', "no JSON: Invalid control character"),
        (b"\xff\xfe{\x00}\x00", "no UTF-8 at byte 0"),
        (b'"\xed\xa0\x80"', "no UTF-8 at byte 1"),
        ('{"a": 1, "b": {"c": 1, "c": 2}}', "the key 'c' twice"),
        ('{"a": 1, "\\u0061": 2}', "the key 'a' twice"),
        ("[NaN]", "NaN, which JSON does not have"),
        ("-Infinity", "-Infinity, which JSON does not have"),
        ("1e999", r"the number 1e999\.\.\., which is too large"),
        ("9" * 400, r"the number 999999999999999999\.\.\., which is too large"),
        ("9" * 5000, "too large"),
        (r'{"a": "\ud800"}', "half a surrogate pair"),
        (r'{"\uDC00": 1}', "half a surrogate pair"),
        ("[" * (DEEPEST + 1) + "]" * (DEEPEST + 1), f"more than {DEEPEST} lists"),
        ("[" * 100_000, "too deep|no JSON"),
        ('{"a":' * 100_000, "too deep|no JSON"),
        ("[" * 900 + "]" * 900, "too deep|more than"),
    ],
)
def test_what_has_no_meaning_or_two_is_refused(text: bytes | str, found: str) -> None:
    with pytest.raises(DocumentError, match=found):
        json_value(text)


def test_an_object_is_read_and_anything_else_is_no_object(tmp_path: Path) -> None:
    path = tmp_path / "summary.json"
    path.write_text('{"a": 1}', encoding="utf-8")
    assert read_json(path) == read_object(path, remedy="Build it.") == {"a": 1}
    path.write_text("[1]", encoding="utf-8")
    with pytest.raises(DataError, match=r"summary\.json; expected a JSON object, found list\. Build it\."):
        read_object(path, remedy="Build it.")
    path.write_text("[1", encoding="utf-8")
    with pytest.raises(DataError, match=r"no JSON: .*summary\.json; found .* Build it\."):
        read_object(path, remedy="Build it.")
    with pytest.raises(DocumentError, match="more than the 1 that"):
        read_json(path, largest=1)
