"""What ``pack.yaml`` may say: one frozen model a part. The lock file says the same of the packs it knows."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = [
    "DetectorDocument",
    "Document",
    "EmbedderDocument",
    "PackContent",
    "PackDocument",
    "Sha256",
]

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
FileName = Annotated[str, Field(pattern=r"^[^/\\]+$")]
_Text = Annotated[str, Field(min_length=1)]
_Positive = Annotated[float, Field(gt=0)]
_Cosine = Annotated[float, Field(ge=-1, le=1)]
_Share = Annotated[float, Field(ge=0, le=1)]


class Document(BaseModel):
    """A part of a file about packs that knows all its keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DetectorContractDocument(Document):
    """How a detector is fed and read; see `facebank.runtime.packs.DetectorContract`."""

    family: Literal["retinaface", "scrfd", "retinaface-pytorch"]
    colour: Literal["bgr", "rgb"]
    mean: tuple[float, float, float]
    std: _Positive | tuple[_Positive, _Positive, _Positive]
    nms_threshold: Annotated[float, Field(gt=0, lt=1)]


class EmbedderContractDocument(Document):
    """How an embedder is fed and read; see `facebank.runtime.packs.EmbedderContract`."""

    input_size: Annotated[int, Field(gt=0, multiple_of=112)]
    alignment: Literal["arcface"]
    colour: Literal["bgr", "rgb"]
    mean: float
    std: _Positive
    dimension: Annotated[int, Field(gt=0)]


class _FileDocument(Document):
    """What is said of either file."""

    file: FileName
    sha256: Sha256
    size: Annotated[int, Field(gt=0)] | None = None
    licence: _Text
    permitted_use: _Text
    origin: _Text


class DetectorDocument(_FileDocument):
    """The detector: its file and its contract."""

    contract: DetectorContractDocument


class EmbedderDocument(_FileDocument):
    """The embedder: its file and its contract."""

    contract: EmbedderContractDocument


class ReferenceDocument(Document):
    """What the models say of the reference portraits; see `facebank.runtime.packs.ReferenceFindings`."""

    score: _Share
    overlap: _Share
    same_person: _Cosine
    other_person: _Cosine


class PackContent(Document):
    """What a pack is."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
    summary: str
    detector: DetectorDocument
    embedder: EmbedderDocument
    reference: ReferenceDocument | None = None


class PackDocument(PackContent):
    """A whole ``pack.yaml``."""

    format: Literal[1]
