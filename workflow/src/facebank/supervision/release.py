"""An opened release: centroids, labels and claims by name, and joined by frame."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from facebank.errors import ConfigError, DataError, NotFoundError
from facebank.supervision.acceptance import Acceptance, accepted_slots, unexcluded_targets
from facebank.supervision.episodes import Episodes, read_episodes
from facebank.supervision.layout import FOLDER, NOBODY, IdentityStatus, SlotStatus
from facebank.supervision.names import Names
from facebank.supervision.reading import read_contents, require_published
from facebank.supervision.records import Labels, Supervision

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from facebank.supervision.geometry import Geometry
    from facebank.supervision.reading import Contents

__all__ = ["Release"]

#: Numbers that a status can have in a file; one that means nothing is accepted by nobody.
_CODES = 256


class Release:
    """A release as a training loop reads it; `Release.open` makes one.

    All arrays are maps of the release's files: processes that open the same release share one copy of it, and
    a worker that gets one opens it again by its path.

    Attributes
    ----------
    path : Path
        The release's folder. A link such as ``latest`` was followed when it was opened, so workers that start
        later read the same release.
    acceptance : Acceptance
        Which labels are valid.
    """

    def __init__(
        self,
        path: Path,
        contents: Contents,
        acceptance: Acceptance,
        episodes: Episodes,
        episode_mapping: Path | None,
    ) -> None:
        self.path = path
        self.acceptance = acceptance
        self._episodes = episodes
        self._episode_mapping = episode_mapping
        self._people = Names("person", contents.slugs, path)
        self._sources = Names("source", contents.sources, path)
        self._variants = Names("variant", contents.variants, path)
        self._arrays = arrays = contents.arrays
        self._boxes, self._status, self._confidence = (
            arrays[name] for name in ("boxes", "status", "confidence")
        )
        self._centroids, self._claims, self._frames = (
            arrays[name] for name in ("centroids", "claims", "variant_frames")
        )
        self._status_counts = np.isin(np.arange(_CODES), list(acceptance.statuses))
        self._slot_counts = accepted_slots(arrays, acceptance)
        self._targets = unexcluded_targets(arrays)

    @classmethod
    def open(
        cls,
        path: Path | str,
        *,
        acceptance: Acceptance | None = None,
        episode_mapping: Path | str | None = None,
    ) -> Release:
        """Open a release.

        Parameters
        ----------
        path : Path or str
            Its folder, such as ``results/release/latest``.
        acceptance : Acceptance, optional
            Which labels are valid.
        episode_mapping : Path or str, optional
            Which variant each episode of your merged data set is, where that was not merged in the order of
            the release's own ``audit/episode_mapping.json``.

        Raises
        ------
        DataError
            If it is no release, of a newer format, damaged or copied in part, or the mapping does not fit it.
        """
        folder = Path(path).resolve()
        contents = read_contents(folder)
        require_published(folder)
        if episode_mapping is None:
            mapping = None
            indices, variants = contents.arrays["episodes"].T
            episodes = Episodes(indices, variants, folder / FOLDER / "episodes.npy")
        else:
            mapping = Path(episode_mapping).resolve()
            episodes = read_episodes(mapping, contents.variants)
        return cls(folder, contents, acceptance or Acceptance(), episodes, mapping)

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel to a worker as a path: the arrays are mapped there, not copied."""
        return (_reopened, (self.path, self.acceptance, self._episode_mapping))

    @property
    def slugs(self) -> tuple[str, ...]:
        """The persons who have a centroid, in the order of ``celeb_embeddings.json``."""
        return tuple(slug for row, slug in enumerate(self._people.names) if self._has_centroid(row))

    @property
    def sources(self) -> tuple[str, ...]:
        """The labelled sources."""
        return self._sources.names

    @property
    def variants(self) -> tuple[str, ...]:
        """The variants, sorted, those among them whose video was rejected."""
        return self._variants.names

    @property
    def slots(self) -> int:
        """Number N of slots."""
        return int(self._claims.shape[1])

    @property
    def dimension(self) -> int:
        """Length D of a centroid."""
        return int(self._centroids.shape[1])

    @property
    def episodes(self) -> NDArray[np.int64]:
        """The known episode indices, rising."""
        return self._episodes.indices

    @property
    def episode_lengths(self) -> NDArray[np.int64]:
        """Frames of the variant that each known episode is, int64 (E,); -1 where its video was rejected."""
        lengths: NDArray[np.int64] = self._frames[self._episodes.variants]
        return lengths

    def centroid(self, slug: str) -> NDArray[np.float32]:
        """Give a person's centroid.

        Returns
        -------
        float32 (D,)
            Of unit length; read-only.

        Raises
        ------
        NotFoundError
            If the release does not have the person, or the person has no centroid.
        """
        row = self._people.number(slug)
        if not self._has_centroid(row):
            why = IdentityStatus(int(self._arrays["identity_status"][row])).name
            raise NotFoundError(
                f"{slug!r} has no centroid", file=self.path, found=why.lower().replace("_", " ")
            )
        centroid: NDArray[np.float32] = self._centroids[row]
        return centroid

    def labels(self, source: str) -> Labels:
        """Give the labels of a source in all its F frames.

        Raises
        ------
        NotFoundError
            If the release has no labels of it.
        """
        row = self._sources.number(source)
        start = int(self._arrays["source_offsets"][row])
        return self._labels(row, slice(start, start + int(self._arrays["source_frames"][row])))

    def frame(self, source: str, idx: int) -> Labels:
        """Give the labels of a source in one frame.

        Raises
        ------
        NotFoundError
            If the release has no labels of it, or it has no such frame.
        """
        row = self._sources.number(source)
        frames = int(self._arrays["source_frames"][row])
        if not 0 <= idx < frames:
            raise _no_frame(source, idx, frames, self.path)
        return self._labels(row, int(self._arrays["source_offsets"][row]) + idx)

    def claims(self, variant: str) -> tuple[str, ...]:
        """Give who is claimed to be in each slot of a variant, from the camera's left; "" for nobody.

        Raises
        ------
        NotFoundError
            If the release does not have the variant.
        """
        row = self._variants.number(variant)
        return tuple("" if person == NOBODY else self._people.names[person] for person in self._claims[row])

    def variant(self, episode: int) -> str:
        """Give the variant that an episode is.

        Raises
        ------
        NotFoundError
            If the mapping has no such episode.
        """
        return self.variants[int(self._numbers([episode])[0])]

    def frames(self, variant: str | int) -> int:
        """Give how many frames a variant, or an episode, has in its own video.

        Raises
        ------
        NotFoundError
            If the release does not have it, or its video was rejected.
        """
        frames = int(self._frames[self._numbers([variant])[0]])
        if frames == NOBODY:
            raise NotFoundError(
                f"The length of {variant!r} is not known",
                file=self.path,
                found="a video that was rejected, see tables/inventory_sources/rejected.tsv",
            )
        return frames

    def check_lengths(self, lengths: ArrayLike) -> None:
        """Insist that a merged data set's episodes are as long as the variants that they are said to be.

        Parameters
        ----------
        lengths : int (E,)
            Frames of episode 0, 1, ...

        Raises
        ------
        DataError
            Naming the first episode that differs: a data set merged in another order would be mislabelled
            whole.
        """
        self._episodes.check_lengths(lengths, self._frames, self.variants)

    def join(self, variant: str | int, frame: int, *, geometry: Geometry | None = None) -> Supervision:
        """Give the supervision of one frame.

        Parameters
        ----------
        variant : str or int
            A variant's name, or the index of an episode.
        frame : int
            Frame of its video, from 0.
        geometry : Geometry, optional
            How the model sees frames: patch masks are given, and a box that touches no patch is not valid.

        Returns
        -------
        Supervision
            Without a batch axis.

        Raises
        ------
        NotFoundError, ConfigError, DataError
            As `join_batch`.
        """
        return self.join_batch([variant], [frame], geometry=geometry)[0]

    def join_batch(
        self, variants: Sequence[str] | ArrayLike, frames: ArrayLike, *, geometry: Geometry | None = None
    ) -> Supervision:
        """Give the supervision of B frames.

        Parameters
        ----------
        variants : sequence of str, or int (B,)
            Variants' names, or indices of episodes.
        frames : int (B,)
            Frames of their videos, from 0.
        geometry : Geometry, optional
            How the model sees frames.

        Returns
        -------
        Supervision
            With a batch axis. A frame of the variant's own video that no labels serve, because the video was
            rejected, or neither its source nor itself was labelled, is `SlotStatus.UNLABELLED` and not valid.

        Raises
        ------
        NotFoundError
            If the release has no such variant or episode, or that has no such frame.
        ConfigError
            If variants are neither names nor whole numbers, or frames no whole numbers, one for each.
        DataError
            If the geometry is not for the source's frames.
        """
        numbers, wanted = self._numbers(variants), np.asarray(frames)
        if (wanted.size and wanted.dtype.kind not in "iu") or wanted.shape != numbers.shape:
            raise ConfigError(
                "Each variant of a batch needs one frame",
                expected=f"{len(numbers)} whole numbers",
                found=f"{wanted.dtype} {wanted.shape}",
            )
        return self._join(numbers, wanted.astype(np.int64), geometry)

    def _join(
        self, variants: NDArray[np.int64], frames: NDArray[np.int64], geometry: Geometry | None
    ) -> Supervision:
        """Join by numbers of variants."""
        lengths = self._frames[variants]
        outside = (frames < 0) | ((frames >= lengths) & (lengths != NOBODY))
        if outside.any():
            row = outside.argmax()
            raise _no_frame(self.variants[variants[row]], int(frames[row]), int(lengths[row]), self.path)
        arrays, slots = self._arrays, self.slots
        sources = arrays["variant_sources"][variants]
        labelled = sources != NOBODY
        labelled[labelled] = frames[labelled] < arrays["source_frames"][sources[labelled]]
        rows = arrays["source_offsets"][sources[labelled]] + frames[labelled]
        boxes = np.zeros((len(variants), slots, 4), dtype=np.float32)
        status = np.full((len(variants), slots), SlotStatus.UNLABELLED, dtype=np.uint8)
        confidence = np.zeros((len(variants), slots), dtype=np.float32)
        boxes[labelled], status[labelled] = self._boxes[rows], self._status[rows]
        confidence[labelled] = self._confidence[rows]
        valid = self._slot_counts[variants] & self._status_counts[status]
        valid &= confidence >= self.acceptance.min_confidence
        valid &= (boxes[..., 2] > boxes[..., 0]) & (boxes[..., 3] > boxes[..., 1])
        masks = None
        if geometry is not None:
            # Of a variant that training never gets, the frames may be of any size.
            self._require_frames_of(geometry, sources[labelled & self._slot_counts[variants].any(axis=1)])
            masks = geometry.masks(boxes)
            valid &= masks.any(axis=-1)
            masks &= valid[..., None]
        targets = np.zeros((len(variants), slots, self.dimension), dtype=np.float32)
        targets[valid] = self._centroids[self._claims[variants][valid]]
        return Supervision(boxes, status, confidence, valid, targets, self._targets[variants], masks)

    def _numbers(self, variants: Sequence[str | int] | ArrayLike) -> NDArray[np.int64]:
        """Give the rows of variants that are named, or that are episodes."""
        wanted = np.asarray(variants)
        if wanted.ndim == 1 and wanted.dtype.kind == "U":
            rows = [self._variants.number(str(name)) for name in wanted]
            return np.array(rows, dtype=np.int64)
        if wanted.ndim != 1 or (wanted.size and wanted.dtype.kind not in "iu"):
            raise ConfigError(
                "A batch is by variant or by episode",
                expected="names of variants, or whole numbers of episodes",
                found=f"{wanted.dtype} {wanted.shape}",
            )
        return self._episodes.numbers(wanted.astype(np.int64))

    def _labels(self, source: int, rows: slice | int) -> Labels:
        """Give some rows of a source as labels."""
        width, height = self._arrays["source_sizes"][source].tolist()
        return Labels(width, height, self._boxes[rows], self._status[rows], self._confidence[rows])

    def _require_frames_of(self, geometry: Geometry, sources: NDArray[np.int32]) -> None:
        """Insist that a geometry is for the frames of all sources."""
        expected = (geometry.frame_width, geometry.frame_height)
        wrong = (self._arrays["source_sizes"][sources] != expected).any(axis=1)
        if wrong.any():
            source = sources[wrong][0]
            width, height = self._arrays["source_sizes"][source].tolist()
            raise DataError(
                "The geometry is for frames of another size",
                file=self.sources[source],
                expected=f"{expected[0]}x{expected[1]}",
                found=f"{width}x{height}",
                remedy="Describe the model's preprocessing of such frames with resize_with_pad. Where only"
                " some variants have them, join these apart or exclude them (audit.exclude).",
            )

    def _has_centroid(self, row: int) -> bool:
        """Whether an identity has a centroid."""
        return bool(self._arrays["identity_status"][row] <= IdentityStatus.BROKEN)


def _reopened(path: Path, acceptance: Acceptance, episode_mapping: Path | None) -> Release:
    """Open a release in another process."""
    return Release.open(path, acceptance=acceptance, episode_mapping=episode_mapping)


def _no_frame(name: str, frame: int, frames: int, path: Path) -> NotFoundError:
    """Give the error of a frame that does not exist."""
    return NotFoundError(f"{name!r} has no frame {frame}", file=path, found=f"frames 0 to {frames - 1}")
