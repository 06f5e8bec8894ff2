"""YAML as it is written by others: no object is made of it, and no alias makes it larger than it looks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from facebank.reading.limits import DEEPEST, LARGEST_CONFIG, DocumentError, read_within

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["read_yaml", "require_expandable", "yaml_value"]

#: Values of a document whose aliases are written out: a billion laughs are stopped, shared settings are not.
_MOST_VALUES = 1_000_000

_NO_COLON = "could not find expected ':'"
#: What the library says of a slip -> how a user would see it.
_WORDS = {
    re.compile(pattern): words
    for pattern, words in {
        r"^found (?=.)": "",
        r"^duplicate key (.*) with value .*": r"the key \1 a second time in one mapping",
        r".*'\\t'.*": "a tab, where YAML wants blanks",
        f"^{_NO_COLON}$": "a line that is no 'key: value'",
        r"^expected <block end>, but found '<block mapping start>'$": "a key indented unlike those above",
        r"^expected <block end>, but found (.*)$": r"\1 where the next line 'key: value' should begin",
        r"^mapping values are not allowed here$": "a ':' too much, or a key indented unlike those above",
        r"^expected (.*), but got (.*)$": r"\2 where \1 should stand",
    }.items()
}


def read_yaml(path: Path, *, largest: int = LARGEST_CONFIG) -> Any:
    """Read a YAML file, see `yaml_value`.

    Raises
    ------
    DocumentError
        If it is too large or no YAML with one meaning.
    OSError
        If it cannot be read.
    """
    return yaml_value(read_within(path, largest))


def yaml_value(text: bytes | str) -> Any:
    """Parse YAML 1.2 into plain values: mappings, lists, texts, numbers, days.

    Parameters
    ----------
    text : bytes or str
        One document; bytes are UTF-8.

    Raises
    ------
    DocumentError
        If it is no YAML, with the place; also for a tag that asks for an object, a key that stands twice,
        more than `DEEPEST` levels, and aliases that make it too large.
    """
    try:
        value = YAML(typ="safe", pure=True).load(text if isinstance(text, str) else text.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise DocumentError(f"no UTF-8 at byte {error.start:,}") from error
    except YAMLError as error:
        raise DocumentError(_place(error)) from error
    except RecursionError as error:
        raise DocumentError("lists and mappings too deep in each other") from error
    except (ValueError, TypeError, ArithmeticError, LookupError, AttributeError) as error:
        # The library's words for a day that no calendar has, a number without end, a tag on the wrong kind.
        raise DocumentError(" ".join(f"a value that cannot be read ({error})".split())) from error
    require_expandable(value)
    return value


def require_expandable(value: Any) -> None:
    """Insist that a value stays small when everything that stands in it twice is written twice.

    Raises
    ------
    DocumentError
        If it is deeper than `DEEPEST`, as one that holds itself is, has more than a million values, or a
        whole number beyond 64 bits.
    """
    _expanded(value, DEEPEST, {})


def _expanded(value: Any, levels: int, known: dict[int, int]) -> int:
    """Count the values of a value, itself included; each that is shared is looked at once."""
    if not isinstance(value, dict | list | tuple | set):
        if isinstance(value, int) and not -(2**63) <= value < 2**63:
            raise DocumentError("a whole number of more than 64 bits")
        return 1
    if id(value) in known:
        return known[id(value)]
    if not levels:
        raise DocumentError(f"more than {DEEPEST} lists and mappings in each other")
    held = (*value.keys(), *value.values()) if isinstance(value, dict) else value
    count = 1 + sum(_expanded(item, levels - 1, known) for item in held)
    if count > _MOST_VALUES:
        raise DocumentError(f"more than {_MOST_VALUES:,} values once its aliases are written out")
    known[id(value)] = count
    return count


def _place(error: YAMLError) -> str:
    """Say what is wrong with a file that is no YAML, and where."""
    if not isinstance(error, MarkedYAMLError) or error.problem is None or error.problem_mark is None:
        return " ".join(str(error).split())
    problem, mark = " ".join(error.problem.split()), error.problem_mark
    if problem == _NO_COLON and error.context_mark is not None:
        # It is missed where the next line begins.
        mark = error.context_mark
    for pattern, words in _WORDS.items():
        problem = pattern.sub(words, problem)
    return f"{problem}, in line {mark.line + 1}, column {mark.column + 1}"
