"""The digest of a stage's code moves with the code that it runs, and with nothing else."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from facebank.artifacts.code import (
    _digest,
    _imports,
    _is_module,
    _syntax,
    import_closure,
    module_digests,
    stage_digest,
    stage_modules,
)

MODULES = {
    "__init__.py": "",
    "stages/__init__.py": "",
    "stages/a.py": (
        '"""A."""\nfrom pack.maths import mean\n\n\n'
        'def a():\n    """Doc."""\n    from pack import late\n    return mean, late\n'
    ),
    "stages/b.py": "import os\nimport numpy\n",
    "maths/__init__.py": "from pack.maths.deep import mean\n",
    "maths/deep.py": "def mean(x):\n    return x\n",
    "late.py": "VALUE = 1\n",
    "maths/templates/page.html": "<p>\n",
}


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """Write a small package."""
    for name, text in MODULES.items():
        (tmp_path / "pack" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "pack" / name).write_text(text, encoding="utf-8")
    return tmp_path / "pack"


def digests(package: Path) -> tuple[str, str]:
    """Give the digests of both stages as a new process would."""
    module_digests.cache_clear()
    for remembered in (_digest, _imports, _is_module, _syntax):
        remembered.cache_clear()
    return stage_digest("a", package), stage_digest("b", package)


def test_the_closure_holds_what_is_imported_anywhere(package: Path) -> None:
    assert import_closure("pack.stages.a", package) == (
        "pack",
        "pack.late",
        "pack.maths",
        "pack.maths.deep",
        "pack.stages",
        "pack.stages.a",
    )
    assert import_closure("pack.stages.b", package) == ("pack", "pack.stages", "pack.stages.b")


@pytest.mark.parametrize(
    ("module", "old", "new", "stale"),
    [
        ("stages/a.py", '"""Doc."""', '"""Other words."""', (False, False)),
        ("stages/a.py", "return mean", "# why\n    return mean", (False, False)),
        ("maths/deep.py", "return x", "return  x", (False, False)),
        ("maths/deep.py", "return x", "return x + 1", (True, False)),
        ("late.py", "1", "2", (True, False)),
        ("maths/templates/page.html", "<p>", "<b>", (True, False)),
        ("stages/b.py", "import os\n", "import os\nos.sep\n", (False, True)),
        ("__init__.py", "", "VERSION = 1\n", (True, True)),
    ],
)
def test_an_edit_makes_exactly_its_stages_stale(
    package: Path, module: str, old: str, new: str, stale: tuple[bool, bool]
) -> None:
    before = digests(package)
    text = (package / module).read_text(encoding="utf-8")
    (package / module).write_text(text.replace(old, new, 1), encoding="utf-8")
    after = digests(package)
    assert tuple(a != b for a, b in zip(before, after, strict=True)) == stale


def test_an_edit_of_a_rule_is_one_of_its_stage_and_of_what_collects_its_shards(tmp_path: Path) -> None:
    """A folder of the package beside one of rules, as the workflow has them."""
    made = {}
    for command in ("embed-photos", "embed-photos --twice"):
        root = tmp_path / command / "workflow"
        (root / "src" / "pack").mkdir(parents=True)
        (root / "rules").mkdir()
        (root / "rules" / "a.smk").write_text(
            f'rule embed_photos:\n    shell:\n        "{command}"\n\n\nrule b:\n    shell:\n        "b"\n',
            encoding="utf-8",
        )
        rules = ("embed_photos", "collect_embeddings", "b")
        made[command] = [stage_modules(rule, root / "src" / "pack") for rule in rules]
    before, after = made.values()
    assert [set(modules) for modules in before] == [{"rule embed_photos"}, {"rule embed_photos"}, {"rule b"}]
    assert [one == other for one, other in zip(before, after, strict=True)] == [False, False, True]


def test_an_edit_is_seen_in_its_module_and_in_no_other(package: Path) -> None:
    digests(package)
    before = stage_modules("a", package)
    (package / "late.py").write_text("VALUE = 3\n", encoding="utf-8")
    digests(package)
    after = stage_modules("a", package)
    assert list(before) == list(import_closure("pack.stages.a", package))
    assert {name for name in before if before[name] != after[name]} == {"pack.late"}


def test_what_collects_shards_is_made_by_the_code_of_the_shards_too() -> None:
    collecting, scattered = stage_modules("collect_embeddings"), stage_modules("embed_photos")
    assert scattered.items() <= collecting.items()


def test_a_new_policy_of_places_covers_or_gaps_repeats_no_stage_that_runs_a_detector() -> None:
    used = {name for name in stage_modules("detect_keyframes") if name.startswith("facebank.tracks.")}
    measures = ("brightness", "distances", "matching", "regions")
    assert used == {f"facebank.tracks.{name}" for name in measures}
    assert {f"facebank.tracks.{name}" for name in ("anchors", "evidence", "interpolation")} <= set(
        stage_modules("interpolate_labels")
    )


def test_a_moved_package_has_the_same_digest(package: Path, tmp_path: Path) -> None:
    before = digests(package)
    shutil.copytree(package, tmp_path / "elsewhere" / "pack")
    assert digests(tmp_path / "elsewhere" / "pack") == before


def test_a_removed_import_is_missed_by_no_digest(package: Path) -> None:
    before = digests(package)
    (package / "late.py").unlink()
    assert digests(package)[0] != before[0]
