"""``facebank verify``: a release is hashed again, and its files are held against each other."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 (the command line reads the annotations)

from facebank.console.answers import answer, answer_json
from facebank.reading.believed import not_believed
from facebank.release.array_checks import require_arrays
from facebank.release.checks import require_centroids, require_claims_known, require_frame_counts
from facebank.release.documents import require_form
from facebank.release.manifest import verify_release
from facebank.report.wording import counted

__all__ = ["verify"]

_NOUNS = {"embeddings": "embedding", "label_files": "label file", "claims": "claim", "frames": "frame"}


def verify(release: Path, *, json: bool = False) -> None:
    """Check a release: every byte is as published, every file has its form, and none contradicts another.

    Every centroid is computed again from the embeddings, every label file is held against the number of
    decoded frames, every identity that a variant claims is looked for in the gallery, and the arrays that
    training maps are held against the documents.

    Parameters
    ----------
    release
        The release's folder, or the link `latest`.
    json
        Print JSON and not text.

    Raises
    ------
    DataError
        Naming the file that is missing, extra or changed since the release was published.
    CheckError
        Naming the file that is as published, but is of another form or contradicts another.
    """
    with not_believed(release):
        manifest = verify_release(release)
        for name in manifest.files:
            require_form(release, name)
        checked = {
            "embeddings": require_centroids(release),
            "label_files": require_frame_counts(release),
            "claims": require_claims_known(release),
            "frames": require_arrays(release),
        }
    size = sum(file["bytes"] for file in manifest.files.values())
    if json:
        answer_json({"release": manifest.id, "files": len(manifest.files), "bytes": size, "checked": checked})
        return
    answer(f"release {manifest.id}: {counted(len(manifest.files), 'file')}, {size:,} bytes, all as published")
    said = ", ".join(counted(count, _NOUNS[name]) for name, count in checked.items())
    answer(f"checked against each other: {said} of arrays")
