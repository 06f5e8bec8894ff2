"""The limits that a config sets, and what a build has to say to each."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from facebank.errors import ConfigError
from facebank.report.folders import rows
from facebank.report.gold_rows import rejected_gold, rejected_gold_share
from facebank.report.numbers import BY_WISH, gather_numbers, rejected_photos
from facebank.report.validation import misses
from facebank.shown import shown

if TYPE_CHECKING:
    from facebank.report.folders import Folders
    from facebank.report.numbers import Numbers

__all__ = ["Limits", "Measure", "measure"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of a config; None is no limit.

    Attributes
    ----------
    max_rejected : float or None
        Largest share of photos that may be rejected.
    max_broken : int or None
        How many identities may be broken, the same person as another, or empty: none can be relied on.
    min_top1 : float or None
        Smallest leave-one-out top-1 recall.
    max_mismatches : int or None
        How many slots of variants may show another person than claimed.
    max_out_of_step : int or None
        How many variants may show other moments than the video of their labels.
    max_rejected_gold : float or None
        Largest share of the labels, or of the predictions, that may be rejected.
    """

    max_rejected: float | None = None
    max_broken: int | None = None
    min_top1: float | None = None
    max_mismatches: int | None = None
    max_out_of_step: int | None = None
    max_rejected_gold: float | None = None

    def document(self) -> dict[str, Any]:
        """Give the limits as plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Measure:
    """One limit and what was found.

    Attributes
    ----------
    key : str
        The config's name of the limit.
    limit : float
        Its value.
    found : float
        What the build has.
    holds : bool
        Whether `found` keeps it.
    culprits : tuple of str
        What to look at, a line each.
    """

    key: str
    limit: float
    found: float
    holds: bool
    culprits: tuple[str, ...]

    def complaint(self) -> str:
        """Say what is wrong, and list the culprits."""
        head = f"{self.key}: the limit is {self.limit:g}, found {self.found:.6g}"
        return "\n".join([head, *(f"  {shown(culprit)}" for culprit in self.culprits)])

    def document(self) -> dict[str, float]:
        """Give limit and finding as plain values."""
        return {"limit": self.limit, "found": self.found}


def measure(limits: Limits, folders: Folders) -> list[Measure]:
    """Hold a build against the limits that are set.

    Parameters
    ----------
    limits : Limits
        The limits.
    folders : Folders
        The version folders of the build.

    Returns
    -------
    list of Measure
        One for each limit that is set, whether it holds or not.

    Raises
    ------
    ConfigError
        If a limit is set on a stage that the build does not have.
    """
    numbers = gather_numbers(folders)
    found = (
        _at_most("bank.max_rejected", limits.max_rejected, numbers.rejected_share, _rejected_photos(folders)),
        _at_most(
            "gallery.max_broken",
            limits.max_broken,
            None if numbers.broken is None else len(_useless(numbers)),
            _useless(numbers),
        ),
        _top1(limits.min_top1, numbers, folders),
        _at_most("audit.max_mismatches", limits.max_mismatches, numbers.mismatches, _mismatches(folders)),
        _at_most(
            "audit.max_out_of_step",
            limits.max_out_of_step,
            None if numbers.out_of_step is None else len(numbers.out_of_step),
            list(numbers.out_of_step or ()),
        ),
        _at_most(
            "gold.max_rejected",
            limits.max_rejected_gold,
            rejected_gold_share(folders),
            rejected_gold(folders),
        ),
    )
    return [it for it in found if it is not None]


def _at_most(key: str, limit: float | None, found: float | None, culprits: list[str]) -> Measure | None:
    """Measure against an upper limit."""
    if limit is None:
        return None
    return Measure(key, limit, _required(key, found), _required(key, found) <= limit, tuple(culprits))


def _top1(limit: float | None, numbers: Numbers, folders: Folders) -> Measure | None:
    """Measure the recall against its lower limit; without a query nothing is proved."""
    if limit is None:
        return None
    found = 0.0 if numbers.queries == 0 else _required("validation.min_top1", numbers.top1)
    culprits = [
        f"{row['photo']} ({row['identity']}) looks more like {row['top1']}"
        for row in misses(folders.validation)
    ]
    return Measure("validation.min_top1", limit, found, found >= limit, tuple(culprits))


def _required(key: str, found: float | None) -> float:
    """Insist on a finding."""
    if found is None:
        raise ConfigError(
            f"The limit {key} is set on a stage that the config does not build",
            remedy=f"Set {key} to null, or add the section that it is about.",
        )
    return found


def _useless(numbers: Numbers) -> list[str]:
    """List the identities without a centroid to rely on."""
    return [
        *(numbers.broken or ()),
        *(f"{slug} (its photos show the same person as another's)" for slug in numbers.same_person or ()),
        *(f"{slug} (none of its photos can be used)" for slug in numbers.empty or ()),
    ]


def _rejected_photos(folders: Folders) -> list[str]:
    """List the rejected photos with their reasons."""
    found = [row for row in rejected_photos(folders) if row["reason"] not in BY_WISH]
    return sorted(f"{row['file']} ({row['reason']})" for row in found)


def _mismatches(folders: Folders) -> list[str]:
    """List the slots that show another person than claimed."""
    return [
        f"{row['variant']} slot {row['slot']}: claims {row['claimed']}, shows {row['shown']}"
        for row in rows(folders.audit, "exclusions.tsv")
    ]
