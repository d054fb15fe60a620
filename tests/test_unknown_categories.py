"""The vector for unknown categories is learned, and it pays."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import log_loss

from tabemb import EmbeddingClassifier

rng = np.random.default_rng(0)
X = pd.DataFrame({"dest": rng.choice(list("abcdef"), 200)})
Y = X["dest"].isin(["a", "b"]).astype(int).to_numpy()
SMALL = {"max_epochs": 3, "learning_rate": 0.02, "body": {"name": "mlp", "hidden_units": (16,)}, "random_state": 0}


@pytest.mark.parametrize(("category_dropout", "moved"), [(0.1, True), (0.0, False)])
def test_the_unknown_row_moves_with_category_dropout_only(category_dropout, moved):
    model = EmbeddingClassifier(**SMALL, category_dropout=category_dropout).fit(X, Y)
    fresh = model._network_from_seed(model._network.spec.seed)
    start = fresh.vectors(fresh.spec.features[0])
    vectors = model.vectors_["dest"]
    assert (vectors.unknown != start[1]).all() == moved
    assert np.array_equal(vectors.unknown, start[1]) != moved
    assert (vectors.vectors != start[2:]).any(axis=1).all()


def test_an_unknown_category_is_answered_with_about_the_share_of_the_classes():
    model = EmbeddingClassifier(**{**SMALL, "max_epochs": 30}, early_stopping=False, category_dropout=0.2).fit(X, Y)
    ((_, positive),) = model.predict_proba(pd.DataFrame({"dest": ["never seen"]}))
    assert positive == pytest.approx(Y.mean(), abs=0.12)
    certain = model.predict_proba(pd.DataFrame({"dest": ["a", "f"]}))[:, 1]
    assert certain[0] > 0.9
    assert certain[1] < 0.1


COLUMNS = ["RESOURCE", "MGR_ID"]


def test_unseen_categories_do_better_with_category_dropout_on_a_real_table(shared_data):
    """Three in ten managers are held out with all their rows; log loss over three draws."""
    table = shared_data("amazon_access", columns=["ACTION", *COLUMNS])
    losses = {0.0: [], 0.05: []}
    for seed in range(3):
        draw = np.random.default_rng(seed)
        part = table.iloc[draw.permutation(len(table))[:8000]]
        ids = part["MGR_ID"].unique()
        unseen = part["MGR_ID"].isin(draw.choice(ids, int(0.3 * len(ids)), replace=False)).to_numpy()
        train, test = part[~unseen], part[unseen]
        for share, found in losses.items():
            model = EmbeddingClassifier(
                categorical=COLUMNS,
                embedding_dim=16,
                body={"name": "mlp", "hidden_units": (64,)},
                category_dropout=share,
                learning_rate=0.005,
                max_epochs=10,
                early_stopping=False,
                random_state=seed,
            ).fit(train[COLUMNS], train["ACTION"])
            found.append(log_loss(test["ACTION"], model.predict_proba(test[COLUMNS])))
    without, with_dropout = np.array(losses[0.0]), np.array(losses[0.05])
    assert (with_dropout < without).all()
    assert with_dropout.mean() < 0.9 * without.mean()
