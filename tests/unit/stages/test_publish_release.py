from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest
import yaml

from facebank.artifacts.digests import sha256_bytes
from facebank.artifacts.tables import write_table
from facebank.errors import ConfigError, DataError
from facebank.project import PROJECT
from facebank.release.manifest import verify_release
from facebank.release.photos import copy_photos
from facebank.stages.publish_release import publish_release
from unit.report.builds import SLUGS, SOURCE, make_build

if TYPE_CHECKING:
    from unit.report.builds import Build

#: How a reader of the first data set of this kind opens it; `repo_root` is where it lies.
USAGE = """
import json, numpy as np
from pathlib import Path

# Step 1: load the manifest
manifest = json.loads((repo_root / "celeb_embeddings.json").read_text())

# Step 2: per-celeb centroid for the alignment-loss target
def celeb_centroid(slug: str) -> np.ndarray:
    return np.asarray(manifest["celebs"][slug]["centroid"], dtype=np.float32)

# Step 3: per-source bboxes
def load_face_labels(source_episode: str) -> dict:
    p = repo_root / "face_labels" / f"{source_episode}.face_labels.json"
    return json.loads(p.read_text())
"""

PICTURES = (b"\xff\xd8\xff", b"\x89PNG", b"RIFF", b"GIF8", b"BM")


def published(build: Build, base: Path, **settings: Any) -> Path:
    settings = {"date": "2026-01-01", "title": "demo", "note": "Careful.", **settings}
    receipt = base / ".releases" / "v.json"
    publish_release(output_dir=base / "release", receipt=receipt, **settings, **build.folders.present())
    return base / "release" / str(json.loads(receipt.read_text())["release"])


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    return make_build(tmp_path_factory.mktemp("build"))


def test_the_usage_example_runs_unchanged(build: Build, tmp_path: Path) -> None:
    names: dict[str, Any] = {"repo_root": published(build, tmp_path)}
    exec(USAGE, names)  # noqa: S102 (the text that readers have)
    for slug in SLUGS:
        assert names["celeb_centroid"](slug).shape == (4,)
    labels = names["load_face_labels"](SOURCE)
    assert labels["n_frames"] == len(labels["frames"])


def test_every_embedding_opens_below_bank_root(build: Build, tmp_path: Path) -> None:
    release = published(build, tmp_path)
    manifest = json.loads((release / "celeb_embeddings.json").read_text())
    files = [file for person in manifest["celebs"].values() for file in person["photos"].values()]
    assert len(files) == 6
    for file in files:
        vector = np.load(release / manifest["bank_root"] / file, allow_pickle=False)
        assert (vector.shape, vector.dtype) == ((4,), np.float32)


def test_a_release_is_whole_and_latest_and_named_by_its_content(build: Build, tmp_path: Path) -> None:
    release = published(build, tmp_path)
    assert verify_release(tmp_path / "release" / "latest").id == release.name
    assert re.fullmatch(r"[0-9a-f]{12}", release.name)
    assert {path.name for path in (tmp_path / "release").iterdir()} == {release.name, "latest"}


def test_the_same_build_is_the_same_release_elsewhere(build: Build, tmp_path: Path) -> None:
    first, second = published(build, tmp_path / "a"), published(build, tmp_path / "b")
    assert first.name == second.name
    assert (first / "manifest.json").read_bytes() == (second / "manifest.json").read_bytes()


def test_another_date_is_another_release_beside_the_first(build: Build, tmp_path: Path) -> None:
    first = published(build, tmp_path)
    second = published(build, tmp_path, date="2026-02-02")
    assert first != second
    assert first.is_dir()
    assert (tmp_path / "release" / "latest").resolve() == second.resolve()


def test_no_picture_and_no_run_is_in_a_release(build: Build, tmp_path: Path) -> None:
    release = published(build, tmp_path)
    files = [path for path in release.rglob("*") if path.is_file()]
    assert not [path for path in files if path.read_bytes().startswith(PICTURES)]
    assert not [path for path in files if path.name == "run.json" or b"a frame's pixels" in path.read_bytes()]
    assert "thumbs/" not in (release / "report" / "bank.html").read_text()


def test_every_date_is_the_one_of_the_config(build: Build, tmp_path: Path) -> None:
    release = published(build, tmp_path)
    paths = [path for path in release.rglob("*") if path.suffix in {".md", ".json", ".html"}]
    texts = [path.read_text(encoding="utf-8") for path in paths]
    assert {date for text in texts for date in re.findall(r"\b20\d\d-\d\d-\d\d\b", text)} == {"2026-01-01"}


def test_the_card_has_a_header_and_the_counts(build: Build, tmp_path: Path) -> None:
    card = (published(build, tmp_path, licence="cc-by-4.0") / "README.md").read_text()
    _, header, body = card.split("---\n", 2)
    values = yaml.safe_load(header)
    assert (values["license"], values["pretty_name"]) == ("cc-by-4.0", "demo")
    assert {view["config_name"] for view in values["configs"]} >= {"photos", "identities", "slots", "audit"}
    assert "| Photos used | 6 |" in body
    assert "`carl`" in body
    assert "detector.onnx" in body


def test_the_summary_has_the_main_numbers(build: Build, tmp_path: Path) -> None:
    summary = json.loads((published(build, tmp_path) / "summary.json").read_text())
    assert (summary["queries"], summary["top1_hits"], summary["broken"]) == (6, 4, ["carl"])


def test_a_bank_alone_can_be_released(build: Build, tmp_path: Path) -> None:
    present = build.folders.present()
    bank = {name: present[name] for name in ("inventory_photos", "embeddings", "gallery", "validation")}
    publish_release(output_dir=tmp_path / "release", receipt=tmp_path / "r.json", **bank)
    release = tmp_path / "release" / "latest"
    verify_release(release)
    assert not (release / "face_labels").exists()
    assert "face_labels" not in (release / "README.md").read_text()


WORKFLOW = PROJECT / "Snakefile"


def test_without_a_workflow_there_is_no_crate(build: Build, tmp_path: Path) -> None:
    assert not (published(build, tmp_path) / "ro-crate-metadata.json").exists()


def test_the_release_is_a_workflow_run_crate(build: Build, tmp_path: Path) -> None:
    release = published(build, tmp_path, workflow=WORKFLOW)
    verify_release(release)
    assert (release / "workflow/Snakefile").read_bytes() == WORKFLOW.read_bytes()
    graph = json.loads((release / "ro-crate-metadata.json").read_text())["@graph"]
    entities = {entity["@id"]: entity for entity in graph}
    files = {path.relative_to(release).as_posix() for path in release.rglob("*") if path.is_file()}
    whole = ("arcface_embeddings/", "face_labels/", "manifest.json")
    assert {name for name in files if not name.startswith(whole)} <= entities.keys()
    manifest = json.loads((release / "manifest.json").read_text())["files"]
    digests = {name: it["sha256"] for name, it in entities.items() if "sha256" in it}
    assert digests == {name: manifest[name]["sha256"] for name in digests}
    # The validator's libraries warn and keep caches of their own: it runs apart.
    checked = subprocess.run(
        [sys.executable, Path(__file__).parents[1] / "release" / "validate_crate.py", release, tmp_path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "workflow-run-crate" in checked.stdout


def test_a_crate_that_is_none_is_refused_by_the_validator(build: Build, tmp_path: Path) -> None:
    crate = published(build, tmp_path, workflow=WORKFLOW) / "ro-crate-metadata.json"
    document = json.loads(crate.read_text())
    document["@graph"] = [it for it in document["@graph"] if it["@type"] != "CreateAction"]
    crate.unlink()
    crate.write_text(json.dumps(document))
    checked = subprocess.run(
        [sys.executable, Path(__file__).parents[1] / "release" / "validate_crate.py", crate.parent, tmp_path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 1, checked.stdout + checked.stderr


def test_the_bill_of_materials_is_part_of_the_release(build: Build, tmp_path: Path) -> None:
    requirements = PROJECT / "requirements"
    release = published(build, tmp_path, workflow=WORKFLOW, requirements=requirements)
    assert "sbom.cdx.json" in verify_release(release).files
    bill = json.loads((release / "sbom.cdx.json").read_text())
    names = {it["name"] for it in bill["components"]}
    assert {"numpy", "snakemake", "detector.onnx"} <= names
    assert "`sbom.cdx.json`" in (release / "README.md").read_text()
    graph = json.loads((release / "ro-crate-metadata.json").read_text())["@graph"]
    assert "sbom.cdx.json" in {entity["@id"] for entity in graph}
    again = published(build, tmp_path / "again", workflow=WORKFLOW, requirements=requirements)
    assert again.name == release.name
    assert not (published(build, tmp_path) / "sbom.cdx.json").exists()


def test_the_citation_names_title_date_and_licence(build: Build, tmp_path: Path) -> None:
    release = published(build, tmp_path, licence="cc-by-4.0")
    cited = yaml.safe_load((release / "CITATION.cff").read_text())
    assert (cited["cff-version"], cited["type"], cited["title"]) == ("1.2.0", "dataset", "demo")
    assert (str(cited["date-released"]), cited["license"]) == ("2026-01-01", "CC-BY-4.0")
    assert cited["authors"] == [{"name": "The makers of demo"}]
    free = yaml.safe_load((published(build, tmp_path, licence="ask us") / "CITATION.cff").read_text())
    assert "license" not in free


def test_photos_are_in_it_when_they_are_asked_for(build: Build, tmp_path: Path) -> None:
    release = published(build, tmp_path, include_photos=True, bank_root=build.bank_root, workflow=WORKFLOW)
    verify_release(release)
    held = {path.relative_to(release / "photos").as_posix(): path for path in release.glob("photos/*/*/*")}
    own = {
        path.relative_to(build.bank_root).as_posix(): path
        for path in build.bank_root.rglob("*")
        if path.is_file()
    }
    assert held.keys() == own.keys()
    for name, path in held.items():
        assert path.read_bytes() == own[name].read_bytes()
        assert not path.samefile(own[name])
    assert "`photos/<set>/<identity>/`" in (release / "README.md").read_text()
    assert "thumbs/" not in (release / "report" / "bank.html").read_text()


def test_a_photo_that_changed_since_is_refused(build: Build, tmp_path: Path) -> None:
    shutil.copytree(build.bank_root, tmp_path / "bank")
    photo = next(path for path in (tmp_path / "bank").rglob("*") if path.is_file())
    photo.write_bytes(b"another")
    with pytest.raises(DataError, match="not the one that was embedded"):
        published(build, tmp_path, include_photos=True, bank_root=tmp_path / "bank")
    assert not (tmp_path / ".releases").exists()
    photo.unlink()
    with pytest.raises(DataError, match="cannot be read"):
        published(build, tmp_path, include_photos=True, bank_root=tmp_path / "bank")


def test_two_photos_of_one_name_keep_apart(tmp_path: Path) -> None:
    photos = {"s/a b/1.jpg": b"x", "s/a_b/1.JPG": b"y", "s/a b/2.jpg": b"z"}
    for name, data in photos.items():
        (tmp_path / "bank" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "bank" / name).write_bytes(data)
    listed = [
        {"photo": name, "set": "s", "identity": "a_b", "sha256": sha256_bytes(data)}
        for name, data in photos.items()
    ]
    schema = pa.schema([(name, pa.string()) for name in ("photo", "set", "identity", "sha256")])
    write_table(tmp_path / "gallery" / "photos.parquet", listed, schema)
    copy_photos(tmp_path / "r", tmp_path / "gallery", tmp_path / "bank")
    held = {path.name: path.read_bytes() for path in (tmp_path / "r/photos/s/a_b").iterdir()}
    x, y = sha256_bytes(b"x")[:12], sha256_bytes(b"y")[:12]
    # Some file systems tell no case apart.
    assert held == {f"{x}-1.jpg": b"x", f"{y}-1.JPG": b"y", "2.jpg": b"z"}


def test_photos_without_a_bank_are_an_error(build: Build, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="include_photos"):
        published(build, tmp_path, include_photos=True)
