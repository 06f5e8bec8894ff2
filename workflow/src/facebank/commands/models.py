"""``facebank models``: which model packs there are, what they are, and how they come here."""

from __future__ import annotations

import shutil
from dataclasses import asdict
from pathlib import Path  # noqa: TC003 (the command line reads the annotations)
from typing import Any

from facebank.artifacts.yaml_block import yaml_block
from facebank.console.answers import answer, answer_json, answer_rows
from facebank.errors import ModelError
from facebank.project import PROJECT
from facebank.runtime.catalogue import find_pack, pack_folders, read_lock, write_pack
from facebank.runtime.pack_document import PackContent
from facebank.runtime.packs import ANY_USE, load_pack, read_pack, verify_pack
from facebank.shown import yaml_mapping

__all__ = ["add_pack", "check_pack", "fetch_pack", "list_packs", "show_pack"]

#: The folder of the packs.
MODELS = PROJECT / "resources" / "models"


def list_packs(*, models: Path = MODELS, json: bool = False) -> None:
    """List the model packs: those that are here, and those that can be fetched.

    Parameters
    ----------
    models
        The folder of the packs.
    json
        Print JSON and not text.
    """
    here = {folder.name: read_pack(folder) for folder in pack_folders(models)}
    packs = [
        _listed(name, content, here=name in here) for name, content in {**read_lock(models), **here}.items()
    ]
    if json:
        answer_json({"packs": packs})
        return
    rows = [("pack", "here", "dimension", "size", "licences", "")]
    for pack in packs:
        licences = " + ".join(pack["licences"])
        rows.append(
            (
                pack["pack"],
                "yes" if pack["here"] else "no",
                f"{pack['dimension']}",
                f"{pack['bytes'] / 1e6:.0f} MB" if pack["bytes"] else "",
                licences if pack["any_use"] else f"{licences} (to accept)",
                pack["summary"],
            )
        )
    answer_rows(rows)


def _listed(name: str, content: PackContent, *, here: bool) -> dict[str, Any]:
    """Say of a pack what the list says."""
    parts = (content.detector, content.embedder)
    return {
        "pack": name,
        "here": here,
        "dimension": content.embedder.contract.dimension,
        "bytes": sum(part.size or 0 for part in parts),
        "licences": list(dict.fromkeys(part.licence for part in parts)),
        "any_use": all(part.permitted_use == ANY_USE for part in parts),
        "summary": content.summary,
    }


def show_pack(name: str, *, models: Path = MODELS, json: bool = False) -> None:
    """Show all that is known of a model pack: files, digests, licences, contracts, and where it comes from.

    Parameters
    ----------
    name
        A pack's name, or the folder of your own.
    models
        The folder of the packs.
    json
        Print JSON and not text.

    Raises
    ------
    ModelError
        If there is no such pack.
    """
    locked = read_lock(models).get(name)
    content: PackContent | None = locked
    state = f"not here; `facebank models fetch {name}` gets it"
    if locked is None or (models / name / "pack.yaml").is_file():
        folder = find_pack(name, models)
        content = read_pack(folder)
        try:
            verify_pack(load_pack(folder))
            state = f"{folder}, files as expected"
        except ModelError as error:
            state = f"{folder}; {error}"
    assert content is not None
    said = content.model_dump(mode="json", exclude={"format"}, exclude_none=True)
    if locked is not None and locked.archive is not None:
        said["archive"] = locked.archive.model_dump(mode="json")
    told = {"here": state, **said}
    if json:
        answer_json(told)
    else:
        answer(yaml_block(told, width=110).removesuffix("\n"))


def check_pack(
    name: str,
    *,
    device: str = "cpu",
    accepted_licences: tuple[str, ...] = (),
    models: Path = MODELS,
    json: bool = False,
) -> None:
    """Check a model pack: digests, licences, contracts, and reference faces. Nothing is written.

    Parameters
    ----------
    name
        A pack's name, or the folder of your own.
    device
        Where the models run: cpu, cuda or cuda:N.
    accepted_licences
        Licences of weights that you accept, by the id in pack.yaml; needed where not every use is free.
    models
        The folder of the packs.
    json
        Print JSON and not text.

    Raises
    ------
    ModelError
        With the first thing that is wrong.
    """
    from facebank.stages.check_models import examine, sentence

    pack = load_pack(find_pack(name, models))
    findings = examine(pack, device=device, accepted_licences=accepted_licences)
    if json:
        answer_json(
            {
                "pack": pack.name,
                "files": {file.path.name: file.sha256 for file in pack.files},
                "reference": asdict(findings),
                "expected": pack.reference is not None,
            }
        )
    else:
        answer(sentence(pack, findings))


def add_pack(
    folder: Path, *, device: str = "cpu", accepted_licences: tuple[str, ...] = (), models: Path = MODELS
) -> None:
    """Check a model pack of your own, and copy it to the others, to be used by its name.

    Where its pack.yaml does not say what its models say of the reference faces, that is measured and written
    down: a later change of the contract is then noticed. That it is right now, only your own photos can tell.

    Parameters
    ----------
    folder
        A folder with pack.yaml and the two files that it names.
    device
        Where the models run: cpu, cuda or cuda:N.
    accepted_licences
        Licences of weights that you accept, by the id in pack.yaml; needed where not every use is free.
    models
        The folder of the packs.

    Raises
    ------
    ModelError
        If the check fails, or there is another pack by this name.
    """
    from facebank.stages.check_models import examine, sentence

    content, pack = read_pack(folder), load_pack(folder)
    target = models / content.name
    if target.exists() or content.name in read_lock(models):
        raise ModelError(
            f"There is another model pack called '{content.name}'",
            file=target,
            remedy="Give yours another name in its pack.yaml.",
        )
    findings = examine(pack, device=device, accepted_licences=accepted_licences)
    partial = models / f".{content.name}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    try:
        partial.mkdir()
        for file in pack.files:
            shutil.copyfile(file.path, partial / file.path.name)
        rounded = {name: round(value, 4) for name, value in asdict(findings).items()}
        told = content.model_dump(mode="json", exclude={"format"}, exclude_none=True)
        write_pack(partial, PackContent.model_validate({"reference": rounded, **told}))
        partial.replace(target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    use = yaml_mapping({"pack": content.name})
    answer(f"{sentence(pack, findings)}\nAdded as {target}. Use it with `models: {use}`.")


def fetch_pack(
    name: str, *, mirror: str | None = None, proxy: str | None = None, models: Path = MODELS
) -> None:
    """Fetch a model pack of insightface: the only command that opens a network connection.

    A download that broke off goes on where it stopped. An archive that lies in the folder of the
    packs already is used, without a connection.

    Parameters
    ----------
    name
        The pack's name: one that `facebank models list` shows as not here.
    mirror
        Another address of the folder that holds the archive.
    proxy
        A proxy. Without it, those of the environment hold (HTTPS_PROXY, NO_PROXY).
    models
        The folder of the packs.

    Raises
    ------
    ModelError
        If there is no such pack to fetch, or the archive cannot be had, or is another one.
    """
    from facebank.runtime.download import download, require_content
    from facebank.runtime.unpacking import unpack

    locked = read_lock(models)
    pack = locked.get(name)
    if pack is None or pack.archive is None:
        fetched = ", ".join(each for each, content in locked.items() if content.archive is not None)
        raise ModelError(f"There is nothing to fetch for '{name}'", expected=f"one of {fetched}")
    folder, archive = models / name, models / pack.archive.file
    if folder.exists():
        verify_pack(load_pack(folder))
        answer(f"{folder}: here already, files as expected.")
        return
    brought = archive.is_file()
    if brought:
        require_content(pack.archive, archive)
    else:
        url = f"{mirror.rstrip('/')}/{pack.archive.file}" if mirror else pack.archive.source
        download(pack.archive, archive, url=url, proxy=proxy)
    unpack(pack, archive, folder)
    if not brought:
        archive.unlink()
    answer(
        f"{folder}: {pack.detector.file} and {pack.embedder.file}. Their licence permits "
        f"{pack.embedder.permitted_use}: a run asks for '{pack.embedder.licence}' in models.accept_licences."
    )
