"""scikit-learn's own checks, over the estimators."""

import re
from functools import partial

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.utils import estimator_checks
from sklearn.utils.estimator_checks import parametrize_with_checks

from tabemb import EmbeddingClassifier, EmbeddingEncoder, EmbeddingPretrainer, EmbeddingRegressor

# The checks' tables are all numbers and some columns are constant: that is what the warnings are for.
pytestmark = [
    pytest.mark.filterwarnings("ignore::tabemb.table.schema.SchemaHint"),
    pytest.mark.filterwarnings("ignore::tabemb.table.schema.DroppedColumnWarning"),
    # Some checks fit on a frame and transform an array, or the other way round, on purpose.
    pytest.mark.filterwarnings("ignore:X does not have valid feature names:UserWarning"),
    pytest.mark.filterwarnings("ignore:X has feature names:UserWarning"),
    # Some checks have classes of one row, of which scikit-learn's TargetEncoder warns too.
    pytest.mark.filterwarnings("ignore:The least populated class in y has only:UserWarning"),
]

# Fewer, longer steps than the defaults, and one small layer: the checks fit each estimator some fifty times.
FEW_STEPS = {"max_epochs": 20, "learning_rate": 0.02, "random_state": 0}
QUICK = {**FEW_STEPS, "body": {"name": "mlp", "hidden_units": (16,)}}
# No check asks how much transformers learn.
OF_VECTORS = {**QUICK, "max_epochs": 2}

EXPECTED_FAILURES = {
    "check_sample_weight_equivalence_on_dense_data": (
        "A weight of 2 and a row given twice are the same in the loss, but rows are drawn into batches at random: "
        "the two fits see different batches."
    ),
}


# By design, as with scikit-learn's TargetEncoder.
CROSS_FITTED = "fit_transform gives each row vectors that were learned without its target, transform the mean of them."
EXPECTED_OF_CATEGORIES = {
    **EXPECTED_FAILURES,
    "check_transformer_general": CROSS_FITTED,
    "check_transformer_data_not_an_array": CROSS_FITTED,
}


class EveryColumn:
    """Names every column; its repr is the same in every test process."""

    def __call__(self, X):
        return list(range(X.shape[1]))

    def __repr__(self):
        return "every column"


# The checks' tables are all numbers, which the encoder hands through; this one takes them for categories.
OF_CATEGORIES = EmbeddingEncoder(EveryColumn(), **OF_VECTORS, embedding_dim=2, cv=2)


def expected_failures(estimator):
    if isinstance(estimator, EmbeddingPretrainer):
        return {}
    if isinstance(estimator, EmbeddingEncoder):
        return {} if estimator.categorical is None else EXPECTED_OF_CATEGORIES
    return EXPECTED_FAILURES


@parametrize_with_checks(
    [
        EmbeddingClassifier(**QUICK),
        EmbeddingRegressor(**QUICK),
        EmbeddingEncoder(**OF_VECTORS),
        OF_CATEGORIES,
        EmbeddingPretrainer(random_state=0),
    ],
    expected_failed_checks=expected_failures,
    xfail_strict=True,
)
def test_scikit_learn_check(estimator, check, rtol_of_rows, monkeypatch):
    if rtol_of_rows > 1e-7:
        # The checks expect rtol=1e-7, which float32 products do not keep on this machine.
        for name in ("assert_allclose", "assert_allclose_dense_sparse"):
            monkeypatch.setattr(estimator_checks, name, partial(getattr(estimator_checks, name), rtol=rtol_of_rows))
    check(estimator)


ALL = [
    EmbeddingClassifier(**QUICK),
    EmbeddingRegressor(**QUICK),
    EmbeddingEncoder(**OF_VECTORS),
    EmbeddingPretrainer(random_state=0),
]

# ``check_estimator`` does not run these by itself.
BY_NAME = [
    estimator_checks.check_set_output_transform,
    estimator_checks.check_set_output_transform_pandas,
    estimator_checks.check_set_output_transform_polars,
    estimator_checks.check_global_output_transform_pandas,
    estimator_checks.check_global_set_output_transform_polars,
    estimator_checks.check_transformer_get_feature_names_out,
    estimator_checks.check_transformer_get_feature_names_out_pandas,
    estimator_checks.check_get_feature_names_out_error,
]


@pytest.mark.parametrize("transformer", ALL[2:], ids=lambda e: type(e).__name__)
@pytest.mark.parametrize("check", BY_NAME, ids=lambda check: check.__name__)
def test_transformer_check_by_name(check, transformer):
    check(type(transformer).__name__, clone(transformer))


@pytest.mark.parametrize(
    ("check", "estimator"),
    [
        (estimator_checks.check_classifiers_train, EmbeddingClassifier(**FEW_STEPS)),
        (estimator_checks.check_regressors_train, EmbeddingRegressor(**FEW_STEPS)),
    ],
    ids=lambda each: getattr(each, "__name__", type(each).__name__),
)
def test_the_default_body_learns_small_tables(check, estimator):
    check(type(estimator).__name__, estimator)


@pytest.mark.parametrize("estimator", ALL, ids=lambda e: type(e).__name__)
def test_constructor_check_by_name(estimator):
    estimator_checks.check_do_not_raise_errors_in_init_or_set_params(type(estimator).__name__, estimator)


@pytest.mark.parametrize("estimator", ALL, ids=lambda e: type(e).__name__)
def test_feature_names_check_passes_but_for_the_order_of_columns(estimator):
    """Columns are found by name in any order; scikit-learn's check wants another order refused, and stops there."""
    with pytest.raises(AssertionError, match=r"did not raise"):
        estimator_checks.check_dataframe_column_names_consistency(type(estimator).__name__, estimator)


@pytest.mark.parametrize("estimator", ALL, ids=lambda e: type(e).__name__)
@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["p_0", "p_1", "p_2"], "Feature names unseen at fit time:\n- p_0\n- p_1\n"),
        (["a", "b"], "Feature names seen at fit time, yet now missing:\n- c\n"),
        (["a", "b", "c", "d"], "Feature names unseen at fit time:\n- d\n"),
    ],
)
def test_other_column_names_are_refused_with_the_words_of_scikit_learn(estimator, names, message):
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(40, 4)), columns=["a", "b", "c", "d"])
    quick = {} if isinstance(estimator, EmbeddingPretrainer) else {"max_epochs": 1}
    fitted = clone(estimator).set_params(**quick).fit(X[["a", "b", "c"]], rng.integers(0, 2, 40))
    answer = fitted.transform if hasattr(fitted, "transform") else fitted.predict
    bad = X.iloc[:, : len(names)].set_axis(names, axis=1)
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        answer(bad)
    assert "The feature names should match those that were passed during fit.\n" in str(caught.value)
