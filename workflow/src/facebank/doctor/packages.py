"""Checks of the Python environment: the version, the locked packages, one ONNX Runtime, one OpenCV."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from facebank.doctor.findings import Finding
from facebank.runtime.installed import installed, installed_opencvs, installed_runtimes
from facebank.runtime.locks import read_lock

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "check_opencv",
    "check_packages",
    "check_python",
    "check_runtime",
    "lock_file",
    "locked_versions",
]

_OLDEST, _NEWEST = (3, 11), (3, 13)
_RUNNING = tuple(sys.version_info[:3])
#: How many packages are named.
_NAMED = 5
_PIP = f"{sys.executable} -m pip"
#: What OpenCV links to -> the package of Debian and Ubuntu that has it.
_SYSTEM_PACKAGES = {"libGL": "libgl1", "libgthread": "libglib2.0-0", "libglib": "libglib2.0-0"}


def check_python() -> Finding:
    """Check the version of Python."""
    version = ".".join(map(str, _RUNNING))
    if _OLDEST <= _RUNNING[:2] <= _NEWEST:
        return Finding("python", "good", f"{version} at {sys.executable}")
    return Finding(
        "python", "fault", f"{version}, not 3.11 to 3.13", "rm -rf .venv && make demo PYTHON=python3.12"
    )


def lock_file(device: str, requirements: Path) -> Path:
    """Give the lock file of a device: that of the CPU where there is no other."""
    gpu = requirements / "gpu.lock"
    return gpu if device != "cpu" and gpu.is_file() else requirements / "cpu.lock"


def check_runtime(device: str, lock: Path) -> Finding:
    """Check that one ONNX Runtime is installed: two overwrite each other's files, in any order.

    Parameters
    ----------
    device : str
        ``cpu``, ``cuda`` or ``cuda:N``: decides which one it should be.
    lock : Path
        The lock file.
    """
    found = installed_runtimes()
    wanted = "onnxruntime" if device == "cpu" else "onnxruntime-gpu"
    text = ", ".join(f"{name} {version}" for name, version in found.items()) or "none"
    if list(found) == [wanted] or (len(found) == 1 and device == "cpu"):
        return Finding("onnxruntime", "good", text)
    pins = locked_versions(lock)
    version = pins.get(wanted, pins.get("onnxruntime", ""))
    remove = f"{_PIP} uninstall -y {' '.join(found)} && " if found else ""
    install = f"{_PIP} install --no-deps {wanted}=={version}".removesuffix("==")
    problem = f"{text}; one is needed, {wanted} for device {device}"
    return Finding("onnxruntime", "fault", problem, remove + install)


def check_opencv(lock: Path) -> Finding:
    """Check that one OpenCV is installed and can be imported.

    Parameters
    ----------
    lock : Path
        The lock file.
    """
    found = installed_opencvs()
    text = ", ".join(f"{name} {version}" for name, version in found.items()) or "none"
    if len(found) != 1:
        version = locked_versions(lock).get("opencv-python", "")
        remove = f"{_PIP} uninstall -y {' '.join(found)} && " if found else ""
        install = f"{_PIP} install --no-deps opencv-python=={version}".removesuffix("==")
        return Finding("opencv", "fault", f"{text}; one is needed", remove + install)
    done = subprocess.run([sys.executable, "-c", "import cv2"], capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return Finding("opencv", "good", text)
    said = done.stderr.strip().splitlines()[-1:] or [f"exit code {done.returncode}"]
    package = next((name for library, name in _SYSTEM_PACKAGES.items() if library in done.stderr), None)
    again = f"{_PIP} install --no-deps --force-reinstall {text.replace(' ', '==')}"
    mend = f"apt-get install -y {package}" if package else again
    return Finding("opencv", "fault", f"{text} cannot be imported: {said[0]}", mend)


def check_packages(*locks: Path) -> Finding:
    """Check that the locked packages are installed in the locked versions.

    Parameters
    ----------
    *locks : Path
        Lock files that an environment may be made from; it is held against the one that it is nearest to.
    """
    here = installed()
    candidates = [(lock, _not_as_locked(locked_versions(lock), here)) for lock in locks if lock.is_file()]
    if not candidates:
        return Finding("packages", "warning", f"no lock file at {locks[0]}")
    lock, others = min(candidates, key=lambda candidate: len(candidate[1]))
    if not others:
        return Finding("packages", "good", f"as {lock.name} says")
    first = ", ".join(f"{name} {here.get(name, 'missing')} for {others[name]}" for name in [*others][:_NAMED])
    return Finding(
        "packages",
        "warning" if set(others) <= set(here) else "fault",
        f"{len(others)} not as {lock.name} says: {first}{' ...' if len(others) > _NAMED else ''}",
        f"{_PIP} install --no-deps --require-hashes -r {lock}",
    )


def _not_as_locked(locked: dict[str, str], here: dict[str, str]) -> dict[str, str]:
    """Give the locked versions that are not here; one ONNX Runtime and one OpenCV are seen to elsewhere."""
    elsewhere = {"onnxruntime", "onnxruntime-gpu", "opencv-python"}
    return {name: it for name, it in sorted(locked.items()) if name not in elsewhere and here.get(name) != it}


def locked_versions(lock: Path) -> dict[str, str]:
    """Read the versions that a lock file pins for this Python and system; nothing where there is no file.

    Parameters
    ----------
    lock : Path
        Requirements with hashes, as pip reads them.

    Returns
    -------
    dict of str to str
        Version by normalised name.

    Raises
    ------
    DataError
        If the file is no lock.
    """
    if not lock.is_file():
        return {}
    return {pin.name: pin.version for pin in read_lock(lock) if pin.applies}
