"""The same network without embeddings: every category its own input, all else equal."""

from sklearn.base import clone

from tabemb.experiments.comparison.baselines.baseline import BASELINES, Baseline
from tabemb.experiments.comparison.candidates import (
    ONE_HOT_PARAMETER,
    ModelUnderTest,
    own_estimators,
    with_random_state,
)

__all__ = ["OneHotMlp"]


@BASELINES.register("one_hot_mlp")
class OneHotMlp(Baseline):
    """The model under test with ``one_hot_max_categories`` at infinity: one-hot rows, sparse, into the same body.

    The product of a one-hot row and the first kernel is a sum of kernel rows; they are gathered by index, so that the
    rows are stored as indices. ``dense_bytes_per_row`` tells what a dense layer would be fed.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> OneHotMlp().skip_reason(None, Ridge())
    'Ridge is not an estimator of this library, so there is no network to feed one-hot'
    """

    description = "the same network fed one-hot"

    def skip_reason(self, target, estimator):
        """Say so where the model under test is not one of this library."""
        if own_estimators(estimator):
            return ""
        return f"{type(estimator).__name__} is not an estimator of this library, so there is no network to feed one-hot"

    def build(self, target, estimator, random_state):
        """Return a clone of the model under test, fed one-hot."""
        # No column has vectors then, so that none begins with any.
        without = {ONE_HOT_PARAMETER: float("inf"), "pretrained": None, "freeze": False}
        one_hot = {f"{prefix}{name}": value for prefix in own_estimators(estimator) for name, value in without.items()}
        return with_random_state(clone(estimator).set_params(**one_hot), random_state)

    def n_parameters(self, fitted):
        """Return the weights of the network."""
        return ModelUnderTest(fitted).n_parameters(fitted)

    def input_bytes(self, fitted, X):
        """Return the bytes of the indices and numbers, and of the same rows one-hot and dense in float32."""
        if not hasattr(fitted, "encoder_"):
            return float("nan"), float("nan")
        table = fitted.encoder_.encode(X)
        width = sum(vocabulary.size for vocabulary in fitted.encoder_.vocabularies.values()) + table.numbers.shape[1]
        return float(table.nbytes), 4.0 * len(table) * width

    def history(self, fitted):
        """Return ``history_`` of the network."""
        return ModelUnderTest(fitted).history(fitted)
