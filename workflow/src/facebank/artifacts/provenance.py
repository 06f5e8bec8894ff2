"""One version folder: built beside its place, moved in whole, described by ``provenance.json``."""

from __future__ import annotations

import platform
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facebank.artifacts.atomic import UNFINISHED, sync, write_json
from facebank.artifacts.code import stage_digest, stage_modules
from facebank.artifacts.digests import digest_of, sha256_file
from facebank.errors import DataError
from facebank.reading.json_documents import read_json
from facebank.reading.limits import LARGEST_DOCUMENT

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

__all__ = [
    "FORMAT",
    "building",
    "built_by",
    "describe_inputs",
    "installed_versions",
    "other_versions",
    "read_provenance",
    "require_unaltered",
    "runtime_versions",
]

#: The number of the format of version folders. Part of every version; a reader refuses a newer one.
FORMAT = 2

#: When the work on the next version folder began: it is done before the folder is written.
_began = [time.time()]

#: What computes and decodes, and so what the cache depends on: name -> the distributions that provide it.
RUNTIME = {
    "insightface": ("insightface",),
    "numpy": ("numpy",),
    "onnxruntime": ("onnxruntime", "onnxruntime-gpu"),
    "opencv": ("opencv-python", "opencv-python-headless"),
    "pillow": ("pillow",),
    "pillow-heif": ("pillow-heif",),
    "pyav": ("av",),
}

#: Other packages whose version can change what a stage writes. ``staleness.runtime`` of the config says
#: whether another version of one of these, or of `RUNTIME`, makes a stage stale.
PACKAGES = ("pandas", "pyarrow", "scipy")


@contextmanager
def building(
    folder: Path,
    *,
    rule: str,
    parameters: Mapping[str, Any],
    inputs: Mapping[str, Path],
    models: Sequence[Mapping[str, str]] = (),
    provider: str | None = None,
    contents: str = "",
    shards: int | None = None,
    shard_versions: Mapping[str, Sequence[str]] | None = None,
    described: Mapping[str, Mapping[str, Any]] | None = None,
) -> Iterator[Path]:
    """Build a version folder: give a staging folder, and move its files into place when all is well.

    A failed build leaves the former content of `folder` alone and nothing half-written. Files that the
    former build of the same folder listed in its ``run.json`` and that the new one does not make
    are removed; files of others are left alone.

    Parameters
    ----------
    folder : Path
        The version folder, ``results/<stage>/<version>``.
    rule : str
        The rule that writes it: `facebank.stages.<rule>` is the module whose code digest is recorded.
    parameters : mapping
        What the rule was told, apart from paths and from what cannot change a byte (threads, device).
    inputs : mapping
        Name -> file or version folder that was read. A folder stands for its own provenance.json.
    models : sequence of mappings
        Name, SHA-256 and licence of each model file used.
    provider : str, optional
        ``cpu`` or ``cuda``: the class of the execution provider that was really used.
    contents : str
        Digest of the user's files that it was told to read; a build is stale once they have another.
    shards : int, optional
        Of how many shards it was collected; kept in ``run.json``, since it changes no byte.
    shard_versions : mapping, optional
        Package -> other versions than the installed one, by which some of them were made.
    described : mapping, optional
        What `describe_inputs` said of the inputs, where it was asked already.

    Yields
    ------
    Path
        The staging folder: write the artifact's files here, by any library's plain calls.

    Raises
    ------
    DataError
        If an input is missing, or a version folder among them is not what its stage wrote.
    """
    read = describe_inputs(inputs) if described is None else described
    for path in inputs.values():
        if path.is_dir():
            # Its provenance.json is what is kept of it, and would vouch for what was made of anything else.
            require_unaltered(path)
    folder.parent.mkdir(parents=True, exist_ok=True)
    # A name of its own: what a killed build left running must not write into it.
    staging = Path(tempfile.mkdtemp(prefix=f"{UNFINISHED}{folder.name}.", dir=folder.parent))
    try:
        yield staging
        written = sorted(
            (path for path in staging.rglob("*") if path.is_file()),
            key=lambda path: path.relative_to(staging).as_posix(),
        )
        names = [path.relative_to(staging).as_posix() for path in written]
        document = {
            "format": FORMAT,
            "rule": rule,
            "version": folder.name,
            "parameters": dict(parameters),
            "code": stage_digest(rule),
            "modules": stage_modules(rule),
            "contents": contents or None,
            "provider": provider,
            "models": [dict(model) for model in models],
            "runtime": runtime_versions(),
            "packages": _package_versions(),
            **({"shard_versions": shard_versions} if shard_versions else {}),
            "inputs": read,
            "outputs": {name: _describe(staging / name) for name in names},
        }
        _move_in(staging, folder, written)
        write_json(folder / "run.json", {**_run_facts(_began[0]), "shards": shards, "outputs": names})
        write_json(folder / "provenance.json", document)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
        _began[0] = time.time()


def read_provenance(folder: Path) -> dict[str, Any]:
    """Read a version folder's provenance.json.

    Raises
    ------
    DataError
        If it is missing, unreadable, or written by a newer facebank.
    """
    path = folder / "provenance.json"
    try:
        document: dict[str, Any] = read_json(path, largest=LARGEST_DOCUMENT)
        found = document["format"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            "This is no finished version folder",
            file=folder,
            expected="a readable provenance.json",
            found="no such file" if isinstance(error, FileNotFoundError) else str(error),
            remedy="Build the stage that makes it.",
        ) from error
    if found > FORMAT:
        raise DataError(
            "The version folder comes from a newer facebank",
            file=folder,
            expected=f"format {FORMAT} or older",
            found=f"format {found}",
            remedy="Update facebank, or rebuild the stage with this one.",
        )
    return document


def require_unaltered(folder: Path, names: Collection[str] | None = None) -> None:
    """Insist that a version folder holds what its stage wrote.

    Parameters
    ----------
    folder : Path
        The version folder.
    names : collection of str, optional
        The files of it that count; all of them unless given.

    Raises
    ------
    DataError
        Naming the first file that is missing or has other bytes than its provenance.json says.
    """
    for name, written in read_provenance(folder)["outputs"].items():
        if names is not None and name not in names:
            continue
        found = sha256_file(folder / name) if (folder / name).is_file() else "no such file"
        if found != written["sha256"]:
            raise DataError(
                "An artifact is not what its stage wrote",
                file=folder / name,
                expected=written["sha256"],
                found=found,
                remedy="Delete its version folder and build again.",
            )


def describe_inputs(inputs: Mapping[str, Path]) -> dict[str, dict[str, Any]]:
    """Describe inputs by their content, sorted by name; a version folder by its provenance.json.

    Of a version folder, ``outputs`` tells which files it held, whatever code wrote them.

    Raises
    ------
    DataError
        If an input is missing, or a version folder is not finished.
    """
    return {name: _describe_input(path) for name, path in sorted(inputs.items())}


def _describe(path: Path) -> dict[str, Any]:
    """Give a file's SHA-256 and size."""
    return {"sha256": sha256_file(path), "bytes": path.stat().st_size}


def _describe_input(path: Path) -> dict[str, Any]:
    """Describe an input by its content; a version folder by its provenance.

    Version and file name are kept, folders above are not: a moved checkout describes itself alike.
    """
    file = path / "provenance.json" if path.is_dir() else path
    if not file.is_file():
        raise DataError("An input is missing", file=file, remedy="Build the stage that makes it first.")
    described = {"name": path.name, **_describe(file)}
    return (
        described | {"outputs": digest_of(read_provenance(path)["outputs"])} if path.is_dir() else described
    )


def _move_in(staging: Path, folder: Path, written: Sequence[Path]) -> None:
    """Move staged files into the version folder; its provenance.json goes first and comes back last."""
    folder.mkdir(parents=True, exist_ok=True)
    former = _former_outputs(folder)
    (folder / "provenance.json").unlink(missing_ok=True)
    sync(folder)
    for path in written:
        name = path.relative_to(staging)
        sync(path)
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        path.replace(folder / name)
        former.discard(name.as_posix())
    for gone in former:
        (folder / gone).unlink(missing_ok=True)
        _remove_empty((folder / gone).parent, folder)
    # A file is in the folder for good when all folders above it say so.
    for place in {above for path in written for above in path.relative_to(staging).parents}:
        sync(folder / place)


def _remove_empty(below: Path, folder: Path) -> None:
    """Remove a folder and those above it, up to another, as far as they are empty: a name is a trace."""
    while below != folder and not any(below.glob("*")):
        if below.is_dir():
            below.rmdir()
        below = below.parent


def _former_outputs(folder: Path) -> set[str]:
    """List what the former build of a folder wrote.

    It stands in run.json, since a workflow engine removes a job's declared outputs, and with them
    provenance.json, before it runs the job again.
    """
    try:
        return set(read_json(folder / "run.json", largest=LARGEST_DOCUMENT)["outputs"])
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def runtime_versions() -> dict[str, str]:
    """Give the installed version of each package of `RUNTIME`, by its name there."""
    return _versions(RUNTIME)


def installed_versions() -> dict[str, str]:
    """Give the installed version of every package that a provenance.json names."""
    return runtime_versions() | _package_versions()


def built_by(document: Mapping[str, Any]) -> dict[str, str]:
    """Give the version of every package that a provenance.json names; several of one are in one text.

    So what was made by several is made by none of them alone.

    Raises
    ------
    TypeError or AttributeError
        If it names them otherwise.
    """
    versions = {**document.get("runtime", {}), **document.get("packages", {})}
    for package, others in document.get("shard_versions", {}).items():
        present = [versions[package]] if package in versions else []
        versions[package] = " and ".join(sorted({*others, *present}))
    return versions


def other_versions(recorded: Mapping[str, str], installed: Mapping[str, str]) -> list[str]:
    """List the packages whose installed version is not the recorded one; one that was not recorded is not."""
    return sorted(package for package, it in installed.items() if recorded.get(package, it) != it)


def _package_versions() -> dict[str, str]:
    """Give the installed version of each of `PACKAGES`."""
    return _versions({package: (package,) for package in PACKAGES})


def _versions(packages: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Give the version of the first installed distribution of each package; none is left out."""
    found: dict[str, str] = {}
    for package, distributions in packages.items():
        for distribution in distributions:
            try:
                found[package] = version(distribution)
            except PackageNotFoundError:
                continue
            break
    return found


def _run_facts(started: float) -> dict[str, Any]:
    """Give what differs between two builds of the same bytes: time, host, Python, commit."""
    try:
        commit = subprocess.run(  # noqa: S603
            ["git", "-C", str(Path(__file__).parent), "rev-parse", "HEAD"],  # noqa: S607
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        commit = None
    return {
        "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(started)),
        "seconds": round(time.time() - started, 3),
        "host": platform.node(),
        "python": platform.python_version(),
        "commit": commit,
    }
