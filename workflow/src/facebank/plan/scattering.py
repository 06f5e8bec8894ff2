"""Which artifacts are made in shards, each a job, and collected."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["SHARDED", "Scatter"]


@dataclass(frozen=True, slots=True)
class Scatter:
    """How an artifact's work is cut into shards.

    Attributes
    ----------
    rule : str
        The rule that makes a shard.
    number : str
        Key of the number of shards.
    reads_upstream : bool
        Whether a shard reads the artifact's upstream; one that does not reads the user's files alone.
    collected : tuple of str
        Settings of the artifact that are read where shards are collected, and not by them.
    """

    rule: str
    number: str
    reads_upstream: bool = False
    collected: tuple[str, ...] = ()


#: Artifact -> how its work is cut into shards.
SHARDED = {
    "embeddings": Scatter("embed_photos", "shards.photos"),
    "detections": Scatter("detect_keyframes", "shards.sources"),
    "audit": Scatter("audit_slots", "shards.sources", reads_upstream=True, collected=("audit.exclude",)),
}
