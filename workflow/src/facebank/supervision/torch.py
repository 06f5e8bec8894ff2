"""Supervision as PyTorch tensors; PyTorch is imported when the first tensor is made.

Install it with the extra ``facebank[torch]``, or use the one of your training environment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from facebank.errors import ConfigError, DataError
from facebank.supervision.records import Supervision, stack

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike

    from facebank.supervision.geometry import Geometry
    from facebank.supervision.release import Release

__all__ = ["SupervisionDataset", "collate", "supervise"]


class SupervisionDataset:
    """The frames of a release's episodes, as a map-style data set.

    It has what `torch.utils.data.DataLoader` asks for, with `collate` as its ``collate_fn``. Item i is frame
    i of the merged data set, so it stands beside a data set of pictures with the same numbers. Where that was
    opened with some of its episodes alone its items have other numbers: `supervise` joins those by episode
    and frame. Workers share the release's memory.

    Parameters
    ----------
    release : Release
        Its episodes are read.
    geometry : Geometry, optional
        How the model sees frames: masks are given.
    lengths : int (E,), optional
        Frames of episode 0, 1, ... of the merged data set, to be checked and used.

    Raises
    ------
    DataError
        If the lengths are others than the release's, or not known: a video was rejected.
    """

    def __init__(
        self, release: Release, *, geometry: Geometry | None = None, lengths: ArrayLike | None = None
    ) -> None:
        if lengths is not None:
            release.check_lengths(lengths)
        known = release.episode_lengths if lengths is None else np.asarray(lengths, dtype=np.int64)
        if (known < 0).any():
            raise DataError(
                "The length of an episode is not known",
                file=release.path,
                found=f"a rejected video, {release.variant(int(release.episodes[known < 0][0]))!r}",
                remedy="Give the lengths of your data set's episodes.",
            )
        self.release = release
        self.geometry = geometry
        self._ends = np.cumsum(known)

    def __len__(self) -> int:
        """Give the number of frames of all episodes."""
        return int(self._ends[-1]) if len(self._ends) else 0

    def __getitem__(self, item: int) -> Supervision:
        """Give the supervision of one frame, see `facebank.supervision.Release.join`."""
        return self.__getitems__([item])[0]

    def __getitems__(self, items: Sequence[int]) -> list[Supervision]:
        """Give the supervision of a batch of frames, joined at once.

        Raises
        ------
        IndexError
            If there is no such frame.
        """
        wanted = np.asarray(items, dtype=np.int64)
        if ((wanted < 0) | (wanted >= len(self))).any():
            raise IndexError(f"no such item among {items}; there are {len(self)}")
        places = np.searchsorted(self._ends, wanted, side="right")
        starts = np.concatenate([[0], self._ends])[places]
        batch = self.release.join_batch(
            self.release.episodes[places], wanted - starts, geometry=self.geometry
        )
        return [batch[row] for row in range(len(wanted))]


def collate(samples: Sequence[Supervision]) -> dict[str, Any]:
    """Make tensors of some frames' supervision.

    Parameters
    ----------
    samples : sequence of Supervision
        B of them, all of one release and geometry.

    Returns
    -------
    dict of Tensor
        Name of a field of `Supervision` -> tensor with a batch axis; ``masks`` only with a geometry.

    Raises
    ------
    ConfigError
        If PyTorch is not installed.
    """
    return _tensors(stack(samples))


def supervise(
    batch: Mapping[str, Any], release: Release, *, geometry: Geometry | None = None, device: Any = None
) -> dict[str, Any]:
    """Give the supervision of a batch that a LeRobot data loader made.

    Parameters
    ----------
    batch : mapping
        With ``episode_index`` and ``frame_index``, int tensors of shape (B,) or (B, 1).
    release : Release
        Opened with the episode mapping of that data set.
    geometry : Geometry, optional
        How the model sees frames.
    device : torch.device or str, optional
        Where the tensors go.

    Returns
    -------
    dict of Tensor
        As `collate`.

    Raises
    ------
    ConfigError
        If PyTorch is not installed.
    DataError, NotFoundError
        As `facebank.supervision.Release.join_batch`.
    """
    episodes, frames = (
        np.asarray(batch[name].detach().cpu().numpy()).reshape(-1)
        for name in ("episode_index", "frame_index")
    )
    return _tensors(release.join_batch(episodes, frames, geometry=geometry), device)


def _tensors(supervision: Supervision, device: Any = None) -> dict[str, Any]:
    """Make tensors of a batch's fields."""
    try:
        import torch
    except ImportError as error:
        raise ConfigError(
            "PyTorch is not installed", remedy="Install it, for instance with pip install 'facebank[torch]'."
        ) from error
    return {name: torch.from_numpy(array).to(device=device) for name, array in supervision.arrays().items()}
