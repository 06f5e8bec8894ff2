"""Names of runs, times and files in gold reports: the same for the same content, on any machine."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from facebank.artifacts.digests import digest_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

__all__ = ["EPOCH", "instant_of", "latest_time", "printed_input", "printed_output", "run_id_of"]

#: The time of a report whose content bears no time.
EPOCH = "1970-01-01T00:00:00.000Z"

_DIGITS = 12


def run_id_of(rule: str, parameters: Mapping[str, Any], inputs: Iterable[Mapping[str, Any]]) -> str:
    """Derive a run id from what a run reads: 12 hex digits, the same for the same content.

    Parameters
    ----------
    rule : str
        The rule's name.
    parameters : mapping
        Its parameters.
    inputs : iterable of mappings
        What `facebank.artifacts.provenance.describe_inputs` says of the files that it reads; of that, the
        SHA-256 counts.
    """
    content = {"rule": rule, "parameters": dict(parameters), "inputs": [item["sha256"] for item in inputs]}
    return digest_of(content)[:_DIGITS]


def instant_of(text: object) -> datetime | None:
    """Give the instant that an ISO 8601 time names, in UTC, where it says no other zone; None of no time."""
    if not isinstance(text, str):
        return None
    try:
        time = datetime.fromisoformat(text)
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def latest_time(texts: Iterable[object]) -> str:
    """Give the latest of ISO 8601 times, in UTC with milliseconds; what is no time does not count.

    Returns
    -------
    str
        ``2026-02-12T02:06:29.675Z``, or `EPOCH` if there is no time among `texts`.
    """
    times = [time for text in texts if (time := instant_of(text)) is not None]
    if not times:
        return EPOCH
    return max(times).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def printed_input(path: Path, *, compat: bool) -> str:
    """Give the name under which a report prints a file that was read.

    A report belongs to a version folder, whose bytes must not depend on where a checkout lies. So a file
    of a version folder is printed with that folder's name, any other file by its own name. With `compat`
    it is the path from the working directory, as the format had it.
    """
    if compat:
        return _from_here(path)
    return f"{path.parent.name}/{path.name}" if (path.parent / "provenance.json").is_file() else path.name


def printed_output(folder: Path, name: str, *, compat: bool) -> str:
    """Give the name under which a report prints a file of its own version folder."""
    return _from_here(folder / name) if compat else f"{folder.name}/{name}"


def _from_here(path: Path) -> str:
    """Give a path from the working directory, with slashes."""
    return os.path.relpath(path).replace(os.sep, "/")
