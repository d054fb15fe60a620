"""The pages of runs in a real browser, in windows of a computer, a tablet and a phone: nothing is cut off."""

import base64
import dataclasses
import io
import itertools

import numpy as np
import pytest

from tabemb.experiments.paper.study_page import render_study
from tabemb.experiments.report.comparison_page import render_report
from tabemb.vectors import CategoryVectors
from tabemb.vectors.sampling_noise import SamplingNoise

WIDTHS = (1440, 768, 390)
LONG = "Wojewodztwo-zachodniopomorskie-and-then-some-more-words"
READING = [
    {
        "name": name,
        "kind": "categorical",
        "type": "text",
        "n_categories": n,
        "n_missing": 0,
        "example": LONG,
        "note": "",
    }
    for name, n in {"dest": 300, "chance": 300, "a_column_with_a_name_that_is_rather_long": 7}.items()
]


def made(size, name, n=300):
    rng = np.random.default_rng(0)
    keys = [f"{LONG} {i}" if i % 3 else f"town {i}" for i in range(n)]
    vectors = rng.normal(size=(4, 8))[np.arange(n) % 4] * 2 + rng.normal(size=(n, 8)) * 0.7
    noise = SamplingNoise(np.eye(8) * size**2, rows=750.0, exponent=0.0, n_refits=5)
    return CategoryVectors(keys, vectors, range(2 * n, n, -1), name=name, noise=noise)


# The pages, which take seconds to draw and are the same for each test.
PAGES: dict[str, str] = {}


@pytest.fixture
def pages(tmp_path, record, small_comparison, small_downstream, study_result):
    """Return the addresses of a report and of a study, with long names."""
    if not PAGES:
        record["data"]["reading"] = READING
        record["seconds"]["study"] = 80.0
        vectors = {"dest": made(0.3, "dest"), "chance": made(30.0, "chance")}
        comparison = dataclasses.replace(small_comparison, downstream=small_downstream)
        text, labels = f"description: {LONG * 4}", {"dest": {"town 0": "Zero"}}
        PAGES["report"] = render_report(record, comparison, vectors, config_text=text, labels=labels)
        PAGES["study"] = render_study(record, study_result, {"dest": vectors["dest"]}, config_text=text)
    for name, page in PAGES.items():
        (tmp_path / f"{name}.html").write_text(page, encoding="utf-8")
    return {name: (tmp_path / f"{name}.html").as_uri() for name in PAGES}


@pytest.fixture
def show(browser, pages):
    """Return a function that opens a page at a width."""

    def opened(name, width, theme="light"):
        metrics = {"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": width < 500}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        media = {"features": [{"name": "prefers-color-scheme", "value": theme}]}
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
        browser.get(pages[name])
        return browser

    browser.get_log("browser")
    yield opened
    assert [entry["message"] for entry in browser.get_log("browser")] == []
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


# Elements that end beyond the window, unless something around them can be scrolled sideways.
CUT = """const scrolls = (each) => each && (getComputedStyle(each).overflowX === "auto" || scrolls(each.parentElement));
    return [...document.querySelectorAll("main *")].filter((each) => {
        const box = each.getBoundingClientRect();
        return box.width && box.right > innerWidth + 1 && !scrolls(each) && !each.closest("svg, thead");
    }).map((each) => each.outerHTML.slice(0, 80))"""
# Elements whose own content is wider than they are.
SCROLLERS = """return [...document.querySelectorAll("main *")].filter((each) => each.scrollWidth > each.clientWidth + 1
    && getComputedStyle(each).overflowX === "auto").map((each) => each.className || each.tagName)"""


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", ["report", "study"])
def test_nothing_is_cut_off(show, name, width):
    page = show(name, width)
    assert page.execute_script("return document.scrollingElement.scrollWidth") <= width
    assert page.execute_script("return innerWidth") == width
    assert page.execute_script(CUT) == []


def texts(page, selector):
    script = "return [...document.querySelectorAll(arguments[0])].map((each) => each.innerText.trim())"
    return page.execute_script(script, selector)


@pytest.mark.parametrize("name", ["report", "study"])
def test_tables_are_cards_on_a_phone(show, name):
    page = show(name, 390)
    # What scrolls on a phone is a chart, never a table or a text.
    assert set(page.execute_script(SCROLLERS)) <= {"alone"}
    cells = page.execute_script(
        """return [...document.querySelectorAll("td[data-label]")].filter((each) => each.textContent.trim())
            .map((each) => [each.dataset.label, getComputedStyle(each, "::before").content,
                each.getBoundingClientRect().right])"""
    )
    assert len(cells) > 3
    for label, shown, right in cells:
        assert (shown, right < 390) == (f'"{label}"', True)
    hidden = "return [...document.querySelectorAll('td[data-label]:empty')].every((each) => !each.offsetWidth)"
    assert page.execute_script(hidden)


def test_all_cells_of_a_table_have_the_name_of_their_column(show):
    page = show("report", 1440)
    unnamed = page.execute_script(
        """return [...document.querySelectorAll("tbody td:not(.near)")].filter((each) => !each.dataset.label).length"""
    )
    assert unnamed == 0
    # Beside a computer's table, names are in its head.
    assert page.execute_script("return getComputedStyle(document.querySelector('td'), '::before').content") == "none"
    labels = page.execute_script(
        "return [...new Set([...document.querySelectorAll('td')].map((each) => each.dataset.label))]"
    )
    heads = " ".join(texts(page, "thead th"))
    for label in filter(None, labels):
        assert (
            label.split(",")[0].split(" on ")[0].split(" per ")[0].split(" during ")[0].replace(" one row", "") in heads
        )


def pixels(page, selector):
    """Return a picture of an element, as an array of height x width x 3."""
    from PIL import Image

    element = page.find_element("css selector", selector)
    page.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
    picture = Image.open(io.BytesIO(base64.b64decode(element.screenshot_as_base64))).convert("RGB")
    return np.asarray(picture).astype(int)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_table_that_goes_on_has_a_shadow_where_it_does(show, theme):
    pytest.importorskip("PIL", reason="pillow is not installed")
    page = show("report", 768, theme)
    assert "wide" in page.execute_script(SCROLLERS)
    page.execute_script(
        """const each = [...document.querySelectorAll(".wide")].find((each) => each.scrollWidth > each.clientWidth);
        each.id = "scroller"; each.style.scrollbarWidth = "none" """
    )

    def shades():
        # Contrast of the edges to the background: the most frequent color of a line of pixels at the edge.
        picture = pixels(page, "#scroller")
        middle = np.median(picture.reshape(-1, 3), axis=0)
        return [np.abs(np.median(picture[:, column], axis=0) - middle).sum() for column in (1, -2)]

    left, right = shades()
    assert (left < 3, right > 40) == (True, True)
    page.execute_script("const each = document.getElementById('scroller'); each.scrollLeft = each.scrollWidth")
    left, right = shades()
    assert (left > 40, right < 3) == (True, True)


def test_neighbors_have_a_confidence_and_a_column_of_chance_has_a_sentence(show):
    page = show("report", 390)
    assert len(page.find_elements("css selector", "table.neighbors")) == 1
    near = texts(page, ".near span")
    assert len(near) == 50
    assert all(each.endswith("%") for each in near)
    (warning,) = texts(page, ".warning")
    assert warning == made(30.0, "chance").reliability().warning("chance")
    # Each neighbor is a line of its own, with its numbers at the end.
    boxes = page.execute_script(
        """return [...document.querySelectorAll(".near")].slice(0, 5).map((each) => {
            const box = each.getBoundingClientRect();
            return [box.top, box.bottom, box.right - each.querySelector("span").getBoundingClientRect().right];
        })"""
    )
    assert all(one[1] <= two[0] + 1 for one, two in itertools.pairwise(boxes))
    assert {round(gap) for _, _, gap in boxes} == {0}


def test_charts_can_be_read_on_a_phone(show):
    pytest.importorskip("matplotlib")
    page = show("report", 390)
    heights = page.execute_script(
        """return [...document.querySelectorAll("figure.alone svg text")]
            .map((each) => each.getBoundingClientRect().height)"""
    )
    assert len(heights) > 10
    assert min(heights) > 8
