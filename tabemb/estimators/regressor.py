"""The regressor."""

from typing import Any

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils.validation import check_is_fitted

from tabemb.estimators.partial import PartialFitEstimator
from tabemb.estimators.serving import Predictor
from tabemb.nn.losses import NumberLoss, loss_of
from tabemb.nn.tasks import Quantiles, task_of

__all__ = ["EmbeddingRegressor"]


class EmbeddingRegressor(RegressorMixin, PartialFitEstimator):
    """A neural network for numbers that learns a vector for each category of each column.

    One number a row, or several at once; means, medians, quantiles, or the means of counts and amounts, as the loss is.
    Targets are scaled inside.

    Parameters
    ----------
    categorical : list of names, list of positions, boolean mask, or callable, optional
        Columns that hold categories although they look like numbers.
    embedding_dim, body, numeric, min_frequency, max_categories, one_hot_max_categories, category_dropout
        The network; see :class:`~tabemb.estimators.classifier.EmbeddingClassifier`.
    pretrained, freeze
        Vectors to begin with, and what of them stays; see there.
    learning_rate, embedding_rate, schedule, weight_decay, batch_size, max_epochs
        The training; see there.
    handle_unknown : str, mapping or UnknownStrategy, default="learned"
        What serves for categories that training had in no row; see there.
    damping : float, default=10.0
        How many times a step a category has to come to be hardly slowed down; see there.
    shrinkage : float, default=0.0
        How many rows the prior is worth that the categories of a column are alike; see there.
    early_stopping, validation_fraction, n_iter_no_change, tol
        When it ends; see there.
    loss : str, mapping or NumberLoss, default="squared_error"
        What training makes small: "squared_error" for means; "absolute_error" for medians; "huber" (``delta``, in
        standard deviations of the target) in between; "quantile" (``quantiles``), one or several that never cross;
        "poisson" for counts, "tweedie" (``power``) for amounts that are often 0, "gamma" for positive amounts. Several
        targets share one loss; several quantiles are of one target.
    n_ensemble : int, default=1
        Number of networks whose values are averaged; see there.
    callbacks, random_state, verbose
        See there.

    Attributes
    ----------
    vectors_, schema_, network_, networks_, history_, histories_, n_epochs_, best_epoch_, n_features_in_
        As in :class:`~tabemb.estimators.classifier.EmbeddingClassifier`. The validation figure in ``history_`` is
        ``val_r2`` or, for other losses than the squared error, the share of the loss that is explained: ``val_d2_...``.
    pretrained_report_, feature_names_in_
        See there.

    Examples
    --------
    >>> import pandas as pd
    >>> flights = pd.DataFrame({"dest": ["IAH", "MIA"] * 50})
    >>> delay = [30.0 if dest == "MIA" else 0.0 for dest in flights["dest"]]
    >>> model = EmbeddingRegressor(max_epochs=50, learning_rate=0.01, random_state=0).fit(flights, delay)
    >>> model.predict(flights.head(2)).round(-1) + 0.0
    array([ 0., 30.])
    >>> model.set_params(loss={"name": "quantile", "quantiles": (0.1, 0.9)}).fit(flights, delay).predict(flights).shape
    (100, 2)
    """

    def __init__(
        self,
        categorical=None,
        *,
        embedding_dim="capped",
        body="ensemble",
        numeric="piecewise_linear",
        min_frequency=None,
        max_categories=None,
        one_hot_max_categories=8,
        category_dropout=0.05,
        handle_unknown="learned",
        damping=10.0,
        shrinkage=0.0,
        pretrained=None,
        freeze=False,
        learning_rate=2e-3,
        embedding_rate="auto",
        schedule="constant",
        weight_decay=0.0,
        batch_size="auto",
        max_epochs=100,
        early_stopping=True,
        validation_fraction=0.1,
        n_iter_no_change=5,
        tol=1e-4,
        loss="squared_error",
        n_ensemble=1,
        callbacks=None,
        random_state=None,
        verbose=0,
    ):
        self.categorical = categorical
        self.embedding_dim = embedding_dim
        self.body = body
        self.numeric = numeric
        self.min_frequency = min_frequency
        self.max_categories = max_categories
        self.one_hot_max_categories = one_hot_max_categories
        self.category_dropout = category_dropout
        self.handle_unknown = handle_unknown
        self.damping = damping
        self.shrinkage = shrinkage
        self.pretrained = pretrained
        self.freeze = freeze
        self.learning_rate = learning_rate
        self.embedding_rate = embedding_rate
        self.schedule = schedule
        self.weight_decay = weight_decay
        self.batch_size = batch_size
        self.max_epochs = max_epochs
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.tol = tol
        self.loss = loss
        self.n_ensemble = n_ensemble
        self.callbacks = callbacks
        self.random_state = random_state
        self.verbose = verbose

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> "EmbeddingRegressor":
        """Learn vectors and network.

        Parameters
        ----------
        X : table of shape (n_rows, n_columns)
            pandas, polars, Arrow or numpy.
        y : array-like of shape (n_rows,) or (n_rows, n_outputs)
            Numbers.
        sample_weight : array-like of shape (n_rows,), optional
            Weight of each row in the loss; a row of weight 0 is left out.

        Returns
        -------
        self : EmbeddingRegressor

        Raises
        ------
        DataError
            When the table, the targets or the weights cannot be used, or the loss is not defined for the targets.
        """
        return self._fit(X, y, sample_weight)

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> "EmbeddingRegressor":
        """Learn from a portion of rows: one pass over them.

        The first portion settles the vocabularies and the scales; categories that come later are unknown ones.

        Parameters
        ----------
        X : table of shape (n_rows, n_columns)
            The portion.
        y : array-like of shape (n_rows,) or (n_rows, n_outputs)
            Its numbers.
        sample_weight : array-like of shape (n_rows,), optional
            Weight of each row.

        Returns
        -------
        self : EmbeddingRegressor
        """
        return self._partial_fit(X, y, sample_weight, self._task_of)

    def predict(self, X: Any) -> np.ndarray:
        """Return the predicted numbers, of shape (n_rows,) or (n_rows, n_outputs).

        With several quantiles: of shape (n_rows, n_quantiles), each row rising.
        """
        return self._activated(X)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the coefficient of determination of the predictions.

        With several quantiles: the share of the pinball loss that is explained (D2), the mean over the quantiles.

        Parameters
        ----------
        X : table of shape (n_rows, n_columns)
            Rows.
        y : array-like of shape (n_rows,) or (n_rows, n_outputs)
            Their numbers.
        sample_weight : array-like of shape (n_rows,), optional
            Weight of each row.

        Returns
        -------
        float
            1 is the best; 0 is that of a constant.
        """
        check_is_fitted(self, "encoder_")
        if not isinstance(self.task_, Quantiles):
            return super().score(X, y, sample_weight)
        return self.task_.score(self.task_.encode(np.asarray(y)), self.predict(X), sample_weight)

    def predictor(self) -> Predictor:
        """Return the regressor as it is now, prepared for single rows: a copy that answers without Keras.

        Returns
        -------
        Predictor
            With ``predict`` of tables and ``predict_encoded`` of encoded rows; for threads, and to be pickled.
        """
        return Predictor.of(self)

    def _wants_numbers(self):
        return True

    def _task_of(self, data):
        return task_of(data.targets, classifier=False, loss=loss_of(self.loss, NumberLoss))
