"""The report of how a table relates to the vocabularies."""

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError

from tabemb import EmbeddingClassifier, EmbeddingEncoder, EmbeddingPretrainer
from tabemb.exceptions import ColumnError, DataError
from tabemb.table.frequency_drift import drift_by_chance, jensen_shannon

FIRST = pd.DataFrame({"dest": ["IAH"] * 60 + ["MIA"] * 35 + ["ORD"] * 5, "hour": np.arange(100) // 10})
LATER = pd.DataFrame({"dest": ["IAH"] * 8 + ["TVC"] * 5 + ["MYR"] * 2 + ["ORD"] * 3 + [None] * 2, "hour": 3})


@pytest.mark.parametrize("cls", [EmbeddingClassifier, EmbeddingEncoder, EmbeddingPretrainer])
def test_shares_of_rows_and_unseen_keys(cls, quick, untrained):
    with untrained():
        if cls is EmbeddingPretrainer:
            model = cls(random_state=0).fit(FIRST)
        else:
            model = cls(**quick, handle_unknown="nearest").fit(FIRST, FIRST["dest"] == "IAH")
    report = model.vocabulary_report(LATER, n_keys=1)
    assert report.index.name == "column"
    row = report.loc["dest"]
    assert row["known_categories"] == 2
    assert row["unseen_categories"] == 2
    assert (row["missing"], row["unseen"], row["rare"]) == (0.1, 0.35, 0.15)
    assert row["most_frequent_unseen"] == [("TVC", 5)]
    # Missing, unknown, IAH, MIA, ORD.
    assert row["drift"] == jensen_shannon([0, 0, 60, 35, 5], [2, 7, 8, 0, 3])
    assert row["drift_by_chance"] == drift_by_chance([0, 0, 60, 35, 5], 20)
    assert model.vocabulary_report(LATER, rare=5).loc["dest", "rare"] == 0
    assert model.vocabulary_report(LATER, rare=0, n_keys=0).loc["dest", "most_frequent_unseen"] == []


def test_the_training_table_has_no_drift(quick, untrained):
    with untrained():
        model = EmbeddingClassifier(["hour"], **quick).fit(FIRST, FIRST["dest"] == "IAH")
    report = model.vocabulary_report(FIRST)
    assert report.index.tolist() == ["dest", "hour"]
    assert report["drift"].max() < 1e-7
    assert (report["unseen"] == 0).all()
    assert (report["drift_by_chance"] > 0).all()


def test_too_rare_categories_are_unseen(quick, untrained):
    with untrained():
        model = EmbeddingClassifier(**quick, min_frequency=10).fit(FIRST, FIRST["dest"] == "IAH")
    assert model.vocabulary_report(FIRST).loc["dest", "unseen"] == 0.05
    assert model.vocabulary_report(FIRST).loc["dest", "drift"] < 1e-7


def test_bad_input(quick, untrained):
    with pytest.raises(NotFittedError):
        EmbeddingClassifier().vocabulary_report(LATER)
    with untrained():
        model = EmbeddingClassifier(**quick).fit(FIRST, FIRST["dest"] == "IAH")
    with pytest.raises(ColumnError, match="yet now missing:\n- dest"):
        model.vocabulary_report(LATER[["hour"]])
    with pytest.raises(DataError, match=r"0 sample\(s\)"):
        model.vocabulary_report(LATER[:0])
    for name in ("rare", "n_keys"):
        for value in (-1, 1.5, True, "1"):
            with pytest.raises(ValueError, match=f"{name} must be an integer of at least 0, got {value!r}"):
                model.vocabulary_report(LATER, **{name: value})


@pytest.mark.parametrize("kind", ["hashing", "double_hashing", "ngrams"])
def test_hashed_columns_know_all_categories(kind, untrained):
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"a": rng.choice(list("xyz"), 60), "user": [f"u{each}" for each in rng.integers(0, 40, 60)]})
    model = EmbeddingClassifier(vocabulary={"user": kind}, body="mlp", random_state=0)
    with untrained():
        model.fit(X, rng.integers(0, 2, 60))
    new = pd.DataFrame({"a": ["x", "w", "y", "x"], "user": ["u1", "someone else", None, "u1"]})
    report = model.vocabulary_report(new)
    assert report.index.tolist() == ["a", "user"]
    user = report.loc["user"]
    assert (user["known_categories"], user["missing"], user["unseen"], user["unseen_categories"]) == (2, 0.25, 0, 0)
    assert user[["rare", "drift", "drift_by_chance"]].isna().all()
    assert user["most_frequent_unseen"] == []
    assert report.loc["a", "unseen"] == 0.25
