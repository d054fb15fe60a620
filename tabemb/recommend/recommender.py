"""TwoTowerRecommender: users and items in one space."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from tabemb.estimators.scikit import BaseEstimator
from tabemb.exceptions import DataError, UnknownKeyError, did_you_mean, warn_caller
from tabemb.metrics import ndcg_at_k
from tabemb.recommend.interactions import (
    InteractionMatrix,
    numbers_of,
    without_missing,
)
from tabemb.recommend.methods import METHODS, RecommendMethod
from tabemb.recommend.methods.method import check_count
from tabemb.recommend.observations import Observations
from tabemb.recommend.queries import QueriedUsers, allowed_items, keys_of, object_array, read_users, rows_of, type_hint
from tabemb.recommend.recency import check_half_life, favor_recent
from tabemb.recommend.saved import read_recommender, write_recommender
from tabemb.recommend.side_columns import SideColumns, check_columns
from tabemb.recommend.towers import Towers, best_items
from tabemb.table.frames import Frame, read_frame
from tabemb.table.multi_valued import MultiValuedSpec
from tabemb.table.types import TableLike
from tabemb.table.vocabulary import Vocabulary
from tabemb.vectors.category_vectors import CategoryVectors
from tabemb.vectors.indexes import INDEXES, IndexKind
from tabemb.vectors.indexes.base import NearestIndex
from tabemb.vectors.metrics import METRICS

__all__ = ["ColdStartWarning", "TwoTowerRecommender"]

FIRST, UNKNOWN = Vocabulary.FIRST, Vocabulary.UNKNOWN


class ColdStartWarning(UserWarning):
    """Users or items are not in the training table, and nothing is known of them."""


class TwoTowerRecommender(BaseEstimator):
    """Recommends items to users by vectors of both in one space.

    The score of a user and an item is the product of their vectors. Columns of users and of items, such as genres, let
    it recommend to users, and recommend items, that the training table does not have.

    Parameters
    ----------
    user : str or list of str
        The column of the users' keys, followed by columns that describe a user.
    item : str or list of str
        The column of the items' keys, followed by columns that describe an item. Cells may hold several values.
    method : str, mapping or RecommendMethod, default="linear_autoencoder"
        How the vectors are learned; see :mod:`tabemb.recommend.methods`.
    rating : str, optional
        Column of ratings, for methods that predict them.
    weight : str, optional
        Column of positive numbers: how much an interaction counts.
    time : str, optional
        Column of times, numbers or dates. If rows of a user, or item, differ in the other columns, the last row
        describes it; without times, the last in the order of the table. "linear_autoencoder" chooses what finds the
        last interactions of users, instead of random ones.
    half_life : float, "auto" or None, default="auto"
        Number of later interactions of a user after which an interaction counts half in the vector of the user; needs
        ``time``, and a method whose users are sums or means of items: "linear_autoencoder", or "two_towers" with
        ``user_tower="history"``. With "auto" and times, "linear_autoencoder" takes what finds the last interactions
        best; for the other methods, and with None, old interactions count as much as recent ones.
    multi_valued : "auto", mapping or None, default="auto"
        Columns of texts whose cells hold several values: a mapping from column to a separator or "words". "auto" finds
        the separators "|" and ";".
    search : str, mapping or IndexKind, default="exact"
        How the best items are found: "exact" compares with all, "hnsw" searches a graph of near items (extra
        ``index``), which is faster from some 100,000 items and misses a few.
    random_state : int, RandomState or None, default=None
        Random seed. With an integer, fits are reproducible on one machine.
    verbose : int, default=0
        Whether to show a progress bar, if a network is trained.

    Attributes
    ----------
    user_vectors_, item_vectors_ : CategoryVectors
        The vectors by key, most frequent first.
    column_vectors_ : dict of str to CategoryVectors
        Vectors of the values of the other columns, such as genres, in the same space: the mean vector of the users, or
        items, with the value, weighted by their interactions, minus that of all.
    towers_ : Towers
        All that was learned, as arrays.
    interactions_ : InteractionMatrix
        Who has interacted with what; with a half-life, recent interactions have larger weights.
    half_life_ : float or None
        The half-life of interactions.
    n_users_, n_items_ : int
        Their numbers.
    n_features_in_, feature_names_in_
        As in scikit-learn.

    See Also
    --------
    tabemb.recommend.splits : Hold out later interactions, or new users.
    tabemb.metrics.ranking_metrics : Judge recommendations.

    Examples
    --------
    >>> import pandas as pd
    >>> seen = pd.DataFrame({
    ...     "user": ["ann", "ann", "bob", "bob", "cem", "cem", "dora"],
    ...     "film": ["Alien", "Blade Runner", "Alien", "Blade Runner", "Heat", "Casino", "Heat"],
    ... })
    >>> recommender = TwoTowerRecommender("user", "film", random_state=0).fit(seen)
    >>> recommender.recommend("dora", k=1)
       user    film  rank     score   source
    0  dora  Casino     1  0.112495  history
    >>> recommender.similar_items("Alien", k=1)["film"].tolist()
    ['Blade Runner']
    """

    def __init__(
        self,
        user: str | Sequence[str],
        item: str | Sequence[str],
        *,
        method: str | Mapping[str, Any] | RecommendMethod = "linear_autoencoder",
        rating: str | None = None,
        weight: str | None = None,
        time: str | None = None,
        half_life: float | str | None = "auto",
        multi_valued: MultiValuedSpec = "auto",
        search: str | Mapping[str, Any] | IndexKind = "exact",
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
    ) -> None:
        self.user = user
        self.item = item
        self.method = method
        self.rating = rating
        self.weight = weight
        self.time = time
        self.half_life = half_life
        self.multi_valued = multi_valued
        self.search = search
        self.random_state = random_state
        self.verbose = verbose

    towers_: Towers
    interactions_: InteractionMatrix
    item_table_: pd.DataFrame
    _columns: dict[str, SideColumns | None]
    _values: dict[str, tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]]
    _rates: bool
    _index: NearestIndex | None = None

    def fit(self, X: TableLike, y: object = None) -> Self:
        """Learn the vectors.

        Parameters
        ----------
        X : table of shape (n_interactions, n_columns)
            One row per interaction, with the columns of user and item: a pandas, polars or Arrow table.
        y : object, optional
            Ignored.

        Returns
        -------
        self : TwoTowerRecommender

        Raises
        ------
        ColumnError
            If a column is not in the table, or is named twice.
        DataError
            If there are no interactions, a user or item is missing, or a weight or rating is not a number.
        ValueError
            If a parameter is invalid.
        """
        method = METHODS.resolve(self.method)
        method.check()
        INDEXES.resolve(self.search)
        generator = check_random_state(self.random_state)
        is_seed = isinstance(self.random_state, int | np.integer)
        seed = int(self.random_state if is_seed else generator.randint(2**31 - 1))  # type: ignore[arg-type]
        if (self.rating is not None) != method.rates:
            raise ValueError(
                f"The method {METHODS.name_of(method)!r} "
                + (
                    "predicts ratings: name their column, such as rating='rating'."
                    if method.rates
                    else "does not use ratings. Set rating=None (weight= is how much an interaction counts), or use "
                    "method='mf', which predicts ratings."
                )
            )
        check_half_life(self.half_life, self.time)
        frame = read_frame(X)
        self._check_columns(frame)
        observations = Observations.read(
            frame,
            self._names("user"),
            self._names("item"),
            rating=self.rating,
            weight=self.weight,
            time=self.time,
            half_life=self.half_life,
            multi_valued=self.multi_valued,
        )
        self.towers_ = method.fit(observations, seed, verbose=self.verbose)
        self.interactions_ = observations.matrix
        self.half_life_ = self.towers_.half_life if self.half_life == "auto" else self.half_life
        if self.half_life_ is not None:
            self.towers_, self.interactions_ = favor_recent(self.towers_, observations, float(self.half_life_))
        sides = {"user": observations.users, "item": observations.items}
        self._columns = {name: None if side is None else side.columns for name, side in sides.items()}
        self._rates, self._index = method.rates, None
        self._values = {
            name: side.value_vectors(vectors, keys.counts[FIRST:])
            for name, vectors, keys in (
                ("user", self.towers_.users, self.interactions_.users),
                ("item", self.towers_.items, self.interactions_.items),
            )
            if (side := sides[name]) is not None
        }
        names = [*self._names("user"), *self._names("item")]
        self.n_features_in_, self.feature_names_in_ = len(names), np.array(names, object)
        return self

    # What was learned

    @property
    def user_vectors_(self) -> CategoryVectors:
        """The vectors of the users by key."""
        check_is_fitted(self, "towers_")
        return self._vectors("user", self.interactions_.users, self.towers_.users)

    @property
    def item_vectors_(self) -> CategoryVectors:
        """The vectors of the items by key."""
        check_is_fitted(self, "towers_")
        return self._vectors("item", self.interactions_.items, self.towers_.items)

    @property
    def column_vectors_(self) -> dict[str, CategoryVectors]:
        """The vectors of the values of the other columns, by column."""
        check_is_fitted(self, "towers_")
        found = {}
        for side, (vectors, counts) in self._values.items():
            columns = self._columns[side]
            features = [] if columns is None else columns.features
            for name in dict.fromkeys(column for column, _ in features):
                places = [place for place, (column, key) in enumerate(features) if column == name and key is not None]
                keys = [features[place][1] for place in places]
                found[name] = CategoryVectors(keys, vectors[places], counts[places], name=name)
        return found

    @property
    def n_users_(self) -> int:
        """Number of users."""
        check_is_fitted(self, "towers_")
        return self.interactions_.users.n_categories

    @property
    def types_(self) -> dict[str, str]:
        """Type of the cells of the keys and of the other columns at fit, where it is one: "text", "number", ..."""
        check_is_fitted(self, "towers_")
        found = self.interactions_.types(self._key("user"), self._key("item"))
        return found | {name: kind for each in self._columns.values() if each for name, kind in each.types.items()}

    @property
    def n_items_(self) -> int:
        """Number of items, also those of :meth:`add_items`."""
        check_is_fitted(self, "towers_")
        return self.interactions_.items.n_categories

    def _vectors(self, side: str, keys: Vocabulary, vectors: npt.NDArray[np.float32]) -> CategoryVectors:
        return CategoryVectors(keys.keys, vectors, keys.counts[FIRST:], name=self._key(side))

    # Recommendations

    def recommend(
        self,
        users: Any = None,
        k: int | None = None,
        *,
        exclude_seen: bool = True,
        filter: Sequence[Any] | Callable[[Any], bool] | None = None,  # noqa: A002
        interactions: TableLike | None = None,
    ) -> pd.DataFrame:
        """Return the items with the highest scores of each user.

        A user of the training table gets them from the vector that was learned, a new one from ``interactions`` if they
        are given, from the columns of the user if ``users`` has them, and else the most popular items.

        Parameters
        ----------
        users : key, sequence of keys, or table, optional
            A user, several, or a table with the columns of users. By default, all users of the training table, or of
            ``interactions``.
        k : int, optional
            Number of items; a user who has seen nearly all gets fewer. By default 10, or all if there are fewer.
        exclude_seen : bool, default=True
            Whether to leave out the items that a user has interacted with.
        filter : sequence of keys, or callable, optional
            The items that may be recommended, or a function of a key that says whether it may.
        interactions : table, optional
            What users have interacted with, in place of the interactions of the training table: for new users, and for
            known ones since then. No fit is needed.

        Returns
        -------
        DataFrame
            The key of the user, that of the item, ``rank`` from 1, ``score``, and ``source``: "history", "columns" or
            "popularity" (whose score is the share of the users who have the item). The order is that of the users.

        Raises
        ------
        DataError
            If there is no user, or the filter leaves no item or has an unknown one.
        ValueError
            If k is not a positive integer, or larger than the number of items.

        Warns
        -----
        ColdStartWarning
            If users get the most popular items.
        """
        check_is_fitted(self, "towers_")
        k = min(10, self.n_items_) if k is None else k
        check_count("k", k)
        if k > self.n_items_:
            raise ValueError(f"k={k:,} is more than the {self.n_items_:,} items that there are.")
        asked = self._queried(users, interactions)
        allowed = None if filter is None else allowed_items(filter, self.interactions_.items)
        seen = asked.seen if exclude_seen else None
        items, scores = self._best(asked.vectors, k, seen, allowed)
        scores += (asked.biases + np.float32(self.towers_.offset))[:, None]
        popular = np.flatnonzero(asked.sources == "popularity")
        if len(popular):
            shares = self._shares(allowed)
            for user in popular:
                its = None if seen is None else seen[[user]]
                items[user], scores[user] = (each[0] for each in best_items(shares[None].copy(), items.shape[1], its))
            warn_caller(
                f"{len(popular):,} of {len(asked.keys):,} users are not in the training table and nothing else is "
                f"known of them, such as {asked.keys[popular[0]]!r}: they get the most popular items. Pass their "
                "interactions, or a table with their columns."
                + type_hint([asked.keys[place] for place in popular], self.interactions_.users),
                ColdStartWarning,
            )
        names = object_array(self.interactions_.items.keys)
        users_of, ranks = (each.ravel() for each in np.indices(items.shape))
        kept = items.ravel() >= 0
        return pd.DataFrame(
            {
                self._key("user"): object_array(asked.keys)[users_of[kept]],
                self._key("item"): names[items.ravel()[kept]],
                "rank": ranks[kept] + 1,
                "score": scores.ravel()[kept],
                "source": asked.sources[users_of[kept]],
            }
        ).infer_objects()

    def similar_items(self, item: Any, k: int = 10) -> pd.DataFrame:
        """Return the items nearest to an item, by cosine.

        Parameters
        ----------
        item : key
            An item.
        k : int, default=10
            Number of items.

        Returns
        -------
        DataFrame
            The key of the item, and ``similarity``.
        """
        return self._similar("item", self.item_vectors_, item, k)

    def similar_users(self, user: Any, k: int = 10) -> pd.DataFrame:
        """Return the users nearest to a user, by cosine; as :meth:`similar_items`."""
        return self._similar("user", self.user_vectors_, user, k)

    def _similar(self, side: str, vectors: CategoryVectors, key: Any, k: int) -> pd.DataFrame:
        check_count("k", k)
        near = vectors.most_similar(key, topn=k)
        return pd.DataFrame(near, columns=[self._key(side), "similarity"])

    def explain(self, user: Any, item: Any, k: int = 5) -> pd.DataFrame:
        """Return the items that a user has seen and that speak most for an item: "because you watched ...".

        Parameters
        ----------
        user : key
            A user of the training table.
        item : key
            An item.
        k : int, default=5
            Number of seen items.

        Returns
        -------
        DataFrame
            The key of the seen item, and ``contribution``. With "linear_autoencoder" the contributions of all seen
            items add up to the score of an item that the user has not seen; with ``user_tower="history"`` of
            "two_towers", to the score without the bias of the item and the part of the user's columns. Else they are
            the cosines of their vectors with that of the item.

        Raises
        ------
        UnknownKeyError
            If the user or the item is not in the training table.
        """
        check_is_fitted(self, "towers_")
        check_count("k", k)
        matrix = self.interactions_.matrix
        row = self._row("user", self.interactions_.users, user)
        place = self._row("item", self.interactions_.items, item)
        start, end = matrix.indptr[row : row + 2]
        seen = matrix.indices[start:end].astype(np.intp)
        found = self.towers_.contributions(row, place, seen, matrix.data[start:end])
        best = np.argsort(-found, kind="stable")
        best = best[seen[best] != place][:k]
        names = object_array(self.interactions_.items.keys)
        return pd.DataFrame({self._key("item"): names[seen[best]], "contribution": found[best]}).infer_objects()

    def predict(self, X: TableLike) -> npt.NDArray[np.float32]:
        """Return the score of each pair of a user and an item: a rating, with a method that predicts ratings.

        Parameters
        ----------
        X : table of shape (n_pairs, n_columns)
            With the columns of user and item. Those that the training table does not have get their vector from their
            other columns, if there are any; else they have a vector of zeros.

        Returns
        -------
        ndarray of float32 of shape (n_pairs,)
        """
        check_is_fitted(self, "towers_")
        frame, towers = read_frame(X), self.towers_
        scores = np.full(len(frame), towers.offset, np.float32)
        vectors = []
        for side, keys, known, biases in (
            ("user", self.interactions_.users, towers.users, towers.user_biases),
            ("item", self.interactions_.items, towers.items, towers.item_biases),
        ):
            codes = keys.encode(without_missing(frame, self._key(side), side)) - FIRST
            is_new = codes < 0
            rows = known[np.maximum(codes, 0)]
            if is_new.any():
                rows[is_new], new = self._from_columns(side, frame.take(np.flatnonzero(is_new)))
                scores[is_new] += new
            if biases is not None:
                scores[~is_new] += biases[codes[~is_new]]
            vectors.append(rows)
        scores += np.einsum("ij,ij->i", *vectors)
        return scores

    def score(self, X: TableLike, y: object = None) -> float:
        """Return how well it finds held-out interactions: nDCG of ten items among all that a user has not seen.

        With a method that predicts ratings, R² of the ratings instead.

        Parameters
        ----------
        X : table of shape (n_interactions, n_columns)
            Interactions that were not in the training table. Unknown items are never found; users that are known
            neither by key nor by columns get the most popular items.
        y : object, optional
            Ignored.
        """
        check_is_fitted(self, "towers_")
        frame = read_frame(X)
        if self._rates:
            ratings = numbers_of(frame, str(self.rating), "ratings")
            return float(1 - np.mean((ratings - self.predict(X)) ** 2) / max(float(np.var(ratings)), 1e-12))
        user, item = self._key("user"), self._key("item")
        held = pd.DataFrame({name: object_array(keys_of(frame, name)) for name in (user, item)})
        found = self.recommend(frame.take(np.flatnonzero(~held[user].duplicated())), min(10, self.n_items_))
        return float(ndcg_at_k(found, held, 10, user=user, item=item))

    def add_items(self, X: TableLike) -> Self:
        """Add items that are known by their columns only, so that they are recommended, too.

        Parameters
        ----------
        X : table of shape (n_items, n_columns)
            With the columns of items. Keys that are known already stay as they are.

        Returns
        -------
        self : TwoTowerRecommender

        Raises
        ------
        DataError
            If the recommender has no columns of items, or the keys are of another type.
        ColumnError
            If a column of items is missing.
        """
        check_is_fitted(self, "towers_")
        if self._columns["item"] is None:
            raise DataError(
                "Items can be added only if they are known by more than their key. Fit with columns of items: "
                f"item=[{self._key('item')!r}, 'genres']."
            )
        frame = read_frame(X).select(self._names("item"))
        cells = without_missing(frame, self._key("item"), "item", "rows")
        old = self.interactions_
        items = old.items.extended(cells)
        n_new = items.n_categories - old.items.n_categories
        if not n_new:
            return self
        items = items.with_counts(np.append(old.items.counts, np.zeros(n_new, np.int64)))
        codes = items.encode(cells) - FIRST
        rows = np.empty(n_new, np.intp)
        is_new = codes >= old.items.n_categories
        rows[codes[is_new] - old.items.n_categories] = np.flatnonzero(is_new)
        vectors, biases = self._from_columns("item", frame.take(rows))
        towers = self.towers_
        self.towers_ = replace(
            towers,
            items=np.vstack([towers.items, vectors]),
            item_biases=None if towers.item_biases is None else np.append(towers.item_biases, biases),
            history=None if towers.history is None else np.vstack([towers.history, vectors]),
        )
        matrix = sparse.csr_array(
            (old.matrix.data, old.matrix.indices, old.matrix.indptr), shape=(old.matrix.shape[0], items.n_categories)
        )
        self.interactions_ = InteractionMatrix(matrix, old.users, items)
        self._index = None
        return self

    # Files

    def save(self, path: str | PathLike[str]) -> None:
        """Write the recommender to a folder of JSON and safetensors, which :func:`tabemb.load` reads.

        Raises
        ------
        OutputError
            If the folder cannot be written. An older one stays unchanged.
        """
        check_is_fitted(self, "towers_")
        write_recommender(self, Path(path))

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Self:
        """Read a saved recommender, without Keras and TensorFlow.

        Raises
        ------
        FormatError
            If the folder is missing, damaged, or not a saved recommender.
        """
        return read_recommender(cls, Path(path))

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in super().__getstate__().items() if name != "_index"}

    # Columns

    def _names(self, side: str) -> list[str]:
        given = getattr(self, side)
        return [given] if isinstance(given, str) or not isinstance(given, Iterable) else list(given)

    def _key(self, side: str) -> str:
        return self._names(side)[0]

    def _check_columns(self, frame: Frame) -> None:
        for side in ("user", "item"):
            if not self._names(side) or not all(isinstance(name, str) for name in self._names(side)):
                raise ValueError(f"{side} must be a column, or a list of columns, got {getattr(self, side)!r}.")
        others = [name for name in (self.rating, self.weight, self.time) if name is not None]
        check_columns(frame, self._names("user"), self._names("item"), others, self.multi_valued)

    def _from_columns(self, side: str, frame: Frame) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Return vectors and biases of new users, or items; zeros if nothing is known of them."""
        features = self._features(side, frame)
        if features is None:
            return np.zeros((len(frame), self.towers_.dim), np.float32), np.zeros(len(frame), np.float32)
        return self.towers_.new_users(features) if side == "user" else self.towers_.new_items(features)

    def _has_columns(self, side: str, frame: Frame) -> bool:
        columns = self._columns[side]
        return columns is not None and all(name in frame.columns for name in columns.names)

    def _features(self, side: str, frame: Frame) -> sparse.csr_array | None:
        """Return the features of users, or items; None without their columns."""
        columns = self._columns[side]
        return columns.matrix(columns.encode(frame)) if columns is not None and self._has_columns(side, frame) else None

    # Answers

    def _queried(self, users: Any, interactions: TableLike | None) -> QueriedUsers:
        key, known, towers = self._key("user"), self.interactions_, self.towers_
        now = None
        if interactions is not None:
            if self._rates:
                raise ValueError(
                    "interactions= is for methods that learn from interactions, such as 'linear_autoencoder'; this one "
                    "learns from ratings. Fit again with the new ratings."
                )
            params: dict[str, Any] = {"weight": self.weight, "time": self.time, "half_life": self.half_life_}
            now = known.of(interactions, user=key, item=self._key("item"), **params)
        if users is None:
            users = list((known if now is None else now).users.keys)
        frame = read_users(users, key)
        cells = without_missing(frame, key, "user", "rows")
        codes = known.users.encode(cells) - FIRST
        seen, is_now = rows_of(known.matrix, codes), np.zeros(len(frame), bool)
        if now is not None:
            theirs = rows_of(now.matrix, now.users.encode(cells) - FIRST)
            # A user of whom nothing but unknown items is given is as one without any.
            is_now = np.diff(theirs.indptr) > 0
            seen = rows_of(known.matrix, np.where(is_now, -1, codes)) + theirs
        is_known = (codes >= 0) & ~is_now
        vectors, biases = np.zeros((len(frame), towers.dim), np.float32), np.zeros(len(frame), np.float32)
        vectors[is_known] = towers.users[codes[is_known]]
        if towers.user_biases is not None:
            biases[is_known] = towers.user_biases[codes[is_known]]
        if is_now.any():
            places = np.flatnonzero(is_now)
            vectors[is_now] = towers.users_of(seen[places], self._features("user", frame.take(places)))
        sources = np.where(is_known | is_now, "history", "popularity").astype(object)
        new = np.flatnonzero(sources == "popularity")
        if len(new) and self._has_columns("user", frame):
            vectors[new], biases[new] = self._from_columns("user", frame.take(new))
            sources[new] = "columns"
        return QueriedUsers(keys_of(frame, key), vectors, biases, sparse.csr_array(seen), sources)

    def _shares(self, allowed: npt.NDArray[np.intp] | None) -> npt.NDArray[np.float32]:
        """Return the share of the users who have each item, ``-inf`` for those that are not allowed."""
        shares = (self.interactions_.users_per_item / self.n_users_).astype(np.float32)
        if allowed is not None:
            shares[np.setdiff1d(np.arange(len(shares)), allowed)] = -np.inf
        return shares

    def _best(
        self,
        vectors: npt.NDArray[np.float32],
        k: int,
        seen: sparse.csr_array | None,
        allowed: npt.NDArray[np.intp] | None,
    ) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float32]]:
        """Return the best items of each user: by an index if there is one and all items are allowed."""
        kind = INDEXES.resolve(self.search)
        if allowed is not None or INDEXES.name_of(kind) == "exact":
            return self.towers_.top(vectors, k, seen, allowed)
        towers = self.towers_
        ones = np.ones((len(vectors), 1), np.float32)
        biases = towers.item_biases
        if self._index is None:
            rows = towers.items if biases is None else np.column_stack([towers.items, biases])
            self._index = kind.build(
                np.ascontiguousarray(rows, np.float32), np.arange(len(rows)), METRICS.resolve("dot")
            )
        # As many more as a user has seen, since these may be among the best.
        n_seen = 0 if seen is None else int(np.diff(seen.indptr).max(initial=0))
        asked = vectors if biases is None else np.hstack([vectors, ones])
        nearest = self._index.search(asked, min(k + n_seen, self.n_items_))
        found, scores = np.asarray(nearest[0], np.intp), np.asarray(nearest[1], np.float32)
        if seen is not None:
            scores[np.asarray(seen[np.arange(len(found))[:, None], found].todense()) > 0] = -np.inf
        order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        best = np.take_along_axis(scores, order, axis=1)
        return np.where(np.isneginf(best), -1, np.take_along_axis(found, order, axis=1)), best

    def _row(self, side: str, keys: Vocabulary, key: Any) -> int:
        if key not in keys:
            raise UnknownKeyError(
                f"The {side} {key!r} is not in the training table.{did_you_mean(key, keys.keys[:10_000])}"
            )
        return keys.index_of(key) - FIRST
