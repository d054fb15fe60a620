"""Cross-fitted target encoding and gradient-boosted trees, usually the strongest baseline."""

from sklearn.compose import ColumnTransformer
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import TargetEncoder

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

__all__ = ["TargetEncoderTrees", "target_encoder"]


@BASELINES.register("target_encoder_trees")
class TargetEncoderTrees(Baseline):
    """scikit-learn's TargetEncoder (smoothed, cross-fitted on 5 folds, one column per class) and HistGradientBoosting.

    Parameters
    ----------
    max_iter, learning_rate
        Parameters of HistGradientBoosting, with its defaults. It stops early by default above 10,000 rows.

    Examples
    --------
    >>> BASELINES.resolve("target_encoder_trees")
    TargetEncoderTrees()
    """

    description = "cross-fitted target encoding, then gradient-boosted trees"
    parameter_unit = "tree nodes and category means"

    def __init__(self, max_iter=100, learning_rate=0.1):
        self.max_iter = max_iter
        self.learning_rate = learning_rate

    def build(self, target, estimator, random_state):
        """Return the target encoder and trees on the encoded table, one pair per output."""
        kind = "auto" if target.is_classifier else "continuous"

        def model(sizes):
            trees = boosted_trees(target, random_state, max_iter=self.max_iter, learning_rate=self.learning_rate)
            encode = ColumnTransformer(
                [("target", target_encoder(kind, random_state), list(range(len(sizes))))], remainder="passthrough"
            )
            pipeline = make_pipeline(encode, trees)
            return target.pick(classifier=pipeline, regressor=pipeline)

        return EncodedModel(table_settings(estimator), rows=index_rows, model=model)

    def n_parameters(self, fitted):
        """Return the number of nodes of all trees plus the number of category means."""
        total = 0
        for pipeline in outputs_of(fitted.model_):
            nodes = count_nodes(pipeline[-1])
            if nodes is None:
                return None
            # Without categorical columns the encoder is not fitted.
            encodings = getattr(pipeline[0].named_transformers_.get("target"), "encodings_", [])
            total += nodes + sum(len(each) for each in encodings)
        return total

    def input_bytes(self, fitted, X):
        """Return the bytes of the dense encoded float64 matrix of one output."""
        stored = float(outputs_of(fitted.model_)[0][:-1].transform(fitted.matrix(X)).nbytes)
        return stored, stored


def target_encoder(kind: str, random_state: int | None) -> TargetEncoder:
    """Return scikit-learn's TargetEncoder, cross-fitted on five shuffled folds.

    Parameters
    ----------
    kind : str
        The ``target_type`` of TargetEncoder, such as ``"auto"`` or ``"continuous"``.
    random_state : int or None
        Random seed of the folds.
    """
    # Since scikit-learn 1.9 the seed of the cross-fitting is set by a splitter; before, by a parameter.
    if TargetEncoder().get_params().get("random_state") == "deprecated":
        return TargetEncoder(target_type=kind, cv=KFold(5, shuffle=True, random_state=random_state))
    return TargetEncoder(target_type=kind, random_state=random_state)
