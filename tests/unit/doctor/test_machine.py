"""The doctor's look at the machine."""

from __future__ import annotations

import builtins
import locale
import os
import shutil
import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from facebank.doctor import machine
from facebank.doctor.machine import (
    check_cores,
    check_device,
    check_folder,
    check_locale,
    check_memory,
    check_slurm,
    check_snakemake,
)

if TYPE_CHECKING:
    from collections.abc import Callable

GIB = 1 << 30


@pytest.mark.parametrize(
    ("free", "state"), [(0, "fault"), (GIB // 4, "fault"), (GIB, "warning"), (6 * GIB, "good")]
)
def test_a_folder_needs_space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, state: str) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    found = check_folder("cache", tmp_path / "not" / "yet", "another")
    assert (found.state, found.mend) == (state, "" if state == "good" else "another")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_a_fault() -> None:
    # Root may write anywhere, but not here.
    found = check_folder("results", Path("/proc/results"), "another")
    assert (found.state, found.mend) == ("fault", "another")
    assert "/proc/results cannot be written" in found.found


def raising(error: Exception) -> Callable[..., Any]:
    def fail(*_: object) -> None:
        raise error

    return fail


@pytest.mark.parametrize(
    ("version", "programs", "state", "word"),
    [
        (None, {}, "fault", "not installed"),
        ("9.3.1", {}, "fault", "older than 9.20"),
        ("9.20", {"snakemake": "here"}, "fault", "no bash"),
        ("10.0", {"bash": "/bin/bash"}, "warning", "not on the PATH"),
        ("9.27.1", {"bash": "/bin/bash", "snakemake": "/usr/bin/snakemake"}, "warning", "/usr/bin/snakemake"),
        ("9.27.1", {"bash": "/bin/bash", "snakemake": "here"}, "good", "9.27.1"),
    ],
)
def test_snakemake_and_its_shell(
    monkeypatch: pytest.MonkeyPatch, version: str | None, programs: dict[str, str], state: str, word: str
) -> None:
    here = str(Path(sys.executable).parent / "snakemake")
    missing = raising(PackageNotFoundError())
    monkeypatch.setattr(machine, "version", missing if version is None else lambda _: version)
    monkeypatch.setattr(shutil, "which", lambda name: programs.get(name, "").replace("here", here) or None)
    found = check_snakemake()
    assert (found.state, word in found.found, bool(found.mend)) == (state, True, state != "good"), found


def test_cores_are_those_that_may_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {1, 5})
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    assert check_cores().found == "2 of 8: snakemake --cores 2"


@pytest.mark.parametrize(("kilobytes", "state"), [(1 << 20, "warning"), (1 << 23, "good")])
def test_memory(monkeypatch: pytest.MonkeyPatch, kilobytes: int, state: str) -> None:
    text = f"MemTotal: 99 kB\nMemAvailable: {kilobytes} kB\n"
    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_text", lambda *_, **__: text)
        found = check_memory()
    assert (found.state, found.found) == (state, f"{kilobytes / (1 << 20):.1f} GiB available")


@pytest.mark.parametrize(
    ("names", "text", "state"),
    [("utf-8", "UTF-8", "good"), ("ascii", "utf-8", "fault"), ("utf-8", "ISO-8859-1", "fault")],
)
def test_text_is_utf_8(monkeypatch: pytest.MonkeyPatch, names: str, text: str, state: str) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(sys, "getfilesystemencoding", lambda: names)
        patch.setattr(locale, "getencoding", lambda: text)
        found = check_locale()
    assert found.state == state


def test_the_device_is_tried() -> None:
    assert check_device("cpu").state == "good"
    found = check_device("gpu")
    assert (found.state, "Unknown device" in found.found) == ("fault", True)


def test_a_runtime_that_cannot_be_imported_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def broken(name: str, *more: Any) -> Any:
        if name == "facebank.runtime.cuda":
            raise ImportError("no files are left of it")
        return real(name, *more)

    with monkeypatch.context() as patch:
        patch.setattr(builtins, "__import__", broken)
        found = check_device("cpu")
    assert (found.state, "no files are left of it" in found.found) == ("fault", True)


@pytest.mark.parametrize(
    ("script", "state", "word"),
    [
        (None, "good", "not installed"),
        ("exit 0", "good", "answers"),
        ("echo Slurmctld is DOWN; exit 1", "warning", "no controller answers"),
        (
            "echo scontrol: fatal: Could not establish a configuration source >&2; exit 1",
            "good",
            "no cluster",
        ),
        ("exec sleep 60", "warning", "no controller answers"),
    ],
)
def test_slurm_s_commands_want_a_controller(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str | None, state: str, word: str
) -> None:
    if script is not None:
        (tmp_path / "scontrol").write_text(f'#!/bin/sh\n[ "$*" = ping ] || exit 0\n{script}\n')
        (tmp_path / "scontrol").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin" if script else str(tmp_path))
    if script is not None and "sleep" in script:
        monkeypatch.setattr(machine, "_CONTROLLER_S", 0.5)
    found = check_slurm()
    assert (found.check, found.state) == ("slurm", state)
    assert word in found.found
    assert bool(found.mend) == (state == "warning")
