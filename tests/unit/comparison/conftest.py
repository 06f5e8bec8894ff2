from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from unit.report.builds import make_build

if TYPE_CHECKING:
    from pathlib import Path

    from unit.report.builds import Build


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Give a small build; nobody writes into its version folders."""
    folder: Path = tmp_path_factory.mktemp("build")
    return make_build(folder)
