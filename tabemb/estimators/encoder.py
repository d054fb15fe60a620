"""EmbeddingEncoder: a transformer from categories to vectors."""

from typing import Any, Literal, Self

import numpy.typing as npt
from sklearn.utils.validation import check_is_fitted

from tabemb.estimators.cross_fitting import CrossFitEstimator
from tabemb.estimators.objectives import CooccurrenceObjective
from tabemb.estimators.target_types import check_target_type, task_of_type, type_of_task
from tabemb.estimators.types import (
    Auto,
    BodyLike,
    CallbacksLike,
    CategoricalLike,
    CrossesLike,
    DimensionsLike,
    FreezeLike,
    MultiValuedLike,
    NumericLike,
    PretrainedLike,
    ScheduleLike,
    SeedLike,
    SharedLike,
    SplitterLike,
    StartLike,
    UnknownLike,
    VocabularyLike,
)
from tabemb.estimators.unlabelled import learn_without_target
from tabemb.estimators.vector_transformer import VectorTransformer
from tabemb.exceptions import DataError
from tabemb.table.types import ColumnLike, TableLike

__all__ = ["EmbeddingEncoder"]


class EmbeddingEncoder(VectorTransformer, CrossFitEstimator):
    """A transformer that replaces each category by a vector learned from the target, or without one from the table.

    As with ``OneHotEncoder``, text, category, boolean, object and integer columns are categories. Floats are numbers,
    which help to learn the vectors and pass through.

    Parameters
    ----------
    categorical : list of names, list of positions, boolean mask, or callable, optional
        Float columns to treat as categorical. Text, category, boolean, object and integer columns always are.
    target_type : {"auto", "binary", "multiclass", "multilabel", "continuous"}, default="auto"
        Type of the target. With "auto", text, booleans, categorical dtypes and whole numbers with at most 20 distinct
        values are classes, a matrix of 0 and 1 holds labels, and all other numbers are continuous, as in
        :func:`tabemb.compare`.
    remainder : {"passthrough", "drop"}, default="passthrough"
        Whether to append the numbers to the vectors, unchanged, as float32 columns, or to drop them.
    cv : int, splitter, iterable of pairs (training rows, held-out rows), or None, default=5
        Folds of the cross-fit. An integer is a number of shuffled folds, stratified by class. A splitter or an iterable
        must hold out each row once; a splitter that uses groups gets them from ``fit_transform(X, y, groups=...)``.
        With None, one network is trained on all rows, and ``fit_transform`` returns vectors learned from each row's own
        target.
    target_statistics : bool, default=False
        Whether to append target statistics, cross-fitted on the same folds: the mean target of each category and of
        each of the ``crosses``, shrunk by count, on the scale of the logits (log-odds of classes), and standardized;
        per class if there are more than two, and per target. See
        :class:`tabemb.table.target_statistics.TargetStatistics`.
    crosses : "auto", list of lists of str, or None, default="auto"
        Combinations of categorical columns with target statistics, such as ``[("carrier", "dest")]``. "auto" chooses
        up to ten that explain what their columns do not. Without ``target_statistics``, they are not used.
    embedding_dim : str, int or mapping, default="narrow"
        Number of dimensions of the vectors: the name of a rule ("narrow", "capped", "mixed", "fastai", "half",
        "google", "sqrt"), an integer, or a mapping from column to either. "narrow" is at most 8, since models that
        read all vectors side by side gain nothing from more. Columns missing from a mapping use "capped". Both give
        ``pretrained`` columns the length of their vectors, or less if few categories were found. "auto" finds the
        number from the data and trains again with it, which takes two to three times as long; see
        :mod:`tabemb.estimators.auto_dim`.
    body : str, mapping or Body, default="mlp"
        Layers on top of the vectors: "mlp", "resnet", "wide_deep", "deepfm", "cross", "ft_transformer", "tabm" or
        "ensemble"; see :mod:`tabemb.nn.bodies`. The default is a single network, since it is trained once per fold and
        only its vectors are kept.
    numeric : str, mapping or NumericEncoder, default="standardized"
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
    category_dropout : float, default=0.05
        Share of known cells replaced by "unknown" during training, to learn the vector of unseen categories.
    handle_unknown : str, mapping or UnknownStrategy, default="learned"
        Vector of categories without training rows: "learned", the vector that ``category_dropout`` trains; "zero";
        "mean", the mean of the known vectors, weighted by their counts; or "nearest" (``min_similarity``), the vector
        of the known category with the most similar name, and the learned vector if no name is similar. "pretrained"
        (``min_cosine``) does so by the vectors of ``pretrained``, which are kept and saved. With "error", categories
        that the fit has not seen are refused.
    damping : float, default=1.0
        Slows the updates of categories seen less often than this per step, in proportion to how often they are seen, so
        that rare categories are not overfit; 0 disables. Lower than in ``EmbeddingClassifier``, since here the vectors
        must distinguish the categories without further layers.
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
        columns with the same names are used. All folds start from them. Categories that first appear after the fit are
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
    callbacks : list of keras.callbacks.Callback, optional
        Keras callbacks. Epoch hooks are called every epoch, batch hooks once per chunk of steps.
    random_state : int, RandomState or None, default=None
        Random seed. With an integer, fits are reproducible on one machine.
    verbose : int, default=0
        Whether to show a progress bar.

    Attributes
    ----------
    vectors_, schema_, network_, history_, n_epochs_, best_epoch_, n_features_in_, feature_names_in_, pretrained_report_
        As in :class:`~tabemb.estimators.classifier.EmbeddingClassifier`. ``vectors_`` are the vectors that
        ``transform`` returns. The history and the body of the network are from the first fold.
    priors_ : dict of str to float
        As in :class:`~tabemb.estimators.classifier.EmbeddingClassifier`. The first fold chooses them for all.
    target_type_ : str
        Type of the target, given or inferred: "binary", "multiclass", "multilabel" or "continuous"; "none" without a
        target.
    classes_ : ndarray or None
        Sorted classes of a binary or multiclass target.
    n_folds_ : int
        Number of folds trained; 0 if ``cv`` is None or no column is categorical.

    Notes
    -----
    ``fit_transform(X, y)`` is cross-fitted and differs from ``fit(X, y).transform(X)``, as with scikit-learn's
    ``TargetEncoder``. The vectors of each row are learned from the rows of other folds, so that a downstream model
    cannot overfit to memorized targets. Train that model on the output of ``fit_transform``, as a pipeline does, and
    encode new rows with ``transform``. Both methods leave the same fitted encoder.

    The network of each fold starts from different weights. The first fold finds the best number of epochs with a
    validation set, and the others train for as many epochs on all of their rows. (With callbacks, each fold finds its
    own number.) The tables of the folds are rotated to the first by orthogonal Procrustes (Schoenemann 1966), over the
    categories that both have seen, weighted by their counts. ``transform`` returns the mean over the folds that have
    seen a category. In a fold that has not seen it, its rows get the vector for unknown categories. Categories with 50
    rows or more have this mean in ``fit_transform`` as well (if the fold was trained on a third of their rows): one row
    hardly moves it, while trees would split on the differences between the folds. ``benchmarks/cross_fitting.py``
    compares the variants.

    The categories and the scales of numbers, which do not depend on the target, come from all rows. A row's own target
    reaches its vectors only through the number of epochs, the scale of a numeric target, and the rotation.

    Examples
    --------
    >>> import pandas as pd
    >>> flights = pd.DataFrame({"dest": ["IAH", "MIA"] * 50, "distance": [1400.0, 1089.0] * 50})
    >>> encoder = EmbeddingEncoder(embedding_dim=2, max_epochs=2, random_state=0).set_output(transform="pandas")
    >>> encoder.fit_transform(flights, flights["dest"] == "MIA").columns.tolist()
    ['dest_emb0', 'dest_emb1', 'distance']
    >>> encoder.transform(pd.DataFrame({"dest": ["BQN"], "distance": [1576.0]})).shape
    (1, 3)
    """

    def __init__(
        self,
        categorical: CategoricalLike = None,
        *,
        target_type: Literal["auto", "binary", "multiclass", "multilabel", "continuous"] = "auto",
        remainder: Literal["passthrough", "drop"] = "passthrough",
        cv: SplitterLike = 5,
        target_statistics: bool = False,
        crosses: CrossesLike = "auto",
        embedding_dim: DimensionsLike = "narrow",
        body: BodyLike = "mlp",
        numeric: NumericLike = "standardized",
        min_frequency: float | None = None,
        max_categories: int | None = None,
        multi_valued: MultiValuedLike = "auto",
        shared: SharedLike = None,
        vocabulary: VocabularyLike = None,
        category_dropout: float = 0.05,
        handle_unknown: UnknownLike = "learned",
        damping: float = 1.0,
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
        callbacks: CallbacksLike = None,
        random_state: SeedLike = None,
        verbose: int = 0,
    ) -> None:
        self.categorical = categorical
        self.target_type = target_type
        self.remainder = remainder
        self.cv = cv
        self.target_statistics = target_statistics
        self.crosses = crosses
        self.embedding_dim = embedding_dim
        self.body = body
        self.numeric = numeric
        self.min_frequency = min_frequency
        self.max_categories = max_categories
        self.multi_valued = multi_valued
        self.shared = shared
        self.vocabulary = vocabulary
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
        self.callbacks = callbacks
        self.random_state = random_state
        self.verbose = verbose

    @property
    def target_type_(self) -> str:
        """Type of the target: "binary", "multiclass", "multilabel" or "continuous"; "none" without a target."""
        check_is_fitted(self, "encoder_")
        return type_of_task(self.task_)

    @property
    def classes_(self) -> npt.NDArray[Any] | None:
        """Sorted classes of a binary or multiclass target, None for other targets, as in ``TargetEncoder``."""
        return self.task_.classes if self.target_type_ in ("binary", "multiclass") else None

    def fit(
        self,
        X: TableLike,
        y: ColumnLike | None = None,
        sample_weight: ColumnLike | None = None,
        *,
        X_val: TableLike | None = None,
        y_val: ColumnLike | None = None,
        **params: Any,
    ) -> Self:
        """Learn the vectors.

        To train a downstream model on the same rows, use :meth:`fit_transform`.

        Parameters
        ----------
        X : table of shape (n_rows, n_columns)
            A pandas, polars, Arrow or NumPy table.
        y : array-like of shape (n_rows,) or (n_rows, n_outputs), optional
            Classes, labels or numbers. Without a target, the vectors are learned from the table alone, as those of
            :class:`~tabemb.estimators.pretrainer.EmbeddingPretrainer`; nothing is cross-fitted then.
        sample_weight : array-like of shape (n_rows,), optional
            Weight of each row in the loss. Rows of weight 0 are left out.
        X_val, y_val : table and array-like, optional
            Validation rows and their targets, for instance those after the others in time, by which the first fold
            finds the number of epochs. By default, it holds out ``validation_fraction`` of its rows.
        **params : dict
            ``groups``, array-like of shape (n_rows,), for a splitter in ``cv``. With scikit-learn's metadata routing
            enabled, all metadata that the splitter requests.

        Returns
        -------
        self : EmbeddingEncoder

        Raises
        ------
        DataError
            If the table, the targets or the weights are invalid, or ``cv`` does not hold out each row once.
        """
        check_target_type(self.target_type)
        params = self._split_params(params, "fit")
        if y is None:
            return self._fit_without_target(sample_weight, X, X_val, y_val)
        with self._unchanged_on_failure(), self._validating_on(X_val, y_val):
            self._cross_fit(X, y, sample_weight, params)
        return self

    def fit_transform(
        self,
        X: TableLike,
        y: ColumnLike | None = None,
        sample_weight: ColumnLike | None = None,
        *,
        X_val: TableLike | None = None,
        y_val: ColumnLike | None = None,
        **params: Any,
    ) -> Any:
        """Learn the vectors, and return for each row the vectors learned without its target.

        Parameters
        ----------
        X, y, sample_weight, X_val, y_val, **params
            As for :meth:`fit`.

        Returns
        -------
        ndarray of float32 of shape (n_rows, n_features_out)
            The columns of :meth:`transform`. Each row has the ``target_statistics`` of the fold that held it out, and
            its vectors of categories with fewer than 50 rows. Rows of weight 0, and all rows if ``cv`` is None, have
            those of :meth:`transform`.

        Raises
        ------
        DataError
            As for :meth:`fit`.
        """
        check_target_type(self.target_type)
        params = self._split_params(params, "fit_transform")
        if y is None:
            return self._fit_without_target(sample_weight, X, X_val, y_val).transform(X)
        with self._unchanged_on_failure(), self._validating_on(X_val, y_val):
            fold_vectors = self._cross_fit(X, y, sample_weight, params)
        return self._side_by_side(self._read(X), fold_vectors)

    def _fit_without_target(self, sample_weight, X, X_val, y_val):
        given = {"sample_weight": sample_weight, "X_val": X_val, "y_val": y_val}
        if needless := [name for name, value in given.items() if value is not None]:
            raise DataError(
                f"{' and '.join(needless)} need a target, but the target y is None. Pass y, or leave them out."
            )
        if self.target_statistics:
            raise DataError("target_statistics=True needs a target, but the target y is None. Pass y.")
        with self._unchanged_on_failure():
            learn_without_target(self, X, CooccurrenceObjective())
        return self

    def _wants_numbers(self):
        return self.target_type == "continuous"

    def _task_of(self, data):
        return task_of_type(data.targets, self.target_type, categorical=data.categorical)
