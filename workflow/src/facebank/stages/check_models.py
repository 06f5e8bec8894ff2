"""Stage models: the model pack is what it says it is, and it works on this machine."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path  # noqa: TC003 - the command line reads the annotations
from typing import TYPE_CHECKING

from facebank.artifacts.atomic import write_json
from facebank.artifacts.provenance import building
from facebank.faces.detector import open_detector
from facebank.faces.embedder import open_embedder
from facebank.faces.reference import reference_check
from facebank.runtime.packs import load_pack, require_licences, verify_pack
from facebank.runtime.sessions import provider_class
from facebank.runtime.threads import limit_threads

if TYPE_CHECKING:
    from facebank.runtime.packs import ModelPack, ReferenceFindings

__all__ = ["check_models", "examine", "sentence"]


def check_models(
    *,
    pack: Path,
    output_dir: Path,
    device: str = "cpu",
    accepted_licences: tuple[str, ...] = (),
    contents: str = "",
) -> None:
    """Check a model pack: digests, licences, contracts, and a reference face.

    Parameters
    ----------
    pack
        Folder of the model pack.
    output_dir
        The version folder to make.
    device
        Where the models run: cpu, cuda or cuda:N.
    accepted_licences
        Licences of weights that you accept, by the id in pack.yaml; needed where not every use is free.
    contents
        Digest of pack.yaml, as the workflow saw it; kept in provenance.json.

    Raises
    ------
    ModelError
        If a file is missing or another one, a licence is not accepted, a model differs from its contract, the
        device cannot be used, or the models do not see the reference faces as they should.
    """
    model_pack = load_pack(pack)
    findings = examine(model_pack, device=device, accepted_licences=accepted_licences)
    with building(
        output_dir,
        rule="check_models",
        parameters={"pack": model_pack.name},
        inputs={"pack": pack / "pack.yaml"},
        models=model_pack.described(),
        provider=provider_class(device),
        contents=contents,
    ) as folder:
        document = {
            "pack": model_pack.name,
            "files": [{**asdict(file), "path": file.path.name} for file in model_pack.files],
            "detector": asdict(model_pack.detector),
            "embedder": asdict(model_pack.embedder),
            "reference": {name: round(value, 3) for name, value in asdict(findings).items()},
        }
        write_json(folder / "models.json", document)
    print(sentence(model_pack, findings))  # noqa: T201 - the stage's one line


def examine(
    pack: ModelPack, *, device: str = "cpu", accepted_licences: tuple[str, ...] = ()
) -> ReferenceFindings:
    """Check a pack as the stage does, and write nothing.

    Parameters
    ----------
    pack : ModelPack
        The pack.
    device : str
        ``cpu``, ``cuda`` or ``cuda:N``.
    accepted_licences : tuple of str
        Licences that the user accepts.

    Returns
    -------
    ReferenceFindings
        What the models say of the reference portraits.

    Raises
    ------
    ModelError
        With the first thing that is wrong.
    """
    limit_threads(1)
    verify_pack(pack)
    require_licences(pack, accepted_licences)
    return reference_check(
        open_detector(pack, device=device), open_embedder(pack, device=device), pack.reference
    )


def sentence(pack: ModelPack, findings: ReferenceFindings) -> str:
    """Say in one line what was found."""
    expected = "as its pack.yaml expects" if pack.reference else "its pack.yaml expects nothing of it"
    return (
        f"pack {pack.name}: {len(pack.files)} files as expected, reference face found with score "
        f"{findings.score:.3f}, similarity {findings.same_person:.3f} to itself mirrored and "
        f"{findings.other_person:.3f} to another person ({expected})"
    )
