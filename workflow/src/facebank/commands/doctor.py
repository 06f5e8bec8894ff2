"""``facebank doctor``: what is wrong with this machine, and the command that mends it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from facebank.artifacts.atomic import json_text
from facebank.config.load import load_config
from facebank.doctor.findings import Finding
from facebank.doctor.machine import (
    check_cores,
    check_device,
    check_folder,
    check_locale,
    check_memory,
    check_slurm,
    check_snakemake,
)
from facebank.doctor.packages import (
    check_opencv,
    check_packages,
    check_python,
    check_runtime,
    lock_file,
)
from facebank.errors import CheckError, FacebankError
from facebank.plan.plan import Plan
from facebank.project import PROJECT

if TYPE_CHECKING:
    from facebank.config.sections import Config

__all__ = ["doctor"]

_DEFAULT = Path("config/config.yaml")


def doctor(*, configfile: Path = _DEFAULT, device: str | None = None, json: bool = False) -> None:
    """Look for all that can be wrong with this machine, and print the command that mends each.

    Looked at are Python, the installed packages, ONNX Runtime and OpenCV, Snakemake, SLURM, the folders of
    results and cache, cores, memory, text encoding, and the device. Nothing is changed.

    Parameters
    ----------
    configfile
        The config, for its device and folders. Without one, the defaults count.
    device
        Where models should run, in place of what the config says: cpu, cuda or cuda:N.
    json
        Print the findings as JSON.

    Raises
    ------
    CheckError
        If anything is at fault.
    """
    config, findings = _config(configfile)
    findings += examine(Plan(config), device or config.device)
    if json:
        print(json_text([asdict(finding) for finding in findings]), end="")  # noqa: T201 (the command's answer)
    else:
        _tell(findings)
    faults = [finding.check for finding in findings if finding.state == "fault"]
    if faults:
        raise CheckError(
            f"{len(faults)} of {len(findings)} checks of this machine failed", found=", ".join(faults)
        )


def examine(plan: Plan, device: str) -> list[Finding]:
    """Make every check.

    Parameters
    ----------
    plan : Plan
        What the config means.
    device : str
        ``cpu``, ``cuda`` or ``cuda:N``.
    """
    requirements = PROJECT / "requirements"
    lock = lock_file(device, requirements)
    cache = "name another folder: cache.root in the config, or export FACEBANK_CACHE=/a/larger/disk"
    return [
        check_python(),
        check_packages(lock, requirements / "dev.lock"),
        check_runtime(device, lock),
        check_opencv(lock),
        check_snakemake(),
        check_slurm(),
        check_folder("results", Path(plan.results), "name another folder: results in the config"),
        check_folder("cache", plan.cache, cache),
        check_cores(),
        check_memory(),
        check_locale(),
        check_device(device),
    ]


def _config(path: Path) -> tuple[Config, list[Finding]]:
    """Read the config; where that fails, say so and go on with the defaults."""
    from facebank.config.sections import Config

    if path == _DEFAULT and not path.exists():
        return Config(), []
    try:
        return load_config(path), [Finding("config", "good", str(path))]
    except FacebankError as error:
        return Config(), [Finding("config", "fault", str(path), str(error))]


def _tell(findings: list[Finding]) -> None:
    """Print the findings, and under each how to mend it."""
    for finding in findings:
        print(f"{finding.state:8} {finding.check:12} {finding.found}")  # noqa: T201 (the command's answer)
        if finding.mend:
            print(f"{'':8} {'':12} -> {finding.mend}")  # noqa: T201
