"""What a shard was made from, in a small file beside it.

A shard is no version folder: it is merged and may be deleted. Its record lets a build believe it, or not,
where Snakemake's own records are lost or come from another working directory.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from facebank.artifacts.atomic import write_json
from facebank.artifacts.code import stage_digest
from facebank.artifacts.digests import sha256_file
from facebank.artifacts.provenance import installed_versions, other_versions
from facebank.errors import DataError
from facebank.reading.json_documents import read_json
from facebank.reading.limits import LARGEST_DOCUMENT

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = [
    "ShardRecord",
    "distrust",
    "read_shard_record",
    "require_made_from",
    "require_whole",
    "shard_versions",
    "write_shard_record",
]

#: What a record says of its shard beside `ShardRecord`: the digest of its bytes.
_DIGEST = "sha256"


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
    inputs : list of str
        SHA-256 of the provenance.json of each version folder that was read, sorted.
    versions : dict of str to str
        Package -> version of what it ran on, which counts where ``staleness.runtime`` says so.
    """

    code: str
    contents: str
    provider: str
    inputs: list[str]
    versions: dict[str, str]

    @classmethod
    def of(cls, rule: str, contents: str, provider: str, inputs: Iterable[str] = ()) -> ShardRecord:
        """Describe a shard that the present code of a rule makes."""
        return cls(stage_digest(rule), contents, provider, sorted(inputs), installed_versions())


def write_shard_record(shard: Path, record: ShardRecord) -> None:
    """Write what a finished shard was made from, and its digest, to the JSON file beside it."""
    write_json(shard.with_suffix(".json"), {**asdict(record), _DIGEST: sha256_file(shard)})


def require_whole(shards: Iterable[Path]) -> None:
    """Insist that shards hold what their jobs wrote; what is not is made again by the next build.

    A shard that was read whole may still have a bit turned, and the folder that is made of it would vouch
    for that. A shard without a record was not made by a build.

    Raises
    ------
    DataError
        Naming the first one that does not.
    """
    damaged = []
    for shard in shards:
        with suppress(OSError, ValueError, KeyError, TypeError):
            expected = read_json(shard.with_suffix(".json"), largest=LARGEST_DOCUMENT)[_DIGEST]
            found = sha256_file(shard) if shard.is_file() else "no such file"
            if found != expected:
                damaged.append((shard, expected, found))
    if damaged:
        distrust(shard for shard, _, _ in damaged)
        shard, expected, found = damaged[0]
        raise DataError(
            "A shard is not what its job wrote",
            file=shard,
            expected=f"SHA-256 {expected}",
            found=found,
            remedy="Build again: it is made again, mostly from the cache.",
        )


def require_made_from(shards: Iterable[Path], inputs: Iterable[str]) -> None:
    """Insist that shards were made from the version folders that what is collected of them will name.

    Parameters
    ----------
    shards : iterable of Path
        Each with its record beside it.
    inputs : iterable of str
        SHA-256 of the provenance.json of each folder.

    Raises
    ------
    DataError
        Naming the first shard that was made from others; the next build makes all of those again.
    """
    expected = sorted(inputs)
    records = {shard: read_shard_record(shard) for shard in shards}
    others = [shard for shard, record in records.items() if record is None or record.inputs != expected]
    if others:
        distrust(others)
        raise DataError(
            "A shard was made from other versions than those that are there",
            file=others[0],
            remedy="Build again: it is made again, mostly from the cache.",
        )


def shard_versions(shards: Iterable[Path]) -> dict[str, list[str]]:
    """Give the versions of packages that made shards and are not those that are installed.

    Where ``staleness.runtime`` is not ``rebuild``, such shards are collected with new ones.

    Parameters
    ----------
    shards : iterable of Path
        Each with its record beside it.

    Returns
    -------
    dict of str to list of str
        Package -> versions, both sorted; empty where all shards were made by what is installed.
    """
    installed = installed_versions()
    found: dict[str, set[str]] = {}
    for record in filter(None, map(read_shard_record, shards)):
        for package in other_versions(record.versions, installed):
            found.setdefault(package, set()).add(record.versions[package])
    return {package: sorted(found[package]) for package in sorted(found)}


def distrust(shards: Iterable[Path]) -> None:
    """Remove the records of shards that turned out wrong: the next build makes them again, from the cache."""
    for shard in shards:
        shard.with_suffix(".json").unlink(missing_ok=True)


def read_shard_record(shard: Path) -> ShardRecord | None:
    """Read what a shard was made from; None where that is not known."""
    try:
        document = read_json(shard.with_suffix(".json"), largest=LARGEST_DOCUMENT)
        document.pop(_DIGEST)
        return ShardRecord(
            **{**document, "inputs": list(document["inputs"]), "versions": dict(document["versions"])}
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
