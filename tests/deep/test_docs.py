"""The documentation from top to bottom: every page is done as a reader does it, the tutorial first."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from demo_builds import copy_project, once
from running import PROJECT, Outcome, run
from snippets import Snippet, pages, snippets, words

pytestmark = pytest.mark.deep

TUTORIAL = PROJECT / "docs" / "tutorial.md"
#: Pages with something to type, apart from the tutorial.
OTHERS = [page for page in pages() if page != TUTORIAL and any(it.language == "sh" for it in snippets(page))]


@pytest.fixture(scope="session")
def data(inputs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give what stands in /data in the documentation: photos and videos of the reader's own."""

    def make(folder: Path) -> None:
        shutil.copytree(inputs / "bank", folder / "portraits")
        shutil.copytree(inputs / "sources", folder / "videos")
        for person in folder.glob("portraits/*/hopper"):  # whom the demo's own config maps to the identity
            person.rename(person.with_name("grace_hopper"))

    return once(tmp_path_factory, "data", make)


@pytest.fixture(scope="session")
def toured(inputs: Path, data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a checkout in which the tutorial was done."""

    def make(folder: Path) -> None:
        copy_project(folder)
        shutil.copytree(inputs, folder / "resources" / "demo")
        (folder / ".venv" / "bin").mkdir(parents=True)
        (folder / ".venv" / "bin" / "activate").touch()
        read(TUTORIAL, folder, data)

    return once(tmp_path_factory, "toured", make)


def read(page: Path, folder: Path, data: Path) -> None:
    """Do what a page says, in a checkout."""
    for snippet in snippets(page):
        text = snippet.text.replace("/data/", f"{data}/")
        if snippet.file:
            (folder / snippet.file).write_text(text, encoding="utf-8")
        elif snippet.language == "sh":
            done = dry_run(snippet, folder) if snippet.elsewhere else typed(text, folder)
            assert done.code == 0, f"{snippet}\n{snippet.text}\n{done.text}"


def typed(text: str, folder: Path) -> Outcome:
    """Run commands; the first that fails ends them."""
    return run(["bash", "-euo", "pipefail", "-c", text], folder)


def dry_run(snippet: Snippet, folder: Path) -> Outcome:
    """Plan what cannot run here, on a processor of this machine."""
    plans = [
        [*words(line), "--dry-run", "--config", "device=cpu"]
        for line in snippet.commands
        if line.startswith("snakemake ")
    ]
    done = [run(plan, folder) for plan in plans]
    return next((it for it in done if it.code != 0), Outcome(0, ""))


def test_the_tutorial_gives_a_release_and_a_report(toured: Path) -> None:
    assert list((toured / "results" / "report").glob("*/index.html"))
    assert (toured / "results" / "release" / "latest" / "manifest.json").is_file()


@pytest.mark.parametrize("page", OTHERS, ids=lambda page: page.relative_to(PROJECT).as_posix())
def test_a_page_can_be_followed(page: Path, toured: Path, data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "checkout"
    shutil.copytree(toured, folder, symlinks=True)
    read(page, folder, data)


def test_every_file_and_column_of_a_build_is_described(built: Path) -> None:
    text = (PROJECT / "docs" / "reference" / "files.md").read_text(encoding="utf-8")
    sections = {part.partition("\n")[0]: part for part in text.split("\n## ")[1:]}
    wrong = []
    for marker in sorted((built / "results").glob("*/*/provenance.json")):
        folder, stage = marker.parent, marker.parent.parent.name
        part = sections.get(stage) or sections[f"{stage}/{folder.name.partition('-')[0]}"]
        patterns = [line.split("`")[1] for line in part.splitlines() if line.startswith("* `")]
        described = {path for pattern in patterns for path in folder.glob(pattern)}
        for path in sorted(folder.rglob("*")):
            inside = any(parent in described for parent in path.parents)
            if path.is_file() and path.name not in {"provenance.json", "run.json"}:
                wrong += [] if path in described or inside else [f"{stage}: {path.name}"]
            if path.suffix == ".parquet":
                columns = pq.read_schema(path).names
                wrong += [f"{path.name}: {name}" for name in columns if f"`{name}`" not in part]
    assert wrong == []
