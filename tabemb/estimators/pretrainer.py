"""EmbeddingPretrainer: vectors of categories from a table alone, without a target."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal, Self

from tabemb.estimators.objectives import OBJECTIVES
from tabemb.estimators.types import (
    CategoricalLike,
    DimensionsLike,
    MultiValuedLike,
    NumericLike,
    ObjectiveLike,
    SeedLike,
    SharedLike,
    UnknownLike,
    VocabularyLike,
)
from tabemb.estimators.unlabelled import learn_without_target
from tabemb.estimators.vector_transformer import VectorTransformer
from tabemb.nn.bodies import Mlp
from tabemb.table.types import TableLike
from tabemb.vectors.sampling_noise import SamplingNoise

__all__ = ["EmbeddingPretrainer"]


class EmbeddingPretrainer(VectorTransformer):
    """A transformer that replaces each category by a vector learned from the table alone, without a target.

    The vectors say which categories occur in similar rows. They are features for models of any target, among them
    targets that are not known yet, and the initial vectors of a supervised fit:
    ``EmbeddingClassifier(pretrained=pretrainer.vectors_)``.

    Parameters
    ----------
    categorical : list of names, list of positions, boolean mask, or callable, optional
        Float columns to treat as categorical. Text, category, boolean, object and integer columns always are.
    objective : str, mapping or Objective, default="cooccurrence"
        What the vectors are learned from: "cooccurrence", which values of the other columns occur with each category,
        in closed form; "skip_gram", the same by negative sampling; "masked", hidden cells that a network predicts;
        "corrupted", swapped cells that it finds; or "contrastive", views of rows that it tells apart. See
        :mod:`tabemb.estimators.objectives`.
    remainder : {"passthrough", "drop"}, default="passthrough"
        Whether to append the numbers to the vectors, unchanged, as float32 columns, or to drop them.
    embedding_dim : str, int or mapping, default="capped"
        Number of dimensions of the vectors: the name of a rule ("capped", "mixed", "narrow", "fastai", "half",
        "google", "sqrt"), an integer, or a mapping from column to either.
    numeric : str, mapping or NumericEncoder, default="standardized"
        How an objective that trains a network encodes numbers; see :mod:`tabemb.nn.numeric`.
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
    handle_unknown : str, mapping or UnknownStrategy, default="mean"
        Vector of categories that the fit has not seen: "mean", the mean of the known vectors, weighted by their counts;
        "zero"; or "nearest" (``min_similarity``), the vector of the known category with the most similar name, and the
        mean if no name is similar. With "error", such categories are refused.
    random_state : int, RandomState or None, default=None
        Random seed. With an integer, fits are reproducible on one machine.
    verbose : int, default=0
        Whether to show a progress bar, if a network is trained.

    Attributes
    ----------
    vectors_ : EmbeddingStore
        The vectors by column.
    schema_ : Schema
        Type of each column of the table.
    history_ : dict of str to list of float
        The losses of the epochs; empty for an objective in closed form.
    n_epochs_, best_epoch_ : int
        Number of epochs trained, and the one whose weights were kept; 0 for an objective in closed form.
    n_features_in_, feature_names_in_
        As in scikit-learn.

    Notes
    -----
    ``fit`` accepts ``y`` and ignores it, as scikit-learn's transformers without a target do.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> rng = np.random.default_rng(0)
    >>> coast = rng.integers(0, 2, 400)
    >>> trips = pd.DataFrame({
    ...     "dest": np.where(coast, rng.choice(["LAX", "SFO"], 400), rng.choice(["BOS", "JFK"], 400)),
    ...     "carrier": np.where(coast, rng.choice(["AS", "VX"], 400), rng.choice(["B6", "DL"], 400)),
    ... })
    >>> pretrainer = EmbeddingPretrainer(embedding_dim=2, random_state=0).fit(trips)
    >>> pretrainer.vectors_["dest"].most_similar("LAX", topn=1)[0][0]
    'SFO'
    >>> pretrainer.transform(trips).shape
    (400, 4)
    """

    # What supervised estimators may choose. The trunk of the network is not used.
    body = Mlp(hidden_units=(), dropout=0.0)
    schedule = "constant"
    start = "random"
    pretrained = None
    freeze = False
    embedding_rate = "auto"
    category_dropout = 0.0
    early_stopping = True

    _noise: Mapping[str, SamplingNoise] = MappingProxyType({})

    def __init__(
        self,
        categorical: CategoricalLike = None,
        *,
        objective: ObjectiveLike = "cooccurrence",
        remainder: Literal["passthrough", "drop"] = "passthrough",
        embedding_dim: DimensionsLike = "capped",
        numeric: NumericLike = "standardized",
        min_frequency: float | None = None,
        max_categories: int | None = None,
        multi_valued: MultiValuedLike = "auto",
        shared: SharedLike = None,
        vocabulary: VocabularyLike = None,
        handle_unknown: UnknownLike = "mean",
        random_state: SeedLike = None,
        verbose: int = 0,
    ) -> None:
        self.categorical = categorical
        self.objective = objective
        self.remainder = remainder
        self.embedding_dim = embedding_dim
        self.numeric = numeric
        self.min_frequency = min_frequency
        self.max_categories = max_categories
        self.multi_valued = multi_valued
        self.shared = shared
        self.vocabulary = vocabulary
        self.handle_unknown = handle_unknown
        self.random_state = random_state
        self.verbose = verbose

    def fit(self, X: TableLike, y: object = None) -> Self:
        """Learn the vectors.

        Parameters
        ----------
        X : table of shape (n_rows, n_columns)
            A pandas, polars, Arrow or NumPy table.
        y : object, optional
            Ignored.

        Returns
        -------
        self : EmbeddingPretrainer

        Raises
        ------
        DataError
            If the table is invalid, or its columns have nothing to do with each other.
        """
        with self._unchanged_on_failure():
            learn_without_target(self, X, OBJECTIVES.resolve(self.objective))
        return self

    def fit_transform(self, X: TableLike, y: object = None) -> Any:
        """Learn the vectors, and return those of each row: ``fit(X).transform(X)``.

        Parameters
        ----------
        X, y
            As for :meth:`fit`.

        Returns
        -------
        ndarray of float32 of shape (n_rows, n_features_out)
        """
        return self.fit(X).transform(X)

    def _own_state(self):
        return {"noise": {column: each.to_json() for column, each in self._noise.items()}}, {}

    def _take_own_state(self, data, arrays):
        self.n_folds_ = 0
        self._noise = {column: SamplingNoise.from_json(each) for column, each in data["noise"].items()}
