"""Which release a config published."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facebank.artifacts.atomic import write_json
from facebank.artifacts.code import stage_digest, stage_modules
from facebank.artifacts.digests import sha256_file
from facebank.artifacts.provenance import describe_inputs
from facebank.errors import DataError
from facebank.reading.json_documents import read_json
from facebank.release.manifest import MANIFEST

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["published_release", "write_receipt"]


def write_receipt(
    receipt: Path, release: Path, folders: Mapping[str, Path] | None = None, *, contents: str = ""
) -> None:
    """Note which release was published; written last, it says that all of it stands.

    Parameters
    ----------
    receipt : Path
        The file to make.
    release : Path
        The release.
    folders : mapping, optional
        Name -> version folder that was read. Once one of them, or the code, is another, the receipt is stale.
    contents : str
        Digest of what the release says of the workflow itself; the same counts for it.
    """
    document = {
        "release": release.name,
        "manifest_sha256": sha256_file(release / MANIFEST),
        "code": stage_digest("publish_release"),
        "modules": stage_modules("publish_release"),
        "contents": contents or None,
        "inputs": describe_inputs(folders or {}),
    }
    write_json(receipt, document)


def published_release(receipt: Path, releases: Path) -> Path | None:
    """Give the release that a receipt names, or None where none was published.

    Raises
    ------
    DataError
        If the receipt is there but cannot be read.
    """
    if not receipt.is_file():
        return None
    try:
        return releases / str(read_json(receipt)["release"])
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(
            "The receipt of the release cannot be read",
            file=receipt,
            found=str(error),
            remedy="Remove it and build the target `release` again.",
        ) from error
