from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("onnxruntime", "cv2", "pandas", "pyarrow", "pydantic", "snakemake", "scipy", "PIL", "yaml", "torch")


@pytest.mark.parametrize("module", ["facebank", "facebank.supervision", "facebank.supervision.torch"])
def test_importing_it_imports_numpy_and_nothing_else(module: str) -> None:
    names = f"import sys, {module}; print(' '.join({{name.partition('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", names], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) & set(HEAVY) == set()
    third_party = {"facebank", "numpy"}
    strangers = set(done.stdout.split()) - sys.stdlib_module_names - third_party
    assert {name for name in strangers if not name.startswith(("_", "__editable__"))} == set()
