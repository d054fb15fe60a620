"""The same network with one-hot inputs in place of embeddings."""

from sklearn.base import clone

from tabemb.experiments.comparison.baselines.baseline import BASELINES, Baseline
from tabemb.experiments.comparison.candidates import (
    ONE_HOT_PARAMETER,
    ModelUnderTest,
    own_estimators,
    with_random_state,
    without_pretraining,
)

__all__ = ["OneHotMlp"]


# Parameters of vectors mean nothing without vectors: what they name, such as a column, could only be refused.
WITHOUT_VECTORS = {
    ONE_HOT_PARAMETER: float("inf"),
    "embedding_dim": "capped",
    "embedding_rate": "auto",
    "start": "random",
    "pretrained": None,
    "freeze": False,
}


@BASELINES.register("one_hot_mlp")
class OneHotMlp(Baseline):
    """The model under test with ``one_hot_max_categories`` of infinity: sparse one-hot rows into the same body.

    The product of a one-hot row and the first kernel is a sum of kernel rows, which are gathered by index, so the rows
    are stored as indices. ``dense_bytes_per_row`` is the size of the dense input.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> OneHotMlp().skip_reason(None, Ridge())
    'Ridge is not an estimator of this library, so it has no network for one-hot inputs'
    """

    description = "the same network with one-hot inputs"

    def skip_reason(self, target, estimator):
        """Return a reason if the model under test is not an estimator of this library."""
        if own_estimators(estimator):
            return ""
        return (
            f"{type(estimator).__name__} is not an estimator of this library, so it has no network for one-hot inputs"
        )

    def build(self, target, estimator, random_state):
        """Return a clone of the model under test with one-hot inputs; it has no vectors to pretrain."""
        estimator = without_pretraining(estimator)
        one_hot = {
            f"{prefix}{name}": value for prefix in own_estimators(estimator) for name, value in WITHOUT_VECTORS.items()
        }
        return with_random_state(clone(estimator).set_params(**one_hot), random_state)

    def n_parameters(self, fitted):
        """Return the number of weights of the network."""
        return ModelUnderTest(fitted).n_parameters(fitted)

    def input_bytes(self, fitted, X):
        """Return the bytes of the indices and numbers, and of the same rows as dense one-hot in float32."""
        if not hasattr(fitted, "encoder_"):
            return float("nan"), float("nan")
        table = fitted.encoder_.encode(X)
        width = sum(vocabulary.size for vocabulary in fitted.encoder_.vocabularies.values()) + table.numbers.shape[1]
        return float(table.nbytes), 4.0 * len(table) * width

    def history(self, fitted):
        """Return ``history_`` of the network."""
        return ModelUnderTest(fitted).history(fitted)
