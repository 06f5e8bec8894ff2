"""What a ``provenance.json`` beside photos says of their licences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from facebank.reading.json_documents import read_json

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["SIDECAR", "licences"]

#: Name of the file that a collector of photos leaves in a person's folder.
SIDECAR = "provenance.json"


def licences(root: Path, sidecars: Iterable[str]) -> dict[str, str]:
    """Read the licence of each photo that a sidecar names.

    A sidecar is an object whose ``kept`` lists photos by ``filename`` with their ``license``. One that is
    something else says nothing: it belongs to the user, and no photo depends on it.

    Parameters
    ----------
    root : Path
        The bank.
    sidecars : iterable of str
        Paths of sidecars relative to the bank.

    Returns
    -------
    dict
        Photo path relative to the bank -> licence.
    """
    found: dict[str, str] = {}
    for sidecar in sidecars:
        folder = sidecar.rpartition("/")[0]
        for entry in _entries(root / sidecar):
            name, licence = entry.get("filename"), entry.get("license")
            if isinstance(name, str) and isinstance(licence, str) and licence:
                found[f"{folder}/{name}"] = licence
    return found


def _entries(path: Path) -> list[dict[str, Any]]:
    """Give the sidecar's list of photos."""
    try:
        document = read_json(path)
    except (OSError, ValueError):
        return []
    kept = document.get("kept") if isinstance(document, dict) else None
    return [entry for entry in kept if isinstance(entry, dict)] if isinstance(kept, list) else []
