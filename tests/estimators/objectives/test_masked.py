"""The objective of hidden cells."""

import numpy as np
import pandas as pd
import pytest

from tabemb import EmbeddingPretrainer, load
from tabemb.estimators.objectives import MaskedObjective
from tabemb.exceptions import DataError

rng = np.random.default_rng(0)
COAST = rng.integers(0, 2, 3000)
TRIPS = pd.DataFrame(
    {
        "dest": np.where(COAST, rng.choice(["LAX", "SFO", "SEA"], 3000), rng.choice(["BOS", "JFK", "EWR"], 3000)),
        "carrier": np.where(COAST, rng.choice(["AS", "VX"], 3000), rng.choice(["B6", "DL"], 3000)),
        "distance": np.where(COAST, 2500.0, 200.0) + rng.normal(size=3000),
    }
)


@pytest.mark.parametrize("params", [{}, {"start": "random"}, {"start": "random", "tied": False}])
def test_categories_of_similar_rows_are_near(params):
    model = EmbeddingPretrainer(objective={"name": "masked", "max_epochs": 8, **params}, random_state=0).fit(TRIPS)
    vectors = model.vectors_["dest"]
    for key, others in {"LAX": {"SFO", "SEA"}, "BOS": {"JFK", "EWR"}}.items():
        assert {found for found, _ in vectors.most_similar(key, topn=2)} == others
    # A hidden cell tells its coast, which is one of several bits.
    assert 0.3 < max(model.history_["val_explained"]) < 0.7
    assert model.best_epoch_ >= 1


def test_fits_repeat_and_can_be_saved(tmp_path):
    make = lambda seed: EmbeddingPretrainer(objective=MaskedObjective(max_epochs=2), random_state=seed).fit(TRIPS)  # noqa: E731
    one, two, other = make(0), make(0), make(1)
    assert np.array_equal(one.transform(TRIPS), two.transform(TRIPS))
    assert not np.array_equal(one.transform(TRIPS), other.transform(TRIPS))
    one.save(tmp_path / "model")
    again = load(tmp_path / "model")
    assert np.array_equal(again.transform(TRIPS), one.transform(TRIPS))
    assert again.get_params()["objective"].max_epochs == 2
    assert list(again.vectors_) == ["dest", "carrier"]


def test_missing_cells_and_tables_without_numbers():
    table = TRIPS[["dest", "carrier"]].copy()
    table.loc[::7, "dest"] = None
    model = EmbeddingPretrainer(objective={"name": "masked", "max_epochs": 1}, random_state=0).fit(table)
    assert np.isfinite(model.transform(table)).all()


def test_a_column_by_itself_can_be_predicted_from_numbers():
    model = EmbeddingPretrainer(objective={"name": "masked", "max_epochs": 8}, random_state=0)
    vectors = model.fit(TRIPS[["dest", "distance"]]).vectors_["dest"]
    assert {found for found, _ in vectors.most_similar("LAX", topn=2)} == {"SFO", "SEA"}


def test_a_single_column_is_refused():
    with pytest.raises(DataError, match="single column, 'dest'"):
        EmbeddingPretrainer(objective="masked").fit(TRIPS[["dest"]])


def test_a_single_row_is_refused():
    with pytest.raises(DataError, match="n_samples=1"):
        EmbeddingPretrainer(objective="masked").fit(TRIPS.head(1))


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"share": 0}, "share"),
        ({"share": 1.0}, "share"),
        ({"tied": "yes"}, "tied"),
        ({"start": "cold"}, "start"),
        ({"hidden_units": ()}, "hidden_units"),
        ({"dropout": -0.1}, "dropout"),
        ({"learning_rate": 0}, "learning_rate"),
        ({"max_epochs": 0}, "max_epochs"),
    ],
)
def test_wrong_parameters(params, message):
    with pytest.raises(ValueError, match=message):
        EmbeddingPretrainer(objective=MaskedObjective(**params)).fit(TRIPS)
