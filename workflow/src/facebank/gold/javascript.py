"""Number, text and JSON rules of ECMAScript, where they show in the digits of a gold report.

The report formats that this package reproduces were first written by JavaScript tools. Their figures
follow its coercions (a null counts as 0, an absent key as not-a-number), their rounding is floor-based
half-up, and their text form of a number is the shortest one. Every such rule lives here.

Source: ECMA-262, sections "StringToNumber", "Number::toString", "TrimString", "JSON.stringify".
"""

from __future__ import annotations

import json
import math
import re
from itertools import pairwise
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import orjson

from facebank.reading.limits import require_shallow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

__all__ = [
    "ABSENT",
    "code_units",
    "first_truthy",
    "fixed6",
    "is_truthy",
    "json_decoder",
    "json_line",
    "mean",
    "number_text",
    "parse_json",
    "percentile",
    "plain",
    "round3",
    "rounded3",
    "stringify",
    "text_of",
    "to_number",
    "trim",
]

#: Stands for the value of a key that an object does not have: not the same as null.
ABSENT: Final = object()

_WHITE_SPACE = (
    "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
_DECIMAL = re.compile(r"[+-]?(?:Infinity|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)")
_RADIX = re.compile(r"0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+")
_INDEX = re.compile(r"0|[1-9][0-9]{0,9}")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_INTEGRAL_FLOAT = re.compile(rb"\.0[,}\]]")
#: An exponent, or the like of it in a text; and what may stand between it and the begin of its number.
_EXPONENT = re.compile(rb"e(?<=[0-9].)[+-]?[0-9]")
_MANTISSA, _LONGEST_MANTISSA = b"-.0123456789", 24
#: Patterns that begin with a rare letter are found fastest.
_KEY_END = re.compile(rb'":(?<=[0-9]..)')
_INDEX_KEY = re.compile(rb'[{,]"[0-9]{1,10}":')
_LARGEST_INDEX = 2**32 - 2
_LARGEST_EXACT = 2**53
_EXACT_DIGITS = 15
_SHORTEST_EXPONENT = -7
_LARGEST_PLAIN = 1e21


def trim(text: str) -> str:
    r"""Strip JavaScript's white space (also U+FEFF and U+00A0, not ``\x1c`` to ``\x1f``)."""
    return text.strip(_WHITE_SPACE)


def is_truthy(value: object) -> bool:
    """Tell whether JavaScript takes `value` for true: empty lists and objects are, NaN is not."""
    if isinstance(value, list | dict):
        return True
    return value is not ABSENT and bool(value) and value == value  # noqa: PLR0124 - NaN differs from itself


def first_truthy(*values: Any) -> Any:
    """Give the first truthy value, or None."""
    return next((value for value in values if is_truthy(value)), None)


def to_number(value: object) -> float:
    """Coerce a JSON value as ``Number(value)`` does.

    Parameters
    ----------
    value : object
        A parsed JSON value, or `ABSENT`.

    Returns
    -------
    float
        0 for null, false, blank text and the empty list; NaN for what is no number.
    """
    if isinstance(value, bool | int | float):
        return float(value)
    if value is None:
        return 0.0
    if isinstance(value, str):
        return _number_of_text(value)
    if isinstance(value, list):
        return _number_of_text(text_of(value))
    return math.nan


def _number_of_text(text: str) -> float:
    """Give the number that a text spells, NaN if none."""
    text = trim(text)
    if not text:
        return 0.0
    if _DECIMAL.fullmatch(text):
        return float(text)
    return float(int(text, 0)) if _RADIX.fullmatch(text) else math.nan


def text_of(value: object) -> str:
    """Give a JSON value as ``String(value)`` does."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return number_text(value)
    if isinstance(value, list):
        return ",".join("" if item is None else text_of(item) for item in value)
    if value is None:
        return "null"
    return "undefined" if value is ABSENT else "[object Object]"


def number_text(value: float) -> str:
    """Write a number in the shortest form that reads back the same: 1, 0.235, 0.00001, 1e-7."""
    value = float(value)
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if value.is_integer() and abs(value) < _LARGEST_PLAIN:
        return _integer_text(value)
    text = repr(value)
    mantissa, mark, exponent_text = text.partition("e")
    if not mark:
        return text
    exponent = int(exponent_text)
    if exponent < _SHORTEST_EXPONENT + 1 or exponent > 0:
        return f"{mantissa}e{exponent:+d}"
    sign, digits = ("-", mantissa[1:]) if mantissa.startswith("-") else ("", mantissa)
    return f"{sign}0.{'0' * (-exponent - 1)}{digits.replace('.', '')}"


def _integer_text(value: float) -> str:
    """Write an integral double below 1e21: its shortest digits, filled up with zeros; -0 is 0."""
    if abs(value) <= _LARGEST_EXACT:
        return str(int(value))
    mantissa, _, exponent = repr(value).partition("e")
    if not exponent:
        return mantissa.removesuffix(".0")
    whole, _, fraction = mantissa.partition(".")
    return whole + fraction.ljust(int(exponent), "0")


def round3(value: object) -> float | None:
    """Round to three decimals, half toward plus infinity, by the floor of the thousandfold.

    Parameters
    ----------
    value : object
        Anything; it is coerced by `to_number` first, so that **null gives 0**.

    Returns
    -------
    float or None
        Without a fraction an int; None if the number is not finite.
    """
    number = value if isinstance(value, float) else to_number(value)
    thousandfold = number * 1000
    try:
        whole = math.floor(thousandfold)
    except (ValueError, OverflowError):
        return None
    if thousandfold - whole >= 0.5:  # noqa: PLR2004
        whole += 1
    return whole / 1000 if whole % 1000 else whole // 1000


def rounded3(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Round finite numbers as `round3` does, all at once."""
    thousandfold = values * 1000
    whole = np.floor(thousandfold)
    whole += thousandfold - whole >= 0.5  # noqa: PLR2004
    whole /= 1000
    return whole


def fixed6(value: float) -> float:
    """Round a number of 0..1 to six decimals by its exact binary value, ties up.

    ``round`` takes the even neighbour of a tie. A double can only be a tie at the seventh decimal if
    it is an odd multiple of 1/128, since half a millionth is 1 / (2**7 * 5**6).
    """
    if value * 128 % 2 == 1:
        return math.ceil(value * 1e6) / 1e6
    return round(value, 6)


def plain(value: float) -> float:
    """Give a number without a fraction as an int: as it prints."""
    return int(value) if value.is_integer() else value


def mean(values: Iterable[object]) -> float | None:
    """Add the finite ones of `values` from left to right and divide; None if there are none."""
    total, count = 0.0, 0
    for number in map(to_number, values):
        if math.isfinite(number):
            total += number
            count += 1
    return total / count if count else None


def percentile(values: Iterable[object], share: float) -> float | None:
    """Give the lower `share` quantile (no interpolation) of the finite ones of `values`; None if none."""
    finite = sorted(number for number in map(to_number, values) if math.isfinite(number))
    return finite[math.floor((len(finite) - 1) * share)] if finite else None


def code_units(text: str) -> bytes:
    """Give the sort key of a text that is ordered by UTF-16 code units."""
    return text.encode("utf-16-be", "surrogatepass")


def parse_json(text: str, *, objects: Callable[[list[tuple[str, Any]]], Any] | None = None) -> Any:
    """Parse JSON as ``JSON.parse`` does: NaN and Infinity are errors, long integers become doubles.

    Parameters
    ----------
    text : str
        The document.
    objects : callable, optional
        Makes an object of its keys and values. Without it a later key replaces an earlier one.

    Raises
    ------
    ValueError
        If `text` is not JSON, or nested too deeply.
    """
    try:
        value = json_decoder(objects).decode(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    require_shallow(value)
    return value


def json_decoder(objects: Callable[[list[tuple[str, Any]]], Any] | None) -> json.JSONDecoder:
    """Give the decoder of `parse_json`, for a text that is decoded in pieces."""
    return json.JSONDecoder(parse_constant=_refuse_constant, parse_int=_integer, object_pairs_hook=objects)


def _refuse_constant(name: str) -> float:
    """Refuse a number that JSON does not have."""
    raise ValueError(f"{name} is not JSON")


def _integer(digits: str) -> float:
    """Read an integer; what a double cannot hold exactly becomes the nearest double."""
    return int(digits) if len(digits) <= _EXACT_DIGITS else float(digits)


def stringify(value: Any, *, indent: int = 0) -> str:
    """Write a JSON value as ``JSON.stringify`` does, without a line end.

    Parameters
    ----------
    value : Any
        None, bool, int, float, str, and lists, tuples and dicts of them. A number that is not finite is
        written as null. Keys that are array indices come first, in ascending order.
    indent : int
        Blanks per level; 0 writes the compact form.

    Returns
    -------
    str
        The text; lone surrogates are escaped, other characters stand as they are.
    """
    if indent:
        return _escaped(_indented(value, indent, "\n"))
    fast = _fast(value)
    return _escaped(_compact(value)) if fast is None else fast.decode()


def json_line(value: Any) -> bytes:
    """Write a JSON value as `stringify` does, as a line of a UTF-8 file."""
    fast = _fast(value)
    return (_escaped(_compact(value)).encode() if fast is None else fast) + b"\n"


def _escaped(text: str) -> str:
    """Escape lone surrogates."""
    return _LONE_SURROGATE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _fast(value: Any) -> bytes | None:
    """Write an object or a list by the library's encoder, None if the text could differ from JavaScript's.

    It differs in floats that are integral (``1.0``), tiny or huge (``1e-05``), and in the order of keys that
    are array indices. A text that merely contains the like of it is refused as well.
    """
    if not isinstance(value, dict | list):
        return None
    try:
        text = orjson.dumps(value, option=orjson.OPT_STRICT_INTEGER)
    except orjson.JSONEncodeError:
        return None
    if _INTEGRAL_FLOAT.search(text) or _has_exponent(text):
        return None
    # Few texts have keys that end in a digit: only they are searched for keys that are array indices.
    return None if _KEY_END.search(text) and _INDEX_KEY.search(text) else text


def _has_exponent(text: bytes) -> bool:
    """Tell whether a number, or the like of it in a text, has an exponent; few hexadecimal ids are such."""
    heads = (text[max(it.start() - _LONGEST_MANTISSA, 0) : it.start()] for it in _EXPONENT.finditer(text))
    return any(head.rstrip(_MANTISSA).endswith((b":", b",", b"[")) for head in heads)


def _compact(value: Any) -> str:
    """Write a value without blanks."""
    if isinstance(value, dict):
        return (
            "{"
            + ",".join([f"{encode_basestring(key)}:{_compact(item)}" for key, item in _entries(value)])
            + "}"
        )
    if isinstance(value, list | tuple):
        return "[" + ",".join([_compact(item) for item in value]) + "]"
    return _scalar(value)


def _indented(value: Any, indent: int, line: str) -> str:
    """Write a value over several lines; `line` is a line end with the present indentation."""
    inner = line + " " * indent
    if isinstance(value, dict) and value:
        parts = [
            f"{encode_basestring(key)}: {_indented(item, indent, inner)}" for key, item in _entries(value)
        ]
        return "{" + inner + f",{inner}".join(parts) + line + "}"
    if isinstance(value, list | tuple) and value:
        return "[" + inner + f",{inner}".join([_indented(item, indent, inner) for item in value]) + line + "]"
    return _compact(value)


def _scalar(value: Any) -> str:
    """Write null, a truth value, a number or a text."""
    if isinstance(value, str):
        return encode_basestring(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return number_text(value) if math.isfinite(value) else "null"


def _entries(value: dict[str, Any]) -> Iterable[tuple[str, Any]]:
    """Give an object's entries in JavaScript's order: array indices first, then as they came."""
    indices = [key for key in value if _INDEX.fullmatch(key) and int(key) <= _LARGEST_INDEX]
    if not indices or _leads(indices, list(value)):
        return value.items()
    indices.sort(key=int)
    rest = [key for key in value if key not in set(indices)]
    return [(key, value[key]) for key in [*indices, *rest]]


def _leads(indices: Sequence[str], keys: Sequence[str]) -> bool:
    """Tell whether the array indices stand in front and ascend already."""
    return list(keys[: len(indices)]) == list(indices) and all(int(a) < int(b) for a, b in pairwise(indices))
