"""The transformer: categories in, vectors out."""

from collections import Counter
from typing import Any

import numpy as np
from sklearn.base import TransformerMixin
from sklearn.utils.validation import check_is_fitted

from tabemb.estimators.cross_fitting import CrossFitEstimator, FoldVectors
from tabemb.estimators.target_statistics import target_suffixes
from tabemb.estimators.target_types import check_target_type, task_of_type
from tabemb.exceptions import DataError
from tabemb.table.frames import Frame
from tabemb.table.numeric import read_numbers
from tabemb.table.vocabulary import Vocabulary

__all__ = ["EmbeddingEncoder"]

# Vectors of so many rows are gathered before they are written side by side: few enough to stay in the cache.
ROWS_IN_CACHE = 1024


class EmbeddingEncoder(TransformerMixin, CrossFitEstimator):
    """A transformer that replaces each category by a vector learned from the target.

    It is handed what is to be encoded, as ``OneHotEncoder`` is: text, category, bool, object and integer columns are
    categories, floats are numbers. The numbers help to learn the vectors, and pass through.

    Parameters
    ----------
    categorical : list of names, list of positions, boolean mask, or callable, optional
        Float columns that hold categories.
    target_type : {"auto", "binary", "multiclass", "multilabel", "continuous"}, default="auto"
        Type of the target. With "auto", text, booleans, categorical dtypes and whole numbers with at most 20 distinct
        values are classes, a matrix of 0 and 1 holds labels, and all other numbers are continuous, as in
        :func:`tabemb.compare`.
    remainder : {"passthrough", "drop"}, default="passthrough"
        What becomes of the numbers: float32 columns behind the vectors, as they came, or nothing.
    cv : int, splitter, iterable of pairs (rows to learn from, rows held out), or None, default=5
        The folds of the cross-fit. A number is that of shuffled folds, over which classes are spread evenly. Of a
        splitter, or an iterable, each row must be held out once; a splitter that looks at ``groups`` gets them from
        ``fit_transform(X, y, groups=...)``. None trains one network on all rows, so that ``fit_transform`` gives
        vectors that have seen each row's own target.
    target_statistics : bool, default=False
        Whether the mean target of each category stands beside its vector, shrunk towards the mean of all rows as in
        scikit-learn's ``TargetEncoder``, and cross-fitted on the same folds: a column a categorical column, of more
        than two classes one a class, of several targets one a target.
    embedding_dim, min_frequency, max_categories, category_dropout
        The network; see :class:`~tabemb.estimators.classifier.EmbeddingClassifier`.
    body : str, mapping or Body, default="mlp"
        The layers behind the vectors, see there. One network that sees each vector whole, since it is trained once a
        fold, and its vectors are all that is kept.
    numeric : str, mapping or NumericEncoder, default="standardized"
        How numbers enter; see there.
    pretrained, freeze
        Vectors to begin with, each fold with the same, and what of them stays; see there.
    learning_rate, embedding_rate, schedule, weight_decay, batch_size, max_epochs
        The training; see there.
    handle_unknown : str, mapping or UnknownStrategy, default="learned"
        What serves for categories that training had in no row; see there.
    damping : float, default=1.0
        How many times a step a category has to come to be hardly slowed down; see there. Less than there, since it is
        the vectors that are to tell categories apart here, and not the layers behind them.
    shrinkage : float, default=0.0
        How many rows the prior is worth that the categories of a column are alike; see there.
    early_stopping, validation_fraction, n_iter_no_change, tol
        When it ends; see there.
    callbacks, random_state, verbose
        See there.

    Attributes
    ----------
    vectors_, schema_, network_, history_, n_epochs_, best_epoch_, n_features_in_, feature_names_in_, pretrained_report_
        As in :class:`~tabemb.estimators.classifier.EmbeddingClassifier`. ``vectors_`` are those of ``transform``; the
        history is that of the first fold, and the network has its body.
    n_folds_ : int
        How many folds were trained; 0 where ``cv`` is None, or no column has categories.

    Notes
    -----
    ``fit_transform(X, y)`` is not ``fit(X, y).transform(X)``, as with scikit-learn's ``TargetEncoder``: it is
    cross-fitted. The vectors of each row are learned from the rows of other folds, so that a model behind the encoder
    cannot believe what they know of the row's own target. Let that model learn from what ``fit_transform`` returns, as
    a pipeline does, and give new rows to ``transform``. Both methods leave the same fitted encoder.

    The network of each fold has a start of its own. The first finds by its validation part how many epochs are best,
    and the others train as many on all of their rows (with callbacks, each finds out for itself). Their tables are
    turned towards those of the first by orthogonal Procrustes (Schoenemann 1966), over the categories that both
    have seen and by their counts. ``transform`` has the mean over the folds that have seen a category; in a fold that
    has not, its rows have the vector for unknown categories. The variants are compared by
    ``benchmarks/cross_fitting.py``.

    From all rows comes what knows no target: the categories, and the scales of numbers. Of the targets of a row itself
    a later fold is told no more than how many epochs to train, the scale of a numeric target, and how the space is
    turned.

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

    _integers = "categorical"

    def __init__(
        self,
        categorical=None,
        *,
        target_type="auto",
        remainder="passthrough",
        cv=5,
        target_statistics=False,
        embedding_dim="capped",
        body="mlp",
        numeric="standardized",
        min_frequency=None,
        max_categories=None,
        category_dropout=0.05,
        handle_unknown="learned",
        damping=1.0,
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
        callbacks=None,
        random_state=None,
        verbose=0,
    ):
        self.categorical = categorical
        self.target_type = target_type
        self.remainder = remainder
        self.cv = cv
        self.target_statistics = target_statistics
        self.embedding_dim = embedding_dim
        self.body = body
        self.numeric = numeric
        self.min_frequency = min_frequency
        self.max_categories = max_categories
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
        self.callbacks = callbacks
        self.random_state = random_state
        self.verbose = verbose

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        # Vectors are float32 whatever came in.
        tags.transformer_tags.preserves_dtype = []
        return tags

    def fit(self, X: Any, y: Any, sample_weight: Any = None, **params: Any) -> "EmbeddingEncoder":
        """Learn the vectors.

        The rows that a downstream model is to learn from are better handed to :meth:`fit_transform`.

        Parameters
        ----------
        X : table of shape (n_rows, n_columns)
            pandas, polars, Arrow or numpy.
        y : array-like of shape (n_rows,) or (n_rows, n_outputs)
            Classes, labels or numbers.
        sample_weight : array-like of shape (n_rows,), optional
            Weight of each row in the loss; a row of weight 0 is left out.
        **params : dict
            ``groups``, array-like of shape (n_rows,), for a splitter in ``cv``. With scikit-learn's metadata routing
            switched on, all that the splitter asks for.

        Returns
        -------
        self : EmbeddingEncoder

        Raises
        ------
        DataError
            When the table, the targets or the weights cannot be used, or ``cv`` does not hold each row out once.
        """
        check_target_type(self.target_type)
        params = self._split_params(params, "fit")
        with self._unchanged_on_failure():
            self._cross_fit(X, y, sample_weight, params)
        return self

    def fit_transform(self, X: Any, y: Any, sample_weight: Any = None, **params: Any) -> np.ndarray:
        """Learn the vectors, and return for each row those that were learned without its target.

        Parameters
        ----------
        X, y, sample_weight, **params
            As for :meth:`fit`, which learns the same.

        Returns
        -------
        ndarray of float32 of shape (n_rows, n_features_out)
            As :meth:`transform` returns it, but each row has the vectors (and the ``target_statistics``) of the fold
            that held it out. A row of weight 0, which taught no fold anything, has those of :meth:`transform`, and so
            have all rows where ``cv`` is None.

        Raises
        ------
        DataError
            As for :meth:`fit`.
        """
        check_target_type(self.target_type)
        params = self._split_params(params, "fit_transform")
        with self._unchanged_on_failure():
            fold_vectors = self._cross_fit(X, y, sample_weight, params)
        return self._side_by_side(self._read(X), fold_vectors)

    def _check_output(self):
        if not self._network.spec.features and self.remainder == "drop":
            raise DataError(
                "The table has no categorical column, and remainder='drop' leaves nothing to return. "
                "Name the columns that hold categories in categorical=[...]."
            )
        double = [name for name, count in Counter(self.get_feature_names_out()).items() if count > 1]
        if double:
            raise DataError(f"Two columns of the output would have the same name: {', '.join(double)}. Rename one.")

    def transform(self, X: Any) -> np.ndarray:
        """Return the vectors of each row's categories side by side, then the numbers.

        Parameters
        ----------
        X : table of shape (n_rows, n_columns)
            Categories that were not there at fit get the vector for unknown ones.

        Returns
        -------
        ndarray of float32 of shape (n_rows, n_features_out)
            Columns as in ``get_feature_names_out``; a frame after ``set_output``.
        """
        return self._side_by_side(self._read(X))

    def _side_by_side(self, frame: Frame, fold_vectors: FoldVectors | None = None) -> np.ndarray:
        indices = self.encoder_.encode(frame).indices
        features = self._network.spec.features
        if fold_vectors is None:
            columns = [(self._network.vectors(f), indices[:, f.position]) for f in features]
            columns += [(self._statistics[f.name], indices[:, f.position]) for f in features if self._statistics]
        else:
            stacks = [(fold_vectors.vectors[f.table], f.position) for f in features]
            stacks += [(fold_vectors.statistics[f.name], f.position) for f in features if self._statistics]
            columns = [fold_vectors.look_up(stack, indices[:, position]) for stack, position in stacks]
        numbers = [
            read_numbers(frame.cells(column), column).astype("float32")[:, None]
            for column in self._passed_through(frame.columns)
        ]
        width = sum(table.shape[1] for table, _ in columns) + len(numbers)
        out = np.empty((frame.n_rows, width), dtype="float32")
        for start in range(0, frame.n_rows, ROWS_IN_CACHE):
            rows = slice(start, start + ROWS_IN_CACHE)
            parts = [table.take(places[rows], axis=0, mode="clip") for table, places in columns]
            parts += [column[rows] for column in numbers]
            np.concatenate(parts, axis=1, out=out[rows])
        return out

    def inverse_transform(self, X: Any) -> np.ndarray:
        """Return the nearest category of each vector (Euclidean), and the numbers as they are.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features_out)
            As ``transform`` returns it.

        Returns
        -------
        ndarray of object of shape (n_rows, n_encoded + n_numbers)
            The categorical columns in the order of ``schema_.categorical`` (calendar parts of a datetime each for
            itself), then the numbers; target statistics are not looked at. A vector nearest to that of missing or
            unknown values becomes None. What ``fit_transform`` returned are vectors of single folds, which lie near
            those of ``transform``, and not always nearest.
        """
        check_is_fitted(self, "encoder_")
        X = np.asarray(X, dtype="float32")
        width = len(self.get_feature_names_out())
        if X.ndim != 2 or X.shape[1] != width:
            raise DataError(f"X must have {width} columns, as transform returns them; its shape is {X.shape}.")
        columns, start = [], 0
        for feature in self._network.spec.features:
            stop = start + feature.table.embedding_dim
            nearest = _nearest_rows(X[:, start:stop], self._network.vectors(feature))
            columns.append(self.encoder_.vocabularies[feature.name].decode(nearest))
            start = stop
        start += len(self._network.spec.features) * len(self._suffixes())
        columns += [X[:, place].astype(object) for place in range(start, width)]
        return np.column_stack(columns)

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Return the names of the columns of ``transform``: ``dest_emb0``, ``dest_emb1``, ..., then the numbers'.

        With ``target_statistics``, between them ``dest_target``, or ``dest_target_<class>`` for each of more than two
        classes, ``dest_target_<place>`` for each of several targets.

        Parameters
        ----------
        input_features : array-like of str, optional
            Names of the input columns; must be ``feature_names_in_`` where that is known.

        Returns
        -------
        ndarray of str
        """
        check_is_fitted(self, "encoder_")
        names = self._input_names(input_features)
        sources = {column.name: column for column in self.schema_.categorical}
        vectors, statistics = [], []
        for feature in self._network.spec.features:
            column = sources[feature.name]
            name = names[column.source] if column.part is None else feature.name
            vectors += [f"{name}_emb{place}" for place in range(feature.table.embedding_dim)]
            statistics += [f"{name}_target{suffix}" for suffix in self._suffixes()]
        out = vectors + statistics
        out += [names[column] for column in self._passed_through(self.schema_.columns)]
        return np.asarray(out, dtype=object)

    def _input_names(self, input_features):
        columns = self.schema_.columns
        if input_features is None:
            return dict(zip(columns, columns, strict=True))
        given = list(np.asarray(input_features, dtype=object))
        if len(given) != len(columns):
            raise ValueError(
                f"input_features should have length equal to number of features ({len(columns)}), got {len(given)}"
            )
        if hasattr(self, "feature_names_in_") and given != list(self.feature_names_in_):
            raise ValueError("input_features is not equal to feature_names_in_")
        return dict(zip(columns, given, strict=True))

    def _suffixes(self):
        return target_suffixes(self.task_) if self.target_statistics else []

    def _passed_through(self, columns):
        if self.remainder == "drop":
            return []
        numeric = {column.name for column in self.schema_.numeric}
        return [name for known, name in zip(self.schema_.columns, columns, strict=True) if known in numeric]

    def _wants_numbers(self):
        return self.target_type == "continuous"

    def _task_of(self, data):
        return task_of_type(data.targets, self.target_type, categorical=data.categorical)


def _nearest_rows(queries: np.ndarray, rows: np.ndarray, cells: int = 2**24) -> np.ndarray:
    """Return, for each query, the row at the least Euclidean distance.

    "Unknown" wins a tie: categories that share its vector cannot be told apart. At most ``cells`` distances are in
    memory at once.
    """
    chunk = max(1, cells // len(rows))
    order = np.r_[Vocabulary.UNKNOWN, Vocabulary.MISSING, Vocabulary.FIRST : len(rows)]
    candidates = rows[order].astype("float64")
    squares = (candidates**2).sum(axis=1)
    nearest = [
        (squares - 2 * queries[start : start + chunk].astype("float64") @ candidates.T).argmin(axis=1)
        for start in range(0, len(queries), chunk)
    ]
    return order[np.concatenate(nearest)]
