"""Write envs/gpu.post-deploy.sh from the locks: ``python requirements/write_post_deploy.py``.

Snakemake runs such a script without saying where the workflow lies, so what it installs has to stand in it.
"""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["pins", "post_deploy"]

_HERE = Path(__file__).resolve().parent

_SCRIPT = """\
#!/usr/bin/env bash
# Snakemake runs this in the finished environment of gpu.yaml. `make lock` writes it.
# onnxruntime goes first: both packages put their files into one folder.
set -euo pipefail
pins="$(mktemp)"
trap 'rm -f "$pins"' EXIT
cat > "$pins" << 'PINS'
{pins}
PINS
pip uninstall --quiet --yes onnxruntime
pip install --quiet --no-deps --require-hashes --requirement "$pins"
"""


def pins(lock: str) -> dict[str, str]:
    """Give each package of a lock with its requirement: version, marker and hashes on several lines."""
    found = re.findall(r"^([\w.-]+)(==.*(?:\n    --hash=.*)*)", lock, re.MULTILINE)
    return {name: name + rest for name, rest in found}


def post_deploy(cpu: str, gpu: str) -> str:
    """Give the script that puts what only `gpu` holds into an environment that holds `cpu`."""
    has = pins(cpu)
    return _SCRIPT.format(pins="\n".join(pin for name, pin in pins(gpu).items() if name not in has))


if __name__ == "__main__":
    locks = [(_HERE / name).read_text(encoding="utf-8") for name in ("cpu.lock", "gpu.lock")]
    (_HERE.parent / "envs" / "gpu.post-deploy.sh").write_text(post_deploy(*locks), encoding="utf-8")
