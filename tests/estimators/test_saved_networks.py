"""Networks as values and arrays."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from tabemb import EmbeddingRegressor
from tabemb.estimators.saved_networks import networks_to_state, take_networks
from tabemb.nn.numeric import PiecewiseLinear

rng = np.random.default_rng(0)
X = pd.DataFrame({"stop": rng.integers(0, 20, 300).astype(str), "line": rng.integers(0, 9, 300).astype(str)})
Y = X["stop"].astype(int) + rng.normal(size=300)


@pytest.mark.parametrize("wanted", [True, False])
def test_networks_come_back(wanted, untrained):
    settings = {"n_ensemble": 2, "random_state": 0, "body": "mlp", "target_statistics": wanted}
    with untrained():
        model = EmbeddingRegressor(**settings).fit(X, Y)
        other = clone(model).set_params(random_state=1).fit(X, Y[::-1])
    state, arrays = networks_to_state(model)
    assert ("statistics" in state) == ("network-statistics" in arrays) == wanted
    other.encoder_ = model.encoder_
    # Weights that no seed gives.
    for network in (*model.networks_, *([model.statistics_network_] if wanted else [])):
        network.set_weights([each + 0.1 for each in network.get_weights()])
    state, arrays = networks_to_state(model)
    take_networks(other, state, arrays)
    table = model.encoder_.encode(X)
    for one, two in zip(model._networks, other._networks, strict=True):
        assert np.array_equal(one.logits(table), two.logits(table))
    assert other.statistics_share_ == model.statistics_share_
    if wanted:
        assert np.array_equal(model._beside.network.logits(table), other._beside.network.logits(table))


def test_weights_of_another_shape_are_refused(untrained):
    with untrained():
        model = EmbeddingRegressor(random_state=0, body="mlp", target_statistics=True).fit(X, Y)
    state, arrays = networks_to_state(model)
    name = next(iter(arrays["network-statistics"]))
    with pytest.raises(ValueError, match="not among the saved weights"):
        take_networks(model, state, {**arrays, "network-statistics": {name: np.zeros((2, 2), np.float32)}})


def test_statistics_networks_of_earlier_versions_have_wide_vectors_of_numbers(monkeypatch, untrained):
    mixed = X.assign(delay=rng.normal(size=len(X)))
    with monkeypatch.context() as earlier, untrained():
        earlier.setattr(PiecewiseLinear, "narrowed", lambda self: self)
        model = EmbeddingRegressor(random_state=0, body="mlp", target_statistics=True).fit(mixed, Y)
    state, arrays = networks_to_state(model)
    del state["statistics"]["narrowed"]
    before = model.predict(mixed)
    take_networks(model, state, arrays)
    assert np.array_equal(model.predict(mixed), before)
