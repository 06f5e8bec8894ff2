"""Stage embeddings, one shard: the faces of its photos and their vectors."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - the command line reads the annotations

from facebank.artifacts.digests import shard_of
from facebank.artifacts.shards import ShardRecord, write_shard_record
from facebank.bank.embedding import PhotoEmbedder, made_by
from facebank.bank.extraction import ExtractionRules
from facebank.bank.forgotten import read_forgotten
from facebank.bank.listing import list_bank
from facebank.bank.shards import write_shard
from facebank.media.isolation import media_reader
from facebank.media.limits import PHOTO_LIMITS, PROCESS_LIMITS, PhotoLimits, ProcessLimits
from facebank.runtime.cache import ArrayCache
from facebank.runtime.packs import load_pack, verify_pack
from facebank.runtime.sessions import provider_class
from facebank.runtime.threads import limit_threads

__all__ = ["embed_photos"]


def embed_photos(
    *,
    root: Path,
    pack: Path,
    output: Path,
    cache: Path,
    shard: int = 0,
    shards: int = 1,
    sets: tuple[str, ...] = ("heldout", "scraped"),
    forgotten: Path | None = None,
    max_pixels: int = PHOTO_LIMITS.max_pixels,
    max_bytes: int = PHOTO_LIMITS.max_bytes,
    max_seconds: float = PROCESS_LIMITS.max_seconds,
    max_memory_mb: int = PROCESS_LIMITS.max_memory_mb,
    isolate: bool = False,
    det_sizes: tuple[int, ...] = (320, 640),
    min_score: float = 0.5,
    keep_faces: int = 4,
    device: str = "cpu",
    threads: int = 1,
    contents: str = "",
) -> None:
    """Find and embed the faces of one shard of the photos.

    The shard is listed here and not read from the inventory, so that a changed photo makes its own shard
    stale and no other; what the inventory rejects is dropped when the shards are collected. A photo whose
    faces are in the cache is read and hashed, not computed again. Neither the cache nor the number of threads
    or shards changes a byte of what is collected.

    Parameters
    ----------
    root
        The bank. Nothing is written into it.
    pack
        Folder of the model pack.
    output
        The shard to make, a Parquet file.
    cache
        Root of the content-addressed cache.
    shard
        Which shard, from 0.
    shards
        Number of shards.
    sets
        Names of the top folders whose photos are used.
    forgotten
        File that says who has to be forgotten: their photos are not embedded.
    max_pixels
        A photo of more pixels is not decoded.
    max_bytes
        A photo of more bytes is not read.
    max_seconds
        Seconds of processor time that the decoder of a photo may take.
    max_memory_mb
        Megabytes that it may take in a process of its own.
    isolate
        Decode in processes of their own: a decoder that crashes or hangs costs its photo alone.
    det_sizes
        Longer side in pixels at which the detector sees a photo; the faces of all sizes are merged.
    min_score
        A face needs this detector score before its size counts.
    keep_faces
        How many faces of a photo are kept, largest first.
    device
        Where the models run: cpu, cuda or cuda:N.
    threads
        How many photos are in work at once.
    contents
        Digest of the shard's files, as the workflow saw them; kept in a record beside the shard.

    Raises
    ------
    DataError
        If the file that says who has to be forgotten cannot be read.
    ModelError
        If the pack or the device cannot be used.
    """
    limit_threads(1)  # each photo has a thread of its own
    model_pack = load_pack(pack)
    verify_pack(model_pack)
    rules = ExtractionRules(tuple(sorted(set(det_sizes))), min_score, keep_faces)
    listed = list_bank(root, sets).candidates
    people = read_forgotten(forgotten)
    mine = [
        item.photo
        for item in listed
        if shard_of(item.photo, shards) == shard and not people.covers(item.photo)
    ]
    cached = ArrayCache(cache / "faces")
    with media_reader(
        isolate=isolate,
        process_limits=ProcessLimits(max_seconds, max_memory_mb),
        photo_limits=PhotoLimits(max_pixels, max_bytes, max_seconds),
    ) as media:
        embedder = PhotoEmbedder(root, model_pack, rules, cached, device, threads, media, people.photos)
        embedded = embedder.embed(mine)
    write_shard(
        output,
        embedded,
        dimension=model_pack.embedder.dimension,
        made_by=made_by(model_pack, rules, device),
    )
    write_shard_record(output, ShardRecord.of("embed_photos", contents, provider_class(device)))
    faces = [len(item.faces) for item in embedded]
    print(f"{len(embedded)} photos, {sum(faces)} faces kept, {faces.count(0)} photos without a face")  # noqa: T201 - the stage's one line
