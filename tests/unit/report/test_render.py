from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from facebank import report as report_package
from facebank.artifacts.atomic import write_json
from facebank.artifacts.tables import read_table, read_tsv, write_table, write_tsv
from facebank.report.album import Album
from facebank.report.folders import Folders
from facebank.report.render import render
from facebank.sources.schemas import SERVED_COLUMNS, VARIANTS, VERDICTS
from unit.comparison.sides import changed
from unit.report.builds import HOSTILE, VARIANTS_OF_SOURCE

if TYPE_CHECKING:
    from unit.report.builds import Build

#: Why the places of slots are not known, as `facebank.tracks.anchors` says it.
PROBLEMS = ("FEWER_PLACES_THAN_SLOTS", "UNSTEADY_PLACES", "AMBIGUOUS_PLACES")
PAGES = ["index.html", "bank.html", "validation.html", "sources.html", "gold.html"]
VOID = {"meta", "link", "img", "br", "hr"}


class Page(HTMLParser):
    """Collects what a browser would load and where links lead; fails on tags that do not match."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.tags: set[str] = set()
        self.without_text: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.tags.add(tag)
        assert not any(name.startswith("on") for name in values), values
        if tag in ("img", "link", "script"):
            self.loaded.append(values.get("src") or values.get("href") or "")
        if tag == "a":
            self.links.append(values["href"] or "")
        if tag == "img" and not values.get("alt"):
            self.without_text.append(values["src"] or "")
        if tag == "script":
            assert set(values) == {"src", "defer"}
        if "id" in values:
            self.ids.append(values["id"] or "")
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 (the parser calls it so)
        self.tags.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag


def rendered(build: Build, folder: Path, faces: str = "full") -> dict[str, Page]:
    folder.mkdir(exist_ok=True)
    album = Album(folder, faces, bank_root=build.bank_root, sources_root=build.sources_root)  # type: ignore[arg-type]
    pages = render(folder, build.folders, album, title="A <b>title</b>", note="Careful & <i>")
    return {name: Page((folder / name).read_text(encoding="utf-8")) for name in pages}


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def test_every_page_loads_files_of_the_report_and_nothing_else(build: Build, tmp_path: Path) -> None:
    pages = rendered(build, tmp_path / "r")
    assert list(pages) == PAGES
    loaded = {url for page in pages.values() for url in page.loaded} - {"data:,"}
    assert loaded
    assert {url for url in loaded if not (tmp_path / "r" / url).is_file()} == set()


def test_links_lead_somewhere(build: Build, tmp_path: Path) -> None:
    pages = rendered(build, tmp_path / "r")
    for name, page in pages.items():
        assert len(page.ids) == len(set(page.ids)), name
        for link in page.links:
            target, _, anchor = link.partition("#")
            assert (target or name) in pages
            assert not anchor or anchor in pages[target or name].ids, link


def test_hostile_names_are_text(build: Build, tmp_path: Path) -> None:
    pages = rendered(build, tmp_path / "r")
    for page in pages.values():
        assert page.tags.isdisjoint({"b", "i", "lapa"})
        assert [url for url in page.loaded if url.endswith(".js")] == ["report.js"]
        assert page.without_text == []
    text = (tmp_path / "r" / "bank.html").read_text(encoding="utf-8")
    assert HOSTILE not in text
    # Names turn nothing that stands beside them.
    assert "\u202e" not in text
    assert r"&lt;img src=x onerror=alert(1)&gt; &amp; \u202e&#39;Zoë&#39;.jpg" in text


def test_the_first_page_names_what_is_broken_and_the_note(build: Build, tmp_path: Path) -> None:
    rendered(build, tmp_path / "r")
    text = (tmp_path / "r" / "index.html").read_text(encoding="utf-8")
    assert "Careful &amp; &lt;i&gt;" in text
    assert '<a href="bank.html#id-carl">carl</a>' in text
    assert "1,438 / 1,445" in text
    assert "detector.onnx" in text


def test_the_first_page_names_who_has_several_names(build: Build, tmp_path: Path) -> None:
    alike = {"status": "same-person-as", "same_as": "bob", "evidence": "mean cosine 0.9"}
    edits = {("gallery", "identities.parquet"): lambda row: row | (alike if row["identity"] == "ada" else {})}
    rendered(replace(build, folders=changed(build.folders, tmp_path / "b", edits)), tmp_path / "r")
    text = (tmp_path / "r" / "index.html").read_text(encoding="utf-8")
    assert '<a href="bank.html#id-ada">ada</a>: mean cosine 0.9' in text
    assert "<code>bank.aliases</code>" in text


def test_the_gold_page_shows_what_is_known_and_how_surely(build: Build, tmp_path: Path) -> None:
    pages = rendered(build, tmp_path / "r", "blurred")
    text = (tmp_path / "r" / "gold.html").read_text(encoding="utf-8")
    assert "2 of 3" in text
    assert "not one point. 4 predictions belong to no sample.</p>" in text
    # All of them, and a source of that name.
    assert text.count('<tr><th scope="row">all</th>') == 2
    assert 'id="both"' in text
    assert "1 of 2" in text
    # Of two drawings that the evaluation lists one is there.
    assert [url.endswith(".png") for url in pages["gold.html"].loaded if "thumbs/" in url] == [True]
    assert "0.002" in text
    assert "oval iou" not in text
    assert "&lt;7&gt;" in text
    assert "a.json" in text
    assert "1 pair of them is one annotator" in text
    assert re.search(r"<code>&lt;img [^<>]*</code> 3</p>", text)


def test_two_renderings_are_the_same_bytes(build: Build, tmp_path: Path) -> None:
    rendered(build, tmp_path / "a")
    rendered(build, tmp_path / "b")
    assert files(tmp_path / "a") == files(tmp_path / "b")


@pytest.mark.parametrize("faces", ["blurred", "none"])
def test_pictures_are_other_ones_or_none(build: Build, tmp_path: Path, faces: str) -> None:
    rendered(build, tmp_path / "full")
    rendered(build, tmp_path / faces, faces)
    shown = {name for name in files(tmp_path / "full") if name.endswith(".jpg")}
    veiled = {name for name in files(tmp_path / faces) if name.endswith(".jpg")}
    assert shown
    assert shown.isdisjoint(veiled)
    assert bool(veiled) == (faces == "blurred")


def test_only_what_is_built_has_a_page(build: Build, tmp_path: Path) -> None:
    some = Folders(inventory_photos=build.folders.inventory_photos)
    assert render(tmp_path, some, Album(tmp_path, "none"), title="t", note="") == ["index.html", "bank.html"]
    assert "gold.html" not in (tmp_path / "index.html").read_text(encoding="utf-8")


def test_nothing_built_still_has_a_first_page(tmp_path: Path) -> None:
    assert render(tmp_path, Folders(), Album(tmp_path, "none"), title="t", note="") == ["index.html"]


def test_a_clip_is_shown_behind_its_first_frame(build: Build, tmp_path: Path) -> None:
    album = Album(tmp_path, "full", bank_root=build.bank_root, sources_root=build.sources_root)
    render(tmp_path, build.folders, album, title="t", note="", clip_s=0.2)
    text = (tmp_path / "sources.html").read_text(encoding="utf-8")
    found = re.search(r'<video [^>]*src="(clips/\w+\.mp4)" poster="(thumbs/\w+\.jpg)"', text)
    assert found is not None
    assert all((tmp_path / url).is_file() for url in found.groups())


@pytest.mark.parametrize(
    ("labels", "verdict", "sentence"),
    [
        (
            VARIANTS_OF_SOURCE[1],
            "1 variant labelled alone",
            f"labelled on {VARIANTS_OF_SOURCE[1]} itself: another number of frames.",
        ),
        ("", "1 variant without labels", "pixels; not labelled: another number of frames."),
    ],
)
def test_a_variant_that_its_source_does_not_serve_is_told(
    build: Build, tmp_path: Path, labels: str, verdict: str, sentence: str
) -> None:
    name, reasons = VARIANTS_OF_SOURCE[1], {"LENGTH_DIFFERS": 1}
    (tmp_path / "r").mkdir()
    made = build.folders
    assert made.face_labels is not None
    assert made.inventory_sources is not None
    folders = replace(
        made,
        face_labels=shutil.copytree(made.face_labels, tmp_path / "L"),
        inventory_sources=shutil.copytree(made.inventory_sources, tmp_path / "S"),
    )
    served = read_tsv(tmp_path / "L" / "variants.tsv")
    served[1] |= {"labels": labels, "labelled_on": labels, "reason": "LENGTH_DIFFERS"}
    write_tsv(tmp_path / "L" / "variants.tsv", SERVED_COLUMNS, served)
    rows = read_table(tmp_path / "S" / "variants.parquet", VARIANTS).to_pylist()
    write_table(tmp_path / "S" / "variants.parquet", [rows[0], {**rows[1], "width": 112}], VARIANTS)
    summary = json.loads((tmp_path / "L" / "summary.json").read_text(encoding="utf-8"))
    counts = {"by_themselves": reasons if labels else {}, "without_labels": {} if labels else reasons}
    write_json(tmp_path / "L" / "summary.json", summary | counts)
    album = Album(tmp_path / "r", "none")
    render(tmp_path / "r", folders, album, title="t", note="")
    assert verdict in (tmp_path / "r" / "index.html").read_text(encoding="utf-8")
    text = (tmp_path / "r" / "sources.html").read_text(encoding="utf-8")
    first, second = re.findall(r"<p>1 of 2 variants, .*?</p>", text, flags=re.DOTALL)
    assert VARIANTS_OF_SOURCE[0] in first
    assert "another number" not in first
    assert second.startswith("<p>1 of 2 variants, 112 \N{MULTIPLICATION SIGN} ")
    assert (name in second) == bool(labels)
    assert sentence in re.sub(r"<[^>]+>|\n", "", second)


def test_a_source_without_boxes_is_told_with_what_to_do(build: Build, tmp_path: Path) -> None:
    made = build.folders
    assert made.face_labels is not None
    folders = replace(made, face_labels=shutil.copytree(made.face_labels, tmp_path / "L"))
    (row,) = read_tsv(tmp_path / "L" / "coverage.tsv")
    for problem in PROBLEMS:
        write_tsv(tmp_path / "L" / "coverage.tsv", tuple(row), [{**row, "problem": problem}])
        (tmp_path / problem).mkdir()
        render(tmp_path / problem, folders, Album(tmp_path / problem, "none"), title="t", note="")
        text = (tmp_path / problem / "sources.html").read_text(encoding="utf-8")
        assert re.search(rf"{problem}</span>\s+[A-Z][^<]+(take|Take|set)[^<]+\.</p>", text)


def test_a_slot_that_is_confirmed_and_excluded_is_told(build: Build, tmp_path: Path) -> None:
    assert build.folders.audit is not None
    audit = shutil.copytree(build.folders.audit, tmp_path / "A")
    verdicts = read_table(audit / "verdicts.parquet", VERDICTS).to_pylist()
    for row in verdicts:
        row["excluded"] |= row["variant"] == VARIANTS_OF_SOURCE[0]
    write_table(audit / "verdicts.parquet", verdicts, VERDICTS)
    render(tmp_path, replace(build.folders, audit=audit), Album(tmp_path, "none"), title="t", note="")
    rows = (tmp_path / "sources.html").read_text(encoding="utf-8").split("<tr>")
    (late,) = (row for row in rows if VARIANTS_OF_SOURCE[0] in row and "confirmed" in row)
    (sound,) = (row for row in rows if VARIANTS_OF_SOURCE[1] in row and "confirmed" in row)
    assert (late.count(">excluded<"), sound.count(">excluded<")) == (2, 0)
    overview = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "; 2 slots besides excluded from training" in overview


def test_no_template_or_script_takes_a_value_for_markup() -> None:
    folder = Path(report_package.__file__).parent / "templates"
    sources = {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.iterdir())}
    assert "report.js" in sources
    for name, text in sources.items():
        for way in (
            r"\|\s*safe",
            "autoescape",
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            r"\beval\b",
            "document.write",
        ):
            assert re.search(way, text) is None, (name, way)
