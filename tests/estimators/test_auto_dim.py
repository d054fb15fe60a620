"""Dimensions found by training."""

import numpy as np
import pandas as pd
import pytest

from tabemb import EmbeddingClassifier, EmbeddingEncoder, EmbeddingRegressor, load
from tabemb.estimators.auto_dim import auto_dims
from tabemb.exceptions import UnknownNameError
from tabemb.nn.bodies import BODIES
from tabemb.table.encoded_table import EncodedTable
from tabemb.training.batches import Rows

N = 2000
RNG = np.random.default_rng(0)
# Of "place" one number matters, of "noise" none.
PLACE = RNG.integers(0, 40, N)
X = pd.DataFrame({"place": [f"p{i}" for i in PLACE], "noise": [f"n{i}" for i in RNG.integers(0, 40, N)]})
Y = (RNG.normal(size=40)[PLACE] + 0.1 * RNG.normal(size=N)).astype("float32")
SETTINGS = {
    "body": {"name": "mlp", "hidden_units": (16,)},
    "learning_rate": 0.01,
    "max_epochs": 15,
    "target_statistics": False,
    "random_state": 0,
}


def dims(model):
    return {name: vectors.vectors.shape[1] for name, vectors in model.vectors_.items()}


@pytest.fixture(scope="module")
def fitted():
    return EmbeddingRegressor(embedding_dim="auto", **SETTINGS).fit(X, Y)


def test_columns_that_need_fewer_dimensions_get_fewer(fitted):
    ruled = EmbeddingRegressor(**SETTINGS).fit(X, Y)
    assert dims(ruled) == {"place": 13, "noise": 13}
    assert dims(fitted)["place"] <= 4
    assert dims(fitted)["noise"] == 1
    assert fitted.score(X, Y) > ruled.score(X, Y) - 0.01


def test_a_fit_with_the_dimensions_found_is_equal(fitted):
    again = EmbeddingRegressor(embedding_dim=dims(fitted), **SETTINGS).fit(X, Y)
    assert np.array_equal(again.predict(X), fitted.predict(X))


def test_auto_may_be_set_for_single_columns():
    model = EmbeddingRegressor(embedding_dim={"noise": "auto", "place": 7}, **SETTINGS).fit(X, Y)
    assert dims(model) == {"place": 7, "noise": 1}


def test_the_dimensions_are_saved(fitted, tmp_path):
    fitted.save(tmp_path / "model")
    again = load(tmp_path / "model")
    assert again.embedding_dim == "auto"
    assert dims(again) == dims(fitted)
    assert np.array_equal(again.predict(X), fitted.predict(X))


def test_slices_keep_equal_widths():
    keys = RNG.integers(0, 1000, N)
    table = pd.DataFrame({"key": keys.astype(str)})
    body = {"name": "ensemble", "n_members": 4, "hidden_units": (8,)}
    settings = {**SETTINGS, "body": body, "max_epochs": 2}
    model = EmbeddingClassifier(embedding_dim={"key": "auto"}, **settings).fit(table, keys % 2)
    assert dims(model)["key"] in {16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60, 64}
    assert dims(model)["key"] < 64


def test_the_network_is_unchanged_afterwards(fitted):
    rows = Rows(table=fitted.encoder_.encode(fitted._read(X)), targets=fitted.task_.encode(Y), weights=None)
    before = [np.array(v) for v in fitted.network_.get_weights()]
    counts = {name: v.counts for name, v in fitted.encoder_.vocabularies.items()}
    found = auto_dims(fitted._network, fitted.task_, rows, counts, ["place"])
    assert set(found) == {"place"}
    assert all(np.array_equal(a, b) for a, b in zip(before, fitted.network_.get_weights(), strict=True))


def test_needed_dimensions_are_kept():
    """A network whose answer is the sum of the four numbers of a vector, each of which matters."""
    model = EmbeddingRegressor(embedding_dim=4, **{**SETTINGS, "body": {"name": "mlp", "hidden_units": ()}}).fit(X, Y)
    vectors = RNG.normal(size=(42, 4)).astype("float32")
    model.network_.get_layer("place_embedding").embeddings.assign(vectors)
    indices = np.stack([np.tile(np.arange(42), 50), np.zeros(2100)], axis=1).astype(np.int32)
    table = EncodedTable(indices, np.empty((2100, 0), np.float32))
    answers = np.asarray(model._network.logits(table))[:, 0]
    counts = {"place": np.ones(42, int)}
    for noise, wanted in [(0.0, 1), (1e3, 1)]:
        targets = (answers + noise * RNG.normal(size=2100)).astype("float32")
        rows = Rows(table=table, targets=targets, weights=None)
        # One direction carries a linear answer only by chance; with targets that nothing explains it is enough.
        found = auto_dims(model._network, model.task_, rows, counts, ["place"])["place"]
        assert found == (4 if noise == 0 else wanted)


def test_a_table_too_small_to_split_follows_the_rule(recwarn):
    model = EmbeddingRegressor(embedding_dim="auto", **SETTINGS).fit(X[:15], Y[:15])
    ruled = EmbeddingRegressor(**SETTINGS).fit(X[:15], Y[:15])
    assert dims(model) == dims(ruled)


def test_rows_are_held_out_even_without_early_stopping():
    model = EmbeddingRegressor(embedding_dim="auto", early_stopping=False, **SETTINGS).fit(X, Y)
    assert dims(model)["noise"] == 1
    assert model.n_epochs_ == SETTINGS["max_epochs"]


def test_callbacks_see_only_the_final_training():
    import keras

    seen = []
    callback = keras.callbacks.LambdaCallback(on_train_begin=lambda logs: seen.append("begin"))
    EmbeddingRegressor(embedding_dim="auto", callbacks=[callback], **SETTINGS).fit(X, Y)
    assert seen == ["begin"]


def test_the_encoder_supports_auto():
    encoder = EmbeddingEncoder(embedding_dim="auto", cv=2, **SETTINGS)
    out = encoder.fit_transform(X, Y)
    assert out.shape[1] == sum(dims(encoder).values())
    assert dims(encoder)["noise"] == 1


def test_members_of_an_ensemble_have_equal_dimensions():
    model = EmbeddingRegressor(embedding_dim="auto", n_ensemble=2, **SETTINGS).fit(X, Y)
    first, second = (network.get_layer("noise_embedding").output_dim for network in model.networks_)
    assert first == second == 1


def test_partial_fit_refuses_auto():
    model = EmbeddingRegressor(embedding_dim="auto", **SETTINGS)
    with pytest.raises(AttributeError, match="has no attribute 'partial_fit'"):
        model.partial_fit(X, Y)
    assert not hasattr(model, "encoder_")


def test_the_error_for_an_unknown_rule_lists_auto():
    with pytest.raises(UnknownNameError, match=r"'auto' \(found by training\)"):
        EmbeddingRegressor(embedding_dim="atuo", **SETTINGS).fit(X, Y)


@pytest.mark.parametrize("body", sorted(BODIES))
def test_every_body_supports_auto(body, untrained):
    model = EmbeddingRegressor(embedding_dim="auto", **{**SETTINGS, "body": body})
    with untrained():
        model.fit(X[:400], Y[:400])
    assert 1 <= dims(model)["noise"] <= 13
    assert np.isfinite(model.predict(X)).all()
