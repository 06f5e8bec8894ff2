"""axe-core, which finds faults of accessibility: fetched for the test and held against its known bytes."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tarfile
from pathlib import Path

PACKAGE = "axe-core@4.14.1"
SHA256 = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"
_MEMBER = "package/axe.min.js"


def fetch_axe(folder: Path) -> tuple[str | None, str]:
    """Ask npm for the package; give the script, or None and why there is none."""
    if shutil.which("npm") is None:
        return None, f"npm is not installed, so {PACKAGE} cannot be had"
    asked = subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=folder, capture_output=True, check=False)
    archives = list(folder.glob("*.tgz"))
    if asked.returncode or not archives:
        return None, f"npm cannot fetch {PACKAGE}"
    with tarfile.open(archives[0]) as archive:
        member = archive.extractfile(_MEMBER)
        assert member is not None
        script = member.read()
    assert hashlib.sha256(script).hexdigest() == SHA256, f"{PACKAGE} has other bytes than it had"
    return script.decode(), ""
