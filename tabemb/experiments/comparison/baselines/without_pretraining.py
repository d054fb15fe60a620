"""The same model, from its own start instead of vectors learned without the target."""

from sklearn.base import clone

from tabemb.experiments.comparison.baselines.baseline import BASELINES, Baseline
from tabemb.experiments.comparison.candidates import (
    ModelUnderTest,
    is_pretrained,
    with_random_state,
    without_pretraining,
)

__all__ = ["WithoutPretraining"]


@BASELINES.register("without_pretraining")
class WithoutPretraining(Baseline):
    """The model under test without its pretraining: what the rows without a target are worth.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> WithoutPretraining().skip_reason(None, Ridge())
    'the model under test is not pretrained'
    """

    description = "the same network without pretraining"

    def skip_reason(self, target, estimator):
        """Return a reason if the model under test is not pretrained."""
        return "" if is_pretrained(estimator) else "the model under test is not pretrained"

    def build(self, target, estimator, random_state):
        """Return a clone of the model under test, without its pretraining."""
        return with_random_state(clone(without_pretraining(estimator)), random_state)

    def n_parameters(self, fitted):
        """Return the number of weights of the network."""
        return ModelUnderTest(fitted).n_parameters(fitted)

    def input_bytes(self, fitted, X):
        """Return the bytes of the indices and numbers."""
        return ModelUnderTest(fitted).input_bytes(fitted, X)

    def history(self, fitted):
        """Return ``history_`` of the network."""
        return ModelUnderTest(fitted).history(fitted)
