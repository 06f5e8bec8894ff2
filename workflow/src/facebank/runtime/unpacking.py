"""Take the two models out of a downloaded archive: these and nothing else, each checked."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from facebank.errors import ModelError
from facebank.runtime.catalogue import write_pack

if TYPE_CHECKING:
    from pathlib import Path

    from facebank.runtime.catalogue import LockedPack
    from facebank.runtime.pack_document import DetectorDocument, EmbedderDocument

__all__ = ["unpack"]

_BLOCK = 1 << 20
_ENCRYPTED = 0x1


def unpack(pack: LockedPack, archive: Path, folder: Path) -> None:
    """Make a pack's folder from its archive; it appears whole or not at all.

    No name in the archive becomes a path: a member is found by its last part, read no further than the size
    that is known, and has to have the known SHA-256.

    Parameters
    ----------
    pack : LockedPack
        The pack.
    archive : Path
        Its zip archive.
    folder : Path
        The folder to make.

    Raises
    ------
    ModelError
        If the archive is broken, or a model is not in it or is another one.
    """
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        with zipfile.ZipFile(archive) as members:
            for model in (pack.detector, pack.embedder):
                _extract(members, model, archive, partial)
        write_pack(partial, pack)
        partial.replace(folder)
    except ModelError:
        raise
    except Exception as error:
        # Each kind of compression fails with errors of its own.
        raise ModelError("The archive cannot be unpacked", file=archive, found=str(error)) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _extract(
    members: zipfile.ZipFile, model: DetectorDocument | EmbedderDocument, archive: Path, folder: Path
) -> None:
    """Copy one member into a folder."""
    found = [it for it in members.infolist() if PurePosixPath(it.filename).name == model.file]
    if len(found) != 1 or found[0].flag_bits & _ENCRYPTED:
        raise ModelError(
            f"The archive does not have {model.file}",
            file=archive,
            expected="one, not encrypted",
            found=", ".join(it.filename for it in found) or "none",
        )
    digest, size = hashlib.sha256(), 0
    with members.open(found[0]) as source, (folder / model.file).open("wb") as target:
        while size <= (model.size or size) and (block := source.read(_BLOCK)):
            digest.update(block)
            size += len(block)
            target.write(block)
    if digest.hexdigest() != model.sha256:
        raise ModelError(
            f"{model.file} in the archive is another one",
            file=archive,
            expected=f"SHA-256 {model.sha256}",
            found=digest.hexdigest(),
        )
