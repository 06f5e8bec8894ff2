from __future__ import annotations

import re
from pathlib import Path

import pytest

from running import PROJECT, snakemake

#: Where nothing listens: whoever asks the network fails.
NOWHERE = "http://127.0.0.1:9"
CAPTIONS = sorted((PROJECT / "workflow" / "report").glob("*.rst"))


@pytest.fixture(scope="module")
def text(built: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    page = tmp_path_factory.mktemp("engine") / "engine.html"
    asked = ("--report", str(page), "--configfile", "c.yaml", "--cores", "1")
    done = snakemake(built, *asked, checkout=built, HTTP_PROXY=NOWHERE, HTTPS_PROXY=NOWHERE)
    assert done.code == 0, done.text
    return page.read_text(encoding="utf-8")


@pytest.mark.parametrize("caption", CAPTIONS, ids=lambda path: path.stem)
def test_the_report_of_the_engine_holds_every_caption(text: str, caption: Path) -> None:
    first = caption.read_text(encoding="utf-8").split(maxsplit=6)[:6]
    assert " ".join(first) in " ".join(text.split())


def test_every_caption_is_used_and_every_item_has_category_and_label(text: str) -> None:
    rules = "".join(
        path.read_text(encoding="utf-8") for path in (PROJECT / "workflow" / "rules").glob("*.smk")
    )
    items = re.findall(
        r'report\(\s*"<\w+>/[\w.]+",\s*caption="\.\./report/(\w+)\.rst",\s*category="(\w+)",\s*'
        r'labels={"what": "([^"]+)"}',
        rules,
    )
    assert len(items) == rules.count("report(\n")
    assert {name for name, _, _ in items} == {path.stem for path in CAPTIONS} - {"workflow"}
    for _, category, label in items:
        assert category in text
        assert label in text
