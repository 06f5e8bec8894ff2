"""What a shard was made from, in a small file beside it.

A shard is no version folder: it is merged and may be deleted. Its record lets a build believe it, or not,
where Snakemake's own records are lost or come from another working directory.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from facebank.artifacts.atomic import write_json
from facebank.artifacts.code import stage_digest
from facebank.artifacts.provenance import installed_versions
from facebank.reading.json_documents import read_json
from facebank.reading.limits import LARGEST_DOCUMENT

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["ShardRecord", "distrust", "read_shard_record", "write_shard_record"]


@dataclass(frozen=True, slots=True)
class ShardRecord:
    """What makes a shard stale once it differs.

    Attributes
    ----------
    code : str
        Digest of the rule's code.
    contents : str
        Digest of the user's files in the shard.
    provider : str
        ``cpu`` or ``cuda``: shards of both do not belong together.
    versions : dict of str to str
        Package -> version of what it ran on, which counts where ``staleness.runtime`` says so.
    """

    code: str
    contents: str
    provider: str
    versions: dict[str, str]

    @classmethod
    def of(cls, rule: str, contents: str, provider: str) -> ShardRecord:
        """Describe a shard that the present code of a rule makes."""
        return cls(stage_digest(rule), contents, provider, installed_versions())


def write_shard_record(shard: Path, record: ShardRecord) -> None:
    """Write what a finished shard was made from to the JSON file beside it."""
    write_json(shard.with_suffix(".json"), asdict(record))


def distrust(shards: Iterable[Path]) -> None:
    """Remove the records of shards that turned out wrong: the next build makes them again, from the cache."""
    for shard in shards:
        shard.with_suffix(".json").unlink(missing_ok=True)


def read_shard_record(shard: Path) -> ShardRecord | None:
    """Read what a shard was made from; None where that is not known."""
    try:
        document = read_json(shard.with_suffix(".json"), largest=LARGEST_DOCUMENT)
        return ShardRecord(**{**document, "versions": dict(document["versions"])})
    except (OSError, ValueError, KeyError, TypeError):
        return None
