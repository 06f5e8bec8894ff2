"""Opening the folder ``supervision/`` of a release: its index, and its arrays as memory maps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from facebank.artifacts.digests import sha256_file
from facebank.errors import DataError
from facebank.reading.arrays import map_array
from facebank.reading.json_documents import read_json
from facebank.reading.limits import LARGEST_DOCUMENT
from facebank.supervision.layout import ARRAYS, FOLDER, FORMAT, INDEX, NOBODY, IdentityStatus, Verdict

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["Contents", "read_contents", "require_published"]

#: Lists the SHA-256 of every file of a release.
_MANIFEST = "manifest.json"
_FILES = (INDEX, *(f"{name}.npy" for name in ARRAYS))
_VERIFY = "Check the release with `facebank verify`, and copy it again from where it came."


@dataclass(frozen=True, slots=True)
class Contents:
    """What stands in the folder.

    Attributes
    ----------
    slugs, sources, variants : tuple of str
        The names that the arrays number.
    arrays : dict
        Name in `facebank.supervision.layout.ARRAYS` -> read-only memory map.
    """

    slugs: tuple[str, ...]
    sources: tuple[str, ...]
    variants: tuple[str, ...]
    arrays: dict[str, NDArray[Any]]


def read_contents(release: Path) -> Contents:
    """Read the index and map the arrays.

    Parameters
    ----------
    release : Path
        The release's folder.

    Raises
    ------
    DataError
        If it is no release or an older one, of a newer format, or damaged.
    """
    folder = release / FOLDER
    if not folder.is_dir():
        known = (release / _MANIFEST).is_file()
        raise DataError(
            "The release has no arrays to train with" if known else "This is no release",
            file=release,
            expected=f"a folder {FOLDER}/",
            remedy="It is older than they are: publish it again."
            if known
            else "Name a folder below results/release/.",
        )
    try:
        index = read_json(folder / INDEX, largest=LARGEST_DOCUMENT)
        number = int(index["format"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged(folder / INDEX, f"{type(error).__name__}: {error}") from error
    if number > FORMAT:
        raise DataError(
            "The release comes from a newer facebank",
            file=folder / INDEX,
            expected=f"format {FORMAT} or older",
            found=f"format {number}",
            remedy="Update facebank.",
        )
    try:
        slugs, sources, variants = (tuple(map(str, index[name])) for name in ("slugs", "sources", "variants"))
        sizes = {name: int(size) for name, size in index["sizes"].items()}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _damaged(folder / INDEX, f"{type(error).__name__}: {error}") from error
    for name, listed in (("identities", slugs), ("sources", sources), ("variants", variants)):
        if sizes.get(name) != len(listed):
            raise _damaged(folder / INDEX, f"{len(listed)} {name} for {sizes.get(name)}")
    arrays = {name: _mapped(folder, name, sizes) for name in ARRAYS}
    _require_ranges(folder, arrays, sizes)
    return Contents(slugs, sources, variants, arrays)


def require_published(release: Path) -> None:
    """Insist that what training reads is as it was published, to the last byte.

    In a copy that did not end, or that was laid over another release, arrays of the right sizes may number
    the persons and variants of another index.

    Parameters
    ----------
    release : Path
        The release's folder, with every file that `read_contents` reads.

    Raises
    ------
    DataError
        If its manifest is missing or cannot be read, or naming the first file that is another than it lists.
    """
    path = release / _MANIFEST
    try:
        files = read_json(path, largest=LARGEST_DOCUMENT)["files"]
        listed = {name: files[name]["sha256"] for name in (f"{FOLDER}/{it}" for it in _FILES)}
    except FileNotFoundError as error:
        raise DataError(
            "Nothing tells whether the release is whole",
            file=release,
            expected=f"{_MANIFEST} beside {FOLDER}/",
            found="none, as in a copy that did not end",
            remedy=_VERIFY,
        ) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged(path, f"{type(error).__name__}: {error}") from error
    for name, expected in listed.items():
        found = sha256_file(release / name)
        if found != expected:
            raise _damaged(release / name, f"SHA-256 {found}", f"SHA-256 {expected}, as it was published")


def _mapped(folder: Path, name: str, sizes: dict[str, int]) -> NDArray[Any]:
    """Map one array and compare it with what the index says."""
    path = folder / f"{name}.npy"
    kind, axes = ARRAYS[name]
    try:
        array = map_array(path)
        expected = tuple(axis if isinstance(axis, int) else sizes[axis] for axis in axes)
    except (OSError, ValueError, KeyError) as error:
        raise _damaged(path, f"{type(error).__name__}: {error}") from error
    if (array.dtype.str, array.shape) != (kind, expected):
        raise _damaged(path, f"{array.dtype.str} {array.shape}", f"{kind} {expected}")
    return array


def _require_ranges(folder: Path, arrays: dict[str, NDArray[Any]], sizes: dict[str, int]) -> None:
    """Insist that what numbers something numbers what is there; arrays by frame are not read for it."""
    stops = arrays["source_offsets"] + arrays["source_frames"]
    numbers = {
        "identity_status": (arrays["identity_status"], 0, len(IdentityStatus)),
        "source_offsets": (arrays["source_offsets"], 0, sizes["frames"] + 1),
        "source_frames": (arrays["source_frames"], 0, sizes["frames"] + 1),
        "source_offsets and source_frames": (stops, 0, sizes["frames"] + 1),
        "variant_sources": (arrays["variant_sources"], NOBODY, sizes["sources"]),
        "claims": (arrays["claims"], NOBODY, sizes["identities"]),
        "target_slots": (arrays["target_slots"], NOBODY, sizes["slots"]),
        "verdicts": (arrays["verdicts"], 0, len(Verdict)),
        "episodes": (arrays["episodes"][:, 1], 0, sizes["variants"]),
    }
    for name, (array, low, end) in numbers.items():
        if array.size and not (array.min() >= low and array.max() < end):
            found = f"{array.min()} to {array.max()} in {name}"
            raise _damaged(folder, found, f"numbers from {low} to {end - 1}")


def _damaged(path: Path, found: str, expected: str | None = None) -> DataError:
    """Give the error of a file that is not as it was written."""
    return DataError(
        "A file of the release cannot be used", file=path, expected=expected, found=found, remedy=_VERIFY
    )
