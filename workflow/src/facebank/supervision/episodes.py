"""From numbers of a merged data set to episodes and frames, and back to weights of frames."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from facebank.errors import ConfigError, DataError, NotFoundError
from facebank.reading.json_documents import read_json
from facebank.reading.limits import LARGEST_DOCUMENT
from facebank.supervision.layout import NOBODY

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import ArrayLike, NDArray

__all__ = ["Episodes", "frame_weights", "locate_frames", "read_episodes"]

_REMEDY = "Write it anew from the data set that it is for."


@dataclass(frozen=True, slots=True)
class Episodes:
    """Which variant each episode of a merged data set is.

    Attributes
    ----------
    indices : int64 (E,)
        The episodes' own indices, rising.
    variants : int64 (E,)
        The number of each one's variant in the release.
    file : Path
        Where that stands.

    Raises
    ------
    DataError
        If an index is negative or stands twice.
    """

    indices: NDArray[np.int64]
    variants: NDArray[np.int64]
    file: Path

    def __post_init__(self) -> None:
        wrong = np.flatnonzero((self.indices < 0) | (np.diff(self.indices, prepend=-1) <= 0))
        if len(wrong):
            raise DataError(
                "The episode mapping does not number each episode once",
                file=self.file,
                expected="different numbers from 0",
                found=str(self.indices[wrong[0]]),
                remedy=_REMEDY,
            )

    def numbers(self, wanted: NDArray[np.int64]) -> NDArray[np.int64]:
        """Give the numbers of episodes' variants.

        Raises
        ------
        NotFoundError
            If there is no such episode.
        """
        places = np.searchsorted(self.indices, wanted)
        known = places < len(self.indices)
        known[known] = self.indices[places[known]] == wanted[known]
        if not known.all():
            count = len(self.indices)
            exist = f"one of {count}, {self.indices[0]} to {self.indices[-1]}" if count else "none at all"
            raise NotFoundError(
                "The mapping has no such episode",
                file=self.file,
                expected=exist,
                found=str(wanted[~known][0]),
                remedy="Open the release with the episode_mapping of your data set.",
            )
        return self.variants[places]

    def check_lengths(self, lengths: ArrayLike, frames: NDArray[np.int64], names: Sequence[str]) -> None:
        """Insist that episode 0, 1, ... of a data set are as long as their variants.

        Parameters
        ----------
        lengths : int (E,)
            Frames of each episode of the data set.
        frames : int64 (V,)
            Frames of each variant of the release, -1 where they are not known.
        names : sequence of str
            Their names.

        Raises
        ------
        ConfigError
            If they are no whole numbers.
        DataError
            Naming the first episode that differs.
        """
        found = _whole_numbers(lengths, "lengths of episodes")
        if not np.array_equal(self.indices, np.arange(len(found))):
            raise DataError(
                "The episode mapping is not that of the data set",
                file=self.file,
                expected=f"episodes 0 to {len(found) - 1}",
                found=f"{len(self.indices)} episodes",
                remedy="Open the release with the episode_mapping of this data set.",
            )
        known = frames[self.variants]
        wrong = np.flatnonzero((known != found) & (known != NOBODY))
        if len(wrong):
            first = int(wrong[0])
            number = self.variants[first]
            raise DataError(
                f"Episode {first} is not the variant {names[number]!r} that the mapping says",
                file=self.file,
                expected=f"{frames[number]} frames",
                found=f"{found[first]}; {len(wrong)} episodes have another length in all",
                remedy="Open the release with the episode_mapping of this data set.",
            )


def locate_frames(
    index: ArrayLike, dataset_from_index: ArrayLike, *, total_frames: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Turn global frame numbers of a merged data set into episodes and frames.

    Parameters
    ----------
    index : int (B,)
        Global frame numbers, as LeRobot's column ``index``.
    dataset_from_index : int (E,)
        Global number of the first frame of episode 0, 1, ..., as LeRobot's ``meta/episodes`` has it.
    total_frames : int
        Frames of the whole data set.

    Returns
    -------
    episode, frame : int64 (B,)
        The episode's index, and the frame in it from 0.

    Raises
    ------
    ConfigError
        If they are no whole numbers: a float32 does not hold each number of a large data set.
    DataError
        If the first frames do not rise from 0 to `total_frames`.
    NotFoundError
        If a number lies outside the data set.
    """
    numbers = _whole_numbers(index, "global frame numbers")
    starts = _starts(dataset_from_index, total_frames)
    outside = (numbers < 0) | (numbers >= total_frames)
    if outside.any():
        raise NotFoundError(
            "The data set has no such frame",
            expected=f"0 to {total_frames - 1}",
            found=str(numbers[outside].flat[0]),
        )
    episodes = np.searchsorted(starts, numbers, side="right") - 1
    return episodes, numbers - starts[episodes]


def frame_weights(
    episode_weights: ArrayLike, dataset_from_index: ArrayLike, *, total_frames: int
) -> NDArray[np.float32]:
    """Give every frame the weight of its episode: a sampler of a data set draws frames, not episodes.

    Parameters
    ----------
    episode_weights : float (E,)
        One for every episode of the data set.
    dataset_from_index : int (E,)
        As in `locate_frames`.
    total_frames : int
        Frames of the whole data set.

    Returns
    -------
    float32 (total_frames,)
        Weights by global frame number.

    Raises
    ------
    DataError
        If there are not as many weights as episodes, or the first frames do not rise from 0.
    """
    weights = np.asarray(episode_weights, dtype=np.float32)
    starts = _starts(dataset_from_index, total_frames)
    if weights.shape != starts.shape:
        raise DataError(
            "There are not as many weights as episodes",
            expected=str(len(starts)),
            found=str(weights.size),
            remedy="Give every episode a weight, 0 for one that is left out.",
        )
    return np.repeat(weights, np.diff(starts, append=total_frames))


def read_episodes(path: Path, names: Sequence[str]) -> Episodes:
    """Read an episode mapping: which variant each episode of a merged data set is.

    Parameters
    ----------
    path : Path
        JSON with ``episodes``, a list of objects with ``episode_index`` and ``variant_name``.
    names : sequence of str
        The release's variants.

    Returns
    -------
    Episodes
        By their ``episode_index``; the place in the list counts for nothing.

    Raises
    ------
    DataError
        If the file is no mapping, numbers an episode twice, or names a variant that the release does not
        have.
    """
    try:
        rows = read_json(path, largest=LARGEST_DOCUMENT)["episodes"]
        found = [(_whole(row["episode_index"]), str(row["variant_name"])) for row in rows]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            "The file is no episode mapping",
            file=path,
            expected="`episodes` with `episode_index` and `variant_name`",
            found=f"{type(error).__name__}: {error}",
            remedy=_REMEDY,
        ) from error
    known = {name: number for number, name in enumerate(names)}
    strange = next((name for _, name in found if name not in known), None)
    if strange is not None:
        raise DataError(
            "The episode mapping names a variant that the release does not have",
            file=path,
            found=strange,
            remedy="Use the release that was built from the same variants.",
        )
    rising = np.array(sorted((index, known[name]) for index, name in found), dtype=np.int64).reshape(-1, 2)
    return Episodes(rising[:, 0], rising[:, 1], path)


def _whole(number: Any) -> int:
    """Insist on a whole number: JSON may hold true, 1.5 or "1"."""
    if not isinstance(number, int) or isinstance(number, bool):
        raise TypeError(f"{number!r} is no episode index")
    return number


def _whole_numbers(values: ArrayLike, what: str) -> NDArray[np.int64]:
    """Insist on whole numbers: what is cut off a float would lead to another frame."""
    found = np.asarray(values)
    if found.size and found.dtype.kind not in "iu":
        raise ConfigError(f"The {what} are no whole numbers", found=f"{found.dtype} {found.shape}")
    return found.astype(np.int64)


def _starts(dataset_from_index: ArrayLike, total_frames: int) -> NDArray[np.int64]:
    """Give the first frames of episodes, all of them within the data set and none without a frame."""
    starts = _whole_numbers(dataset_from_index, "first frames of episodes")
    if (
        starts.ndim != 1
        or (starts[:1] != 0).any()
        or (np.diff(starts, append=total_frames) <= 0).any()
        or (not len(starts) and total_frames)
    ):
        raise DataError(
            "The first frames of the episodes do not cover the data set",
            expected=f"rising numbers from 0, below {total_frames}",
            found=", ".join(map(str, starts.ravel()[:5])) + (", ..." if starts.size > 5 else ""),  # noqa: PLR2004
            remedy="Take dataset_from_index of all episodes, by rising episode index.",
        )
    return starts
