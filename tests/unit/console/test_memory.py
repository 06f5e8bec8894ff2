import resource
import subprocess
import sys
from pathlib import Path

import pytest

from facebank.console import memory
from facebank.console.memory import peak_memory

_MEGABYTE = 1_000_000


def test_memory_is_the_process_s_own() -> None:
    """A job is started by Snakemake, which may be far larger than the job."""
    held = b"\1" * (400 * _MEGABYTE)
    code = "from facebank.console.memory import peak_memory; print(peak_memory())"
    environment = {"PYTHONPATH": str(Path(memory.__file__).parents[2])}
    out = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=True)
    assert 5 * _MEGABYTE < int(out.stdout) < 200 * _MEGABYTE
    assert peak_memory() > len(held)


@pytest.mark.parametrize("status", [None, "", "Name: x\n"])
def test_where_the_system_does_not_tell_the_resources_do(
    status: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(*_: object, **__: object) -> str:
        if status is None:
            raise FileNotFoundError
        return status

    used = resource.getrusage(resource.RUSAGE_SELF)
    monkeypatch.setattr(Path, "read_text", read)
    monkeypatch.setattr(resource, "getrusage", lambda _: used)
    assert peak_memory() == used.ru_maxrss * memory._MAXRSS_BYTES
