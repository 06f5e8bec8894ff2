from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from facebank.forgetting.person import Person
from facebank.forgetting.traces import Traces

PHOTO, VIDEO = "ab" * 32, "cd" * 32
#: Names of others, before and after hers.
MANY = [f"{number * 40503 % 65536:04x}" for number in range(1000)]


@pytest.fixture
def traces() -> Traces:
    names = frozenset({"ada_lovelace", "common"})
    return Traces(Person("ada_lovelace", names, frozenset({PHOTO}), frozenset({VIDEO}), (), ()))


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("a.json", "", False),
        ("a.json", "{}", False),
        ("a.json", '{"celebs": {"ada_lovelace": {}}}', True),
        ("a.json", '{"failed": ["scraped/Ada Lovelace/1.jpg (no face detected)"]}', True),
        ("a.json", '["bob,ada_lovelace"]', True),
        ("a.json", '["ada_lovelace_2", "not-ada_lovelace", "a common mistake"]', False),
        ("a.json", f'["{PHOTO}"]', True),
        ("a.json", f'["{VIDEO}"]', True),
        ("a.json", f'["{"ef" * 32}"]', False),
        ("a.jsonl", '{"a": "bob"}\n{"a": "common"}\n', True),
        ("a.tsv", "file\twho\nx\tcommon\n", True),
        ("a.tsv", "file\twho\nx\tcommon knowledge\n", False),
        ("a.html", "<td>ada_lovelace</td>", True),
        ("a.md", "Ada Lovelace, 3 photos", True),
        ("a.log", "scraped/ada_lovelace/1.jpg", True),
        ("a.log", "ada_lovelace_2 and ada_love", False),
        ("a.log", f"video {VIDEO} has 30 frames", True),
        ("a.log", f"video {'ef' * 32} has 30 frames", False),
        ("a.log", "ada_lovelace \udcff", True),
        ("broken.json", '{"ada_lovelace": ', True),
        ("a.png", "ada_lovelace", False),
        # Somebody may be called as a package; a bill of materials names nobody.
        ("a.json", '{"components": [{"name": "common"}]}', True),
        ("sbom.cdx.json", '{"components": [{"name": "common"}]}', False),
    ],
)
def test_text_is_read_as_what_it_is(
    traces: Traces, tmp_path: Path, name: str, content: str, found: bool
) -> None:
    (tmp_path / name).write_text(content, errors="surrogateescape")
    assert traces.in_file(tmp_path / name) is found


@pytest.mark.parametrize(
    ("column", "found"),
    [
        (pa.array([], pa.string()), False),
        (pa.array(["bob", None]), False),
        (pa.array(["bob", "scraped/Ada Lovelace/1.jpg"]), True),
        (pa.array([[], ["bob", "ada_lovelace"]]), True),
        (pa.array([[1.0], [2.0]]), False),
        (pa.array([PHOTO]), True),
        # Compressed, no name stands in the file as it is written.
        (pa.array([*MANY, "ada_lovelace"]), True),
        (pa.array([*MANY, "ada_lovelace"], pa.large_string()), True),
        (pa.array([MANY, ["ada_lovelace"]]), True),
        (pa.array(MANY), False),
    ],
)
def test_tables_are_read_by_column(traces: Traces, tmp_path: Path, column: Any, found: bool) -> None:
    pq.write_table(pa.table({"x": column}), tmp_path / "t.parquet", compression="zstd")
    assert traces.in_file(tmp_path / "t.parquet") is found


def test_a_folder_is_found_by_the_name_of_a_file_in_it(traces: Traces, tmp_path: Path) -> None:
    assert traces.in_folder(tmp_path) is None
    (tmp_path / "a.json").write_text(json.dumps(["bob"]))
    assert traces.in_folder(tmp_path) is None
    vector = tmp_path / "arcface_embeddings/scraped/Ada Lovelace/1.jpg.arcface.npy"
    vector.parent.mkdir(parents=True)
    vector.write_bytes(b"")
    assert traces.in_folder(tmp_path) == vector
