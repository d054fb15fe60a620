"""Training on a share of the negatives, with probabilities of the whole table."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import log_loss, roc_auc_score

import tabemb
from tabemb import EmbeddingClassifier
from tabemb.datasets import make_clicks
from tabemb.estimators.down_sampling import corrected, weighted_negatives, without_negatives
from tabemb.estimators.inputs import TrainingData
from tabemb.exceptions import DataError
from tabemb.nn.tasks import Binary, Multiclass
from tabemb.table.frames import read_frame
from tabemb.training.batches import Rows
from tabemb.training.forward import forward_of

FAST = {"body": "mlp", "target_statistics": False, "max_epochs": 4, "random_state": 0}


def data_of(targets, weights=None):
    n = len(targets)
    return TrainingData(
        frame=read_frame(pd.DataFrame({"row": np.arange(n)})),
        targets=np.asarray(targets),
        weights=weights,
        kept=10 * np.arange(n),
        n_rows=10 * n,
        categorical=False,
    )


@pytest.fixture(scope="module")
def log():
    """Return earlier and later rows of a log, of which a tenth are clicks."""
    return make_clicks(24_000, 3, cardinality=200, zipf=0.5, click_rate=0.1, random_state=0).split(0.75)


@pytest.fixture(scope="module")
def fits(log):
    """Return fits of all rows and of a fifth of the negatives."""
    earlier, _ = log
    X = earlier.X[list(earlier.categorical)]
    return {
        share: EmbeddingClassifier(list(X), negative_share=share, **FAST).fit(X, earlier.y) for share in (None, 0.2)
    }


def clicks_of(log, model):
    later = log[1]
    return model.predict_proba(later.X[list(later.categorical)])[:, 1]


def test_all_positives_and_a_share_of_the_negatives_are_kept_in_their_order():
    targets = np.array(["no", "yes"] * 50 + ["no"] * 50)
    weights = np.arange(150.0)
    kept = without_negatives(data_of(targets, weights), 0.25, np.random.default_rng(0))
    assert np.bincount(kept.targets == "yes").tolist() == [25, 50]
    assert (np.diff(kept.kept) > 0).all()
    assert np.array_equal(kept.targets, targets[kept.kept // 10])
    assert np.array_equal(kept.weights, weights[kept.kept // 10])
    assert kept.frame.n_rows == 75
    assert kept.n_rows == 1500


def test_the_choice_is_random():
    data = data_of([0] * 100 + [1] * 5)
    first, second = (without_negatives(data, 0.5, np.random.default_rng(seed)).kept for seed in (0, 1))
    assert not np.array_equal(first, second)


@pytest.mark.parametrize(("share", "n_kept"), [(1.0, 40), (1e-9, 1)])
def test_all_or_one_of_the_negatives_are_kept_at_the_ends(share, n_kept):
    kept = without_negatives(data_of([0] * 40 + [1]), share, np.random.default_rng(0))
    assert (kept.targets == 0).sum() == n_kept


def test_validation_rows_have_the_weights_of_sampled_rows():
    rows = Rows(table=None, targets=np.array([0.0, 1.0, 0.0]))
    assert weighted_negatives(rows, 0.1).weights.tolist() == [0.1, 1.0, 0.1]
    weighted = Rows(table=None, targets=rows.targets, weights=np.array([2.0, 3.0, 4.0]))
    assert weighted_negatives(weighted, 0.5).weights.tolist() == [1.0, 3.0, 2.0]


def test_the_correction_is_equation_4():
    sampled, share = np.array([0.01, 0.5, 0.9]), 0.05
    task = corrected(Binary(np.array([0, 1])), share)
    logits = np.log(sampled / (1 - sampled))[:, None]
    assert task.activate(logits)[:, 1] == pytest.approx(sampled / (sampled + (1 - sampled) / share))


def test_only_two_classes_are_corrected():
    task = Multiclass(np.array([0, 1, 2]))
    assert corrected(task, 0.1) is task


def test_probabilities_are_those_of_the_whole_table(log, fits):
    rate = log[1].y.mean()
    p = clicks_of(log, fits[0.2])
    assert p.mean() == pytest.approx(rate, rel=0.15)
    assert clicks_of(log, fits[None]).mean() == pytest.approx(rate, rel=0.15)
    # Without the correction the mean would be about a third.
    raw = 1 / (1 + np.exp(-(np.log(p / (1 - p)) - np.log(0.2))))
    assert raw.mean() > 3 * rate


def test_the_scores_are_hardly_worse(log, fits):
    y = log[1].y
    of_all, of_some = (clicks_of(log, fits[share]) for share in (None, 0.2))
    assert roc_auc_score(y, of_some) > roc_auc_score(y, of_all) - 0.02
    assert log_loss(y, of_some) < log_loss(y, of_all) + 0.01


def test_training_reads_fewer_rows(log, fits):
    counts = {share: sum(model.vectors_["user"].counts) for share, model in fits.items()}
    clicks = log[0].y.sum()
    assert counts[0.2] == pytest.approx(clicks + 0.2 * (len(log[0].y) - clicks), abs=1)
    assert counts[None] == len(log[0].y)


def test_a_saved_model_and_the_predictor_have_the_correction(log, fits, tmp_path):
    model, later = fits[0.2], log[1]
    X = later.X[list(later.categorical)].head(50)
    model.save(tmp_path / "model")
    loaded = tabemb.load(tmp_path / "model")
    assert np.array_equal(loaded.predict_proba(X), model.predict_proba(X))
    assert loaded.negative_share == 0.2
    for each in (model.predictor(), tabemb.load_predictor(tmp_path / "model")):
        assert each.predict_proba(X) == pytest.approx(model.predict_proba(X), abs=1e-6)


def test_a_task_without_the_offset_is_loaded_as_uncorrected():
    state = Binary(np.array([0, 1])).to_state()
    del state["offset"]
    assert Binary.from_state(state).offset == 0.0
    assert Binary.from_state(corrected(Binary(np.array([0, 1])), 0.5).to_state()).offset == np.log(0.5)


@pytest.mark.parametrize("given", [False, True])
def test_the_temperature_comes_before_the_correction(log, given):
    earlier, later = log
    X, X_val = (part.X[list(part.categorical)] for part in log)
    model = EmbeddingClassifier(list(X), negative_share=0.2, calibration="temperature", **FAST)
    model.fit(X, earlier.y, **({"X_val": X_val, "y_val": later.y} if given else {}))
    assert model.temperature_ != 1.0
    logits = forward_of(model._network).logits(model.encoder_.encode(read_frame(X_val)))
    p = 1 / (1 + np.exp(-(logits[:, 0] / model.temperature_ + np.log(0.2))))
    assert model.predict_proba(X_val)[:, 1] == pytest.approx(p, abs=1e-5)
    assert p.mean() == pytest.approx(later.y.mean(), rel=0.2)


def test_sample_weights_are_those_of_the_kept_rows(log):
    earlier, later = log
    X = earlier.X[list(earlier.categorical)]
    weights = np.where(earlier.y == 1, 2.0, 1.0)
    model = EmbeddingClassifier(list(X), negative_share=0.2, **FAST).fit(X, earlier.y, weights)
    odds = later.y.mean() / (1 - later.y.mean())
    assert clicks_of(log, model).mean() == pytest.approx(2 * odds / (1 + 2 * odds), rel=0.15)


def test_the_first_class_is_sampled():
    X = pd.DataFrame({"page": list("ab") * 100})
    y = np.array(["click", "none"] * 100)
    model = EmbeddingClassifier(negative_share=0.5, one_hot_max_categories=0, **FAST).fit(X, y)
    assert dict(zip(model.vectors_["page"].index_to_key, model.vectors_["page"].counts, strict=True)) == {
        "a": 50,
        "b": 100,
    }


@pytest.mark.parametrize("share", [0, -0.1, 1.5, "0.5", True, np.nan])
def test_a_share_out_of_range_is_refused(share):
    with pytest.raises(ValueError, match=r"'negative_share' parameter .* must be a number in \(0, 1\] or None\."):
        EmbeddingClassifier(negative_share=share).fit(pd.DataFrame({"a": list("xy") * 10}), [0, 1] * 10)


@pytest.mark.parametrize(
    ("y", "got"), [([0, 1, 2] * 10, "3 classes"), (np.tile([[0, 1], [1, 0], [1, 1]], (10, 1)), "2 labels")]
)
def test_other_targets_are_refused(y, got):
    with pytest.raises(DataError, match=rf"negative_share=0.5 is for two classes.*the target has {got}"):
        EmbeddingClassifier(negative_share=0.5).fit(pd.DataFrame({"a": list("xyz") * 10}), y)


def test_partial_fit_is_refused(log, fits):
    X = log[1].X[list(log[1].categorical)].head(20)
    y = log[1].y[:20]
    with pytest.raises(DataError, match="negative_share is not supported for partial_fit"):
        EmbeddingClassifier(negative_share=0.5).partial_fit(X, y, classes=[0, 1])
    before = fits[0.2].predict_proba(X)
    fits[0.2].set_params(negative_share=None)
    try:
        with pytest.raises(DataError, match="fit again"):
            fits[0.2].partial_fit(X, y)
    finally:
        fits[0.2].set_params(negative_share=0.2)
    assert np.array_equal(fits[0.2].predict_proba(X), before)
