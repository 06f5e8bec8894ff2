"""Configs and their exclusions, model packs, the list of packs, licences of photos, and who is forgotten."""

from __future__ import annotations

import json
from pathlib import Path

from facebank.audit.mapping import excluded_slots
from facebank.bank.forgotten import read_forgotten
from facebank.bank.sidecars import licences
from facebank.config.load import load_config
from facebank.errors import FacebankError
from facebank.plan.plan import Plan
from facebank.runtime.catalogue import read_lock
from facebank.runtime.packs import load_pack
from text_mutations import mutated

__all__ = ["corpus", "mutated", "read"]

_PROJECT = Path(__file__).parents[2]


def _meant(path: Path) -> None:
    """Read a config, and whom its exclusions mean."""
    config = load_config(path)
    Plan(config)
    variants = [{"variant": "s__v00", "source": "s"}]
    excluded_slots(config.audit.exclude, variants, slots=config.face_labels.slots)


def _licences(path: Path) -> None:
    """Read the licences of a folder of photos; what a table cannot hold must not come out."""
    for photo, licence in licences(path.parent, [path.name]).items():
        (photo + licence).encode("utf-8")


_READERS = {
    "config.yaml": _meant,
    "pack.yaml": lambda path: load_pack(path.parent),
    "models.lock.yaml": lambda path: read_lock(path.parent),
    "forgotten.tsv": read_forgotten,
    "provenance.json": _licences,
}


def corpus() -> list[bytes]:
    """Give those of the project; the name says which."""
    config = (_PROJECT / "config" / "config.yaml").read_bytes().splitlines(keepends=True)
    files = {
        "config.yaml": b"".join(line for line in config if not line.strip().startswith(b"#")),
        "pack.yaml": (_PROJECT / "resources" / "models" / "tiny" / "pack.yaml").read_bytes(),
        "models.lock.yaml": (_PROJECT / "resources" / "models" / "models.lock.yaml").read_bytes(),
        "forgotten.tsv": b"slug\tsha256\nada\t\nada\t" + b"ab" * 32 + b"\n",
        "provenance.json": json.dumps({"kept": [{"filename": "1.jpg", "license": "CC0"}] * 3}).encode(),
    }
    return [name.encode() + b"\0" + text for name, text in files.items()]


def read(data: bytes, folder: Path) -> str:
    """Read one of them."""
    name, _, body = data.partition(b"\0")
    path = folder / name.decode()
    path.write_bytes(body)
    try:
        _READERS[path.name](path)
    except FacebankError as error:
        return f"{path.name}: {type(error).__name__}"
    return "used"
