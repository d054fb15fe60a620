"""EmbeddingRegressor: a neural network for numbers with a vector per category."""

from collections.abc import Sequence
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt
from sklearn.utils.validation import check_is_fitted

from tabemb.estimators.partial import Growth, PartialFitEstimator, has_dimensions
from tabemb.estimators.scikit import RegressorMixin, available_if
from tabemb.estimators.serving import make_predictor
from tabemb.estimators.types import (
    Auto,
    BodyLike,
    CallbacksLike,
    CategoricalLike,
    CrossesLike,
    DimensionsLike,
    FreezeLike,
    MultiValuedLike,
    NewStart,
    NumberLossLike,
    NumericLike,
    PretrainedLike,
    ScheduleLike,
    SeedLike,
    SharedLike,
    StartLike,
    UnknownLike,
    VocabularyLike,
)
from tabemb.inference.predictor import Predictor
from tabemb.nn.losses import NumberLoss, loss_of
from tabemb.nn.tasks import Quantiles, task_of
from tabemb.table.types import ColumnLike, TableLike

__all__ = ["EmbeddingRegressor"]


class EmbeddingRegressor(RegressorMixin, PartialFitEstimator):
    """A neural network regressor that learns a vector for each category of each column.

    It predicts one number per row or several. The loss decides whether these are means, medians, quantiles, or means of
    counts or amounts. Targets are scaled internally.

    Parameters
    ----------
    categorical : list of names, list of positions, boolean mask, or callable, optional
        Numeric columns to treat as categorical. Text, category, boolean and object columns always are.
    embedding_dim : str, int or mapping, default="capped"
        Number of dimensions of the vectors: the name of a rule ("capped", "mixed", "narrow", "fastai", "half",
        "google", "sqrt"), an integer, or a mapping from column to either. Columns missing from a mapping use "capped",
        which gives ``pretrained`` columns the length of their vectors, or less if few categories were found. With
        "mixed", rare categories use fewer dimensions (``share`` of the numbers). "auto" finds the number from the data
        and trains again with it, which takes two to three times as long; see :mod:`tabemb.estimators.auto_dim`.
    body : str, mapping or Body, default="ensemble"
        Layers on top of the vectors: "mlp", "resnet", "wide_deep", "deepfm", "cross", "ft_transformer", "tabm" or
        "ensemble"; see :mod:`tabemb.nn.bodies`.
    numeric : str, mapping or NumericEncoder, default="piecewise_linear"
        Encoding of numbers: "standardized", "robust", "quantile", "piecewise_linear", "periodic" or "pbld"; see
        :mod:`tabemb.nn.numeric`.
    min_frequency : int or float, optional
        Categories in fewer rows (int), or in a smaller share of rows (float), are treated as unknown.
    max_categories : int, optional
        Maximum number of categories per column. One of them is "unknown", which stands for all rarer categories.
    multi_valued : "auto", mapping or None, default="auto"
        Columns of texts whose cells hold several values, each of which gets a vector: a mapping from column to a
        separator, "words", "bigrams" (words, and pairs of adjacent words), or a mapping with ``split`` (one of these)
        and ``pooling`` ("mean", "sum", "sqrtn" or "attention"); None as an entry keeps the cells of a column whole.
        "auto" finds the separators "|" and ";", and says so. Lists hold several values in any case, and dicts give the
        weight of each value.
    shared : mapping of str to list of str, optional
        Columns that share one table of vectors, by a name for it: ``{"airport": ["origin", "dest"]}``. A category then
        has the same vector in all of them, learned from the rows of all. Such columns are never one-hot encoded.
    vocabulary : str, mapping, VocabularyKind or None, default=None
        Columns whose vectors are found by hashes, without a list of categories, so that neither memory nor saved files
        grow with the categories: a mapping from column to a kind, or one kind for all columns that it suits. Kinds are
        "hashing", "double_hashing", "quotient_remainder", "multiplexed" (one table for all of its columns) and "ngrams"
        (texts are near texts with similar parts), or a mapping with ``name`` and parameters such as ``n_buckets``.
    one_hot_max_categories : int or float, default=8
        Columns with at most this many categories are one-hot encoded and get no vectors, except those that
        ``embedding_dim`` names. 0 gives vectors to all columns.
    category_dropout : float, default=0.05
        Share of known cells replaced by "unknown" during training, to learn the vector of unseen categories.
    handle_unknown : str, mapping or UnknownStrategy, default="learned"
        Vector of categories without training rows: "learned", the vector that ``category_dropout`` trains; "zero";
        "mean", the mean of the known vectors, weighted by their counts; or "nearest" (``min_similarity``), the vector
        of the known category with the most similar name, and the learned vector if no name is similar. "pretrained"
        (``min_cosine``) does so by the vectors of ``pretrained``, which are kept and saved. With "error", categories
        that the fit has not seen are refused.
    damping : float, default=10.0
        Slows the updates of categories seen less often than this per step, in proportion to how often they are seen, so
        that rare categories are not overfit; 0 disables. Use 0 if the vectors must distinguish rare categories and
        training is long or rows are many.
    shrinkage : float, default=0.0
        Strength, in rows, of a prior towards the column mean (a random effect). It pulls all vectors to the mean, those
        of rare categories the most; 0 disables.
    start : str, mapping or Start, default="cooccurrence"
        Vectors before training: "cooccurrence", computed from the other columns of the table without the target
        (``shrinkage``, ``spread``, ``prior``), so that categories with similar rows start alike; or "random". See
        :mod:`tabemb.nn.starts`.
    pretrained : mapping of str to vectors, or estimator, optional
        Initial vectors by column: ``CategoryVectors``, gensim's ``KeyedVectors``, the path of a file (GloVe, word2vec,
        or saved by ``CategoryVectors.save``), a mapping from key to vector, or a data frame. Or another fitted
        estimator, such as :class:`~tabemb.estimators.pretrainer.EmbeddingPretrainer`, or its ``vectors_``, of which the
        columns with the same names are used. Categories that first appear after the fit are
        looked up by ``extend(X, start="pretrained")``, or by each prediction with ``handle_unknown="pretrained"``. See
        :mod:`tabemb.estimators.pretrained`.
    freeze : bool, "found", int, or mapping from column to one of these, default=False
        Which vectors of pretrained columns are not trained: True, all; "found", those that were found in
        ``pretrained``; an integer, the same ones for this many epochs.
    target_statistics : bool or "auto", default="auto"
        Whether a second network reads the mean target of each category and of each cross, computed from other rows and
        shrunk by count; the logits of both are averaged, with the share that is best on held-out rows
        (``statistics_share_``). "auto" uses it with 2,000 to 500,000 rows, if the held-out loss falls by more than
        chance.
    crosses : "auto", None or list of tuples of str, default="auto"
        Combinations of categorical columns with target statistics, such as ``[("carrier", "dest")]``. "auto" chooses
        the pairs that explain what their columns leave unexplained (``crosses_``).
    learning_rate : float, default=0.002
        Learning rate of Adam.
    embedding_rate : float or "auto", default="auto"
        Learning rate of the vectors, as a multiple of ``learning_rate``. "auto" is 3 for vectors as wide as "capped"
        makes them, higher for narrower and lower for wider ones; see :func:`tabemb.nn.sizes.rate_of_table`.
    schedule : str, mapping or Schedule, default="constant"
        Learning rate schedule: "constant", "cosine" or "linear".
    weight_averaging : float, default=2.0
        Number of epochs over which the weights are averaged, as an exponential moving average. The averages are
        validated and kept; 0 keeps the last weights. Tables with more than 50 million numbers are not averaged.
    weight_decay : float, default=0.0
        Decoupled weight decay.
    batch_size : int or "auto", default="auto"
        Number of rows per step. "auto" selects 32 to 1024, depending on the number of rows.
    max_epochs : int, default=100
        Maximum number of epochs.
    early_stopping : bool, default=True
        Whether to hold out a validation set, stop when its loss stops improving, and keep the weights of the best
        epoch. Fewer than 20 rows are never split.
    validation_fraction : float, default=0.1
        Share of rows in the validation set.
    validation : {"random", "last"}, default="random"
        Which rows the validation set has: random ones, or the last ones, for tables in the order of time that predict
        what comes after. The last rows are not trained on.
    n_iter_no_change : int or "auto", default="auto"
        Number of epochs without a better validation loss after which training stops. "auto" stops after five, or after
        three whose loss rises each time.
    tol : float, default=1e-4
        Minimum decrease of the loss that counts as better.
    loss : str, mapping or NumberLoss, default="squared_error"
        Training loss: "squared_error" for means; "absolute_error" for medians; "huber" (``delta``, in standard
        deviations of the target) in between; "quantile" (``quantiles``) for one or several quantiles, which never
        cross; "poisson" for counts; "tweedie" (``power``) for amounts that are often 0; "gamma" for positive amounts.
        Several targets share one loss; several quantiles need a single target.
    n_ensemble : int, default=1
        Number of networks whose predictions are averaged. They share the vocabularies and the initial vectors. Each has
        its own other initial weights, order of rows and validation set.
    callbacks : list of keras.callbacks.Callback, optional
        Keras callbacks. Epoch hooks are called every epoch, batch hooks once per chunk of steps.
    random_state : int, RandomState or None, default=None
        Random seed. With an integer, fits are reproducible on one machine.
    verbose : int, default=0
        Whether to show a progress bar.

    Attributes
    ----------
    vectors_, schema_, network_, networks_, history_, histories_, n_epochs_, best_epoch_, n_features_in_
        As in :class:`~tabemb.estimators.classifier.EmbeddingClassifier`. The validation score in ``history_`` is
        ``val_r2`` for the squared error, and the explained share of the loss, ``val_d2_...``, for other losses.
    priors_, pretrained_report_, feature_names_in_
        As in :class:`~tabemb.estimators.classifier.EmbeddingClassifier`.

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
        categorical: CategoricalLike = None,
        *,
        embedding_dim: DimensionsLike = "capped",
        body: BodyLike = "ensemble",
        numeric: NumericLike = "piecewise_linear",
        min_frequency: float | None = None,
        max_categories: int | None = None,
        multi_valued: MultiValuedLike = "auto",
        shared: SharedLike = None,
        vocabulary: VocabularyLike = None,
        one_hot_max_categories: float = 8,
        category_dropout: float = 0.05,
        handle_unknown: UnknownLike = "learned",
        damping: float = 10.0,
        shrinkage: float = 0.0,
        start: StartLike = "cooccurrence",
        pretrained: PretrainedLike = None,
        freeze: FreezeLike = False,
        target_statistics: bool | Auto = "auto",
        crosses: CrossesLike = "auto",
        learning_rate: float = 2e-3,
        embedding_rate: float | Auto = "auto",
        schedule: ScheduleLike = "constant",
        weight_averaging: float = 2.0,
        weight_decay: float = 0.0,
        batch_size: int | Auto = "auto",
        max_epochs: int = 100,
        early_stopping: bool = True,
        validation_fraction: float = 0.1,
        validation: Literal["random", "last"] = "random",
        n_iter_no_change: int | Auto = "auto",
        tol: float = 1e-4,
        loss: NumberLossLike = "squared_error",
        n_ensemble: int = 1,
        callbacks: CallbacksLike = None,
        random_state: SeedLike = None,
        verbose: int = 0,
    ) -> None:
        self.categorical = categorical
        self.embedding_dim = embedding_dim
        self.body = body
        self.numeric = numeric
        self.min_frequency = min_frequency
        self.max_categories = max_categories
        self.multi_valued = multi_valued
        self.shared = shared
        self.vocabulary = vocabulary
        self.one_hot_max_categories = one_hot_max_categories
        self.category_dropout = category_dropout
        self.handle_unknown = handle_unknown
        self.damping = damping
        self.shrinkage = shrinkage
        self.start = start
        self.pretrained = pretrained
        self.freeze = freeze
        self.target_statistics = target_statistics
        self.crosses = crosses
        self.learning_rate = learning_rate
        self.embedding_rate = embedding_rate
        self.schedule = schedule
        self.weight_averaging = weight_averaging
        self.weight_decay = weight_decay
        self.batch_size = batch_size
        self.max_epochs = max_epochs
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.validation = validation
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

    @property
    def feature_importances_(self) -> npt.NDArray[Any]:
        """Importance of each column, with a sum of 1: how much the loss of held-out rows rises when it is shuffled.

        Computed when first asked for, from at most 2,000 validation rows, or from training rows if none were held out.
        The rows are not saved, so that a loaded estimator has no importances, and neither has ``partial_fit``.
        """
        return self._importances()

    def fit(
        self,
        X: TableLike,
        y: ColumnLike,
        sample_weight: ColumnLike | None = None,
        *,
        X_val: TableLike | None = None,
        y_val: ColumnLike | None = None,
    ) -> Self:
        """Learn the vectors and the network.

        Parameters
        ----------
        X : table of shape (n_rows, n_columns)
            A pandas, polars, Arrow or NumPy table.
        y : array-like of shape (n_rows,) or (n_rows, n_outputs)
            Numbers.
        sample_weight : array-like of shape (n_rows,), optional
            Weight of each row in the loss. Rows of weight 0 are left out.
        X_val, y_val : table and array-like, optional
            Validation rows and their targets, for instance those after the others in time. By default,
            ``validation_fraction`` of the rows is held out.

        Returns
        -------
        self : EmbeddingRegressor

        Raises
        ------
        DataError
            If the table, the targets or the weights are invalid, or the loss is not defined for the targets.
        """
        return self._fit(X, y, sample_weight, X_val, y_val)

    @available_if(has_dimensions)
    def partial_fit(
        self,
        X: TableLike,
        y: ColumnLike,
        sample_weight: ColumnLike | None = None,
        *,
        grow: bool | Sequence[str] = True,
        start: NewStart = "unknown",
        freeze_known: bool = False,
    ) -> Self:
        """Train for one epoch on a batch of rows.

        The first batch sets the scales. Categories that are new in later batches get vectors of their own, and known
        ones are trained further.

        Parameters
        ----------
        X : table of shape (n_rows, n_columns)
            A pandas, polars, Arrow or NumPy table.
        y : array-like of shape (n_rows,) or (n_rows, n_outputs)
            Numbers.
        sample_weight : array-like of shape (n_rows,), optional
            Weight of each row in the loss. Rows of weight 0 are left out.
        grow : bool or list of str, default=True
            Whether categories that are not known get vectors, after the known ones: in all categorical columns, in
            none, or in those listed. ``min_frequency`` and ``max_categories`` hold for the new categories of the batch.
            ``growth_report_`` says what was added; without vectors, categories are unknown.
        start : {"unknown", "mean", "nearest", "pretrained"}, default="unknown"
            Vector that a new category starts from; see :meth:`extend`.
        freeze_known : bool, default=False
            Whether the vectors of known, unknown and missing categories stay bit for bit the same, so that only new
            ones are learned. All other weights are trained.

        Returns
        -------
        self : EmbeddingRegressor

        Raises
        ------
        ColumnError
            If a column is missing, or ``grow`` lists one that is not categorical.
        DataError
            If the batch is invalid, or the loss is not defined for its targets.
        """
        return self._partial_fit(X, y, sample_weight, self._task_of, Growth.of(grow, start, freeze_known))

    def predict(self, X: TableLike) -> npt.NDArray[Any]:
        """Return the predicted numbers.

        Parameters
        ----------
        X : table of shape (n_rows, n_columns)
            A pandas, polars, Arrow or NumPy table with the columns of the fit, in any order if they have names.

        Returns
        -------
        ndarray of shape (n_rows,), (n_rows, n_outputs) or (n_rows, n_quantiles)
            Several quantiles are in increasing order in each row.
        """
        return self._activated(X)

    def score(self, X: TableLike, y: ColumnLike, sample_weight: ColumnLike | None = None) -> float:
        """Return the coefficient of determination of the predictions.

        For several quantiles, return the explained share of the pinball loss (D2), averaged over the quantiles.

        Parameters
        ----------
        X : table of shape (n_rows, n_columns)
            As for :meth:`predict`.
        y : array-like of shape (n_rows,) or (n_rows, n_outputs)
            True numbers.
        sample_weight : array-like of shape (n_rows,), optional
            Weight of each row.

        Returns
        -------
        float
            1 is best; a constant prediction scores 0.
        """
        check_is_fitted(self, "encoder_")
        if not isinstance(self.task_, Quantiles):
            return super().score(X, y, sample_weight)
        return self.task_.score(self.task_.encode(np.asarray(y)), self.predict(X), sample_weight)

    def predictor(self) -> Predictor:
        """Return a frozen, thread-safe predictor for low latency.

        It is a copy: later training does not change it. It runs without Keras, may be shared by threads, and can be
        pickled.

        Returns
        -------
        Predictor
            With ``predict`` for tables and ``predict_encoded`` for encoded rows.
        """
        return make_predictor(self)

    def _wants_numbers(self):
        return True

    def _task_of(self, data):
        return task_of(data.targets, classifier=False, loss=loss_of(self.loss, NumberLoss))
