"""The HTML page."""

import dataclasses
import html
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from tabemb.experiments.comparison.calibration import Calibration
from tabemb.experiments.comparison.model_result import PairedTest
from tabemb.experiments.report import charts
from tabemb.experiments.report.certain_neighbors import CertainNeighbors
from tabemb.experiments.report.comparison_page import mapped_columns, render_report
from tabemb.vectors.category_vectors import CategoryVectors
from tabemb.vectors.sampling_noise import SamplingNoise

VOID = {"meta", "br", "hr", "img", "link", "input"}


class Nesting(HTMLParser):
    """Checks that elements are closed in order, and collects text and links."""

    def __init__(self):
        super().__init__()
        self.open, self.words, self.links, self.anchors = [], [], [], []

    def handle_starttag(self, tag, attrs):
        self.links += [value for name, value in attrs if name in ("href", "src", "xlink:href") and value[0] != "#"]
        self.anchors += [value for name, value in attrs if tag == "a" and name == "href" and value[0] == "#"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.links += [value for name, value in attrs if name in ("href", "src", "xlink:href") and value[0] != "#"]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.words.append(data)


@pytest.fixture(scope="module")
def vectors():
    rng = np.random.default_rng(0)
    return {
        name: CategoryVectors(keys, rng.normal(size=(len(keys), 3)), np.arange(len(keys), 0, -1) * 10, name=name)
        for name, keys in {"dest": ["BOS", "SFO", "<LAX>", "JFK"], "month": [1, 2, 3], "one": ["x"]}.items()
    }


@pytest.fixture(scope="module")
def drawn():
    return []


@pytest.fixture
def page(drawn, record, small_comparison, vectors):
    """Return the page of these results, drawn once for all tests."""
    if not drawn:
        drawn.append(render_report(record, small_comparison, vectors))
    return drawn[0]


@pytest.fixture
def without_charts(monkeypatch):
    """Write pages whose charts a test does not look at without them, which is quicker."""
    monkeypatch.setattr(charts, "can_draw", lambda: False)


def read(page):
    parser = Nesting()
    parser.feed(page)
    assert parser.open == []
    return " ".join(" ".join(parser.words).split()), parser


def test_the_page_is_valid_self_contained_and_escaped(record, small_comparison, vectors):
    page = render_report(
        record, small_comparison, vectors, config_text="a: <b>", labels={"dest": {"BOS": "Boston <&>"}}
    )
    words, parser = read(page)
    assert parser.links == []
    assert "http" not in re.sub(r'xmlns="http://www\.w3\.org/2000/svg"', "", page).replace("http-equiv", "")
    assert "<script" not in page
    for raw in ("<later>", "<before>", "<LAX>", "<b>\n", "Boston <&>"):
        assert raw not in page
    for told in ("Late & <later>?", "What is known <before> departure.", "<LAX>", "Boston <&>", "a: <b>"):
        assert told in words


def test_the_page_contains_all_results(page, small_comparison):
    words, _ = read(page)
    for told in (
        small_comparison.headline()[1],
        small_comparison.statistics(),
        "0.7933 ± 0.0153 +0.0167, p = 0.031 +0.0039 to +0.0295",
        "+0.3000, not testable",
        "Left out: ordinal_trees, which failed in fold 2 with a ValueError: it broke on purpose.",
        "91,000 64 B 4.8 kB 6.0 s 20,000 60 ms 90 MB",
        "6,100 tree nodes",
        "304 read, 300 used. 4 of 304 rows have no arr_delay and were left out.",
        "year: constant",
        "dest (4 × 3) (categories × dimensions)",  # noqa: RUF001
        "ab" * 32,
        "200 train rows and 100 test rows",
        "comparison 1 min 20 s, fit of the saved model to all rows 7.0 s, total 1 min 33 s",
        "tabemb 0.1.0, python 3.11.7",
    ):
        assert told in words, told
    # Once, in the verdict.
    assert words.count("it broke on purpose") == 1


def test_the_page_says_how_columns_were_read(page, record, small_comparison, vectors, monkeypatch):
    monkeypatch.setattr(charts, "can_draw", lambda: False)
    words, _ = read(page)
    assert "How each column was read" not in words
    column = {"name": "<dest>", "kind": "categorical", "type": "text", "n_categories": 1050, "n_missing": 12}
    number = {"name": "hour", "kind": "numeric", "type": "integer", "n_categories": None, "n_missing": 0}
    reading = [column | {"example": "IAH", "note": "a code?"}, number | {"example": "7", "note": ""}]
    words, _ = read(render_report(record | {"data": record["data"] | {"reading": reading}}, small_comparison, vectors))
    assert "<dest> categorical text 1,050 12 IAH a code?" in words
    assert "hour numeric integer 7" in words


def test_the_verdict_comes_before_the_tables(page):
    assert page.index('class="headline"') < page.index("<table")


def test_the_first_screen_answers_two_questions(record, small_comparison, vectors, monkeypatch):
    page = render_report(record, small_comparison, vectors, labels={"dest": {"BOS": "Boston <&>"}})
    words, parser = read(page)
    score, vector = words.index("Is it worth it for the score?"), words.index("What do the vectors know?")
    kind, headline = small_comparison.headline()
    assert score < words.index(headline) < vector < words.index("What is known <before> departure.")
    assert f'class="verdict {kind}"' in page
    assert words.index(headline) < words.index("Boston <&>") < words.index(small_comparison.statistics())
    assert parser.anchors
    assert all(f'id="{each[1:]}"' in page for each in parser.anchors)
    assert "Explore:" not in words
    monkeypatch.setattr(charts, "can_draw", lambda: False)
    words, _ = read(render_report(record, small_comparison, vectors, explore="tabemb explore runs/flights"))
    assert "Explore: tabemb explore runs/flights" in words


@pytest.mark.usefixtures("without_charts")
def test_a_report_without_vectors_says_so(record, small_comparison):
    words, parser = read(render_report(record, small_comparison, {}, explore="tabemb explore runs/flights"))
    assert "What do the vectors know? This run has no vectors" in words
    assert parser.anchors == []
    assert "Explore:" not in words


@pytest.mark.usefixtures("without_charts")
def test_what_the_vectors_know_can_be_given(record, small_comparison, vectors):
    words, _ = read(render_report(record, small_comparison, vectors, known=CertainNeighbors(answer="It is <known>.")))
    assert "What do the vectors know? It is <known>." in words


def test_the_model_under_test_and_the_best_scores_are_marked(page):
    assert re.findall(r'<tr class="subject">\s*<th scope="row">(\w+)', page) == ["embeddings", "embeddings"]
    assert re.findall(r'<td data-label="\w+" class="number best">\s*([\d.]+)', page) == ["0.8133", "0.3867"]
    assert '<th scope="col" class="number">roc_auc<small>higher is better</small></th>' in page


def test_light_and_dark_are_the_same_page(page):
    assert "prefers-color-scheme: dark" in page
    body = page[page.index("<body") :]
    assert not re.findall(r"#[0-9a-f]{6}\b", body), "a color that does not follow the page"
    used = set(re.findall(r"var\((--[a-z-]+)\)", page))
    assert used <= set(re.findall(r"(--[a-z-]+):", page))


def test_ids_are_unique_across_charts(page):
    names = re.findall(r'\bid="([^"]+)"', page)
    assert len(names) == len(set(names))
    assert set(re.findall(r"url\(#([^)]+)\)|href=\"#([^\"]+)\"", page)) <= {(n, "") for n in names} | {
        ("", n) for n in names
    }


def test_probabilities_are_drawn_beside_what_came_true(page, record, small_comparison, vectors):
    assert "Do the probabilities come true?" not in page
    first, *others = small_comparison.models
    calibration = Calibration(np.array([0.1, 0.4]), np.array([0.1, 0.5]), np.array([10, 10]))
    models = (dataclasses.replace(first, calibration=calibration), *others)
    told, _ = read(render_report(record, dataclasses.replace(small_comparison, models=models), vectors))
    assert "Do the probabilities come true?" in told
    assert "The number is the expected calibration error" in told


def test_the_columns_that_are_shown(vectors):
    assert mapped_columns(vectors) == ["dest", "month"]
    assert mapped_columns(vectors, ["one", "gone"]) == ["one"]


@pytest.mark.usefixtures("without_charts")
def test_without_matplotlib_there_are_tables_and_an_install_hint(record, small_comparison, vectors):
    page = render_report(record, small_comparison, vectors)
    words, _ = read(page)
    assert "<svg" not in page
    assert "Charts require matplotlib. Install it with pip install 'tabemb[plot]' and run again." in words
    assert "Nearest neighbors" in words


def test_a_model_without_embeddings(record, small_comparison):
    words, _ = read(render_report(record | {"model": {"embeddings": [], "dropped": []}}, small_comparison, {}))
    assert "Embeddings none" in words
    assert "Maps of the vectors" not in words


@pytest.mark.usefixtures("without_charts")
@pytest.mark.parametrize(
    ("used", "told"),
    [
        (None, "Embeddings none SHA-256"),
        ({"share": 0.0, "crosses": []}, "Target statistics not used;"),
        (
            {"share": 0.4, "crosses": []},
            "40 % of each prediction comes from a network that reads the mean targets of categories; the rest",
        ),
        ({"share": 0.4, "crosses": [["a", "<b>"]]}, "of the combinations a \u00d7 <b>; the rest"),
        ({"share": 0.4, "crosses": [["a", str(i)] for i in range(7)]}, "a \u00d7 4 and 2 more; the rest"),
    ],
)
def test_what_target_statistics_contribute_is_said(used, told, record, small_comparison):
    model = {"embeddings": [], "dropped": []} | ({} if used is None else {"statistics": used})
    words, _ = read(render_report(record | {"model": model}, small_comparison, {}))
    assert told in words


def with_test(comparison, name, **test):
    models = [
        dataclasses.replace(
            model,
            versus={"roc_auc": PairedTest(**test), "log_loss": PairedTest(**test)}
            if model.name == name
            else model.versus,
        )
        for model in comparison.models
    ]
    return dataclasses.replace(comparison, models=tuple(models))


@pytest.mark.usefixtures("without_charts")
def test_an_interval_without_a_p_value_is_shown_alone(record, small_comparison, vectors):
    few = with_test(small_comparison, "one_hot_mlp", difference=0.02, p_value=np.nan, low=-0.03, high=0.07)
    words, _ = read(render_report(record, few, vectors))
    assert "+0.0200 −0.0300 to +0.0700" in words  # noqa: RUF001
    assert "+0.0200, not testable" not in words


def test_places_are_drawn_next_to_the_map_of_their_column(record, small_comparison, vectors):
    places = {"dest": {"BOS": (42.4, -71.0), "SFO": (37.6, -122.4)}}
    # The other charts do not depend on the models.
    alone = dataclasses.replace(small_comparison, models=small_comparison.models[:1])
    assert "Locations" in render_report(record, alone, vectors, places=places)
    assert "Locations" not in render_report(record, alone, vectors, maps=["month"], places=places)


def stops(size, n=40):
    """Return vectors with noise of a size; 1 is that of the differences between the categories."""
    noise = SamplingNoise(np.eye(4) * size**2, rows=10.0, exponent=0.0, n_refits=5)
    vectors = np.random.default_rng(0).normal(size=(n, 4)) * np.sqrt(1 + (size > 1) * size**2)
    return CategoryVectors([f"stop {i}" for i in range(n)], vectors, range(n + 9, 9, -1), name="stop", noise=noise)


@pytest.mark.usefixtures("without_charts")
def test_neighbors_have_a_cosine_and_a_confidence(record, small_comparison):
    vectors = stops(0.2)
    words, _ = read(render_report(record, small_comparison, {"stop": vectors}))
    known = vectors.reliability()
    assert f"{100 * known.share:.0f} % of the 9 nearest neighbors come back; by chance 23 %" in words
    assert "The percentage is how often a neighbor is among the five nearest when the model is fitted to other" in words
    assert "is not known" not in words
    frame = vectors.neighbors_frame(5, n_categories=10)
    for near in frame.itertuples():
        assert f"{near.neighbor} {near.cosine:.2f} · {100 * near.confidence:.0f} %" in words
    assert len(re.findall(r"\d · \d+ %", words)) == len(frame)


@pytest.mark.usefixtures("without_charts")
def test_long_names_are_shortened_in_the_tables_of_neighbors(record, small_comparison):
    keys = [f'"<stop>" {row} ' + "with a very long name " * 9 + str(row) for row in range(4)]
    column = "a column with a very long name " * 6
    page = render_report(record, small_comparison, {column: CategoryVectors(keys, np.eye(4), name=column)})
    words, _ = read(page)
    assert keys[0] not in words
    assert re.search(r'"<stop>" 0 with a very[^"]*…[^"]*long name 0 ', words)
    # The whole name is shown as a hint.
    assert f'title="{html.escape(keys[0])}"' in page.replace("&#34;", "&quot;")
    assert column.strip() not in words.partition("Nearest neighbors")[2].partition("Run details")[0]
    chance = stops(30.0)
    words, _ = read(render_report(record, small_comparison, {column: chance}))
    assert "…" in words.partition("The neighbors of ")[2].partition(" are no more stable")[0]


@pytest.mark.usefixtures("without_charts")
def test_neighbors_that_come_back_by_chance_are_not_shown(record, small_comparison):
    vectors = stops(30.0)
    words, _ = read(render_report(record, small_comparison, {"stop": vectors}))
    assert vectors.reliability().warning("stop") in words
    assert "do not interpret them. More rows, fewer rare categories (min_frequency)" in words
    for told in ("The percentage", "with cosine", "is not known", "come back; by chance"):
        assert told not in words


@pytest.mark.usefixtures("without_charts")
def test_neighbors_of_unknown_confidence_are_shown_with_what_it_takes(record, small_comparison, vectors):
    words, _ = read(render_report(record, small_comparison, vectors))
    assert words.count("How sure these neighbors are is not known: it takes at least three folds") == 1
    assert "The percentage" not in words
    assert "Nearest 3, with cosine BOS 40" in words
    pair = CategoryVectors(["yes", "no"], [[1.0], [2.0]], [9, 5])
    assert "is not known" not in read(render_report(record, small_comparison, {"pair": pair}))[0]


@pytest.mark.usefixtures("without_charts")
def test_a_column_by_chance_does_not_hide_another(record, small_comparison):
    words, _ = read(render_report(record, small_comparison, {"noise": stops(30.0), "three": stops(0.01, n=5)}))
    assert "The neighbors of noise are no more stable than random ones" in words
    assert "three 100 % of the nearest neighbors come back; by chance 25 %" in words
    assert "The percentage" in words


def test_the_page_begins_with_the_picture_of_score_against_cost(page, record, small_comparison, vectors):
    assert page.index("Score against cost") < page.index("<h2>Scores</h2>")
    assert page.count("against weights") == page.count('aria-label="roc_auc against fit"') == 1
    alone = dataclasses.replace(small_comparison, models=small_comparison.models[:1])
    assert "Score against cost" not in render_report(record, alone, vectors)


def test_other_models_on_vectors_have_a_section(page, record, small_comparison, small_downstream, vectors, monkeypatch):
    words, _ = read(page)
    assert "Vectors in other models" not in words
    monkeypatch.setattr(charts, "can_draw", lambda: False)
    comparison = dataclasses.replace(small_comparison, downstream=small_downstream)
    words, _ = read(render_report(record, comparison, vectors))
    assert words.count(small_downstream.sentence()) == 1
    assert (
        "knn knn of rows 0.6500 ± 0.0100 0.7500 ± 0.0100 +0.1000, p = 0.001 +0.0500 to +0.1500 1,200 → 24 "
        "4.8 kB → 96 B 0.5 s → 4.0 s"
    ) in words
    assert "0.7900 ± 0.0100 native categories 0.8000 ± 0.0100 +0.0100, p = 0.400" in words


@pytest.mark.usefixtures("without_charts")
def test_latency_of_a_row_is_in_the_costs(record, small_comparison, vectors):
    words, _ = read(render_report(record, small_comparison, vectors))
    assert "6.0 s 20,000 60 ms 90 MB" in words
    unknown = dataclasses.replace(small_comparison.subject, row_seconds=None)
    words, _ = read(render_report(record, dataclasses.replace(small_comparison, models=(unknown,)), vectors))
    assert "2.0 s 50,000 – 30 MB" in words  # noqa: RUF001
