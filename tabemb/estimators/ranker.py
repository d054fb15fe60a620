"""EmbeddingRanker: a neural network that ranks the rows of each group."""

from dataclasses import replace
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt
from sklearn.utils.validation import check_is_fitted

from tabemb.estimators.base import EmbeddingEstimator
from tabemb.estimators.inputs import TrainingData, check_targets, check_weights, take_column_order
from tabemb.estimators.parameters import check_parameters
from tabemb.estimators.serving import make_predictor
from tabemb.estimators.types import (
    Auto,
    BodyLike,
    CallbacksLike,
    CategoricalLike,
    DimensionsLike,
    FreezeLike,
    MultiValuedLike,
    NumericLike,
    PretrainedLike,
    RankLossLike,
    ScheduleLike,
    SeedLike,
    SharedLike,
    StartLike,
    UnknownLike,
    VocabularyLike,
)
from tabemb.exceptions import ColumnError, DataError
from tabemb.inference.predictor import RankerPredictor
from tabemb.metrics import grouped_ndcg
from tabemb.nn.losses import RankLoss, loss_of
from tabemb.nn.tasks import Ranking
from tabemb.table.cells import is_missing
from tabemb.table.frames import Frame, read_frame
from tabemb.table.types import ColumnLike, TableLike
from tabemb.training.batches import Rows
from tabemb.training.trainer import Trainer

__all__ = ["EmbeddingRanker"]

# Largest batch that "auto" makes for a group.
MOST_AUTO = 1024


class EmbeddingRanker(EmbeddingEstimator):
    """A neural network that ranks the rows of each group, such as the results of a query, by their relevance.

    It predicts a score per row. Only scores of rows of the same group are compared in training: the loss is that of
    their order, not of the relevances themselves, so that groups may differ in how high their relevances are. Training,
    validation and batches have whole groups. There are no target statistics and no ``partial_fit``.

    Parameters
    ----------
    group : str, default="group"
        Name of the column that holds the group, such as the query or the user. It is not a feature. To use it as one
        too, pass it a second time under another name.
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
        Number of rows per step. "auto" selects 32 to 1024, depending on the number of rows and on the largest group.
        Groups are kept whole; only of a group with more rows than a batch, random parts are compared in each epoch.
    max_epochs : int, default=100
        Maximum number of epochs.
    early_stopping : bool, default=True
        Whether to hold out a validation set, stop when its loss stops improving, and keep the weights of the best
        epoch. Fewer than 20 rows are never split.
    validation_fraction : float, default=0.1
        Share of rows in the validation set, which has whole groups.
    validation : {"random", "last"}, default="random"
        Which groups the validation set has: random ones, or those that end last, for tables in the order of time.
    n_iter_no_change : int or "auto", default="auto"
        Number of epochs without a better validation loss after which training stops. "auto" stops after five, or after
        three whose loss rises each time.
    tol : float, default=1e-4
        Minimum decrease of the loss that counts as better.
    loss : str, mapping or RankLoss, default="listnet"
        Training loss: "listnet" (``target``), the cross-entropy of the softmax of the scores of a group with the shares
        of its gains; or "lambdarank" (``truncation_level``), the logistic loss of pairs with one of the first 30 ranks,
        weighted by the change of NDCG. Groups count by their number of rows. See :mod:`tabemb.nn.losses.ranking`.
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
    vectors_, schema_, network_, networks_, history_, histories_, n_epochs_, best_epoch_
        As in :class:`~tabemb.estimators.classifier.EmbeddingClassifier`. The validation score in ``history_`` is
        ``val_ndcg``.
    priors_, pretrained_report_
        As in :class:`~tabemb.estimators.classifier.EmbeddingClassifier`.
    n_features_in_, feature_names_in_
        Number and names of the columns, without the one of groups.

    Examples
    --------
    >>> import pandas as pd
    >>> results = pd.DataFrame({"query": range(50), "site": ["a", "b"] * 25}).loc[lambda each: each.index.repeat(2)]
    >>> results["device"] = ["phone", "desktop"] * 50
    >>> model = EmbeddingRanker("query", max_epochs=20, random_state=0).fit(results, [0, 1] * 50)
    >>> model.rank(results.head(2)).tolist(), model.score(results, [0, 1] * 50)
    ([2, 1], 1.0)
    """

    def __init__(
        self,
        group: str = "group",
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
        loss: RankLossLike = "listnet",
        n_ensemble: int = 1,
        callbacks: CallbacksLike = None,
        random_state: SeedLike = None,
        verbose: int = 0,
    ) -> None:
        self.group = group
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
            A pandas, polars or Arrow table with the column of groups. The rows of a group may be anywhere.
        y : array-like of shape (n_rows,)
            Relevance of each row to its group: numbers from 0, not relevant, to 30, such as 0, 1, 2, 3.
        sample_weight : array-like of shape (n_rows,), optional
            Weight of each row in the loss. Rows of weight 0 are left out.
        X_val, y_val : table and array-like, optional
            Validation rows, with their groups, and their relevances. By default, ``validation_fraction`` of the rows is
            held out, in whole groups.

        Returns
        -------
        self : EmbeddingRanker

        Raises
        ------
        ColumnError
            If the column of groups is missing.
        DataError
            If the table, the relevances or the weights are invalid, a row has no group, or no group has rows of
            different relevance.
        """
        return self._fit(X, y, sample_weight, X_val, y_val)

    def predict(self, X: TableLike) -> npt.NDArray[Any]:
        """Return a score for each row.

        Parameters
        ----------
        X : table of shape (n_rows, n_columns)
            A table with the columns of the fit, in any order. The column of groups may be missing.

        Returns
        -------
        ndarray of shape (n_rows,)
            Higher is better. Scores of rows of different groups are not comparable.
        """
        return self._activated(X)

    def rank(self, X: TableLike) -> npt.NDArray[np.int64]:
        """Return the rank of each row in its group.

        Parameters
        ----------
        X : table of shape (n_rows, n_columns)
            A table with the columns of the fit and the column of groups.

        Returns
        -------
        ndarray of int of shape (n_rows,)
            1 is the best. Of rows with equal scores, the first has the better rank.
        """
        check_is_fitted(self, "encoder_")
        groups, scores = _groups_of(read_frame(X), self.task_.group), self.predict(X)
        order = np.lexsort((-scores, groups))
        ordered = groups[order]
        first = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
        ranks = np.empty(len(scores), np.int64)
        ranks[order] = np.arange(len(scores)) - np.repeat(first, np.diff(np.append(first, len(scores)))) + 1
        return ranks

    def score(self, X: TableLike, y: ColumnLike, sample_weight: ColumnLike | None = None, *, k: int = 10) -> float:
        """Return the mean NDCG of the groups; see :func:`tabemb.metrics.grouped_ndcg`.

        Parameters
        ----------
        X : table of shape (n_rows, n_columns)
            A table with the columns of the fit and the column of groups.
        y : array-like of shape (n_rows,)
            Relevance of each row.
        sample_weight : array-like of shape (n_rows,), optional
            Weight of each row; that of a group is the mean of its rows.
        k : int, default=10
            Number of ranks that count.

        Returns
        -------
        float
            1 is best. Groups without a relevant row are left out.

        Raises
        ------
        DataError
            If no group has a relevant row.
        """
        check_is_fitted(self, "encoder_")
        frame = read_frame(X)
        relevance, groups = self.task_.encode(self._targets(frame, y, self.task_.group)).T
        weights = check_weights(sample_weight, frame.n_rows)
        found = grouped_ndcg(relevance, self.predict(frame), groups, k, sample_weight=weights)
        if np.isnan(found):
            raise DataError("No group has a relevant row, so there is no NDCG. Pass rows with relevances above 0.")
        return found

    def predictor(self) -> RankerPredictor:
        """Return a frozen, thread-safe predictor for low latency.

        It is a copy: later training does not change it. It runs without Keras, may be shared by threads, and can be
        pickled.

        Returns
        -------
        RankerPredictor
            With ``predict`` for tables and ``predict_encoded`` for encoded rows.
        """
        found: RankerPredictor = make_predictor(self)
        return found

    # ------------------------------------------------------------------ groups

    # Of the rows of a fit.
    _group_sizes: npt.NDArray[np.intp]

    @property
    def _group_column(self) -> str:
        """The column that is taken out of tables for a fitted estimator."""
        return str(self.task_.group)

    def _read_training_data(self, X, y, sample_weight, *, known=False):
        check_parameters(self)
        frame = read_frame(X)
        groups = _groups_of(frame, self.group)
        if len(frame.columns) == 1:
            raise DataError(f"The table has no column but the groups, {self.group!r}. Ranking needs features of rows.")
        data: TrainingData = super()._read_training_data(frame.without(self.group), y, sample_weight, known=known)
        if data.targets.ndim > 1:
            raise DataError(f"The relevance must be one column of numbers, got shape {data.targets.shape}.")
        groups = groups[data.kept]
        self._group_sizes = np.unique(groups, return_counts=True)[1]
        targets = np.column_stack([data.targets, groups])
        return replace(data, targets=targets)

    def _targets(self, frame: Frame, y: Any, group: str) -> npt.NDArray[np.float64]:
        relevance = check_targets(y, frame.n_rows, numeric=True, owner=type(self).__name__)
        return np.column_stack([relevance, _groups_of(frame, group)])

    def _read_validation(self, X_val, y_val):
        frame = read_frame(X_val)
        targets = self.task_.encode(self._targets(frame, y_val, self.group))
        table = self.encoder_.encode(take_column_order(self, frame))
        return Rows(table=table, targets=targets)

    def _has_validation_part(self, n_rows):
        given = self._given is not None
        return super()._has_validation_part(n_rows) and (given or len(self._group_sizes) > 1)

    def _trainer(self, n_rows: int, *, with_validation: bool, max_epochs: int | None = None) -> Trainer:
        trainer = super()._trainer(n_rows, with_validation=with_validation, max_epochs=max_epochs)
        if self.batch_size != "auto":
            return trainer
        largest = 2 ** int(np.ceil(np.log2(self._group_sizes.max())))
        return replace(trainer, batch_size=max(trainer.batch_size, min(largest, MOST_AUTO)))

    def _wants_numbers(self):
        return True

    def _task_of(self, data):
        return Ranking.from_targets(data.targets, loss_of(self.loss, RankLoss), group=self.group)


def _groups_of(frame: Frame, group: str) -> npt.NDArray[np.integer[Any]]:
    """Return the number of the group of each row of a table."""
    if not frame.named:
        raise ColumnError(
            f"The groups are in the column {group!r}, but the table has no column names. Pass a DataFrame with the "
            "features and the groups."
        )
    if group not in frame.columns:
        raise ColumnError(
            f"The table has no column {group!r} of groups. Its columns: {', '.join(frame.columns)}. Name the column "
            "whose groups are ranked, such as EmbeddingRanker(group='query')."
        )
    missing = is_missing(frame.cells(group))
    if missing.any():
        raise DataError(
            f"The column {group!r} of groups has {int(missing.sum()):,} missing cells of {frame.n_rows:,}. Drop those "
            "rows, or give each of them a group."
        )
    return frame.coded(group).codes
