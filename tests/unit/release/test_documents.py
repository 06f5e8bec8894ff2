from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from facebank.artifacts.atomic import write_json
from facebank.artifacts.digests import UNREADABLE, contents_digest
from facebank.artifacts.provenance import building
from facebank.errors import CheckError
from facebank.release.documents import require_form
from unit.release.releases import label_document, write_gallery, write_sources

LABELS = "face_labels/s.face_labels.json"


def test_what_the_stages_write_has_its_form(tmp_path: Path) -> None:
    write_gallery(tmp_path)
    write_sources(tmp_path)
    names = [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*") if path.is_file()]
    assert len(names) == 12
    for name in names:
        if not name.startswith(("provenance/", "tables/gallery/photos")):
            require_form(tmp_path, name)


@pytest.mark.parametrize("files", [[], ["00" * 32], ["00" * 32, UNREADABLE], [UNREADABLE] * 12])
def test_a_build_that_files_could_not_be_read_in_has_its_form(tmp_path: Path, files: list[str]) -> None:
    contents = contents_digest(files, files)
    with building(tmp_path / "provenance", rule="index_photos", parameters={}, inputs={}, contents=contents):
        pass
    require_form(tmp_path, "provenance/provenance.json")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("summary.json", "", "the whole"),
        ("summary.json", "[]", "the whole"),
        ("summary.json", '{"a": NaN', "the whole"),
        ("audit/other.json", "3", "another form"),
        ("celeb_embeddings.json", "{}", "bank_root"),
        ("provenance/gallery.json", '{"format": "1"}', "format"),
        ("tables/validation/ood_loo_rows.json", '[{"celeb": 1}]', r"0\.celeb"),
        ("gold/rows.jsonl", '{"a": 1}\n[]\n', "line 2"),
        ("gold/rows.ndjson", "{}\n{\n", "line 2"),
        ("audit/exclusions.tsv", "", "no header"),
        ("audit/exclusions.tsv", "variant\tslot\n", "slot"),
        ("audit/free.tsv", "a\tb\n1\t2\n1\n", "1 in line 3"),
        ("tables/x/rejected.tsv", "file\n", "found file"),
        ("audit/verdicts.parquet", "PAR1", "Parquet"),
    ],
)
def test_another_form_is_named(tmp_path: Path, name: str, text: str, said: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    with pytest.raises(CheckError, match=said) as caught:
        require_form(tmp_path, name)
    assert path.name in str(caught.value)


@pytest.mark.parametrize("name", ["notes.txt", "gold/empty.jsonl", "report/index.html"])
def test_text_and_no_rows_are_fine(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text("")
    require_form(tmp_path, name)


def test_a_box_that_is_no_box_is_named(tmp_path: Path) -> None:
    document = label_document()
    document["frames"][1]["bboxes"][0] = {"x1": 0.0}
    write_json(tmp_path / LABELS, document)
    with pytest.raises(CheckError, match=r"frames\.1\.bboxes\.0"):
        require_form(tmp_path, LABELS)


def test_a_table_with_other_columns_is_named(tmp_path: Path) -> None:
    path = tmp_path / "audit/verdicts.parquet"
    path.parent.mkdir()
    pq.write_table(pa.table({"variant": ["s"]}), path)
    with pytest.raises(CheckError, match="variant string"):
        require_form(tmp_path, "audit/verdicts.parquet")
