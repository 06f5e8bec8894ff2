"""What one check of a machine gave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Finding", "State"]

State = Literal["good", "warning", "fault"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check gave.

    Attributes
    ----------
    check : str
        What was looked at.
    state : str
        ``good``; ``warning``: builds run, slower or not always; ``fault``: they fail, or may be wrong.
    found : str
        What is there.
    mend : str
        The command, or the sentence, that mends it; nothing where all is good.
    """

    check: str
    state: State
    found: str
    mend: str = ""
