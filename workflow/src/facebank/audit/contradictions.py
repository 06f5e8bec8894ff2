"""Variants of one source that show one face in one place under several names."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from facebank.audit.variant_audit import NAMED_OTHERWISE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from facebank.audit.variant_audit import AuditedVariant

__all__ = ["without_contradictions"]

#: Reasons for which a slot is unknown though its face and its claimed person could be compared.
_UNPROVEN = frozenset({"RESEMBLES_NOBODY", "FRAMES_DISAGREE", "TOO_LITTLE_FOR_PROOF", "MARGIN_TOO_SMALL"})


def without_contradictions(judged: Mapping[str, AuditedVariant], proof: float) -> dict[str, AuditedVariant]:
    """Refuse unproven slots that show whom other variants show there, unproven, under another name.

    Where faces were not exchanged, all variants show the recorded person, whom the gallery may not have: it
    proves none of the claims, and at most one of them is true.

    Parameters
    ----------
    judged : mapping
        Name -> what the audit says of the variant.
    proof : float
        Least cosine at which two faces are one person's, as hardly any two strangers' are.
    """
    groups: dict[tuple[str, int], list[tuple[str, str, NDArray[np.floating[Any]]]]] = defaultdict(list)
    for name, it in judged.items():
        for row, face in zip(it.rows, it.faces, strict=True):
            if row["verdict"] == "unknown" and row["reason"] in _UNPROVEN and face is not None:
                groups[row["source"], row["slot"]].append((name, row["claimed"], face))
    refused = set()
    for (_, slot), members in groups.items():
        claims = np.array([claimed for _, claimed, _ in members])
        faces = np.stack([face for *_, face in members])
        # One after the other: all pairs of a source of thousands of variants would not fit into memory.
        refused |= {
            (name, slot)
            for name, claimed, face in members
            if ((faces @ face >= proof) & (claims != claimed)).any()
        }

    def heeded(name: str, row: dict[str, Any]) -> dict[str, Any]:
        return {**row, "reason": NAMED_OTHERWISE} if (name, row["slot"]) in refused else row

    return {name: replace(it, rows=[heeded(name, row) for row in it.rows]) for name, it in judged.items()}
