"""What all objectives share that train a network."""

import numpy as np
import pandas as pd
import pytest

from tabemb import EmbeddingClassifier, EmbeddingPretrainer, load
from tabemb.estimators.objectives import OBJECTIVES, trained
from tabemb.estimators.objectives.trained import TrainedObjective
from tabemb.exceptions import DataError
from tabemb.nn.numeric import NUMERIC_ENCODERS
from tabemb.table import memory

rng = np.random.default_rng(0)
N = 1500
COAST = rng.integers(0, 2, N)
TRIPS = pd.DataFrame(
    {
        "dest": np.where(COAST, rng.choice(["LAX", "SFO", "SEA"], N), rng.choice(["BOS", "JFK", "EWR"], N)),
        "carrier": np.where(COAST, rng.choice(["AS", "VX"], N), rng.choice(["B6", "DL"], N)),
        "distance": np.where(COAST, 2500.0, 200.0) + rng.normal(size=N),
    }
)
TRAINED = sorted(name for name, each in OBJECTIVES.items() if issubclass(each, TrainedObjective))


def fitted(table, name, seed=0, **params):
    objective = {"name": name, "max_epochs": 8, **params}
    # Equal dimensions in all tables, so that fits of an objective share a compiled loop.
    return EmbeddingPretrainer(objective=objective, embedding_dim=4, random_state=seed).fit(table)


def near(model, key):
    return {found for found, _ in model.vectors_["dest"].most_similar(key, topn=2)}


def test_the_objectives_with_networks():
    assert TRAINED == ["contrastive", "corrupted", "masked", "skip_gram"]


@pytest.mark.parametrize("start", ["cooccurrence", "random"])
@pytest.mark.parametrize("name", TRAINED)
def test_categories_of_similar_rows_are_near(name, start):
    model = fitted(TRIPS, name, start=start)
    assert (near(model, "LAX"), near(model, "BOS")) == ({"SFO", "SEA"}, {"JFK", "EWR"})
    assert max(model.history_["val_explained"]) > 0.02
    assert model.best_epoch_ >= 1


@pytest.mark.parametrize("name", TRAINED)
def test_fits_repeat_and_can_be_saved(name, tmp_path):
    one, two, other = (fitted(TRIPS, name, seed, max_epochs=2) for seed in (0, 0, 1))
    assert np.array_equal(one.transform(TRIPS), two.transform(TRIPS))
    assert not np.array_equal(one.transform(TRIPS), other.transform(TRIPS))
    one.save(tmp_path / "model")
    again = load(tmp_path / "model")
    assert np.array_equal(again.transform(TRIPS), one.transform(TRIPS))
    assert again.get_params()["objective"] == {"name": name, "max_epochs": 2}
    assert list(again.vectors_) == ["dest", "carrier"]


@pytest.mark.parametrize("name", TRAINED)
def test_missing_cells_and_numbers(name):
    table = TRIPS.assign(time=TRIPS["distance"] / 8)
    table.loc[::7, ["dest", "distance"]] = None
    model = fitted(table, name, max_epochs=2)
    assert np.isfinite(model.transform(table)[:, :-2]).all()
    assert near(model, "LAX") == {"SFO", "SEA"}


@pytest.mark.parametrize("name", TRAINED)
def test_tables_without_numbers_and_with_a_single_category_column(name):
    for columns in (["dest", "carrier"], ["dest", "distance"]):
        assert near(fitted(TRIPS[columns], name, max_epochs=3), "LAX") == {"SFO", "SEA"}


# The encoder only reads the numbers, whatever the objective asks: each one works with an objective, and the periodic
# one, which has the most weights, with all.
NUMERIC = {(TRAINED[place % len(TRAINED)], each) for place, each in enumerate(sorted(NUMERIC_ENCODERS))}


@pytest.mark.parametrize(("name", "numeric"), sorted({*NUMERIC, *((name, "periodic") for name in TRAINED)}))
def test_each_numeric_encoder(name, numeric):
    table, objective = TRIPS.head(300), {"name": name, "max_epochs": 1}
    model = EmbeddingPretrainer(objective=objective, embedding_dim=4, numeric=numeric, random_state=0).fit(table)
    assert np.isfinite(model.transform(table)).all()


@pytest.mark.parametrize("name", TRAINED)
@pytest.mark.parametrize("n_rows", [2, 3, 21, 130])
def test_few_rows(name, n_rows):
    table = TRIPS.sort_values("distance").iloc[np.linspace(0, N - 1, n_rows).astype(int)]
    assert np.isfinite(fitted(table, name, max_epochs=1).transform(table)).all()


@pytest.mark.parametrize("name", TRAINED)
def test_a_supervised_fit_starts_from_it(name, untrained):
    pretrainer = fitted(TRIPS, name, max_epochs=1)
    model = EmbeddingClassifier(pretrained=pretrainer, target_statistics=False, random_state=0)
    with untrained():
        report = model.set_params(one_hot_max_categories=0).fit(TRIPS, COAST).pretrained_report_
    assert {column: each.categories["whole"] for column, each in report.items()} == {"dest": 6, "carrier": 4}


@pytest.mark.parametrize("name", TRAINED)
def test_a_single_column_or_row_is_refused(name):
    with pytest.raises(DataError, match="single column, 'dest'"):
        fitted(TRIPS[["dest"]], name)
    with pytest.raises(DataError, match="n_samples=1"):
        fitted(TRIPS.head(1), name)


@pytest.mark.parametrize(
    ("name", "params", "numbers"),
    [
        ("contrastive", {}, {}),
        ("corrupted", {}, {}),
        ("masked", {}, {}),
        # The tables of the predicted cells.
        ("masked", {"tied": False}, {"dest": (8, 5), "carrier": (6, 3)}),
        # Those of the contexts, which are as wide as the widest table, and a row for each of the ten intervals.
        ("skip_gram", {}, {"dest": (8, 5), "carrier": (6, 5), "distance": (10, 5)}),
    ],
)
def test_tables_that_do_not_fit_in_memory_with_those_of_the_objective_are_refused(monkeypatch, name, params, numbers):
    settings = {"objective": {"name": name, "max_epochs": 1, **params}, "embedding_dim": {"dest": 5, "carrier": 3}}
    # A vector in the fitted network, one in that of the objective, one in training with its average and two moments.
    own = sum(n * (3 * dim + (dim + 1) + 2) for n, dim in [(8, 5), (6, 3)])
    n_bytes = 4 * (own + sum(n * (2 * dim + (dim + 1) + 2) for n, dim in numbers.values()))
    monkeypatch.setattr(memory, "machine_memory", lambda: n_bytes)
    EmbeddingPretrainer(**settings, random_state=0).fit(TRIPS)
    monkeypatch.setattr(memory, "machine_memory", lambda: n_bytes - 1)
    monkeypatch.setattr(trained, "started_tables", None)
    with pytest.raises(DataError, match=r"^The vectors and the state of the optimizer would .*'dest': 8 rows of 5 num"):
        EmbeddingPretrainer(**settings, random_state=0).fit(TRIPS)


def test_averages_of_tables_that_are_not_averaged_take_no_memory(monkeypatch):
    n_bytes = 4 * sum(n * (3 * dim + 2) for n, dim in [(8, 5), (6, 3)])
    monkeypatch.setattr(memory, "machine_memory", lambda: n_bytes)
    model = EmbeddingPretrainer(objective="masked", embedding_dim={"dest": 5, "carrier": 3}, random_state=0)
    with pytest.raises(DataError, match="would take"):
        model.fit(TRIPS)
    monkeypatch.setattr("tabemb.training.trainer.MOST_AVERAGED", 8 * 5 + 6 * 3 - 1)
    assert model.set_params(objective={"name": "masked", "max_epochs": 1}).fit(TRIPS).n_epochs_ == 1


WRONG = {
    "share": [0, 1.0, "half"],
    "start": ["cold"],
    "hidden_units": [()],
    "dropout": [-0.1],
    "learning_rate": [0],
    "max_epochs": [0],
    "temperature": [0, -1],
    "projection_dim": [0, 1.5],
    "n_negatives": [0, 2.5],
    "noise_power": [-1, "0.75"],
    "tied": ["yes"],
}


@pytest.mark.parametrize(
    ("name", "param", "value"),
    [
        pytest.param(name, param, value, id=f"{name}-{param}-{value}")
        for name in TRAINED
        for param in OBJECTIVES[name]().get_params()
        for value in WRONG[param]
    ],
)
def test_wrong_parameters(name, param, value):
    with pytest.raises(ValueError, match=param):
        fitted(TRIPS, name, **{param: value})


def test_subclasses_define_what_the_network_learns():
    with pytest.raises(TypeError, match="must define supervision"):
        TrainedObjective().supervision(None, None, 0)
