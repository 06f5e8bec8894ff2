"""What others call: targets, lone configs, and rules that all say the same things of themselves."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from facebank.cli import COMMANDS, RULES
from facebank.plan.registry import STAGES
from running import PROJECT, facebank, snakemake

pytestmark = pytest.mark.workflow

DIRECTIVES = ("output", "log", "benchmark", "threads", "resources", "conda", "message", "params", "shell")


def blocks() -> dict[str, str]:
    """Give the text of each rule that runs a command."""
    text = "\n\n".join(
        path.read_text(encoding="utf-8") for path in sorted((PROJECT / "workflow/rules").glob("*.smk"))
    )
    found = re.findall(r"^rule (\w+):\n((?:    .*\n|\n(?=    ))+)", text + "\n", re.MULTILINE)
    return {name: body for name, body in found if "shell:" in body}


def test_there_is_one_rule_for_each_command_of_the_workflow() -> None:
    assert set(blocks()) == set(RULES)


@pytest.mark.parametrize(("name", "body"), blocks().items(), ids=blocks())
def test_every_rule_says_what_it_needs(name: str, body: str) -> None:
    assert [directive for directive in DIRECTIVES if f"\n    {directive}:" not in f"\n{body}"] == []
    assert f'code=PLAN.code("{name}")' in body
    # Where stale results are forced, whichever rules a build leaves out.
    assert "given(" in body
    assert f"facebank {name.replace('_', '-')}" in body
    assert "run:" not in body
    assert "script:" not in body
    assert "mem_mb=" in body
    assert "runtime=" in body
    outputs = body.partition("    output:\n")[2].partition("\n    log:")[0]
    assert all(re.match(r"        (\w+=|    |\))", line) for line in outputs.splitlines()), (
        "outputs are named"
    )


def test_every_smk_opens_with_its_inputs_and_outputs() -> None:
    for path in (PROJECT / "workflow/rules").glob("*.smk"):
        head = path.read_text(encoding="utf-8").partition('"""\n')[2].partition('"""')[0]
        assert "INPUTS" in head, path.name
        assert "OUTPUTS" in head, path.name


def test_each_stage_is_a_target(built: Path) -> None:
    outcome = snakemake(built, "--dry-run", "--cores", "1", *STAGES, "--configfile", "c.yaml", checkout=built)
    assert outcome.nothing_to_do, outcome.text


def test_two_lines_are_enough_and_no_value_of_the_demo_leaks(inputs: Path, tmp_path: Path) -> None:
    (tmp_path / "two.yaml").write_text(
        f"bank: {{root: {inputs / 'bank'}}}\nresults: built\n", encoding="utf-8"
    )
    outcome = snakemake(tmp_path, "--dry-run", "--cores", "1", "validation", "--configfile", "two.yaml")
    assert outcome.code == 0, outcome.text
    assert outcome.rules == {
        "check_models",
        "index_photos",
        "embed_photos",
        "collect_embeddings",
        "build_gallery",
        "validate_gallery",
    }
    assert "resources/demo" not in outcome.text
    assert "built/validation/" in outcome.text


def test_braces_in_the_config_are_no_wildcards(inputs: Path, tmp_path: Path) -> None:
    (tmp_path / "braces.yaml").write_text(
        f"""bank: {{root: {inputs / "bank"}, slug_map: {{"{{x}}": ann}}, forgotten: "{{x}}.tsv"}}
report: {{title: "{{x}}"}}
results: built
""",
        encoding="utf-8",
    )
    targets = ("inventory", "report", "release")
    outcome = snakemake(tmp_path, "--dry-run", "-p", "--cores", "1", *targets, "--configfile", "braces.yaml")
    assert outcome.code == 0, outcome.text
    assert "--title={x}" in outcome.text.replace("'", "")


def test_a_target_that_the_config_does_not_mean_is_refused_in_a_sentence(
    inputs: Path, tmp_path: Path
) -> None:
    (tmp_path / "two.yaml").write_text(
        f"bank: {{root: {inputs / 'bank'}}}\nresults: built\n", encoding="utf-8"
    )
    outcome = snakemake(tmp_path, "--dry-run", "--cores", "1", "detections", "--configfile", "two.yaml")
    assert outcome.code == 1
    assert "The config does not mean stage 'detections'; expected sources.root, found null." in outcome.text


def test_the_lint_has_no_remark(built: Path) -> None:
    outcome = snakemake(built, "--lint", "--configfile", "c.yaml")
    assert outcome.code == 0, outcome.text


def test_a_config_names_every_command_with_its_summary(tmp_path: Path) -> None:
    split = [(tuple(group), name) for *group, name in map(str.split, COMMANDS)]
    help_of = {group: facebank(tmp_path, *group, "--help").text for group in {group for group, _ in split}}
    for group, name in split:
        assert re.search(rf"{name}\s+[A-Z]", help_of[group]), name
