"""Cross-check of a release's arrays: training must be given what the documents say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from facebank.artifacts.tables import read_parquet
from facebank.errors import CheckError, FacebankError
from facebank.release.documents import CelebEmbeddings, FaceLabels
from facebank.supervision.layout import FOLDER, IdentityStatus, SlotStatus
from facebank.supervision.reading import read_contents

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any, NoReturn

    from numpy.typing import NDArray

    from facebank.supervision.reading import Contents

__all__ = ["require_arrays"]


def require_arrays(release: Path) -> int:
    """Insist that the arrays hold the centroids, labels and exclusions that the documents hold.

    Parameters
    ----------
    release : Path
        The release, whose files have the form of `facebank.release.documents`. One without arrays has nothing
        to check.

    Returns
    -------
    int
        The number of labelled frames.

    Raises
    ------
    CheckError
        If the arrays cannot be read, or naming the first person, source or slot that differs.
    """
    if not (release / FOLDER).is_dir():
        return 0
    try:
        contents = read_contents(release)
    except FacebankError as error:
        raise CheckError(str(error).removesuffix(".")) from error
    _require_centroids(release, contents)
    _require_exclusions(release, contents)
    found = sorted(path.name.removesuffix(".face_labels.json") for path in release.glob("face_labels/*.json"))
    if found != sorted(contents.sources):
        _fail(release, f"the sources of face_labels/, {len(found)}", f"{len(contents.sources)} others")
    for number, source in enumerate(contents.sources):
        _require_labels(release, contents, number, source)
    return int(contents.arrays["source_frames"].sum())


def _require_centroids(release: Path, contents: Contents) -> None:
    """Compare every centroid, and who has none."""
    path = release / "celeb_embeddings.json"
    celebs = CelebEmbeddings.model_validate_json(path.read_bytes()).celebs if path.is_file() else {}
    status = contents.arrays["identity_status"]
    for number, slug in enumerate(contents.slugs):
        written = celebs[slug].centroid if slug in celebs else None
        if (written is None) != (status[number] > IdentityStatus.BROKEN):
            _fail(release, f"a centroid of '{slug}' where celeb_embeddings.json has one", "another")
        row = contents.arrays["centroids"][number]
        if not np.array_equal(row, np.asarray(written or np.zeros_like(row), dtype=np.float32)):
            _fail(release, f"the centroid of '{slug}' in celeb_embeddings.json", "another")
    missing = sorted(celebs.keys() - set(contents.slugs))
    if missing:
        _fail(release, f"'{missing[0]}' of celeb_embeddings.json", "nobody of that name")


def _require_exclusions(release: Path, contents: Contents) -> None:
    """Compare every excluded slot of a variant."""
    path = release / "audit" / "verdicts.parquet"
    rows: list[dict[str, Any]] = read_parquet(path).to_pylist() if path.is_file() else []
    known = {name: number for number, name in enumerate(contents.variants)}
    told = {(known.get(row["variant"], -1), row["slot"]) for row in rows if row["excluded"]}
    found = {(int(variant), int(slot)) for variant, slot in np.argwhere(contents.arrays["excluded"])}
    if told != found:
        _fail(release, f"the {len(told)} excluded slots of audit/verdicts.parquet", f"others, {len(found)}")


def _require_labels(release: Path, contents: Contents, number: int, source: str) -> None:
    """Compare all frames of a source."""
    path = release / "face_labels" / f"{source}.face_labels.json"
    labels = FaceLabels.model_validate_json(path.read_bytes())
    arrays = contents.arrays
    start, count = int(arrays["source_offsets"][number]), int(arrays["source_frames"][number])
    if (labels.image_width, labels.image_height) != tuple(arrays["source_sizes"][number].tolist()):
        _fail(release, f"the frame size of {path.name}", "another")
    slots = [slot for frame in labels.frames for slot in frame.slots]
    written: dict[str, NDArray[Any]] = {
        "boxes": np.array([slot.box or [0.0] * 4 for slot in slots], dtype=np.float32),
        "confidence": np.array([slot.confidence for slot in slots], dtype=np.float32),
        "status": np.array([SlotStatus[slot.status.upper()] for slot in slots], dtype=np.uint8),
    }
    for name, values in written.items():
        kept = arrays[name][start : start + count]
        if kept.size != values.size or not np.array_equal(kept, values.reshape(kept.shape)):
            _fail(release, f"the {name} of {path.name}", "others")


def _fail(release: Path, expected: str, found: str) -> NoReturn:
    raise CheckError(
        "The release contradicts itself",
        file=release / FOLDER,
        expected=expected,
        found=found,
        remedy="Build the release anew; if that does not help, report it.",
    )
