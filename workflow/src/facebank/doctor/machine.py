"""Checks of the machine: Snakemake and its shell, SLURM, disk, cores, memory, text encoding, the device."""

from __future__ import annotations

import locale
import os
import shutil
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from packaging.version import Version

from facebank.artifacts.atomic import require_writable
from facebank.doctor.findings import Finding
from facebank.errors import FacebankError

__all__ = [
    "check_cores",
    "check_device",
    "check_folder",
    "check_locale",
    "check_memory",
    "check_slurm",
    "check_snakemake",
]

_SNAKEMAKE = "9.20"
_GIB = 1 << 30
#: Free space below which a build may end, and below which it will, in bytes.
_LITTLE_SPACE, _NO_SPACE = 5 * _GIB, _GIB // 2
#: What two model jobs at once take, with the embedded packs, in bytes.
_LITTLE_MEMORY = 2 * _GIB
#: How long a controller may take to answer, in seconds; one that is up takes a few milliseconds.
_CONTROLLER_S = 10
#: What SLURM's commands say where nothing tells them of a cluster; they say so at once.
_UNCONFIGURED = "Could not establish a configuration source"
_DEVICE_MEND = "nvidia-smi (it should list the GPU); or set 'device: cpu' in the config"


def check_snakemake() -> Finding:
    """Check Snakemake's version, that its command is this environment's, and the shell of its jobs."""
    mend = f"{sys.executable} -m pip install --no-deps --require-hashes -r requirements/cpu.lock"
    try:
        found = version("snakemake")
    except PackageNotFoundError:
        return Finding("snakemake", "fault", "not installed", mend)
    if Version(found) < Version(_SNAKEMAKE):
        return Finding("snakemake", "fault", f"{found}, older than {_SNAKEMAKE}", mend)
    if shutil.which("bash") is None:
        return Finding(
            "snakemake", "fault", f"{found}, but no bash to run its jobs", "apt-get install -y bash"
        )
    command, here = shutil.which("snakemake"), Path(sys.executable).parent
    if command is None or Path(command).parent != here:
        problem = f"{found}, but the command snakemake is {command or 'not on the PATH'}"
        return Finding("snakemake", "warning", problem, f'export PATH="{here}:$PATH"')
    return Finding("snakemake", "good", found)


def check_slurm() -> Finding:
    """Check that a controller answers where SLURM's commands are: without one every Snakemake waits for it.

    The executor plugin asks ``scontrol`` whenever Snakemake starts, also for a build on this machine alone.
    """
    if shutil.which("scontrol") is None:
        return Finding("slurm", "good", "not installed; only profiles/slurm needs it")
    try:
        done = subprocess.run(
            ["scontrol", "ping"],  # noqa: S607 (as the plugin calls it)
            capture_output=True,
            text=True,
            check=False,
            timeout=_CONTROLLER_S,
        )
    except (OSError, subprocess.TimeoutExpired):
        done = None
    if done is not None and done.returncode == 0:
        return Finding("slurm", "good", "its controller answers")
    if done is not None and _UNCONFIGURED in done.stderr:
        return Finding("slurm", "good", "installed, but for no cluster; only profiles/slurm needs one")
    return Finding(
        "slurm",
        "warning",
        "its commands are installed and no controller answers: each call of snakemake may wait 9 s for it",
        "start slurmctld, or ask who runs the cluster; without a cluster: apt-get remove -y slurm-client",
    )


def check_folder(name: str, folder: Path, mend: str) -> Finding:
    """Check that a folder can be written, and how much space is left there. Nothing stays behind.

    Parameters
    ----------
    name : str
        What the folder is.
    folder : Path
        The folder; where it is not there yet, the nearest one above it counts.
    mend : str
        How to name another one.
    """
    try:
        free = shutil.disk_usage(require_writable(folder)).free
    except OSError as error:
        return Finding(name, "fault", f"{folder} cannot be written: {error.strerror}", mend)
    text = f"{folder}, {free / _GIB:.1f} GiB free"
    if free < _LITTLE_SPACE:
        return Finding(name, "fault" if free < _NO_SPACE else "warning", text, mend)
    return Finding(name, "good", text)


def check_cores() -> Finding:
    """Count the cores that this process may use."""
    usable, all_cores = len(os.sched_getaffinity(0)), os.cpu_count() or 1
    return Finding("cores", "good", f"{usable} of {all_cores}: snakemake --cores {usable}")


def check_memory() -> Finding:
    """Look at the memory that is available."""
    lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    available = next(int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable:"))
    text = f"{available / _GIB:.1f} GiB available"
    if available < _LITTLE_MEMORY:
        return Finding("memory", "warning", text, "snakemake --cores 1")
    return Finding("memory", "good", text)


def check_locale() -> Finding:
    """Check that names of files and text are UTF-8."""
    names, text = sys.getfilesystemencoding().lower(), locale.getencoding().lower()
    found = f"file names {names}, text {text}"
    if {names, text} == {"utf-8"}:
        return Finding("locale", "good", found)
    return Finding("locale", "fault", found, "export LC_ALL=C.UTF-8")


def check_device(device: str) -> Finding:
    """Check that the models can run where they should: for CUDA, that libraries, driver and GPU are there.

    Parameters
    ----------
    device : str
        ``cpu``, ``cuda`` or ``cuda:N``.
    """
    try:
        from facebank.runtime.cuda import count_devices
        from facebank.runtime.sessions import require_provider
    except ImportError as error:
        return Finding("device", "fault", f"{device}: no ONNX Runtime: {error}", "mend onnxruntime first")
    try:
        require_provider(device)
    except FacebankError as error:
        return Finding("device", "fault", f"{device}: {error}", _DEVICE_MEND)
    gpus = count_devices()
    return Finding("device", "good", f"{device}; {gpus} GPU{'' if gpus == 1 else 's'} with a driver")
