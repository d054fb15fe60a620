"""Which rows are held out for validation."""

import numpy as np
import pandas as pd
import pytest

from tabemb import EmbeddingClassifier, EmbeddingEncoder, EmbeddingRegressor

N, N_HELD = 120, 12
X = pd.DataFrame({"code": [*["x", "y"] * 50, *["z"] * 20], "number": np.linspace(0, 1, N)})
LATE = np.arange(N) % 3 == 0


@pytest.fixture
def parts(untrained):
    """Return a list of the training rows and the validation rows of each training."""
    with untrained() as given:
        yield given


def made(cls, quick, **params):
    return cls(**{**quick, **params})


@pytest.mark.parametrize("body", ["mlp", "ensemble"])
def test_the_last_rows_can_be_held_out(body, quick, parts):
    made(EmbeddingClassifier, quick, body=body, validation="last").fit(X, LATE)
    (train, validation) = parts[0]
    assert train.kept.tolist() == list(range(N - N_HELD))
    assert train.folds is None
    assert np.array_equal(validation.targets.ravel(), LATE[-N_HELD:])
    assert np.array_equal(validation.table.numbers[:, 0], np.sort(validation.table.numbers[:, 0]))


@pytest.mark.parametrize("validation", ["random", "last"])
def test_categories_without_training_rows_are_unknown_in_validation(validation, quick, parts):
    code = X["code"].to_numpy(object)
    code[-5:] = "new"
    made(EmbeddingClassifier, quick, validation=validation).fit(X.assign(code=code), LATE)
    train, held = parts[0]
    seen = set(train.table.indices[train.kept, 0])
    assert set(held.table.indices[:, 0]) <= seen | {1}
    assert (1 in held.table.indices[:, 0]) == (validation == "last")


def test_random_rows_are_held_out_by_default(quick, parts):
    made(EmbeddingClassifier, quick).fit(X, LATE)
    train, held = parts[0]
    assert len(held) == N_HELD
    assert train.kept.tolist() != list(range(N - N_HELD))
    # As many late flights as among all rows.
    assert held.targets.sum() == LATE.sum() * N_HELD / N


def test_members_leave_out_rows_of_their_own_by_default(quick, parts):
    made(EmbeddingRegressor, quick, body={"name": "ensemble", "n_members": 4}).fit(X, LATE.astype(float))
    train, held = parts[0]
    assert train.kept is None
    assert set(held.folds) == {0, 1, 2, 3}


def test_the_last_rows_of_the_first_fold_stop_an_encoder(quick, parts):
    made(
        EmbeddingEncoder,
        quick,
        validation="last",
        cv=[(np.arange(60), np.arange(60, N)), (np.arange(60, N), np.arange(60))],
    ).fit(X, LATE)
    assert parts[0][0].kept.tolist() == list(range(54))
    assert np.array_equal(parts[0][1].targets.ravel(), LATE[54:60])
    assert [validation for _, validation in parts[1:]] == [None]


def test_without_early_stopping_nothing_is_held_out(quick, parts):
    made(EmbeddingClassifier, quick, validation="last", early_stopping=False).fit(X, LATE)
    train, held = parts[0]
    assert (len(train), train.kept, held) == (N, None, None)


def test_given_rows_are_the_validation_set_whatever_the_parameter(quick, parts):
    made(EmbeddingClassifier, quick, validation="last").fit(X, LATE, X_val=X.head(7), y_val=LATE[:7])
    train, held = parts[0]
    assert (len(train), len(held)) == (N, 7)
    assert np.array_equal(held.targets.ravel(), LATE[:7])
