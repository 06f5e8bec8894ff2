from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from facebank.artifacts.atomic import json_text
from facebank.errors import CheckError, DataError
from facebank.plan.plan import PROJECT
from facebank.release.documents import require_form
from facebank.release.layout import MATERIALS
from facebank.release.materials import bill_of_materials, describe_materials, ran_on
from facebank.report.folders import Folders
from facebank.runtime.locks import Pin, parse_lock, read_lock

REQUIREMENTS = PROJECT / "requirements"
A, B = "a" * 64, "b" * 64
LOCK = f"""\
numpy==2.0 ; python_version < '3.12' \\
    --hash=sha256:{A}
    # via -r cpu.in
numpy==2.1 ; python_version >= '3.12' \\
    --hash=sha256:{B}
    # via -r cpu.in
onnxruntime==1.0 \\
    --hash=sha256:{A}
    # via
    #   -r cpu.in
    #   insightface
insightface==3.0 \\
    --hash=sha256:{A}
    # via -r cpu.in
"""
MODEL = {"name": "detector.onnx", "sha256": "c" * 64, "licence": "MIT", "permitted_use": "any"}


def components(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {it["bom-ref"]: it for it in document["components"]}


def require_valid(document: dict[str, Any]) -> None:
    """Insist on what the schema of CycloneDX 1.6 asks for."""
    # Seconds to load, which every worker would take.
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json_text(document)) is None


def test_nothing_used_is_a_valid_bill(tmp_path: Path) -> None:
    document = bill_of_materials([], {}, [])
    require_valid(document)
    assert "components" not in document
    assert document["metadata"]["component"]["name"] == "facebank"
    (tmp_path / MATERIALS).write_text(json_text(document))
    require_form(tmp_path, MATERIALS)


def test_the_real_lock_gives_a_valid_bill_with_every_package(tmp_path: Path) -> None:
    pins = read_lock(REQUIREMENTS / "cpu.lock")
    document = describe_materials(Folders(), REQUIREMENTS, [MODEL])
    require_valid(document)
    (tmp_path / MATERIALS).write_text(json_text(document))
    require_form(tmp_path, MATERIALS)
    named = components(document)
    assert {f"pkg:pypi/{pin.name}@{pin.version}" for pin in pins} <= named.keys()
    assert len(named) == len(pins) + 1
    assert [it["name"] for it in named.values() if "licenses" not in it] == []
    for pin in pins:
        (files,) = named[f"pkg:pypi/{pin.name}@{pin.version}"]["externalReferences"]
        assert {it["content"] for it in files["hashes"]} == set(pin.hashes)


def test_a_bill_has_neither_time_nor_chance_in_it() -> None:
    code = (
        "from pathlib import Path\n"
        "from facebank.artifacts.atomic import json_text\n"
        "from facebank.release.materials import describe_materials\n"
        "from facebank.report.folders import Folders\n"
        f"print(json_text(describe_materials(Folders(), Path({str(REQUIREMENTS)!r}), [])))\n"
    )
    texts = [
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone},
        ).stdout
        for seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo"))
    ]
    assert texts[0] == texts[1]
    document = json.loads(texts[0])
    assert "serialNumber" not in document
    assert document["metadata"].keys() == {"component", "properties"}


@pytest.mark.parametrize(
    ("recorded", "numpy"),
    [
        ({}, [("2.0", ""), ("2.1", "")]),
        ({"numpy": ["2.0"]}, [("2.0", "")]),
        ({"numpy": ["2.0", "2.1"]}, [("2.0", ""), ("2.1", "")]),
        ({"numpy": ["1.9"]}, [("1.9", "2.0 or 2.1")]),
        ({"numpy": ["1.9", "2.1"]}, [("1.9", "2.0 or 2.1"), ("2.1", "")]),
    ],
)
def test_what_a_stage_recorded_ran_and_no_other_version(
    recorded: dict[str, list[str]], numpy: list[tuple[str, str]]
) -> None:
    ran = ran_on(parse_lock(LOCK), recorded)
    assert [(pin.version, instead) for pin, instead in ran if pin.name == "numpy"] == numpy


def test_a_version_that_no_lock_pins_says_so_and_has_no_digests() -> None:
    recorded = {"numpy": ["1.9"], "onnxruntime": ["1.0"], "pillow-heif": ["4"]}
    document = bill_of_materials(ran_on(parse_lock(LOCK), recorded), {("numpy", "2.0"): "MIT"}, [MODEL])
    require_valid(document)
    named = components(document)
    assert named.keys() == {
        "pkg:pypi/insightface@3.0",
        "pkg:pypi/numpy@1.9",
        "pkg:pypi/onnxruntime@1.0",
        "pkg:pypi/pillow-heif@4",
        f"model:detector.onnx@{MODEL['sha256']}",
    }
    numpy = named["pkg:pypi/numpy@1.9"]
    assert numpy["properties"] == [{"name": "facebank:locked", "value": "2.0 or 2.1"}]
    assert not numpy.keys() & {"externalReferences", "licenses"}
    assert named["pkg:pypi/pillow-heif@4"]["properties"][0]["value"] == "nothing"
    asked = {it["ref"]: it.get("dependsOn", []) for it in document["dependencies"]}
    assert asked["pkg:pypi/insightface@3.0"] == ["pkg:pypi/onnxruntime@1.0"]
    assert set(asked["facebank"]) == named.keys()


def test_the_runtime_of_a_gpu_goes_by_its_own_name() -> None:
    pins = parse_lock(LOCK.replace("onnxruntime==", "onnxruntime-gpu=="))
    ran = ran_on(pins, {"onnxruntime": ["1.0"]})
    assert [pin.name for pin, instead in ran if not instead] == [
        "insightface",
        "numpy",
        "numpy",
        "onnxruntime-gpu",
    ]
    assert ran_on((), {"opencv": ["5"]}) == [(Pin("opencv-python", "5", "", (), (), True), "nothing")]


@pytest.mark.parametrize(("provider", "runtime"), [("cpu", "onnxruntime"), ("cuda", "onnxruntime-gpu")])
def test_the_lock_is_that_of_the_provider_that_ran(tmp_path: Path, provider: str, runtime: str) -> None:
    facts = {"format": 2, "provider": provider, "runtime": {}, "packages": {}}
    (tmp_path / "provenance.json").write_text(json.dumps(facts))
    document = describe_materials(Folders(embeddings=tmp_path), REQUIREMENTS, [])
    assert [it["name"] for it in document["components"] if it["name"].startswith("onnxruntime")] == [runtime]


def test_a_model_has_its_digest_licence_and_use() -> None:
    document = bill_of_materials([], {}, [MODEL, {**MODEL, "name": "x", "licence": "for research only"}])
    require_valid(document)
    first, second = (it for it in document["components"])
    assert first["hashes"] == [{"alg": "SHA-256", "content": MODEL["sha256"]}]
    assert first["licenses"] == [{"license": {"id": "MIT"}}]
    assert first["properties"] == [{"name": "facebank:permitted-use", "value": "any"}]
    assert second["licenses"] == [{"license": {"name": "for research only"}}]


@pytest.mark.parametrize("name", ["cpu.lock", "licences.tsv"])
def test_what_is_missing_is_named(tmp_path: Path, name: str) -> None:
    shutil.copytree(REQUIREMENTS, tmp_path / "requirements")
    (tmp_path / "requirements" / name).unlink()
    with pytest.raises(DataError, match=name):
        describe_materials(Folders(), tmp_path / "requirements", [])


def test_another_document_is_no_bill(tmp_path: Path) -> None:
    (tmp_path / MATERIALS).write_text(
        '{"bomFormat": "SPDX", "specVersion": "1.6", "components": [], "dependencies": []}'
    )
    with pytest.raises(CheckError, match="bomFormat"):
        require_form(tmp_path, MATERIALS)
