"""Fits that do not train, and loops that the next test can use."""

from contextlib import contextmanager

import pytest

from tabemb.training.pool import POOL, LoopPool
from tabemb.training.trainer import Trainer, TrainingRecord


@pytest.fixture(autouse=True)
def _give_back_loops(monkeypatch):
    """Give the loops that ``partial_fit`` keeps with an estimator back to the pool after the test."""
    kept, take, give_back = [], LoopPool.take, LoopPool.give_back

    def taken(self, *args, **kwargs):
        kept.append(take(self, *args, **kwargs))
        return kept[-1]

    def given_back(self, loop):
        kept[:] = [each for each in kept if each is not loop]
        give_back(self, loop)

    monkeypatch.setattr(LoopPool, "take", taken)
    monkeypatch.setattr(LoopPool, "give_back", given_back)
    yield
    for loop in kept:
        give_back(POOL, loop)


@pytest.fixture
def untrained():
    """Return a context in which a fit does all but the steps of the training, whose compilation takes most of its time.

    The networks keep the weights they start with, as with a learning rate of zero. The context is the list of the rows
    that each training was given: those to train on and those held out.
    """

    @contextmanager
    def context():
        given = []

        def fit(self, loop, train, validation, seeds):
            given.append((train, validation))
            return TrainingRecord(history={"loss": [1.0], "learning_rate": [0.0]}, n_epochs=1, best_epoch=1)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Trainer, "fit", fit)
            yield given

    return context
