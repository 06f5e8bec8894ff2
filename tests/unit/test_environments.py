"""What jobs run on is the same wherever it is installed, and holds one ONNX Runtime and one OpenCV."""

from __future__ import annotations

import importlib.util
import re
from types import ModuleType

import pytest
import yaml

from facebank.project import PROJECT

ENVIRONMENTS = sorted(path.stem for path in (PROJECT / "envs").glob("*.yaml"))


def text(name: str) -> str:
    """Read a file of the project."""
    return (PROJECT / name).read_text(encoding="utf-8")


@pytest.fixture
def writer() -> ModuleType:
    """Load the script that writes what follows from the locks."""
    path = PROJECT / "requirements" / "write_post_deploy.py"
    spec = importlib.util.spec_from_file_location("write_post_deploy", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def versions(lock: str) -> dict[str, str]:
    """Give the packages of a lock and their versions, with the marker where there is one."""
    return dict(re.findall(r"^([\w.-]+)==(.*?)(?: \\)?$", text(f"requirements/{lock}.lock"), re.MULTILINE))


@pytest.mark.parametrize(
    ("lock", "runtime"), [("cpu", "onnxruntime"), ("dev", "onnxruntime"), ("gpu", "onnxruntime-gpu")]
)
def test_a_lock_holds_one_onnx_runtime_and_one_opencv(lock: str, runtime: str) -> None:
    names = versions(lock)
    assert [name for name in names if name.startswith("onnxruntime")] == [runtime]
    assert [name for name in names if name.startswith("opencv")] == ["opencv-python"]


def test_the_gpu_lock_is_the_cpu_lock_with_another_runtime() -> None:
    cpu, gpu = versions("cpu"), versions("gpu")
    assert cpu.pop("onnxruntime") == gpu.pop("onnxruntime-gpu")
    cuda = {name for name in gpu if name.startswith("nvidia-")}
    assert {"nvidia-cublas", "nvidia-cuda-runtime"} < cuda
    assert {name: gpu[name] for name in gpu.keys() - cuda} == cpu


def test_the_development_lock_holds_the_cpu_lock() -> None:
    """Each at its version, and wherever the CPU's packages have it: the same marker, or none at all."""
    dev = versions("dev")
    for name, pinned in versions("cpu").items():
        assert dev[name] in (pinned, pinned.partition(" ;")[0]), name


@pytest.mark.parametrize("lock", ["cpu", "dev", "gpu"])
def test_every_package_of_a_lock_has_hashes_and_no_index_is_named(lock: str) -> None:
    content = text(f"requirements/{lock}.lock")
    pinned = re.findall(r"^[\w.-]+==.*$", content, re.MULTILINE)
    assert pinned
    assert all(line.endswith("\\") for line in pinned)
    assert "://" not in content
    assert "--index" not in content


def test_no_pins_make_no_script_and_continued_lines_stay_together(writer: ModuleType) -> None:
    assert writer.pins("") == {}
    lock = "a==1 \\\n    --hash=sha256:0 \\\n    --hash=sha256:1\n    # via b\n"
    lock += "b==2 ; x == 'y' \\\n    --hash=sha256:2\n"
    assert writer.pins(lock) == {
        "a": "a==1 \\\n    --hash=sha256:0 \\\n    --hash=sha256:1",
        "b": "b==2 ; x == 'y' \\\n    --hash=sha256:2",
    }


def test_conda_brings_the_same_pins_as_pip(writer: ModuleType) -> None:
    for name in ENVIRONMENTS:
        packages = yaml.safe_load(text(f"envs/{name}.yaml"))["dependencies"]
        assert packages[-1] == {"pip": ["--requirement=../requirements/cpu.lock"]}, name
    cpu, gpu = text("requirements/cpu.lock"), text("requirements/gpu.lock")
    script = text("envs/gpu.post-deploy.sh")
    assert script == writer.post_deploy(cpu, gpu)
    added = set(writer.pins(script))
    assert added == versions("gpu").keys() - versions("cpu").keys()
    assert set(re.findall(r"pip uninstall .* (\S+)$", script, re.MULTILINE)) == (
        versions("cpu").keys() - versions("gpu").keys()
    )


@pytest.mark.parametrize("name", ["Dockerfile", "facebank.def"])
def test_containers_are_made_from_the_locks_alone(name: str) -> None:
    recipe = text(f"containers/{name}")
    (install,) = re.findall(r"pip install (.*)$", recipe, re.MULTILINE)
    assert install.split() == [
        "--no-cache-dir",
        "--no-deps",
        "--require-hashes",
        "--requirement",
        "/opt/facebank/requirements.lock",
    ]
    assert re.search(r"lock=cpu\.lock", recipe, re.IGNORECASE)
    assert "python:3.11-slim-bookworm" in recipe
    assert "libgl1 libglib2.0-0" in recipe
