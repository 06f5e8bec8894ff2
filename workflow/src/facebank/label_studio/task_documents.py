"""Reading a JSON document of many tasks one task at a time: memory is that of the largest task.

Values are parsed by the standard library, as everywhere in this package; here is only where one ends and the
next one begins. A streaming parser has other numbers and other texts than `JSON.parse`.
"""

from __future__ import annotations

import codecs
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO

from facebank.gold.javascript import json_decoder
from facebank.reading.json_documents import unique_keys
from facebank.reading.limits import LARGEST_LINE, DocumentError, require_shallow

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["tasks_of_document"]

_CHUNK = 1 << 20
_BLANKS = " \t\n\r"
#: So near the end of what was read, a word or an escape may be half of one, and a number may go on.
_LONGEST_WORD, _LONGEST_GAP = 32, 3


def tasks_of_document(path: Path, *, strict: bool) -> Iterator[Any]:
    """Read the tasks of a document: a JSON list, or the list `tasks` of an object.

    Parameters
    ----------
    path : Path
        The document.
    strict : bool
        Refuse bytes that are not UTF-8, objects in which a key stands twice, and a document without a list of
        tasks, which otherwise has none.

    Yields
    ------
    Any
        One task after the other. What is wrong with the document behind them is found when it is reached.

    Raises
    ------
    DocumentError
        If it is no JSON, or holds a value of more than `LARGEST_LINE` characters beside or within its list.
    OSError
        If it cannot be read.
    """
    with path.open("rb") as file:
        text = _Window(file, strict=strict)
        match text.next_sign():
            case "[":
                yield from _items(text)
            case "{":
                yield from _tasks_of_object(text, strict=strict)
            case _:
                text.value()
                if strict:
                    raise DocumentError("neither a list nor an object with a list `tasks`")
        if text.next_sign():
            raise text.error("extra data")


def _items(text: _Window) -> Iterator[Any]:
    """Read the items of a list that begins here."""
    text.take("[")
    if text.next_sign() == "]":
        text.take("]")
        return
    while True:
        yield text.value()
        if text.next_sign() == "]":
            text.take("]")
            return
        text.take(",")


def _tasks_of_object(text: _Window, *, strict: bool) -> Iterator[Any]:
    """Read the list `tasks` of an object that begins here, and pass over its other values."""
    keys: set[str] = set()
    text.take("{")
    while text.next_sign() != "}" or keys:
        if text.next_sign() != '"':
            raise text.error("expecting a key in double quotes")
        key = text.value()
        # A list that was handed out cannot be taken back for a later one.
        if key in keys and (strict or key == "tasks"):
            raise DocumentError(f"the key {key!r} twice")
        keys.add(key)
        text.take(":")
        if key == "tasks" and text.next_sign() == "[":
            yield from _items(text)
        elif text.value() is not None and key == "tasks" and strict:
            raise DocumentError("`tasks` is no list")
        if text.next_sign() == "}":
            break
        text.take(",")
    text.take("}")
    if strict and "tasks" not in keys:
        raise DocumentError("neither a list nor an object with a list `tasks`")


@dataclass(slots=True)
class _Window:
    """The part of a text that was read and is not done with yet.

    Attributes
    ----------
    file : BinaryIO
        The file, read so far.
    strict : bool
        See `tasks_of_document`.
    """

    file: BinaryIO
    strict: bool
    _text: str = ""
    _at: int = 0
    _before: int = 0
    _bytes: int = 0
    _ended: bool = False
    _utf8: codecs.IncrementalDecoder = field(init=False)
    _json: json.JSONDecoder = field(init=False)

    def __post_init__(self) -> None:
        # A byte order mark is passed over, as in every other file; the format's first tools stopped at it.
        self._utf8 = codecs.getincrementaldecoder("utf-8-sig" if self.strict else "utf-8")(
            "strict" if self.strict else "replace"
        )
        self._json = json_decoder(unique_keys if self.strict else None)

    def next_sign(self) -> str:
        """Give the first character that is no blank, "" at the end; the text begins with it then."""
        while True:
            rest = len(self._text)
            while self._at < rest and self._text[self._at] in _BLANKS:
                self._at += 1
            if self._at < rest:
                return self._text[self._at]
            if not self._read_more():
                return ""

    def take(self, sign: str) -> None:
        """Pass over a sign that must come next."""
        if self.next_sign() != sign:
            raise self.error(f"expecting '{sign}'")
        self._at += 1

    def value(self) -> Any:
        """Read the value that comes next."""
        self.next_sign()
        while True:
            try:
                value, end = self._json.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                near = error.pos > len(self._text) - _LONGEST_WORD or error.msg.startswith("Unterminated")
                if not (near and self._read_more()):
                    raise DocumentError(f"{error.msg}, character {self._before + error.pos:,}") from error
            except RecursionError as error:
                raise DocumentError("nested too deeply") from error
            else:
                # The fraction or exponent of a number may come yet.
                if end < len(self._text) - _LONGEST_GAP or not self._read_more():
                    self._at = end
                    require_shallow(value)
                    return value

    def error(self, what: str) -> DocumentError:
        """Say that something else stands here than must."""
        return DocumentError(f"{what}, character {self._before + self._at:,}")

    def _read_more(self) -> bool:
        """Read on, and drop what is done with; False at the end of the file."""
        if self._ended:
            return False
        held = len(self._text) - self._at
        if held > LARGEST_LINE:
            raise self.error(f"a value of more than {LARGEST_LINE:,} characters")
        # Twice as much each time: a long value is begun again a few times only.
        data = self.file.read(max(_CHUNK, held))
        pending = len(self._utf8.getstate()[0])
        try:
            read = self._utf8.decode(data, final=not data)
        except UnicodeDecodeError as error:
            raise DocumentError(f"no UTF-8 at byte {self._bytes - pending + error.start:,}") from error
        self._ended = not data
        if self._ended and not read:
            return False
        self._bytes += len(data)
        self._before += self._at
        self._text, self._at = self._text[self._at :] + read, 0
        return True
