"""Gradient-boosted trees (scikit-learn's HistGradientBoosting), as two baselines use them."""

from typing import Any

from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from tabemb.experiments.comparison.targets import Target

__all__ = ["boosted_trees", "count_nodes"]


def boosted_trees(
    target: Target, random_state: int | None, *, max_iter: int, learning_rate: float, **options: Any
) -> Any:
    """Return the classifier or the regressor, before it is wrapped for several outputs."""
    kind = HistGradientBoostingClassifier if target.is_classifier else HistGradientBoostingRegressor
    return kind(max_iter=max_iter, learning_rate=learning_rate, random_state=random_state, **options)


def count_nodes(trees: Any) -> int | None:
    """Return the number of splits and leaves of fitted trees.

    scikit-learn has no public count of them; where its private one is gone, the count is unknown (None).
    """
    rounds = getattr(trees, "_predictors", None)
    if rounds is None:
        return None
    return sum(len(tree.nodes) for each in rounds for tree in each)
