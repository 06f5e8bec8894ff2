"""Reasons in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from facebank.versions.freshness import Kind, Reason, Verdict

__all__ = ["explain", "listed", "word"]

#: More than this many names of one kind are counted, not listed.
_MOST_NAMES = 4

_SENTENCES: dict[Kind, str] = {
    "missing": "it was never built for this config",
    "unreadable": "its provenance cannot be read: {what}",
    "code": "its code changed: {what}",
    "contents": "files under {what} changed",
    "models": "the model pack says something else of {what}",
    "upstream": "what it reads was built anew or has to be: {what}",
    "output": "files that it wrote are missing or cut: {what}",
    "runtime": "it was built by other versions of {what}",
}


def explain(verdict: Verdict) -> str:
    """Say in one sentence why an artifact is stale, or that it is fresh."""
    if verdict.fresh:
        return f"{verdict.name} is fresh."
    state = "stale" if verdict.stale else "not built"
    return f"{verdict.name} is {state}: {'; '.join(word(reason) for reason in verdict.reasons)}."


def word(reason: Reason) -> str:
    """Say one reason as a part of a sentence."""
    return _SENTENCES[reason.kind].format(what=listed(reason.what))


def listed(names: Sequence[str]) -> str:
    """Write the first few names, and how many more there are."""
    rest = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {rest} more" if rest > 0 else "")
