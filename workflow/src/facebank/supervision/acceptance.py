"""Which labels are valid, and what can never be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from facebank.errors import ConfigError
from facebank.supervision.layout import NOBODY, IdentityStatus, SlotStatus, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

__all__ = ["Acceptance", "accepted_slots", "unexcluded_targets"]

_WITH_BOX = frozenset({SlotStatus.DETECTED, SlotStatus.INTERPOLATED, SlotStatus.HELD})


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Which labels are valid. Excluded slots never are, whatever stands here.

    Attributes
    ----------
    statuses : frozenset of SlotStatus
        Held boxes count by default: a build makes none unless its config says for how long they stand.
    verdicts : frozenset of Verdict
        Everything but a mismatch counts by default: a slot that the audit could not prove is no wrong one.
        With `Verdict.CONFIRMED` alone, only slots that were seen to be right do.
    min_confidence : float
        Least confidence of a box.
    broken_centroids : bool
        Whether the centroid of a person whose photos do not show one person, or show somebody who has
        another name too, is a target.

    Raises
    ------
    ConfigError
        If a status has no box, a mismatch is accepted, or a value means nothing.
    """

    statuses: frozenset[SlotStatus] = _WITH_BOX
    verdicts: frozenset[Verdict] = frozenset(Verdict) - {Verdict.MISMATCH}
    min_confidence: float = 0.0
    broken_centroids: bool = False

    def __post_init__(self) -> None:
        strange = [*(set(self.statuses) - set(SlotStatus)), *(set(self.verdicts) - set(Verdict))]
        if strange or not 0 <= self.min_confidence <= 1:
            raise ConfigError(
                "Nothing would ever be accepted so",
                expected="statuses of SlotStatus, verdicts of Verdict, and a confidence from 0 to 1",
                found=", ".join(map(repr, strange)) or f"a confidence of {self.min_confidence}",
            )
        without: list[Any] = [*(set(self.statuses) - _WITH_BOX), *({*self.verdicts} & {Verdict.MISMATCH})]
        if without:
            raise ConfigError(
                "Such labels cannot be accepted",
                found=", ".join(value.name.lower() for value in without),
                remedy="Take them out of the acceptance.",
            )


def accepted_slots(arrays: Mapping[str, NDArray[Any]], acceptance: Acceptance) -> NDArray[np.bool_]:
    """Tell which slots of V variants have a target at all, in whatever frame.

    Parameters
    ----------
    arrays : mapping
        The arrays of a release, see `facebank.supervision.layout.ARRAYS`.
    acceptance : Acceptance
        What the user accepts.

    Returns
    -------
    bool (V, N)
        Where somebody with a centroid is claimed and the slot is not excluded.
    """
    verdicts = np.isin(np.arange(len(Verdict)), list(acceptance.verdicts))
    worst = IdentityStatus.BROKEN if acceptance.broken_centroids else IdentityStatus.SOUND
    claims = arrays["claims"]
    accepted: NDArray[np.bool_] = (claims != NOBODY) & ~arrays["excluded"] & verdicts[arrays["verdicts"]]
    accepted[accepted] = arrays["identity_status"][claims[accepted]] <= worst
    return accepted


def unexcluded_targets(arrays: Mapping[str, NDArray[Any]]) -> NDArray[np.int64]:
    """Give the target slot of V variants; none where the slot is excluded, for the person is not shown in it.

    Parameters
    ----------
    arrays : mapping
        The arrays of a release.

    Returns
    -------
    int64 (V,)
        -1 for none.
    """
    targets = arrays["target_slots"].astype(np.int64)
    named = np.flatnonzero(targets != NOBODY)
    targets[named[arrays["excluded"][named, targets[named]]]] = NOBODY
    return targets
