"""A rule's text counts where it decides what its command is given, and for its own stage alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from facebank.artifacts.rules import rule_digest, rule_texts
from facebank.cli import RULES
from facebank.errors import DataError
from facebank.project import PROJECT

SOURCE = '''"""
Stage a.
"""


# What is said before a rule.
rule first:
    input:
        bank=given(config["bank"]["root"]),

        # Why it is read.
        videos="<videos>/a#b.txt",
    output:
        table="<first>/table.tsv",
    threads: 2
    resources:
        mem_mb=2000,
    params:
        settings=arguments("first"),  # of the config
    message:
        "Making the first"
    shell:
        "facebank first --bank {input.bank:q}"
        " {params.settings}"


rule second:
    input:
        "<first>/table.tsv",
    shell:
        "facebank second"


AFTER = 1
'''


@pytest.mark.parametrize(
    ("old", "new", "stale"),
    [
        ('{input.bank:q}"', '{input.bank:q} --twice"', {"first"}),
        ('arguments("first")', 'arguments("second")', {"first"}),
        ('["root"]', '["other"]', {"first"}),
        ("a#b", "a#c", {"first"}),
        ('"facebank second"', '"facebank third"', {"second"}),
        ("# Why it is read.\n", "# Other words.\n\n", set()),
        ("  # of the config", "", set()),
        ("# What is said before a rule.\n", "", set()),
        ("mem_mb=2000", "mem_mb=4000", set()),
        ("threads: 2", "threads: 4", set()),
        ("Making the first", "Making it", set()),
        ("AFTER = 1", "AFTER = 2", set()),
    ],
)
def test_an_edit_reaches_its_own_rule_and_no_other(
    tmp_path: Path, old: str, new: str, stale: set[str]
) -> None:
    found = []
    for name, text in (("before", SOURCE), ("after", SOURCE.replace(old, new, 1))):
        assert name == "before" or text != SOURCE
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.smk").write_text(text, encoding="utf-8")
        found.append({rule: rule_digest(rule, tmp_path / name) for rule in ("first", "second")})
    before, after = found
    assert {rule for rule in before if before[rule] != after[rule]} == stale
    assert all(map(len, before.values()))


def test_no_rule_has_no_digest(tmp_path: Path) -> None:
    assert rule_digest("first", tmp_path) == ""


@pytest.mark.parametrize("text", [b'rule a:\n    shell:\n        """one', b"rule a:\n    input: (", b"\xff"])
def test_rules_that_cannot_be_read_are_named(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "a.smk").write_bytes(text)
    with pytest.raises(DataError, match=r"rules cannot be read: .*a\.smk"):
        rule_digest("a", tmp_path)


def test_every_rule_of_the_workflow_is_read_to_its_last_line() -> None:
    texts: dict[str, str] = {}
    for path in (PROJECT / "workflow" / "rules").glob("*.smk"):
        texts |= rule_texts(path.read_text(encoding="utf-8"))
    assert set(texts) == set(RULES)
    for name, text in texts.items():
        assert f"facebank {name.replace('_', '-')}" in text
        assert f'code=PLAN.code("{name}")' in text
        assert text.endswith('" > {log:q} 2>&1"')
