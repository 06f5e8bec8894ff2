"""Writes that a reader sees whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = [
    "UNFINISHED",
    "json_text",
    "replacing",
    "require_writable",
    "sweep",
    "sync",
    "write_bytes",
    "write_json",
    "write_json_with",
    "write_text",
]

#: How the names of unfinished files and folders begin. A killed process leaves them; nothing reads them.
UNFINISHED = ".partial."

#: Where they can lie below the results: in the folders of stages, version folders, shards, logs and receipts.
_PLACES = ("*", "*/*", ".shards/*/*/*")


def require_writable(folder: Path) -> Path:
    """Write into a folder, or into the nearest one above it that is there. Nothing stays behind.

    Parameters
    ----------
    folder : Path
        The folder, which need not be there yet.

    Returns
    -------
    Path
        The one that is there.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    place = folder.absolute()
    there = next(path for path in (place, *place.parents) if path.exists())
    with tempfile.TemporaryFile(dir=there):
        return there


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path` that takes its place when the block ends well.

    Parameters
    ----------
    path : Path
        The file to make. Its folder is created. In an unfinished folder it is not flushed to the disk: all
        that lies there is, before the folder takes its place.

    Yields
    ------
    Path
        Where to write. On an error it is removed and `path` stays as it was.
    """
    for_good = not any(part.startswith(UNFINISHED) for part in path.parent.parts)
    path.parent.mkdir(parents=True, exist_ok=True)
    prefix = f"{UNFINISHED}{path.name[:80]}."
    handle, name = tempfile.mkstemp(prefix=prefix, suffix=path.suffix, dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        # mkstemp makes files private; an artifact has the permissions of any new file.
        temporary.chmod(0o666 & ~_umask())
        if for_good:
            sync(temporary)
        temporary.replace(path)
        if for_good:
            sync(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def write_bytes(path: Path, data: bytes) -> None:
    """Write `data` to `path` atomically."""
    with replacing(path) as temporary:
        temporary.write_bytes(data)


def write_text(path: Path, text: str) -> None:
    r"""Write UTF-8 text with ``\n`` line ends to `path` atomically.

    Half a surrogate pair, which a file of others may spell, is written as JSON escapes it.
    """
    write_bytes(path, text.encode(errors="backslashreplace"))


def write_json(path: Path, value: Any, *, indent: int | None = 2) -> None:
    """Write `value` as JSON to `path` atomically, see `json_text`."""
    write_text(path, json_text(value, indent=indent))


def write_json_with(path: Path, members: Mapping[str, Any], last: str, values: Iterable[Any]) -> None:
    """Write an object as compact JSON to `path` atomically, of which the last member is a long list.

    Parameters
    ----------
    path : Path
        The file to make.
    members : mapping
        Its other members, at least one.
    last : str
        Name of the list.
    values : iterable
        The list, one value of which is in memory at one time.
    """
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as file:
        file.write(json_text(members, indent=None).removesuffix("}\n") + f",{json.dumps(last)}:[")
        for number, value in enumerate(values):
            file.write("," * (number > 0) + json_text(value, indent=None).removesuffix("\n"))
        file.write("]}\n")


def json_text(value: Any, *, indent: int | None = 2) -> str:
    """Give JSON text with a newline at its end; ``indent=None`` is the compact form.

    Raises
    ------
    ValueError
        If a number is NaN or infinite: JSON has no such numbers.
    """
    compact = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    if indent is None:
        return compact + "\n"
    if indent == 2 and _written_quickly(value) == compact:  # noqa: PLR2004 - all that it can
        # It spells every number and text of this value in the same way, and indents in a tenth of the time.
        return _written_quickly(value, orjson.OPT_INDENT_2) + "\n"
    return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=indent) + "\n"


def _written_quickly(value: Any, option: int = 0) -> str:
    """Give JSON text by the quicker library, empty where it cannot write a value."""
    try:
        return orjson.dumps(value, option=option).decode()
    except orjson.JSONEncodeError:
        return ""


def sweep(results: Path) -> None:
    """Remove what killed builds left unfinished in a folder of results.

    A process that is still at work on something unfinished loses it and fails: what a killed build left
    running can no longer put anything in place beside a new build.

    Parameters
    ----------
    results : Path
        The folder of all artifacts; the caller holds its lock.
    """
    for place in _PLACES:
        for path in results.glob(f"{place}/{UNFINISHED}*"):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Flush one file or folder to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _umask() -> int:
    """Read the process's umask, which can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
