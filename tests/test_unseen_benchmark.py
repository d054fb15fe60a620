"""The parts of benchmarks/unseen.py: bands, metrics, strategies."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from tabemb import EmbeddingClassifier

sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))

import unseen
from quality_tables import AUC, R2


def test_a_row_counts_by_its_rarest_category_and_missing_cells_are_none():
    train = pd.DataFrame({"dest": ["a", "a", "a", "b"], "code": [1, 1, 2, 2]})
    test = pd.DataFrame({"dest": ["a", "b", "c", None, None], "code": [1, 1, 1, 2, 9]})
    assert unseen.rarest(train, test, ["dest", "code"]).tolist() == [2, 1, 0, 2, 0]
    assert unseen.rarest(train, test, []).tolist() == [np.inf] * 5


def test_the_bands_part_all_counts():
    for count in (0, 1, 2, 3, 9, 10, 99, 100, 1e9, np.inf):
        assert sum(low <= count <= high for low, high in unseen.BANDS.values()) == 1


def test_figures_are_of_all_rows_and_of_bands_that_have_enough():
    counts = np.repeat([0.0, 5.0, 500.0], [200, 99, 200])
    y = np.tile([0, 1], 250)[:499]
    y[-200:] = 1
    answer = np.column_stack([1 - y, y]).astype(float)
    figures = unseen.by_band(AUC, y, answer, counts)
    assert figures == {"all": 1.0, "0": 1.0, "1-2": None, "3-9": None, "10-99": None, "100+": None}
    assert unseen.by_band(R2, y.astype(float), np.zeros(499), counts)["0"] == -1.0


def test_the_ways_are_parameters_of_the_estimators_and_differ():
    made = unseen.ways(50.0)
    assert len({str(sorted(params.items())) for params in made.values()}) == len(made)
    for params in made.values():
        EmbeddingClassifier().set_params(**params)


def test_cells_have_a_spread_over_seeds():
    assert unseen.cell([0.5, 0.7]) == "0.6000 ± 0.141"
    assert unseen.cell([0.5]) == "0.5000"
    assert unseen.cell([0.5, None]) == "-"
