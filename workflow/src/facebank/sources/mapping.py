"""Names that other data sets go by: the episode mapping, and exclusions made by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from facebank.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["episode_mapping", "excluded_slots"]


def episode_mapping(variants: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """List the episodes of the merged data set: all recordings by name, then all augmentations by name.

    Parameters
    ----------
    variants : sequence of mappings
        Rows with ``variant``, ``source`` and ``base``.

    Returns
    -------
    dict
        ``episodes[i]`` is the merged episode i; a row has exactly four keys.
    """
    ordered = sorted(variants, key=lambda row: (not row["base"], row["variant"]))
    return {
        "schema_version": 1,
        "episodes": [
            {
                "episode_index": index,
                "is_base": row["base"],
                "variant_name": row["variant"],
                "source_episode": row["source"],
            }
            for index, row in enumerate(ordered)
        ],
    }


def excluded_slots(
    exclude: Sequence[str], variants: Sequence[Mapping[str, Any]], *, slots: int
) -> frozenset[tuple[str, int]]:
    """Resolve exclusions made by hand.

    Parameters
    ----------
    exclude : sequence of str
        Names of sources or variants, for all their slots, or ``VARIANT:SLOT``.
    variants : sequence of mappings
        Rows with ``variant`` and ``source``.
    slots : int
        Slots of each.

    Returns
    -------
    frozenset of (str, int)
        Variant and slot.

    Raises
    ------
    ConfigError
        If a name is nobody's: an exclusion that excludes nothing would go unnoticed.
    """
    chosen: set[tuple[str, int]] = set()
    for name in exclude:
        pairs = {
            (row["variant"], slot)
            for row in variants
            for slot in range(slots)
            if name in (row["source"], row["variant"], f"{row['variant']}:{slot}")
        }
        if not pairs:
            raise ConfigError(
                f"The exclusion {name!r} names nothing",
                expected="a source, a variant, or VARIANT:SLOT",
                remedy="Correct audit.exclude in the config, or take the name out.",
            )
        chosen |= pairs
    return frozenset(chosen)
