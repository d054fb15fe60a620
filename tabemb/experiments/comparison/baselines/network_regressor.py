"""The network of a ranker, fitted to the relevances themselves instead of to their order."""

from inspect import signature

from sklearn.base import clone

from tabemb.experiments.comparison.baselines.baseline import BASELINES, Baseline
from tabemb.experiments.comparison.candidates import (
    ModelUnderTest,
    is_pretrained,
    with_random_state,
    without_pretraining,
)
from tabemb.experiments.comparison.targets import reads_groups

__all__ = ["NetworkRegressor"]


@BASELINES.register("network_regressor")
class NetworkRegressor(Baseline):
    """`EmbeddingRegressor` with the parameters of the ranker under test, squared error and no target statistics.

    It compares rows of different groups. It is better than a ranker if relevances have the same meaning in all groups.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> NetworkRegressor().skip_reason(None, Ridge())
    'Ridge is not an EmbeddingRanker'
    """

    description = "the same network, as a regression on the relevance"

    def skip_reason(self, target, estimator):
        """Return a reason if the model under test does not rank."""
        return "" if reads_groups(estimator) else f"{type(estimator).__name__} is not an EmbeddingRanker"

    def build(self, target, estimator, random_state):
        """Return the regressor, with the same pretraining."""
        from tabemb.estimators.regressor import EmbeddingRegressor

        known = set(signature(EmbeddingRegressor).parameters) - {"loss"}
        params = without_pretraining(estimator).get_params(deep=False)
        own = {name: clone(each, safe=False) for name, each in params.items() if name in known}
        model = EmbeddingRegressor(**own | {"target_statistics": False})
        if is_pretrained(estimator):
            model = clone(estimator).set_params(estimator=model)
        return with_random_state(model, random_state)

    def n_parameters(self, fitted):
        """Return the number of weights of the network."""
        return ModelUnderTest(fitted).n_parameters(fitted)

    def input_bytes(self, fitted, X):
        """Return the bytes of the indices and numbers."""
        return ModelUnderTest(fitted).input_bytes(fitted, X)

    def history(self, fitted):
        """Return ``history_`` of the network."""
        return ModelUnderTest(fitted).history(fitted)
