"""The packs that the project knows, fetched or not: ``resources/models/models.lock.yaml``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from facebank.artifacts.atomic import write_text
from facebank.artifacts.yaml_block import yaml_block
from facebank.errors import ModelError
from facebank.reading.limits import DocumentError
from facebank.reading.yaml_documents import read_yaml
from facebank.runtime.pack_document import Document, FileName, PackContent, Sha256

__all__ = ["LOCK", "Archive", "LockedPack", "find_pack", "pack_folders", "read_lock", "write_pack"]

#: Name of the lock file, in the folder of the packs.
LOCK = "models.lock.yaml"


class Archive(Document):
    """The archive in which a pack's files are published.

    Attributes
    ----------
    file : str
        Its name.
    sha256 : str
        64 hex digits that its content must have.
    size : int
        Its bytes.
    source : str
        Where it is published.
    """

    file: FileName
    sha256: Sha256
    size: Annotated[int, Field(gt=0)]
    source: Annotated[str, Field(pattern=r"^https://")]


class LockedPack(PackContent):
    """One pack of the lock file: what its pack.yaml says, and the archive that has the files."""

    archive: Archive | None


class _Lock(Document):
    """The whole lock file."""

    format: Literal[1]
    packs: tuple[LockedPack, ...]


def read_lock(models: Path) -> dict[str, LockedPack]:
    """Read which packs are known.

    Parameters
    ----------
    models : Path
        The folder of the packs.

    Returns
    -------
    dict of str to LockedPack
        The packs by name, in the order of the file.

    Raises
    ------
    ModelError
        If there is no such file, or it says something else than it may say.
    """
    path = models / LOCK
    try:
        lock = _Lock.model_validate(read_yaml(path))
    except OSError as error:
        raise ModelError("There is no list of model packs", file=path, found=str(error.strerror)) from error
    except (DocumentError, ValidationError) as error:
        raise ModelError(
            "The list of model packs cannot be used", file=path, found=" ".join(str(error).split())
        ) from error
    return {pack.name: pack for pack in lock.packs}


def find_pack(name: str, models: Path) -> Path:
    """Find a pack's folder.

    Parameters
    ----------
    name : str
        A folder with pack.yaml, or the name of one in `models`.
    models : Path
        The folder of the packs.

    Raises
    ------
    ModelError
        If there is none, with the packs that there are; or if it is known and not fetched.
    """
    for folder in (Path(name), models / name):
        if (folder / "pack.yaml").is_file():
            return folder
    known = ", ".join(path.name for path in pack_folders(models))
    if name in read_lock(models):
        raise ModelError(
            f"The model pack '{name}' is not here yet",
            expected=f"a pack.yaml in {models / name}",
            remedy=f"Run `facebank models fetch {name}`, or set models.pack to one of {known}.",
        )
    raise ModelError(
        f"There is no model pack '{name}'",
        expected=f"a folder with a pack.yaml, or one of {known}",
        remedy="Set models.pack to one of them, or to the folder of your own pack.",
    )


def pack_folders(models: Path) -> list[Path]:
    """List the folders of the packs that are here, by name."""
    return sorted(path.parent for path in models.glob("*/pack.yaml"))


def write_pack(folder: Path, content: PackContent) -> None:
    """Write a pack's ``pack.yaml`` atomically; the same content gives the same bytes."""
    said: dict[str, Any] = content.model_dump(mode="json", exclude={"archive", "format"}, exclude_none=True)
    text = yaml_block({"format": 1, **said}, width=110)
    write_text(folder / "pack.yaml", text)
