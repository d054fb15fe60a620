"""The base class of objectives."""

import pytest

from tabemb.estimators.objectives import NO_TRAINING, OBJECTIVES, Objective


def test_an_objective_must_define_how_it_learns():
    with pytest.raises(TypeError, match="must define learn"):
        Objective().learn(None, None, None)
    assert dict(Objective().noise(None, None, None)) == {}
    Objective().check()


def test_the_objectives_are_registered():
    assert "cooccurrence" in list(OBJECTIVES)
    assert (NO_TRAINING.history, NO_TRAINING.n_epochs) == ({}, 0)
