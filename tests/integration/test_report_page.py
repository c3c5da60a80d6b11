"""The report in a browser: Chromium of the system opens the page without a network."""

import shutil
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.hostile_facts import hostile_facts, wide_facts
from tests.stored_facts import KINDS, stored_facts

from headstart.report import render_report
from headstart.report.plots import figures

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FACTS = {
    **{kind: lambda kind=kind: stored_facts(kind) for kind in KINDS},
    "hostile": lambda: hostile_facts("binary"),
    "wide": wide_facts,
}


@dataclass
class Opened:
    page: object
    path: Path
    messages: list = field(default_factory=list)  # of the console, errors, and dialogs
    asked: list = field(default_factory=list)  # requests


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api")
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.skip(f"needs a browser: one of {', '.join(BROWSERS)}")
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=program)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def pages(browser, tmp_path_factory):
    """Open each page once; tests leave it as they found it."""
    folder, known = tmp_path_factory.mktemp("reports"), {}

    def page_of(name):
        if name not in known:
            path = folder / f"{name}.html"
            path.write_text(render_report(FACTS[name]()), encoding="utf-8")
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            known[name] = opened = Opened(page, path)
            page.on("console", lambda message: opened.messages.append(message.text))
            page.on("pageerror", lambda error: opened.messages.append(str(error)))
            page.on("dialog", lambda dialog: opened.messages.append(dialog.message))
            page.on("request", lambda request: opened.asked.append(request.url))
            page.goto(path.as_uri())
        return known[name]

    return page_of


@pytest.mark.parametrize("name", FACTS)
def test_the_page_opens_quietly_and_asks_for_nothing(pages, name):
    opened = pages(name)

    assert opened.messages == []
    assert opened.asked == [opened.path.as_uri()]
    assert opened.path.stat().st_size < 2_000_000


@pytest.mark.parametrize("name", FACTS)
def test_every_plot_is_drawn(pages, name):
    drawn = pages(name).page.evaluate(
        """() => [...document.querySelectorAll("figure")].map((figure) => {
          const svg = figure.querySelector("svg[role=img]");
          const box = svg.getBoundingClientRect();
          const marks = [...svg.querySelectorAll(".role-mark path, .role-mark line")];
          const isVisible = marks.some((mark) => {
            const { width, height } = mark.getBoundingClientRect();
            return width + height > 1;
          });
          return [figure.id, box.width > 100 && box.height > 30, isVisible,
                  svg.getAttribute("aria-label").length > 10];
        })"""
    )

    wanted = [f"figure-{key}" for key in figures(FACTS[name]())]
    assert sorted(part[0] for part in drawn) == sorted(wanted)
    assert [part for part in drawn if not all(part)] == []


@pytest.mark.parametrize("name", FACTS)
def test_nothing_is_wider_than_the_page(pages, name):
    assert pages(name).page.evaluate(
        "document.documentElement.scrollWidth <= innerWidth"
    )


@pytest.mark.parametrize("name", KINDS)
def test_drawings_refer_to_nothing_that_another_drawing_may_define(pages, name):
    # Each drawing counts its own clips from 0, and a page has many drawings.
    page = pages(name).page
    assert page.evaluate("document.querySelectorAll('svg [id]').length") == 0


def test_hostile_names_are_text(pages):
    page = pages("hostile").page

    assert page.evaluate("window.hacked") is None
    assert page.evaluate("document.querySelectorAll('script').length") == 1
    assert page.evaluate("document.querySelectorAll('img, .injected').length") == 0
    assert (
        page.evaluate("document.querySelectorAll('[onerror],[onmouseover]').length")
        == 0
    )
    assert "</script><script>window.hacked" in page.inner_text("main")
    assert "{{ 7 * 7 }}" in page.inner_text("main")


def test_tables_sort_numbers_and_text(pages):
    page = pages("binary").page
    table = page.locator("#data table").last
    missing = "rows => rows.map(row => Number(row.cells[3].textContent))"
    names = "rows => rows.map(row => row.cells[0].textContent)"
    rows = table.locator("tbody tr")

    table.get_by_role("button", name="Missing").click()
    assert rows.evaluate_all(missing) == sorted(
        rows.evaluate_all(missing), reverse=True
    )
    table.get_by_role("button", name="Missing").click()
    assert rows.evaluate_all(missing) == sorted(rows.evaluate_all(missing))
    assert table.locator("th[aria-sort=ascending]").count() == 1
    table.get_by_role("button", name="Column").click()
    assert rows.evaluate_all(names) == sorted(rows.evaluate_all(names))


def test_a_mark_tells_its_value_when_pointed_at(pages):
    page = pages("binary").page
    page.locator("#figure-importance .mark-symbol path").first.hover()

    assert "mean texture" in page.inner_text("#hint")


@pytest.mark.parametrize("name", FACTS)
def test_each_row_of_a_table_has_a_heading(pages, name):
    assert pages(name).page.evaluate(
        """() => [...document.querySelectorAll("tbody tr")].every(
          (row) => row.querySelectorAll("th[scope=row]").length === 1)"""
    )


def test_values_of_a_plot_open_by_keyboard(pages):
    page = pages("binary").page
    values = page.locator("#figure-roc details.values")
    assert not values.locator("table").is_visible()

    values.locator("summary").focus()
    page.keyboard.press("Enter")
    is_open = values.locator("table").is_visible()
    page.keyboard.press("Enter")

    assert is_open
    assert values.locator("tbody tr").count() > 10
    assert "true positive rate" in values.locator("thead").text_content().lower()


def test_the_threshold_can_be_moved(pages):
    page = pages("binary").page
    facts = stored_facts("binary").thresholds
    page.locator("#threshold").fill("0")

    recall = float(page.inner_text("#at-recall").rstrip("%")) / 100
    assert recall == pytest.approx(facts.recall[0], abs=0.001)
    assert float(page.inner_text("#at")) == pytest.approx(facts.threshold[0], abs=1e-3)


def test_dark_mode_turns_page_and_plots(pages):
    page = pages("regression").page
    look = """() => [getComputedStyle(document.body).backgroundColor,
      getComputedStyle(document.querySelector("#figure-residuals text")).fill]"""
    light = page.evaluate(look)
    page.emulate_media(color_scheme="dark")
    dark = page.evaluate(look)
    page.emulate_media(color_scheme="light")

    assert light[0] == "rgb(255, 255, 255)"
    assert all(a != b for a, b in zip(light, dark, strict=True))


def test_it_prints_in_light_colours_without_contents(pages):
    page = pages("multiclass").page
    page.emulate_media(media="print", color_scheme="dark")
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    has_contents = page.locator("nav").is_visible()
    paper = page.pdf(format="A4")
    page.emulate_media(media="screen", color_scheme="light")

    assert paper.startswith(b"%PDF") and len(paper) > 20_000  # noqa: PT018
    assert background == "rgb(255, 255, 255)"
    assert not has_contents


def test_each_entry_of_the_contents_leads_somewhere(pages):
    page = pages("binary").page

    assert page.evaluate(
        """() => [...document.querySelectorAll("nav a")].every(
          (a) => document.getElementById(a.hash.slice(1)))"""
    )
    assert page.evaluate(
        "[...document.querySelectorAll('table')].every((t) => t.caption)"
    )
