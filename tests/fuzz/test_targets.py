"""Whatever a file holds, a reader says what is wrong with it: no other error, no crash, no hang."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
#: Target -> cases in `make test`.
SHORT = {
    "configs": 60,
    "images": 800,
    "label_studio": 30,
    "masks": 400,
    "models": 150,
    "predictions": 40,
    "recordings": 80,
    "releases": 16,
    "results": 20,
    "videos": 120,
}
TARGETS = sorted(path.stem for path in HERE.glob("*.py") if path.stem not in {"run", "test_targets"})
#: Seconds of a long run.
LONG = 60


@pytest.fixture
def fuzz(tmp_path: Path, record_property: Callable[[str, object], None]) -> Callable[..., dict[str, Any]]:
    """Run a target, and show what came of it in the table at the end."""

    def run(target: str, *words: str, timeout_s: float) -> dict[str, Any]:
        last = tmp_path / "last"
        command = [sys.executable, str(HERE / "run.py"), target, *words, "--last", str(last)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=timeout_s)
        assert done.returncode == 0, f"case {last.read_text()}: {done.returncode}, {done.stderr[-3000:]}"
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        came = ", ".join(f"{name} {count}" for name, count in found["came"].items())
        record_property(
            target,
            f"{found['runs']} files in {found['seconds']} s, at most {found['slowest_s']} s and"
            f" {found['peak_mb']} MB: {came}; crashes 0",
        )
        return found

    return run


@pytest.mark.parametrize("target", TARGETS)
def test_mutated_files_are_read_or_named(fuzz: Callable[..., dict[str, Any]], target: str) -> None:
    count = SHORT[target]
    found = fuzz(target, "--runs", str(count), timeout_s=200)
    assert found["runs"] == count
    # A corpus that nobody can read would show nothing.
    assert found["came"]["used"] > count / 50
    assert len(found["came"]) > 1


@pytest.mark.deep
@pytest.mark.parametrize("target", TARGETS)
def test_a_minute_of_mutated_files(fuzz: Callable[..., dict[str, Any]], target: str) -> None:
    found = fuzz(target, "--seed", "2", "--seconds", str(LONG), timeout_s=5 * LONG)
    assert found["runs"] > SHORT[target]
