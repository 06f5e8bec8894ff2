"""What is installed, by the names of the packages."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from facebank.runtime import installed as module
from facebank.runtime.installed import installed, installed_opencvs, installed_runtimes


def pretend(monkeypatch: pytest.MonkeyPatch, *names: str | None) -> None:
    packages = [SimpleNamespace(metadata={"Name": name}, version="1.2") for name in names]
    monkeypatch.setattr(module, "distributions", lambda: packages)


@pytest.mark.parametrize(
    ("names", "runtimes", "opencvs"),
    [
        ((), [], []),
        ((None, "onnx", "onnxruntime2", "opencv", "my-opencv-python"), [], []),
        (
            ("onnxruntime_gpu", "onnxruntime", "opencv-python"),
            ["onnxruntime", "onnxruntime-gpu"],
            ["opencv-python"],
        ),
        (
            ("ort-nightly", "opencv_python.headless", "OpenCV-contrib-python-headless"),
            ["ort-nightly"],
            ["opencv-contrib-python-headless", "opencv-python-headless"],
        ),
    ],
)
def test_packages_that_exclude_each_other_are_found(
    monkeypatch: pytest.MonkeyPatch, names: tuple[str | None, ...], runtimes: list[str], opencvs: list[str]
) -> None:
    pretend(monkeypatch, *names)
    assert (list(installed_runtimes()), list(installed_opencvs())) == (runtimes, opencvs)


def test_this_environment_has_one_of_each() -> None:
    assert len(installed_runtimes()) == len(installed_opencvs()) == 1
    assert installed()["numpy"]
