"""The doctor's look at the Python environment."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from facebank.doctor import packages
from facebank.doctor.packages import (
    check_opencv,
    check_packages,
    check_python,
    check_runtime,
    lock_file,
    locked_versions,
)

if TYPE_CHECKING:
    from pathlib import Path

LOCK = """# a comment
numpy==2.0 \\
    --hash=sha256:0000000000000000000000000000000000000000000000000000000000000000
    # via pandas
Some_Thing.else==1 ; python_full_version >= '3.11'
old==1 ; python_full_version < '3.11'
onnxruntime==1.5
opencv-python==5.0
"""


@pytest.fixture
def requirements(tmp_path: Path) -> Path:
    (tmp_path / "cpu.lock").write_text(LOCK)
    return tmp_path


def test_a_lock_file_is_read_for_this_python(requirements: Path) -> None:
    assert locked_versions(requirements / "none.lock") == {}
    assert locked_versions(requirements / "cpu.lock") == {
        "numpy": "2.0",
        "some-thing-else": "1",
        "onnxruntime": "1.5",
        "opencv-python": "5.0",
    }


def test_a_device_has_its_lock_file_where_there_is_one(requirements: Path) -> None:
    cpu, gpu = requirements / "cpu.lock", requirements / "gpu.lock"
    assert (lock_file("cpu", requirements), lock_file("cuda:1", requirements)) == (cpu, cpu)
    gpu.write_text("onnxruntime-gpu==1.6\n")
    assert (lock_file("cpu", requirements), lock_file("cuda:1", requirements)) == (cpu, gpu)
    assert "--no-deps onnxruntime-gpu==1.6" in check_runtime("cuda:1", gpu).mend


@pytest.mark.parametrize(
    ("version", "state"),
    [((3, 10, 9), "fault"), ((3, 11, 0), "good"), ((3, 13, 5), "good"), ((3, 14, 0), "fault")],
)
def test_the_version_of_python(
    monkeypatch: pytest.MonkeyPatch, version: tuple[int, int, int], state: str
) -> None:
    monkeypatch.setattr(packages, "_RUNNING", version)
    found = check_python()
    assert found.state == state
    assert bool(found.mend) == (state == "fault")


@pytest.mark.parametrize(
    ("device", "runtimes", "state", "mend"),
    [
        ("cpu", [], "fault", "pip install --no-deps onnxruntime==1.5"),
        ("cpu", ["onnxruntime"], "good", ""),
        ("cpu", ["onnxruntime-gpu"], "good", ""),
        ("cuda", ["onnxruntime-gpu"], "good", ""),
        ("cuda:1", ["onnxruntime"], "fault", "uninstall -y onnxruntime && "),
        (
            "cuda",
            ["onnxruntime", "onnxruntime-gpu"],
            "fault",
            f"onnxruntime-gpu && {sys.executable} -m pip install --no-deps onnxruntime-gpu==1.5",
        ),
        ("cpu", ["onnxruntime", "onnxruntime-gpu"], "fault", "--no-deps onnxruntime==1.5"),
    ],
)
def test_one_onnx_runtime_and_the_right_one(
    requirements: Path,
    monkeypatch: pytest.MonkeyPatch,
    device: str,
    runtimes: list[str],
    *,
    state: str,
    mend: str,
) -> None:
    monkeypatch.setattr(packages, "installed_runtimes", lambda: dict.fromkeys(runtimes, "1.5"))
    found = check_runtime(device, requirements / "cpu.lock")
    assert (found.state, mend in found.mend, bool(mend)) == (state, True, bool(found.mend)), found


@pytest.mark.parametrize(
    ("opencvs", "error", "state", "mend"),
    [
        ([], "", "fault", "pip install --no-deps opencv-python==5.0"),
        (["opencv-python"], "", "good", ""),
        (["opencv-python", "opencv-x"], "", "fault", "uninstall -y opencv-python opencv-x && "),
        (["opencv-python"], "ImportError: libGL.so.1: cannot open", "fault", "apt-get install -y libgl1"),
        (["opencv-python"], "ImportError: libgthread-2.0.so.0: no", "fault", "install -y libglib2.0-0"),
        (["opencv-python"], "ImportError: broken", "fault", "--force-reinstall opencv-python==5.0"),
    ],
)
def test_one_opencv_that_can_be_imported(
    requirements: Path,
    monkeypatch: pytest.MonkeyPatch,
    opencvs: list[str],
    *,
    error: str,
    state: str,
    mend: str,
) -> None:
    def run(words: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        assert words == [sys.executable, "-c", "import cv2"]
        return subprocess.CompletedProcess(words, int(bool(error)), "", f"Traceback\n{error}\n")

    monkeypatch.setattr(packages.subprocess, "run", run)
    monkeypatch.setattr(packages, "installed_opencvs", lambda: dict.fromkeys(opencvs, "5.0"))
    found = check_opencv(requirements / "cpu.lock")
    assert (found.state, mend in found.mend, error in found.found) == (state, True, True), found


@pytest.mark.parametrize(
    ("here", "state", "text"),
    [
        ({}, "fault", "2 not as cpu.lock says: numpy missing for 2.0, some-thing-else missing for 1"),
        ({"numpy": "2.0", "some-thing-else": "1", "more": "9"}, "good", "as cpu.lock says"),
        ({"numpy": "1.0", "some-thing-else": "1"}, "warning", "1 not as cpu.lock says: numpy 1.0 for 2.0"),
        ({"numpy": "2.0"}, "fault", "1 not as cpu.lock says: some-thing-else missing for 1"),
    ],
)
def test_packages_as_locked(
    requirements: Path, monkeypatch: pytest.MonkeyPatch, here: dict[str, str], state: str, text: str
) -> None:
    monkeypatch.setattr(packages, "installed", lambda: here)
    found = check_packages(requirements / "cpu.lock")
    assert (found.state, found.found) == (state, text)
    assert (str(requirements / "cpu.lock") in found.mend) == (state != "good")


def test_an_environment_may_be_that_of_developers(
    requirements: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    locks = requirements / "cpu.lock", requirements / "dev.lock"
    locks[1].write_text("numpy==1.9\nsome-thing-else==1\npytest==8\n")
    monkeypatch.setattr(
        packages, "installed", lambda: {"numpy": "1.9", "some-thing-else": "1", "pytest": "8"}
    )
    assert check_packages(*locks).found == "as dev.lock says"
    monkeypatch.setattr(packages, "installed", lambda: {"numpy": "2.0", "some-thing-else": "1"})
    assert check_packages(*locks).found == "as cpu.lock says"
    monkeypatch.setattr(packages, "installed", lambda: {"numpy": "2.1", "some-thing-else": "1"})
    assert check_packages(*locks).found == "1 not as cpu.lock says: numpy 2.1 for 2.0"


def test_without_a_lock_file_that_is_said(tmp_path: Path) -> None:
    assert check_packages(tmp_path / "cpu.lock").state == "warning"
