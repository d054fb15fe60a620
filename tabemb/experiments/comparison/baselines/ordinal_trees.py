"""Ordinal codes by frequency, and gradient-boosted trees."""

import numpy as np

from tabemb.experiments.comparison.baselines.baseline import (
    BASELINES,
    Baseline,
    EncodedModel,
    boosted_trees,
    count_nodes,
    index_rows,
    outputs_of,
)
from tabemb.experiments.comparison.candidates import table_settings
from tabemb.table.encoded_table import EncodedTable
from tabemb.table.vocabulary import Vocabulary

__all__ = ["MAX_NATIVE_CATEGORIES", "OrdinalTrees", "ordinal_rows"]

# HistGradientBoosting has at most 255 bins per feature, and each category needs its own bin.
MAX_NATIVE_CATEGORIES = 255


@BASELINES.register("ordinal_trees")
class OrdinalTrees(Baseline):
    """HistGradientBoosting on ordinal codes, with native categorical splits for columns of few categories.

    The code of a category is its index: frequent categories come first, unknown is 1, and missing is NaN (which each
    split sends to the better side). Columns whose vocabulary has at most 255 entries are passed as categorical
    features; larger ones are split as ordered numbers.

    Parameters
    ----------
    max_iter, learning_rate
        Parameters of HistGradientBoosting, with its defaults. It stops early by default above 10,000 rows.

    Examples
    --------
    >>> BASELINES.resolve({"name": "ordinal_trees", "max_iter": 300})
    OrdinalTrees(max_iter=300)
    """

    description = "ordinal codes, then gradient-boosted trees"
    parameter_unit = "tree nodes"

    def __init__(self, max_iter=100, learning_rate=0.1):
        self.max_iter = max_iter
        self.learning_rate = learning_rate

    def build(self, target, estimator, random_state):
        """Return the trees on the encoded table."""

        def model(sizes):
            native = [column for column, size in enumerate(sizes) if size <= MAX_NATIVE_CATEGORIES]
            trees = boosted_trees(
                target,
                random_state,
                max_iter=self.max_iter,
                learning_rate=self.learning_rate,
                categorical_features=native or None,
            )
            return target.pick(classifier=trees, regressor=trees)

        return EncodedModel(table_settings(estimator), rows=ordinal_rows, model=model)

    def n_parameters(self, fitted):
        """Return the number of nodes (splits and leaves) of all trees."""
        counts = [count_nodes(each) for each in outputs_of(fitted.model_)]
        return None if None in counts else sum(counts)

    def input_bytes(self, fitted, X):
        """Return the bytes of the dense float64 matrix."""
        stored = float(fitted.matrix(X).nbytes)
        return stored, stored


def ordinal_rows(table: EncodedTable, sizes: tuple[int, ...]) -> np.ndarray:
    """Return indices, with NaN for missing categories, and numbers as one float64 matrix."""
    rows = index_rows(table, sizes)
    codes = rows[:, : len(sizes)]
    codes[codes == Vocabulary.MISSING] = np.nan
    return rows
