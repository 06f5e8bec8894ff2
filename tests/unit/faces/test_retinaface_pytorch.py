"""The family ``retinaface-pytorch`` where torch is not installed; with it, tests/torch has the rest."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from facebank.errors import ModelError
from facebank.faces import retinaface_pytorch
from facebank.faces.detector import open_detector, require_detector_packages
from facebank.faces.retinaface_pytorch import model_input
from facebank.runtime.packs import DetectorContract, load_pack
from portraits import LITE, TINY, astronaut

PROJECT = Path(__file__).parents[3]
CONTRACT = DetectorContract("retinaface-pytorch", "rgb", (123.675, 116.28, 103.53), (58.4, 57.1, 57.4), 0.4)


@pytest.mark.parametrize("installed", [(), ("torch",), ("torch", "torchvision")])
def test_missing_packages_are_named_with_the_environment_that_has_them(
    installed: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    def version(name: str) -> str:
        if name in installed:
            return "1"
        raise PackageNotFoundError(name)

    monkeypatch.setattr(retinaface_pytorch, "version", version)
    pack = dataclasses.replace(load_pack(TINY), detector=CONTRACT)
    for ask in (require_detector_packages, open_detector):
        with pytest.raises(ModelError, match="make torch-env") as error:
            ask(pack)
        assert error.value.exit_code == 4
        for name in ("torch", "torchvision", "retinaface-pytorch"):
            assert (
                f"no {name}" in str(error.value).replace(".", " ").split("found ")[1]
            ) or name in installed


@pytest.mark.parametrize("folder", [LITE, TINY])
def test_the_embedded_packs_need_no_torch(folder: Path) -> None:
    require_detector_packages(load_pack(folder))


def test_nothing_imports_torch_before_it_is_needed() -> None:
    code = (
        "import sys, facebank.faces.detector\n"
        "assert not {'torch', 'torchvision', 'retinaface'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("colour", ["rgb", "bgr"])
def test_the_input_is_what_the_contract_says(colour: Literal["rgb", "bgr"]) -> None:
    image = astronaut()[:5, :7]
    found = model_input(image, dataclasses.replace(CONTRACT, colour=colour))
    assert (found.shape, found.dtype, found.flags.c_contiguous) == ((1, 3, 5, 7), np.float32, True)
    order = [0, 1, 2] if colour == "rgb" else [2, 1, 0]
    expected = (image[3, 4][order] - np.array(CONTRACT.mean)) / np.array(CONTRACT.std)
    np.testing.assert_allclose(found[0, :, 3, 4], expected, rtol=1e-5)


def test_the_environments_install_the_same_package() -> None:
    lock = (PROJECT / "requirements/retinaface-pytorch.lock").read_text(encoding="utf-8")
    script = (PROJECT / "envs/retinaface-pytorch.post-deploy.sh").read_text(encoding="utf-8")
    pin = lock.partition("retinaface-pytorch==")[2].partition("    #")[0].replace("\\\n", " ").split()
    assert len(pin) > 1
    assert pin == script.partition('"retinaface-pytorch==')[2].partition('"')[0].split()
    torch = next(line for line in lock.splitlines() if line.startswith("torch=="))
    assert "+cpu --hash=sha256:" in torch
    assert "http" not in lock
