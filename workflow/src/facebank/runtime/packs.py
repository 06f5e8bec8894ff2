"""Model packs: a folder with a detector, an embedder and ``pack.yaml``, the contract of both.

The contract says what a model file does not: how pixels go in, what the numbers mean, which licence
the weights have and what that permits. Digests are part of it, so a pack is its content, not its name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pydantic import ValidationError

from facebank.artifacts.digests import sha256_file
from facebank.errors import ModelError
from facebank.reading.limits import DocumentError
from facebank.reading.yaml_documents import read_yaml
from facebank.runtime.pack_document import PackDocument
from facebank.runtime.self_contained import require_self_contained
from facebank.shown import yaml_text

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from facebank.runtime.pack_document import DetectorDocument, EmbedderDocument, PackContent

__all__ = [
    "DetectorContract",
    "EmbedderContract",
    "ModelFile",
    "ModelPack",
    "ReferenceFindings",
    "load_pack",
    "pack_of",
    "read_pack",
    "require_licences",
    "verify_pack",
]

#: The `permitted_use` of weights that ask for no acceptance.
ANY_USE = "any"


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file of weights.

    Attributes
    ----------
    role : str
        What the model is for.
    path : Path
        Where it lies.
    sha256 : str
        64 hex digits that its content must have.
    licence : str
        Licence of the weights: an SPDX id where there is one.
    permitted_use : str
        ``any``, or in words what the weights may be used for; then a config has to accept the licence.
    """

    role: Literal["detector", "embedder"]
    path: Path
    sha256: str
    licence: str
    permitted_use: str


@dataclass(frozen=True, slots=True)
class DetectorContract:
    """How a detector is fed and read.

    Attributes
    ----------
    family : str
        ``retinaface``: prior boxes, decoded here; ``scrfd``: insightface's distance outputs;
        ``retinaface-pytorch``: torch weights, run in an environment of their own.
    colour : str
        Order of the channels that go in.
    mean : tuple of float
        What is subtracted from each channel, in the order that goes in.
    std : float or tuple of float
        What is then divided by: one number, or one for each channel.
    nms_threshold : float
        Boxes that overlap more (intersection over union) are one face.
    """

    family: Literal["retinaface", "scrfd", "retinaface-pytorch"]
    colour: Literal["bgr", "rgb"]
    mean: tuple[float, float, float]
    std: float | tuple[float, float, float]
    nms_threshold: float


@dataclass(frozen=True, slots=True)
class EmbedderContract:
    """How an embedder is fed and read.

    Attributes
    ----------
    input_size : int
        Side of the square crop in pixels.
    alignment : str
        ``arcface``: five landmarks on the ArcFace template, scaled to `input_size`.
    colour : str
        Order of the channels that go in.
    mean, std : float
        Each value goes in as ``(value - mean) / std``.
    dimension : int
        Length of an embedding.
    """

    input_size: int
    alignment: Literal["arcface"]
    colour: Literal["bgr", "rgb"]
    mean: float
    std: float
    dimension: int


@dataclass(frozen=True, slots=True)
class ReferenceFindings:
    """What models say of the reference portraits; see `facebank.faces.reference`.

    Attributes
    ----------
    score : float
        Detector score of the astronaut's face.
    overlap : float
        Intersection over union of its box with the drawn one.
    same_person : float
        Cosine of the astronaut's embedding and that of the mirrored picture.
    other_person : float
        Cosine of the astronaut's embedding and that of the other portrait.
    """

    score: float
    overlap: float
    same_person: float
    other_person: float


@dataclass(frozen=True, slots=True)
class ModelPack:
    """A detector and an embedder that belong together.

    `reference` is what they have to say of the reference portraits; None where the pack does not tell.
    """

    name: str
    folder: Path
    detector: DetectorContract
    embedder: EmbedderContract
    files: tuple[ModelFile, ...]
    reference: ReferenceFindings | None = None

    def file(self, role: Literal["detector", "embedder"]) -> ModelFile:
        """Give the file of one role."""
        return next(file for file in self.files if file.role == role)

    def described(self) -> list[dict[str, str]]:
        """Describe the files as provenance does: pack, name, SHA-256 and licence."""
        return [
            {"pack": self.name, "name": it.path.name, "sha256": it.sha256, "licence": it.licence}
            for it in self.files
        ]


def load_pack(folder: Path) -> ModelPack:
    """Read a pack's ``pack.yaml``. The model files themselves are not read, see `verify_pack`.

    Parameters
    ----------
    folder : Path
        The pack's folder.

    Raises
    ------
    ModelError
        If there is no pack.yaml, or it says something else than a pack.yaml may say.
    """
    return pack_of(read_pack(folder), folder)


def read_pack(folder: Path) -> PackDocument:
    """Read what a pack's ``pack.yaml`` says; see `load_pack`."""
    path = folder / "pack.yaml"
    try:
        return PackDocument.model_validate(read_yaml(path))
    except OSError as error:
        raise ModelError(
            "This is no model pack",
            file=folder,
            expected="a folder with pack.yaml",
            found=str(error.strerror),
            remedy="Name a folder under resources/models, or one of your own with such a file.",
        ) from error
    except DocumentError as error:
        raise ModelError("pack.yaml is no YAML", file=path, found=str(error)) from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise ModelError(
            f"pack.yaml cannot be used: {'.'.join(map(str, first['loc'])) or 'the document'}",
            file=path,
            expected=first["msg"][0].lower() + first["msg"][1:],
            found=repr(first["input"]),
        ) from error


def pack_of(document: PackContent, folder: Path) -> ModelPack:
    """Give the pack that a document describes, with its files in a folder; none is read."""
    reference = document.reference
    return ModelPack(
        name=document.name,
        folder=folder,
        detector=DetectorContract(**document.detector.contract.model_dump()),
        embedder=EmbedderContract(**document.embedder.contract.model_dump()),
        files=(
            _model_file("detector", document.detector, folder),
            _model_file("embedder", document.embedder, folder),
        ),
        reference=None if reference is None else ReferenceFindings(**reference.model_dump()),
    )


def _model_file(
    role: Literal["detector", "embedder"], said: DetectorDocument | EmbedderDocument, folder: Path
) -> ModelFile:
    """Give the record of one file."""
    return ModelFile(role, folder / said.file, said.sha256, said.licence, said.permitted_use)


def verify_pack(pack: ModelPack) -> None:
    """Hash every file of the pack again.

    Raises
    ------
    ModelError
        Naming the first file that is missing or has another digest, with both digests, or that keeps weights
        in a file that no digest covers.
    """
    for file in pack.files:
        if not file.path.is_file():
            raise ModelError(
                "A file of the model pack is missing", file=file.path, expected=f"SHA-256 {file.sha256}"
            )
        found = sha256_file(file.path)
        if found != file.sha256:
            raise ModelError(
                "A file of the model pack is another one",
                file=file.path,
                expected=f"SHA-256 {file.sha256}",
                found=found,
                remedy="Fetch or copy it again; if it is meant, write its digest into pack.yaml.",
            )
        require_self_contained(file.path)


def require_licences(pack: ModelPack, accepted: Collection[str]) -> None:
    """Refuse weights that are not free for every use, unless their licence is accepted.

    Parameters
    ----------
    pack : ModelPack
        The pack.
    accepted : collection of str
        Licence ids, as written in pack.yaml.

    Raises
    ------
    ModelError
        Naming the file, its licence and what it permits.
    """
    for file in pack.files:
        if file.permitted_use != ANY_USE and file.licence not in accepted:
            raise ModelError(
                f"The licence of these weights permits {file.permitted_use} only",
                file=file.path,
                expected=f"'{file.licence}' among the accepted licences",
                found=", ".join(sorted(accepted)) or "none",
                remedy=f"If you may use them so, add {yaml_text(file.licence)} to models.accept_licences.",
            )
