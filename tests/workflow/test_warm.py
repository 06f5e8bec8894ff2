"""A command in a fork of a process that is warm says and does what it would in a process of its own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from running import PROJECT, facebank, run, snakemake, surroundings
from warm import run_warm

pytestmark = pytest.mark.workflow


def test_it_ends_and_speaks_as_it_would_alone(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("bank: {root: nowhere}\n", encoding="utf-8")
    words = ("--dry-run", "--cores", "1", "--configfile", "c.yaml")
    alone = run(["snakemake", "--snakefile", str(PROJECT / "Snakefile"), *words], tmp_path)
    assert (alone.code, "There is no folder for bank.root" in alone.text) == (1, True)
    assert snakemake(tmp_path, *words) == alone
    check = ("check", "--configfile", "c.yaml")
    alone = run([sys.executable, "-m", "facebank", *check], tmp_path)
    assert alone.code == 3
    assert facebank(tmp_path, *check) == alone


def test_it_has_folder_variables_and_arguments_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "told.py").write_text(
        "import os, sys\nprint(os.getcwd(), os.environ['GIVEN'], sys.argv[1:], repr(sys.stdin.read()))\n"
        "print('err', file=sys.stderr)\nos.environ['LEFT'] = '1'\n"
        "sys.modules['left'] = sys\nraise KeyError(os.environ['GIVEN'])\n",
        encoding="utf-8",
    )
    code, text = run_warm("told", ["a b"], tmp_path, surroundings(GIVEN="1"), timeout_s=100)
    assert code == 1
    assert text.splitlines()[:2] == [f"{tmp_path} 1 ['a b'] ''", "err"]
    assert text.endswith("KeyError: '1'\n")
    (tmp_path / "told.py").write_text(
        "import os, sys\nprint('LEFT' in os.environ, 'left' in sys.modules)\n", encoding="utf-8"
    )
    assert run_warm("told", [], tmp_path, surroundings(), timeout_s=100) == (0, "False False\n")


def test_it_is_ended_when_it_takes_too_long(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text("import time\ntime.sleep(1000)\n", encoding="utf-8")
    with pytest.raises(TimeoutError, match="slow a took longer than"):
        run_warm("slow", ["a"], tmp_path, surroundings(), timeout_s=0.05)
