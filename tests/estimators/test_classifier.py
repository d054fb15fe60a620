"""EmbeddingClassifier."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score

from tabemb import EmbeddingClassifier
from tabemb.estimators.folds import strata_of
from tabemb.exceptions import DataError, UnknownNameError
from tabemb.nn.losses import FocalLoss


def test_it_learns_the_rule(flights, late, quick):
    model = EmbeddingClassifier(**{**quick, "max_epochs": 15}).fit(flights, late)
    assert model.score(flights, late) > 0.85
    assert model.score(flights, late) == accuracy_score(late, model.predict(flights))


def test_probabilities_and_labels_agree(classifier, flights):
    probabilities = classifier.predict_proba(flights)
    assert classifier.classes_.tolist() == ["late", "on time"]
    assert probabilities.shape == (120, 2)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)
    assert np.array_equal(classifier.predict(flights), classifier.classes_[probabilities.argmax(axis=1)])


CLASSES = {
    "text": np.array(["no", "yes", "maybe"]),
    "integers": np.array([10, -3, 2**40]),
    "two truth values": np.array([True, False]),
    "floats": np.array([0.0, 1.0, 2.0]),
    "objects": np.array(["no", "yes"], dtype=object),
}


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_classes_of_any_type_come_back_as_they_are(name, flights, quick, untrained):
    classes = CLASSES[name]
    y = classes[np.arange(len(flights)) % len(classes)]
    with untrained():
        model = EmbeddingClassifier(**quick).fit(flights, y)
    assert model.classes_.tolist() == sorted(classes.tolist())
    assert model.classes_.dtype == y.dtype
    assert model.predict(flights).dtype == y.dtype
    assert model.predict_proba(flights).shape == (120, len(classes))


def test_several_labels_at_once(flights, late, quick):
    Y = np.column_stack([late == "late", flights["carrier"] == "UA", flights["hour"] > 12]).astype(int)
    model = EmbeddingClassifier(**{**quick, "max_epochs": 30}).fit(flights, Y)
    probabilities, labels = model.predict_proba(flights), model.predict(flights)
    assert probabilities.shape == labels.shape == Y.shape
    assert np.array_equal(labels, (probabilities > 0.5).astype(int))
    assert (labels == Y).mean() > 0.85


def test_class_weight_is_a_sample_weight_by_class(flights, late, quick):
    by_class = EmbeddingClassifier(**quick, class_weight={"late": 3, "on time": 1}).fit(flights, late)
    by_row = EmbeddingClassifier(**quick).fit(flights, late, sample_weight=np.where(late == "late", 3.0, 1.0))
    assert np.array_equal(by_class.predict_proba(flights), by_row.predict_proba(flights))


def test_balanced_classes_and_sample_weights_multiply(flights, late, quick):
    y = np.where(np.arange(len(late)) % 6 == 0, "late", "on time")
    weights = np.linspace(0.5, 2, len(y))
    balanced = EmbeddingClassifier(**quick, class_weight="balanced").fit(flights, y, weights)
    shares = {"late": len(y) / 2 / (y == "late").sum(), "on time": len(y) / 2 / (y == "on time").sum()}
    by_hand = EmbeddingClassifier(**quick, class_weight=shares).fit(flights, y, weights)
    assert np.array_equal(balanced.predict_proba(flights), by_hand.predict_proba(flights))
    plain = EmbeddingClassifier(**quick).fit(flights, y, weights)
    assert balanced.predict_proba(flights)[:, 0].mean() > plain.predict_proba(flights)[:, 0].mean() + 0.1


def test_a_validation_part_has_every_class_where_it_can(flights, quick, untrained):
    y = np.array(["a"] * 100 + ["b"] * 20)
    X = flights.assign(tell=np.arange(120) // 100)
    with untrained() as rows:
        EmbeddingClassifier(**quick, validation_fraction=0.1).fit(X, y)
        one_alone = np.array(["a"] * 119 + ["b"])
        assert EmbeddingClassifier(**quick).fit(flights, one_alone).classes_.tolist() == ["a", "b"]
    train, held = rows[0]
    assert np.bincount(held.targets.astype(int)).tolist() == [10, 2]
    assert np.bincount(train.targets[train.kept].astype(int)).tolist() == [90, 18]


def test_one_rare_class_does_not_undo_the_stratification_of_the_others(flights, quick, untrained):
    y = np.array(["a"] * 89 + ["b"] * 30 + ["c"])
    with untrained():
        model = EmbeddingClassifier(**quick).fit(flights, y)
    strata = strata_of(model.task_.encode(y), 12)
    assert np.unique(strata, return_counts=True)[1].tolist() == [90, 30]


@pytest.mark.parametrize("share", [0.9, 0.99])
def test_a_large_validation_part_leaves_rows_to_train_on(share, flights, quick):
    y = np.arange(20) % 10
    assert EmbeddingClassifier(**quick, validation_fraction=share).fit(flights[:20], y).n_epochs_ >= 1


def test_one_hot_is_the_same_network_without_vectors(flights, late, quick, untrained):
    with untrained():
        model = EmbeddingClassifier(**quick, one_hot_max_categories=float("inf")).fit(flights, late)
        some = EmbeddingClassifier(**quick, one_hot_max_categories=3).fit(flights, late)
    assert dict(model.vectors_) == {}
    assert model.network_.get_layer("trunk").get_layer("hidden_0_one_hot").kernel.shape == (8 + 5, 16)
    assert list(some.vectors_) == ["dest"]
    unseen = flights.assign(carrier="never seen")
    assert np.isfinite(some.predict_proba(unseen)).all()


def test_every_class_of_a_frames_target_is_kept_in_order(flights, quick, untrained):
    y = pd.Series(["b", "a", "c"] * 40, index=np.arange(120)[::-1])
    with untrained():
        assert EmbeddingClassifier(**quick).fit(flights, y).classes_.tolist() == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("class_weight", "message"),
    [
        ({5: 1.0}, r"class_weight names none of the classes \[0, 1\]\. Its keys are \[5\]"),
        ({1: 0.0}, "class_weight must be positive numbers, got 0.0 for the class 1"),
        ("balance", "class_weight must be 'balanced', a dict or None, got 'balance'"),
    ],
)
def test_class_weights_that_fit_nothing_are_refused(class_weight, message):
    with pytest.raises(DataError, match=message):
        EmbeddingClassifier(class_weight=class_weight).fit(pd.DataFrame({"dest": ["a", "b"] * 10}), [0, 1] * 10)


# ---------------------------------------------------------------- losses


def test_the_parameters_of_a_loss_reach_the_network(flights, late, quick):
    model = EmbeddingClassifier(**quick, loss="focal").fit(flights, late)
    before = model.predict_proba(flights)
    assert np.array_equal(
        EmbeddingClassifier(**quick, loss=FocalLoss()).fit(flights, late).predict_proba(flights), before
    )
    model.set_params(loss__gamma=0.0)
    plain = EmbeddingClassifier(**quick).fit(flights, late).predict_proba(flights)
    np.testing.assert_allclose(model.fit(flights, late).predict_proba(flights), plain, atol=1e-3)
    assert not np.allclose(before, plain, atol=1e-3)


def test_the_focal_loss_and_smoothing_are_less_sure(flights, late, quick):
    params = {**quick, "max_epochs": 30, "early_stopping": False}
    sure, focal, smooth = (
        EmbeddingClassifier(**params, **more).fit(flights, late).predict_proba(flights).max(axis=1).mean()
        for more in ({}, {"loss": "focal"}, {"label_smoothing": 0.4})
    )
    assert focal < sure - 0.05
    assert smooth < sure - 0.05


def test_smoothing_is_not_in_the_validation_loss(flights, quick):
    """Where the network is sure and right, the plain loss is near 0; the smoothed one cannot be."""
    y = (flights["carrier"] == "UA").to_numpy()
    params = {**quick, "max_epochs": 30, "n_iter_no_change": 30}
    plain, smooth = (EmbeddingClassifier(**params, label_smoothing=s).fit(flights, y).history_ for s in (0.0, 0.05))
    assert min(plain["loss"]) < 0.05 < min(smooth["loss"])
    assert min(smooth["val_loss"]) < min(smooth["loss"])


@pytest.mark.parametrize("loss", ["cross_entropy", "focal"])
def test_labels_and_many_classes_learn_with_every_loss(loss, flights, late, quick):
    Y = np.column_stack([late == "late", flights["carrier"] == "UA"]).astype(int)
    for y in (Y, flights["carrier"].to_numpy()):
        model = EmbeddingClassifier(**{**quick, "max_epochs": 15}, loss=loss, label_smoothing=0.1).fit(flights, y)
        assert (model.predict(flights) == y).mean() > 0.85


@pytest.mark.parametrize(
    ("loss", "error", "message"),
    [
        ("squared_error", UnknownNameError, "The loss 'squared_error' is for numbers, but the target holds classes"),
        ("focla", UnknownNameError, r"No loss named 'focla'\. .* Did you mean 'focal'\?"),
        ({"name": "focal", "gamma": -1}, ValueError, "gamma of the focal loss must be a number of 0 or more, got -1"),
    ],
)
def test_a_loss_that_does_not_fit_is_refused(loss, error, message):
    with pytest.raises(error, match=message):
        EmbeddingClassifier(loss=loss).fit(pd.DataFrame({"dest": ["a", "b"] * 10}), [0, 1] * 10)


def test_embedding_dim_embeds_the_columns_that_it_names_however_few_their_categories(flights, late, quick, untrained):
    with untrained():
        model = EmbeddingClassifier(**quick, embedding_dim={"carrier": 2}, one_hot_max_categories=99).fit(flights, late)
    assert list(model.vectors_) == ["carrier"]
    assert model.vectors_["carrier"].vectors.shape[1] == 2
