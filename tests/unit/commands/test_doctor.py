"""The doctor: all checks, text or JSON, and an exit code."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from facebank.cli import main
from facebank.commands import doctor as command
from facebank.doctor.findings import Finding
from running import run

if TYPE_CHECKING:
    from pathlib import Path

GOOD = Finding("a", "good", "all well")
ODD = Finding("b", "warning", "old", "pip install new")
BAD = Finding("c", "fault", "broken", "mend it")


@pytest.mark.parametrize(
    ("findings", "code"), [([], 0), ([GOOD], 0), ([GOOD, ODD], 0), ([GOOD, BAD, ODD], 1), ([BAD, BAD], 1)]
)
@pytest.mark.parametrize("as_json", [True, False])
def test_faults_alone_fail(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    findings: list[Finding],
    code: int,
    *,
    as_json: bool,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command, "examine", lambda *_: findings)
    assert main(["doctor", *(["--json"] if as_json else [])]) == code
    captured = capsys.readouterr()
    if as_json:
        assert [Finding(**each) for each in json.loads(captured.out)] == findings
    else:
        assert all(it.found in captured.out and it.mend in captured.out for it in findings)
    assert ("checks of this machine failed" in captured.err) == (code == 1)


def test_every_check_is_made_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    main(["doctor", "--json"])
    found = {each["check"]: each["state"] for each in json.loads(capsys.readouterr().out)}
    assert {"python", "packages", "onnxruntime", "opencv", "snakemake", "results", "cache"} <= set(found)
    assert {"slurm", "cores", "memory", "locale", "device"} <= set(found)
    assert (found["onnxruntime"], found["opencv"], found["device"]) == ("good", "good", "good")
    assert list(tmp_path.iterdir()) == []


def test_it_speaks_where_libraries_are_broken(tmp_path: Path) -> None:
    broken = (
        "import sys; sys.modules.update({'cv2': None, 'onnxruntime': None});"
        "from facebank.cli import main; sys.exit(main(['doctor', '--json']))"
    )
    done = run([sys.executable, "-c", broken], tmp_path)
    assert done.code == 1, done.text
    assert "no ONNX Runtime" in done.text
    assert "Traceback" not in done.text


def test_the_config_says_which_device(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    asked: list[str] = []

    def examine(_: object, device: str) -> list[Finding]:
        asked.append(device)
        return []

    monkeypatch.setattr(command, "examine", examine)
    (tmp_path / "c.yaml").write_text("bank: {root: bank}\ndevice: cuda:1\n")
    (tmp_path / "bad.yaml").write_text("bnk: {}\n")
    assert main(["doctor", "--configfile", "c.yaml"]) == 0
    assert main(["doctor", "--configfile", "c.yaml", "--device", "cpu"]) == 0
    assert main(["doctor", "--configfile", "bad.yaml"]) == 1
    assert asked == ["cuda:1", "cpu", "cpu"]
    assert "Did you mean 'bank'?" in capsys.readouterr().out
