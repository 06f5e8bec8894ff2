from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from browser.conftest import SCREENSHOTS

NAMES = ("index", "bank", "validation", "sources", "gold")
PAGES = (*NAMES, *(f"compare-{name}" for name in NAMES))
WIDTHS = (1280, 360)
#: A shorter list has no filter.
FEW = 6
SCHEMES = ("light", "dark")
MEGABYTES_OF_THE_DEMO = 20


@contextmanager
def opened(
    browser: Browser, file: Path, *, width: int = 1280, scheme: str = "light"
) -> Iterator[tuple[Page, list[str]]]:
    """Open a page from the file system; whatever it complains of is in the list."""
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda it: complaints.append(it.text) if it.type in ("error", "warning") else None)
    page.on("pageerror", lambda it: complaints.append(str(it)))
    page.on("requestfailed", lambda it: complaints.append(f"failed: {it.url}"))
    page.on(
        "request", lambda it: None if it.url.startswith(("file:", "data:")) else complaints.append(it.url)
    )
    page.goto(file.as_uri())
    yield page, complaints
    context.close()


def load_pictures(page: Page) -> list[str]:
    """Let every picture load, those far below too; give the addresses of those that do not."""
    failed: list[str] = page.evaluate(
        """async () => {
            const images = [...document.images];
            for (const image of images) image.loading = "eager";
            const decoded = images.map((image) => image.decode().then(() => null, () => image.src));
            return (await Promise.all(decoded)).filter(Boolean);
        }"""
    )
    return failed


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_loads_all_that_it_shows_and_fits(
    browser: Browser, pages: dict[str, Path], name: str, width: int, scheme: str
) -> None:
    with opened(browser, pages[name], width=width, scheme=scheme) as (page, complaints):
        assert load_pictures(page) == []
        page.evaluate(UNFOLD)
        SCREENSHOTS.mkdir(exist_ok=True)
        page.screenshot(path=SCREENSHOTS / f"{name}-{width}-{scheme}.png", full_page=True)
        assert complaints == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        if width == min(WIDTHS):
            assert page.evaluate(SCROLLING) == []


UNFOLD = "() => { for (const it of document.querySelectorAll('details')) it.open = true; }"
SCROLLING = """() => [...document.querySelectorAll("main :not(thead)")]
    .filter((it) => it.scrollWidth > it.clientWidth + 1 && getComputedStyle(it).overflowX !== "visible")
    .map((it) => it.tagName + "." + it.className + ": " + it.textContent.trim().slice(0, 60))"""


@pytest.mark.parametrize("look", [(1280, "light"), (360, "light"), (1280, "dark"), (360, "dark")])
@pytest.mark.parametrize("name", PAGES)
def test_no_serious_fault_of_accessibility(
    browser: Browser, pages: dict[str, Path], axe: str, name: str, look: tuple[int, str]
) -> None:
    with opened(browser, pages[name], width=look[0], scheme=look[1]) as (page, _):
        page.evaluate(axe)
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        serious = [
            {"rule": it["id"], "where": [node["html"][:200] for node in it["nodes"]][:5]}
            for it in found["violations"]
            if it["impact"] in ("serious", "critical")
        ]
        assert serious == [], json.dumps(serious, indent=2)


@pytest.mark.parametrize("name", PAGES)
def test_every_filter_keeps_what_it_is_asked_for(browser: Browser, pages: dict[str, Path], name: str) -> None:
    with opened(browser, pages[name]) as (page, complaints):
        page.evaluate(UNFOLD)
        owners = [
            it for it in page.locator("[data-filter]").all() if it.locator("[data-item]").count() >= FEW
        ]
        fields = page.locator("input[type=search]").all()
        assert len(fields) == len(owners)
        for field, owner in zip(fields, owners, strict=True):
            items = owner.locator("[data-item]")
            word = items.last.inner_text().split()[0]
            field.fill(word)
            shown = [it for it in items.all() if it.is_visible()]
            assert items.last.is_visible()
            assert all(
                word.lower() in f"{it.get_attribute('data-item')} {it.text_content()}".lower() for it in shown
            )
            field.fill("no such word anywhere")
            assert not any(it.is_visible() for it in items.all())
            field.fill("")
            assert all(it.is_visible() for it in items.all())
        assert complaints == []


def test_some_page_has_a_filter(browser: Browser, report: Path) -> None:
    with opened(browser, report / "bank.html") as (page, _):
        assert page.locator("input[type=search]").count() >= 2


def test_the_keyboard_reaches_the_content_first(browser: Browser, report: Path) -> None:
    with opened(browser, report / "index.html") as (page, _):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.getAttribute('href')") == "#content"
        assert page.locator("a.skip").bounding_box()["x"] >= 0  # type: ignore[index]


def test_a_page_says_everything_without_scripts(browser: Browser, report: Path) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.goto((report / "bank.html").as_uri())
    assert page.locator("[data-item]").count() > 0
    assert page.locator("[data-item]").first.is_visible()
    context.close()


def test_the_report_of_the_demo_is_small(report: Path) -> None:
    total = sum(path.stat().st_size for path in report.rglob("*") if path.is_file())
    assert total < MEGABYTES_OF_THE_DEMO * 1_000_000
