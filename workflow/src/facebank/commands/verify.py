"""``facebank verify``: a release is hashed again."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 (the command line reads the annotations)

from facebank.release.manifest import verify_release
from facebank.report.wording import counted

__all__ = ["verify"]


def verify(release: Path) -> None:
    """Hash a release again and compare it with its manifest.

    Parameters
    ----------
    release
        The release's folder, or the link `latest`.

    Raises
    ------
    DataError
        Naming the file that is missing, extra or changed.
    """
    manifest = verify_release(release)
    size = sum(file["bytes"] for file in manifest.files.values())
    print(f"release {manifest.id}: {counted(len(manifest.files), 'file')}, {size:,} bytes, all as published")  # noqa: T201 (the answer)
