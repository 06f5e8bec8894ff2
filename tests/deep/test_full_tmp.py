"""No stage needs the folder of temporary files: a build without one, whatever decodes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from demo_builds import copy_project
from running import content, snakemake

pytestmark = pytest.mark.deep

#: Found by every Python that runs a job: whatever asks for the folder gets what Python says where it is full.
WITHOUT_TMP = """
import errno, pathlib, tempfile

def _none(*_):
    raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found")

tempfile.gettempdir = tempfile._get_default_tempdir = _none
pathlib.Path({seen!r}).touch()
"""


@pytest.mark.parametrize("isolate", [True, False])
def test_a_build_without_tmp_gives_the_same_bytes(
    built: Path, settings: Callable[..., dict[str, object]], tmp_path: Path, *, isolate: bool
) -> None:
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    copy_project(checkout)
    seen = tmp_path / "seen"
    (checkout / "workflow" / "src" / "sitecustomize.py").write_text(
        WITHOUT_TMP.format(seen=str(seen)), encoding="utf-8"
    )
    config = settings(media={"isolate": isolate})
    (checkout / "c.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    done = snakemake(checkout, "--cores", "2", "--configfile", "c.yaml", checkout=checkout)
    assert done.code == 0, done.text
    assert seen.exists()
    made, expected = content(checkout / "results"), content(built / "results")
    assert sorted(made) == sorted(expected)
    assert [file for file in made if made[file] != expected[file]] == []
