"""The contract of every registered downstream model."""

import numpy as np
import pytest
from scipy import sparse

from tabemb.exceptions import UnknownNameError
from tabemb.experiments.comparison.downstream import DOWNSTREAM
from tabemb.experiments.comparison.targets import TARGETS

RNG = np.random.default_rng(0)
CODES = RNG.integers(0, 3, 120)
ONE_HOT = np.eye(3, dtype="float32")[CODES]
TARGETS_OF = {
    "binary": np.where(CODES == 0, "yes", "no").astype(object),
    "multiclass": np.array(["a", "b", "c"], dtype=object)[CODES],
    "multilabel": np.column_stack([CODES == 0, CODES == 2]).astype(int),
    "regression": CODES.astype(float),
    "ranking": CODES.astype(float),
    "multi_regression": np.column_stack([CODES, -CODES]).astype(float),
}


@pytest.mark.parametrize("task", sorted(TARGETS))
@pytest.mark.parametrize("name", sorted(DOWNSTREAM))
def test_every_model_learns_every_task_from_its_plain_form_and_from_a_dense_one(name, task):
    model, y = DOWNSTREAM.resolve(name), TARGETS_OF[task]
    assert model.description
    target = TARGETS[task](y)
    codes = CODES[:, None].astype(float)
    plain = (codes, [0]) if model.reads_categories else (sparse.csr_matrix(ONE_HOT), [])
    for rows, categories in (plain, (ONE_HOT, [])):
        single = model.build(target, 0, categories)
        fitted = target.pick(classifier=single, regressor=single).fit(rows, y)
        values = target.predict(fitted, rows)
        if target.is_classifier:
            assert np.array_equal(values, target.encode(y))
            assert np.isfinite(target.predict_proba(fitted, rows)).all()
        else:
            assert np.abs(values - y).max() < 0.1


def test_parameters_are_set_by_a_mapping_and_wrong_names_are_errors():
    assert DOWNSTREAM.resolve({"name": "forest", "n_estimators": 7}).n_estimators == 7
    with pytest.raises(UnknownNameError, match=r"'forrest'.*Did you mean 'forest'\?"):
        DOWNSTREAM.resolve("forrest")
    with pytest.raises(UnknownNameError, match="does not take these parameters"):
        DOWNSTREAM.resolve({"name": "knn", "neighbours": 3})
