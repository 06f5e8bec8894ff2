"""YAML of others: no objects, no bombs, one meaning or none."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from facebank.reading.limits import DEEPEST, LARGEST_CONFIG, DocumentError
from facebank.reading.yaml_documents import read_yaml, require_expandable, yaml_value

LAUGHS = "a0: &a0 [ha, ha, ha, ha, ha, ha, ha, ha, ha, ha]\n" + "".join(
    f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]\n" for level in range(1, 30)
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        (b"\xef\xbb\xbfa: 1", {"a": 1}),
        ("a: [1, 2.5, yes, true, null, 2026-01-31]", {"a": [1, 2.5, "yes", True, None, date(2026, 1, 31)]}),
        ("a: &x {b: 1}\nc: *x\nd: *x", {"a": {"b": 1}, "c": {"b": 1}, "d": {"b": 1}}),
        ("a: &x {b: 1}\nc: {<<: *x, d: 2}", {"a": {"b": 1}, "c": {"b": 1, "d": 2}}),
    ],
)
def test_plain_documents_are_read(text: bytes | str, value: Any) -> None:
    assert yaml_value(text) == value


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (b"\xff\xfea", "no UTF-8 at byte 0"),
        ("a: 1\na: 2", '^the key "a" a second time in one mapping, in line 2, column 1$'),
        ("a:\n\t- b", "a tab, where YAML wants blanks, in line 2"),
        ("a: \0", "unacceptable character"),
        ("--- a\n--- b", "another document"),
        ("!!python/object/apply:os.system [ls]", "constructor for the tag"),
        ("!!python/name:os.system", "constructor for the tag"),
        ("a: 2026-99-99", "a value that cannot be read"),
        ("a: " + "9" * 5000, "a value that cannot be read"),
        ("a: 0x" + "f" * 1000, "a whole number of more than 64 bits"),
        (LAUGHS, "more than 1,000,000 values once its aliases are written out"),
        ("&a [*a]", f"more than {DEEPEST} lists and mappings"),
        ("[" * 1000, "too deep"),
        ("- " * 1000, "too deep|more than"),
        ("[" * (DEEPEST + 1) + "]" * (DEEPEST + 1), f"more than {DEEPEST}"),
    ],
)
def test_what_has_no_meaning_or_too_much_is_refused(text: bytes | str, found: str) -> None:
    with pytest.raises(DocumentError, match=found):
        yaml_value(text)


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (
            ["  map: {b: c}", "  map: {d: e}"],
            'the key "map" a second time in .*, in line 3, column 3',
        ),
        (["  map: {b: c}", "  {d: e}"], "a line that is no 'key: value', in line 3, column 3"),
        (["  map: {b: c} {d: e}"], "'{' where the next line 'key: value' should begin, in line 2, column 15"),
        (["  map: {b: c},"], "',' where the next line 'key: value' should begin, in line 2, column 14"),
        (["  map: {b: c", "  d: e}"], "':' where ',' or '}' should stand, in line 3, column 4"),
        (["  map:", "    b: c", "   d: e"], "a key indented unlike those above, in line 4, column 4"),
        (["  map:", "    b: c", "     d: e"], "a ':' too much, or a key indented .*, in line 4, column 7"),
        (["  map:", "    b: c", "    b: d"], 'the key "b" a second time in one mapping, in line 4, column 5'),
    ],
)
def test_lines_that_were_pasted_in_vain_are_told_as_they_are_seen(lines: list[str], found: str) -> None:
    with pytest.raises(DocumentError, match=f"^{found}$"):
        yaml_value("\n".join(["a:", *lines, "z: 1", ""]))


def test_a_value_that_somebody_else_read_is_held_to_the_same() -> None:
    require_expandable({"a": (1, 2), "b": {3}})
    shared: list[Any] = [0]
    for _ in range(30):
        shared = [shared, shared]
    with pytest.raises(DocumentError, match="1,000,000 values"):
        require_expandable(shared)


def test_a_file_is_read_up_to_its_limit(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("a: 1", encoding="utf-8")
    assert read_yaml(path) == {"a": 1}
    path.write_bytes(b"#" * (LARGEST_CONFIG + 1))
    with pytest.raises(DocumentError, match="1,048,577 bytes"):
        read_yaml(path)
