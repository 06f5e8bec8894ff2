"""Texts that are nearly good: bytes that are changed, and JSON documents with something else in one place."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

__all__ = ["mutated"]

#: Values that readers were seen to stumble over.
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 0.5, -0.0, 1e308, -1e308, 1e-320, 2**31, 2**53 + 1, 2**63, 10**30),
    *("", " ", "0", "-1", "1e999", "NaN", "a" * 5000, "../../x", "/etc/passwd", "x\0y", "=1+1", "<b>|**x**"),
    *("\ud800", "\u202e", "\x1b[2J", "é", "0,65536", "1,2,3", "2026-01-31"),
    *([], {}, [[]], [{}], {"": None}, [None] * 50, [0] * 3000, {"a": {"b": {"c": []}}}),
)
#: Pieces of text that mean something to a parser.
PIECES = (
    *(b"{", b"}", b"[", b"]", b",", b":", b'"', b"\\", b"\\u", b"\\ud800", b"NaN", b"Infinity", b"null"),
    *(b"-", b"1e999", b"9" * 400, b"\x00", b"\xff", b"\xef\xbb\xbf", b"\n", b"\t", b"\r\n", b" " * 100),
    *(b"&a ", b"*a", b"<<: ", b"!!python/object:os.system ", b"? ", b"- ", b"%YAML 9.9\n", b"---\n", b"|\n"),
    *(b"[" * 200, b'{"a":' * 200, b"../", b"'"),
)


def mutated(data: bytes, corpus: Sequence[bytes], numbers: random.Random) -> bytes:
    """Change a text once or a few times; what stands before its first NUL, the name of a file, stays."""
    del corpus
    head, mark, body = data.partition(b"\0") if b"\0" in data[:100] else (b"", b"", data)
    for _ in range(numbers.choice((1, 1, 1, 2, 4))):
        changed = _tree(body, numbers) if numbers.random() < 0.6 else None
        body = numbers.choice(_BYTES)(body, numbers) if changed is None else changed
    return head + mark + body


def _tree(body: bytes, numbers: random.Random) -> bytes | None:
    """Change one place of a JSON document, or of one of its lines; None if it is no JSON."""
    lines = body.split(b"\n")
    whole = body[:1] in (b"{", b"[") and body.count(b"\n") != len([it for it in lines if it[:1] == b"{"])
    place = 0 if whole else numbers.randrange(len(lines))
    try:
        document = json.loads(body if whole else lines[place])
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict | list) or not document:
        return None
    _change(document, numbers)
    try:
        text = json.dumps(document, ensure_ascii=numbers.random() < 0.5).encode("utf-8", "surrogatepass")
    except (ValueError, RecursionError):
        return None
    return text if whole else b"\n".join([*lines[:place], text, *lines[place + 1 :]])


def _change(document: dict[str, Any] | list[Any], numbers: random.Random) -> None:
    """Walk down to some place, and put something else there."""
    holder: Any = document
    while True:
        keys = [*holder] if isinstance(holder, dict) else [*range(len(holder))]
        key = numbers.choice(keys)
        below = holder[key]
        if not isinstance(below, dict | list) or not below or numbers.random() < 0.2:
            break
        holder = below
    match numbers.randrange(5):
        case 0:
            del holder[key]
        case 1:
            holder[key] = [holder[key]]
        case 2 if isinstance(holder, list):
            holder[key:key] = [holder[key]] * numbers.choice((1, 2, 100))
        case 2:
            holder[f"{key}_"] = holder.pop(key)
        case 3 if isinstance(holder[key], int | float):
            holder[key] = holder[key] * numbers.choice((-1, 1.5, 1000)) + numbers.choice((0, 1))
        case _:
            holder[key] = numbers.choice(VALUES)


def _flip(body: bytes, numbers: random.Random) -> bytes:
    if not body:
        return b"\0"
    place = numbers.randrange(len(body))
    return body[:place] + bytes([body[place] ^ (1 << numbers.randrange(8))]) + body[place + 1 :]


def _insert(body: bytes, numbers: random.Random) -> bytes:
    place = numbers.randrange(len(body) + 1)
    return body[:place] + numbers.choice(PIECES) + body[place:]


def _cut(body: bytes, numbers: random.Random) -> bytes:
    start, stop = sorted((numbers.randrange(len(body) + 1), numbers.randrange(len(body) + 1)))
    return body[:start] + body[min(stop, start + numbers.choice((1, 5, 50, 10**9))) :]


def _end(body: bytes, numbers: random.Random) -> bytes:
    return body[: numbers.randrange(len(body) + 1)]


def _twice(body: bytes, numbers: random.Random) -> bytes:
    start, stop = sorted((numbers.randrange(len(body) + 1), numbers.randrange(len(body) + 1)))
    return body[:stop] + body[start:stop] + body[stop:]


def _line(body: bytes, numbers: random.Random) -> bytes:
    """Change the value behind the first colon of a line, as YAML has them, or lose the line."""
    lines = body.split(b"\n")
    place = numbers.randrange(len(lines))
    key, colon, _ = lines[place].partition(b":")
    value = json.dumps(numbers.choice(VALUES)).encode() if numbers.random() < 0.7 else numbers.choice(PIECES)
    lines[place : place + 1] = [key + colon + b" " + value] if colon and numbers.random() < 0.8 else []
    return b"\n".join(lines)


_BYTES: tuple[Callable[[bytes, random.Random], bytes], ...] = (_flip, _insert, _cut, _end, _twice, _line)
