"""Stage embeddings, one shard: the faces of its photos and their vectors."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - the command line reads the annotations

from facebank.artifacts.digests import shard_of
from facebank.artifacts.tables import read_table
from facebank.bank.embedding import BankPhoto, PhotoEmbedder, made_by
from facebank.bank.extraction import ExtractionRules
from facebank.bank.schemas import PHOTOS
from facebank.bank.shards import write_shard
from facebank.runtime.cache import ArrayCache
from facebank.runtime.packs import load_pack, verify_pack
from facebank.runtime.threads import limit_threads

__all__ = ["embed_photos"]


def embed_photos(
    *,
    photos: Path,
    root: Path,
    pack: Path,
    output: Path,
    cache: Path,
    shard: int = 0,
    shards: int = 1,
    det_sizes: tuple[int, ...] = (320, 640),
    min_score: float = 0.5,
    keep_faces: int = 4,
    device: str = "cpu",
    threads: int = 1,
) -> None:
    """Find and embed the faces of one shard of the photos.

    A photo whose faces are in the cache is read and hashed, not computed again. Neither the cache nor the
    number of threads or shards changes a byte of what is collected.

    Parameters
    ----------
    photos
        The inventory's photos.parquet.
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

    Raises
    ------
    DataError
        If the inventory is unreadable, or a photo is not what it says.
    ModelError
        If the pack or the device cannot be used.
    """
    limit_threads(1)  # each photo has a thread of its own
    model_pack = load_pack(pack)
    verify_pack(model_pack)
    rules = ExtractionRules(tuple(sorted(set(det_sizes))), min_score, keep_faces)
    table = read_table(photos, PHOTOS).select(["photo", "sha256", "width", "height"])
    mine = [BankPhoto(**row) for row in table.to_pylist() if shard_of(row["photo"], shards) == shard]
    embedder = PhotoEmbedder(root, model_pack, rules, ArrayCache(cache / "faces"), device, threads)
    faces = embedder.embed(mine)
    write_shard(
        output,
        [(photo.photo, photo.sha256) for photo in mine],
        faces,
        dimension=model_pack.embedder.dimension,
        made_by=made_by(model_pack, rules, device),
    )
    without = sum(len(found) == 0 for found in faces)
    print(f"{len(mine)} photos, {sum(map(len, faces))} faces kept, {without} photos without a face")  # noqa: T201 - the stage's one line
