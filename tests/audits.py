"""The stage audit, as the workflow runs it: shards, and what is collected of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from clips import PACK
from facebank.stages.audit_slots import audit_slots
from facebank.stages.collect_verdicts import collect_verdicts
from version_folders import vouch

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["audit"]

#: Settings that the other of the two does not take.
_COLLECTED, _OF_SHARDS = frozenset({"exclude", "merged"}), frozenset({"threads", "isolate"})


def audit(
    recorded: Path, gallery: Path, output: Path, *, shards: int = 1, **settings: Any
) -> list[dict[str, Any]]:
    """Audit what the stages of the sources made in a folder, or what a test put there; give the verdicts.

    The shards are written beside the version folder.
    """
    for name in ("S", "D", "L"):
        vouch(recorded / name)
    read = {"inventory": recorded / "S", "detections": recorded / "D", "face_labels": recorded / "L"}
    given = {**read, "gallery": gallery, "pack": PACK, **settings}
    parts = tuple(output.with_name(f"{output.name}-{shard}.parquet") for shard in range(shards))
    for shard, part in enumerate(parts):
        audit_slots(
            root=recorded / "root",
            cache=recorded / "cache",
            output=part,
            shard=shard,
            shards=shards,
            **{name: value for name, value in given.items() if name not in _COLLECTED},
        )
    collect_verdicts(
        shards=parts,
        output_dir=output,
        **{name: value for name, value in given.items() if name not in _OF_SHARDS},
    )
    return pq.read_table(output / "verdicts.parquet").to_pylist()
