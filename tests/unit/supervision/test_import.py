from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("onnxruntime", "cv2", "pandas", "pyarrow", "pydantic", "snakemake", "scipy", "PIL", "yaml", "torch")


def imported(statement: str) -> set[str]:
    """Run a statement in a new interpreter and give the packages that are imported then."""
    names = f"import sys; {statement}; print(' '.join({{name.partition('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", names], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("module", ["facebank", "facebank.supervision", "facebank.supervision.torch"])
def test_importing_it_imports_numpy_and_nothing_else(module: str) -> None:
    names = imported(f"import {module}")
    assert names & set(HEAVY) == set()
    # What an interpreter imports at its start, such as a system's sitecustomize, is not ours.
    strangers = names - imported("pass") - sys.stdlib_module_names - {"facebank", "numpy"}
    assert {name for name in strangers if not name.startswith(("_", "__editable__"))} == set()
