"""Commands in forks of a process that has already imported Snakemake, which takes half of a dry run.

A fork has what a process of its own would have: folder, variables, arguments, streams, exit code. It shares
with the others of its run of the tests what Python decides as it starts: the hash seed, and the language.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import runpy
import signal
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

__all__ = ["run_warm"]

#: What commands import of others, as far as it starts no threads.
_IMPORTED = (
    "snakemake.cli",
    "cyclopts",
    "pyarrow.compute",
    "pyarrow.parquet",
    "pydantic",
    "ruamel.yaml",
    "yaml",
)


def run_warm(
    module: str, arguments: list[str], folder: Path, environment: dict[str, str], timeout_s: float
) -> tuple[int, str]:
    """Run a module as `python -m` does: give its exit code, and all that it printed.

    Raises
    ------
    TimeoutError
        When it took longer than it may.
    """
    with tempfile.TemporaryDirectory() as streams:
        said = [str(Path(streams, name)) for name in ("out", "err")]
        server = _server(environment["PYTHONPATH"])
        assert server.stdin is not None
        assert server.stdout is not None
        asked = {
            "module": module,
            "arguments": arguments,
            "folder": str(folder),
            "environment": environment,
            "timeout_s": timeout_s,
            "streams": said,
        }
        server.stdin.write(json.dumps(asked) + "\n")
        server.stdin.flush()
        code = int(server.stdout.readline())
        text = "".join(Path(path).read_text(encoding="utf-8") for path in said)
    if code == -signal.SIGALRM:
        raise TimeoutError(f"{module} {' '.join(arguments)} took longer than {timeout_s} s:\n{text}")
    return code, text


@cache
def _server(path: str) -> subprocess.Popen[str]:
    """Start the process that forks, once for each worker of the tests; it ends with its standard input."""
    given = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    server = subprocess.Popen(
        [sys.executable, __file__],
        env={**given, "PYTHONPATH": path},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )

    def end() -> None:
        server.communicate()

    atexit.register(end)
    return server


def _serve() -> None:
    """Fork for each line that is read, and write how the fork ended."""
    for module in _IMPORTED:
        importlib.import_module(module)
    assert "facebank" not in sys.modules, "each checkout brings its own"
    gc.freeze()
    replies = os.dup(1)
    os.dup2(2, 1)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            os.close(replies)
            _become(**json.loads(line))
            return
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        os.write(replies, f"{code}\n".encode())


def _become(
    *,
    module: str,
    arguments: list[str],
    folder: str,
    environment: dict[str, str],
    timeout_s: float,
    streams: list[str],
) -> None:
    """Do in this process what `python -m` does."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.path[0] = folder
    written = os.O_WRONLY | os.O_CREAT
    for stream, (path, how) in enumerate(
        [(os.devnull, os.O_RDONLY), (streams[0], written), (streams[1], written)]
    ):
        opened = os.open(path, how)
        os.dup2(opened, stream)
        os.close(opened)
    signal.setitimer(signal.ITIMER_REAL, timeout_s)
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    _serve()
