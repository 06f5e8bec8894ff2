"""The release's bill of materials (SBOM) as CycloneDX: the packages of its lock, the models that it ran.

It follows from the lock file and from what the stages recorded, not from what is installed where the release
is published: one lock gives one text, in any environment and at any time. Where a stage recorded another
version than the lock's, the bill names the one that ran and says so.
"""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, Property, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from facebank import __version__
from facebank.artifacts.provenance import RUNTIME, read_provenance
from facebank.errors import DataError
from facebank.report.provenance import packages
from facebank.runtime.locks import Pin, read_lock

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from typing import Any

    from facebank.report.folders import Folders

__all__ = ["bill_of_materials", "describe_materials", "ran_on"]

_REPRODUCIBLE = Property(name="cdx:reproducible", value="true")
_MARKER, _LOCKED, _USE = "facebank:marker", "facebank:locked", "facebank:permitted-use"


def describe_materials(
    folders: Folders, requirements: Path, models: Sequence[Mapping[str, str]]
) -> dict[str, Any]:
    """Give the bill of materials of a build.

    Parameters
    ----------
    folders : Folders
        The version folders that were built.
    requirements : Path
        The folder of the locks and of ``licences.tsv``: ``gpu.lock`` counts where a stage ran on CUDA,
        ``cpu.lock`` elsewhere.
    models : sequence of mappings
        Name, SHA-256, licence and permitted use of each model file.

    Raises
    ------
    DataError
        If a lock or the list of licences cannot be read.
    """
    providers = {read_provenance(folder)["provider"] for folder in folders.present().values()}
    lock = requirements / ("gpu.lock" if "cuda" in providers else "cpu.lock")
    licences = _read_licences(requirements / "licences.tsv")
    pins = read_lock(lock)
    return bill_of_materials(ran_on(pins, packages(folders)), licences, models)


def ran_on(pins: Sequence[Pin], recorded: Mapping[str, Sequence[str]]) -> list[tuple[Pin, str]]:
    """Hold the pins of a lock against the versions that stages recorded.

    Parameters
    ----------
    pins : sequence of Pin
        The lock.
    recorded : mapping
        Package, or name in `RUNTIME` -> the versions that ran.

    Returns
    -------
    list of (Pin, str)
        What the bill names, sorted, each with what the lock has in its place, or "": of a recorded package
        the versions that ran, of any other all that the lock may install.
    """
    held: dict[str, list[Pin]] = {}
    for pin in pins:
        held.setdefault(pin.name, []).append(pin)
    found = {name: [(pin, "") for pin in same] for name, same in held.items()}
    for name, versions in recorded.items():
        choices = RUNTIME.get(name, (name,))
        package = next((it for it in choices if it in held), choices[0])
        same = {pin.version: pin for pin in held.get(package, ())}
        instead = " or ".join(same) or "nothing"
        found[package] = [
            (same[it], "") if it in same else (_unlocked(package, it, held.get(package, ())), instead)
            for it in versions
        ]
    return sorted((it for same in found.values() for it in same), key=lambda it: (it[0].name, it[0].version))


def bill_of_materials(
    ran: Sequence[tuple[Pin, str]],
    licences: Mapping[tuple[str, str], str],
    models: Sequence[Mapping[str, str]],
) -> dict[str, Any]:
    """Write packages and models as a CycloneDX 1.6 document, without a time or a serial number.

    Parameters
    ----------
    ran : sequence of (Pin, str)
        What `ran_on` gives.
    licences : mapping
        Package and version -> SPDX expression; what is not there has no licence in the document.
    models : sequence of mappings
        Name, SHA-256, licence and permitted use of each model file.
    """
    make = LicenseFactory().make_from_string
    bom = Bom()
    bom.metadata.component = root = Component(
        type=ComponentType.APPLICATION,
        name="facebank",
        version=__version__,
        bom_ref="facebank",
        licenses=[make("MIT")],
    )
    bom.metadata.properties.add(_REPRODUCIBLE)
    components: dict[str, list[Component]] = {}
    for pin, instead in ran:
        licence = licences.get((pin.name, pin.version))
        component = _package(pin, instead)
        component.licenses.update([make(licence)] if licence else [])
        components.setdefault(pin.name, []).append(component)
        bom.components.add(component)
    for pin, _ in ran:
        askers = [asker for name in pin.asked_by for asker in components.get(name, ())]
        for asker in [*askers, *([root] if pin.direct else [])]:
            bom.register_dependency(asker, components[pin.name])
    for model in models:
        component = Component(
            type=ComponentType.MACHINE_LEARNING_MODEL,
            name=model["name"],
            bom_ref=f"model:{model['name']}@{model['sha256']}",
            hashes=[HashType(alg=HashAlgorithm.SHA_256, content=model["sha256"])],
            licenses=[make(model["licence"])],
            properties=[Property(name=_USE, value=model["permitted_use"])] if model["permitted_use"] else [],
        )
        bom.components.add(component)
        bom.register_dependency(root, [component])
    document: dict[str, Any] = json.loads(JsonV1Dot6(bom).output_as_string())
    # The library insists on both; the standard does not, and they would differ from one build to the next.
    del document["serialNumber"], document["metadata"]["timestamp"]
    return document


def _package(pin: Pin, instead: str) -> Component:
    """Describe one version of a package."""
    url = PackageURL("pypi", name=pin.name, version=pin.version).to_string()
    properties = {_MARKER: pin.marker, _LOCKED: instead}
    files = ExternalReference(
        type=ExternalReferenceType.DISTRIBUTION,
        url=XsUri(url),
        comment="any of the files with these digests",
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest) for digest in pin.hashes],
    )
    return Component(
        type=ComponentType.LIBRARY,
        name=pin.name,
        version=pin.version,
        bom_ref=url,
        purl=PackageURL.from_string(url),
        external_references=[files] if pin.hashes else [],
        properties=[Property(name=name, value=value) for name, value in properties.items() if value],
    )


def _unlocked(name: str, version: str, held: Sequence[Pin]) -> Pin:
    """Describe a version that ran and that no lock pins: its files are not known, who asks for it may be."""
    asked_by = tuple(sorted({asker for pin in held for asker in pin.asked_by}))
    return Pin(name, version, "", (), asked_by, any(pin.direct for pin in held) or not held)


def _read_licences(path: Path) -> dict[tuple[str, str], str]:
    """Read the list of licences."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file, delimiter="\t")
            return {(row["package"], row["version"]): row["licence"] for row in rows}
    except (OSError, ValueError, KeyError) as error:
        raise DataError(
            "The list of licences cannot be read",
            file=path,
            found=str(error),
            remedy="Check it out again, or write it with `make licences`.",
        ) from error
