"""Names that other data sets go by: the episode mapping, and exclusions made by hand."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from itertools import product
from typing import TYPE_CHECKING, Any

from facebank.artifacts.file_names import folded_name
from facebank.errors import ConfigError, DataError
from facebank.sources.serving import ITSELF, own_labels

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

__all__ = ["MAPPING_COLUMNS", "episode_mapping", "excluded_slots", "mapping_rows", "require_same_lengths"]

#: What ``episode_mapping.tsv`` says beside the mapping.
MAPPING_COLUMNS = (
    "episode_index",
    "variant",
    "source",
    "labels",
    "base",
    "frames",
    "merged_frames",
    "agrees",
)


def episode_mapping(variants: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """List the episodes of the merged data set: all recordings by name, then all augmentations by name.

    Parameters
    ----------
    variants : sequence of mappings
        Rows with ``variant``, ``source``, ``base`` and ``labels``, the name of those that serve it, or "".

    Returns
    -------
    dict
        ``episodes[i]`` is the merged episode i; a row has exactly four keys. Readers open the labels that are
        called as ``source_episode``, so it names those that serve the episode. Where none do it is a name of
        which there is no file: under the source's they would find labels of other frames.
    """
    files = {folded_name(row["labels"]) for row in variants}
    return {
        "schema_version": 1,
        "episodes": [
            {
                "episode_index": index,
                "is_base": row["base"],
                "variant_name": row["variant"],
                "source_episode": row["labels"] or _no_file(row, files),
            }
            for index, row in enumerate(_in_merged_order(variants))
        ],
    }


def mapping_rows(variants: Sequence[Mapping[str, Any]], merged: Sequence[int] | None) -> list[dict[str, Any]]:
    """Hold the episodes of the mapping against those of the merged data set.

    Parameters
    ----------
    variants : sequence of mappings
        Rows with ``variant``, ``source``, ``base``, ``labels`` and ``packets``, the frames of its video; None
        where it cannot be used, and so is not compared.
    merged : sequence of int or None
        Frames of each merged episode; None where there is no data set to compare with.

    Returns
    -------
    list of dict
        Rows of ``episode_mapping.tsv``: one for each episode that either has.
    """
    mapped = _in_merged_order(variants)
    rows = []
    for index in range(max(len(mapped), len(merged or ()))):
        episode = mapped[index] if index < len(mapped) else None
        row = {
            "episode_index": index,
            "variant": episode["variant"] if episode else "",
            "source": episode["source"] if episode else "",
            "labels": episode["labels"] if episode else "",
            "base": ("yes" if episode["base"] else "no") if episode else "",
            "frames": episode["packets"] if episode else None,
            "merged_frames": merged[index] if merged is not None and index < len(merged) else None,
        }
        unknown = merged is None or (episode and row["frames"] is None and row["merged_frames"] is not None)
        same = "yes" if row["frames"] is not None and row["frames"] == row["merged_frames"] else "no"
        rows.append({**row, "agrees": "" if unknown else same})
    return rows


def _no_file(row: Mapping[str, Any], files: Collection[str]) -> str:
    """Give the name that a variant's own labels would have, or one like it, of which there is no file."""
    name = own_labels(row["variant"], row["source"])
    # A variant may be called as the source of others is, or so that some file systems open their labels.
    while folded_name(name) in files:
        name += ITSELF
    return name


def _in_merged_order(variants: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Sort variants as the merged data set has them."""
    return sorted(variants, key=lambda row: (not row["base"], row["variant"]))


def require_same_lengths(rows: Sequence[Mapping[str, Any]], merged: Path) -> None:
    """Insist that every episode of the mapping is as long as in the merged data set.

    Parameters
    ----------
    rows : sequence of mappings
        As `mapping_rows` gives them.
    merged : Path
        The merged data set.

    Raises
    ------
    DataError
        Naming the first episode that differs. From there on every episode might be taken for another one.
    """
    wrong = [row for row in rows if row["agrees"] == "no"]
    if not wrong:
        return
    first = wrong[0]
    raise DataError(
        f"Episode {first['episode_index']} of the merged data set is not what the mapping says",
        file=merged,
        expected=_episode(first["variant"], first["frames"]),
        found=f"{_episode('', first['merged_frames'])}; {len(wrong)} of {len(rows)} episodes differ",
        remedy="Merge the recordings and then the variants, each by name, as episodes.tsv lists them;"
        " or set sources.findings.merged_length to warn, and do not use the mapping.",
    )


def _episode(variant: str, frames: int | None) -> str:
    """Say how long an episode is; of one whose video cannot be used, or was not opened, its name alone."""
    length = "" if frames is None else f"{frames} frames"
    return f"{variant} {length}".strip() or "no such episode"


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
    named: dict[str, set[str]] = defaultdict(set)
    for row in variants:
        named[row["source"]].add(row["variant"])
        named[row["variant"]].add(row["variant"])
    each = {str(slot): slot for slot in range(slots)}
    chosen: set[tuple[str, int]] = set()
    for name in exclude:
        pairs = set(product(named.get(name, ()), each.values()))
        variant, _, slot = name.rpartition(":")
        if variant in named.get(variant, ()) and slot in each:
            pairs.add((variant, each[slot]))
        if not pairs:
            raise ConfigError(
                f"The exclusion {name!r} names nothing",
                expected="a source, a variant, or VARIANT:SLOT",
                found=_alike(name, [row[key] for row in variants for key in ("source", "variant")]),
                remedy="Correct audit.exclude in the config, or take the name out.",
            )
        chosen |= pairs
    return frozenset(chosen)


def _alike(name: str, names: Sequence[str]) -> str | None:
    """Tell what looks like a name and is another one: some systems write accents apart from their letters."""
    head, _, slot = name.rpartition(":")
    plain = head if slot.isdecimal() else name
    form = unicodedata.normalize("NFC", plain)
    alike = sorted(other for other in names if other != plain and unicodedata.normalize("NFC", other) == form)
    return f"{alike[0]!a}, which looks like {plain!a}" if alike else None
