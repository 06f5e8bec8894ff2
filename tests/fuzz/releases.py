"""Releases from elsewhere whose manifest fits: verified, exported, compared, and opened for training."""

from __future__ import annotations

import io
import os
import shutil
import tempfile
from contextlib import redirect_stdout, suppress
from dataclasses import replace
from functools import cache
from pathlib import Path

import pyarrow as pa

from facebank.artifacts.atomic import write_json
from facebank.artifacts.tables import REJECTED_COLUMNS, write_table, write_tsv
from facebank.commands.diff import diff
from facebank.commands.export import export
from facebank.commands.verify import verify
from facebank.errors import FacebankError
from facebank.gallery.tables import IDENTITIES, PHOTO_FIELDS
from facebank.reading.json_documents import read_json
from facebank.release.manifest import MANIFEST, describe_release
from facebank.sources.schemas import EXCLUSION_COLUMNS, SERVED_COLUMNS, SLOTS, VARIANTS
from facebank.supervision import Release
from facebank.supervision.layout import FOLDER
from facebank.tracks.interpolation import Status
from facebank.tracks.labels import slot_table
from label_scenes import label_document
from supervised import labelled, source, track, variant, write_release
from text_mutations import mutated
from unit.release.releases import CLAIMS, FRAMES, N_SLOTS, whole_row, write_gallery, write_sources

__all__ = ["corpus", "mutated", "read"]

_MUTABLE = {".json", ".npy", ".tsv", ".parquet", ".md"}
_FORMATS = ("coco", "cvat", "mot", "lerobot", "hf-parquet")


os.fsync = lambda _: None  # what a disk does is not what is looked for


#: Goes with the process.
_PLACE = tempfile.TemporaryDirectory(prefix="facebank-fuzz-")


@cache
def _good() -> Path:
    """Make a release whose files have their form."""
    folder = Path(_PLACE.name) / "release"
    tracks = [track([Status.DETECTED] * FRAMES, [[1, 1, 9, 9]] * FRAMES)] * N_SLOTS
    facts = {"variant": "s__v00", "video_sha256": "ab" * 32, "stride": 5}
    faces = replace(source("s", *tracks, size=(64, 48)), **facts)
    rows = [whole_row(VARIANTS, **variant("s__v00", CLAIMS, FRAMES, width=64, height=48), fps=30.0)]
    write_gallery(folder)
    write_sources(folder)
    celebs = read_json(folder / "celeb_embeddings.json")["celebs"]
    centroids = {slug: person["centroid"] for slug, person in celebs.items()}
    write_release(folder, labelled(faces), variants=rows, episodes={0: "s__v00"}, centroids=centroids)
    write_table(folder / "tables/inventory_sources/variants.parquet", rows, VARIANTS)
    write_table(folder / "tables/face_labels/slots.parquet", slot_table(faces), SLOTS)
    write_json(folder / "face_labels/s.face_labels.json", label_document(faces, "placeholder"))
    people = [whole_row(IDENTITIES, identity=slug, status="ok") for slug in celebs]
    write_table(folder / "tables/gallery/identities.parquet", people, IDENTITIES)
    photos = pa.schema(PHOTO_FIELDS)
    used = [
        whole_row(photos, photo=photo, identity=slug, sha256="ab" * 32, in_centroid=True)
        for slug, person in celebs.items()
        for photo in person["photos"]
    ]
    write_table(folder / "tables/gallery/photos.parquet", used, photos)
    nothing = ("modules", "runtime", "packages", "inputs", "outputs")
    provenance = {"format": 2, "rule": "build_gallery", "version": "v", "parameters": {"centroid": "mean"}}
    provenance |= {"code": "ab" * 32, "contents": None, "provider": None, "models": []}
    write_json(folder / "provenance/gallery.json", provenance | {name: {} for name in nothing})
    served = {"variant": "s__v00", "labels": "s", "labelled_on": "s__v00"}
    write_tsv(folder / "face_labels" / "variants.tsv", SERVED_COLUMNS, [served])
    episode = {"episode_index": 0, "is_base": False, "variant_name": "s__v00", "source_episode": "s"}
    write_json(folder / "audit" / "episode_mapping.json", {"schema_version": 1, "episodes": [episode]})
    _write_side_documents(folder)
    (folder / "README.md").write_text("---\nlicense: mit\npretty_name: a\n---\n\n# a\n", encoding="utf-8")
    _sign(folder)
    return folder


def _write_side_documents(folder: Path) -> None:
    """Write what a release has that no reader but its verification opens."""
    row = {"celeb": "ada", "photo": "ada/1.jpg", "n_photos": 2, "is_iid": True, "top1_celeb": "ada"}
    row |= {"top1_cos": 0.9, "top2_celeb": None, "top2_cos": None, "own_cos_loo": 0.9, "correct": True}
    material = {"type": "library", "name": "a", "bom-ref": "a"}
    documents: dict[str, object] = {
        "ro-crate-metadata.json": {
            "@context": "https://w3id.org/ro/crate/1.1/context",
            "@graph": [{"@id": "./"}],
        },
        "sbom.cdx.json": {
            "bomFormat": "CycloneDX",
            "specVersion": "1.6",
            "components": [material],
            "dependencies": [{"ref": "a"}],
        },
        "tables/validation/ood_loo_rows.json": [row],
        "tables/limits/limits.json": {"limits": {"bank.max_rejected": {"limit": 1, "found": 0}}},
    }
    for name, document in documents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        write_json(folder / name, document)
    excluded = {"variant": "s__v00", "slot": 0, "claimed": "ada", "shown": "bob", "frames": 5}
    write_tsv(folder / "audit" / "exclusions.tsv", EXCLUSION_COLUMNS, [excluded])
    (folder / "tables" / "inventory_photos").mkdir(parents=True, exist_ok=True)
    rejected = [{"file": "a.jpg", "reason": "TRUNCATED"}]
    write_tsv(folder / "tables" / "inventory_photos" / "rejected.tsv", REJECTED_COLUMNS, rejected)


def _sign(folder: Path) -> None:
    """Write the manifest that fits."""
    write_json(folder / MANIFEST, describe_release(folder).document())


def corpus() -> list[bytes]:
    """Give every file of the release; the name says which."""
    good = _good()
    return [
        path.relative_to(good).as_posix().encode() + b"\0" + path.read_bytes()
        for path in sorted(good.rglob("*"))
        if path.suffix in _MUTABLE
    ]


def read(data: bytes, folder: Path) -> str:
    """Do with the release what its readers do, each for itself; give what came of its verification."""
    name, _, body = data.partition(b"\0")
    release = folder / "release"
    shutil.copytree(_good(), release)
    (release / name.decode()).write_bytes(body)
    if name.decode() != MANIFEST:
        _sign(release)
    with redirect_stdout(io.StringIO()):
        came = _used(release, folder)
    assert list(folder.parent.iterdir()) == [folder]
    for made in (release, *(folder / kind for kind in _FORMATS)):
        shutil.rmtree(made, ignore_errors=True)
    return came


def _used(release: Path, folder: Path) -> str:
    """Verify, export, compare and train."""
    came = "used"
    try:
        verify(release)
    except FacebankError as error:
        came = type(error).__name__
    for kind in _FORMATS:
        with suppress(FacebankError):
            export(release, to=kind, output_dir=folder / kind)
    with suppress(FacebankError):
        diff(_good(), release)
    with suppress(FacebankError):
        _train(release)
    return came


def _train(release: Path) -> None:
    """Read what a training loop reads."""
    assert (release / FOLDER).is_dir()
    opened = Release.open(release)
    for slug in opened.slugs:
        opened.centroid(slug)
    for name in opened.sources:
        opened.labels(name)
    for name in opened.variants:
        opened.claims(name)
        opened.join(name, 0)
