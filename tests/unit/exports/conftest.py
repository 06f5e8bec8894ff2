"""One small release for all exports of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from facebank.stages.publish_release import publish_release
from unit.report.builds import Build, make_build


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Make the version folders: two variants of one source; the second one's slot 1 shows another person."""
    return make_build(tmp_path_factory.mktemp("build"))


@pytest.fixture(scope="session")
def release(build: Build, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Publish them."""
    base = tmp_path_factory.mktemp("published")
    receipt = base / "receipt.json"
    publish_release(output_dir=base / "release", receipt=receipt, title="Exported", **build.folders.present())
    return base / "release" / str(json.loads(receipt.read_text(encoding="utf-8"))["release"])
