"""The process that decodes for another is bound, whatever bounds hold already."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from portraits import astronaut, encoded, shrunk, write

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only there memory is bounded")

#: Decodes a photo in a process of its own, and gives the bound of that, in MiB, or none.
BOUND = """
import resource, sys
from multiprocessing import active_children
from pathlib import Path
from facebank.media.isolation import media_reader
from facebank.media.limits import ProcessLimits
if sys.argv[2] != "none":
    resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[2]) << 20,) * 2)
with media_reader(isolate=True, process_limits=ProcessLimits(60, 1000)) as reader:
    assert reader.photo(Path(sys.argv[1]).read_bytes()).format == "PNG"
    (process,) = active_children()
    print(resource.prlimit(process.pid, resource.RLIMIT_AS)[1] >> 20)
"""


def bound(photo: Path, own: str) -> int:
    command = [sys.executable, "-c", BOUND, str(photo), own]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def test_a_lower_limit_of_the_users_own_stays(tmp_path: Path) -> None:
    photo = write(tmp_path / "a.png", encoded(shrunk(astronaut(), 64), "PNG"))
    assert bound(photo, "1000") == 1000
    for own in ("90000", "none"):
        assert 1209 < bound(photo, own) < 4000
