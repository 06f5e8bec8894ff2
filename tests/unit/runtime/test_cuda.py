"""CUDA: what is missing is named, by a machine without it and by machines that pretend."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from pathlib import Path

import onnxruntime
import pytest

from facebank.runtime import cuda
from facebank.runtime.cuda import count_devices, missing_libraries

LINKED = """\tlinux-vdso.so.1 (0x0)
\tlibcublas.so.13 => not found
\tlibc.so.6 => /lib/libc.so.6 (0x0)
\tlibcurand.so.10 => not found
\tlibcuda.so.1 => not found
"""


@pytest.fixture
def provider(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Pretend that the installed ONNX Runtime has a CUDA provider."""
    library = tmp_path / "capi" / "libonnxruntime_providers_cuda.so"
    library.parent.mkdir()
    library.touch()
    monkeypatch.setattr(onnxruntime, "__file__", str(tmp_path / "__init__.py"))
    monkeypatch.setattr(onnxruntime, "preload_dlls", lambda **_: sys.stdout.write("Failed to load"))
    return library


def without(monkeypatch: pytest.MonkeyPatch, *missing: str) -> None:
    """Pretend that some libraries cannot be loaded, and all others can."""

    def load(name: str) -> object:
        if name in missing:
            raise OSError(name)
        return object()

    monkeypatch.setattr(ctypes, "CDLL", load)


@pytest.mark.skipif(
    "CUDAExecutionProvider" in onnxruntime.get_available_providers(), reason="this ONNX Runtime has CUDA"
)
def test_a_runtime_without_cuda_misses_nothing() -> None:
    assert missing_libraries() == []


@pytest.mark.parametrize(
    ("unloadable", "expected"),
    [
        ((), []),
        (("libcuda.so.1",), ["libcuda.so.1"]),
        (
            ("libcuda.so.1", "libcublas.so.13", "libcurand.so.10"),
            ["libcublas.so.13", "libcurand.so.10", "libcuda.so.1"],
        ),
    ],
)
def test_what_neither_the_linker_finds_nor_pip_brought_is_missing(
    provider: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    unloadable: tuple[str, ...],
    expected: list[str],
) -> None:
    asked: list[str] = []

    def ldd(words: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        asked.extend(words)
        return subprocess.CompletedProcess(words, 0, LINKED, "")

    monkeypatch.setattr(cuda.shutil, "which", lambda _: "/usr/bin/ldd")
    monkeypatch.setattr(cuda.subprocess, "run", ldd)
    without(monkeypatch, *unloadable)
    assert missing_libraries() == expected
    assert asked == ["/usr/bin/ldd", str(provider)]
    assert capsys.readouterr().out == ""


@pytest.mark.usefixtures("provider")
@pytest.mark.parametrize("there", [True, False])
def test_without_ldd_the_driver_is_asked_for(monkeypatch: pytest.MonkeyPatch, there: bool) -> None:
    monkeypatch.setattr(cuda.shutil, "which", lambda _: None)
    without(monkeypatch, *([] if there else ["libcuda.so.1"]))
    assert missing_libraries() == ([] if there else ["libcuda.so.1"])


def test_the_real_linker_is_understood(provider: Path) -> None:
    # A library of Python's own has all that it needs.
    provider.unlink()
    provider.symlink_to(next(Path(onnxruntime.capi.__path__[0]).glob("*.so*")))
    assert missing_libraries() == []


def test_without_a_driver_there_is_no_device(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "libcuda.so.1")
    assert count_devices() == 0


@pytest.mark.parametrize(("codes", "expected"), [((0, 0), 2), ((100, 0), 0), ((0, 1), 0)])
def test_the_driver_counts_its_devices(
    monkeypatch: pytest.MonkeyPatch, codes: tuple[int, int], expected: int
) -> None:
    class Driver:
        def cuInit(self, flags: int) -> int:  # noqa: N802 (the driver's name)
            assert flags == 0
            return codes[0]

        def cuDeviceGetCount(self, number: object) -> int:  # noqa: N802
            number._obj.value = 2
            return codes[1]

    monkeypatch.setattr(ctypes, "CDLL", lambda _: Driver())
    assert count_devices() == expected
