"""The page in a real browser: searched, clicked, asked, by mouse, by fingers and by keys alone."""

import itertools
import json

import numpy as np
import pandas as pd
import pytest

from tabemb.experiments.explorer.explorer import render_explorer
from tabemb.vectors import CategoryVectors

pytest.importorskip("selenium", reason="selenium is not installed (dependency group: dev)")
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait


@pytest.fixture(scope="module")
def address(tmp_path_factory, towns, awkward, sure, chance):
    path = tmp_path_factory.mktemp("page") / "explore.html"
    line = CategoryVectors(["low", "middle", "high"], [[-1.0], [0.1], [2.0]], name="line")
    one = CategoryVectors(["only"], [[1.0, 2.0]], [5], name="one")
    columns = {"town": towns, "odd </script>": awkward, "line": line, "one": one, "sure": sure, "chance": chance}
    text = render_explorer(columns, name="late", title="Late <img src=x onerror=window.hacked=1>", source="runs/late")
    path.write_text(text, encoding="utf-8")
    return path.as_uri()


@pytest.fixture
def page(browser, address):
    """Return the page, fresh, in a window of a computer."""
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    browser.get("about:blank")
    browser.get_log("browser")
    browser.get(address)
    yield browser
    assert [entry["message"] for entry in browser.get_log("browser")] == []


def at(page, column):
    page.execute_script("location.hash = new URLSearchParams({column: arguments[0]})", column)
    wait(page, "return window.explorer.column.name === arguments[0]", column)


def wait(page, condition, *arguments):
    WebDriverWait(page, 5, poll_frequency=0.02).until(lambda _: page.execute_script(condition, *arguments))


def find(page, selector):
    return page.find_element(By.CSS_SELECTOR, selector)


def text(page, selector):
    return page.execute_script("return document.querySelector(arguments[0]).textContent", selector)


def listed(page):
    """Return the list beside the map: names and figures."""
    script = """return [...document.querySelectorAll("#answer ol button")].map(
        (each) => [each.querySelector(".label").textContent, each.querySelector(".figure").textContent])"""
    return [tuple(each) for each in page.execute_script(script)]


def shows(page, answers):
    """Tell whether the list is the answer of Python: the same keys, and cosines as rounded for people."""
    keys, figures = zip(*listed(page), strict=True)
    cosines = [float(each.replace("\N{MINUS SIGN}", "-")) for each in figures]
    return list(keys) == [str(key) for key, _ in answers] and np.allclose(cosines, [c for _, c in answers], atol=0.0051)


def ask(page, words):
    box = find(page, "#search")
    box.clear()
    box.send_keys(words, Keys.ENTER)


def pixel_of(page, row):
    return page.execute_script("return window.explorer.map.at(arguments[0])", row)


def move_to(page, x, y):
    box = find(page, "#map").rect
    return ActionChains(page, duration=20).move_to_element_with_offset(
        find(page, "#map"), round(x - box["width"] / 2), round(y - box["height"] / 2)
    )


def test_it_opens_from_a_file_asks_the_network_for_nothing_and_shows_the_first_column(page):
    assert page.execute_script("return performance.getEntriesByType('resource').length") == 0
    assert text(page, "h1").startswith("Late <img src=x onerror=window.hacked=1>")
    assert text(page, "#answer h2") == "Most frequent"
    assert listed(page)[:2] == [("town 0", "900"), ("town 1", "899")]
    options = [each.text for each in page.find_elements(By.CSS_SELECTOR, "#column option")]
    assert options == ["town (300)", "odd </script> (20)", "line (3)", "one (1)", "sure (300)", "chance (300)"]
    assert find(page, "#about").text.startswith("PCA, first component: ")


def test_every_category_has_a_dot_in_its_place(page, towns):
    colors = page.execute_script(
        """const {map} = window.explorer, {width, height} = map.painter.canvas;
        const pixels = map.painter.context.getImageData(0, 0, width, height).data;
        return map.column.labels.map((_, row) => {
            const [x, y] = map.at(row).map((each) => Math.round(each * width / map.view.width));
            return [...pixels.slice(4 * (y * width + x), 4 * (y * width + x) + 3)].join()
        })"""
    )
    assert len(colors) == len(towns)
    assert "253,253,252" not in colors


def test_a_key_is_found_by_typing_with_suggestions(page, towns):
    box = find(page, "#search")
    box.send_keys("OWN 29")
    suggestions = [each.text for each in page.find_elements(By.CSS_SELECTOR, "#options [role=option] bdi")]
    assert suggestions == ["town 29", *(f"town {i}" for i in range(290, 297))]
    assert box.get_attribute("aria-expanded") == "true"
    box.send_keys(Keys.ARROW_DOWN, Keys.ARROW_DOWN, Keys.ARROW_DOWN, Keys.ARROW_UP)
    assert box.get_attribute("aria-activedescendant") == "option-1"
    box.send_keys(Keys.ENTER)
    assert text(page, "#answer h2 span") == "town 290"
    assert shows(page, towns.most_similar("town 290"))
    assert not find(page, "#options").is_displayed()


def test_the_key_itself_is_suggested_first(page):
    find(page, "#search").send_keys("town 12 - town 29")
    assert page.execute_script("return document.querySelector('#options bdi').textContent") == "town 29"
    find(page, "#search").send_keys("9", Keys.ARROW_DOWN, Keys.ENTER)
    assert find(page, "#search").get_attribute("value") == "town 12 - town 299"
    assert text(page, "#answer h2 span") == "town 12 \N{MINUS SIGN} town 299"


def test_the_nearest_are_those_of_python_for_every_category(page, towns):
    found = page.execute_script(
        """const {column, mostSimilar} = window.explorer;
        return column.labels.map((_, row) => mostSimilar(column, [row], [], 10).map((each) => each.row))"""
    )
    exact = [[towns.key_to_index[key] for key, _ in towns.most_similar(each)] for each in towns]
    assert np.mean([one == two for one, two in zip(found, exact, strict=True)]) > 0.99


def test_a_click_on_the_map_chooses_and_a_click_on_nothing_lets_go(page, towns):
    move_to(page, *pixel_of(page, 7)).click().perform()
    wait(page, "return window.explorer.state.key !== null")
    key = page.execute_script("return window.explorer.state.key")
    assert shows(page, towns.most_similar(key))
    assert text(page, "#live").startswith(f"Nearest to {key}: ")
    assert page.execute_script("return [...window.explorer.map.lit].length") == 11
    move_to(page, 5, 5).click().perform()
    wait(page, "return window.explorer.state.key === null")
    assert text(page, "#answer h2") == "Most frequent"


def test_hovering_shows_the_key_its_rows_and_the_nearest(page, towns):
    move_to(page, *pixel_of(page, 3)).perform()
    wait(page, "return !document.getElementById('tip').hidden")
    row = page.execute_script("return window.explorer.map.hover")
    lines = page.execute_script("return [...document.querySelectorAll('#tip > *')].map((each) => each.textContent)")
    nearest = [f"{cosine:.2f}  {key}" for key, cosine in towns.most_similar(f"town {row}", topn=3)]
    assert lines == [f"town {row}", f"{900 - row} rows", *nearest]
    move_to(page, 3, 3).perform()
    wait(page, "return document.getElementById('tip').hidden")


def test_a_line_of_the_list_can_be_clicked_and_more_lines_be_had(page, towns):
    find(page, "#answer ol button").click()
    assert text(page, "#answer h2 span") == "town 0"
    find(page, "#answer .offers button").click()
    assert shows(page, towns.most_similar("town 0", topn=30))
    assert 'most_similar("town 0", topn=30)' in text(page, "#answer pre")


def percents(page):
    return page.execute_script(
        "return [...document.querySelectorAll('#answer ol .percent')].map((each) => each.textContent)"
    )


def test_neighbors_have_a_confidence(page, sure):
    at(page, "sure")
    assert percents(page) == []
    ask(page, "town 12")
    assert shows(page, sure.most_similar("town 12"))
    frame = sure.neighbors_frame(10)
    near = frame[frame["key"] == "town 12"]
    expected = [f"{round(100 * each)}\N{NO-BREAK SPACE}%" for each in near["confidence"]]
    assert percents(page) == expected
    assert "among the 10 nearest when the model is fitted to other rows" in text(page, "#answer")
    assert 'most_similar("town 12", topn=10, confidence=True)' in text(page, "#answer pre")
    assert f"{near['neighbor'].iloc[0]} {near['cosine'].iloc[0]:.2f} ({expected[0]})" in text(page, "#live")
    find(page, "#answer .offers button").click()
    assert percents(page) == [*expected, *[""] * 20]
    assert 'most_similar("town 12", topn=30)' in text(page, "#answer pre")


@pytest.mark.parametrize(("column", "words"), [("sure", "town 5 - town 2"), ("town", "town 5")])
def test_sums_and_columns_of_unknown_noise_have_no_confidence(page, column, words):
    at(page, column)
    ask(page, words)
    assert len(listed(page)) == 10
    assert percents(page) == []
    assert "fitted to other rows" not in text(page, "#answer")


def test_categories_beyond_the_most_frequent_have_no_confidence(page):
    at(page, "sure")
    page.execute_script("const {column} = window.explorer; column.percents = column.percents ?? new Uint8Array(20)")
    ask(page, "town 1")
    assert len(percents(page)) == 10
    ask(page, "town 2")
    assert percents(page) == []


@pytest.mark.parametrize("words", ["town 12", "town 5 - town 2"])
def test_neighbors_by_chance_are_not_shown(page, chance, words):
    at(page, "chance")
    warning = chance.reliability().warning("chance")
    assert text(page, "#answer .warning") == warning
    assert len(listed(page)) == 20
    ask(page, words)
    assert text(page, "#answer .warning") == warning
    assert listed(page) == []
    assert text(page, "#live").endswith(warning)
    assert page.execute_script("return document.querySelectorAll('#answer .offers, #answer details').length") == 0
    move_to(page, *pixel_of(page, 3)).perform()
    wait(page, "return !document.getElementById('tip').hidden")
    assert page.execute_script("return document.getElementById('tip').children.length") == 2


def test_the_neighbors_can_be_seen_close_up(page):
    ask(page, "town 12")
    page.find_elements(By.CSS_SELECTOR, "#answer .offers button")[1].click()
    map_ = "const {map} = window.explorer; "
    assert page.execute_script(map_ + "return map.view.zoom") > 1.2
    assert page.execute_script(map_ + "return [...map.lit].every((row) => map.view.isInside(...map.at(row), 20))")


@pytest.mark.parametrize(
    ("words", "positive", "negative"),
    [
        ("town 5 - town 2 + town 9", ["town 5", "town 9"], ["town 2"]),
        ("TOWN 5 \N{MINUS SIGN} town 2", ["town 5"], ["town 2"]),
        ('"town 5"-"town 2"', ["town 5"], ["town 2"]),
        ("town 5-town 2+town 9", ["town 5", "town 9"], ["town 2"]),
        ("- town 2", [], ["town 2"]),
        ("town 1 + town 1", ["town 1", "town 1"], []),
    ],
)
def test_sums_and_differences_are_those_of_python(page, towns, words, positive, negative):
    ask(page, words)
    assert shows(page, towns.most_similar(positive, negative))


@pytest.mark.parametrize(
    ("words", "positive", "negative"),
    [
        ("a - b", ["a - b"], []),
        ('"a" - b', ["a"], ["b"]),
        ("c - a - b", ["c"], ["a", "b"]),
        ('c - "a - b"', ["c"], ["a - b"]),
        ("a-b + c", ["a-b", "c"], []),
        ('"it\'s ""quoted""" + c', ['it\'s "quoted"', "c"], []),
        ("1 (text) + c", ["1", "c"], []),
        ("1 (number) + c", [1, "c"], []),
        ("True (bool)", [True], []),
        ("1.5 - new york", [1.5], ["New York"]),
        ("(blank) + c", ["", "c"], []),
        ('c + "-"', ["c", "-"], []),
    ],
)
def test_keys_that_hold_signs_or_look_alike_can_be_asked_for(page, awkward, words, positive, negative):
    at(page, awkward.name)
    rows = page.execute_script(
        """const {explorer} = window;
        const asked = explorer.parseQuestion(arguments[0], explorer.book);
        return [asked.positive, asked.negative]""",
        words,
    )
    assert rows == [[awkward.key_to_index[key] for key in keys] for keys in (positive, negative)]


def test_every_label_as_it_is_written_is_understood(page, awkward):
    at(page, awkward.name)
    script = """const {column, book, written, parseQuestion} = window.explorer;
        return column.labels.map((label) => parseQuestion(`c + ${written(label)}`, book).positive[1])"""
    assert page.execute_script(script) == list(range(len(awkward)))


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ("Newyork + c", 'No category "Newyork" in odd </script> (20 categories). Did you mean New York or Newark'),
        ("1 + c", '"1" may be 1 (text) or 1 (number): which one?'),
        ("c -", "A category is missing beside a + or -."),
        ('c + "a', "The quote before a is not closed."),
        ('"a" b', 'Expected + or - after "a", and then another category.'),
        ("zzzzzzz", 'No category "zzzzzzz" in odd </script> (20 categories).'),
    ],
)
def test_invalid_expressions_have_messages(page, awkward, words, problem):
    at(page, awkward.name)
    ask(page, words)
    assert text(page, "#answer .problem").startswith(problem)
    assert text(page, "#live") == text(page, "#answer .problem")


def test_a_category_that_was_meant_is_one_click_away(page, awkward):
    at(page, awkward.name)
    ask(page, "Newyork")
    find(page, ".offers button").click()
    assert text(page, "#answer h2 span") == "New York"


def test_keys_are_text_whatever_they_say(page, awkward):
    at(page, awkward.name)
    for row in (0, 1):
        page.execute_script("window.explorer.pick(arguments[0])", row)
        wait(page, "return window.explorer.chosen?.[0] === arguments[0]", row)
        assert text(page, "#answer h2 span") == awkward.index_to_key[row]
        move_to(page, *pixel_of(page, row)).perform()
        find(page, "#search").send_keys(" ")
    assert page.execute_script("return window.hacked") is None
    assert page.execute_script("return document.querySelectorAll('img, script').length") == 2


def test_no_other_script_may_run(page):
    page.execute_script(
        """const script = document.createElement("script");
        script.textContent = "window.hacked = 1";
        document.body.append(script)"""
    )
    assert page.execute_script("return window.hacked") is None
    assert "Content Security Policy" in page.get_log("browser")[0]["message"]


def test_it_can_be_used_by_keys_alone(page, towns):
    body = find(page, "body")
    body.send_keys("/")
    assert page.switch_to.active_element == find(page, "#search")
    page.switch_to.active_element.send_keys("town 12", Keys.ENTER)
    assert shows(page, towns.most_similar("town 12"))
    page.switch_to.active_element.send_keys(Keys.TAB)
    assert page.switch_to.active_element == find(page, "#map")
    before = page.execute_script("const {view} = window.explorer.map; return [view.zoom, ...view.centre]")
    page.switch_to.active_element.send_keys("+", Keys.ARROW_RIGHT)
    after = page.execute_script("const {view} = window.explorer.map; return [view.zoom, ...view.centre]")
    assert after[0] > before[0]
    assert after[1] > before[1]
    assert after[2] == before[2]
    page.switch_to.active_element.send_keys("0")
    assert page.execute_script("return window.explorer.map.view.zoom") == 1
    # Four parts of the legend, the lasso, three zooms, and the first line of the list.
    page.switch_to.active_element.send_keys(*[Keys.TAB] * 9)
    second = towns.most_similar("town 12")[0][0]
    assert page.switch_to.active_element.text.startswith(second)
    page.switch_to.active_element.send_keys(Keys.ENTER)
    assert text(page, "#answer h2 span") == second
    find(page, "body").send_keys(Keys.ESCAPE)
    assert text(page, "#answer h2") == "Most frequent"


def test_everything_that_can_be_focused_has_a_name(page):
    nameless = page.execute_script(
        """const isNamed = (each) => each.ariaLabel || each.labels?.length || each.textContent.trim();
        return [...document.querySelectorAll("button, select, input, [tabindex='0']")]
            .filter((each) => !each.closest("[hidden]") && !isNamed(each)).map((each) => each.outerHTML)"""
    )
    assert nameless == []


def test_the_address_holds_the_current_view(page, address, towns):
    ask(page, "town 5 - town 2")
    shared = page.current_url
    ask(page, "town 8")
    page.back()
    wait(page, "return window.explorer.state.ask === 'town 5 - town 2'")
    assert find(page, "#search").get_attribute("value") == "town 5 - town 2"
    page.get("about:blank")
    page.get(shared)
    assert shows(page, towns.most_similar("town 5", "town 2"))
    page.get("about:blank")
    page.get(f"{address}#column=line&key=middle")
    assert [key for key, _ in listed(page)] == ["high", "low"]
    page.get("about:blank")
    page.get(f"{address}#column=nothing&map=globe&colour=taste&key=nobody")
    assert text(page, "#answer .problem").startswith('No category "nobody" in town (300 categories).')


def test_columns_maps_and_colors_are_chosen(page):
    from selenium.webdriver.support.select import Select

    Select(find(page, "#map-kind")).select_by_visible_text("t-SNE")
    wait(page, "return document.getElementById('about').textContent.startsWith('t-SNE, perplexity 30')")
    assert text(page, "#legend").count("town") == 8
    Select(find(page, "#colour")).select_by_visible_text("rows")
    wait(page, "return document.getElementById('legend').textContent === '601900 rows'")
    Select(find(page, "#column")).select_by_visible_text("one (1)")
    wait(page, "return window.explorer.column.name === 'one'")
    assert not find(page, "#map-kind").is_displayed()
    assert listed(page) == [("only", "5")]
    find(page, "#answer ol button").click()
    assert "There is no other category." in text(page, "#answer")


SELECT = """document.getElementById('column').value = arguments[0];
    document.getElementById('column').dispatchEvent(new Event('change'));"""


@pytest.mark.parametrize("column", ["line", "one", "odd </script>"])
@pytest.mark.parametrize("chosen", ["town 299", "town 298 - town 297 + town 3"])
def test_another_column_is_chosen_while_categories_of_the_last_are_marked(page, column, chosen):
    ask(page, chosen)
    assert len(listed(page)) == 10
    page.execute_script(SELECT, column)
    wait(page, "return window.explorer.column.name === arguments[0]", column)
    assert text(page, "#answer h2") in ("Most frequent", "Categories")
    assert find(page, "#search").get_attribute("value") == ""
    assert page.execute_script("return window.explorer.map.marked") == {"chosen": [], "near": []}
    page.execute_script(SELECT, "town")
    assert listed(page)[0] == ("town 0", "900")
    assert page.get_log("browser") == []


def test_a_selection_gives_way_to_the_one_of_another_address(page, address):
    ask(page, "town 299")
    page.execute_script("location.hash = new URLSearchParams({column: 'line', key: 'high'})")
    wait(page, "return window.explorer.column.name === 'line'")
    assert text(page, "#answer h2 span") == "high"
    page.back()
    wait(page, "return window.explorer.column.name === 'town'")
    assert text(page, "#answer h2 span") == "town 299"


def test_readable_names_are_searched_and_shown(page, tmp_path):
    airports = CategoryVectors(["LAX", "LGA", "OAK"], [[1.0, 0.0], [0.0, 1.0], [0.9, 0.1]], [9, 5, 2], name="dest")
    names = ["Los Angeles Intl", "La Guardia", ""]
    path = tmp_path / "airports.html"
    path.write_text(render_explorer({"dest": airports}, names={"dest": names}), encoding="utf-8")
    page.get(path.as_uri())
    box = find(page, "#search")
    box.send_keys("ang")
    assert [each.text.split() for each in page.find_elements(By.CSS_SELECTOR, "#options [role=option]")] == [
        ["LAX", "Los", "Angeles", "Intl", "9"]
    ]
    box.send_keys(Keys.ENTER)
    assert text(page, "#answer h2 span") == "LAX"
    assert text(page, "#answer .quiet") == "Los Angeles Intl \N{MIDDLE DOT} 9 rows \N{MIDDLE DOT} group of LAX, OAK"
    ask(page, "la guardia")
    assert text(page, "#answer h2 span") == "LGA"
    ask(page, "La Gardia")
    assert text(page, "#answer .offers") == "LGA"


def luminance(page):
    color = page.execute_script("return getComputedStyle(document.body).backgroundColor")
    return sum(json.loads(color.replace("rgb(", "[").replace(")", "]")))


def test_it_is_dark_where_the_system_is_and_by_its_switch(page):
    assert luminance(page) > 700
    page.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": "dark"}]}
    )
    wait(page, "return document.documentElement.dataset.theme === 'dark'")
    assert luminance(page) < 100
    corner = "return [...document.getElementById('dots').getContext('2d').getImageData(1, 1, 1, 1).data]"
    assert sum(page.execute_script(corner)[:3]) == luminance(page)
    find(page, "#theme").click()
    assert luminance(page) > 700
    assert find(page, "#theme").get_attribute("aria-label") == "Use dark colors"


def test_dragging_and_zooming_keep_the_point_under_the_pointer(page):
    before = pixel_of(page, 0)
    move_to(page, 200, 200).click_and_hold().move_by_offset(60, 30).release().perform()
    assert np.allclose(pixel_of(page, 0), np.add(before, [60, 30]), atol=1)
    x, y = pixel_of(page, 0)
    box = find(page, "#map").rect
    wheel = {"type": "mouseWheel", "x": box["x"] + x, "y": box["y"] + y, "deltaX": 0, "deltaY": -400}
    page.execute_cdp_cmd("Input.dispatchMouseEvent", wheel)
    wait(page, "return window.explorer.map.view.zoom > 1.5")
    assert np.allclose(pixel_of(page, 0), [x, y], atol=1)


def test_it_fits_a_phone_and_is_pinched(page):
    phone = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    wait(page, "return window.explorer.map.view.width <= 390")
    assert page.execute_script("return document.documentElement.scrollWidth") <= 390
    box = find(page, "#map").rect

    def touch(kind, *points):
        points = [{"x": box["x"] + x, "y": box["y"] + y, "id": i} for i, (x, y) in enumerate(points)]
        page.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", (150, 200), (250, 200))
    touch("touchMove", (100, 200), (300, 200))
    touch("touchEnd")
    assert page.execute_script("return window.explorer.map.view.zoom") == pytest.approx(2, rel=0.01)
    assert page.execute_script("return window.explorer.state.key") is None


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1100, 700), (768, 1024), (390, 844), (320, 568)])
def test_the_heading_is_whole_and_beside_the_buttons(page, width, height):
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    wait(page, "return innerWidth === arguments[0]", width)
    assert text(page, "h1").endswith("late")
    hidden = """const each = document.querySelector('h1');
        return [each.scrollWidth - each.clientWidth, each.scrollHeight - each.clientHeight]"""
    assert page.execute_script(hidden) == [0, 0]
    # Its words end before the button for the theme begins, if that is on the same line.
    ends = """const range = document.createRange();
        range.selectNodeContents(document.querySelector('h1'));
        return range.getBoundingClientRect()"""
    words, button = page.execute_script(ends), find(page, "#theme").rect
    assert words["bottom"] <= button["y"] or words["right"] <= button["x"]
    assert page.execute_script("return document.documentElement.scrollWidth") <= width


def test_names_on_the_map_are_not_under_its_buttons(page):
    phone = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    wait(page, "return window.explorer.map.view.width <= 390")
    # Where names are without the buttons, and with them, if a frequent category is beside a button.
    script = """const {map} = window.explorer, boxes = [], {freePlace, buttons} = map;
        const [left, top, , bottom] = map.boxesOfButtons()[1], [x, y] = map.at(0);
        map.freePlace = (...given) => {
            const box = freePlace.apply(map, given);
            if (box) boxes.push(box);
            return box;
        };
        map.buttons = arguments[0] ? buttons : [];
        map.view.pan(left - 15 - x, (top + bottom) / 2 - y);
        map.draw();
        Object.assign(map, {freePlace, buttons});
        map.whole();
        return [boxes, map.boxesOfButtons()]"""

    def n_under(boxes, buttons):
        pairs = itertools.product(boxes, buttons)
        return sum(a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3] for a, b in pairs)

    assert n_under(*page.execute_script(script, False)) > 0
    named, buttons = page.execute_script(script, True)
    assert len(buttons) == 4
    assert len(named) > 1
    assert n_under(named, buttons) == 0


def test_the_most_frequent_categories_come_first_in_the_list(page, tmp_path):
    vectors = CategoryVectors(["old", "new", "oldest"], [[1.0, 0.0], [0.0, 1.0], [0.9, 0.1]], [5, 9, 5], name="age")
    path = tmp_path / "ages.html"
    path.write_text(render_explorer({"age": vectors}), encoding="utf-8")
    page.get(path.as_uri())
    assert listed(page) == [("new", "9"), ("old", "5"), ("oldest", "5")]


AIRPORTS = pd.DataFrame(
    {
        "faa": ["LAX", "LGA", "OAK", "BUR", "JFK", "SFO", "XXX"],
        "name": ["Los Angeles Intl", "La Guardia", "Oakland", '=Bob, "Hope"', "Kennedy", "San Francisco", "nowhere"],
        "coast": ["west", "east", "west", "west", "east", "west", "none"],
        "altitude": [126, 22, 9, 778, 13, None, 0],
    }
)


@pytest.fixture(scope="module")
def airports():
    """Return airports in two corners, most frequent first; the last is not in the table."""
    keys = ["LAX", "LGA", "OAK", "BUR", "JFK", "SFO", "PSE"]
    vectors = np.array(
        [[1.0, 0.2, 0], [-1, 0.3, 0], [1, 0.1, 0.1], [0.9, -0.3, 0], [-1, -0.2, 0.1], [1, 0, 0], [0, 1, 0]]
    )
    return CategoryVectors(keys, vectors, [90, 50, 20, 9, 8, 7, 3], name="dest")


@pytest.fixture(scope="module")
def side_address(tmp_path_factory, airports, villages):
    path = tmp_path_factory.mktemp("side") / "explore.html"
    table = path.with_name("airports.csv")
    AIRPORTS.to_csv(table, index=False)
    path.write_text(render_explorer({"village": villages, "dest": airports}, side=table), encoding="utf-8")
    return path.as_uri()


@pytest.fixture
def with_side(page, side_address):
    """Return the page of the airports with a table about them."""
    page.get(side_address)
    return page


def selected(page, select):
    from selenium.webdriver.support.select import Select

    return Select(find(page, select)).first_selected_option.text


def choose(page, select, words):
    from selenium.webdriver.support.select import Select

    Select(find(page, select)).select_by_visible_text(words)


def dot_colors(page):
    """Return the color in the middle of each dot, as red,green,blue."""
    return page.execute_script(
        """const {map} = window.explorer, {width} = map.painter.canvas;
        return map.column.labels.map((_, row) => {
            const [x, y] = map.at(row).map((each) => Math.round(each * width / map.view.width));
            return [...new Uint8Array(map.painter.pixels.buffer, 4 * (y * width + x), 3)].join();
        })"""
    )


def test_a_side_table_colors_the_map_and_the_caption_says_by_what(with_side):
    page = with_side
    # The page opens with the column that the table is about, colored by the label that tells most apart.
    assert selected(page, "#column") == "dest (7)"
    assert selected(page, "#colour") == "coast"
    options = [each.text for each in page.find_elements(By.CSS_SELECTOR, "#colour option")]
    # Names differ in each row: they color nothing.
    assert [each for each in options if each != "group"] == ["rows", "coast", "altitude", "one color"]
    lax, lga, oak, bur, jfk, sfo, pse = dot_colors(page)
    assert lax == oak == bur == sfo
    assert lga == jfk
    assert len({lax, lga, pse}) == 3
    assert text(page, "#legend") == "westeastno value"
    assert text(page, "#meaning") == "Color: coast, from airports.csv. Larger dots have more rows."
    choose(page, "#colour", "altitude")
    assert text(page, "#meaning").startswith("Color: altitude, from airports.csv, on a logarithmic scale.")
    assert text(page, "#legend") == "9778no value"
    colors = dot_colors(page)
    assert colors[5] == colors[6]
    assert len({colors[0], colors[1], colors[3], colors[5]}) == 4


def test_a_filter_by_label_leaves_the_others_out(with_side):
    page = with_side
    choose(page, "#filter", "coast")
    assert len(listed(page)) == 7
    choose(page, "#is", "east (2)")
    assert text(page, "#answer h2") == "2 categories of 7"
    assert listed(page) == [("LGA", "50"), ("JFK", "8")]
    paper = "253,253,252"
    assert [each == paper for each in dot_colors(page)] == [True, False, True, True, False, True, True]
    assert text(page, "#meaning").endswith("Shown: 2 of 7 categories; coast is east.")
    # Dots that are left out can neither be hovered nor clicked.
    move_to(page, *pixel_of(page, 0)).click().perform()
    assert page.execute_script("return window.explorer.state.key") is None
    ask(page, "LAX")
    assert [key for key, _ in listed(page)] == ["LGA", "JFK"]
    assert "Only categories where coast is east." in text(page, "#answer")
    assert "in Python" not in text(page, "#answer")
    choose(page, "#is", "(no value) (1)")
    assert [key for key, _ in listed(page)] == ["PSE"]
    choose(page, "#filter", "none")
    assert len(listed(page)) == 6


def test_a_part_of_the_legend_is_a_filter(with_side):
    page = with_side
    find(page, "#legend button:nth-child(2)").click()
    assert selected(page, "#is") == "east (2)"
    assert find(page, "#legend button:nth-child(2)").get_attribute("aria-pressed") == "true"
    assert [key for key, _ in listed(page)] == ["LGA", "JFK"]
    find(page, "#legend button:nth-child(2)").click()
    assert text(page, "#answer h2") == "Most frequent"


@pytest.mark.parametrize(
    ("low", "high", "keys", "words"),
    [
        ("20", "130", ["LAX", "LGA"], "altitude is from 20 to 130"),
        ("126", "", ["LAX", "BUR"], "altitude is 126 or more"),
        ("", "13", ["OAK", "JFK"], "altitude is 13 or less"),
        ("1e4", "", [], "altitude is 10000 or more"),
    ],
)
def test_a_filter_by_number_leaves_the_others_out(with_side, low, high, keys, words):
    page = with_side
    choose(page, "#filter", "altitude")
    assert [find(page, each).get_attribute("placeholder") for each in ("#low", "#high")] == ["9", "778"]
    find(page, "#low").send_keys(low, Keys.TAB)
    find(page, "#high").send_keys(high, Keys.TAB)
    wait(page, "return window.explorer.answer.filter?.sentence === arguments[0]", words)
    assert [key for key, _ in listed(page)] == keys


def test_numbers_that_are_none_filter_nothing(with_side):
    page = with_side
    choose(page, "#filter", "altitude")
    find(page, "#low").send_keys("high", Keys.TAB)
    assert page.execute_script("return window.explorer.answer.filter") is None
    assert text(page, "#answer h2") == "Most frequent"


def test_the_address_holds_filter_and_lasso(with_side, side_address):
    page = with_side
    page.get("about:blank")
    page.get(f"{side_address}#column=dest&filter=side%3Acoast&is=west")
    assert [key for key, _ in listed(page)] == ["LAX", "OAK", "BUR", "SFO"]
    page.get("about:blank")
    page.get(f"{side_address}#column=dest&lasso=-9,-9;9,-9;9,9;-9,9")
    assert text(page, "#answer h2") == "7 categories selected"
    for wrong in ("filter=taste&is=good", "filter=side%3Acoast&is=south", "lasso=1,2;3", "lasso=a,b;c,d;e,f"):
        page.get("about:blank")
        page.get(f"{side_address}#column=dest&{wrong}")
        assert text(page, "#answer h2") == "Most frequent"


def test_hovering_shows_names_side_columns_and_neighbors_with_confidence(with_side, address, sure):
    page = with_side
    move_to(page, *pixel_of(page, 3)).perform()
    wait(page, "return !document.getElementById('tip').hidden")
    lines = "return [...document.querySelectorAll('#tip > *')].map((each) => each.textContent)"
    told = page.execute_script(lines)
    assert told[:5] == ["BUR", '=Bob, "Hope"', "9 rows", "coast: west", "altitude: 778"]
    assert len(told) == 8
    page.get(address)
    at(page, "sure")
    move_to(page, *pixel_of(page, 12)).perform()
    wait(page, "return !document.getElementById('tip').hidden")
    key = f"town {page.execute_script('return window.explorer.map.hover')}"
    frame = sure.neighbors_frame(10)
    near = frame[frame["key"] == key].head(3)
    assert page.execute_script(lines)[2:] == [
        f"{cosine:.2f} \N{MIDDLE DOT} {round(100 * confidence)}\N{NO-BREAK SPACE}%  {neighbor}"
        for neighbor, cosine, confidence in zip(near["neighbor"], near["cosine"], near["confidence"], strict=True)
    ]


def test_the_panel_shows_what_the_table_says_of_a_category(with_side):
    page = with_side
    ask(page, "San Francisco")
    assert text(page, "#answer h2 span") == "SFO"
    pairs = "return [...document.querySelectorAll('#answer .side div')].map((each) => each.textContent)"
    assert page.execute_script(pairs) == ["coastwest"]
    assert text(page, "#answer ol .named") == "Oakland"
    ask(page, "PSE")
    assert "airports.csv has nothing about it." in text(page, "#answer")


def test_names_of_the_side_table_are_searched(with_side):
    find(with_side, "#search").send_keys("guard", Keys.ENTER)
    assert text(with_side, "#answer h2 span") == "LGA"


def around(page, rows, gap=14):
    """Return the corners, in pixels, of a box around some dots."""
    places = np.array([pixel_of(page, row) for row in rows])
    (left, top), (right, bottom) = places.min(axis=0) - gap, places.max(axis=0) + gap
    return [(left, top), (right, top), (right, bottom), (left, bottom), (left, top + 5)]


def draw(page, corners):
    actions = move_to(page, *corners[0]).click_and_hold()
    for (x, y), (to_x, to_y) in itertools.pairwise(corners):
        actions.move_by_offset(round(to_x) - round(x), round(to_y) - round(y))
    actions.release().perform()


def rows_in(page, corners):
    (left, top), _, (right, bottom) = corners[:3]
    places = [pixel_of(page, row) for row in range(7)]
    return [row for row, (x, y) in enumerate(places) if left < x < right and top < y < bottom]


def test_a_lasso_selects_what_is_inside(with_side, airports):
    page = with_side
    corners = around(page, [1, 4])
    before = pixel_of(page, 1)
    find(page, "#lasso").click()
    assert find(page, "#lasso").get_attribute("aria-pressed") == "true"
    draw(page, corners)
    inside = rows_in(page, corners)
    assert {1, 4} <= set(inside) < set(range(7))
    assert [key for key, _ in listed(page)] == [airports.index_to_key[row] for row in inside]
    assert text(page, "#answer h2") == f"{len(inside)} categories selected"
    assert page.execute_script("return [...window.explorer.map.lit]") == inside
    # It drew, and did not move the map; the next drag moves it again.
    assert pixel_of(page, 1) == before
    assert find(page, "#lasso").get_attribute("aria-pressed") == "false"
    choose(page, "#filter", "coast")
    choose(page, "#is", "west (4)")
    west = [row for row in inside if row in (0, 2, 3, 5)]
    assert [key for key, _ in listed(page)] == [airports.index_to_key[row] for row in west]
    assert "Inside the line on the map; coast is west." in text(page, "#answer")
    find(page, "body").send_keys(Keys.ESCAPE)
    assert text(page, "#answer h2") == "4 categories of 7"


def test_shift_and_a_drag_are_a_lasso_and_a_key_begins_one(with_side):
    page = with_side
    ActionChains(page).key_down(Keys.SHIFT).perform()
    draw(page, around(page, [0, 1, 2, 3, 4, 5, 6]))
    ActionChains(page).key_up(Keys.SHIFT).perform()
    assert text(page, "#answer h2") == "7 categories selected"
    find(page, "body").send_keys("l")
    assert find(page, "#lasso").get_attribute("aria-pressed") == "true"
    find(page, "body").send_keys(Keys.ESCAPE)
    assert find(page, "#lasso").get_attribute("aria-pressed") == "false"
    assert text(page, "#answer h2") == "Most frequent"
    find(page, "#lasso").click()
    # A click in between chooses as ever, and one beside all dots selects none.
    move_to(page, *pixel_of(page, 6)).click().perform()
    assert text(page, "#answer h2 span") == "PSE"


CSV = (
    "dest,rows,name,coast,altitude\r\n"
    "LAX,90,Los Angeles Intl,west,126\r\n"
    "LGA,50,La Guardia,east,22\r\n"
    "OAK,20,Oakland,west,9\r\n"
    'BUR,9,"\'=Bob, ""Hope""",west,778\r\n'
    "JFK,8,Kennedy,east,13\r\n"
    "SFO,7,San Francisco,west,\r\n"
    "PSE,3,,,\r\n"
)


def test_a_selection_is_saved_as_csv_and_copied(with_side, tmp_path):
    page = with_side
    page.execute_script("location.hash = 'column=dest&lasso=-9,-9;9,-9;9,9;-9,9'")
    wait(page, "return document.querySelector('#answer h2').textContent === '7 categories selected'")
    page.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)})
    copy, save, *_ = page.find_elements(By.CSS_SELECTOR, "#answer .offers button")
    assert (copy.text, save.text) == ("Copy", "Download CSV")
    save.click()
    saved = tmp_path / "dest.csv"
    WebDriverWait(page, 5, poll_frequency=0.05).until(lambda _: saved.exists() and saved.stat().st_size)
    assert saved.read_bytes().decode("utf-8-sig") == CSV
    read = pd.read_csv(saved)
    assert read["dest"].tolist() == ["LAX", "LGA", "OAK", "BUR", "JFK", "SFO", "PSE"]
    copy.click()
    wait(page, "return document.querySelector('#answer .offers button').textContent === 'Copied'")
    # What was copied, pasted into the search box, of one line.
    box = find(page, "#search")
    box.send_keys(Keys.CONTROL, "v")
    assert box.get_attribute("value").replace(" ", "").startswith("LAX")


def test_only_the_column_of_the_table_has_its_colors(with_side, villages):
    page = with_side
    choose(page, "#column", "village (3)")
    options = [each.text for each in page.find_elements(By.CSS_SELECTOR, "#colour option")]
    assert "coast" not in options
    assert page.execute_script("return document.querySelectorAll('#answer .named').length") == 0


def test_captions_are_below_the_map_on_a_phone(with_side):
    page = with_side
    phone = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    wait(page, "return window.explorer.map.view.width <= 390")
    assert page.execute_script("return document.documentElement.scrollWidth") <= 390
    above, below = (find(page, each).rect for each in ("#map", "#below"))
    assert below["y"] > above["y"] + above["height"] - 1
    for each in page.find_elements(By.CSS_SELECTOR, ".controls select, .controls button"):
        assert not each.is_displayed() or each.rect["x"] + each.rect["width"] <= 390
