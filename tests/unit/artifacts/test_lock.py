"""One build at a time; a lock ends with its process, however that ends."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from facebank.artifacts import lock
from facebank.artifacts.lock import held_lock, hold_lock, lock_holder
from facebank.errors import CheckError, DataError

HOLD = """
import sys, time
from pathlib import Path
from facebank.artifacts.lock import hold_lock
hold_lock(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path: Path) -> subprocess.Popen[str]:
    """Start a process that holds the lock."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "deep" / "lock")],
        stdout=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


@pytest.fixture(autouse=True)
def own_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep this process's locks to the test."""
    monkeypatch.setattr(lock, "_HELD", [])


def test_a_second_holder_is_told_who_the_first_is(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    try:
        with pytest.raises(
            CheckError, match=rf"results: process {holder.pid} on .*, in {tmp_path}\. Nothing"
        ):
            hold_lock(tmp_path / "deep" / "lock")
    finally:
        holder.kill()
        holder.communicate()


def test_a_killed_holder_blocks_nobody(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    holder.send_signal(signal.SIGKILL)
    holder.communicate()
    hold_lock(tmp_path / "deep" / "lock")
    assert "process" in (tmp_path / "deep" / "lock").read_text(encoding="utf-8")


def test_a_lock_of_a_block_ends_with_the_block(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "lock"
    for _ in range(2):
        with held_lock(path):
            assert "process" in str(lock_holder(path))
            with pytest.raises(CheckError, match="Another build"), held_lock(path):
                pytest.fail("held twice")
        assert lock_holder(path) is None


def test_a_folder_that_cannot_be_written_is_told_in_a_sentence() -> None:
    # Not even root writes into it.
    with pytest.raises(
        DataError, match=r"The results cannot be written: /proc/results; found .+\. Name another"
    ):
        hold_lock(Path("/proc/results/lock"))
