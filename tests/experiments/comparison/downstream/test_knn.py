import numpy as np

from tabemb.experiments.comparison.downstream.knn import KnnDownstream
from tabemb.experiments.comparison.targets import TARGETS


def test_nearer_rows_weigh_more():
    y = np.array([0.0, 10.0])
    fitted = KnnDownstream(n_neighbors=2).build(TARGETS["regression"](y), None).fit([[0.0], [4.0]], y)
    assert fitted.predict([[1.0]]).item() == 2.5
