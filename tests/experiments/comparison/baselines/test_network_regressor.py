"""The network of a ranker as a regression on the relevance."""

import numpy as np
import pandas as pd

from tabemb import EmbeddingPretrainer, EmbeddingRanker, EmbeddingRegressor
from tabemb.experiments.comparison.baselines import NetworkRegressor
from tabemb.experiments.comparison.candidates import ModelUnderTest
from tabemb.experiments.pretraining import ExtraRows, PretrainedModel

RANKER = EmbeddingRanker("q", body="mlp", max_epochs=2, embedding_dim=2, one_hot_max_categories=0, loss="lambdarank")
PRETRAINED = PretrainedModel(RANKER, EmbeddingPretrainer(embedding_dim=2), ExtraRows([]))
X = pd.DataFrame({"city": ["a", "b", "c", "d"] * 10, "state": ["u", "u", "v", "v"] * 10})


def test_it_applies_to_rankers_alone():
    assert NetworkRegressor().skip_reason(None, RANKER) == ""
    assert NetworkRegressor().skip_reason(None, PRETRAINED) == ""
    assert NetworkRegressor().skip_reason(None, EmbeddingRegressor()) == "EmbeddingRegressor is not an EmbeddingRanker"


def test_only_the_loss_differs():
    baseline = NetworkRegressor()
    built = baseline.build(None, RANKER, 7)
    assert type(built) is EmbeddingRegressor
    assert (built.loss, built.target_statistics, built.random_state) == ("squared_error", False, 7)
    ours, theirs = RANKER.get_params(), built.get_params()
    same = set(ours) & set(theirs) - {"loss", "random_state"}
    assert {name: theirs[name] for name in same} == {name: ours[name] for name in same}
    fitted = built.fit(X, np.arange(40.0))
    assert baseline.n_parameters(fitted) == ModelUnderTest(fitted).n_parameters(fitted) > 0
    assert baseline.input_bytes(fitted, X) == (320.0, 320.0)
    assert len(baseline.history(fitted)["loss"]) == 2


def test_it_is_pretrained_as_the_ranker_is():
    built = NetworkRegressor().build(None, PRETRAINED, 3)
    assert type(built) is PretrainedModel
    assert type(built.estimator) is EmbeddingRegressor
    assert built.estimator.loss == "squared_error"
    assert type(PRETRAINED.estimator) is EmbeddingRanker
