"""The study of Guo & Berkhahn on a small table."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from tabemb.exceptions import ColumnError, DataError, UnknownNameError
from tabemb.experiments.paper import STUDIES
from tabemb.experiments.paper.entity_embeddings import EntityEmbeddings
from tabemb.experiments.paper.forms import FORMS

SETTINGS = {
    "dims": {"shop": [3, 5], "weekday": 2},
    "time": ["year"],
    "rows": 250,
    "test_share": 0.25,
    "hidden_units": (8,),
    "epochs": 2,
    "n_networks": 2,
    "methods": ["knn", {"name": "random_forest", "n_trees": 5}, "network"],
    "published": {"time": {"knn": [0.3, 0.1]}},
}


@pytest.fixture(scope="module")
def found(sales):
    calls = []
    output = EntityEmbeddings(**SETTINGS).run(sales, categorical=["shop"], seed=0, progress=lambda *c: calls.append(c))
    return output, calls


def run(sales, categorical=(), seed=0, **changed):
    return EntityEmbeddings(**SETTINGS | changed).run(sales, categorical=categorical, seed=seed)


def few(sales, **changed):
    """Run as little as shows a difference."""
    return run(
        sales,
        **{
            "splits": ["time"],
            "forms": ["embeddings"],
            "methods": ["network"],
            "published": None,
            "dims": {"shop": 3, "weekday": 2},
        }
        | changed,
    )


@pytest.fixture(scope="module")
def usual(sales):
    """Return the error of the usual settings."""
    return few(sales).result.scores[0].error


def test_a_figure_for_every_split_form_line_and_method(found):
    output, calls = found
    result = output.result
    assert result.lines == ("shop 3", "shop 5")
    assert list(result.titles["form"]) == list(FORMS)
    counted = {}
    for each in result.scores:
        counted.setdefault((each.split, each.form, each.line), []).append(each.method)
    everything, others = ["knn", "random_forest", "network"], ["knn", "random_forest"]
    of_a_split = {
        ("raw", "shop 3"): everything,
        ("embeddings", "shop 3"): everything,
        ("embeddings", "shop 5"): everything,
        ("cross_fitted", "shop 3"): others,
        ("target_encoding", "shop 3"): others,
    }
    assert counted == {(split, *key): value for split in ("shuffled", "time") for key, value in of_a_split.items()}
    assert all(0 < each.error < 3 for each in result.scores)
    assert [step for _, step, _ in calls] == list(range(2 * (5 + 13)))
    assert {n for _, _, n in calls} == {36}


def test_published_errors_belong_to_the_right_forms(found):
    published = {(each.split, each.form, each.method): each.published for each in found[0].result.scores}
    assert published["time", "raw", "knn"] == 0.3
    assert published["time", "embeddings", "knn"] == 0.1
    assert published["time", "target_encoding", "knn"] is None
    assert published["shuffled", "raw", "knn"] is None


def test_the_network_of_the_first_line_is_returned_with_notes(found):
    output, _ = found
    assert output.model.vectors_["shop"].dim == 3
    assert output.target.startswith("log(sales) / log(")
    assert output.notes == (
        "1 rows with sales of 0 or less were left out.",
        "shuffled: 250 training rows and 100 test rows.",
        "time: 250 training rows and 100 test rows.",
    )


def test_everything_follows_from_the_seed(sales, usual):
    assert few(sales).result.scores[0].error == usual
    assert few(sales, seed=1).result.scores[0].error != usual


@pytest.mark.parametrize(
    "changed",
    [
        {"dims": {"shop": 4, "weekday": 2}},
        {"rows": 100},
        {"test_share": 0.5},
        {"hidden_units": (4,)},
        {"epochs": 1},
        {"batch_size": 32},
        {"n_networks": 1},
        {"splits": ["shuffled"]},
    ],
)
def test_every_setting_makes_a_difference(sales, usual, changed):
    assert usual != few(sales, **changed).result.scores[0].error


def test_time_orders_the_rows(sales):
    turned = dataclasses.replace(sales, X=sales.X.assign(left=-sales.X["year"]))
    assert few(turned).result.scores[0].error != few(turned, time=["left"]).result.scores[0].error


@pytest.mark.parametrize(
    ("changed", "error", "told"),
    [
        ({"dims": None}, DataError, "dims must map each categorical column to the size of its vectors"),
        (
            {"dims": {"shop": [1, 2], "weekday": [1, 2]}},
            DataError,
            "several sizes for one column only; got several for shop and week",
        ),
        ({"dims": {"shpo": 3, "weekday": 2}}, ColumnError, "dims names 'shpo', which is not .* Did you mean 'shop'?"),
        ({"dims": {"shop": 3}}, ColumnError, "The column 'weekday' is categorical; dims must give the size"),
        ({"time": []}, DataError, "time must name the columns that order rows in time"),
        ({"time": ["yaer"]}, ColumnError, "time names 'yaer', which is not .* Did you mean 'year'?"),
        ({"splits": ["tiem"]}, UnknownNameError, "No split named 'tiem'. Known: shuffled, time. Did you mean 'time'?"),
        ({"forms": ["raw"]}, DataError, "forms must contain 'embeddings'"),
        ({"methods": ["knm"]}, UnknownNameError, "No method named 'knm'."),
        ({"published": {"later": {}}}, UnknownNameError, "No split with published errors named 'later'."),
        ({"published": {"time": {"knm": [1, 1]}}}, UnknownNameError, "No method with published errors named 'knm'."),
        (
            {"published": {"time": {"knn": [0.1]}}},
            DataError,
            "published must give two positive errors for 'knn' in 'time'",
        ),
        ({"published": {"time": {"knn": [0.1, "x"]}}}, DataError, r"got \[0.1, 'x'\]"),
    ],
)
def test_invalid_settings_fail_before_any_work(sales, changed, error, told, monkeypatch):
    monkeypatch.setattr(FORMS["embeddings"], "make", lambda *_: pytest.fail("the work began"))
    with pytest.raises(error, match=told):
        run(sales, **changed)


def test_a_categorical_column_needs_a_size(sales):
    with pytest.raises(ColumnError, match="The column 'promo' is categorical; dims must give"):
        run(sales, categorical=["promo"])


def test_a_target_that_is_no_amount(sales):
    with pytest.raises(DataError, match="The target 'sales' must be numeric; its dtype is"):
        run(dataclasses.replace(sales, y=pd.Series(["a"] * len(sales.X))))


def test_missing_cells(sales):
    X = sales.X.assign(promo=np.where(np.arange(len(sales.X)) == 5, np.nan, 1.0))
    with pytest.raises(DataError, match=r"The column 'promo' has missing values; fill them, or leave"):
        run(dataclasses.replace(sales, X=X))


def test_it_is_registered():
    assert STUDIES["entity_embeddings"] is EntityEmbeddings
