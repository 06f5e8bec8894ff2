"""``facebank verify``: a release is hashed again, and its files are held against each other."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 (the command line reads the annotations)

from facebank.release.array_checks import require_arrays
from facebank.release.checks import require_centroids, require_claims_known, require_frame_counts
from facebank.release.documents import require_form
from facebank.release.manifest import verify_release
from facebank.report.wording import counted

__all__ = ["verify"]


def verify(release: Path) -> None:
    """Check a release: every byte is as published, every file has its form, and none contradicts another.

    Every centroid is computed again from the embeddings, every label file is held against the number of
    decoded frames, every identity that a variant claims is looked for in the gallery, and the arrays that
    training maps are held against the documents.

    Parameters
    ----------
    release
        The release's folder, or the link `latest`.

    Raises
    ------
    DataError
        Naming the file that is missing, extra or changed since the release was published.
    CheckError
        Naming the file that is as published, but is of another form or contradicts another.
    """
    manifest = verify_release(release)
    for name in manifest.files:
        require_form(release, name)
    checked = (
        counted(require_centroids(release), "embedding"),
        counted(require_frame_counts(release), "label file"),
        counted(require_claims_known(release), "claim"),
        f"{counted(require_arrays(release), 'frame')} of arrays",
    )
    size = sum(file["bytes"] for file in manifest.files.values())
    print(f"release {manifest.id}: {counted(len(manifest.files), 'file')}, {size:,} bytes, all as published")  # noqa: T201 (the answer)
    print(f"checked against each other: {', '.join(checked)}")  # noqa: T201
