"""Without a network: everything works but ``models fetch``, which fails in one sentence."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from running import NO_NETWORK, PROJECT, run

pytestmark = [
    pytest.mark.workflow,
    pytest.mark.skipif(not NO_NETWORK, reason="no right to make a network namespace here"),
]

CONNECT = "import socket; socket.create_connection(('127.0.0.1', 9), 1)"


def test_the_cable_is_out(tmp_path: Path) -> None:
    tried = run([*NO_NETWORK, sys.executable, "-c", CONNECT], tmp_path)
    assert "Network is unreachable" in tried.text


def test_the_demo_was_built_without_it(built: Path) -> None:
    # The fixture runs Snakemake under NO_NETWORK.
    assert (built / "results" / "release" / "latest" / "manifest.json").is_file()


@pytest.mark.parametrize(
    "words",
    [
        ["check", "--configfile", "c.yaml"],
        ["verify", "results/release/latest"],
        ["summarise", "--configfile", "c.yaml"],
        ["models", "list"],
        ["models", "show", "buffalo_l"],
        ["models", "check", "tiny"],
        ["make-demo", "--output-dir", "again", "--identities", "3", "--sources", "1", "--variants", "1"],
    ],
    ids=lambda words: "-".join(words[:2]),
)
def test_commands_work(checkout: Path, words: list[str]) -> None:
    done = run([*NO_NETWORK, sys.executable, "-m", "facebank", *words], checkout)
    assert done.code == 0, done.text


def test_fetch_names_the_file_and_its_place(tmp_path: Path) -> None:
    shutil.copy(PROJECT / "resources/models/models.lock.yaml", tmp_path)
    words = ["models", "fetch", "buffalo_l", "--models", str(tmp_path)]
    done = run([*NO_NETWORK, sys.executable, "-m", "facebank", *words], tmp_path)
    assert done.code == 4
    assert len(done.text.strip().splitlines()) == 1, done.text
    assert done.text.startswith("facebank: error: The archive cannot be fetched: https://")
    assert f"put it at {tmp_path / 'buffalo_l.zip'}" in done.text
    assert [path.name for path in tmp_path.iterdir()] == ["models.lock.yaml"]
