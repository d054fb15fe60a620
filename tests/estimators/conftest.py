"""Fits that do not train."""

from contextlib import contextmanager

import pytest

from tabemb.training.trainer import Trainer, TrainingRecord


@pytest.fixture
def untrained():
    """Return a context in which a fit does all but the steps of the training, whose compilation takes most of its time.

    The networks keep the weights they start with, as with a learning rate of zero.
    """

    def fit(self, loop, train, validation, seeds):
        return TrainingRecord(history={"loss": [1.0], "learning_rate": [0.0]}, n_epochs=1, best_epoch=1)

    @contextmanager
    def context():
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Trainer, "fit", fit)
            yield

    return context
