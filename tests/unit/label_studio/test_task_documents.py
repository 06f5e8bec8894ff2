"""Tasks one by one: the same as from a document that is read whole, wherever its text is cut."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facebank.gold.javascript import parse_json
from facebank.label_studio import task_documents
from facebank.label_studio.task_documents import tasks_of_document
from facebank.reading.limits import DocumentError

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


def read(folder: Path, text: str | bytes, *, strict: bool = True) -> list[Any]:
    path = folder / "export.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return list(tasks_of_document(path, strict=strict))


forms = st.fixed_dictionaries({"indent": st.sampled_from([None, 1]), "ensure_ascii": st.booleans()})


@given(
    st.lists(values, max_size=4),
    st.none() | st.dictionaries(st.text(max_size=3), values, max_size=2),
    forms,
    st.integers(1, 9),
)
def test_tasks_are_those_of_the_whole_document(
    tmp_path_factory: pytest.TempPathFactory,
    tasks: list[Any],
    beside: dict[str, Any] | None,
    form: dict[str, Any],
    chunk: int,
) -> None:
    document = tasks if beside is None else {**beside, "tasks": tasks, "behind": 1}
    text = json.dumps(document, **form)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(task_documents, "_CHUNK", chunk)
        found = read(tmp_path_factory.mktemp("doc"), text)
    assert found == parse_json(json.dumps(tasks))


@pytest.mark.parametrize("document", ["[]", " [ ]\n", '{"tasks": []}', '{"a": {"tasks": [1]}, "tasks": [ ]}'])
def test_no_tasks(tmp_path: Path, document: str) -> None:
    assert read(tmp_path, document) == []


@pytest.mark.parametrize(
    "document", ["{}", "3", '"tasks"', '{"tasks": 3}', '{"other": [1]}', '{"tasks": {}}']
)
def test_a_document_without_a_list_of_tasks_has_none_or_is_refused(tmp_path: Path, document: str) -> None:
    assert read(tmp_path, document, strict=False) == []
    with pytest.raises(DocumentError, match="list"):
        read(tmp_path, document)


@pytest.mark.parametrize(
    ("document", "found"),
    [
        ("", "Expecting value, character 0"),
        ("[1, 2", r"expecting ',', character 5"),
        ("[1,]", "Expecting value, character 3"),
        ("[1 2]", "expecting ',', character 3"),
        ("[1] 2", "extra data, character 4"),
        ('{"tasks": [1]', "expecting ','"),
        ('{"tasks": [1],}', "expecting a key"),
        ('{"tasks" [1]}', "expecting ':'"),
        ("{1: 2}", "expecting a key"),
        ('{"tasks": [1], "tasks": [2]}', "'tasks' twice"),
        ("[NaN]", "NaN is not JSON"),
        ('["a', "Unterminated string"),
        ("[" + "[" * 100 + "]" * 100 + "]", "more than 64"),
        ("[" * 100_000, "too deep"),
    ],
)
@pytest.mark.parametrize("strict", [False, True])
def test_what_is_no_document_is_refused(tmp_path: Path, document: str, found: str, strict: bool) -> None:
    with pytest.raises(ValueError, match=found):
        read(tmp_path, document, strict=strict)


def test_a_byte_order_mark_is_passed_over_unless_compatible(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for chunk in (1, 1 << 20):
        monkeypatch.setattr(task_documents, "_CHUNK", chunk)
        assert read(tmp_path, '\ufeff["\ufeff"]') == ["\ufeff"]
    with pytest.raises(DocumentError, match="character 0"):
        read(tmp_path, "\ufeff[]", strict=False)


def test_what_has_two_meanings_is_refused_only_if_strict(tmp_path: Path) -> None:
    assert read(tmp_path, '[{"a": 1, "a": 2}]', strict=False) == [{"a": 2}]
    assert read(tmp_path, b'["\xff"]', strict=False) == ["\ufffd"]
    with pytest.raises(DocumentError, match="'a' twice"):
        read(tmp_path, '[{"a": 1, "a": 2}]')
    with pytest.raises(DocumentError, match="'b' twice"):
        read(tmp_path, '{"b": 1, "b": 2, "tasks": []}')


@pytest.mark.parametrize("chunk", [1, 3, 1 << 20])
@pytest.mark.parametrize(("text", "byte"), [(b'["\xc3\xa9", "\xff"]', 8), (b"[1]\xe2\x82", 3)])
def test_what_is_no_utf8_is_found_wherever_it_is_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int, text: bytes, byte: int
) -> None:
    monkeypatch.setattr(task_documents, "_CHUNK", chunk)
    with pytest.raises(DocumentError, match=f"no UTF-8 at byte {byte}$"):
        read(tmp_path, text)


def test_a_task_is_there_before_what_is_wrong_behind_it(tmp_path: Path) -> None:
    path = tmp_path / "export.json"
    path.write_text('[{"id": 1}, oh]')
    tasks = tasks_of_document(path, strict=True)
    assert next(tasks) == {"id": 1}
    with pytest.raises(DocumentError, match="Expecting value, character 12"):
        next(tasks)


def test_memory_is_that_of_a_task(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(task_documents, "_CHUNK", 1 << 12)
    path = tmp_path / "export.json"
    path.write_text(json.dumps([{"id": number, "points": list(range(100))} for number in range(5000)]))
    tracemalloc.start()
    try:
        count = sum(1 for _ in tasks_of_document(path, strict=True))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == 5000
    assert peak < 200_000 < path.stat().st_size


def test_a_broken_value_does_not_drag_the_rest_into_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(task_documents, "LARGEST_LINE", 10_000)
    monkeypatch.setattr(task_documents, "_CHUNK", 1000)
    with pytest.raises(DocumentError, match="a value of more than 10,000 characters, character 1"):
        read(tmp_path, '["' + "x" * 100_000)
