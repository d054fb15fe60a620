"""EmbeddingClassifier: a neural network for classes with a vector per category."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from numbers import Real
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt
from sklearn.utils.class_weight import compute_sample_weight

from tabemb.estimators.base import FEWEST_ROWS_TO_SPLIT
from tabemb.estimators.calibration import best_temperature
from tabemb.estimators.down_sampling import corrected, weighted_negatives, without_negatives
from tabemb.estimators.held_out import held_out_logits
from tabemb.estimators.partial import Growth, PartialFitEstimator, has_dimensions
from tabemb.estimators.scikit import ClassifierMixin, available_if
from tabemb.estimators.serving import make_predictor
from tabemb.estimators.types import (
    Auto,
    BodyLike,
    CallbacksLike,
    CategoricalLike,
    ClassLossLike,
    CrossesLike,
    DimensionsLike,
    FreezeLike,
    MultiValuedLike,
    NewStart,
    NumericLike,
    PretrainedLike,
    ScheduleLike,
    SeedLike,
    SharedLike,
    StartLike,
    UnknownLike,
    VocabularyLike,
)
from tabemb.exceptions import DataError
from tabemb.inference.predictor import ClassifierPredictor
from tabemb.nn.losses import ClassLoss, loss_of
from tabemb.nn.seeds import Seeds
from tabemb.nn.tasks import task_of
from tabemb.table.types import ColumnLike, TableLike

__all__ = ["EmbeddingClassifier"]


class EmbeddingClassifier(ClassifierMixin, PartialFitEstimator):
    """A neural network classifier that learns a vector for each category of each column.

    Entity embeddings as in Guo & Berkhahn 2016 (arXiv:1604.06737), with a learned vector for unknown categories. Adam
    updates only the vectors of categories in the batch. Targets may be binary, multiclass or multilabel.

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
    class_weight : dict, "balanced" or None, default=None
        Weight of each class in the loss. "balanced" weights classes inversely to their frequency.
    negative_share : float, optional
        Share of the negatives to train on, in (0, 1], for two classes: the rows of the first class in ``classes_`` are
        sampled, all rows of the second are used. The logits are corrected by the logarithm of the share, so that
        probabilities are those of the whole table (He et al. 2014, "Practical lessons from predicting clicks on ads at
        Facebook", equation 4). For rare positives, such as clicks, training is faster and hardly less accurate.
    loss : str, mapping or ClassLoss, default="cross_entropy"
        Training loss: "cross_entropy", or "focal" (``gamma``), which gives more weight to hard rows.
    label_smoothing : float, default=0.0
        Share of each target, in [0, 1), that training spreads evenly over all classes, which keeps predictions away
        from 0 and 1.
    calibration : {None, "temperature"}, default=None
        "temperature" divides the logits by the number that minimizes the log loss of the validation set (Guo et al.
        2017, arXiv:1706.04599). It corrects the confidence of the probabilities and does not change the predicted
        classes.
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
    vectors_ : mapping of str to CategoryVectors
        Vectors of each embedded column. For an ensemble, the mean of the members' vectors, each rotated to the first.
    schema_ : Schema
        Type of each column.
    network_ : keras.Model
        The network, from encoded rows to logits. For an ensemble, the first member.
    networks_ : list of keras.Model
        The networks of all members.
    history_ : dict of str to list of float
        Loss, validation loss, validation score and learning rate of each epoch. For an ensemble, of the first member.
    histories_ : list of dict
        History of each member.
    n_epochs_, best_epoch_ : int
        Number of epochs trained, and the epoch (from 1) whose weights were kept. For an ensemble, of the first member.
    priors_ : dict of str to float
        For each column that started from the table, the weight of its initial vectors in rows: a category with ``n``
        rows keeps ``n / (n + prior)`` of the change by training. 0 is all of it, and infinity none, where the target
        says nothing about the column that the other columns do not.
    temperature_ : float
        Divisor of the logits; 1 without calibration.
    classes_ : ndarray
        Sorted classes.
    pretrained_report_ : PretrainedReport
        Number of categories found in ``pretrained``, by column and kind of match.
    growth_report_ : GrowthReport
        What the last ``extend`` or ``partial_fit`` added to each column: new categories, rows, what remains unknown,
        and drift.
    new_categories_ : dict of str to list
        The categories that it added, by column.
    n_features_in_ : int
        Number of columns.
    feature_names_in_ : ndarray of str
        Column names, if the table has names.

    Examples
    --------
    >>> import pandas as pd
    >>> flights = pd.DataFrame({"dest": ["IAH", "MIA"] * 50, "hour": list(range(5, 15)) * 10})
    >>> late = ["late" if dest == "MIA" else "on time" for dest in flights["dest"]]
    >>> model = EmbeddingClassifier(max_epochs=50, one_hot_max_categories=0, random_state=0).fit(flights, late)
    >>> model.predict(flights.head(2))
    array(['on time', 'late'], dtype='<U7')
    >>> model.vectors_["dest"].index_to_key
    ['IAH', 'MIA']
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
        class_weight: Mapping[Any, float] | Literal["balanced"] | None = None,
        negative_share: float | None = None,
        loss: ClassLossLike = "cross_entropy",
        label_smoothing: float = 0.0,
        calibration: Literal["temperature"] | None = None,
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
        self.class_weight = class_weight
        self.negative_share = negative_share
        self.loss = loss
        self.label_smoothing = label_smoothing
        self.calibration = calibration
        self.n_ensemble = n_ensemble
        self.callbacks = callbacks
        self.random_state = random_state
        self.verbose = verbose

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    @property
    def classes_(self) -> npt.NDArray[Any]:
        """Sorted classes."""
        return self.task_.classes

    @property
    def temperature_(self) -> float:
        """Divisor of the logits; 1 without calibration."""
        return self.task_.temperature

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
        y : array-like of shape (n_rows,) or (n_rows, n_labels)
            Classes, or an indicator matrix of labels.
        sample_weight : array-like of shape (n_rows,), optional
            Weight of each row in the loss. Rows of weight 0 are left out.
        X_val, y_val : table and array-like, optional
            Validation rows and their targets, for instance those after the others in time. By default,
            ``validation_fraction`` of the rows is held out.

        Returns
        -------
        self : EmbeddingClassifier

        Raises
        ------
        DataError
            If the table, the classes or the weights are invalid, there is no validation set for calibration, or
            ``negative_share`` is set and there are more than two classes.
        """
        return self._fit(X, y, sample_weight, X_val, y_val)

    @available_if(has_dimensions)
    def partial_fit(
        self,
        X: TableLike,
        y: ColumnLike,
        classes: ColumnLike | None = None,
        sample_weight: ColumnLike | None = None,
        *,
        grow: bool | Sequence[str] = True,
        start: NewStart = "unknown",
        freeze_known: bool = False,
    ) -> Self:
        """Train for one epoch on a batch of rows.

        The first batch sets the scales of numbers and the classes. Categories that are new in later batches get vectors
        of their own, and known ones are trained further.

        Parameters
        ----------
        X : table of shape (n_rows, n_columns)
            A pandas, polars, Arrow or NumPy table.
        y : array-like of shape (n_rows,) or (n_rows, n_labels)
            Classes, or an indicator matrix of labels.
        classes : array-like of shape (n_classes,), optional
            All classes. Required in the first call if its batch lacks some of them.
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
        self : EmbeddingClassifier

        Raises
        ------
        ColumnError
            If a column is missing, or ``grow`` lists one that is not categorical.
        DataError
            If the batch is invalid, ``class_weight`` is "balanced", or ``calibration`` or ``negative_share`` is set, or
            was in an earlier ``fit``.
        """
        if self.negative_share is not None or getattr(getattr(self, "task_", None), "offset", 0.0):
            raise DataError(
                "negative_share is not supported for partial_fit, which trains on all rows of a batch. Set "
                "negative_share=None and fit again, or fit all rows at once."
            )
        if self.calibration is not None:
            raise DataError(
                f"calibration={self.calibration!r} is not supported for partial_fit, which has no validation set "
                "to calibrate on. Set calibration=None, or fit all rows at once."
            )
        if self.class_weight == "balanced":
            raise DataError(
                "class_weight='balanced' is not supported for partial_fit, which does not see how frequent the classes "
                "are. Pass the weights as a dict, for instance from "
                "sklearn.utils.class_weight.compute_class_weight('balanced', classes=classes, y=all_targets)."
            )
        return self._partial_fit(
            X,
            y,
            sample_weight,
            lambda data: self._class_task(data.targets if classes is None else np.asarray(classes)),
            Growth.of(grow, start, freeze_known),
        )

    def predict(self, X: TableLike) -> npt.NDArray[Any]:
        """Return the most probable class of each row, or the labels with a probability above one half.

        Parameters
        ----------
        X : table of shape (n_rows, n_columns)
            A pandas, polars, Arrow or NumPy table with the columns of the fit, in any order if they have names.

        Returns
        -------
        ndarray of shape (n_rows,) or (n_rows, n_labels)
        """
        probabilities = self._activated(X)
        return self.task_.decide(probabilities)

    def predict_proba(self, X: TableLike) -> npt.NDArray[Any]:
        """Return the probability of each class, in the order of ``classes_``, or of each label.

        Parameters
        ----------
        X : table of shape (n_rows, n_columns)
            As for :meth:`predict`.

        Returns
        -------
        ndarray of shape (n_rows, n_classes) or (n_rows, n_labels)
        """
        return self._activated(X)

    def predictor(self) -> ClassifierPredictor:
        """Return a frozen, thread-safe predictor for low latency.

        It is a copy: later training does not change it. It runs without Keras, may be shared by threads, and can be
        pickled.

        Returns
        -------
        ClassifierPredictor
            With ``predict`` and ``predict_proba`` for tables, and ``predict_encoded`` and ``predict_proba_encoded``
            for encoded rows.
        """
        return make_predictor(self)

    def _wants_numbers(self):
        return False

    def _read_training_data(self, X, y, sample_weight, *, known=False):
        data = super()._read_training_data(X, y, sample_weight, known=known)
        if self.negative_share is None:
            return data
        return without_negatives(data, self.negative_share, Seeds(self._root_seed()).generator("negatives"))

    def _read_validation(self, X_val, y_val):
        rows = super()._read_validation(X_val, y_val)
        return rows if self.negative_share is None else weighted_negatives(rows, self.negative_share)

    def _task_of(self, data):
        if self.calibration is not None and not self._has_validation_part(len(data.targets)):
            raise DataError(
                f"calibration={self.calibration!r} needs a validation set, which takes early_stopping=True and at "
                f"least {FEWEST_ROWS_TO_SPLIT} rows. Got early_stopping={self.early_stopping} and {len(data.targets)} "
                "rows."
            )
        return self._class_task(data.targets)

    def _class_task(self, targets):
        loss = loss_of(self.loss, ClassLoss)
        return task_of(targets, classifier=True, loss=loss, label_smoothing=self.label_smoothing)

    def _adjust_task(self, rows, seeds_of_networks):
        if self.calibration is not None:
            self.task_ = replace(self.task_, temperature=self._temperature(rows, seeds_of_networks))
        if self.negative_share is not None:
            self.task_ = corrected(self.task_, self.negative_share)

    def _temperature(self, rows, seeds_of_networks):
        held = [self._split(rows, seeds)[1] for seeds in seeds_of_networks]
        logits = [held_out_logits(*each) for each in zip(self._networks, held, strict=True)]
        if self._beside is not None:
            beside = [held_out_logits(self._beside.network, part) for part in held]
            logits = [self._beside.mean(*each) for each in zip(logits, beside, strict=True)]
        return best_temperature(
            self.task_,
            np.concatenate([part.targets for part in held]),
            np.concatenate(logits),
            None if held[0].weights is None else np.concatenate([part.weights for part in held]),
        )

    def _class_weighted(self, targets, weights):
        if self.class_weight is None:
            return weights
        if isinstance(self.class_weight, Mapping):
            known = self.task_.classes if hasattr(self, "task_") else np.unique(targets)
            by_class = _weights_of(self.class_weight, targets, known)
        elif isinstance(self.class_weight, str) and self.class_weight == "balanced":
            by_class = compute_sample_weight("balanced", targets)
        else:
            raise DataError(f"class_weight must be 'balanced', a dict or None, got {self.class_weight!r}.")
        return by_class if weights is None else by_class * weights


def _weights_of(by_class: Mapping, targets: np.ndarray, classes: np.ndarray) -> np.ndarray:
    if targets.ndim > 1:
        raise DataError("class_weight as a dict needs a single column of classes. For several labels, use 'balanced'.")
    strange = [key for key in by_class if key not in classes.tolist()]
    # A batch may lack a class, but at least one key must be a class.
    if strange and len(strange) == len(by_class):
        raise DataError(f"class_weight names none of the classes {classes.tolist()}. Its keys are {list(by_class)}.")
    weights = np.ones(len(targets))
    for key, weight in by_class.items():
        if isinstance(weight, bool) or not isinstance(weight, Real) or not 0 < weight < np.inf:
            raise DataError(f"class_weight must be positive numbers, got {weight!r} for the class {key!r}.")
        weights[targets == key] = weight
    return weights
