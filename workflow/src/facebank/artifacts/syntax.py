"""What a module's source says: its imports and its syntax tree, without what changes no behaviour.

Parsing takes milliseconds a module, and every job asks for a hundred modules. So what was found is kept
where Python keeps the module's bytecode, under the source's digest; losing it costs those milliseconds.

The digests are the same under every Python that the project runs on: a cluster whose nodes have another one
than the machine that submits must find nothing stale. `ast.dump` promises nothing like that.
"""

from __future__ import annotations

import ast
import hashlib
import json
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any

__all__ = ["Syntax", "read_syntax", "syntax_of"]

#: What `syntax_of` finds depends on the source, on Python's own parser, and on this number.
_FORMAT = 2


@dataclass(frozen=True, slots=True)
class Syntax:
    """What the source of a module says.

    Attributes
    ----------
    imports : tuple of str
        What it imports by dotted name; ``from a import b`` may name the module a.b.
    digest : str
        SHA-256 over its syntax tree, without docstrings, comments and positions: 64 hex digits, the same
        under every Python whose grammar knows the source.
    """

    imports: tuple[str, ...]
    digest: str


def read_syntax(file: Path) -> Syntax:
    """Read a module, or what was kept of just this source.

    Parameters
    ----------
    file : Path
        The module's source.
    """
    source = file.read_bytes()
    place = Path(cache_from_source(str(file))).with_suffix(".syntax")
    key = f"{_FORMAT} {sys.version} {hashlib.sha256(source).hexdigest()}"
    kept = _read(place, key)
    if kept is None:
        kept = syntax_of(source)
        _keep(place, key, kept)
    return kept


def syntax_of(source: bytes) -> Syntax:
    """Parse a source.

    Raises
    ------
    SyntaxError
        If it is no Python.
    """
    tree = ast.parse(source)
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and (
            node.body and isinstance(node.body[0], ast.Expr) and isinstance(node.body[0].value, ast.Constant)
        ):
            node.body = node.body[1:]
    return Syntax(tuple(names), _digest(tree))


def _digest(tree: ast.Module) -> str:
    """Digest a syntax tree by the names and contents of its nodes."""
    return hashlib.sha256(json.dumps(_canonical(tree), sort_keys=True).encode()).hexdigest()


def _canonical(found: Any) -> Any:
    """Give a node, or what a field of one holds, as plain lists and texts.

    Fields without content are left out: newer Pythons add such fields to old nodes.
    """
    if isinstance(found, list):
        return [_canonical(item) for item in found]
    if isinstance(found, ast.Constant):
        return ["Constant", type(found.value).__name__, _spelled(found.value)]
    if isinstance(found, ast.JoinedStr):
        return ["JoinedStr", [_canonical(part) for part in _parts(found)]]
    if isinstance(found, ast.AST):
        fields = (
            (name, value) for name, value in ast.iter_fields(found) if value is not None and value != []
        )
        return [type(found).__name__, {name: _canonical(value) for name, value in fields}]
    return found


def _spelled(value: object) -> str:
    """Spell a literal's value, in ASCII: which characters `repr` shows depends on Python's Unicode tables."""
    # Decimal digits of an int are limited, and the limit is a setting.
    return hex(value) if isinstance(value, int) else ascii(value)


def _parts(joined: ast.JoinedStr) -> list[ast.expr]:
    """Give the parts of an f-string without empty texts; Python 3.12 adds one to some formats."""
    return [part for part in joined.values if not (isinstance(part, ast.Constant) and part.value == "")]


def _read(place: Path, key: str) -> Syntax | None:
    """Give what was kept under a key; None where there is nothing, something else, or a damaged file."""
    try:
        checksum, body = place.read_text(encoding="utf-8").split("\n", 1)
    except (OSError, ValueError):
        return None
    if checksum != _checksum(key, body):
        return None
    imports, digest = json.loads(body)
    return Syntax(tuple(imports), digest)


def _keep(place: Path, key: str, syntax: Syntax) -> None:
    """Keep what was found, whole or not at all; where it cannot be written it is found again next time."""
    if sys.dont_write_bytecode:
        return
    body = json.dumps([syntax.imports, syntax.digest])
    with suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=place.parent, prefix=place.name, delete=False
        ) as file:
            file.write(f"{_checksum(key, body)}\n{body}")
        Path(file.name).replace(place)


def _checksum(key: str, body: str) -> str:
    """Tie a body to its key."""
    return hashlib.sha256(f"{key}\n{body}".encode()).hexdigest()
