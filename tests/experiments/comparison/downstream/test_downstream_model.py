import pytest

from tabemb.experiments.comparison.downstream.downstream_model import DOWNSTREAM, DownstreamModel


def test_the_names_of_the_registry():
    assert sorted(DOWNSTREAM) == ["forest", "knn", "linear", "trees"]


def test_a_model_must_be_built():
    with pytest.raises(TypeError, match=r"DownstreamModel must define build\(target, random_state, categories\)"):
        DownstreamModel().build(None, 0)
