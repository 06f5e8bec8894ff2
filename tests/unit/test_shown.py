"""Text of others: shown, in cells and in Markdown."""

import csv
import io
import re
from html.parser import HTMLParser

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from facebank.errors import DataError
from facebank.reading.yaml_documents import yaml_value
from facebank.shown import (
    inert,
    markdown,
    markdown_code,
    meant,
    shown,
    shown_lines,
    unturned,
    yaml_mapping,
    yaml_text,
)

#: Texts that are likely to be what they must not be.
LETTERS = "'=+-@\t\r\n |*_`<>[]()!&#~\\\x1b\u202e\ud800a1.e\uff1d"
TEXTS = st.text(st.sampled_from(LETTERS) | st.characters(), max_size=12)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("", ""),
        ("Zoë's photo 1.jpg", "Zoë's photo 1.jpg"),
        ("\x1b[2J\x1b]0;owned\x07", r"\x1b[2J\x1b]0;owned\x07"),
        ("a\nfacebank: error: b\r\tc", r"a\x0afacebank: error: b\x0d\x09c"),
        ("\x9b31m\x7f\x85", r"\x9b31m\x7f\x85"),
        ("gpj.\u202eexe", r"gpj.\u202eexe"),
        ("a\u2028b\ud800", r"a\u2028b\ud800"),
    ],
)
def test_a_terminal_is_told_no_command(text: str, seen: str) -> None:
    assert shown(text) == seen


@given(TEXTS)
def test_what_is_shown_is_one_line_that_any_file_can_hold(text: str) -> None:
    line = shown(text)
    assert len(line.splitlines()) <= 1
    assert not re.search(r"[\x00-\x1f\x7f-\x9f]", line)
    assert shown(line) == line
    line.encode()


@pytest.mark.parametrize(
    ("text", "seen"),
    [("", ""), ("שלום\n\x1b é", "שלום\n\x1b é"), ("a\u202eb\u2066c\u200f", r"a\u202eb\u2066c\u200f")],
)
def test_only_what_turns_is_written_out(text: str, seen: str) -> None:
    assert unturned(text) == seen


def test_lines_stay_lines() -> None:
    assert shown_lines("a\nb\x1b") == "a\nb\\x1b"


def test_an_error_shows_names_as_they_are_and_no_more_than_anybody_reads() -> None:
    error = DataError("Bad", file="\x1b[2J.jpg", expected="a\nb", found="x" * 100_000, remedy="Do \u202e.")
    text = str(error)
    assert text.startswith(r"Bad: \x1b[2J.jpg; expected a\x0ab, found xxx")
    assert text.endswith(r"x.... Do \u202e.")
    assert len(text) < 3000


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("", ""),
        ("ada", "ada"),
        ("O'Hara", "O'Hara"),
        ("'quoted'", "'quoted'"),
        ("=1+1", "'=1+1"),
        ("@SUM(1)", "'@SUM(1)"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("-2+3", "'-2+3"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        (" =1", "' =1"),
        ("\uff1d1", "'\uff1d1"),
        ("'=1", "''=1"),
        ("-0.5", "-0.5"),
        ("+1e-7", "+1e-7"),
        ("-", "'-"),
        ("a=b", "a=b"),
    ],
)
def test_a_formula_becomes_text_and_a_number_stays_one(text: str, cell: str) -> None:
    assert inert(text) == cell


@given(TEXTS)
def test_a_cell_means_its_text(text: str) -> None:
    cell = inert(text)
    assert meant(cell) == text
    assert not re.match(r"\s*[=+\-@]", cell) or re.fullmatch(r"[+-][0-9.eE+-]+", cell)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", ""),
        ("quick_ada__t3_0000_v00", "quick_ada__t3_0000_v00"),
        ("2026-01-31T00:00:00Z 0.5 / 0.7", "2026-01-31T00:00:00Z 0.5 / 0.7"),
        ("<img src=x onerror=alert(1)>|**x**", r"\<img src=x onerror=alert(1)\>\|\*\*x\*\*"),
        ("a\n\n# b", "a # b"),
        ("[x](javascript:1)", r"\[x\](javascript:1)"),
        ("![x](y)", r"!\[x\](y)"),
        ("_x_ a_b", r"\_x\_ a_b"),
        ("`x` &lt; ~~y~~ \\", r"\`x\` \&lt; \~\~y\~\~ \\"),
        ("\x1b", r"\\x1b"),
    ],
)
def test_markdown_takes_no_letter_for_a_mark(text: str, line: str) -> None:
    assert markdown(text) == line


@given(TEXTS)
def test_markdown_stays_on_its_line_and_in_its_cell(text: str) -> None:
    for line in (markdown(text), markdown_code(text)):
        assert len(line.splitlines()) <= 1
        assert not re.search(r"(?<!\\)\|", line)
    assert markdown_code(text).count("`") == 2
    assert not re.search(r"(?<!\\)(?:\\\\)*<", markdown(text))


@given(st.lists(TEXTS, min_size=1, max_size=3))
def test_a_csv_reader_sees_the_cells(texts: list[str]) -> None:
    file = io.StringIO(newline="")
    csv.writer(file).writerow([inert(text.encode(errors="replace").decode()) for text in texts])
    assert len(next(csv.reader(io.StringIO(file.getvalue(), newline="")))) == len(texts)


def rendered(source: str) -> str:
    """Render CommonMark with tables and raw HTML, as the Hub and code forges do."""
    return str(MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(source))


class Cells(HTMLParser):
    """Collects the texts of a page's cells, and its tags."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.cells: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert not attrs
        self.tags.append(tag)
        if tag == "td":
            self.cells.append("")

    def handle_data(self, data: str) -> None:
        if self.cells:
            self.cells[-1] += data


@given(TEXTS)
def test_a_renderer_shows_the_text_and_nothing_else(text: str) -> None:
    line = shown(" ".join(text.split()))
    page = Cells(rendered(f"| a | b |\n|---|---|\n| {markdown(text)} | . |\n"))
    assert set(page.tags) <= {"table", "thead", "tbody", "tr", "th", "td"}
    assert "".join(page.cells[0].split()) == "".join(line.split())
    assert page.cells[1].strip() == "."


@pytest.mark.parametrize("text", ["<img src=x onerror=alert(1)>|**x**", "`</code><b>", "a\n\n<b>", "```\n"])
def test_a_renderer_shows_a_name_as_code(text: str) -> None:
    page = Cells(rendered(f"| a | b |\n|---|---|\n| {markdown_code(text)} | . |\n"))
    assert sorted(set(page.tags)) == ["code", "table", "tbody", "td", "th", "thead", "tr"]
    assert page.cells[0].strip() == shown(text).replace("`", "'")


@pytest.mark.parametrize(
    ("text", "pasted"),
    [
        ("Zoë Kravitz", "Zoë Kravitz"),
        ("no", '"no"'),
        ("1_000", '"1_000"'),
        ("a: b #", '"a: b #"'),
        ("it is \\ \x1b\u202e", r'"it is \\ \x1b\u202e"'),
        ('say "\U000e0001"', r'"say \"\U000e0001\""'),
    ],
)
def test_what_can_be_pasted_as_yaml(text: str, pasted: str) -> None:
    assert yaml_text(text) == pasted


@given(
    st.dictionaries(TEXTS | st.sampled_from(["null", "~", "Yes", "0o7", ".5", "=", "<<"]), TEXTS, max_size=4)
)
def test_what_is_pasted_as_yaml_is_read_as_it_was(entries: dict[str, str]) -> None:
    pasted = yaml_mapping(entries)
    assert yaml.safe_load(pasted) == yaml_value(pasted) == entries
    assert shown(pasted) == pasted
