"""Incremental training with partial_fit."""

import json
import pickle
import re

import numpy as np
import pandas as pd
import pytest

from tabemb import EmbeddingClassifier, EmbeddingRegressor, load
from tabemb.exceptions import DataError, FormatError, TrainingError
from tabemb.files import sealed
from tabemb.table.schema import UnknownCategoryWarning


def halves(*arrays):
    return [[each[:60] for each in arrays], [each[60:] for each in arrays]]


@pytest.mark.parametrize("cls", [EmbeddingClassifier, EmbeddingRegressor])
def test_each_call_trains_for_one_epoch(cls, flights, late, delay, quick):
    y = late if cls is EmbeddingClassifier else delay
    model = cls(**quick)
    losses = []
    for epoch in range(6):
        assert model.partial_fit(flights, y) is model
        assert model.n_epochs_ == model.best_epoch_ == epoch + 1
        losses.append(model.history_["loss"][-1])
    assert len(model.history_["loss"]) == len(model.history_["learning_rate"]) == 6
    assert losses[-1] < 0.8 * losses[0]
    assert model.score(flights, y) > 0.5


def test_calls_repeat_exactly_and_keep_the_moments(flights, late, quick):
    """With fresh moments, the first step of the second call would differ."""
    first, second = halves(flights, late)
    models = [EmbeddingClassifier(**quick) for _ in range(3)]
    for model in models:
        model.partial_fit(*first)
    del models[2].__dict__["_loops"]
    for model in models:
        model.partial_fit(*second)
    same, again, fresh = (model.predict_proba(flights) for model in models)
    assert np.array_equal(same, again)
    assert not np.array_equal(same, fresh)
    assert models[0]._loops[0].optimizer.step.numpy() == 4


def test_the_loop_is_traced_once(flights, late, quick):
    model = EmbeddingClassifier(**quick)
    for rows in (slice(0, 70), slice(70, 75), slice(0, 120)):
        model.partial_fit(flights[rows], late[rows], classes=["late", "on time"])
    assert model._loops[0]._compiled[False].experimental_get_tracing_count() == 1


def test_batches_of_any_size_are_used_completely(quick):
    """The automatic batch size differs between calls; each row is in one batch."""
    rng = np.random.default_rng(0)
    X, y = pd.DataFrame({"a": rng.choice(list("abcd"), 6000)}), rng.integers(0, 2, 6000)
    model = EmbeddingClassifier(**quick)
    steps = []
    for n in (6000, 40, 6000):
        model.partial_fit(X[:n], y[:n])
        steps.append(int(model._loops[0].optimizer.step.numpy()))
    # 6000 rows are 47 batches of 128, 40 rows are two of 32.
    assert np.diff([0, *steps]).tolist() == [47, 2, 47]
    assert model.history_["loss"] == pytest.approx([np.log(2)] * 3, abs=0.05)


def test_known_categories_are_trained_and_new_ones_are_unknown(flights, late, quick):
    X = flights[["dest"]]
    model = EmbeddingClassifier(**{**quick, "one_hot_max_categories": 0}, category_dropout=0).partial_fit(X, late)
    before = model.vectors_["dest"]
    new = pd.DataFrame({"dest": ["IAH", "NEW"] * 10})
    with pytest.warns(UnknownCategoryWarning) as caught:
        model.partial_fit(new, np.array(["late", "on time"] * 10), grow=False)
    assert str(caught[0].message) == (
        "The batch has categories that are not known and were not added ('dest': 1 in 10 of 20 rows, such as 'NEW'). "
        "They remain unknown and share one vector: grow leaves their column out, min_frequency or max_categories leave "
        "out the categories, or their type is not that of the known ones."
    )
    assert model.unknown_counts_ == {"dest": 10}
    after = model.vectors_["dest"]
    assert after.index_to_key == before.index_to_key
    assert "NEW" not in after
    assert not np.array_equal(after["IAH"], before["IAH"])
    assert not np.array_equal(after.unknown, before.unknown)
    others = [key for key in after if key != "IAH"]
    assert np.array_equal(after[others], before[others])
    rows = model.predict_proba(pd.DataFrame({"dest": ["NEW", "NEWER"]}))
    assert np.array_equal(rows[0], rows[1])


def test_unknown_categories_of_all_batches_are_counted(flights, late, quick):
    X = flights[["dest"]].assign(hour=np.arange(120) % 24)
    model = EmbeddingClassifier(["dest", "hour"], **quick).partial_fit(X, late)
    assert not hasattr(model, "unknown_counts_")
    model.partial_fit(X, late)
    assert model.unknown_counts_ == {}
    new = X[:30].assign(dest=["NEW", "OTHER", None] * 10)
    for rows in (20, 40):
        with pytest.warns(UnknownCategoryWarning, match=r"\('dest': 2 in 20 of 30 rows, such as 'NEW'\)"):
            model.partial_fit(new, late[:30], grow=False)
        assert model.unknown_counts_ == {"dest": rows}
    with pytest.warns(UnknownCategoryWarning, match="'dest': 2 in 20 .*; 'hour': 1 in 30 of 30 rows, such as 99"):
        model.partial_fit(new.assign(hour=99), late[:30], grow=False)
    assert model.unknown_counts_ == {"dest": 60, "hour": 30}
    assert not hasattr(model.fit(X, late), "unknown_counts_")


def test_the_counts_of_unknown_categories_are_saved(flights, late, quick, tmp_path):
    X = flights[["dest"]]
    model = EmbeddingClassifier(**quick).partial_fit(X, late)
    model.save(tmp_path / "model")
    again = load(tmp_path / "model")
    assert not hasattr(again, "unknown_counts_")
    again.partial_fit(X, late)
    again.save(tmp_path / "model")
    again = load(tmp_path / "model")
    assert again.unknown_counts_ == {}
    for rows in (30, 60):
        with pytest.warns(UnknownCategoryWarning):
            again.partial_fit(X[:30].assign(dest="NEW"), late[:30], grow=False)
        again.save(tmp_path / "model")
        again = load(tmp_path / "model")
        assert again.unknown_counts_ == {"dest": rows}
    assert vars(pickle.loads(pickle.dumps(again)))["unknown_counts_"] == {"dest": 60}


@pytest.mark.parametrize("counts", [[], 5, {"dest": "x"}, {"dest": -1}, {"dest": 1.5}, {"dest": True}])
def test_saved_counts_that_are_none_are_refused(counts, classifier, tmp_path):
    classifier.save(tmp_path / "model")
    path = tmp_path / "model" / "tabemb.json"
    path.write_text(json.dumps(sealed(json.loads(path.read_text()) | {"unknown_counts": counts})))
    with pytest.raises(FormatError, match="expected a number of rows for each column"):
        load(tmp_path / "model")


def test_the_first_call_takes_all_classes(flights, quick):
    model = EmbeddingClassifier(**quick)
    model.partial_fit(flights[:60], np.array(["a", "b"] * 30), classes=["a", "b", "c"])
    model.partial_fit(flights[60:], np.array(["b", "c"] * 30))
    assert model.classes_.tolist() == ["a", "b", "c"]
    assert model.predict_proba(flights).shape == (120, 3)


def test_a_first_batch_of_one_class_needs_the_classes(flights, quick):
    with pytest.raises(DataError, match="The target has only one class: 'a'"):
        EmbeddingClassifier(**quick).partial_fit(flights, np.array(["a"] * 120))
    model = EmbeddingClassifier(**quick).partial_fit(flights, np.array(["a"] * 120), classes=["a", "b"])
    assert set(model.predict(flights)) == {"a"}


@pytest.mark.parametrize("strange", ["c", 1])
def test_an_unknown_class_is_refused(strange, flights, late, quick):
    model = EmbeddingClassifier(**quick).partial_fit(flights, late)
    message = f"The target has a class that was not in the first fit: {strange!r}. Known classes: ['late', 'on"
    with pytest.raises(DataError, match=re.escape(message)):
        model.partial_fit(flights, np.array([strange] * 120))


def test_columns_are_checked_in_each_call(flights, late, quick):
    model = EmbeddingClassifier(**quick).partial_fit(flights, late)
    with pytest.raises(DataError, match=r"'dest' is missing\. Did you mean 'dset'\?"):
        model.partial_fit(flights.rename(columns={"dest": "dset"}), late)


def test_partial_fit_continues_after_fit_and_after_pickling(flights, late, quick):
    model = EmbeddingClassifier(**quick).fit(flights, late)
    again = pickle.loads(pickle.dumps(model))
    for each in (model, again):
        each.partial_fit(flights, late)
        assert each.n_epochs_ == 4
    assert model.classes_.tolist() == again.classes_.tolist()
    portions = pickle.loads(pickle.dumps(model))
    assert "_loops" not in portions.__dict__
    assert np.array_equal(portions.predict_proba(flights), model.predict_proba(flights))
    portions.partial_fit(flights, late)
    assert portions.n_epochs_ == 5


def test_fit_starts_from_scratch(flights, late, quick, classifier):
    model = EmbeddingClassifier(**quick, one_hot_max_categories=0).partial_fit(flights, late).fit(flights, late)
    assert np.array_equal(model.predict_proba(flights), classifier.predict_proba(flights))


def test_sample_weights_change_the_training(flights, late, quick):
    weights = np.where(late == "late", 9.0, 1.0)
    heavy = EmbeddingClassifier(**quick).partial_fit(flights, late, sample_weight=weights)
    light = EmbeddingClassifier(**quick).partial_fit(flights, late)
    assert heavy.predict_proba(flights)[:, 0].mean() > light.predict_proba(flights)[:, 0].mean() + 0.05


def test_balanced_class_weights_are_refused():
    with pytest.raises(DataError, match="class_weight='balanced' is not supported for partial_fit"):
        EmbeddingClassifier(class_weight="balanced").partial_fit(pd.DataFrame({"dest": ["a", "b"]}), [0, 1])


def test_a_parameter_changed_between_calls_takes_effect():
    X, y = pd.DataFrame({"dest": list("abcd") * 10}), [0, 1, 0, 1] * 10
    changed = [EmbeddingClassifier(random_state=0, body="mlp").partial_fit(X, y) for _ in range(2)]
    changed[1].set_params(weight_decay=10.0)
    first, second = (model.partial_fit(X, y).predict_proba(X) for model in changed)
    assert not np.array_equal(first, second)


def test_a_failed_call_leaves_the_model_unchanged():
    X, y = pd.DataFrame({"dest": list("abcd") * 10}), [0.0, 1.0, 2.0, 3.0] * 10
    model = EmbeddingRegressor(random_state=0, body="mlp").partial_fit(X, y)
    before = model.predict(X)
    with pytest.raises(TrainingError):
        model.set_params(learning_rate=1e30).partial_fit(X, y)
    assert np.array_equal(model.predict(X), before)


def test_a_batch_may_lack_classes_with_class_weights():
    X, y = pd.DataFrame({"dest": ["a", "b"] * 10}), [0, 1] * 10
    model = EmbeddingClassifier(class_weight={1: 5.0}, random_state=0, body="mlp").partial_fit(X, y)
    assert model.partial_fit(X, [0] * 20).n_epochs_ == 2


def test_each_call_trains_every_network_of_an_ensemble(flights, late, quick):
    models = [EmbeddingClassifier(**quick, n_ensemble=2) for _ in range(2)]
    single = EmbeddingClassifier(**quick)
    for first, second in [halves(flights, late)]:
        for model in (*models, single):
            model.partial_fit(*first)
        before = [network.get_weights()[0] for network in models[0].networks_]
        for model in (*models, single):
            model.partial_fit(*second)
    after = [network.get_weights()[0] for network in models[0].networks_]
    assert all(not np.array_equal(one, other) for one, other in zip(before, after, strict=True))
    assert np.array_equal(models[0].predict_proba(flights), models[1].predict_proba(flights))
    assert models[0].history_ == models[0].histories_[0] == single.history_
    assert [len(history["loss"]) for history in models[0].histories_] == [2, 2]
    again = pickle.loads(pickle.dumps(models[0])).partial_fit(flights, late)
    assert again.n_epochs_ == 3
    with pytest.raises(DataError, match="n_ensemble is 1, but earlier calls of partial_fit trained 2 networks"):
        again.set_params(n_ensemble=1).partial_fit(flights, late)


def test_a_failed_call_leaves_every_network_unchanged(flights, delay, quick):
    model = EmbeddingRegressor(**quick, n_ensemble=2).partial_fit(flights, delay)
    before = model.predict(flights)
    with pytest.raises(TrainingError):
        model.set_params(learning_rate=1e30).partial_fit(flights, delay)
    assert np.array_equal(model.predict(flights), before)
    assert model.set_params(learning_rate=0.01).partial_fit(flights, delay).n_epochs_ == 2


@pytest.mark.parametrize("n_ensemble", [1, 2])
def test_the_first_call_starts_from_its_rows(n_ensemble, late, quick, untrained):
    X = pd.DataFrame({"dest": list("ABCDEF") * 20, "zone": ["x", "x", "y", "y", "z", "z"] * 20})
    still = {**quick, "learning_rate": 1e-30, "one_hot_max_categories": 0, "n_ensemble": n_ensemble}
    with untrained():
        fitted = EmbeddingClassifier(**still).fit(X, late)
        random = EmbeddingClassifier(**still, start="random").partial_fit(X, late)
    made = EmbeddingClassifier(**still).partial_fit(X, late)
    np.testing.assert_allclose(made.vectors_["dest"].vectors, fitted.vectors_["dest"].vectors, atol=1e-6)
    before = made.vectors_["dest"].vectors
    made.partial_fit(X.iloc[::-1].assign(zone="x"), late)
    np.testing.assert_allclose(made.vectors_["dest"].vectors, before, atol=1e-6)
    assert np.abs(random.vectors_["dest"].vectors - before).max() > 0.01


@pytest.mark.parametrize("dim", ["auto", {"dest": "auto"}])
@pytest.mark.parametrize("cls", [EmbeddingClassifier, EmbeddingRegressor])
def test_there_is_no_partial_fit_where_the_dimensions_come_from_the_data(cls, dim):
    model = cls(embedding_dim=dim)
    assert not hasattr(model, "partial_fit")
    with pytest.raises(AttributeError) as caught:
        model.partial_fit(None, None)
    assert "embedding_dim='auto' is not supported for partial_fit" in str(caught.value.__cause__)
    assert hasattr(model.set_params(embedding_dim="capped"), "partial_fit")
    assert hasattr(cls(embedding_dim={"dest": 3}), "partial_fit")
